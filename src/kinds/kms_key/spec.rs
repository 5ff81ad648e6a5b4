//! What a `kms_key` block declares.

use crate::block;
use crate::kinds::statement::StatementBlock;
use crate::model::schema::Reference;
use crate::model::{Days, Region};
use std::collections::BTreeMap;

/// Days between rotations, as KMS takes them.
pub type Period = Days<90, 2560>;

block! {
    /// The same key in another region.
    pub struct ReplicaBlock {
        /// Where.
        pub region: Region,
    }
}

block! {
    /// A key, and who may do what with it. It is always meant to be usable: one that is disabled or waits for
    /// its deletion is brought back.
    pub struct Spec {
        /// The alias, without `alias/`: by it the key is found again, and where it is gone by the tag
        /// `backstay:alias`.
        pub name: String,
        /// Shown in the console.
        pub description: Option<String>,
        /// Who may change the key's settings and its policy, and neither encrypt nor decrypt with it. With
        /// `administrators`, `users` or `statement` the whole key policy is managed.
        pub administrators: Vec<Reference>,
        /// Who may encrypt and decrypt, also through services that keep a grant for it (RDS, AWS Backup). A role,
        /// or the root ARN of another account.
        pub users: Vec<Reference>,
        /// Further statements of the key policy; `resources` is `*`, which in a key policy is the key.
        pub statement: Vec<StatementBlock>,
        /// Whether identity policies of the account can grant the use of the key too; false when left out, so
        /// that nobody but `administrators` and `users` has it. The account's root user can always repair the policy.
        pub delegate_to_iam: Option<bool>,
        /// How often the key material is replaced, 90d to 2560d; what was encrypted before stays readable.
        pub rotation: Option<Period>,
        /// Whether the key can have replicas in other regions. KMS decides it when a key is created; `replica`
        /// implies true.
        pub multi_region: Option<bool>,
        /// The same key in other regions.
        pub replica: Vec<ReplicaBlock>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
    }
}

impl Spec {
    /// Whether the key policy is declared.
    pub fn wants_policy(&self) -> bool {
        !(self.administrators.is_empty() && self.users.is_empty() && self.statement.is_empty())
    }

    /// Whether it can have replicas, said or implied.
    pub fn wants_multi_region(&self) -> Option<bool> {
        self.multi_region.or((!self.replica.is_empty()).then_some(true))
    }
}
