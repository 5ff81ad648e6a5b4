//! Replication rules: what they say, and when two documents say the same.
//!
//! Like lifecycle rules, S3 keeps them as one document and replaces it whole.

mod change;
mod judge;
mod wanted;
pub(super) mod wire;

pub(super) use change::diff;
pub(super) use wanted::{other_account, rule_id};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rules whose id begins so are backstay's; all others belong to somebody else.
pub(super) const OURS: &str = "backstay-";

/// Minutes of replication time control: the one value that S3 knows.
pub(super) const MINUTES: u32 = 15;

/// Where a rule copies to, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The bucket's ARN.
    pub bucket: String,
    /// The account that owns it, when the rule names it.
    pub account: Option<String>,
    /// As S3 spells it; the source's when absent.
    pub storage_class: Option<String>,
    /// Whether the destination's account owns the copies.
    pub owner_override: bool,
    /// The key of copies of KMS-encrypted objects.
    pub replica_key: Option<String>,
    /// Minutes within which copies are promised.
    pub within_minutes: Option<u32>,
    /// Whether replication is measured; always, with a promise.
    pub metrics: bool,
}

/// One rule. A rule of the first version (without a filter) is read as the rule of today that does
/// the same, which copies delete markers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name within the bucket.
    pub id: String,
    /// Which of two rules wins that copy one object to one bucket: the greater number. Rules of the first
    /// version have none.
    pub priority: Option<i32>,
    /// Whether it is in force.
    pub enabled: bool,
    /// Keys that begin so; empty for all.
    pub prefix: String,
    /// Objects that carry all of these tags.
    pub tags: BTreeMap<String, String>,
    /// Whether deletions are copied too.
    pub delete_markers: bool,
    /// Whether KMS-encrypted objects are copied.
    pub kms_objects: bool,
    /// Whether changes to copies' metadata are copied back.
    pub replica_modifications: bool,
    /// Where to.
    pub destination: Destination,
}

impl Rule {
    /// Whether backstay wrote it.
    pub fn is_ours(&self) -> bool {
        self.id.starts_with(OURS)
    }
}

/// All rules of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replication {
    /// The ARN of the role that S3 copies with.
    pub role: String,
    /// In the order given.
    pub rules: Vec<Rule>,
}
