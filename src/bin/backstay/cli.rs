//! The command line's grammar and help.

use crate::commands;
use crate::terminal::Color;
use clap::{Parser, Subcommand};

/// Plan, apply and check how an estate's data can be brought back
///
/// Write in HCL how each store must be protected; backstay compares it with the live
/// cloud (there is no state file), shows what differs, and changes it.
#[derive(Debug, Parser)]
#[command(
    name = "backstay",
    version,
    max_term_width = 100,
    after_help = "Examples:\n  \
        backstay plan                       what differs from the live cloud\n  \
        backstay apply                      change it, after asking\n  \
        backstay plan -detailed-exitcode    0 clean, 2 drift: for CI\n  \
        backstay check -format sarif        drift and controls, read-only\n  \
        backstay sandbox -- plan examples/saas   try it without an account\n\n\
        Exit codes: 0 clean or done, 1 error, 2 changes pending, 3 check failed,\n\
        4 applied in part, 130 interrupted. Options may be written with one dash or two."
)]
pub(crate) struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what differs from the live cloud; changes nothing
    Plan(commands::plan::PlanArgs),
    /// Make the live cloud as declared, after asking
    Apply(commands::apply::ApplyArgs),
    /// Approve a saved plan, by signing it with an SSH key
    Approve(commands::approve::ApproveArgs),
    /// List what applies have done, newest first
    History(commands::history::HistoryArgs),
    /// Break the lock that another apply has left behind
    Unlock(commands::unlock::UnlockArgs),
    /// Check drift and controls with read-only credentials
    Check(commands::check::CheckArgs),
    /// Show what survives which disaster, from the live cloud
    Prove(commands::prove::ProveArgs),
    /// Check the configuration without the cloud
    Validate(commands::validate::ValidateArgs),
    /// Write configuration files in the canonical style
    Fmt(commands::fmt::FmtArgs),
    /// Show the evaluated posture, or a saved plan
    Show(commands::show::ShowArgs),
    /// Evaluate expressions in the posture's context
    Console(commands::console::ConsoleArgs),
    /// Serve an editor: the language server on standard input and output
    Lsp(commands::lsp::LspArgs),
    /// Draw what depends on what
    Graph(commands::graph::GraphArgs),
    /// Print the least IAM policy that this posture needs
    Permissions(commands::permissions::PermissionsArgs),
    /// Print a JSON Schema or the reference of the language
    Schema(commands::schema::SchemaArgs),
    /// Run on a local AWS emulator
    Sandbox(commands::sandbox::SandboxArgs),
    /// Print a completion script for a shell
    Completions(commands::completions::CompletionsArgs),
}
