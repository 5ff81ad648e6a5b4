//! The command line: parses, calls the library, prints, exits. The only place that does.

mod arguments;
mod cli;
mod commands;
mod options;
mod terminal;

use crate::cli::{Cli, Command};
use crate::commands::{
    apply, approve, check, completions, console, failed, fmt, graph, history, lsp, permissions, plan, prove,
    sandbox, schema, show, unlock, validate,
};
use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Exit, code};
use backstay::syntax::on_deep_stack;
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = arguments::normalise(std::env::args_os());
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Clap's own code for wrong usage is 2, which here means that changes are pending.
            let code = u8::from(error.use_stderr());
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    // Evaluating hostile input recurses; the main thread's stack is not ours to choose. A panic has
    // printed its message; it is a defect, and nothing was decided.
    let ended = on_deep_stack(move || run(cli));
    ExitCode::from(ended.unwrap_or(1))
}

/// Runs a command and gives the process's exit code.
fn run(cli: Cli) -> u8 {
    let terminal = Terminal::new(cli.color);
    // What changes something ends as that went, whoever listens.
    let changes = matches!(
        cli.command,
        Command::Apply(_) | Command::Approve(_) | Command::Unlock(_)
    );
    let exit = match cli.command {
        Command::Plan(args) => block_on(terminal, plan::run(args, terminal)),
        Command::Apply(args) => block_on(terminal, apply::run(args, terminal)),
        Command::Approve(args) => block_on(terminal, approve::run(args, terminal)),
        Command::History(args) => block_on(terminal, history::run(args, terminal)),
        Command::Unlock(args) => block_on(terminal, unlock::run(args, terminal)),
        Command::Check(args) => block_on(terminal, check::run(args, terminal)),
        Command::Prove(args) => block_on(terminal, prove::run(args, terminal)),
        Command::Validate(args) => validate::run(args, terminal),
        Command::Fmt(args) => fmt::run(args, terminal),
        Command::Lsp(args) => lsp::run(args, terminal),
        Command::Console(args) => console::run(&args, terminal),
        Command::Show(args) => show::run(args, terminal),
        Command::Graph(args) => graph::run(args, terminal),
        Command::Permissions(args) => block_on(terminal, permissions::run(args, terminal)),
        Command::Schema(args) => schema::run(args, terminal),
        Command::Completions(args) => completions::run(args, Cli::command(), terminal),
        Command::Sandbox(args) => match sandbox::run(args) {
            Ok(code) => return code,
            Err(diagnostic) => failed(terminal, *diagnostic),
        },
    };
    match changes {
        true => exit.code(),
        false => terminal.reported(exit).code(),
    }
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
