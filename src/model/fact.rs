//! Facts: what kinds have seen, in words that rules and proofs share.
//!
//! A rule never learns which kind or which service a fact came from: it sees an
//! object store, a database or an identity.

mod arrival;
mod contents;
mod key;
mod schedule;
mod vault;

pub use arrival::{Arrival, Missing, Retention, Sealed};
pub use contents::{Contents, Dump};
pub use key::{KeyFacts, KeyReplica, KeyState};
pub use schedule::{Coverage, Schedule, ScheduledCopy, ScheduledRule, TagMatch};
pub use vault::{Held, Spread, Vault, VaultLock};

use super::policy::Document;
use super::{Address, Arn, Observed, Scope, Unreadable};
use crate::diag::Location;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that was seen of one asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The resource it is about.
    pub subject: Address,
    /// Where that was declared.
    pub location: Option<Location>,
    /// Where it lives.
    pub scope: Scope,
    /// How the cloud names it.
    pub arn: Option<Arn>,
    /// When it was read, RFC 3339.
    pub read_at: String,
    /// What was seen; absent when the resource does not exist.
    pub facts: Observed<Facts>,
    /// What its declaration alone says, where nothing was seen: where it is, and what it was to do for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Box<Facts>>,
}

impl Evidence {
    /// What was seen of a bucket; `None` of anything else.
    pub fn store(&self) -> Option<&ObjectStore> {
        match self.facts.present()? {
            Facts::ObjectStore(store) => Some(store),
            _ => None,
        }
    }

    /// By what name it was read: its ARN where it has one.
    pub fn source(&self) -> String {
        match &self.arn {
            Some(arn) => arn.to_string(),
            None => self.subject.to_string(),
        }
    }

    /// What was seen, or else what its declaration says, with why no more than that is known.
    pub fn told(&self) -> Option<(&Facts, Option<String>)> {
        let subject = &self.subject;
        let why = match &self.facts {
            Observed::Present(facts) => return Some((facts, None)),
            Observed::Unreadable(why) => format!("{subject} could not be read: {}", why.said()),
            Observed::Absent => format!("{subject} does not exist"),
        };
        Some((self.declared.as_deref()?, Some(why)))
    }
}

/// What was seen, by class of asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum Facts {
    /// Objects in buckets.
    ObjectStore(Box<ObjectStore>),
    /// A database instance or cluster.
    Database(Box<Database>),
    /// Somebody who can act.
    Identity(Box<Identity>),
    /// What copies are encrypted with.
    Key(Box<KeyFacts>),
    /// Where recovery points lie.
    Vault(Box<Vault>),
    /// By what rules copies are made, and of what.
    Schedule(Box<Schedule>),
}

impl Facts {
    /// The policy of the resource itself, of what can have one.
    pub fn policy(&self) -> Option<&Observed<Document>> {
        match self {
            Facts::ObjectStore(store) => Some(&store.policy),
            Facts::Key(key) => Some(&key.policy),
            Facts::Vault(vault) => Some(&vault.policy),
            Facts::Database(_) | Facts::Identity(_) | Facts::Schedule(_) => None,
        }
    }
}

/// Whether old versions of objects are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// Never switched on: an overwrite destroys.
    Never,
    /// Switched off again: an overwrite destroys what is written from now on.
    Suspended,
    /// Every version is kept.
    Enabled,
}

/// Who can take a lock back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Whoever may bypass it.
    Governance,
    /// Nobody, the account's root included.
    Compliance,
}

/// The default retention of a write-once store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRetention {
    /// Who can take it back.
    pub mode: LockMode,
    /// Days from writing an object.
    pub days: u32,
}

/// Write-once capability; without a retention nothing is protected by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// The default retention, when there is one.
    pub retention: Option<LockRetention>,
}

/// A rule that deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// Which keys; empty for all.
    pub prefix: String,
    /// True when the rule is narrowed by more than a prefix (tags, sizes).
    pub narrowed: bool,
    /// Days until current objects are deleted.
    pub current_days: Option<u32>,
    /// Days until a version that was replaced is deleted.
    pub noncurrent_days: Option<u32>,
    /// How many replaced versions are kept whatever their age.
    pub newer_noncurrent: Option<u32>,
}

/// One place that objects are copied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// The destination.
    pub bucket: Arn,
    /// The destination's region, when the bucket could be seen.
    pub region: Option<super::Region>,
    /// The destination's account, when the rule or the posture names it.
    pub account: Option<super::AccountId>,
    /// Whether the rule is switched on.
    pub enabled: bool,
    /// Which keys; empty for all.
    pub prefix: String,
    /// Whether deletions are copied too.
    pub delete_markers: bool,
    /// Minutes within which copies are promised (replication time control).
    pub within_minutes: Option<u32>,
    /// Whether the destination's account owns the copies.
    pub owner_override: bool,
    /// The key that copies are encrypted with, when the rule names one.
    #[serde(default)]
    pub key: Option<String>,
    /// Whether objects that are encrypted with a key of KMS are copied too.
    #[serde(default)]
    pub kms_objects: bool,
    /// Whether the rule puts copies into a storage class of a single zone.
    #[serde(default)]
    pub one_zone: bool,
    /// The role that copies are made with, one for all rules of a bucket; `None` where nobody looked, or it is no ARN.
    #[serde(default)]
    pub role: Option<Arn>,
    /// What has arrived there; `None` where nobody looked.
    #[serde(default)]
    pub arrived: Option<Observed<Arrival>>,
}

