//! Decoding an evaluated block into a typed one, with every error and its place.

use super::{AttributeSchema, BlockSchema, EvaluatedBlock, NestedSchema};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::types::Type;
use crate::model::value::Value;

/// What decoding a member gave. Absent members of required type were reported already.
#[derive(Debug)]
pub enum Taken<T> {
    /// Not set.
    Absent,
    /// Set, and wrong; reported.
    Bad,
    /// Set.
    Got(T),
}

impl<T> Taken<T> {
    /// The value, when there is one.
    pub fn got(self) -> Option<T> {
        match self {
            Taken::Got(value) => Some(value),
            Taken::Absent | Taken::Bad => None,
        }
    }
}

/// A type that an argument can have.
pub trait Attr: Sized {
    /// What values are converted to before [`Attr::parse`].
    fn ty() -> Type;
    /// What is accepted, in words.
    fn accepts() -> String;
    /// The words that are accepted, where no others are; else empty.
    fn words() -> &'static [&'static str] {
        &[]
    }
    /// Reads a known, non-null value of [`Attr::ty`].
    ///
    /// # Errors
    /// Why the value is not allowed, as a sentence that names it.
    fn parse(value: &Value) -> Result<Self, String>;
}

/// A type that a member of a [`block!`](crate::block) can have: an argument, a nested block,
/// or an `Option` or `Vec` of either.
pub trait Field: Sized {
    /// Adds itself to the schema.
    fn describe(name: &'static str, doc: &'static str, into: &mut BlockSchema);
    /// Takes itself out of a block.
    fn take(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Self>;
    /// Adds a list of itself to the schema.
    fn describe_many(name: &'static str, doc: &'static str, into: &mut BlockSchema);
    /// Takes a list of itself out of a block.
    fn take_many(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Vec<Self>>;
}

/// A struct declared with [`block!`](crate::block).
pub trait Block: Sized {
    /// What may stand in it, under this name.
    fn schema(name: &'static str) -> BlockSchema;
    /// Decodes it; `None` when something was wrong, which was reported.
    fn decode(from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Option<Self>;
}

fn parse_attribute<T: Attr>(
    value: &Value,
    span: Span,
    name: &str,
    diagnostics: &mut Diagnostics,
) -> Taken<T> {
    if value.is_null() {
        return Taken::Absent;
    }
    if !value.is_wholly_known() {
        diagnostics.push(
            Diagnostic::error(
                code::UNKNOWN_VALUE,
                format!("{name} depends on something that is only known after an apply."),
            )
            .at(span),
        );
        return Taken::Bad;
    }
    match T::parse(value) {
        Ok(parsed) => Taken::Got(parsed),
        Err(why) => {
            diagnostics.push(
                Diagnostic::error(code::INVALID_VALUE, format!("{name}: {why}."))
                    .at(span)
                    .remedy(format!("{name} takes {}.", T::accepts())),
            );
            Taken::Bad
        }
    }
}

impl<T: Attr> Field for T {
    fn describe(name: &'static str, doc: &'static str, into: &mut BlockSchema) {
        into.attributes.push(AttributeSchema {
            name,
            doc,
            ty: T::ty(),
            accepts: T::accepts(),
            words: T::words(),
            required: true,
        });
    }

    fn take(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Self> {
        match from.attributes.get(name) {
            None => Taken::Absent,
            Some(attribute) => parse_attribute(&attribute.value, attribute.span, name, diagnostics),
        }
    }

    fn describe_many(name: &'static str, doc: &'static str, into: &mut BlockSchema) {
        into.attributes.push(AttributeSchema {
            name,
            doc,
            ty: Type::list(T::ty()),
            accepts: format!("a list; each element {}", T::accepts()),
            words: T::words(),
            required: false,
        });
    }

    fn take_many(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Vec<Self>> {
        let Some(attribute) = from.attributes.get(name) else {
            return Taken::Absent;
        };
        let Some(items) = attribute.value.as_sequence() else {
            if attribute.value.is_null() {
                return Taken::Absent;
            }
            diagnostics.push(
                Diagnostic::error(
                    code::UNKNOWN_VALUE,
                    format!("{name} is only known after an apply."),
                )
                .at(attribute.span),
            );
            return Taken::Bad;
        };
        let mut all = Vec::new();
        let mut bad = false;
        for item in items {
            match parse_attribute(item, attribute.span, name, diagnostics) {
                Taken::Got(value) => all.push(value),
                Taken::Absent => {
                    bad = true;
                    diagnostics.push(
                        Diagnostic::error(code::INVALID_VALUE, format!("{name} holds a null."))
                            .at(attribute.span),
                    );
                }
                Taken::Bad => bad = true,
            }
        }
        if bad { Taken::Bad } else { Taken::Got(all) }
    }
}

impl<T: Field> Field for Option<T> {
    fn describe(name: &'static str, doc: &'static str, into: &mut BlockSchema) {
        T::describe(name, doc, into);
        if let Some(last) = into.attributes.iter_mut().find(|a| a.name == name) {
            last.required = false;
        }
        if let Some(last) = into.blocks.iter_mut().find(|b| b.schema.name == name) {
            last.required = false;
        }
    }

    fn take(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Self> {
        // A list that is left out is not an empty one.
        let is_set = from.attributes.get(name).is_some_and(|a| !a.value.is_null());
        if !is_set && !from.blocks.contains_key(name) {
            return Taken::Got(None);
        }
        match T::take(name, from, diagnostics) {
            Taken::Absent => Taken::Got(None),
            Taken::Bad => Taken::Bad,
            Taken::Got(value) => Taken::Got(Some(value)),
        }
    }

    fn describe_many(name: &'static str, doc: &'static str, into: &mut BlockSchema) {
        T::describe_many(name, doc, into);
    }

    fn take_many(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Vec<Self>> {
        match T::take_many(name, from, diagnostics) {
            Taken::Absent => Taken::Absent,
            Taken::Bad => Taken::Bad,
            Taken::Got(values) => Taken::Got(values.into_iter().map(Some).collect()),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn describe(name: &'static str, doc: &'static str, into: &mut BlockSchema) {
        T::describe_many(name, doc, into);
    }

    fn take(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Self> {
        match T::take_many(name, from, diagnostics) {
            Taken::Absent => Taken::Got(Vec::new()),
            other => other,
        }
    }

    fn describe_many(name: &'static str, doc: &'static str, into: &mut BlockSchema) {
        T::describe_many(name, doc, into);
    }

    fn take_many(name: &str, from: &EvaluatedBlock, diagnostics: &mut Diagnostics) -> Taken<Vec<Self>> {
        match T::take_many(name, from, diagnostics) {
            Taken::Absent => Taken::Absent,
            Taken::Bad => Taken::Bad,
            Taken::Got(values) => Taken::Got(vec![values]),
        }
    }
}

/// How a nested block describes itself; what [`block!`](crate::block) expands to.
pub fn describe_block<T: Block>(
    name: &'static str,
    doc: &'static str,
    repeated: bool,
    into: &mut BlockSchema,
) {
    let mut schema = T::schema(name);
    if !doc.is_empty() {
        schema.doc = doc;
    }
    into.blocks.push(NestedSchema {
        required: !repeated,
        repeated,
        schema,
    });
}

/// How nested blocks are taken out; what [`block!`](crate::block) expands to.
pub fn take_blocks<T: Block>(
    name: &str,
    from: &EvaluatedBlock,
    diagnostics: &mut Diagnostics,
) -> Taken<Vec<T>> {
    let Some(blocks) = from.blocks.get(name) else {
        return Taken::Absent;
    };
    let decoded: Vec<_> = blocks.iter().map(|b| T::decode(b, diagnostics)).collect();
    let whole: Option<Vec<T>> = decoded.into_iter().collect();
    whole.map_or(Taken::Bad, Taken::Got)
}
