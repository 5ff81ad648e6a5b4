//! The findings counted: one value that decides the exit code and the last line.

use super::finding::Finding;
use super::rule::{Severity, Status};
use super::rules::run;
use crate::diag::Exit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What follows from the findings as a whole.
///
/// When several hold, the one that says least about the estate wins. Unknown comes first: a check
/// that could not see everything is no verdict, and a script that files exit code 3 as known
/// failures must not swallow it. A failed control comes before drift, because an apply cures
/// drift and often nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything passes or is exempt. Exit code 0.
    Clean,
    /// Something could not be read. Exit code 1.
    Unknown,
    /// A control fails or cannot be met. Exit code 3.
    Failed,
    /// Nothing but drift: an apply would settle it. Exit code 2.
    Drifted,
}

/// The findings counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// What follows; decides the exit code.
    pub outcome: Outcome,
    /// Resources that were judged.
    pub resources: usize,
    /// Controls that hold.
    pub pass: usize,
    /// Controls that fail, drift aside.
    pub fail: usize,
    /// Settings and resources that differ from what is declared.
    pub drift: usize,
    /// What could not be judged.
    pub unknown: usize,
    /// What nothing can meet.
    pub cannot_be_met: usize,
    /// Failures that somebody accepts.
    pub exempt: usize,
    /// Failures that are milder than what was asked to fail the check: shown, but without effect.
    pub tolerated: usize,
}

impl Summary {
    /// Counts; failures below `fail_on` are tolerated.
    pub(super) fn of(findings: &[Finding], fail_on: Severity) -> Self {
        let mut summary = Self {
            outcome: Outcome::Clean,
            resources: findings
                .iter()
                .map(|f| &f.address)
                .filter(|a| a.kind != "exempt")
                .collect::<BTreeSet<_>>()
                .len(),
            pass: 0,
            fail: 0,
            drift: 0,
            unknown: 0,
            cannot_be_met: 0,
            exempt: 0,
            tolerated: 0,
        };
        let mut decides = BTreeSet::new();
        for finding in findings {
            match finding.status {
                Status::Pass => summary.pass += 1,
                Status::Exempt => summary.exempt += 1,
                Status::Unknown => summary.unknown += 1,
                Status::CannotBeMet => summary.cannot_be_met += 1,
                Status::Fail if run::is_drift(&finding.id) => summary.drift += 1,
                Status::Fail => summary.fail += 1,
            }
            let drift = run::is_drift(&finding.id) && finding.status == Status::Fail;
            match finding.status {
                Status::Pass | Status::Exempt => {}
                Status::Unknown => {
                    decides.insert(Exit::Error);
                }
                // Drift is what `plan` would show, so no threshold hides it.
                Status::Fail if drift => {
                    decides.insert(Exit::Pending);
                }
                Status::Fail | Status::CannotBeMet if finding.severity < fail_on => summary.tolerated += 1,
                Status::Fail | Status::CannotBeMet => {
                    decides.insert(Exit::CheckFailed);
                }
            }
        }
        summary.outcome = if decides.contains(&Exit::Error) {
            Outcome::Unknown
        } else if decides.contains(&Exit::CheckFailed) {
            Outcome::Failed
        } else if decides.contains(&Exit::Pending) {
            Outcome::Drifted
        } else {
            Outcome::Clean
        };
        summary
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self.outcome {
            Outcome::Clean => Exit::Clean,
            Outcome::Unknown => Exit::Error,
            Outcome::Failed => Exit::CheckFailed,
            Outcome::Drifted => Exit::Pending,
        }
    }

    /// The last line of a report.
    pub fn line(&self) -> String {
        let opening = match self.outcome {
            Outcome::Clean => "Check passed",
            Outcome::Unknown => "Check incomplete",
            Outcome::Failed => "Check failed",
            Outcome::Drifted => "Drift found",
        };
        let mut parts = vec![
            format!("{} failed", self.fail.saturating_sub(self.tolerated)),
            format!("{} drifted", self.drift),
            format!("{} unknown", self.unknown),
        ];
        if self.cannot_be_met > 0 {
            parts.push(format!("{} cannot be met", self.cannot_be_met));
        }
        if self.exempt > 0 {
            parts.push(format!("{} exempt", self.exempt));
        }
        parts.push(format!("{} passed", self.pass));
        let noun = if self.resources == 1 {
            "resource"
        } else {
            "resources"
        };
        let tolerated = match self.tolerated {
            0 => String::new(),
            1 => " 1 milder failure does not count.".to_owned(),
            n => format!(" {n} milder failures do not count."),
        };
        format!(
            "{opening}: {} on {} {noun}.{tolerated}",
            parts.join(", "),
            self.resources
        )
    }
}
