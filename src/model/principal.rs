//! Everybody who can act in an account: what attack paths are made of.

use super::policy::Document;
use super::{Arn, Observed};
use serde::{Deserialize, Serialize};

/// A role or user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// Somebody becomes it.
    Role,
    /// Has credentials of its own.
    User,
}

/// Somebody who can act, with every document that says how far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Principal {
    /// Its ARN, with the path.
    pub arn: Arn,
    /// What it is.
    pub kind: PrincipalKind,
    /// The unique id (`AROA…`, `AIDA…`) that policies name it by after it was deleted.
    pub id: String,
    /// Who may become it; absent for users.
    pub trust: Observed<Document>,
    /// Its own, attached and inherited (group) policies, by name.
    pub policies: Vec<(String, Observed<Document>)>,
    /// What it may do at most; absent when there is no boundary.
    pub boundary: Observed<Document>,
}
