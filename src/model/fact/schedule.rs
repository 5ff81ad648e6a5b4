//! What is known of a plan by which copies are made.

use crate::model::{AccountId, Arn, Observed, Region};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A copy of every recovery point of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledCopy {
    /// The vault that it goes to.
    pub vault: Arn,
    /// Days until it is deleted; absent for never.
    pub delete_after_days: Option<u32>,
    /// Days until it is moved to cold storage.
    pub cold_after_days: Option<u32>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledRule {
    /// Its name.
    pub name: String,
    /// The vault, by its ARN, in the plan's own account and region.
    pub vault: Arn,
    /// As the service has it: `cron(0 5 ? * * *)`.
    pub schedule: String,
    /// The zone that the schedule is meant in; `Etc/UTC` unless it says otherwise.
    pub timezone: String,
    /// The longest time between two starts that the schedule leaves, in minutes; absent when the
    /// schedule could not be read or never comes round.
    pub longest_gap_minutes: Option<u32>,
    /// Minutes after the scheduled time within which a job starts; later it is given up.
    pub start_window_minutes: u32,
    /// Minutes after its start within which a job has to be done; later it is given up.
    pub completion_window_minutes: u32,
    /// Point-in-time recovery, where the type of resource has it. Copies are snapshots all the same.
    pub continuous: bool,
    /// Days until a recovery point is deleted; absent for never.
    pub delete_after_days: Option<u32>,
    /// Days until it is moved to cold storage.
    pub cold_after_days: Option<u32>,
    /// Where each recovery point is copied to.
    pub copies: Vec<ScheduledCopy>,
}

/// What a selection asks of a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TagMatch {
    /// `StringEquals`, `StringNotEquals`, `StringLike` or `StringNotLike`.
    pub test: String,
    /// The tag's name.
    pub key: String,
    /// Its value, or a pattern of it.
    pub value: String,
}

/// What a plan is applied to. A resource is covered when (`resources` match it, or one of `any_tag` does),
/// no `not_resources` matches it, and all of `all_conditions` hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The selection's name.
    pub name: String,
    /// The role that the service backs up with.
    pub role: Option<Arn>,
    /// ARNs with wildcards; `*` for all.
    pub resources: Vec<String>,
    /// ARNs with wildcards that are left out.
    pub not_resources: Vec<String>,
    /// One of these is enough.
    pub any_tag: Vec<TagMatch>,
    /// All of these have to hold.
    pub all_conditions: Vec<TagMatch>,
}

/// What is known of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Whose it is.
    pub account: AccountId,
    /// Where it runs.
    pub region: Region,
    /// Its rules.
    pub rules: Vec<ScheduledRule>,
    /// What it is applied to; with none, nothing is backed up.
    pub covers: Observed<Vec<Coverage>>,
    /// Types of resources (`RDS`, `S3`, …) to whether AWS Backup may act on them in this region. A type
    /// that is switched off is left out of what tags and wildcards select, without a word.
    pub opted_in: Observed<BTreeMap<String, bool>>,
}
