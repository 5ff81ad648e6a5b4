//! `backstay check`: drift and controls, read-only.

use super::failed;
use super::opening::{self, Source};
use crate::options::{PostureArgs, SelectionArgs};
use crate::terminal::Terminal;
use backstay::check::{self, Severity};
use backstay::diag::{self, Diagnostic, Exit, code};
use backstay::report::findings;
use clap::{Args, ValueEnum};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object (schemas/check.schema.json)
    Json,
    /// For code-scanning services
    Sarif,
    /// For test reports
    Junit,
    /// For comments on pull requests
    Markdown,
}

impl From<Format> for findings::Format {
    fn from(value: Format) -> Self {
        match value {
            Format::Text => findings::Format::Text,
            Format::Json => findings::Format::Json,
            Format::Sarif => findings::Format::Sarif,
            Format::Junit => findings::Format::Junit,
            Format::Markdown => findings::Format::Markdown,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Low,
    Medium,
    High,
    Critical,
}

impl From<FailOn> for Severity {
    fn from(value: FailOn) -> Self {
        match value {
            FailOn::Low => Severity::Low,
            FailOn::Medium => Severity::Medium,
            FailOn::High => Severity::High,
            FailOn::Critical => Severity::Critical,
        }
    }
}

/// Check drift and controls with read-only credentials
///
/// Whatever cannot be read is unknown, and an unknown is never clean.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay check\n  \
    backstay check -format sarif > backstay.sarif\n  \
    backstay check -fail-on high -framework 'SOC 2'\n\n\
    Exit codes: 0 clean, 1 something is unknown, 2 drift, 3 a control failed.")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    posture: PostureArgs,

    #[command(flatten)]
    selection: SelectionArgs,

    /// How to print the findings
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// The least severity that fails
    #[arg(long, value_enum, default_value = "medium", value_name = "SEVERITY")]
    fail_on: FailOn,

    /// Only controls that a framework asks for, by the start of its name
    #[arg(long, value_name = "NAME")]
    framework: Option<String>,

    #[command(flatten)]
    source: Source,
}

pub(crate) async fn run(args: CheckArgs, terminal: Terminal) -> Exit {
    let terminal = terminal.json_object(matches!(args.format, Format::Json));
    let today = match today() {
        Ok(today) => today,
        Err(diagnostic) => return failed(terminal, diagnostic),
    };
    let seen = opening::evidence(&args.posture, &args.selection, &args.source, terminal).await;
    let Some(seen) = seen else {
        return Exit::Error;
    };
    let assessment = check::assess(&check::Input {
        evidence: &seen.evidence,
        drift: &seen.drift,
        assertions: &seen.assertions,
        proof: seen.proof.as_ref(),
        exemptions: &seen.exemptions,
        today,
        fail_on: args.fail_on.into(),
        framework: args.framework.as_deref(),
    });
    // What a check block asserts is a finding here, and not said twice.
    let (_, about): (Vec<_>, Vec<_>) = seen
        .diagnostics
        .iter()
        .cloned()
        .partition(|d| d.code == code::CONDITION_FAILED && d.severity == diag::Severity::Warning);
    terminal.diagnose(&about.into_iter().collect(), &seen.sources);
    match findings::render(&assessment, args.format.into(), terminal.style()) {
        Ok(text) => terminal.print(&text),
        Err(why) => return failed(terminal, Diagnostic::error(code::INTERNAL, why.to_string())),
    }
    if seen.diagnostics.has_errors() {
        Exit::Error
    } else {
        assessment.summary.exit()
    }
}

/// The date that exemptions are held against. SOURCE_DATE_EPOCH makes reports repeatable.
fn today() -> Result<jiff::civil::Date, Diagnostic> {
    let now = match std::env::var("SOURCE_DATE_EPOCH") {
        Err(_) => jiff::Timestamp::now(),
        Ok(text) => i64::from_str(&text)
            .ok()
            .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
            .ok_or_else(|| {
                Diagnostic::error(
                    code::USAGE,
                    format!("SOURCE_DATE_EPOCH is \"{text}\", not a number of seconds."),
                )
            })?,
    };
    Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
}
