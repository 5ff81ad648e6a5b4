//! `backstay schema`: JSON Schemas of what backstay prints.

use crate::terminal::Terminal;
use backstay::diag::Exit;
use backstay::{check, report};
use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Each line of `plan -json`
    Plan,
    /// The output of `check -format json`
    Check,
    /// The output of `prove -json`
    Prove,
}

/// Print a JSON Schema
#[derive(Debug, Args)]
#[command(after_help = "Example: backstay schema plan > plan.schema.json")]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum)]
    what: What,
}

pub(crate) fn run(args: SchemaArgs, terminal: Terminal) -> Exit {
    let schema = match args.what {
        What::Plan => report::plan::json::schema(),
        What::Check => check::schema(),
        What::Prove => report::proof::schema(),
    };
    terminal.print(&format!("{:#}\n", schema.as_value()));
    Exit::Clean
}
