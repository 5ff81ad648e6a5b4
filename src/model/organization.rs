//! What an organization lets the identities of an account do at most.

use super::policy::Document;
use super::{AccountId, Observed};
use serde::{Deserialize, Serialize};

/// One level of the organization, with the service control policies attached to it. Each level has to allow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The root (`r-…`), organizational unit (`ou-…`) or account.
    pub target: String,
    /// By name.
    pub policies: Vec<(String, Observed<Document>)>,
}

/// An account's place in an organization whose service control policies bind it. The organization's management
/// account is bound by none, so it has no such place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// `o-…`.
    pub organization: String,
    /// The account that may change the policies, or put the account elsewhere.
    pub management: AccountId,
    /// From the root down to the account.
    pub levels: Vec<Level>,
    /// The organization's own policy, by which other accounts may manage policies too; absent when there is none.
    pub delegation: Observed<Document>,
}
