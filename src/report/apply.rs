//! How an apply ended.

use super::{Style, escape};
use crate::apply::{Outcome, StepResult};
use crate::plan::Plan;
use owo_colors::OwoColorize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What was done and what was not, then one line that says the same as the exit code.
pub fn summary(plan: &Plan, outcome: &Outcome, style: Style) -> String {
    let mut out = String::new();
    let whole = outcome.done() == outcome.results.len();
    if !whole {
        let _ = writeln!(out, "\nDone:");
        list(
            &mut out,
            plan,
            outcome,
            |r| matches!(r, StepResult::Done),
            "nothing",
        );
        let _ = writeln!(
            out,
            "Failed (whether the last write took effect is shown by the next plan):"
        );
        list(
            &mut out,
            plan,
            outcome,
            |r| matches!(r, StepResult::Failed(_)),
            "nothing",
        );
        let _ = writeln!(out, "Not run:");
        list(
            &mut out,
            plan,
            outcome,
            |r| matches!(r, StepResult::Skipped(_) | StepResult::NotStarted),
            "nothing",
        );
        out.push('\n');
    }
    let counts = plan.summary();
    let line = if whole {
        format!(
            "Apply complete! Resources: {} added, {} changed, {} destroyed, {} released.",
            counts.add, counts.change, counts.remove, counts.release
        )
    } else {
        format!(
            "Apply {}: {} of {} steps done, {} failed, {} not run. Run the same command again to go on.",
            if outcome.interrupted {
                "interrupted"
            } else {
                "incomplete"
            },
            outcome.done(),
            outcome.results.len(),
            outcome.failed(),
            outcome.not_run(),
        )
    };
    let line = match (style.color, whole) {
        (true, true) => line.green().to_string(),
        (true, false) => line.red().to_string(),
        (false, _) => line,
    };
    let _ = writeln!(out, "\n{line}");
    if whole && !plan.outputs.is_empty() {
        out.push_str("\nOutputs:\n\n");
        for (name, value) in &plan.outputs {
            let shown = match value {
                serde_json::Value::String(text) => escape::quoted(text),
                other => escape::line(&other.to_string()),
            };
            let _ = writeln!(out, "{name} = {shown}");
        }
    }
    out
}

fn list(out: &mut String, plan: &Plan, outcome: &Outcome, keep: impl Fn(&StepResult) -> bool, none: &str) {
    let mut by_address: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (step, _) in plan.steps.iter().zip(&outcome.results).filter(|(_, r)| keep(r)) {
        by_address
            .entry(step.address.to_string())
            .or_default()
            .push(&step.what);
    }
    if by_address.is_empty() {
        let _ = writeln!(out, "  {none}");
    }
    for (address, what) in by_address {
        let _ = writeln!(
            out,
            "  {}: {}",
            escape::line(&address),
            escape::line(&what.join(", "))
        );
    }
}
