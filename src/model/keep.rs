//! Where backstay keeps what is its own: the lease, records of applies.

use super::Duration;
use serde::{Deserialize, Serialize};

/// A place in a bucket that a `lock` or `evidence` block names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPlace {
    /// The label of the account that owns the bucket.
    pub account: String,
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with; empty, or with a `/` at its end.
    pub prefix: String,
}

/// What a `lock` block says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Where the lease lies.
    pub place: BucketPlace,
    /// The lease's key, below the prefix.
    pub key: String,
    /// How long a lease is valid that nobody renews.
    pub ttl: Duration,
}
