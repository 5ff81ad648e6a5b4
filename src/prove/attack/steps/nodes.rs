//! What steps lead to and from: those who act, by their names, and what of theirs is acted on.

use super::super::actor::{Actor, Standing};
use super::super::graph::Node;
use super::super::node::{ADMINISTRATOR, account_of, short_identity};
use super::outsiders;
use crate::access::{Caller, Guardrails};
use crate::model::{AccountId, Arn};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The root of an account.
pub(in super::super) fn root_of(partition: &str, account: &AccountId) -> String {
    Arn::iam(partition, account, "root").to_string()
}

/// Somebody who may change what anybody in the account may do, and so may do everything there.
pub(in super::super) fn administrator_of(partition: &str, account: &AccountId) -> String {
    Arn::iam(partition, account, ADMINISTRATOR).to_string()
}

/// Everything of a kind in somebody's account, as policies name it: `role`, `user`, `group`, `policy`.
pub(super) fn every(kind: &str, who: &Actor) -> String {
    Arn::iam(who.arn.partition(), &who.account, &format!("{kind}/*")).to_string()
}

/// That the account of whoever acts is rid of its policies, if it has any.
pub(super) fn unbound(node: &Node, rails: &BTreeMap<AccountId, Rc<Guardrails>>) -> Option<Node> {
    let Node::Acts(who) = node else { return None };
    let account = account_of(who)?;
    rails
        .contains_key(&account)
        .then(|| Node::Unbound(account.to_string()))
}

pub(super) fn acts(who: &Actor) -> Node {
    match who.standing {
        Standing::Loosened => loosened(&who.arn),
        Standing::Capped => capped(&who.arn),
        Standing::Renamed | Standing::Federated => guise(&who.arn, &who.caller),
        Standing::Bare => Node::Acts(format!("{} newly made without permissions", who.arn)),
        Standing::Rewritten => Node::Acts(format!("{} with policies rewritten", who.arn)),
        Standing::Made => Node::Acts(format!("{} newly made", who.arn)),
        Standing::Known | Standing::Administrator | Standing::Root => Node::Acts(who.arn.to_string()),
    }
}

pub(super) fn loosened(arn: &Arn) -> Node {
    Node::Acts(format!("{arn} without what denied it"))
}

fn guise(arn: &Arn, caller: &Caller) -> Node {
    match caller {
        Caller::User(name) => Node::Acts(format!("{arn} renamed to {}", name.resource())),
        Caller::FederatedUser { session, .. } => Node::Acts(format!("{arn} as {}", session.resource())),
        _ => Node::Acts(arn.to_string()),
    }
}

pub(super) fn capped(arn: &Arn) -> Node {
    Node::Acts(format!("{arn} with policies rewritten within its boundary"))
}

pub(in super::super) fn name(arn: &Arn) -> String {
    match arn.account() {
        Some(account) if outsiders::is_outside(&account) => "anybody of an account of their own".to_owned(),
        Some(account) if arn.as_str() == administrator_of(arn.partition(), &account) => {
            format!("an administrator of {account}")
        }
        _ => short_identity(arn.as_str()).to_owned(),
    }
}

/// Who acts, and under which name where that is not its own.
pub(in super::super) fn called(who: &Actor) -> String {
    match who.standing {
        Standing::Renamed | Standing::Federated => acts(who).name(),
        _ => name(&who.arn),
    }
}
