//! What may stand in a block, for whoever is in the middle of writing one.

use super::document::Document;
use crate::config::{self, grammar};
use crate::kinds;
use crate::model::schema::{AttributeSchema, BlockSchema, NestedSchema};
use crate::syntax::outline::Section;

/// Every block that may stand at the top: the kinds, then the language's own.
pub(super) fn blocks() -> Vec<&'static BlockSchema> {
    let kinds = kinds::ALL.iter().map(|k| k.schema());
    let decoded = config::schemas().into_iter();
    kinds.chain(decoded).chain(grammar::unschematic()).collect()
}

/// The block of this type at the top.
pub(super) fn block(kind: &str) -> Option<&'static BlockSchema> {
    blocks().into_iter().find(|b| b.name == kind)
}

/// What a block is for. A kind has a page, of which its schema knows nothing.
pub(super) fn about(schema: &BlockSchema) -> &'static str {
    kinds::find(schema.name).map_or(schema.doc, |kind| kind.doc())
}

/// The members of a block.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub arguments: Vec<&'static AttributeSchema>,
    pub blocks: Vec<&'static NestedSchema>,
    /// Whether `dynamic` may stand here.
    pub dynamic: bool,
}

impl Members {
    fn of(schema: &'static BlockSchema) -> Self {
        Self {
            arguments: schema.attributes.iter().collect(),
            blocks: schema.blocks.iter().collect(),
            dynamic: false,
        }
    }

    pub(super) fn argument(&self, name: &str) -> Option<&'static AttributeSchema> {
        self.arguments.iter().copied().find(|a| a.name == name)
    }

    pub(super) fn block(&self, name: &str) -> Option<&'static BlockSchema> {
        let nested = self.blocks.iter().copied().find(|b| b.schema.name == name);
        nested.map(|n| &n.schema)
    }
}

/// What may stand in the innermost of these blocks; `None` where nothing is known.
pub(super) fn members(document: &Document, around: &[&Section]) -> Option<Members> {
    let (first, inner) = around.split_first()?;
    let kind = document.slice(&first.kind);
    let mut schema = block(kind)?;
    let is_resource = kinds::find(kind).is_some();
    let mut inner = inner.iter();
    let mut nested = false;
    while let Some(section) = inner.next() {
        nested = true;
        schema = match document.slice(&section.kind) {
            "lifecycle" if is_resource && std::ptr::eq(*section, *around.get(1)?) => {
                &grammar::lifecycle().schema
            }
            "dynamic" if is_resource => {
                let label = section.labels.first().map(|l| document.slice(l))?;
                let made = &schema.blocks.iter().find(|b| b.schema.name == label)?.schema;
                match inner.next() {
                    Some(_) => made,
                    None => grammar::dynamic(),
                }
            }
            name => &schema.blocks.iter().find(|b| b.schema.name == name)?.schema,
        };
    }
    let mut members = Members::of(schema);
    members.dynamic = is_resource && !schema.blocks.is_empty() && schema.name != "lifecycle";
    if is_resource && !nested {
        members.arguments.extend(grammar::common());
        members.blocks.push(grammar::lifecycle());
    }
    Some(members)
}