/// What is known of a bucket or its like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectStore {
    /// Its name.
    pub name: String,
    /// True when others write their copies or backups here.
    pub holds_backups: bool,
    /// Whether old versions are kept.
    pub versioning: Observed<Versioning>,
    /// Write-once protection.
    pub lock: Observed<ObjectLock>,
    /// Rules that delete; empty when there is none.
    pub expiries: Observed<Vec<Expiry>>,
    /// Where objects are copied to.
    pub replicas: Observed<Vec<Replica>>,
    /// True when every kind of public access is blocked.
    pub public_access_blocked: Observed<bool>,
    /// True when access control lists have no effect.
    pub acls_disabled: Observed<bool>,
    /// `AES256`, or the key's ARN.
    pub encryption: Observed<String>,
    /// Whether one data key of KMS serves many objects; absent when that is not known.
    #[serde(default)]
    pub bucket_key: Option<bool>,
    /// Its own policy.
    pub policy: Observed<Document>,
    /// The account it belongs to.
    pub account: super::AccountId,
    /// What lies under the prefixes that somebody wants to know of.
    #[serde(default)]
    pub contents: BTreeMap<String, Observed<Contents>>,
    /// The retention of the oldest versions that its lock should still cover; `None` where nobody looked.
    #[serde(default)]
    pub retentions: Option<Observed<Vec<Retention>>>,
    /// What some of its versions are encrypted with; `None` where nobody looked.
    #[serde(default)]
    pub sealed: Option<Observed<Vec<Sealed>>>,
    /// Whether it lies in a single zone, or a rule moves objects to a storage class that does.
    #[serde(default = "unasked")]
    pub one_zone: Observed<bool>,
}

/// A copy of a database's automated backups in another region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReplica {
    /// Where.
    pub region: super::Region,
    /// Days one can go back there.
    pub retention_days: Option<u32>,
    /// As the service words it (`replicating`, `active`, `retained`).
    pub status: String,
    /// Oldest restorable time there, RFC 3339.
    #[serde(default)]
    pub earliest: Option<String>,
    /// Newest restorable time there, RFC 3339.
    pub latest: Option<String>,
    /// The key it is encrypted with.
    pub key: Option<Arn>,
}

/// What is known of a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// Its identifier.
    pub identifier: String,
    /// As the service words it (`available`).
    pub status: String,
    /// Days one can go back; 0 is switched off.
    pub retention_days: u32,
    /// When it was created, RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// Oldest restorable time, RFC 3339; absent when none is named.
    #[serde(default = "unasked")]
    pub earliest_restorable: Observed<String>,
    /// Newest restorable time, RFC 3339.
    pub latest_restorable: Option<String>,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// Whether storage and backups are encrypted.
    pub encrypted: bool,
    /// The key.
    pub key: Option<Arn>,
    /// Whether a standby in another zone exists.
    pub multi_az: bool,
    /// Whether snapshots carry the database's tags.
    pub copy_tags: bool,
    /// The recovery point that its point-in-time backups are, where AWS Backup manages them.
    #[serde(default)]
    pub continuous: Option<Arn>,
    /// Copies in other regions.
    pub replicas: Observed<Vec<BackupReplica>>,
}

/// Where an isolated backup writer may write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteTarget {
    /// The bucket.
    pub bucket: Arn,
    /// The keys it may write under.
    pub prefix: String,
}

/// What is known of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Who may become it.
    pub trust: Option<Document>,
    /// What it may do: inline and attached documents, by name. Unreadable ones are named below.
    pub policies: Vec<(String, Document)>,
    /// What it may do at most.
    pub boundary: Option<Document>,
    /// Documents that could not be read or are malformed.
    pub unknown: Vec<Unreadable>,
    /// Set for an isolated backup writer: where it is meant to write.
    pub writer: Option<Vec<WriteTarget>>,
    /// Who is meant to become it, where the posture says so.
    #[serde(default)]
    pub declared_trust: Option<Document>,
    /// What a backup writer is declared to write.
    #[serde(default)]
    pub dumps: Option<Dump>,
}

/// For facts from before it was asked.
fn unasked<T>() -> Observed<T> {
    Observed::Unreadable(Unreadable {
        action: String::new(),
        why: "it was not asked for".into(),
        denied: false,
    })
}
