//! How an apply ended.

pub mod json;

use super::{Style, escape};
use crate::apply::{Outcome, StepResult, Verdict};
use crate::plan::Plan;
use owo_colors::OwoColorize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is left when every step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// The policy that the posture declares could not be put in force.
    Policy,
    /// The lock was lost meanwhile, so that somebody else may have written at the same time.
    Lock,
}

/// What was done, what was not and what is not known, then one line that says the same as the exit code.
pub fn summary(plan: &Plan, outcome: &Outcome, left: Left, style: Style) -> String {
    let mut out = String::new();
    let whole = outcome.is_whole() && left == Left::Nothing;
    if !outcome.is_whole() {
        let _ = writeln!(out, "\nDone:");
        list(&mut out, plan, outcome, Verdict::Done);
        let _ = writeln!(
            out,
            "Not known (a write may have taken effect; the next plan shows it):"
        );
        list(&mut out, plan, outcome, Verdict::NotKnown);
        let _ = writeln!(out, "Not done:");
        list(&mut out, plan, outcome, Verdict::NotDone);
        out.push('\n');
    }
    let counts = plan.summary();
    let line = if whole {
        format!(
            "Apply complete! Resources: {} added, {} changed, {} destroyed, {} released.",
            counts.add, counts.change, counts.remove, counts.release
        )
    } else if outcome.is_whole() {
        format!(
            "Apply incomplete: all {} steps done, but {}. Run the same command again to go on.",
            outcome.results.len(),
            match left {
                Left::Lock => "the lock was lost meanwhile",
                Left::Policy | Left::Nothing => "the policy of the posture is not in force",
            }
        )
    } else {
        format!(
            "Apply {}: {} of {} steps done, {} not known, {} not done. Run the same command again to go on.",
            if outcome.interrupted {
                "interrupted"
            } else {
                "incomplete"
            },
            outcome.done(),
            outcome.results.len(),
            outcome.count(Verdict::NotKnown),
            outcome.count(Verdict::NotDone),
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

fn list(out: &mut String, plan: &Plan, outcome: &Outcome, wanted: Verdict) {
    let mut by_address: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let steps = plan.steps.iter().zip(&outcome.results).zip(outcome.verdicts());
    for ((step, result), _) in steps.filter(|(_, verdict)| *verdict == wanted) {
        let what = match (wanted, result) {
            (Verdict::NotDone, StepResult::Failed(_)) => format!("{} (failed)", step.what),
            _ => step.what.clone(),
        };
        by_address.entry(step.address.to_string()).or_default().push(what);
    }
    if by_address.is_empty() {
        let _ = writeln!(out, "  nothing");
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
