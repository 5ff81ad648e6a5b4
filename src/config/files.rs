//! The files of a folder, read and parsed.

use super::json;
use super::registry::Registry;
use crate::diag::{Diagnostic, Diagnostics, FileId, Sources, Span, code};
use crate::syntax::ast::Body;
use crate::syntax::{self, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// [`Inputs::unsaved`](super::Inputs::unsaved).
pub(super) type Unsaved = BTreeMap<PathBuf, Arc<str>>;

/// How the files of a posture end.
const ENDINGS: &[&str] = &[".hcl", ".hcl.json"];

/// Whether a folder holds a posture's files.
pub fn holds_posture(folder: &Path) -> bool {
    list(folder, ENDINGS, &mut Diagnostics::new()).is_some_and(|files| !files.is_empty())
}

/// Reads and parses every `*.hcl` and `*.hcl.json` of a folder, in the order of names.
pub(super) fn bodies(
    folder: &Path,
    registry: &dyn Registry,
    unsaved: &Unsaved,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Body> {
    let Some(paths) = list(folder, ENDINGS, diagnostics) else {
        return Vec::new();
    };
    if paths.is_empty() {
        diagnostics.push(
            Diagnostic::error(
                code::NO_FILES,
                format!("{} has no file that ends in .hcl.", folder.display()),
            )
            .remedy("Run the command in the folder of the posture, or name that folder."),
        );
    }
    let mut bodies = Vec::new();
    for path in paths {
        let Some((file, text)) = read(&path, unsaved, sources, diagnostics) else {
            continue;
        };
        let (body, said) = if path.to_string_lossy().ends_with(".json") {
            json::body(&text, file, registry)
        } else {
            syntax::parse_body(&text, file)
        };
        diagnostics.append(said);
        bodies.push(body);
    }
    bodies
}

/// The regular files of a folder whose names end so, sorted. Hidden files and editors' backups are left out.
pub(super) fn list(folder: &Path, endings: &[&str], diagnostics: &mut Diagnostics) -> Option<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            diagnostics.push(
                Diagnostic::error(
                    code::FILE_UNREADABLE,
                    format!("The folder {} cannot be read: {error}.", folder.display()),
                )
                .remedy("Check the path and its permissions."),
            );
            return None;
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            !name.starts_with(['.', '#']) && endings.iter().any(|e| name.ends_with(e)) && path.is_file()
        })
        .collect();
    paths.sort();
    Some(paths)
}

/// Reads a file and keeps its text.
pub(super) fn read(
    path: &Path,
    unsaved: &Unsaved,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<(FileId, String)> {
    // `main.hcl` and not `./main.hcl`: code-scanning services compare with a repository's paths.
    let name = path.strip_prefix(".").unwrap_or(path).display();
    if let Some(text) = unsaved.get(path) {
        let file = sources.add(name.to_string(), Arc::clone(text));
        return Some((file, text.to_string()));
    }
    let failed = |detail: String, span: Option<Span>| {
        Diagnostic::error(code::FILE_UNREADABLE, detail)
            .at(span)
            .remedy("Check the path, its permissions and its encoding.")
    };
    if std::fs::metadata(path).is_ok_and(|m| m.len() > text::MAX_FILE as u64) {
        let file = sources.add(name.to_string(), "");
        let detail = format!("{name} is larger than {} MiB.", text::MAX_FILE >> 20);
        diagnostics.push(failed(detail, Some(Span::new(file, 0..0))));
        return None;
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            diagnostics.push(failed(format!("{name} cannot be read: {error}."), None));
            return None;
        }
    };
    match text::decode(bytes) {
        Ok(text) => {
            let file = sources.add(name.to_string(), text.as_str());
            Some((file, text))
        }
        Err(bad) => {
            let wrong = bad.shown.get(bad.at..).and_then(|rest| rest.chars().next());
            let file = sources.add(name.to_string(), bad.shown);
            let end = bad.at + wrong.map_or(0, char::len_utf8);
            let detail = format!("{name}: {}.", bad.error);
            diagnostics.push(failed(detail, Some(Span::new(file, bad.at..end))));
            None
        }
    }
}
