//! `backstay plan`: what differs from the live cloud.

use super::opening::{self, Source};
use super::{failed, write_file};
use crate::options::{PostureArgs, SelectionArgs};
use crate::terminal::Terminal;
use backstay::diag::Exit;
use backstay::model::Duration;
use backstay::plan::{self, Validity};
use backstay::report;
use clap::Args;
use std::path::PathBuf;

/// Show what differs from the live cloud; changes nothing
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay plan\n  \
    backstay plan -var env=prod -out tonight.plan\n  \
    backstay plan -detailed-exitcode            0 clean, 1 error, 2 changes pending\n  \
    backstay plan -target s3_bucket.uploads -json")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    posture: PostureArgs,

    #[command(flatten)]
    selection: SelectionArgs,

    /// Write the plan to a file that `apply` runs
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// How long the saved plan may be applied
    #[arg(long, default_value = "24h", value_name = "DURATION", requires = "out", value_parser = some_time)]
    valid_for: Duration,

    /// Print JSON, one object a line (schemas/plan.schema.json)
    #[arg(long)]
    json: bool,

    /// End with 2 when changes are pending, and with 1 when something could not be looked for
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    source: Source,
}

/// A plan that is older shows nothing that anybody has looked at lately.
const LONGEST: Duration = Duration::from_days(366);

fn some_time(text: &str) -> Result<Duration, String> {
    let length: Duration = text.parse().map_err(|e| format!("{e}"))?;
    if length.as_secs() == 0 {
        return Err("a plan that is never valid cannot be applied; write a duration such as 8h".to_owned());
    }
    if length > LONGEST {
        return Err("a plan may be kept for a year at most; write a duration such as 8h".to_owned());
    }
    Ok(length)
}

pub(crate) async fn run(args: PlanArgs, terminal: Terminal) -> Exit {
    let terminal = terminal.json_lines(args.json);
    if args.json {
        terminal.print(&report::plan::json::text(&[report::plan::json::version()]));
    }
    let made = opening::plan(&args.posture, &args.selection, &args.source, terminal).await;
    let Some(mut made) = made else {
        return Exit::Error;
    };
    terminal.diagnose(&made.diagnostics, &made.sources);
    terminal.print(&match args.json {
        true => report::plan::json::text(&report::plan::json::lines(&made.plan)),
        false => report::plan::text::plan(&made.plan, terminal.style()),
    });
    if made.diagnostics.has_errors() {
        return Exit::Error;
    }
    if let Some(file) = &args.out {
        made.plan.validity = Some(Validity::starting(jiff::Timestamp::now(), args.valid_for));
        let written = plan::store(&made.plan).and_then(|text| write_file(file, &text));
        if let Err(diagnostic) = written {
            return failed(terminal, diagnostic);
        }
        if !args.json {
            let folder = match args.posture.dir.as_os_str() == "." {
                true => String::new(),
                false => format!("-posture {} ", args.posture.dir.display()),
            };
            terminal.print(&format!(
                "\nSaved to {0}. To run exactly this plan: backstay apply {folder}{0}\n",
                file.display()
            ));
        }
    }
    let summary = made.plan.summary();
    match args.detailed_exitcode {
        true if summary.is_incomplete() => Exit::Error,
        true if summary.differs() => Exit::Pending,
        _ => Exit::Clean,
    }
}
