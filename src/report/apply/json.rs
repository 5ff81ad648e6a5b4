//! An apply as a stream of JSON objects, one a line, described in `schemas/apply.schema.json`.

use crate::apply::{Outcome, StepResult, Verdict};
use crate::aws::Attempts;
use crate::diag::{escape, render};
use crate::model::Address;
use crate::plan::{Plan, Summary};
use crate::report::plan::json::{self as planned, Attribute, Change, Demand};
use serde::Serialize;

/// The version of the stream; raised when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// One line of the stream. The first is always a version, and the last of an apply that ran its summary.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// What follows, and who wrote it.
    Version {
        /// The version of the stream.
        format: u32,
        /// The program's version.
        backstay: String,
    },
    /// Something was wrong.
    Diagnostic {
        /// What.
        diagnostic: render::Json,
    },
    /// One resource that differs, before the first write.
    PlannedChange {
        /// What happens to it.
        change: Box<Change>,
    },
    /// What changes of the policy of approvals, which comes into force at the end.
    PolicyChange {
        /// What changes.
        attributes: Vec<Attribute>,
    },
    /// Approvals or a window that the plan needs; one for each rule.
    PolicyDemand {
        /// What.
        demand: Box<Demand>,
    },
    /// The counts of the plan, before the first write.
    ChangeSummary {
        /// The numbers.
        changes: Summary,
    },
    /// How one step ended, after the last write; one for each step, in the order of the plan.
    AppliedStep {
        /// The step.
        step: Step,
    },
    /// How the apply ended, once, last.
    ApplySummary {
        /// The numbers.
        summary: Totals,
    },
}

/// How one step ended.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Step {
    /// The resource it writes.
    pub address: Address,
    /// What it does, in a few words.
    pub what: String,
    /// What is known of its effect.
    pub verdict: Verdict,
    /// Why it is not done or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How often each operation was sent for it, the first time included.
    pub attempts: Attempts,
}

/// How the apply ended.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Totals {
    /// The exit code.
    pub exit: u8,
    /// Steps that took effect.
    pub done: usize,
    /// Steps that took no effect.
    pub not_done: usize,
    /// Steps that may have taken effect, in whole or in part.
    pub not_known: usize,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Requests that were sent in the whole run, reads and repetitions included.
    pub attempts: u32,
    /// The same by operation.
    pub attempts_by_operation: Attempts,
}

/// The first line of every stream.
pub fn version() -> Line {
    Line::Version {
        format: VERSION,
        backstay: env!("CARGO_PKG_VERSION").into(),
    }
}

/// What will be done.
pub fn before(plan: &Plan) -> Vec<Line> {
    planned::lines(plan)
        .into_iter()
        .filter_map(|line| match line {
            planned::Line::PlannedChange { change } => Some(Line::PlannedChange { change }),
            planned::Line::PolicyChange { attributes } => Some(Line::PolicyChange { attributes }),
            planned::Line::PolicyDemand { demand } => Some(Line::PolicyDemand { demand }),
            planned::Line::ChangeSummary { changes } => Some(Line::ChangeSummary { changes }),
            planned::Line::Version { .. } | planned::Line::Diagnostic { .. } => None,
        })
        .collect()
}

/// What was done. `attempts` are those of the whole run, `exit` is how the program ends.
pub fn after(plan: &Plan, outcome: &Outcome, attempts: Attempts, exit: u8) -> Vec<Line> {
    let results = outcome
        .results
        .iter()
        .zip(&outcome.traces)
        .zip(outcome.verdicts());
    let mut lines: Vec<Line> = plan
        .steps
        .iter()
        .zip(results)
        .map(|(step, ((result, trace), verdict))| Line::AppliedStep {
            step: Step {
                address: step.address.clone(),
                what: step.what.clone(),
                verdict,
                why: why(plan, result),
                attempts: trace.attempts.clone(),
            },
        })
        .collect();
    lines.push(Line::ApplySummary {
        summary: Totals {
            exit,
            done: outcome.done(),
            not_done: outcome.count(Verdict::NotDone),
            not_known: outcome.count(Verdict::NotKnown),
            interrupted: outcome.interrupted,
            attempts: attempts.values().sum(),
            attempts_by_operation: attempts,
        },
    });
    lines
}

fn why(plan: &Plan, result: &StepResult) -> Option<String> {
    match result {
        StepResult::Done => None,
        StepResult::Failed(error) => Some(error.to_string()),
        StepResult::Skipped(other) => Some(match plan.steps.get(*other) {
            Some(step) => format!("it needs \"{}: {}\"", step.address, step.what),
            None => "it needs a step that did not succeed".to_owned(),
        }),
        StepResult::NotStarted => Some("the apply was interrupted".to_owned()),
    }
}

/// The stream as text.
pub fn text(lines: &[Line]) -> String {
    lines
        .iter()
        .filter_map(|line| serde_json::to_string(line).ok())
        .map(|line| escape::json(&line) + "\n")
        .collect()
}

/// The schema of one line.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Line)
}
