//! The record of an apply: what it set out to do, written before its first write, and how it ended.
//! Both are JSON Lines, described in `schemas/audit.schema.json`.

use super::lease::Holder;
use crate::diag::render;
use crate::model::change::AttributeChange;
use crate::model::{Action, Address, Scope};
use crate::plan::{InForce, Policies, Summary};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the lines; raised when a field changes its meaning or goes.
pub const FORMAT: u32 = 1;

/// One line of a record. The first is always a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// What follows, and who wrote it.
    Version {
        /// The version of the lines.
        format: u32,
        /// The program's version.
        backstay: String,
    },
    /// What an apply is about to do. Without a result it was killed, or is still running.
    Intent(Box<Intent>),
    /// A resource that it is to change; follows the intent.
    Change(Box<Change>),
    /// How it ended.
    Result(Ended),
    /// What became of one write; follows the result.
    Step(Step),
    /// The policy of approvals that came into force at its end; follows the steps.
    Policy(Box<InForce>),
    /// Something was wrong while records were read. Never part of one.
    Diagnostic {
        /// What.
        diagnostic: render::Json,
    },
}

/// Who is about to do what, and by whose leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Intent {
    /// Of this apply.
    pub id: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The posture.
    pub project: String,
    /// The SHA-256 of the plan, as its file holds it.
    pub plan: String,
    /// Who runs it, where.
    pub by: Holder,
    /// The ARN that it acts as in each account.
    pub callers: BTreeMap<String, String>,
    /// What was approved.
    pub approvals: Vec<Approval>,
    /// The policies of approvals that it keeps to.
    #[serde(default, skip_serializing_if = "Policies::is_none")]
    pub policies: Policies,
    /// The plan's counts.
    pub counts: Summary,
    /// How many writes it takes.
    pub steps: usize,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Approval {
    /// How it was given: `prompt`, `auto_approve`, `allow_weaken`, `allow_irreversible`, `signature`.
    pub how: String,
    /// What it is for; the whole plan when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Who gave it, when it is not who runs the apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What is to happen to one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Change {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: String,
    /// How the cloud names it.
    pub ident: String,
    /// Where it lives.
    pub scope: Scope,
    /// What happens to it as a whole.
    pub action: Action,
    /// What changes, from what to what.
    pub attributes: Vec<AttributeChange>,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Ended {
    /// Of this apply.
    pub id: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// How.
    pub result: Verdict,
    /// The exit code that follows from the writes alone.
    pub exit: u8,
    /// Writes that took effect.
    pub done: usize,
    /// Writes that failed without any effect.
    pub failed: usize,
    /// Writes that failed and may have taken effect, in whole or in part.
    #[serde(default)]
    pub not_known: usize,
    /// Writes that were not run.
    pub not_run: usize,
}

/// How an apply ended, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every write took effect.
    Done,
    /// Some did.
    Partial,
    /// None did.
    Failed,
    /// The user stopped it.
    Interrupted,
    /// Its lock was lost: nothing was started after that, nor a policy put in force.
    LockLost,
}

/// What became of one write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// Its number in the plan.
    pub step: usize,
    /// The resource.
    pub address: Address,
    /// What it does.
    pub what: String,
    /// What became of it.
    pub result: StepVerdict,
    /// What the service said when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The step whose failure kept it from running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because_of: Option<usize>,
    /// How long it took, in milliseconds, when it took effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

/// What became of one write, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepVerdict {
    /// It took effect.
    Done,
    /// It failed, and took no effect.
    Failed,
    /// It failed, and may have taken effect in whole or in part.
    NotKnown,
    /// It was not run because one that it needs failed.
    Skipped,
    /// It was not run because the apply was stopped.
    NotRun,
}

/// The JSON Schema of one line.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Line)
}

/// What can stand in a key as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// What the keys of a project's records begin with.
pub(super) fn folder(project: &str) -> String {
    format!("audit/{}/", encoded(project))
}

/// A project's name as a part of a key.
pub(super) fn encoded(project: &str) -> String {
    utf8_percent_encode(project, PLAIN).to_string()
}

/// The two keys of an apply's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Of what it set out to do.
    pub intent: String,
    /// Of how it ended.
    pub result: String,
}

/// What the keys of records end with.
pub(super) const INTENT: &str = ".intent.jsonl";
pub(super) const RESULT: &str = ".result.jsonl";

impl Keys {
    /// Of an apply. They sort by time.
    pub fn of(intent: &Intent) -> Self {
        let at = intent.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        Self::of_stem(&format!("{}{at}-{}", folder(&intent.project), intent.id))
    }

    pub(super) fn of_stem(stem: &str) -> Self {
        Self {
            intent: format!("{stem}{INTENT}"),
            result: format!("{stem}{RESULT}"),
        }
    }
}

/// The first line of every record.
pub fn version() -> Line {
    Line::Version {
        format: FORMAT,
        backstay: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Lines as text.
///
/// # Errors
/// When something in them is no JSON, which would be a defect.
pub fn text(lines: impl IntoIterator<Item = Line>) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    for line in lines {
        out.push_str(&serde_json::to_string(&line)?);
        out.push('\n');
    }
    Ok(out)
}
