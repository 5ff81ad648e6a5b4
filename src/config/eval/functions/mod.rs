//! Terraform's functions, by group, with their names, arguments and results.

pub(super) mod assume;
pub(super) mod collection;
pub(super) mod conversion;
pub(super) mod datetime;
pub(super) mod digest;
pub(super) mod encoding;
pub(super) mod filesystem;
pub(super) mod formatting;
pub(super) mod network;
pub(super) mod numeric;
pub(super) mod patterns;
pub(super) mod reshape;
pub(super) mod sets;
pub(super) mod text;
pub(super) mod text_template;
pub(super) mod yaml;

use super::Scope;
use crate::diag::Span;
use crate::model::types::Type;
use crate::model::value::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every value.
    Any,
    /// Text.
    String,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// A list.
    List,
    /// A list of text.
    Strings,
    /// A set.
    Set,
    /// A map.
    Map,
    /// A map of lists of text.
    MapOfStrings,
    /// A list of booleans.
    Bools,
}

impl Kind {
    /// The type that arguments are converted to.
    pub fn ty(self) -> Type {
        match self {
            Kind::Any => Type::Any,
            Kind::String => Type::String,
            Kind::Number => Type::Number,
            Kind::Bool => Type::Bool,
            Kind::List => Type::list(Type::Any),
            Kind::Strings => Type::list(Type::String),
            Kind::Set => Type::set(Type::Any),
            Kind::Map => Type::map(Type::Any),
            Kind::MapOfStrings => Type::map(Type::list(Type::String)),
            Kind::Bools => Type::list(Type::Bool),
        }
    }
}

/// How much of an argument must be known for the function to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the function deals with unknown values itself.
    Nothing,
    /// The argument itself; what it holds may be unknown.
    Known,
    /// Everything.
    AllKnown,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// For messages.
    pub name: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// Whether null is passed on; otherwise it is an error.
    pub takes_null: bool,
    /// How much must be known.
    pub needs: Needs,
    /// Who deals with sensitive marks.
    pub marks: Marks,
}

/// How the marks of an argument reach the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// A mark anywhere in the argument marks the result.
    Anywhere,
    /// A mark of the argument itself marks the result; those inside it stay where they are.
    Itself,
    /// The function sees the marks and decides.
    Seen,
}

/// A parameter that must be known and not null.
pub(super) const fn param(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        takes_null: false,
        needs: Needs::AllKnown,
        marks: Marks::Anywhere,
    }
}

impl Param {
    /// Passes null on.
    pub(super) const fn null(self) -> Self {
        Self {
            takes_null: true,
            ..self
        }
    }

    /// What the argument holds may be unknown, and keeps its marks.
    pub(super) const fn shallow(self) -> Self {
        Self {
            needs: Needs::Known,
            marks: Marks::Itself,
            ..self
        }
    }

    /// Passes unknown values on.
    pub(super) const fn unknown(self) -> Self {
        Self {
            needs: Needs::Nothing,
            ..self
        }
    }

    /// Leaves marks to the function.
    pub(super) const fn marked(self) -> Self {
        Self {
            marks: Marks::Seen,
            ..self
        }
    }
}

/// The type of the result while arguments are unknown.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    /// Any type.
    Any,
    /// Text.
    String,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// A list of text.
    Strings,
    /// The type of this argument.
    Same(usize),
}

/// What a function may ask besides its arguments.
pub struct Context<'a> {
    /// Names and environment at the call.
    pub scope: &'a Scope<'a>,
    /// The call.
    pub span: Span,
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// Which argument is to blame, from 0.
    pub argument: Option<usize>,
    /// A clause: `the list is empty`.
    pub message: String,
}

impl From<String> for CallError {
    fn from(message: String) -> Self {
        Self {
            argument: None,
            message,
        }
    }
}

impl From<&str> for CallError {
    fn from(message: &str) -> Self {
        Self::from(message.to_owned())
    }
}

/// An error about argument `argument`, counted from 0.
pub(super) fn blame(argument: usize, message: impl Into<String>) -> CallError {
    CallError {
        argument: Some(argument),
        message: message.into(),
    }
}

/// What a call gives.
pub type Outcome = Result<Value, CallError>;

