//! The tree that the rest of the program sees; nothing of the parser underneath shows.

use crate::diag::Span;
use crate::model::value::Value;

/// Arguments and blocks in the order they were written.
#[derive(Debug, Clone)]
pub struct Body {
    /// `name = expression`, names unique.
    pub attributes: Vec<Attribute>,
    /// Nested blocks.
    pub blocks: Vec<Block>,
    /// The text between the braces, or the whole file.
    pub span: Span,
}

impl Body {
    /// An empty body.
    pub fn empty(span: Span) -> Self {
        Self {
            attributes: Vec::new(),
            blocks: Vec::new(),
            span,
        }
    }

    /// The argument of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name.text == name)
    }

    /// The blocks of this type.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| b.kind.text == kind)
    }
}

/// A name and its place.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// `name = expression`.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Left of the sign.
    pub name: Name,
    /// Right of the sign.
    pub expr: Expr,
    /// All of it.
    pub span: Span,
}

/// `kind "label" { … }`.
#[derive(Debug, Clone)]
pub struct Block {
    /// The block's type.
    pub kind: Name,
    /// The labels.
    pub labels: Vec<Name>,
    /// What is inside.
    pub body: Body,
    /// Type and labels: what a diagnostic about the block points to.
    pub header: Span,
    /// From the type to the closing brace.
    pub span: Span,
}

/// An expression and its place.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// Null, a boolean, a number, or text without templates.
    Literal(Value),
    /// `[a, b]`.
    Tuple(Vec<Expr>),
    /// `{a = b}`.
    Object(Vec<(ObjectKey, Expr)>),
    /// Quoted text or a heredoc with `${…}` or `%{…}`.
    Template(Vec<Part>),
    /// A root name.
    Variable(String),
    /// `base.name[index].*.more`.
    Traversal(Box<Expr>, Vec<Step>),
    /// `f(a, b...)`.
    Call(Call),
    /// `condition ? a : b`.
    Conditional(Box<Conditional>),
    /// `-a`, `!a`.
    Unary(Unary, Box<Expr>),
    /// `a + b`.
    Binary(Binary, Span, Box<(Expr, Expr)>),
    /// `[for …]` or `{for …}`.
    For(Box<For>),
}

/// The key of an object's attribute.
#[derive(Debug, Clone)]
pub enum ObjectKey {
    /// A bare name, which stands for itself.
    Name(Name),
    /// Anything else.
    Expr(Expr),
}

/// A function call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The function, `a::b` when namespaced.
    pub name: Name,
    /// The arguments.
    pub args: Vec<Expr>,
    /// True when `...` follows the last one.
    pub expand: bool,
}

/// `condition ? yes : no`.
#[derive(Debug, Clone)]
pub struct Conditional {
    /// What decides.
    pub condition: Expr,
    /// When true.
    pub yes: Expr,
    /// When false.
    pub no: Expr,
}

/// `for key, value in collection`, as an expression.
#[derive(Debug, Clone)]
pub struct For {
    /// The first of two names.
    pub key_name: Option<Name>,
    /// The only or second name.
    pub value_name: Name,
    /// What is walked.
    pub collection: Expr,
    /// Given for objects.
    pub key: Option<Expr>,
    /// Each result.
    pub value: Expr,
    /// `...`: values of one key are collected.
    pub grouping: bool,
    /// `if`.
    pub condition: Option<Expr>,
}

/// One step of a traversal.
#[derive(Debug, Clone)]
pub enum Step {
    /// `.name`.
    Attribute(Name),
    /// `[key]`.
    Index(Expr, Span),
    /// `.0`, an old spelling of `[0]`.
    Legacy(u64, Span),
    /// `.*` or `[*]` and the steps that are taken for each element.
    Splat(Vec<Step>, Span),
}

impl Step {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Step::Attribute(name) => name.span,
            Step::Index(_, span) | Step::Legacy(_, span) | Step::Splat(_, span) => *span,
        }
    }
}

/// A unary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    /// `-`.
    Negate,
    /// `!`.
    Not,
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A part of a template. Strip markers and the dedenting of `<<-` are already done.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// `${…}`.
    Interpolation(Expr),
    /// `%{ if … }`.
    If(Box<IfPart>),
    /// `%{ for … }`.
    For(Box<ForPart>),
}

/// `%{ if condition }yes%{ else }no%{ endif }`.
#[derive(Debug, Clone)]
pub struct IfPart {
    /// What decides.
    pub condition: Expr,
    /// When true.
    pub yes: Vec<Part>,
    /// When false; empty without `else`.
    pub no: Vec<Part>,
}

/// `%{ for key, value in collection }body%{ endfor }`.
#[derive(Debug, Clone)]
pub struct ForPart {
    /// The first of two names.
    pub key_name: Option<Name>,
    /// The only or second name.
    pub value_name: Name,
    /// What is walked.
    pub collection: Expr,
    /// Repeated for each element.
    pub body: Vec<Part>,
}
