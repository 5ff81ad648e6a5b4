//! What the files of one folder declare, sorted by block type; nothing is evaluated yet.

use super::body::check_names;
use super::eval::did_you_mean;
use super::grammar;
use super::quantity::{self, Measured};
use super::registry::Registry;
use super::type_expr;
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::types::Type;
use crate::syntax::ast::{Attribute, Block, Body, Expr, Name};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// The block types of the language itself.
pub(super) const LANGUAGE: &[&str] = &[
    "account",
    "backstay",
    "check",
    "exempt",
    "locals",
    "module",
    "moved",
    "objective",
    "output",
    "policy",
    "scenario",
    "variable",
];

/// How many labels a block type of the language has.
pub(super) fn labels_of(kind: &str) -> Option<usize> {
    match kind {
        "backstay" | "locals" | "moved" | "policy" => Some(0),
        "account" | "check" | "exempt" | "module" | "objective" | "output" | "scenario" | "variable" => {
            Some(1)
        }
        _ => None,
    }
}

/// A `variable` block.
#[derive(Debug)]
pub(super) struct Variable {
    pub name: Name,
    pub ty: Type,
    pub default: Option<Expr>,
    pub sensitive: bool,
    pub nullable: bool,
    pub validations: Vec<Block>,
    /// Where its type is `duration` or `size`.
    pub quantities: Vec<Measured>,
}

/// The blocks of a folder.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub folder: PathBuf,
    pub settings: Vec<Block>,
    pub policies: Vec<Block>,
    pub accounts: Vec<Block>,
    pub variables: BTreeMap<String, Variable>,
    pub locals: Vec<Attribute>,
    pub modules: Vec<Block>,
    pub resources: Vec<Block>,
    pub outputs: Vec<Block>,
    pub exemptions: Vec<Block>,
    pub objectives: Vec<Block>,
    pub scenarios: Vec<Block>,
    pub checks: Vec<Block>,
    pub moved: Vec<Block>,
}

/// Sorts the blocks of a folder's files.
pub(super) fn collect(
    folder: PathBuf,
    bodies: Vec<Body>,
    registry: &dyn Registry,
    diagnostics: &mut Diagnostics,
) -> Declarations {
    let mut out = Declarations {
        folder,
        ..Declarations::default()
    };
    let mut seen: HashMap<(String, String), Span> = HashMap::new();
    for body in bodies {
        for attribute in &body.attributes {
            diagnostics.push(
                Diagnostic::error(
                    code::UNKNOWN_ATTRIBUTE,
                    format!(
                        "The argument \"{}\" stands outside of any block.",
                        attribute.name.text
                    ),
                )
                .at(attribute.name.span)
                .remedy("Values of your own belong into a locals block."),
            );
        }
        for block in body.blocks {
            sort_in(block, &mut out, &mut seen, registry, diagnostics);
        }
    }
    out
}

fn sort_in(
    block: Block,
    out: &mut Declarations,
    seen: &mut HashMap<(String, String), Span>,
    registry: &dyn Registry,
    diagnostics: &mut Diagnostics,
) {
    let kind = block.kind.text.as_str();
    let labels = match labels_of(kind) {
        Some(labels) => labels,
        None if registry.schema(kind).is_some() => 1,
        None => return unknown_block(&block, registry, diagnostics),
    };
    if block.labels.len() != labels {
        let wanted = if labels == 0 {
            "no label"
        } else {
            "one label, its name"
        };
        let detail = format!(
            "The block \"{kind}\" takes {wanted}, but has {}.",
            block.labels.len()
        );
        diagnostics.push(Diagnostic::error(code::BAD_LABELS, detail).at(block.header));
        return;
    }
    if let Some(label) = block.labels.first() {
        if !is_identifier(&label.text) {
            let detail = format!(
                "\"{}\" is not a name: letters, digits, _ and - are allowed, and a letter or _ comes first.",
                label.text
            );
            diagnostics.push(Diagnostic::error(code::BAD_LABELS, detail).at(label.span));
            return;
        }
        let key = (kind.to_owned(), label.text.clone());
        if let Some(first) = seen.get(&key) {
            duplicate(
                &format!("{kind} \"{}\"", label.text),
                block.header,
                *first,
                diagnostics,
            );
            return;
        }
        seen.insert(key, block.header);
    }
    if let Some(schema) = grammar::unschematic().into_iter().find(|s| s.name == kind)
        && kind != "locals"
    {
        check_names(&block.body, schema, kind == "module", diagnostics);
    }
    match kind {
        "backstay" => out.settings.push(block),
        "policy" => out.policies.push(block),
        "account" => out.accounts.push(block),
        "check" => out.checks.push(block),
        "exempt" => out.exemptions.push(block),
        "objective" => out.objectives.push(block),
        "scenario" => out.scenarios.push(block),
        "locals" => locals(block, out, seen, diagnostics),
        "module" => out.modules.push(block),
        "moved" => out.moved.push(block),
        "output" => out.outputs.push(block),
        "variable" => {
            if let Some(variable) = variable(block, diagnostics) {
                out.variables.insert(variable.name.text.clone(), variable);
            }
        }
        _ => out.resources.push(block),
    }
}

