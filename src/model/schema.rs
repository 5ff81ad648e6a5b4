//! Schemas of blocks, and decoding an evaluated block into a typed one.
//!
//! [`block!`](crate::block) declares a struct once; from that one declaration come the
//! schema (reference pages, JSON Schema, completion) and the decoder, which reports every
//! error of the block with its place.

use super::types::Type;
use super::value::Value;
use super::{AccountId, Address, Arn, Days, Duration, Region};
use crate::diag::{Code, Diagnostic, Diagnostics, Span, code};
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

/// Declares a block: a struct, its schema and its decoder.
///
/// Members are arguments (types that are [`Attr`](crate::model::schema::Attr)) or nested blocks
/// (other structs declared so), required unless wrapped in `Option` or `Vec`. The doc comments
/// become the reference page. A member `labels: [name]` takes the block's labels as text.
#[macro_export]
macro_rules! block {
    (
        $(#[doc = $doc:literal])*
        $(#[labels($($label:ident),*)])?
        $vis:vis struct $name:ident {
            $( $(#[doc = $fdoc:literal])* $fvis:vis $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        $vis struct $name {
            $($(
                /// The block's label.
                pub $label: String,
            )*)?
            $( $(#[doc = $fdoc])* $fvis $field: $ty, )*
        }

        impl $crate::model::schema::Block for $name {
            fn schema(name: &'static str) -> $crate::model::schema::BlockSchema {
                let mut schema = $crate::model::schema::BlockSchema::new(
                    name,
                    concat!($($doc, "\n"),*),
                    &[$($(stringify!($label)),*)?],
                );
                $(
                    <$ty as $crate::model::schema::Field>::describe(
                        stringify!($field).trim_start_matches("r#"),
                        concat!($($fdoc, "\n"),*),
                        &mut schema,
                    );
                )*
                schema
            }

            #[allow(unused_mut, unused_variables, unused_assignments)]
            fn decode(
                from: &$crate::model::schema::EvaluatedBlock,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> Option<Self> {
                let mut labels = from.labels.iter().cloned();
                $($( let $label = labels.next(); )*)?
                $(
                    let $field = <$ty as $crate::model::schema::Field>::take(
                        stringify!($field).trim_start_matches("r#"),
                        from,
                        diagnostics,
                    );
                )*
                Some(Self {
                    $($( $label: $label?, )*)?
                    $( $field: $field.got()?, )*
                })
            }
        }

        impl $crate::model::schema::Field for $name {
            fn describe(
                name: &'static str,
                doc: &'static str,
                into: &mut $crate::model::schema::BlockSchema,
            ) {
                $crate::model::schema::describe_block::<Self>(name, doc, false, into);
            }

            fn take(
                name: &str,
                from: &$crate::model::schema::EvaluatedBlock,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> $crate::model::schema::Taken<Self> {
                use $crate::model::schema::Taken;
                match $crate::model::schema::take_blocks::<Self>(name, from, diagnostics) {
                    Taken::Absent => Taken::Absent,
                    Taken::Bad => Taken::Bad,
                    Taken::Got(all) => all.into_iter().next().map_or(Taken::Absent, Taken::Got),
                }
            }

            fn describe_many(
                name: &'static str,
                doc: &'static str,
                into: &mut $crate::model::schema::BlockSchema,
            ) {
                $crate::model::schema::describe_block::<Self>(name, doc, true, into);
            }

            fn take_many(
                name: &str,
                from: &$crate::model::schema::EvaluatedBlock,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> $crate::model::schema::Taken<Vec<Self>> {
                $crate::model::schema::take_blocks::<Self>(name, from, diagnostics)
            }
        }
    };
}

macro_rules! from_text {
    ($($ty:ty: $accepts:literal;)*) => {$(
        impl Attr for $ty {
            fn ty() -> Type {
                Type::String
            }
            fn accepts() -> String {
                $accepts.into()
            }
            fn parse(value: &Value) -> Result<Self, String> {
                let text = value.as_str().ok_or_else(|| "it is not a text".to_owned())?;
                text.parse().map_err(|e| format!("{e}"))
            }
        }
    )*};
}

from_text! {
    String: "a text";
    Duration: "a duration such as \"15m\", \"30d\" or \"7y\"";
    Region: "a region such as \"us-east-1\"";
    AccountId: "an account id of twelve digits";
    Arn: "an ARN such as \"arn:aws:s3:::my-bucket\"";
}

impl<const MIN: u32, const MAX: u32> Attr for Days<MIN, MAX> {
    fn ty() -> Type {
        Type::String
    }
    fn accepts() -> String {
        format!("a duration in whole days, \"{MIN}d\" to \"{MAX}d\"")
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value.as_str().ok_or("it is not a text")?.parse()
    }
}

impl Attr for bool {
    fn ty() -> Type {
        Type::Bool
    }
    fn accepts() -> String {
        "true or false".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value
            .as_bool()
            .ok_or_else(|| "it is neither true nor false".into())
    }
}

impl Attr for u32 {
    fn ty() -> Type {
        Type::Number
    }
    fn accepts() -> String {
        "a whole number from 0".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value
            .as_number()
            .and_then(|n| n.to_i64())
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| "it is not a whole number from 0".into())
    }
}

/// Tags and the like.
impl Attr for BTreeMap<String, String> {
    fn ty() -> Type {
        Type::map(Type::String)
    }
    fn accepts() -> String {
        "a map of texts".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value
            .entries()
            .map(|(key, value)| match value.as_str() {
                Some(text) => Ok((key.to_owned(), text.to_owned())),
                None => Err(format!("the value of \"{key}\" is not a text")),
            })
            .collect()
    }
}

/// A resource of the posture by reference, or something outside it by name or ARN.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    /// Set when it is a resource of this posture.
    pub address: Option<Address>,
    /// Its ARN, when it has one that is known.
    pub arn: Option<Arn>,
    /// Its name or identifier; the text itself when it was given as one that is no ARN.
    pub name: Option<String>,
    /// Where it lives, when that is known.
    pub region: Option<Region>,
    /// Whose it is, when that is known.
    pub account: Option<AccountId>,
}

impl Attr for Reference {
    fn ty() -> Type {
        Type::Any
    }
    fn accepts() -> String {
        "a reference such as s3_bucket.uploads, or the ARN of something outside this posture".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        if let Some(text) = value.as_str() {
            let arn: Option<Arn> = text.parse().ok();
            return Ok(Self {
                address: None,
                region: arn.as_ref().and_then(Arn::region),
                account: arn.as_ref().and_then(Arn::account),
                name: match &arn {
                    Some(arn) => Some(arn.resource().to_owned()),
                    None => Some(text.to_owned()),
                },
                arn,
            });
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let Some(address) = text("address").and_then(|a| a.parse().ok()) else {
            return Err("it is neither a reference to a resource nor a text".into());
        };
        Ok(Self {
            address: Some(address),
            arn: text("arn").and_then(|t| t.parse().ok()),
            name: text("name").or_else(|| text("identifier")).map(str::to_owned),
            region: text("region").and_then(|t| t.parse().ok()),
            account: text("account_id").and_then(|t| t.parse().ok()),
        })
    }
}

/// Declares an enum of words as an argument type: `word! { enum Mode { Governance = "governance", … } }`.
#[macro_export]
macro_rules! word {
    (
        $(#[doc = $doc:literal])*
        $vis:vis enum $name:ident { $( $(#[doc = $vdoc:literal])* $variant:ident = $text:literal ),* $(,)? }
    ) => {
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        $vis enum $name { $( $(#[doc = $vdoc])* #[serde(rename = $text)] $variant ),* }

        impl $name {
            /// As in HCL.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text ),* }
            }
        }

        impl $crate::model::schema::Attr for $name {
            fn ty() -> $crate::model::types::Type {
                $crate::model::types::Type::String
            }
            fn accepts() -> String {
                [$( concat!("\"", $text, "\"") ),*].join(" or ")
            }
            fn parse(value: &$crate::model::value::Value) -> Result<Self, String> {
                match value.as_str() {
                    $( Some($text) => Ok(Self::$variant), )*
                    Some(other) => Err(format!("\"{other}\" is not one of the words it knows")),
                    None => Err("it is not a text".into()),
                }
            }
        }
    };
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
