//! What could be written at a place.

use super::document::Document;
use super::examine::Names;
use super::grammar::{self, Members};
use super::place::{Place, What, place};
use super::position::Encoding;
use super::workspace::{Declared, Workspace};
use crate::config::eval::functions;
use crate::kinds;
use crate::model::schema::{AttributeSchema, BlockSchema};
use crate::model::types::Type;
use crate::syntax::outline::Bytes;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent,
    MarkupKind, TextEdit,
};
use std::path::Path;

/// One proposal.
struct Proposal {
    label: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    documentation: Option<String>,
    /// What is inserted where that is more than the label; `$0` is where the cursor goes.
    insert: Option<String>,
    /// Proposals of a smaller rank come first.
    rank: u8,
}

impl Proposal {
    fn new(label: impl Into<String>, kind: CompletionItemKind) -> Self {
        Self {
            label: label.into(),
            kind,
            detail: None,
            documentation: None,
            insert: None,
            rank: 5,
        }
    }
}

/// What the editor can do with proposals, and what is known.
pub(super) struct Context<'a> {
    pub encoding: Encoding,
    pub snippets: bool,
    /// Values from the last evaluation of the posture that the file belongs to.
    pub names: Option<&'a Names>,
}

pub(super) fn complete(
    document: &Document,
    at: usize,
    workspace: &mut Workspace,
    context: &Context<'_>,
) -> Vec<CompletionItem> {
    let place = place(document, at);
    let (word, proposals) = match &place.what {
        What::Name(word) => (word.clone(), items(document, &place, workspace)),
        What::Text { argument, text } => {
            let wanted = argument_schema(document, &place, document.slice(&argument.name));
            (text.clone(), wanted.map_or_else(Vec::new, |a| words(a, false)))
        }
        What::Reference { argument, names } => {
            let wanted = argument_schema(document, &place, document.slice(&argument.name));
            let texts: Vec<&str> = names.iter().map(|n| document.slice(n)).collect();
            let word = names.last().cloned().unwrap_or(at..at);
            let given = texts.split_last().map_or(&[][..], |(_, given)| given);
            (word, values(document.folder(), wanted, given, workspace, context))
        }
        What::Function(name) => (name.clone(), calls(false)),
        What::Label(_) | What::Nothing => return Vec::new(),
    };
    // What is behind the cursor stays: it may be the next thing, and not the end of this one.
    let replaced = word.start..at.max(word.start);
    let made = proposals
        .into_iter()
        .map(|p| item(p, document, &replaced, context));
    made.collect()
}

fn item(proposal: Proposal, document: &Document, replaced: &Bytes, context: &Context<'_>) -> CompletionItem {
    let (text, format) = match proposal.insert {
        Some(snippet) if context.snippets => (snippet, InsertTextFormat::SNIPPET),
        Some(snippet) => (without_stops(&snippet), InsertTextFormat::PLAIN_TEXT),
        None => (proposal.label.clone(), InsertTextFormat::PLAIN_TEXT),
    };
    CompletionItem {
        sort_text: Some(format!("{}{}", proposal.rank, proposal.label)),
        label: proposal.label,
        kind: Some(proposal.kind),
        detail: proposal.detail,
        documentation: proposal.documentation.map(markdown),
        insert_text_format: Some(format),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: document.range(replaced, context.encoding),
            new_text: text,
        })),
        ..CompletionItem::default()
    }
}

fn markdown(text: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent {
        kind: MarkupKind::Markdown,
        value: text,
    })
}

/// A snippet as plain text: `${1:name}` is `name`, `$0` is nothing.
fn without_stops(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((stop, behind)) => {
                out.push_str(stop.split_once(':').map_or("", |(_, text)| text));
                behind
            }
            None => after.trim_start_matches(|c: char| c.is_ascii_digit()),
        };
    }
    out.push_str(rest);
    out
}

