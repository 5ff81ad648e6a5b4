//! What is known of a vault of recovery points.

use super::LockMode;
use crate::model::policy::Document;
use crate::model::{AccountId, Arn, Duration, Observed, Region, Unreadable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A vault's lock. In compliance mode it holds for everybody from [`locked_from`](Self::locked_from) on; before,
/// and always in governance mode, whoever may delete the lock configuration can take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultLock {
    /// Who can take it back.
    pub mode: LockMode,
    /// When a compliance lock can no longer be taken back, RFC 3339; absent in governance mode.
    pub locked_from: Option<String>,
    /// Days that a recovery point is kept at least. Points that were there before the lock are not covered.
    pub min_days: Option<u32>,
    /// Days that a recovery point is kept at most.
    pub max_days: Option<u32>,
}

/// How far apart recovery points lie over some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Back so far from the newest one.
    pub back: Duration,
    /// The longest time between two that follow each other.
    pub gap: Duration,
}

/// What a vault holds of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The resource that was backed up.
    pub resource: Arn,
    /// How many recovery points can be restored.
    pub points: u32,
    /// How many exist and cannot be restored (partial, expired, being deleted).
    pub unusable: u32,
    /// When the newest restorable one was begun, RFC 3339.
    pub newest: Option<String>,
    /// When the oldest restorable one was begun, RFC 3339.
    pub oldest: Option<String>,
    /// How many of the restorable ones have no date of deletion.
    pub kept_for_ever: u32,
    /// The keys that the restorable ones are encrypted with, as far as they say. A snapshot of a database stays under
    /// the database's key, whatever the vault's; a copy is under its vault's.
    #[serde(default)]
    pub keys: BTreeSet<Arn>,
    /// The longest time between two restorable ones that follow each other, over ever longer times; the last goes back to
    /// the oldest. Empty when there are not two.
    #[serde(default)]
    pub spread: Vec<Spread>,
}

/// What is known of a vault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vault {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// True for a logically air-gapped vault: locked from birth, in an account of the service's own.
    pub air_gapped: bool,
    /// The key that recovery points are encrypted with, where the service does not bring the source's.
    pub key: Option<Arn>,
    /// Whether that is the service's own key (`alias/aws/backup`), which cannot serve copies across
    /// accounts; absent when it is not known.
    pub service_key: Option<bool>,
    /// Its access policy; absent when there is none.
    pub policy: Observed<Document>,
    /// Its lock.
    pub lock: Observed<VaultLock>,
    /// How many recovery points it holds, by its own count.
    pub points: Option<u64>,
    /// What it holds, by resource; absent when it was not asked for.
    pub holds: Observed<Vec<Held>>,
}

impl Vault {
    /// The same vault, of which nothing could be read but where it is.
    #[must_use]
    pub fn unread(&self, why: &Unreadable) -> Self {
        Self {
            policy: Observed::Unreadable(why.clone()),
            lock: Observed::Unreadable(why.clone()),
            holds: Observed::Unreadable(why.clone()),
            points: None,
            ..self.clone()
        }
    }
}
