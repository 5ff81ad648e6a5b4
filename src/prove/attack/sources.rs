//! Where the documents were read that steps rest on, and when.

use super::Everybody;
use super::graph::Node;
use super::node::{ADMINISTRATOR, account_of};
use crate::model::fact::{Evidence, Facts};
use crate::model::{AccountId, Arn, Observed};
use crate::prove::copy::Copy;
use crate::prove::derivation::Source;

/// Everything that was read.
#[derive(Debug, Clone, Copy)]
pub(in crate::prove) struct Sources<'a> {
    pub evidence: &'a [Evidence],
    pub everybody: Everybody<'a>,
    pub copies: &'a [Copy],
    /// When identities and organizations were, RFC 3339.
    pub read_at: &'a str,
}

impl<'a> Sources<'a> {
    /// What a step between these rests on: the identities' documents of whoever acts, and the policy of what is acted on.
    pub(super) fn of<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>) -> Vec<Source> {
        let mut all: Vec<Source> = Vec::new();
        for source in nodes.into_iter().flat_map(|node| self.behind(node)) {
            if !all.contains(&source) {
                all.push(source);
            }
        }
        all
    }

    fn behind(&self, node: &Node) -> Vec<Source> {
        match node {
            Node::Acts(who) => {
                let account = account_of(who);
                // Above everybody's documents stand the root and whoever administers the account.
                let documents = !who.ends_with(":root") && !who.ends_with(ADMINISTRATOR);
                account.map_or_else(Vec::new, |account| self.account(&account, documents))
            }
            Node::Unbound(account) => {
                let account = account.parse().ok();
                account
                    .and_then(|account| self.organization(&account))
                    .into_iter()
                    .collect()
            }
            Node::Opened(arn)
            | Node::Stripped(arn)
            | Node::Unlocked(arn)
            | Node::Suspended(arn)
            | Node::KeyGone(arn) => self.resource(arn).into_iter().collect(),
            Node::Changes(address) => {
                let mut all = self.evidence.iter();
                let found = all.find(|e| e.subject.to_string() == *address);
                found.map(seen).into_iter().collect()
            }
            Node::Gone(id) => {
                let copy = self.copies.iter().find(|copy| copy.id == *id);
                copy.and_then(|copy| self.resource(copy.holder.arn().as_str()))
                    .into_iter()
                    .collect()
            }
            Node::Power(_) => Vec::new(),
        }
    }

    fn resource(&self, arn: &str) -> Option<Source> {
        let is = |known: &Arn| known.as_str() == arn;
        let named = |e: &&Evidence| {
            let key = match e.facts.present() {
                Some(Facts::Key(key)) => is(&key.arn) || key.replicas.iter().any(|r| is(&r.arn)),
                _ => false,
            };
            key || e.arn.as_ref().is_some_and(is)
        };
        self.evidence.iter().find(named).map(seen)
    }

    fn account(&self, account: &AccountId, documents: bool) -> Vec<Source> {
        let read = matches!(self.everybody.principals.get(account), Some(Observed::Present(_)));
        let identities = (read && documents).then(|| Source {
            what: format!("iam:GetAccountAuthorizationDetails of {account}"),
            read_at: self.read_at.to_owned(),
        });
        identities.into_iter().chain(self.organization(account)).collect()
    }

    fn organization(&self, account: &AccountId) -> Option<Source> {
        let membership = self.everybody.memberships.get(account)?.present()?;
        (!membership.levels.is_empty()).then(|| Source {
            what: format!("organizations:ListPoliciesForTarget up from {account}"),
            read_at: self.read_at.to_owned(),
        })
    }
}

fn seen(evidence: &Evidence) -> Source {
    Source {
        what: evidence.source(),
        read_at: evidence.read_at.clone(),
    }
}
