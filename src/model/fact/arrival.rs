//! What lies in buckets, as far as it tells what settings do not: whether replicas have arrived, since when there is a
//! lock, and what single objects are encrypted with.

use super::LockMode;
use crate::model::{Arn, Observed};
use serde::{Deserialize, Serialize};

/// A version that a replica lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Its key.
    pub key: String,
    /// When it was written, RFC 3339.
    pub written: String,
}

/// What of a bucket lies in one that it is copied to: S3 keeps keys and version ids, and copies only what is written
/// once there is a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// How many versions were looked for: those that are old enough to have arrived.
    pub compared: u32,
    /// Whether there were no others. If not, these were the first ones by their keys, and those of some folders behind.
    pub whole: bool,
    /// These folders.
    #[serde(default)]
    pub folders: Vec<String>,
    /// How many current objects are not there.
    pub missing: u32,
    /// The oldest of them.
    pub first: Option<Missing>,
    /// When the last of the replaced versions that are not there was replaced, RFC 3339: until then something that was
    /// current is lacking.
    pub history_from: Option<String>,
    /// Whether a copy lies in a storage class of a single zone.
    pub one_zone: bool,
    /// When the newest of those that were looked for was written, RFC 3339, where it is there: so late copies were made.
    #[serde(default)]
    pub newest: Option<String>,
}

/// The retention of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// The object's key.
    pub key: String,
    /// When it was written, RFC 3339.
    pub written: String,
    /// Who can take it back; absent where nothing keeps anybody from deleting it.
    pub mode: Option<LockMode>,
    /// Until when, RFC 3339.
    pub until: Option<String>,
}

/// What one version is encrypted with: a bucket's default says it only of what is written from then on, and whoever
/// writes may name another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The object's key.
    pub key: String,
    /// When it was written, RFC 3339.
    pub written: String,
    /// The key of KMS; absent where S3 has the key.
    pub by: Observed<Arn>,
}
