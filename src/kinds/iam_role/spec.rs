//! What an `iam_role` block declares.

use crate::block;
use crate::kinds::statement::StatementBlock;
use crate::kinds::told::Told;
use crate::model::Duration;
use crate::model::policy::Statement;
use crate::model::schema::Reference;
use std::collections::BTreeMap;

block! {
    /// A role that the posture needs.
    pub struct Spec {
        /// The role's name, at most 64 characters.
        pub name: String,
        /// The path; `/backstay/<project>/` when left out, by which backstay finds the role again.
        pub path: Option<String>,
        /// Shown in the console.
        pub description: Option<String>,
        /// Who may assume the role; `actions` is `sts:AssumeRole` when left out.
        pub trust: Vec<StatementBlock>,
        /// What the role may do (its one inline policy).
        pub statement: Vec<StatementBlock>,
        /// Managed policies to attach, by ARN; others are detached.
        pub managed_policies: Option<Vec<String>>,
        /// The permissions boundary: the ARN of a managed policy.
        pub boundary: Option<Reference>,
        /// Longest session, 1h to 12h.
        pub max_session: Option<Duration>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
        /// Of a derived role, what the block that it is derived from needs of it.
        pub implied: Told<Vec<Statement>>,
        /// Whether another block refers to it.
        pub referred_to: Told<bool>,
    }
}
