//! What an apply tells while it runs, and what it says at the end.

use crate::aws::AwsError;
use crate::diag::Exit;
use crate::plan::StepId;
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
    /// It failed. Whether it took effect is unknown when there was no answer.
    Failed(AwsError),
    /// It was not run because this step did not succeed.
    Skipped(StepId),
    /// It was not run because the apply was interrupted.
    NotStarted,
}

/// How an apply ended: one value that decides both the exit code and the summary.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// By step.
    pub results: Vec<StepResult>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

impl Outcome {
    /// Steps that took effect.
    pub fn done(&self) -> usize {
        self.count(|r| matches!(r, StepResult::Done))
    }

    /// Steps that failed.
    pub fn failed(&self) -> usize {
        self.count(|r| matches!(r, StepResult::Failed(_)))
    }

    /// Steps that were not run.
    pub fn not_run(&self) -> usize {
        self.results.len() - self.done() - self.failed()
    }

    fn count(&self, keep: impl Fn(&StepResult) -> bool) -> usize {
        self.results.iter().filter(|r| keep(r)).count()
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        if self.done() == self.results.len() {
            Exit::Clean
        } else if self.interrupted {
            Exit::Interrupted
        } else if self.done() == 0 {
            Exit::Error
        } else {
            Exit::Partial
        }
    }
}
