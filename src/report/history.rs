//! Records of applies: a list, one in full, and both as JSON Lines.

use super::{Style, escape};
use crate::evidence::history::{Became, Record};
use crate::evidence::record::{self, Line, StepVerdict, Verdict, text};
use crate::model::Action;
use jiff::Timestamp;
use owo_colors::OwoColorize;
use std::fmt::Write;

/// One line for each apply.
pub fn list(records: &[Record], older: usize, style: Style) -> String {
    let mut out = String::new();
    if records.is_empty() {
        out.push_str("No apply has left a record here.\n");
    }
    for record in records {
        let intent = &record.intent;
        let _ = writeln!(
            out,
            "{}  {}  {}  {}  {}",
            time(intent.at),
            escape::line(&intent.id),
            result(record, style),
            escape::line(&format!("{}@{}", intent.by.user, intent.by.host)),
            counts(record),
        );
    }
    if older > 0 {
        let _ = writeln!(out, "({older} older)");
    }
    out
}

/// One apply in full.
pub fn one(record: &Record, style: Style) -> String {
    let intent = &record.intent;
    let mut out = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<10} {}", escape::line(value));
    };
    row("apply", &intent.id);
    row("began", &time(intent.at));
    if let Some(ended) = &record.ended {
        row("ended", &time(ended.at));
    }
    let by = &intent.by;
    row("by", &format!("{}@{} (process {})", by.user, by.host, by.pid));
    for (account, caller) in &intent.callers {
        row("as", &format!("{caller} in account \"{account}\""));
    }
    row("command", &by.command);
    row("plan", &format!("sha256:{}", intent.plan));
    for approval in &intent.approvals {
        let what = approval
            .what
            .as_ref()
            .map_or_else(String::new, |w| format!(" {w}"));
        let by = approval
            .by
            .as_ref()
            .map_or_else(String::new, |b| format!(" by {b}"));
        row("approved", &format!("{}{what}{by}", approval.how));
    }
    if let Some(in_force) = &intent.policies.in_force {
        row("policy", &format!("sha256:{} was in force", in_force.digest));
    }
    if let Some(policy) = &record.policy {
        row("policy", &format!("sha256:{} came into force", policy.digest));
    }
    let _ = writeln!(out, "{:<10} {}", "result", result(record, style));
    if let Some(path) = &record.apart {
        let _ = writeln!(out, "{:<10} {}", "kept in", escape::line(path));
    }
    for change in &record.changes {
        let _ = writeln!(
            out,
            "\n{} ({:?}): {}",
            escape::line(&change.address.to_string()),
            change.action,
            became(record.became(&change.address))
        );
        for attribute in &change.attributes {
            let _ = writeln!(
                out,
                "    {}: {} -> {}",
                escape::line(&attribute.path),
                escape::line(&attribute.before.to_string()),
                escape::line(&attribute.after.to_string())
            );
        }
        for step in record.steps.iter().filter(|s| s.address == change.address) {
            let result = match step.result {
                StepVerdict::Done => "done",
                StepVerdict::Failed => "failed",
                StepVerdict::NotKnown => "not known",
                StepVerdict::Skipped => "skipped",
                StepVerdict::NotRun => "not run",
            };
            let error = step.error.as_ref().map_or_else(String::new, |e| format!(": {e}"));
            let _ = writeln!(
                out,
                "    {result}: {}",
                escape::line(&format!("{}{error}", step.what))
            );
        }
    }
    out
}

/// The first line of what a program reads.
pub fn version() -> String {
    text([record::version()]).unwrap_or_default()
}

/// The same lines as in the store, newest apply first, without their versions.
///
/// # Errors
/// When something in them is no JSON, which would be a defect.
pub fn json(records: Vec<Record>) -> Result<String, serde_json::Error> {
    text(records.into_iter().flat_map(|record| {
        std::iter::once(Line::Intent(Box::new(record.intent)))
            .chain(record.changes.into_iter().map(|c| Line::Change(Box::new(c))))
            .chain(record.ended.map(Line::Result))
            .chain(record.steps.into_iter().map(Line::Step))
            .chain(record.policy.map(|p| Line::Policy(Box::new(p))))
            .collect::<Vec<_>>()
    }))
    .map(|lines| escape::json(&lines))
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn result(record: &Record, style: Style) -> String {
    let (text, good) = match &record.ended {
        None => ("unfinished (killed, or still running)".to_owned(), false),
        Some(ended) => {
            let of = format!("{} of {} steps", ended.done, record.intent.steps);
            match ended.result {
                Verdict::Done => ("done".to_owned(), true),
                Verdict::Partial => (format!("in part: {of}"), false),
                Verdict::Failed => ("failed: nothing was changed".to_owned(), false),
                Verdict::Interrupted => (format!("interrupted: {of}"), false),
                Verdict::LockLost => (format!("lock lost: {of}"), false),
            }
        }
    };
    let text = match record.apart {
        Some(_) => format!("{text} (on record on this machine alone)"),
        None => text,
    };
    match (style.color, good) {
        (true, true) => text.green().to_string(),
        (true, false) => text.red().to_string(),
        (false, _) => text,
    }
}

fn became(became: Became) -> &'static str {
    match became {
        Became::Done => "done",
        Became::NotDone => "not done",
        Became::NotKnown => "in part or not known",
    }
}

/// What became of the resources; of an apply without an end, what it was about to do.
fn counts(record: &Record) -> String {
    let planned = &record.intent.counts;
    if record.ended.is_none() {
        return format!(
            "planned: {} to add, {} to change, {} to destroy, {} to release",
            planned.add, planned.change, planned.remove, planned.release
        );
    }
    let of = |became: Became| {
        let is = move |c: &&record::Change| record.became(&c.address) == became;
        record.changes.iter().filter(is)
    };
    let done = |action: Action| of(Became::Done).filter(|c| c.action == action).count();
    let mut said = format!(
        "{} added, {} changed, {} destroyed, {} released",
        done(Action::Create),
        done(Action::Update),
        done(Action::Remove),
        done(Action::Release)
    );
    for left in [Became::NotKnown, Became::NotDone] {
        let count = of(left).count();
        if count > 0 {
            let _ = write!(said, ", {count} {}", became(left));
        }
    }
    said
}
