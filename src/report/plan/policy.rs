//! The policy of approvals in a plan: what of it changes, and what the plan needs because of it.

use super::text::{one, paint};
use crate::model::approval::Danger;
use crate::model::{Action, Direction};
use crate::plan::policy::{Demand, Source};
use crate::plan::{Plan, Policies};
use crate::report::{Style, escape};
use owo_colors::AnsiColors;
use std::fmt::Write;

/// What changes, as if it were a resource.
pub(super) fn changes(out: &mut String, plan: &Plan, style: Style) {
    let changes = plan.policies.changes();
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(out, "  # {} will be put in force at the end", Policies::address());
    if changes.iter().any(|c| c.direction == Direction::Weakens) {
        let _ = writeln!(
            out,
            "  # (until then everything is held against the one in force, too)"
        );
    }
    let _ = writeln!(out, "  {} policy {{", paint("~", AnsiColors::Yellow, style));
    let width = changes.iter().map(|c| c.path.chars().count()).max().unwrap_or(0);
    for change in &changes {
        one(out, change, Action::Update, width, style);
    }
    out.push_str("    }\n\n");
}

/// What the plan needs, one line for each rule.
pub(super) fn demands(out: &mut String, plan: &Plan, style: Style) {
    for demand in plan.demands() {
        for line in approvals(&demand).into_iter().chain(window(&demand)) {
            let _ = writeln!(out, "{}", paint(&escape::line(&line), AnsiColors::Magenta, style));
        }
    }
}

fn about(demand: &Demand<'_>) -> String {
    let what = match demand.danger {
        Danger::Weaken => "What weakens protection",
        Danger::Irreversible => "What can never be undone",
        Danger::Disruptive => "What interrupts something",
    };
    let whose = match demand.source {
        Source::InForce => "by the policy in force",
        Source::Declared => "by the declared policy",
    };
    format!("{what} needs, {whose},")
}

fn approvals(demand: &Demand<'_>) -> Vec<String> {
    let rule = demand.rule;
    let first = match rule.approvals {
        0 => return Vec::new(),
        1 => format!("{} 1 approval, by one of:", about(demand)),
        many => format!("{} {many} approvals, by different ones of:", about(demand)),
    };
    let keys = rule.from.iter().map(|key| format!("    {}", key.shown()));
    std::iter::once(first).chain(keys).collect()
}

fn window(demand: &Demand<'_>) -> Option<String> {
    let rule = demand.rule;
    (!rule.window.is_always()).then(|| format!("{} the window {}.", about(demand), rule.window))
}
