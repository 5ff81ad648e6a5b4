//! What is known of a key: who loses it loses every copy under it.

use crate::model::policy::Document;
use crate::model::{AccountId, Arn, Observed, Region};
use serde::{Deserialize, Serialize};

/// Whether a key can be used. Anything but enabled makes every copy under it unreadable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It decrypts.
    Enabled,
    /// Switched off; whoever may enable it can bring it back.
    Disabled,
    /// Gone for good on the deletion date, unless that is called off before. So is a multi-region
    /// primary that waits for its replicas.
    PendingDeletion,
    /// Another state, as the service words it (`PendingImport`, `Unavailable`, `Creating`, `Updating`).
    Other(String),
}

/// The same key material in another region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReplica {
    /// The replica's ARN.
    pub arn: Arn,
    /// Where it is.
    pub region: Region,
    /// Whether it can be used.
    pub state: Observed<KeyState>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// The alias that it was looked up by, without `alias/`.
    pub alias: String,
    /// The key's own ARN (`…:key/…`): what encrypted copies name.
    pub arn: Arn,
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// True for a key that an AWS service manages (`alias/aws/…`): its policy cannot be changed, and
    /// what it encrypts cannot be copied to another account.
    pub service_managed: bool,
    /// Whether it can be used.
    pub state: KeyState,
    /// When it is gone for good, RFC 3339, while deletion is pending.
    pub deletion_date: Option<String>,
    /// When imported material expires, RFC 3339; the key is useless from then on.
    pub material_expires: Option<String>,
    /// Days between rotations; absent when it does not rotate.
    pub rotation_days: Observed<u32>,
    /// Whether its kind of key can rotate at all: symmetric, with material from KMS.
    pub can_rotate: bool,
    /// Its policy: without a statement here no identity policy has any effect.
    pub policy: Observed<Document>,
    /// Whether it can have replicas.
    pub multi_region: bool,
    /// Its replicas in other regions.
    pub replicas: Vec<KeyReplica>,
}
