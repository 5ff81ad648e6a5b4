//! What a `backup_vault` block declares.

use crate::kinds::statement::StatementBlock;
use crate::model::Days;
use crate::model::schema::Reference;
use crate::{block, word};
use std::collections::BTreeMap;

/// Days that a recovery point is kept.
pub type Keep = Days<1, 36500>;
/// The fewest days of grace that AWS Backup takes.
pub const LEAST_GRACE: u32 = 3;
/// Days in which a compliance lock can still be taken back.
pub type Grace = Days<LEAST_GRACE, 36500>;

word! {
    /// Who can take a lock back.
    pub enum Mode {
        /// Whoever may delete the lock's configuration.
        Governance = "governance",
        /// Nobody once the grace time is over, the account's root included.
        Compliance = "compliance",
    }
}

block! {
    /// How long recovery points are kept at least and at most. Points that are there already are not covered; a
    /// job whose retention lies outside fails.
    pub struct LockBlock {
        /// Who can take the lock back.
        pub mode: Mode,
        /// No recovery point is deleted sooner, 1d to 36500d.
        pub min: Option<Keep>,
        /// No recovery point may be kept longer, and none for ever.
        pub max: Option<Keep>,
        /// How long a compliance lock can still be taken back, at least 3d; needed with `compliance`, and without
        /// meaning for an air-gapped vault, which is locked from birth. Of a lock that is there a shorter one brings
        /// the day forward on which it closes; a longer one puts nothing off.
        pub grace: Option<Grace>,
    }
}

block! {
    /// Further statements of the access policy.
    pub struct PolicyBlock {
        /// Its statements; `resources` is `*`, which here means the vault and its recovery points.
        pub statement: Vec<StatementBlock>,
    }
}

block! {
    /// Where AWS Backup keeps recovery points, and who can take them away. With `receives_from`, `deny_delete` or
    /// `policy` the whole access policy is managed, also where they come to none.
    pub struct Spec {
        /// The vault's name: 2 to 50 letters, digits, hyphens and underscores.
        pub name: String,
        /// The key; the service's own when left out, with which copies cannot come from or go to another account.
        /// It cannot be changed.
        pub kms_key: Option<Reference>,
        /// Accounts (`222222222222`) and organizations (`o-…`) that may copy recovery points into the vault, and
        /// nothing else.
        pub receives_from: Option<Vec<String>>,
        /// Whether everybody is refused to delete recovery points, to shorten their retention and to change
        /// this refusal.
        pub deny_delete: Option<bool>,
        /// Who is excepted from `deny_delete`; without any only the policy itself can still be changed.
        pub guardians: Vec<Reference>,
        /// Further statements of the access policy.
        pub policy: Option<PolicyBlock>,
        /// How long recovery points are kept at least and at most.
        pub lock: Option<LockBlock>,
        /// Whether the vault is logically air-gapped: kept in an account of the service, locked in compliance
        /// mode from birth, with `lock.min` of at least 7d and `lock.max`. Decided when it is created.
        pub air_gapped: Option<bool>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
    }
}

impl Spec {
    /// Whether the access policy is declared.
    pub fn wants_policy(&self) -> bool {
        self.receives_from.is_some() || self.deny_delete.is_some() || self.policy.is_some()
    }
}
