//! What an `s3_bucket` block declares.

use crate::kinds::statement::StatementBlock;
use crate::kinds::told::Told;
use crate::model::policy::Statement;
use crate::model::schema::Reference;
use crate::model::{AccountId, Arn, Days, Duration};
use crate::{block, word};
use std::collections::{BTreeMap, BTreeSet};

/// Days as lifecycle rules and locks count them; a hundred years is the most that S3 takes.
pub type Age = Days<1, 36500>;

word! {
    /// Who owns what others write into the bucket.
    pub enum Ownership {
        /// Whoever wrote it; access control lists count.
        ObjectWriter = "object_writer",
        /// The bucket's owner, when the writer sets the `bucket-owner-full-control` list.
        BucketOwnerPreferred = "bucket_owner_preferred",
        /// The bucket's owner, always; access control lists have no effect.
        BucketOwnerEnforced = "bucket_owner_enforced",
    }
}

word! {
    /// Who can take a lock back.
    pub enum Mode {
        /// Whoever has `s3:BypassGovernanceRetention`.
        Governance = "governance",
        /// Nobody, the account's root included, until the retention is over.
        Compliance = "compliance",
    }
}

word! {
    /// Where old objects are moved to, from warm to cold.
    pub enum Tier {
        /// Standard, infrequent access: at least 30 days after writing.
        StandardIa = "standard_ia",
        /// One zone, infrequent access: lost with its zone.
        OnezoneIa = "onezone_ia",
        /// S3 decides by access.
        IntelligentTiering = "intelligent_tiering",
        /// Glacier, instant retrieval.
        GlacierIr = "glacier_ir",
        /// Glacier, flexible retrieval: minutes to hours.
        Glacier = "glacier",
        /// Glacier Deep Archive: 12 to 48 hours.
        DeepArchive = "deep_archive",
    }
}

word! {
    /// The storage class of replicas; the source's when left out.
    pub enum ReplicaClass {
        /// Standard.
        Standard = "standard",
        /// Standard, infrequent access.
        StandardIa = "standard_ia",
        /// One zone, infrequent access.
        OnezoneIa = "onezone_ia",
        /// S3 decides by access.
        IntelligentTiering = "intelligent_tiering",
        /// Glacier, instant retrieval.
        GlacierIr = "glacier_ir",
        /// Glacier, flexible retrieval.
        Glacier = "glacier",
        /// Glacier Deep Archive.
        DeepArchive = "deep_archive",
    }
}

block! {
    /// How new objects are encrypted.
    pub struct EncryptionBlock {
        /// The KMS key, by reference, ARN, id or alias; without one, S3's own keys are used (SSE-S3).
        pub kms_key: Option<Reference>,
        /// Whether one data key serves many objects, which saves calls to KMS.
        pub bucket_key: Option<bool>,
    }
}

block! {
    /// Write-once protection of new object versions. Without `mode` and `retention` the bucket
    /// only becomes able to lock, and nothing is locked by default.
    pub struct ObjectLockBlock {
        /// Who can take the lock back.
        pub mode: Option<Mode>,
        /// How long each new version is locked, from 1d to 36500d.
        pub retention: Option<Age>,
    }
}

block! {
    /// What happens to versions that were overwritten or deleted.
    pub struct NoncurrentBlock {
        /// Only keys that begin so; all keys when left out.
        pub prefix: Option<String>,
        /// Moves a version to `to` this long after it was replaced.
        pub archive_after: Option<Age>,
        /// Where `archive_after` moves versions to.
        pub to: Option<Tier>,
        /// Deletes a version for good this long after it was replaced.
        pub expire_after: Option<Age>,
        /// How many replaced versions of each object are kept whatever their age, 1 to 100.
        pub keep: Option<u32>,
    }
}

block! {
    /// Deletes current objects by age. In a versioned bucket they become noncurrent, and delete
    /// markers without versions behind them are cleaned up by S3 under the same rule.
    #[labels(name)]
    pub struct ExpireBlock {
        /// Only keys that begin so; all keys when left out.
        pub prefix: Option<String>,
        /// Deletes an object this long after it was written.
        pub after: Age,
        /// Moves an object to `to` this long after it was written.
        pub archive_after: Option<Age>,
        /// Where `archive_after` moves objects to.
        pub to: Option<Tier>,
    }
}

block! {
    /// The whole bucket policy.
    pub struct PolicyBlock {
        /// Its statements; `resources` is the bucket and its objects when left out.
        pub statement: Vec<StatementBlock>,
    }
}

