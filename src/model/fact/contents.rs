//! What is known of dumps: that they are declared, and the objects that were seen.

use crate::model::{Address, Duration};
use serde::{Deserialize, Serialize};

/// The objects under a prefix that hold anything, old versions among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// How many were seen.
    pub points: u32,
    /// When the newest was written, RFC 3339; for a multipart upload, when that was begun.
    pub newest: Option<String>,
    /// When the oldest was written, RFC 3339.
    pub oldest: Option<String>,
    /// The longest time between two that follow each other; absent when there are not two.
    pub longest_gap: Option<Duration>,
    /// Whether a key was written more than once.
    pub overwritten: bool,
    /// Whether there was no more to see. If there was, newer and older ones may exist.
    pub whole: bool,
}

/// What somebody is declared to dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// What is dumped.
    pub of: Address,
    /// How long after one dump the next one is begun at the latest.
    pub every: Duration,
}
