//! `backstay completions`: completion scripts.

use crate::terminal::Terminal;
use backstay::diag::Exit;
use clap::{Args, Command};
use clap_complete::Shell;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example: backstay completions bash > /etc/bash_completion.d/backstay")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: CompletionsArgs, mut grammar: Command, terminal: Terminal) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut grammar, "backstay", &mut script);
    terminal.print(&String::from_utf8_lossy(&script));
    Exit::Clean
}
