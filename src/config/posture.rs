//! The result: everything that a folder declares, evaluated.

use crate::diag::Span;
use crate::model::approval::ApprovalPolicy;
use crate::model::objective::{Objective, Scenario};
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{Account, Address, Duration, Region};
use std::collections::{BTreeMap, HashMap};

/// A posture whose expressions have all been evaluated.
#[derive(Debug, Clone)]
pub struct Posture {
    /// The `backstay` block.
    pub settings: Settings,
    /// The `policy` block.
    pub policy: Option<Declared<ApprovalPolicy>>,
    /// The `account` blocks; one ambient account named `default` when there are none.
    pub accounts: Vec<Account>,
    /// The label of the account that resources belong to unless they say otherwise.
    pub default_account: Option<String>,
    /// Every instance of every resource block, in the order of declaration.
    pub resources: Vec<ResourceBlock>,
    /// Controls that need not hold, with the reason.
    pub exemptions: Vec<Exemption>,
    /// Assertions of `check` blocks that do not hold.
    pub failed_checks: Vec<FailedCheck>,
    /// What is asked for.
    pub objectives: Vec<Declared<Objective>>,
    /// Disasters beside those that every posture knows.
    pub scenarios: Vec<Declared<Scenario>>,
    /// The root's outputs.
    pub outputs: BTreeMap<String, Output>,
    /// What each root name of the root module gives; empty unless it was asked for.
    pub names: HashMap<String, Value>,
    /// Renamed addresses, from old to new.
    pub moved: Vec<(Address, Address)>,
}

crate::word! {
    /// How bad it is when a `check` block fails.
    pub enum CheckSeverity {
        /// Worth knowing.
        Low = "low",
        /// Worth a change.
        Medium = "medium",
        /// Worth it soon.
        High = "high",
        /// Worth it now.
        Critical = "critical",
    }
}

/// An assertion of a `check` block that does not hold.
#[derive(Debug, Clone)]
pub struct FailedCheck {
    /// The block's label.
    pub name: String,
    /// How bad that is.
    pub severity: CheckSeverity,
    /// What its error message says.
    pub message: String,
    /// The assertion's head.
    pub span: Span,
}

/// Something with the place of its block's head.
#[derive(Debug, Clone)]
pub struct Declared<T> {
    /// What was declared.
    pub what: T,
    /// Where.
    pub span: Span,
}

/// The `backstay` block.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The value of the tag `backstay:project`, and part of IAM paths.
    pub project: String,
    /// The `lock` block.
    pub lock: Option<LockSettings>,
    /// The `evidence` block.
    pub evidence: Option<Kept>,
    /// The block's head.
    pub span: Option<Span>,
}

/// A place in a bucket, as its block says it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The label of the account that owns it, when the block names one.
    pub account: Option<String>,
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with; empty, or with a `/` at its end.
    pub prefix: String,
}

/// The `lock` block.
#[derive(Debug, Clone)]
pub struct LockSettings {
    /// Where.
    pub kept: Kept,
    /// The lease's key, when the block names one.
    pub key: Option<String>,
    /// How long a lease is valid that nobody renews.
    pub ttl: Duration,
}

/// One instance of a resource block.
#[derive(Debug, Clone)]
pub struct ResourceBlock {
    /// How users and plans name it.
    pub address: Address,
    /// The block type.
    pub kind: String,
    /// Its arguments and blocks.
    pub body: EvaluatedBlock,
    /// What it refers to, directly or through locals, variables and modules, and `depends_on`.
    pub references: Vec<Address>,
    /// The label of its account.
    pub account: String,
    /// Where it lives; `None` when neither it nor its account says so.
    pub region: Option<Region>,
    /// The `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// The block's head.
    pub span: Span,
}

/// The `lifecycle` block of a resource.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Arguments that are not compared; `all` for every one.
    pub ignore_changes: Vec<String>,
    /// Whether removing the block from the configuration is an error.
    pub prevent_release: bool,
}

/// An `exempt` block: a control that need not hold for a resource.
#[derive(Debug, Clone)]
pub struct Exemption {
    /// The label.
    pub name: String,
    /// `BKS-S3-001`.
    pub control: String,
    /// Whom it is for.
    pub resource: Address,
    /// For which disaster only.
    pub scenario: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day it holds, as `2026-12-31`.
    pub expires: jiff::civil::Date,
    /// The block's head.
    pub span: Span,
}

/// An `output` block.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its value, marked when it is sensitive.
    pub value: Value,
    /// What it is.
    pub description: Option<String>,
}
