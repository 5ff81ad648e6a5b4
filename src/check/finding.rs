//! What `check` says: the types behind `schemas/check.schema.json`.

use super::exemption::Exemption;
use super::rule::{Rule, Severity, Status};
use super::summary::Summary;
use crate::diag::{Location, render};
use crate::model::fact::Evidence;
use crate::model::{Address, Arn, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
pub const VERSION: u32 = 1;

/// All that a check says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// Of this format: 1.
    pub version: u32,
    /// Which backstay judged, such as `0.1.0`.
    pub tool: String,
    /// By resource, then control.
    pub findings: Vec<Finding>,
    /// The findings counted, and what follows.
    pub summary: Summary,
}

/// What one control says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The control, such as `BKS-S3-001`.
    pub id: String,
    /// The resource.
    pub address: Address,
    /// The attribute, when it is about one: drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Pass, fail or why neither.
    pub status: Status,
    /// What is at stake.
    pub severity: Severity,
    /// What is wrong when the control fails, without names.
    pub title: String,
    /// What is so, with names and values.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The facts that the status rests on.
    pub evidence: Facts,
    /// The frameworks' requirements that it is evidence for.
    pub controls: Vec<String>,
    /// Where the resource was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Who accepts the failure; set when the status is `exempt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<Acceptance>,
}

/// The facts behind a status, and where and when they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Evidence")]
pub struct Facts {
    /// One short line each, as the cloud says it.
    pub facts: Vec<String>,
    /// Where the resource lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// How the cloud names the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub arn: Option<Arn>,
    /// When it was read, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
}

/// An exemption as a report carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acceptance {
    /// The exemption's name.
    pub name: String,
    /// Why the failure is acceptable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub expires: String,
}

impl From<&Exemption> for Acceptance {
    fn from(exemption: &Exemption) -> Self {
        Self {
            name: exemption.name.clone(),
            reason: exemption.reason.clone(),
            owner: exemption.owner.clone(),
            expires: exemption.expires.to_string(),
        }
    }
}

impl Finding {
    /// A finding of `rule`, without evidence or place yet.
    pub(super) fn of(rule: &Rule, address: Address, status: Status, message: impl Into<String>) -> Self {
        Self {
            id: rule.id.to_owned(),
            address,
            attribute: None,
            status,
            severity: rule.severity,
            title: rule.title.to_owned(),
            message: message.into(),
            remedy: rule.remedy.to_owned(),
            evidence: Facts::default(),
            controls: rule.controls(),
            location: None,
            exemption: None,
        }
    }

    /// Says what was read, where and when.
    #[must_use]
    pub(super) fn from(mut self, evidence: &Evidence, facts: Vec<String>) -> Self {
        self.location.clone_from(&evidence.location);
        self.evidence = Facts {
            facts,
            scope: Some(evidence.scope.clone()),
            arn: evidence.arn.clone(),
            read_at: Some(evidence.read_at.clone()),
        };
        self
    }
}

/// The JSON Schema of [`Assessment`], as `schemas/check.schema.json` holds it.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Printed)
}

/// What is printed as JSON: an assessment, or why there is none.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Printed {
    Assessment(Assessment),
    Failed(render::Failed),
}
