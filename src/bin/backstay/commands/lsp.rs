//! `backstay lsp`: the language server on standard input and output.

use super::failed;
use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Exit, code};
use backstay::editor::{self, Ended};
use clap::Args;
use lsp_server::Connection;

/// Serve an editor: the language server on standard input and output
///
/// Editors start it themselves. It shows what is wrong while you type, completes blocks, arguments
/// and references, explains them with their units, finds declarations and formats. It never
/// reads the cloud.
#[derive(Debug, Args)]
#[command(after_help = "Set-up for VS Code, Neovim and Helix: docs/editors.md")]
pub(crate) struct LspArgs {
    /// Accepted because some editors insist on it; there is no other way
    #[arg(long)]
    stdio: bool,
}

pub(crate) fn run(args: LspArgs, terminal: Terminal) -> Exit {
    // The option says what is done in any case.
    let LspArgs { stdio: _ } = args;
    let (connection, threads) = Connection::stdio();
    let env = std::env::vars_os()
        .filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)))
        .filter(|(n, _)| n.starts_with("BACKSTAY_VAR_"))
        .collect();
    let ended = editor::serve(&connection, env);
    // The threads of the pipes end when nobody can send any more.
    drop(connection);
    let broken = |why: String| failed(terminal, Diagnostic::error(code::USAGE, why));
    match (ended, threads.join()) {
        (Err(why), _) => broken(format!("the editor does not keep to the protocol: {why}.")),
        (Ok(_), Err(why)) => broken(format!("standard input or output: {why}.")),
        (Ok(Ended::Properly), Ok(())) => Exit::Clean,
        (Ok(Ended::Abruptly), Ok(())) => Exit::Error,
    }
}
