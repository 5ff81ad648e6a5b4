//! Schemas of blocks, and decoding an evaluated block into a typed one.
//!
//! [`block!`](crate::block) declares a struct once; from that one declaration come the
//! schema (reference pages, JSON Schema, completion) and the decoder, which reports every
//! error of the block with its place.

mod attr;
mod declare;
mod decode;
mod reference;

pub use decode::{Attr, Block, Field, Taken, describe_block, take_blocks};
pub use reference::{AccountLabel, Reference};

use super::types::Type;
use super::value::Value;
use crate::diag::{Code, Diagnostic, Span};
use std::collections::BTreeMap;

/// An argument of a block.
#[derive(Debug, Clone)]
pub struct AttributeSchema {
    /// As in HCL.
    pub name: &'static str,
    /// What it means, with units and defaults.
    pub doc: &'static str,
    /// What values are converted to.
    pub ty: Type,
    /// What is accepted, in words ("a duration in whole days, 1d to 35d").
    pub accepts: String,
    /// The words it takes, where it takes no others; else empty.
    pub words: &'static [&'static str],
    /// Whether the block is wrong without it.
    pub required: bool,
}

/// A block inside a block.
#[derive(Debug, Clone)]
pub struct NestedSchema {
    /// Whether the block is wrong without it.
    pub required: bool,
    /// Whether it may stand more than once.
    pub repeated: bool,
    /// Its own schema.
    pub schema: BlockSchema,
}

/// What may stand in a block.
#[derive(Debug, Clone)]
pub struct BlockSchema {
    /// The block's type as in HCL.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// What each label means; most nested blocks have none.
    pub labels: &'static [&'static str],
    /// Arguments.
    pub attributes: Vec<AttributeSchema>,
    /// Nested blocks.
    pub blocks: Vec<NestedSchema>,
}

impl BlockSchema {
    /// An empty schema.
    pub fn new(name: &'static str, doc: &'static str, labels: &'static [&'static str]) -> Self {
        Self {
            name,
            doc,
            labels,
            attributes: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// The argument of this name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeSchema> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The nested block of this name.
    pub fn block(&self, name: &str) -> Option<&NestedSchema> {
        self.blocks.iter().find(|b| b.schema.name == name)
    }
}

/// An evaluated argument.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Converted to the schema's type.
    pub value: Value,
    /// The expression.
    pub span: Span,
    /// The name before the `=`.
    pub name_span: Span,
}

/// A block whose expressions have been evaluated and whose shape fits its schema.
#[derive(Debug, Clone)]
pub struct EvaluatedBlock {
    /// The labels.
    pub labels: Vec<String>,
    /// Arguments by name; those set to null are left out.
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by type, in the order written.
    pub blocks: BTreeMap<String, Vec<EvaluatedBlock>>,
    /// The block's head (type and labels).
    pub span: Span,
}

/// A diagnostic about one argument of a block that was decoded already: at the argument when
/// it is set, else at the block.
pub fn about(block: &EvaluatedBlock, path: &str, code: Code, detail: impl Into<String>) -> Diagnostic {
    let mut at = block;
    let mut span = block.span;
    for step in path.split('.') {
        if let Some(attribute) = at.attributes.get(step) {
            span = attribute.span;
            break;
        }
        match at.blocks.get(step).and_then(|b| b.first()) {
            Some(inner) => {
                at = inner;
                span = inner.span;
            }
            None => break,
        }
    }
    Diagnostic::error(code, detail).at(span)
}