/// The arguments and blocks that could begin here.
fn items(document: &Document, place: &Place<'_>, workspace: &mut Workspace) -> Vec<Proposal> {
    let Some(inside) = place.around.last() else {
        return grammar::blocks().into_iter().map(|b| block(b, 0)).collect();
    };
    let Some(members) = grammar::members(document, &place.around) else {
        return Vec::new();
    };
    let is_set = |name: &str| inside.arguments.iter().any(|a| document.slice(&a.name) == name);
    let has_block = |name: &str| inside.blocks.iter().any(|b| document.slice(&b.kind) == name);
    let mut out: Vec<Proposal> = members
        .arguments
        .iter()
        .filter(|a| !is_set(a.name))
        .map(|a| argument(a))
        .collect();
    out.extend(
        members
            .blocks
            .iter()
            .filter(|b| b.repeated || !has_block(b.schema.name))
            .map(|b| block(&b.schema, if b.required { 1 } else { 3 })),
    );
    if members.dynamic {
        out.push(Proposal {
            insert: Some("dynamic \"${1:block}\" {\n  for_each = $0\n  content {\n  }\n}".into()),
            ..block(crate::config::grammar::dynamic(), 7)
        });
    }
    out.extend(inputs(document, place, workspace, is_set));
    out
}

/// The variables of the module that a call names.
fn inputs(
    document: &Document,
    place: &Place<'_>,
    workspace: &mut Workspace,
    is_set: impl Fn(&str) -> bool,
) -> Vec<Proposal> {
    let [call] = place.around.as_slice() else {
        return Vec::new();
    };
    if document.slice(&call.kind) != "module" {
        return Vec::new();
    }
    let name = call.labels.first().map_or("", |l| document.slice(l));
    let Some(folder) = workspace.module_folder(document.folder(), name) else {
        return Vec::new();
    };
    let variables = workspace.declared(&folder);
    let variables = variables
        .into_iter()
        .filter(|d| d.root == "var" && !is_set(&d.name));
    variables
        .map(|declared| Proposal {
            insert: Some(format!("{} = $0", declared.name)),
            rank: 1,
            documentation: super::hover::excerpt(&declared),
            ..Proposal::new(declared.name.clone(), CompletionItemKind::FIELD)
        })
        .collect()
}

fn block(schema: &BlockSchema, rank: u8) -> Proposal {
    let labels: String = schema
        .labels
        .iter()
        .enumerate()
        .map(|(i, label)| format!(" \"${{{}:{label}}}\"", i + 1))
        .collect();
    Proposal {
        detail: Some("block".into()),
        documentation: Some(first_paragraph(grammar::about(schema))),
        insert: Some(format!("{}{labels} {{\n  $0\n}}", schema.name)),
        rank,
        ..Proposal::new(schema.name, CompletionItemKind::CLASS)
    }
}

fn argument(schema: &AttributeSchema) -> Proposal {
    let takes_text = matches!(schema.ty, Type::String) && schema.words.is_empty();
    Proposal {
        detail: Some(if schema.required {
            "required".into()
        } else {
            schema.ty.to_string()
        }),
        documentation: Some(super::hover::argument(schema)),
        insert: Some(match takes_text {
            true => format!("{} = \"$0\"", schema.name),
            false => format!("{} = $0", schema.name),
        }),
        rank: match schema.required {
            true => 0,
            false => 2,
        },
        ..Proposal::new(schema.name, CompletionItemKind::FIELD)
    }
}

