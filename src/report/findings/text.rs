//! For a terminal: by resource, failing first, the summary last.

use super::group::{Group, by_resource};
use crate::check::{Assessment, Finding, Outcome, Severity, Status};
use crate::report::Style;
use crate::report::escape;
use crate::report::wrap::wrap;
use owo_colors::{OwoColorize, Style as Paint};

/// Columns before the text of a finding: two blanks, the widest status, two blanks.
const INDENT: usize = 11;

/// The whole report.
pub fn text(assessment: &Assessment, style: Style) -> String {
    let painter = Painter(style.color);
    let mut out = String::new();
    for group in by_resource(assessment) {
        heading(&mut out, &group, painter);
        for (n, finding) in group.open.iter().enumerate() {
            head(&mut out, finding, painter);
            // What one missing fact leaves open is said once, under the last of its controls.
            if !group
                .open
                .get(n + 1)
                .is_some_and(|next| same_details(finding, next))
            {
                details(&mut out, finding, style, painter);
            }
        }
        if !group.passed.is_empty() {
            let noun = if group.passed.len() == 1 {
                "control"
            } else {
                "controls"
            };
            line(
                &mut out,
                &label("pass", painter.status(Status::Pass)),
                &format!("{} {noun}", group.passed.len()),
            );
        }
        out.push('\n');
    }
    let summary = &assessment.summary;
    out.push_str(&summary.line().style(painter.outcome(summary.outcome)).to_string());
    out.push('\n');
    out
}

fn heading(out: &mut String, group: &Group<'_>, painter: Painter) {
    let address = escape::line(&group.address.to_string());
    out.push_str(&address.style(painter.bold()).to_string());
    let scope = group.scope.map(ToString::to_string);
    let location = group
        .location
        .map(|l| format!("{}:{}:{}", l.file, l.line, l.column));
    for more in [scope, location].into_iter().flatten() {
        out.push_str("  ");
        out.push_str(&escape::line(&more).style(painter.dim()).to_string());
    }
    out.push('\n');
}

fn same_details(a: &Finding, b: &Finding) -> bool {
    a.status == b.status
        && a.message == b.message
        && a.evidence.facts == b.evidence.facts
        && a.remedy == b.remedy
        && a.exemption == b.exemption
}

fn head(out: &mut String, finding: &Finding, painter: Painter) {
    let (word, paint) = (word(finding.status), painter.status(finding.status));
    let head = format!(
        "{:<14}  {}  {}",
        escape::line(&finding.id),
        format_args!("{:<8}", finding.severity).style(painter.severity(finding.severity)),
        escape::line(&finding.title)
    );
    line(out, &label(word, paint), &head);
}

fn details(out: &mut String, finding: &Finding, style: Style, painter: Painter) {
    let width = style.width.saturating_sub(INDENT).max(20);
    let mut block = |lead: &str, text: &str, paint: Paint| {
        for (n, part) in wrap(
            &escape::line(&escape::shortened(text)),
            width.saturating_sub(lead.len()),
        )
        .iter()
        .enumerate()
        {
            let lead = if n == 0 {
                lead.to_owned()
            } else {
                " ".repeat(lead.len())
            };
            out.push_str(&" ".repeat(INDENT));
            out.push_str(&format!("{lead}{part}").style(paint).to_string());
            out.push('\n');
        }
    };
    block("", &finding.message, Paint::new());
    for fact in &finding.evidence.facts {
        block("- ", fact, painter.dim());
    }
    match &finding.exemption {
        Some(by) => block(
            "",
            &format!("Accepted by {} until {}: {}", by.owner, by.expires, by.reason),
            Paint::new(),
        ),
        None => block("> ", &finding.remedy, Paint::new()),
    }
}

fn line(out: &mut String, label: &str, text: &str) {
    out.push_str("  ");
    out.push_str(label);
    out.push_str("  ");
    out.push_str(text);
    out.push('\n');
}

fn label(word: &str, paint: Paint) -> String {
    format_args!("{word:<7}").style(paint).to_string()
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Fail => "FAIL",
        Status::Unknown => "UNKNOWN",
        Status::CannotBeMet => "CANNOT",
        Status::Exempt => "exempt",
        Status::Pass => "pass",
    }
}

/// Colours, or none when they were not asked for.
#[derive(Clone, Copy)]
struct Painter(bool);

impl Painter {
    fn paint(self, paint: Paint) -> Paint {
        if self.0 { paint } else { Paint::new() }
    }

    fn bold(self) -> Paint {
        self.paint(Paint::new().bold())
    }

    fn dim(self) -> Paint {
        self.paint(Paint::new().dimmed())
    }

    fn status(self, status: Status) -> Paint {
        self.paint(match status {
            Status::Fail => Paint::new().red().bold(),
            Status::Unknown => Paint::new().yellow().bold(),
            Status::CannotBeMet => Paint::new().magenta().bold(),
            Status::Exempt => Paint::new().blue(),
            Status::Pass => Paint::new().green(),
        })
    }

    fn severity(self, severity: Severity) -> Paint {
        self.paint(match severity {
            Severity::Critical => Paint::new().red().bold(),
            Severity::High => Paint::new().red(),
            Severity::Medium => Paint::new().yellow(),
            Severity::Low => Paint::new().dimmed(),
        })
    }

    fn outcome(self, outcome: Outcome) -> Paint {
        self.paint(match outcome {
            Outcome::Clean => Paint::new().green().bold(),
            Outcome::Unknown | Outcome::Drifted => Paint::new().yellow().bold(),
            Outcome::Failed => Paint::new().red().bold(),
        })
    }
}
