//! `backstay schema`: JSON Schemas of what backstay reads and prints.

use crate::terminal::Terminal;
use backstay::diag::Exit;
use backstay::{check, evidence, report};
use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// A posture in JSON syntax, `*.hcl.json`
    Language,
    /// Each line of `plan -json`
    Plan,
    /// The output of `check -format json`
    Check,
    /// The output of `prove -json`
    Prove,
    /// Each line of `apply -json`
    Apply,
    /// Each line of an apply's record
    Audit,
}

/// Print a JSON Schema
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay schema language > posture.schema.json\n  \
    backstay schema plan > plan.schema.json")]
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
        What::Apply => report::apply::json::schema(),
        What::Audit => evidence::record::schema(),
        What::Language => {
            terminal.print(&format!("{:#}\n", report::language::schema()));
            return Exit::Clean;
        }
    };
    terminal.print(&format!("{:#}\n", schema.as_value()));
    Exit::Clean
}
