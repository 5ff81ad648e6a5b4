//! `backstay validate`: the configuration without the cloud.

use super::opening;
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::diag::{Exit, render};
use clap::Args;
use serde_json::json;

/// Check the configuration without the cloud
#[derive(Debug, Args)]
#[command(after_help = "Example: backstay validate -json posture/")]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: ValidateArgs, terminal: Terminal) -> Exit {
    let (posture, diagnostics, sources) = opening::validate(&args.posture);
    let errors = diagnostics.has_errors();
    if args.json {
        let said: Vec<_> = diagnostics.iter().map(|d| render::json(d, &sources)).collect();
        let text = json!({
            "format_version": "1.0",
            "valid": !errors,
            "error_count": said.iter().filter(|d| d.severity == "error").count(),
            "warning_count": said.iter().filter(|d| d.severity == "warning").count(),
            "diagnostics": said,
        });
        terminal.print(&format!("{text:#}\n"));
    } else {
        terminal.diagnose(&diagnostics, &sources);
        if !errors {
            let n = posture.map_or(0, |p| p.desired.len());
            terminal.print(&format!("Success! The posture is valid ({n} resources).\n"));
        }
    }
    if errors { Exit::Error } else { Exit::Clean }
}
