//! One thin file for each command: arguments in, library called, result printed.

pub(crate) mod apply;
pub(crate) mod approve;
mod approving;
mod asking;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod console;
pub(crate) mod fmt;
pub(crate) mod graph;
pub(crate) mod history;
mod interrupts;
mod locking;
pub(crate) mod lsp;
mod machine;
mod opening;
pub(crate) mod permissions;
pub(crate) mod plan;
mod progress;
pub(crate) mod prove;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod unlock;
pub(crate) mod validate;

use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code};
use std::path::Path;

/// Prints one diagnostic that points to no text, and ends with an error.
pub(crate) fn failed(terminal: Terminal, diagnostic: Diagnostic) -> Exit {
    terminal.refuse(&Diagnostics::from(diagnostic), &Sources::new());
    Exit::Error
}

/// Reads a file that the user named.
fn read_file(path: &Path) -> Result<String, Diagnostic> {
    std::fs::read_to_string(path)
        .map_err(|error| Diagnostic::error(code::FILE_UNREADABLE, format!("{}: {error}.", path.display())))
}

/// Writes a file that the user named.
fn write_file(path: &Path, text: &str) -> Result<(), Diagnostic> {
    std::fs::write(path, text).map_err(|error| {
        Diagnostic::error(
            code::FILE_UNREADABLE,
            format!("{} cannot be written: {error}.", path.display()),
        )
    })
}
