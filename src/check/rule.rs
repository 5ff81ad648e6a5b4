//! What a control is, and how it says what it found.

use super::estate::{Estate, Subject};
use super::frameworks::{Aspect, requirements};
use crate::model::Unreadable;
use crate::model::fact::{Database, Evidence, Facts, Identity, KeyFacts, ObjectStore, Schedule, Vault};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a failed control puts at stake.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Advice: protection holds without it.
    Low,
    /// Protection is thinner than it looks.
    Medium,
    /// One plausible incident loses data.
    High,
    /// Data is lost by an everyday mistake, or anybody can destroy it.
    Critical,
}

impl Severity {
    /// From the worst down.
    pub const ALL: [Severity; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// As JSON and reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What came of judging a control on a resource.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The facts show that it fails.
    Fail,
    /// A fact that it rests on could not be read, so it may fail. Never counted as clean.
    Unknown,
    /// No change that backstay or the service can make meets it on what exists.
    CannotBeMet,
    /// It fails, and an exemption with an owner and an expiry accepts that.
    Exempt,
    /// The facts show that it holds.
    Pass,
}

impl Status {
    /// In the order in which reports show them, worst first.
    pub const ALL: [Status; 5] = [
        Self::Fail,
        Self::Unknown,
        Self::CannotBeMet,
        Self::Exempt,
        Self::Pass,
    ];

    /// As JSON writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::CannotBeMet => "cannot_be_met",
            Self::Exempt => "exempt",
            Self::Pass => "pass",
        }
    }
}

/// What a control says of one resource, and the facts it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Pass, fail or cannot be met.
    pub status: Status,
    /// Replaces the control's severity when the facts make it worse or milder.
    pub severity: Option<Severity>,
    /// What is so, with names and values.
    pub message: String,
    /// The facts, one short line each.
    pub evidence: Vec<String>,
}

impl Verdict {
    /// It holds.
    pub fn pass(message: impl Into<String>) -> Self {
        Self::of(Status::Pass, message)
    }

    /// It fails.
    pub fn fail(message: impl Into<String>) -> Self {
        Self::of(Status::Fail, message)
    }

    /// `fail` when `wrong`, else `pass`, with the same fact as evidence.
    pub fn either(wrong: bool, failed: impl Into<String>, passed: impl Into<String>) -> Self {
        if wrong {
            Self::fail(failed)
        } else {
            Self::pass(passed)
        }
    }

    pub(super) fn of(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            severity: None,
            message: message.into(),
            evidence: Vec::new(),
        }
    }

    /// Adds a fact it rests on.
    #[must_use]
    pub fn because(mut self, fact: impl Into<String>) -> Self {
        self.evidence.push(fact.into());
        self
    }

    /// Adds facts it rests on.
    #[must_use]
    pub fn because_all(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(facts);
        self
    }

    /// Sets another severity than the control's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// Why nothing can be said: a fact was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Which fact, and why it is missing.
    pub why: String,
    /// How to find it out; the control's own remedy when absent.
    pub remedy: Option<String>,
}

impl Unknown {
    /// A fact is missing for another reason than a failed read.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            remedy: None,
        }
    }

    /// Sets how to find it out.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl From<&Unreadable> for Unknown {
    fn from(unreadable: &Unreadable) -> Self {
        Self {
            why: describe_unreadable(unreadable),
            remedy: Some(how_to_read(unreadable)),
        }
    }
}

/// What makes the next read succeed.
pub(super) fn how_to_read(unreadable: &Unreadable) -> String {
    if unreadable.denied {
        format!(
            "Grant {}; `backstay permissions --for check` prints all that is needed.",
            unreadable.action
        )
    } else {
        "Check again; if it keeps failing, look at the service's status and the credentials' limits."
            .to_owned()
    }
}

/// `s3:GetBucketVersioning was denied: …`.
pub(super) fn describe_unreadable(unreadable: &Unreadable) -> String {
    let verb = if unreadable.denied { "was denied" } else { "failed" };
    format!("{} {verb}: {}", unreadable.action, unreadable.why)
}

/// `Ok(None)`: the control says nothing about this resource. `Err`: a fact is missing, so
/// that `?` on what was observed can only ever give an unknown, never a pass.
pub type Judged = Result<Option<Verdict>, Unknown>;

/// The pure function of a control, by the class of facts it judges.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// Judges buckets and their like.
    Store(fn(Subject<'_, ObjectStore>, &Estate<'_>) -> Judged),
    /// Judges databases.
    Database(fn(Subject<'_, Database>, &Estate<'_>) -> Judged),
    /// Judges roles.
    Identity(fn(Subject<'_, Identity>, &Estate<'_>) -> Judged),
    /// Judges keys.
    Key(fn(Subject<'_, KeyFacts>, &Estate<'_>) -> Judged),
    /// Judges vaults of recovery points.
    Vault(fn(Subject<'_, Vault>, &Estate<'_>) -> Judged),
    /// Judges backup plans.
    Schedule(fn(Subject<'_, Schedule>, &Estate<'_>) -> Judged),
    /// Not judged from one resource's facts but by the run: drift, reading, exemptions.
    Run,
}

/// A control: one row of [`RULES`](super::RULES).
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `BKS-S3-001`; never reused for another meaning.
    pub id: &'static str,
    /// What is wrong when it fails, without names; short enough for a line of a terminal.
    pub title: &'static str,
    /// At stake, unless the verdict says otherwise.
    pub severity: Severity,
    /// What it looks at and why that matters, in full sentences.
    pub doc: &'static str,
    /// What to do when it fails.
    pub remedy: &'static str,
    /// What it is evidence for.
    pub aspects: &'static [Aspect],
    /// How it is judged.
    pub judge: Judge,
}

impl Rule {
    /// The frameworks' requirements that it is evidence for.
    pub fn controls(&self) -> Vec<String> {
        requirements(self.aspects)
    }

    /// Judges what was seen of one resource; `Ok(None)` for another class of facts.
    ///
    /// # Errors
    /// When a fact that it rests on is missing.
    pub fn judge(&self, evidence: &Evidence, facts: &Facts, estate: &Estate<'_>) -> Judged {
        match (self.judge, facts) {
            (Judge::Store(judge), Facts::ObjectStore(facts)) => judge(Subject { evidence, facts }, estate),
            (Judge::Database(judge), Facts::Database(facts)) => judge(Subject { evidence, facts }, estate),
            (Judge::Identity(judge), Facts::Identity(facts)) => judge(Subject { evidence, facts }, estate),
            (Judge::Key(judge), Facts::Key(facts)) => judge(Subject { evidence, facts }, estate),
            (Judge::Vault(judge), Facts::Vault(facts)) => judge(Subject { evidence, facts }, estate),
            (Judge::Schedule(judge), Facts::Schedule(facts)) => judge(Subject { evidence, facts }, estate),
            (
                Judge::Store(_)
                | Judge::Database(_)
                | Judge::Identity(_)
                | Judge::Key(_)
                | Judge::Vault(_)
                | Judge::Schedule(_)
                | Judge::Run,
                _,
            ) => Ok(None),
        }
    }
}
