//! The files of a folder, read and parsed.

use super::json;
use super::registry::Registry;
use crate::diag::{Diagnostic, Diagnostics, FileId, Sources, code};
use crate::syntax::ast::Body;
use crate::syntax::{self, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// [`Inputs::unsaved`](super::Inputs::unsaved).
pub(super) type Unsaved = BTreeMap<PathBuf, Arc<str>>;

/// Reads and parses every `*.hcl` and `*.hcl.json` of a folder, in the order of names.
pub(super) fn bodies(
    folder: &Path,
    registry: &dyn Registry,
    unsaved: &Unsaved,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Body> {
    let Some(paths) = list(folder, &[".hcl", ".hcl.json"], diagnostics) else {
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
    let failed = |detail: String| {
        Diagnostic::error(code::FILE_UNREADABLE, detail)
            .remedy("Check the path, its permissions and its encoding.")
    };
    // `main.hcl` and not `./main.hcl`: code-scanning services compare with a repository's paths.
    let name = path.strip_prefix(".").unwrap_or(path).display();
    if let Some(text) = unsaved.get(path) {
        let file = sources.add(name.to_string(), Arc::clone(text));
        return Some((file, text.to_string()));
    }
    let too_large = std::fs::metadata(path).is_ok_and(|m| m.len() > text::MAX_FILE as u64);
    let bytes = if too_large {
        Err(format!("{} is larger than {} MiB.", name, text::MAX_FILE >> 20))
    } else {
        std::fs::read(path).map_err(|error| format!("{name} cannot be read: {error}."))
    };
    let decoded = bytes.and_then(|b| text::decode(b).map_err(|e| format!("{name}: {e}.")));
    match decoded {
        Ok(text) => {
            let file = sources.add(name.to_string(), text.as_str());
            Some((file, text))
        }
        Err(detail) => {
            diagnostics.push(failed(detail));
            None
        }
    }
}