block! {
    /// Copies new objects to another bucket. When several blocks overlap, the first one wins.
    pub struct ReplicateBlock {
        /// The bucket to copy to.
        pub to: Reference,
        /// The account that owns it; known by itself for a bucket of this posture.
        pub account: Option<AccountId>,
        /// Only keys that begin so; all keys when left out.
        pub prefix: Option<String>,
        /// `15m`: replication time control, S3's promise and its metrics.
        pub within: Option<Duration>,
        /// Whether deletions are copied too; false when left out, so that a deletion here
        /// leaves the copy in sight.
        pub delete_markers: Option<bool>,
        /// The key that copies of KMS-encrypted objects are encrypted with, in the destination's region.
        pub kms_key: Option<Reference>,
        /// The role that S3 copies with; derived when left out.
        pub role: Option<Reference>,
        /// The storage class of the copies.
        pub storage_class: Option<ReplicaClass>,
        /// Whether the destination's account owns the copies; true when it is another account.
        pub owner_override: Option<bool>,
    }
}

/// Policy statements that other resources contribute.
pub type Contributed = Told<Vec<Statement>>;

/// Prefixes whose contents other resources want known.
pub type LookedInto = Told<BTreeSet<String>>;

block! {
    /// A bucket and how its objects are protected. Only what is written is managed.
    pub struct Spec {
        /// The bucket's name, unique in the world.
        pub name: String,
        /// Whether every version of every object is kept. `object_lock` and `replicate` imply true.
        pub versioning: Option<bool>,
        /// Whether public access is possible at all; false blocks it in all four ways.
        pub public_access: Option<bool>,
        /// Who owns what others write.
        pub ownership: Option<Ownership>,
        /// How new objects are encrypted.
        pub encryption: Option<EncryptionBlock>,
        /// Write-once protection of new object versions.
        pub object_lock: Option<ObjectLockBlock>,
        /// What happens to versions that were overwritten or deleted.
        pub noncurrent: Option<NoncurrentBlock>,
        /// Deletes current objects by age.
        pub expire: Vec<ExpireBlock>,
        /// Gives up on multipart uploads this long after they were begun.
        pub abort_multipart_after: Option<Age>,
        /// The whole bucket policy; without it, statements of others are left alone.
        pub policy: Option<PolicyBlock>,
        /// Where new objects are copied to.
        pub replicate: Vec<ReplicateBlock>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
        /// Statements of other resources.
        pub contributed: Contributed,
        /// Prefixes that other resources ask about.
        pub looked_into: LookedInto,
    }
}

impl Spec {
    /// Whether versions are to be kept, said or implied.
    pub fn wants_versioning(&self) -> Option<bool> {
        let implied = self.object_lock.is_some() || !self.replicate.is_empty();
        self.versioning.or(implied.then_some(true))
    }

    /// Whether any lifecycle rule is declared.
    pub fn wants_lifecycle(&self) -> bool {
        self.noncurrent.is_some() || !self.expire.is_empty() || self.abort_multipart_after.is_some()
    }

    /// Whether the bucket policy is declared or contributed to.
    pub fn wants_policy(&self) -> bool {
        self.policy.is_some() || !self.contributed.0.is_empty()
    }

    /// The lock of new versions, when one is declared.
    pub fn retention(&self) -> Option<(Mode, Age)> {
        let lock = self.object_lock.as_ref()?;
        Some((lock.mode?, lock.retention?))
    }
}

impl Tier {
    /// As S3 spells it.
    pub fn wire(self) -> &'static str {
        match self {
            Self::StandardIa => "STANDARD_IA",
            Self::OnezoneIa => "ONEZONE_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }

    /// Days an object must be old before it may be moved here.
    pub fn floor(self) -> u32 {
        match self {
            Self::StandardIa | Self::OnezoneIa => 30,
            _ => 1,
        }
    }

    /// Days that are billed at least, however early an object is deleted.
    pub fn billed(self) -> u32 {
        match self {
            Self::StandardIa | Self::OnezoneIa => 30,
            Self::IntelligentTiering => 0,
            Self::GlacierIr | Self::Glacier => 90,
            Self::DeepArchive => 180,
        }
    }
}

impl ReplicaClass {
    /// As S3 spells it.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::StandardIa => "STANDARD_IA",
            Self::OnezoneIa => "ONEZONE_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }
}

/// The name of the bucket that is referred to.
pub fn bucket_name(to: &Reference) -> Option<&str> {
    match &to.arn {
        Some(arn) => Some(arn.resource()),
        None => to.name.as_deref(),
    }
}

/// The ARN of the bucket that is referred to, in the partition of the one that refers.
pub fn bucket_arn(to: &Reference, partition: &str) -> Option<Arn> {
    match &to.arn {
        Some(arn) => Some(arn.clone()),
        None => bucket_name(to).map(|name| Arn::bucket(partition, name)),
    }
}

/// A key as S3 takes it: its ARN, or the id or alias that was written.
pub fn key_id(key: &Reference) -> Option<String> {
    match &key.arn {
        Some(arn) => Some(arn.to_string()),
        None => key.name.clone(),
    }
}
