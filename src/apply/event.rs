//! What an apply tells while it runs, and what it says at the end.

use crate::aws::{AwsError, Trace};
use crate::diag::Exit;
use crate::plan::{Plan, StepId};
use std::time::Duration;

/// Something happened. Reporters are sinks of these; the engine never prints.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step's write is on its way.
    Started(StepId),
    /// A step took effect.
    Done(StepId, Duration),
    /// A step failed; what depends on it will not run.
    Failed(StepId, &'a AwsError),
    /// A step was not run because one that it needs did not succeed.
    Skipped(StepId, StepId),
}

/// How one step ended.
#[derive(Debug, Clone)]
pub enum StepResult {
    /// It took effect.
    Done,
    /// It failed. [`Outcome::verdict`] says whether it can have taken effect all the same.
    Failed(AwsError),
    /// It was not run because this step did not succeed.
    Skipped(StepId),
    /// It was not run because the apply was interrupted.
    NotStarted,
}

/// What is known of a step's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It took effect.
    Done,
    /// It took no effect: nothing was sent, or every write was refused.
    NotDone,
    /// A write was carried out in part, or got no answer that says. The next plan shows it.
    NotKnown,
}

/// How an apply ended: one value that decides both the exit code and the summary.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// By step.
    pub results: Vec<StepResult>,
    /// By step: what was sent for it.
    pub traces: Vec<Trace>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

impl Outcome {
    /// Nothing was begun.
    pub fn none(plan: &Plan) -> Self {
        Self {
            results: vec![StepResult::NotStarted; plan.steps.len()],
            traces: vec![Trace::default(); plan.steps.len()],
            interrupted: false,
        }
    }

    /// What is known of each step's effect.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> + '_ {
        self.results.iter().enumerate().map(|(id, result)| match result {
            StepResult::Done => Verdict::Done,
            StepResult::Failed(_) if self.traces.get(id).is_none_or(|t| t.writes > 0) => Verdict::NotKnown,
            StepResult::Failed(_) | StepResult::Skipped(_) | StepResult::NotStarted => Verdict::NotDone,
        })
    }

    /// How many steps have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts().filter(|v| *v == verdict).count()
    }

    /// Steps that took effect.
    pub fn done(&self) -> usize {
        self.count(Verdict::Done)
    }

    /// Whether every step took effect.
    pub fn is_whole(&self) -> bool {
        self.done() == self.results.len()
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        if self.is_whole() {
            Exit::Clean
        } else if self.interrupted {
            Exit::Interrupted
        } else if self.count(Verdict::NotDone) == self.results.len() {
            // Said only when nothing can have changed.
            Exit::Error
        } else {
            Exit::Partial
        }
    }
}
