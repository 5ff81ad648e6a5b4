//! What there is to say about a place.

use super::document::Document;
use super::examine::Names;
use super::grammar;
use super::navigate::{find, named};
use super::place::{What, place};
use super::position::Encoding;
use super::workspace::{Declared, Workspace};
use crate::config::display;
use crate::config::eval::functions;
use crate::kinds;
use crate::model::schema::AttributeSchema;
use crate::model::value::Value;
use crate::syntax::outline::Bytes;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

/// Longest excerpts and values, in lines.
const LINES: usize = 12;

pub(super) fn hover(
    document: &Document,
    at: usize,
    workspace: &mut Workspace,
    names: Option<&Names>,
    encoding: Encoding,
) -> Option<Hover> {
    let found = place(document, at);
    let (text, bytes): (String, Bytes) = match &found.what {
        What::Name(word) => {
            let name = document.slice(word);
            let text = match found.around.as_slice() {
                [] => page(grammar::about(grammar::block(name)?)),
                around => {
                    member(document, around, name).or_else(|| declaration(document, at, workspace, None))?
                }
            };
            (text, word.clone())
        }
        What::Function(name) => (function(document.slice(name))?, name.clone()),
        What::Label(block) => {
            let label = block.labels.first()?.clone();
            (
                page(grammar::about(grammar::block(document.slice(&block.kind))?)),
                label,
            )
        }
        What::Reference { names: parts, .. } => {
            let texts: Vec<&str> = parts.iter().map(|p| document.slice(p)).collect();
            (
                reference(document, at, &texts, workspace, names)?,
                parts.last()?.clone(),
            )
        }
        What::Text { .. } | What::Nothing => return None,
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        }),
        range: Some(document.range(&bytes, encoding)),
    })
}

/// Docs come with the indentation of the source.
fn page(doc: &str) -> String {
    doc.trim().to_owned()
}

fn member(document: &Document, around: &[&crate::syntax::outline::Section], name: &str) -> Option<String> {
    let members = grammar::members(document, around)?;
    if let Some(schema) = members.argument(name) {
        return Some(format!("`{name}`{}\n\n{}", required(schema), argument(schema)));
    }
    members.block(name).map(|schema| page(schema.doc))
}

fn required(schema: &AttributeSchema) -> &'static str {
    if schema.required { " (required)" } else { "" }
}

/// An argument's meaning, and what it takes.
pub(super) fn argument(schema: &AttributeSchema) -> String {
    let doc = schema.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{doc}\n\nTakes {}.", schema.accepts)
}

fn function(name: &str) -> Option<String> {
    let usage = functions::find(name).map_or_else(|| format!("{name}(…)"), functions::Function::usage);
    functions::names().contains(&name).then(|| {
        format!(
            "```hcl\n{usage}\n```\n\nAs in Terraform: \
             [{name}](https://developer.hashicorp.com/terraform/language/functions/{name})."
        )
    })
}

fn reference(
    document: &Document,
    at: usize,
    names: &[&str],
    workspace: &mut Workspace,
    values: Option<&Names>,
) -> Option<String> {
    let value = value(names, values);
    match names {
        [_] => None,
        [kind, _, attribute] if kinds::find(kind).is_some() => {
            let kind = kinds::find(kind)?;
            let output = kind.output_names().iter().find(|o| o.name == *attribute);
            let said = match (kind.schema().attribute(attribute), output) {
                (Some(schema), _) => argument(schema),
                (None, Some(output)) => output.doc.split_whitespace().collect::<Vec<_>>().join(" "),
                (None, None) => return None,
            };
            Some(with_value(said, value))
        }
        _ => declaration(document, at, workspace, value).or_else(|| shown(value?)),
    }
}

/// The thing that a place speaks of, as it is declared.
fn declaration(
    document: &Document,
    at: usize,
    workspace: &mut Workspace,
    value: Option<&Value>,
) -> Option<String> {
    let named = named(document, at, workspace)?;
    let declared = find(&named, workspace)?;
    Some(with_value(excerpt(&declared)?, value))
}

/// The beginning of a declaration's text.
pub(super) fn excerpt(declared: &Declared) -> Option<String> {
    let text = declared.document.slice(&declared.span);
    (!text.is_empty()).then(|| format!("```hcl\n{}\n```", shortened(text)))
}

fn shortened(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take(LINES).collect();
    if text.lines().count() > LINES {
        lines.push("…");
    }
    // A fence in the text must not end the one around it.
    lines.join("\n").replace("```", "'''")
}

fn with_value(said: String, value: Option<&Value>) -> String {
    match value.and_then(shown) {
        Some(value) => format!("{said}\n\n{value}"),
        None => said,
    }
}

/// A value as `console` shows it; sensitive ones stay hidden.
fn shown(value: &Value) -> Option<String> {
    let is_settled = !value.is_unknown() || value.is_sensitive();
    is_settled.then(|| format!("Now:\n\n```hcl\n{}\n```", shortened(&display(value))))
}

fn value<'a>(names: &[&str], values: Option<&'a Names>) -> Option<&'a Value> {
    let (root, steps) = names.split_first()?;
    let value = values?.get(*root)?;
    steps.iter().try_fold(value, |value, step| value.get(step))
}
