//! One thin file for each command: arguments in, library called, result printed.

pub(crate) mod apply;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod fmt;
pub(crate) mod graph;
mod opening;
pub(crate) mod permissions;
pub(crate) mod plan;
mod progress;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod validate;

use crate::cli::{Cli, Command};
use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code};
use std::path::Path;

/// Runs a command and gives the process's exit code.
pub(crate) fn run(cli: Cli) -> u8 {
    let terminal = Terminal::new(cli.color);
    let exit = match cli.command {
        Command::Plan(args) => block_on(terminal, plan::run(args, terminal)),
        Command::Apply(args) => block_on(terminal, apply::run(args, terminal)),
        Command::Check(args) => block_on(terminal, check::run(args, terminal)),
        Command::Validate(args) => validate::run(args, terminal),

        Command::Fmt(args) => fmt::run(args, terminal),
        Command::Show(args) => show::run(args, terminal),
        Command::Graph(args) => graph::run(args, terminal),
        Command::Permissions(args) => block_on(terminal, permissions::run(args, terminal)),
        Command::Schema(args) => schema::run(args, terminal),
        Command::Completions(args) => completions::run(args, terminal),
        Command::Sandbox(args) => match sandbox::run(args) {
            Ok(code) => return code,
            Err(diagnostic) => failed(terminal, *diagnostic),
        },
    };
    exit.code()
}

fn block_on(terminal: Terminal, command: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => failed(
            terminal,
            Diagnostic::error(code::INTERNAL, format!("the runtime does not start: {error}.")),
        ),
    }
}

/// Prints one diagnostic that points to no text, and ends with an error.
fn failed(terminal: Terminal, diagnostic: Diagnostic) -> Exit {
    terminal.diagnose(&Diagnostics::from(diagnostic), &Sources::new());
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
