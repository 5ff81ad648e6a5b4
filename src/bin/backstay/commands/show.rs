//! `backstay show`: the evaluated posture, or a saved plan.

use super::{failed, opening, read_file};
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::diag::Exit;
use backstay::{plan, report};
use clap::Args;

/// Show the evaluated posture, or a saved plan
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay show                 every resource with its address and settings\n  \
    backstay show tonight.plan    what a saved plan will do")]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: ShowArgs, terminal: Terminal) -> Exit {
    if args.posture.dir.is_file() {
        return match read_file(&args.posture.dir).and_then(|text| plan::load(&text)) {
            Err(diagnostic) => failed(terminal, diagnostic),
            Ok(plan) => {
                terminal.print(&if args.json {
                    let mut lines = vec![report::plan::json::version()];
                    lines.extend(report::plan::json::lines(&plan));
                    report::plan::json::text(&lines)
                } else {
                    report::plan::text::plan(&plan, terminal.style())
                });
                Exit::Clean
            }
        };
    }
    let Some(posture) = opening::offline(&args.posture, terminal) else {
        return Exit::Error;
    };
    terminal.print(&if args.json {
        report::posture::json(&posture.desired)
    } else {
        report::posture::text(&posture.desired, terminal.style())
    });
    Exit::Clean
}