fn first_paragraph(doc: &str) -> String {
    let paragraph = doc.trim().split("\n\n").next().unwrap_or("");
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn argument_schema(document: &Document, place: &Place<'_>, name: &str) -> Option<&'static AttributeSchema> {
    let members: Option<Members> = grammar::members(document, &place.around);
    members?.argument(name)
}

fn words(schema: &AttributeSchema, quoted: bool) -> Vec<Proposal> {
    let words = schema.words.iter().map(|word| {
        let text = if quoted {
            format!("\"{word}\"")
        } else {
            (*word).to_owned()
        };
        Proposal {
            rank: 0,
            ..Proposal::new(text, CompletionItemKind::ENUM_MEMBER)
        }
    });
    words.collect()
}

/// What may stand in a value behind the names that are written.
fn values(
    folder: &Path,
    wanted: Option<&AttributeSchema>,
    given: &[&str],
    workspace: &mut Workspace,
    context: &Context<'_>,
) -> Vec<Proposal> {
    match given {
        [] => {
            let mut out = wanted.map_or_else(Vec::new, |a| words(a, true));
            if wanted.is_some_and(|a| a.ty == Type::Bool) {
                let both = ["true", "false"];
                out.extend(both.map(|word| Proposal {
                    rank: 0,
                    ..Proposal::new(word, CompletionItemKind::KEYWORD)
                }));
            }
            out.extend(workspace.declared(folder).iter().filter_map(reference));
            let bound = [
                "each.key",
                "each.value",
                "count.index",
                "path.module",
                "path.root",
            ];
            out.extend(bound.map(|name| Proposal::new(name, CompletionItemKind::KEYWORD)));
            out.extend(calls(true));
            out
        }
        [root] => {
            let fixed: &[&str] = match *root {
                "each" => &["key", "value"],
                "count" => &["index"],
                "path" => &["module", "root", "cwd"],
                _ => &[],
            };
            let fixed = fixed
                .iter()
                .map(|name| Proposal::new(*name, CompletionItemKind::FIELD));
            let declared = workspace.declared(folder);
            let declared = declared.iter().filter(|d| d.root == *root && *root != "output");
            let declared = declared.map(|d| Proposal {
                documentation: super::hover::excerpt(d),
                ..Proposal::new(d.name.clone(), CompletionItemKind::VARIABLE)
            });
            fixed.chain(declared).collect()
        }
        ["module", name] => {
            let inside = workspace.module_folder(folder, name);
            let declared = inside.map_or_else(Vec::new, |folder| workspace.declared(&folder));
            let outputs = declared.iter().filter(|d| d.root == "output");
            outputs
                .map(|d| Proposal {
                    documentation: super::hover::excerpt(d),
                    ..Proposal::new(d.name.clone(), CompletionItemKind::FIELD)
                })
                .collect()
        }
        [kind, _] if kinds::find(kind).is_some() => attributes(kind),
        [root, steps @ ..] => fields(root, steps, context.names),
    }
}

fn reference(declared: &Declared) -> Option<Proposal> {
    let is_resource = kinds::find(&declared.root).is_some();
    (declared.root != "output").then(|| Proposal {
        documentation: super::hover::excerpt(declared),
        rank: if is_resource { 3 } else { 2 },
        ..Proposal::new(
            format!("{}.{}", declared.root, declared.name),
            if is_resource {
                CompletionItemKind::CLASS
            } else {
                CompletionItemKind::VARIABLE
            },
        )
    })
}

/// What a resource of a kind gives: its arguments, and what the kind adds.
fn attributes(kind: &str) -> Vec<Proposal> {
    let Some(kind) = kinds::find(kind) else {
        return Vec::new();
    };
    let arguments = kind.schema().attributes.iter().map(|a| Proposal {
        documentation: Some(super::hover::argument(a)),
        ..Proposal::new(a.name, CompletionItemKind::FIELD)
    });
    let outputs = kind.output_names().iter().map(|output| Proposal {
        documentation: Some(first_paragraph(output.doc)),
        rank: 1,
        ..Proposal::new(output.name, CompletionItemKind::FIELD)
    });
    arguments.chain(outputs).collect()
}

/// The attributes that a value had when the posture was evaluated last.
fn fields(root: &str, steps: &[&str], names: Option<&Names>) -> Vec<Proposal> {
    let root = names.and_then(|names| names.get(root));
    let value = root.and_then(|root| steps.iter().try_fold(root, |value, step| value.get(step)));
    value
        .into_iter()
        .flat_map(|v| v.entries())
        .map(|(name, inner)| Proposal {
            detail: Some(inner.ty().to_string()),
            ..Proposal::new(name, CompletionItemKind::FIELD)
        })
        .collect()
}

fn calls(with_brackets: bool) -> Vec<Proposal> {
    let made = functions::names().into_iter().map(|name| Proposal {
        detail: functions::find(name).map(functions::Function::usage),
        insert: with_brackets.then(|| format!("{name}($0)")),
        rank: 6,
        ..Proposal::new(name, CompletionItemKind::FUNCTION)
    });
    made.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_read_as_text_where_the_editor_has_none() {
        assert_eq!(without_stops("a \"${1:name}\" {\n  $0\n}"), "a \"name\" {\n  \n}");
        assert_eq!(without_stops("x = $0"), "x = ");
    }
}
