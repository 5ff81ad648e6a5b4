//! What was seen of a bucket.

use super::lifecycle::Lifecycle;
use super::replication::Replication;
use super::spec::Ownership;
use crate::kinds::keys::Aliases;
use crate::model::fact::{Contents, ObjectLock, Versioning};
use crate::model::policy::Document;
use crate::model::{AccountId, Observed, Region, Unreadable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A setting that may not have been asked for (`None`).
pub(super) type Seen<T> = Option<Observed<T>>;

/// Keys to values.
pub(super) type Tags = BTreeMap<String, String>;

/// The settings of a bucket that have calls of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// Tags.
    Tags,
    /// Versioning and MFA delete.
    Versioning,
    /// Default encryption.
    Encryption,
    /// The public access block.
    PublicAccess,
    /// Object ownership.
    Ownership,
    /// Object lock.
    Lock,
    /// Lifecycle rules.
    Lifecycle,
    /// Replication rules.
    Replication,
    /// The bucket policy.
    Policy,
}

impl Part {
    /// Every part.
    pub(super) const ALL: [Part; 9] = [
        Part::Tags,
        Part::Versioning,
        Part::Encryption,
        Part::PublicAccess,
        Part::Ownership,
        Part::Lock,
        Part::Lifecycle,
        Part::Replication,
        Part::Policy,
    ];

    /// The IAM action that reads it; several differ from the operation's name.
    pub(super) fn read_action(self) -> &'static str {
        match self {
            Part::Tags => "s3:GetBucketTagging",
            Part::Versioning => "s3:GetBucketVersioning",
            Part::Encryption => "s3:GetEncryptionConfiguration",
            Part::PublicAccess => "s3:GetBucketPublicAccessBlock",
            Part::Ownership => "s3:GetBucketOwnershipControls",
            Part::Lock => "s3:GetBucketObjectLockConfiguration",
            Part::Lifecycle => "s3:GetLifecycleConfiguration",
            Part::Replication => "s3:GetReplicationConfiguration",
            Part::Policy => "s3:GetBucketPolicy",
        }
    }

    /// The IAM action that writes it.
    pub(super) fn write_action(self) -> &'static str {
        match self {
            Part::Tags => "s3:PutBucketTagging",
            Part::Versioning => "s3:PutBucketVersioning",
            Part::Encryption => "s3:PutEncryptionConfiguration",
            Part::PublicAccess => "s3:PutBucketPublicAccessBlock",
            Part::Ownership => "s3:PutBucketOwnershipControls",
            Part::Lock => "s3:PutBucketObjectLockConfiguration",
            Part::Lifecycle => "s3:PutLifecycleConfiguration",
            Part::Replication => "s3:PutReplicationConfiguration",
            Part::Policy => "s3:PutBucketPolicy",
        }
    }

    /// What to say of a part that nobody asked for.
    pub(super) fn not_read(self) -> Unreadable {
        Unreadable {
            action: self.read_action().to_owned(),
            why: "it was not read".to_owned(),
            denied: false,
        }
    }
}

/// Versioning, and whether deleting a version needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersioningState {
    /// Whether old versions are kept.
    pub state: Versioning,
    /// Whether deleting a version or switching versioning needs the root user's MFA device.
    pub mfa_delete: bool,
}

/// Default encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`.
    pub algorithm: String,
    /// The key as S3 shows it; absent for SSE-S3 and for the AWS-managed key.
    pub key: Option<String>,
    /// Whether one data key serves many objects.
    pub bucket_key: Option<bool>,
    /// Kinds of encryption that writers may not use (`SSE-C`, or `NONE` for no block at all).
    pub blocked: Vec<String>,
}

/// The four ways in which public access is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// New public access control lists are refused.
    pub block_public_acls: bool,
    /// Existing public access control lists are ignored.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy grants nothing to the public.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four the same.
    pub fn all(on: bool) -> Self {
        Self {
            block_public_acls: on,
            ignore_public_acls: on,
            block_public_policy: on,
            restrict_public_buckets: on,
        }
    }
}

/// A destination of replication, as far as it could be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenDestination {
    /// Where it is.
    pub region: Option<Region>,
    /// Whose it is.
    pub account: Option<AccountId>,
}

/// What was seen of a bucket that exists and is ours to look at.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Where it really is, when the service said so.
    pub region: Option<Region>,
    /// Tags.
    pub tags: Seen<Tags>,
    /// Versioning.
    pub versioning: Seen<VersioningState>,
    /// Default encryption.
    pub encryption: Seen<Encryption>,
    /// The public access block.
    pub public_access: Seen<PublicAccessBlock>,
    /// Object ownership.
    pub ownership: Seen<Ownership>,
    /// Object lock.
    pub lock: Seen<ObjectLock>,
    /// Lifecycle rules.
    pub lifecycle: Seen<Lifecycle>,
    /// Replication rules.
    pub replication: Seen<Replication>,
    /// The bucket policy.
    pub policy: Seen<Document>,
    /// The buckets that rules copy to, by name.
    pub destinations: BTreeMap<String, SeenDestination>,
    /// Whether it holds nothing, not even an old version. Asked only of a bucket that says it is being created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_empty: Option<bool>,
    /// What lies under the prefixes that are looked into.
    #[serde(default)]
    pub contents: BTreeMap<String, Observed<Contents>>,
    /// What the aliases of keys that are declared or shown here point to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: Aliases,
}

impl Live {
    /// Whether a tag says that an apply has not finished creating it.
    pub fn says_unfinished(&self) -> bool {
        let tags = self.tags.as_ref().and_then(Observed::present);
        tags.is_some_and(|tags| tags.contains_key(crate::kinds::marked::CREATING_TAG))
    }
}
