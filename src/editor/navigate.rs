//! Where something is declared, where it is used, and what a file holds.

use super::document::{Document, uri_of};
use super::place::{What, place};
use super::position::Encoding;
use super::workspace::{Declared, Workspace, joined};
use crate::syntax::lexer::TokenKind;
use crate::syntax::outline::{Bytes, Section};
use lsp_types::{DocumentSymbol, Location, SymbolKind};
use std::path::PathBuf;
use std::sync::Arc;

/// A name that a place speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The folder that declares it.
    pub folder: PathBuf,
    pub root: String,
    pub name: String,
}

/// What the place speaks of: by reference, or because it is declared there.
pub(super) fn named(document: &Document, at: usize, workspace: &mut Workspace) -> Option<Named> {
    let folder = document.folder().to_owned();
    let found = place(document, at);
    let named = |folder: PathBuf, root: &str, name: &str| Named {
        folder,
        root: root.to_owned(),
        name: name.to_owned(),
    };
    match found.what {
        What::Reference { names, .. } => {
            let names: Vec<&str> = names.iter().map(|n| document.slice(n)).collect();
            match names.as_slice() {
                // On the root or on the name itself, and further on the same thing is meant, but
                // for a module: what follows it is declared in its own folder.
                ["module", module, output, ..] => {
                    let inside = workspace.module_folder(&folder, module)?;
                    Some(named(inside, "output", output))
                }
                [root, name, ..] => Some(named(folder, root, name)),
                _ => None,
            }
        }
        What::Label(block) => {
            let root = match document.slice(&block.kind) {
                "variable" => "var",
                kind => kind,
            };
            let label = block.labels.first()?;
            Some(named(folder, root, document.slice(label)))
        }
        What::Name(name) => match found.around.as_slice() {
            [locals] if document.slice(&locals.kind) == "locals" => {
                Some(named(folder, "local", document.slice(&name)))
            }
            [call] if document.slice(&call.kind) == "module" => {
                let module = call.labels.first().map(|l| document.slice(l))?;
                let inside = workspace.module_folder(&folder, module)?;
                Some(named(inside, "var", document.slice(&name)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn location(document: &Document, bytes: &Bytes, encoding: Encoding) -> Option<Location> {
    Some(Location {
        uri: uri_of(&document.path)?,
        range: document.range(bytes, encoding),
    })
}

pub(super) fn find(named: &Named, workspace: &mut Workspace) -> Option<Declared> {
    workspace
        .declared(&named.folder)
        .into_iter()
        .find(|d| d.root == named.root && d.name == named.name)
}

/// Where the thing at a place is declared; for a module's source the first file of its folder.
pub(super) fn definition(
    document: &Document,
    at: usize,
    workspace: &mut Workspace,
    encoding: Encoding,
) -> Option<Location> {
    let found = place(document, at);
    if let What::Text { argument, text } = &found.what {
        let is_source = document.slice(&argument.name) == "source"
            && matches!(found.around.as_slice(), [call] if document.slice(&call.kind) == "module");
        if !is_source {
            return None;
        }
        let folder = joined(document.folder(), document.slice(text));
        let files = workspace.folder(&folder);
        let main = files.iter().find(|d| d.path.ends_with("main.hcl"));
        return location(main.or_else(|| files.first())?, &(0..0), encoding);
    }
    let named = named(document, at, workspace)?;
    let declared = find(&named, workspace)?;
    location(&declared.document, &declared.name_at, encoding)
}

/// Every place in the folder that speaks of the same thing.
pub(super) fn references(
    document: &Document,
    at: usize,
    with_declaration: bool,
    workspace: &mut Workspace,
    encoding: Encoding,
) -> Vec<Location> {
    let Some(named) = named(document, at, workspace) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    if with_declaration && let Some(declared) = find(&named, workspace) {
        out.extend(location(&declared.document, &declared.name_at, encoding));
    }
    for document in workspace.folder(&named.folder) {
        let uses = uses(&document, &named.root, &named.name);
        out.extend(
            uses.iter()
                .filter_map(|bytes| location(&document, bytes, encoding)),
        );
    }
    out
}

/// `root.name` in the tokens of a text, as the bytes of the name.
fn uses(document: &Document, root: &str, name: &str) -> Vec<Bytes> {
    let tokens = &document.outline.tokens;
    let bytes = |i: usize| tokens.get(i).map(|t| t.start as usize..t.end as usize);
    let is = |i: usize, text: &str| bytes(i).is_some_and(|b| document.slice(&b) == text);
    (0..tokens.len())
        .filter(|i| {
            let inner = i.checked_sub(1).is_some_and(|before| is(before, "."));
            !inner && is(*i, root) && is(i + 1, ".") && is(i + 2, name)
        })
        .filter(|i| tokens.get(*i).is_some_and(|t| t.kind == TokenKind::Ident))
        .filter_map(|i| bytes(i + 2))
        .collect()
}

/// The blocks of a file, with what is inside them.
pub(super) fn symbols(document: &Arc<Document>, encoding: Encoding) -> Vec<DocumentSymbol> {
    let blocks = document.outline.file.blocks.iter();
    blocks.map(|b| symbol(document, b, encoding)).collect()
}

fn symbol(document: &Document, section: &Section, encoding: Encoding) -> DocumentSymbol {
    let kind = document.slice(&section.kind);
    let labels: Vec<&str> = section.labels.iter().map(|l| document.slice(l)).collect();
    // Other blocks' arguments are many, and nobody looks for them by name.
    let names = section.arguments.iter().filter(|_| kind == "locals");
    let arguments = names.map(|argument| {
        made(
            document.slice(&argument.name).to_owned(),
            SymbolKind::VARIABLE,
            document.range(&(argument.name.start..argument.value.end), encoding),
            document.range(&argument.name, encoding),
            None,
        )
    });
    let blocks = section.blocks.iter().map(|b| symbol(document, b, encoding));
    made(
        [&[kind], labels.as_slice()].concat().join(" "),
        match kind {
            "variable" | "locals" | "output" => SymbolKind::VARIABLE,
            "module" => SymbolKind::MODULE,
            _ => SymbolKind::CLASS,
        },
        document.range(&section.span, encoding),
        document.range(&section.header, encoding),
        Some(arguments.chain(blocks).collect()),
    )
}

#[allow(deprecated, reason = "the type cannot be made without its old field")]
fn made(
    name: String,
    kind: SymbolKind,
    range: lsp_types::Range,
    selection_range: lsp_types::Range,
    children: Option<Vec<DocumentSymbol>>,
) -> DocumentSymbol {
    DocumentSymbol {
        name,
        kind,
        range,
        selection_range,
        children,
        detail: None,
        tags: None,
        deprecated: None,
    }
}
