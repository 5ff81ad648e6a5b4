//! What a `backup_plan` block declares.

use super::target::{Selected, VaultRef};
use crate::model::schema::Reference;
use crate::model::{Days, Duration};
use crate::{block, word};
use std::collections::BTreeMap;

/// Days until a recovery point is moved or deleted.
pub type Age = Days<1, 36500>;

word! {
    /// How a tag is compared.
    pub enum Test {
        /// The same.
        Equals = "StringEquals",
        /// Another value, or none.
        NotEquals = "StringNotEquals",
        /// Matches a pattern with `*`.
        Like = "StringLike",
        /// Does not match it.
        NotLike = "StringNotLike",
    }
}

block! {
    /// A copy of every recovery point of the rule. It is a snapshot, even where the original is continuous.
    pub struct CopyBlock {
        /// The vault to copy to, in any region or account of the organization.
        pub to: VaultRef,
        /// When the copy is deleted, 1d to 36500d; never when left out, which keeps the original's date.
        pub delete_after: Option<Age>,
        /// When the copy is moved to cold storage.
        pub cold_after: Option<Age>,
    }
}

block! {
    /// When recovery points are made, where they go and how long they stay. A new lifetime does not touch
    /// recovery points that exist.
    #[labels(name)]
    pub struct RuleBlock {
        /// The vault, in the plan's own account and region.
        pub vault: VaultRef,
        /// `cron(0 5 ? * * *)`, not more often than every hour.
        pub schedule: String,
        /// The zone of the schedule, such as `Europe/Zurich`; UTC when left out.
        pub timezone: Option<String>,
        /// A job that could not start by then is given up; at least 1h, 8h when left out.
        pub start_window: Option<Duration>,
        /// A job that is not done by then is given up; 7d when left out.
        pub completion_window: Option<Duration>,
        /// Whether one can go back to any point in time, where the type of resource has it; then `delete_after` is
        /// 1d to 35d.
        pub continuous: Option<bool>,
        /// When a recovery point is deleted, 1d to 36500d; never when left out.
        pub delete_after: Option<Age>,
        /// When a recovery point is moved to cold storage; it stays there for 90d at least.
        pub cold_after: Option<Age>,
        /// Where each recovery point is copied to.
        pub copy: Vec<CopyBlock>,
    }
}

block! {
    /// A tag that decides.
    pub struct TagBlock {
        /// The tag's name.
        pub key: String,
        /// Its value, or a pattern of it.
        pub value: String,
    }
}

block! {
    /// A tag that has to be so, or must not be.
    pub struct ConditionBlock {
        /// How it is compared.
        pub test: Test,
        /// The tag's name.
        pub key: String,
        /// Its value, or a pattern of it.
        pub value: String,
    }
}

block! {
    /// What is backed up. AWS Backup cannot change a selection: a new one is made before the old one goes, so that
    /// nothing is left out in between.
    #[labels(name)]
    pub struct SelectionBlock {
        /// The role that AWS Backup acts as, for backups and for restores.
        pub role: Reference,
        /// What is backed up.
        pub resources: Vec<Selected>,
        /// What is left out.
        pub not_resources: Vec<Selected>,
        /// What carries one of these tags is backed up too.
        pub tag: Vec<TagBlock>,
        /// All of these have to hold for whatever was selected.
        pub condition: Vec<ConditionBlock>,
    }
}

block! {
    /// By what rules AWS Backup makes recovery points, and of what. All rules and selections of the plan are managed.
    pub struct Spec {
        /// The plan's name: 1 to 50 letters, digits, hyphens, dots and underscores.
        pub name: String,
        /// When recovery points are made, where they go and how long they stay.
        pub rule: Vec<RuleBlock>,
        /// What is backed up.
        pub selection: Vec<SelectionBlock>,
        /// Whether Windows is asked to bring its applications to rest on EC2 (VSS).
        pub windows_vss: Option<bool>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
    }
}