fn unknown_block(block: &Block, registry: &dyn Registry, diagnostics: &mut Diagnostics) {
    let kind = &block.kind.text;
    let mut diagnostic =
        Diagnostic::error(code::UNKNOWN_BLOCK, format!("There is no block type \"{kind}\"."))
            .at(block.kind.span);
    let known = registry.kinds().into_iter().chain(LANGUAGE.iter().copied());
    diagnostic.remedy = match kind.as_str() {
        "resource" => Some("Write the kind as the block's type: s3_bucket \"name\" { … }.".to_owned()),
        "provider" | "terraform" => Some(
            "Credentials and regions stand in account blocks, the rest in the backstay block.".to_owned(),
        ),
        _ => did_you_mean(kind, known),
    };
    diagnostics.push(diagnostic);
}

fn duplicate(what: &str, span: Span, first: Span, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::error(code::DUPLICATE, format!("{what} is declared twice."))
            .at(span)
            .related(first, "first declared here"),
    );
}

/// Whether a text can be the name in a reference.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

fn locals(
    block: Block,
    out: &mut Declarations,
    seen: &mut HashMap<(String, String), Span>,
    diagnostics: &mut Diagnostics,
) {
    for nested in &block.body.blocks {
        let detail = "A locals block holds arguments only.";
        diagnostics.push(Diagnostic::error(code::UNKNOWN_BLOCK, detail).at(nested.header));
    }
    for attribute in block.body.attributes {
        let key = ("locals".to_owned(), attribute.name.text.clone());
        if let Some(first) = seen.get(&key) {
            duplicate(
                &format!("local.{}", attribute.name.text),
                attribute.name.span,
                *first,
                diagnostics,
            );
            continue;
        }
        seen.insert(key, attribute.name.span);
        out.locals.push(attribute);
    }
}

fn variable(block: Block, diagnostics: &mut Diagnostics) -> Option<Variable> {
    let name = block.labels.into_iter().next()?;
    let mut out = Variable {
        name,
        ty: Type::Any,
        default: None,
        sensitive: false,
        nullable: true,
        validations: Vec::new(),
        quantities: Vec::new(),
    };
    for attribute in block.body.attributes {
        match attribute.name.text.as_str() {
            "type" => {
                if let Some(ty) = type_expr::parse(&attribute.expr, diagnostics) {
                    out.ty = ty;
                    out.quantities = quantity::places(&attribute.expr);
                }
            }
            "default" => out.default = Some(attribute.expr),
            "sensitive" => out.sensitive = flag(&attribute, diagnostics),
            "nullable" => out.nullable = flag(&attribute, diagnostics),
            "ephemeral" => {
                flag(&attribute, diagnostics);
            }
            "description" => {}
            // Refused already.
            _ => {}
        }
    }
    let rules = block.body.blocks.into_iter();
    out.validations = rules.filter(|b| b.kind.text == "validation").collect();
    Some(out)
}

/// A literal `true` or `false`.
fn flag(attribute: &Attribute, diagnostics: &mut Diagnostics) -> bool {
    use crate::syntax::ExprKind;
    if let ExprKind::Literal(value) = &attribute.expr.kind
        && let Some(flag) = value.as_bool()
    {
        return flag;
    }
    let detail = format!("\"{}\" must be written as true or false.", attribute.name.text);
    diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(attribute.expr.span));
    false
}
