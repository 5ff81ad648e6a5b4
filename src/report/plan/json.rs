//! A plan as a stream of JSON objects, one a line, described in `schemas/plan.schema.json`.

use crate::diag::{Location, escape, render};
use crate::model::approval::{ApprovalRule, Danger};
use crate::model::{Action, Address, AttributeChange, Direction, Finding, Observed, Scope};
use crate::plan::policy::Source;
use crate::plan::{Plan, Summary};
use serde::Serialize;
use serde_json::Value as Json;

/// The version of the stream; raised when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// One line of the stream. The first is always a version.
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
    /// One resource that differs or could not be compared.
    PlannedChange {
        /// What happens to it.
        change: Box<Change>,
    },
    /// The policy of approvals, when the one that the posture declares is not the one in force.
    PolicyChange {
        /// What changes.
        attributes: Vec<Attribute>,
    },
    /// Approvals or a window that the plan needs; one for each rule.
    PolicyDemand {
        /// What.
        demand: Box<Demand>,
    },
    /// The counts, once, last.
    ChangeSummary {
        /// The numbers.
        changes: Summary,
    },
}

/// What happens to one resource.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
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
    /// What differs.
    pub attributes: Vec<Attribute>,
    /// Declared settings that differ and that no write can change.
    pub by_hand: Vec<Finding>,
    /// What could not be read, and why.
    pub unreadable: Vec<String>,
    /// Where it is declared.
    pub location: Option<Location>,
}

/// What the plan needs by a rule of a policy.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Demand {
    /// For which kind of change.
    pub danger: Danger,
    /// How many such changes there are.
    pub changes: usize,
    /// Whose rule it is.
    pub policy: Source,
    /// The rule.
    pub rule: ApprovalRule,
}

/// One attribute that differs.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Attribute {
    /// As in HCL.
    pub path: String,
    /// The live value; null when absent.
    pub before: Json,
    /// The declared value; null when it is to be absent.
    pub after: Json,
    /// Whether protection goes up or down.
    pub direction: Direction,
    /// Whether it can never be undone.
    pub irreversible: bool,
    /// Whether it interrupts something.
    pub disruptive: bool,
    /// Why it is judged so, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub reasons: Vec<String>,
}

/// The first line of every stream.
pub fn version() -> Line {
    Line::Version {
        format: VERSION,
        backstay: env!("CARGO_PKG_VERSION").into(),
    }
}

/// The lines of a plan, without the version.
pub fn lines(plan: &Plan) -> Vec<Line> {
    let mut lines: Vec<Line> = plan
        .changes
        .iter()
        .map(|change| {
            let mut unreadable: Vec<String> = change.unreadable.iter().map(|u| u.why.clone()).collect();
            if let Observed::Unreadable(why) = &change.saw {
                unreadable.push(why.why.clone());
            }
            Line::PlannedChange {
                change: Box::new(Change {
                    address: change.address.clone(),
                    kind: change.kind.clone(),
                    ident: change.ident.clone(),
                    scope: change.place.scope(),
                    action: change.action,
                    attributes: plan.attributes_of(&change.address).map(attribute).collect(),
                    by_hand: change.findings.clone(),
                    unreadable,
                    location: change.desired.as_ref().and_then(|d| d.location.clone()),
                }),
            }
        })
        .collect();
    let policy = plan.policies.changes();
    if !policy.is_empty() {
        lines.push(Line::PolicyChange {
            attributes: policy.iter().map(attribute).collect(),
        });
    }
    lines.extend(plan.demands().into_iter().map(|demand| Line::PolicyDemand {
        demand: Box::new(Demand {
            danger: demand.danger,
            changes: demand.changes,
            policy: demand.source,
            rule: demand.rule.clone(),
        }),
    }));
    lines.push(Line::ChangeSummary {
        changes: plan.summary(),
    });
    lines
}

fn attribute(a: &AttributeChange) -> Attribute {
    Attribute {
        path: a.path.clone(),
        before: a.before.clone(),
        after: a.after.clone(),
        direction: a.direction,
        irreversible: a.irreversible.is_some(),
        disruptive: a.disruptive.is_some(),
        reasons: [&a.reason, &a.irreversible, &a.disruptive]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
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
