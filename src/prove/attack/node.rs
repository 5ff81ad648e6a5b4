//! What an attacker gets to, step by step, and how it is called.

use crate::model::AccountId;
use serde::Serialize;

/// Something that an attacker has or has done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Acts as this identity (an ARN).
    Acts(String),
    /// Has a power over many of an account, in words: so that it is said once and not for each of them.
    Power(String),
    /// Has lifted the organization's policies off this account.
    Unbound(String),
    /// Has replaced the resource policy of this store or key (an ARN).
    Opened(String),
    /// Has taken away the resource policy of this store (an ARN).
    Stripped(String),
    /// Has taken away whatever keeps this store's contents from being deleted (an ARN).
    Unlocked(String),
    /// Has suspended versioning in this bucket (an ARN).
    Suspended(String),
    /// Can change the data of this asset (an address).
    Changes(String),
    /// Has made this key unusable (an ARN).
    KeyGone(String),
    /// Has destroyed this copy (its id).
    Gone(String),
}

impl Node {
    /// For people: who or what it is.
    pub fn name(&self) -> String {
        let short = self.short();
        match (self, short.split_once(':')) {
            (Node::Acts(_), Some((account, ADMINISTRATOR))) => format!("an administrator of {account}"),
            _ => short.to_owned(),
        }
    }

    /// Reaching it, in words.
    pub fn gerund(&self) -> String {
        let name = self.name();
        let resource = name.splitn(6, ':').nth(5).unwrap_or(&name);
        match self {
            Node::Acts(_) => format!("acting as {name}"),
            Node::Power(_) => format!("being one who {name}"),
            Node::Unbound(_) => format!("lifting the organization's policies off {name}"),
            Node::Opened(_) => format!("replacing the policy of {resource}"),
            Node::Stripped(_) => format!("taking away the policy of {resource}"),
            Node::Unlocked(_) => format!("taking the lock off {resource}"),
            Node::Suspended(_) => format!("suspending versioning in {resource}"),
            Node::Changes(_) => format!("changing the data of {name}"),
            Node::KeyGone(_) => format!("ending {resource}"),
            Node::Gone(_) => format!("destroying {name}"),
        }
    }

    /// In a few words: of an identity, what follows the service.
    pub fn short(&self) -> &str {
        match self {
            Node::Acts(arn) => short_identity(arn),
            Node::Power(x)
            | Node::Unbound(x)
            | Node::Opened(x)
            | Node::Stripped(x)
            | Node::Unlocked(x)
            | Node::Suspended(x)
            | Node::Changes(x)
            | Node::KeyGone(x)
            | Node::Gone(x) => x,
        }
    }
}

/// The name of somebody who may change what anybody in an account may do.
pub(super) const ADMINISTRATOR: &str = "role/who-may-change-every-policy";

/// The account of somebody who acts, by the ARN with which the name begins.
pub(super) fn account_of(who: &str) -> Option<AccountId> {
    who.split(':').nth(4)?.parse().ok()
}

/// An identity's ARN from the account number on.
pub(super) fn short_identity(arn: &str) -> &str {
    let rest = arn
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"));
    rest.filter(|(partition, _)| !partition.contains(':'))
        .map_or(arn, |(_, identity)| identity)
}