/// A function of the language.
pub struct Function {
    /// The name it is called by.
    pub name: &'static str,
    /// The parameters that must be given.
    pub params: &'static [Param],
    /// What may follow, any number of times.
    pub rest: Option<Param>,
    /// The type of an unknown result.
    pub returns: Returns,
    /// Computes the result.
    pub run: fn(&[Value], &Context<'_>) -> Outcome,
}

/// A function of a fixed number of arguments.
pub(super) const fn function(
    name: &'static str,
    params: &'static [Param],
    returns: Returns,
    run: fn(&[Value], &Context<'_>) -> Outcome,
) -> Function {
    Function {
        name,
        params,
        rest: None,
        returns,
        run,
    }
}

impl Function {
    /// Takes any number of arguments more.
    pub(super) const fn rest(self, rest: Param) -> Self {
        Self {
            rest: Some(rest),
            ..self
        }
    }

    /// The parameter at a place.
    pub fn param(&self, place: usize) -> Option<&Param> {
        self.params.get(place).or(self.rest.as_ref())
    }

    /// How it is called: `join(separator, lists...)`.
    pub fn usage(&self) -> String {
        let mut names: Vec<String> = self.params.iter().map(|p| p.name.to_owned()).collect();
        names.extend(self.rest.map(|p| format!("{}...", p.name)));
        format!("{}({})", self.name, names.join(", "))
    }

    /// The type of the result while arguments are unknown.
    pub fn result_type(&self, args: &[Value]) -> Type {
        match self.returns {
            Returns::Any => Type::Any,
            Returns::String => Type::String,
            Returns::Number => Type::Number,
            Returns::Bool => Type::Bool,
            Returns::Strings => Type::list(Type::String),
            Returns::Same(place) => args.get(place).map_or(Type::Any, Value::ty),
        }
    }
}

/// A group of functions, under the name that the reference gives it.
pub type Group = (&'static str, &'static [Function]);

/// Every function but those that see their arguments as expressions.
pub const GROUPS: &[Group] = &[
    ("Numbers", numeric::FUNCTIONS),
    ("Texts", text::FUNCTIONS),
    ("Formatting", formatting::FUNCTIONS),
    ("Patterns", patterns::FUNCTIONS),
    ("Collections", collection::FUNCTIONS),
    ("Collections into other shapes", reshape::FUNCTIONS),
    ("Sets", sets::FUNCTIONS),
    ("Encodings", encoding::FUNCTIONS),
    ("YAML", yaml::FUNCTIONS),
    (
        "Files, relative to the folder of the module",
        filesystem::FUNCTIONS,
    ),
    ("Dates and times", datetime::FUNCTIONS),
    ("Digests and identifiers", digest::FUNCTIONS),
    ("IP networks", network::FUNCTIONS),
    ("Types", conversion::FUNCTIONS),
    ("Assumptions", assume::FUNCTIONS),
];

static TABLE: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let all = GROUPS.iter().flat_map(|(_, functions)| functions.iter());
    all.map(|function| (function.name, function)).collect()
});

/// Those that see their arguments as expressions, with how they are called.
pub const LAZY: &[(&str, &str)] = &[
    ("can", "can(expression)"),
    ("templatestring", "templatestring(template, vars)"),
    ("try", "try(expressions...)"),
];

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    TABLE.get(name).copied()
}

/// Every name, sorted, with those that take expressions.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE
        .keys()
        .copied()
        .chain(LAZY.iter().map(|(name, _)| *name))
        .collect();
    names.sort_unstable();
    names
}

/// The functions of Terraform that are not here, with the reason.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "rsadecrypt",
        "no maintained implementation is free of timing attacks (RUSTSEC-2023-0071)",
    ),
    ("list", "Terraform has removed it; write [a, b]"),
    ("map", "Terraform has removed it; write {a = b}"),
    ("type", "it exists in Terraform's console only"),
    ("provider::terraform::decode_tfvars", OWN_FILES),
    ("provider::terraform::encode_tfvars", OWN_FILES),
    ("provider::terraform::encode_expr", OWN_FILES),
];

const OWN_FILES: &str = "it is about Terraform's own files";

/// Why a function of Terraform is not here; `None` for names that Terraform does not have either.
pub fn left_out(name: &str) -> Option<&'static str> {
    LEFT_OUT
        .iter()
        .find(|(left, _)| *left == name)
        .map(|(_, why)| *why)
}

/// The text of argument `place`. Conversion has made sure that it is text.
pub(super) fn text_of(args: &[Value], place: usize) -> &str {
    args.get(place).and_then(Value::as_str).unwrap_or("")
}

/// The elements of argument `place`.
pub(super) fn elements_of(args: &[Value], place: usize) -> &[Value] {
    args.get(place).and_then(Value::as_sequence).unwrap_or(&[])
}

/// Argument `place` as a whole number.
pub(super) fn whole(args: &[Value], place: usize) -> Result<i64, CallError> {
    args.get(place)
        .and_then(Value::as_number)
        .and_then(crate::model::number::Number::to_i64)
        .ok_or_else(|| blame(place, "a whole number is required"))
}

/// The value of argument `place`.
pub(super) fn arg(args: &[Value], place: usize) -> Value {
    args.get(place).cloned().unwrap_or_else(Value::null)
}
