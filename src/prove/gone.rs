//! Whom policies name that are no longer there.

use super::attack::Everybody;
use super::copies::ground;
use super::copy::{Copy, Encryption};
use crate::access::is_unique_id;
use crate::model::Observed;
use crate::model::fact::{Evidence, Facts};
use std::collections::BTreeSet;

/// Who there is, for telling who is not.
pub(super) struct Gone<'a> {
    evidence: &'a [Evidence],
    /// The unique ids of everybody who was read.
    ids: BTreeSet<&'a str>,
}

impl<'a> Gone<'a> {
    pub(super) fn new(evidence: &'a [Evidence], everybody: Everybody<'a>) -> Self {
        let ids = everybody.known().map(|p| p.id.as_str()).collect();
        Self { evidence, ids }
    }

    /// Says of a copy which deleted identities the policies of its store and key name. They grant nothing, whoever takes
    /// their name later.
    pub(super) fn told(&self, mut copy: Copy) -> Copy {
        let key = match &copy.encryption {
            Observed::Present(Encryption::Key(key)) => Some(key),
            _ => None,
        };
        let bears = |evidence: &&Evidence| match (&evidence.arn, evidence.facts.present()) {
            (_, Some(Facts::Key(found))) => key == Some(&found.arn),
            (Some(arn), Some(_)) => arn == copy.holder.arn(),
            _ => false,
        };
        let mut grounds = Vec::new();
        for evidence in self.evidence.iter().filter(bears) {
            let policy = evidence.facts.present().and_then(Facts::policy);
            let statements = policy
                .and_then(Observed::present)
                .into_iter()
                .flat_map(|p| &p.statements);
            let named: BTreeSet<&String> = statements.flat_map(|s| s.named("AWS")).collect();
            let gone = named
                .into_iter()
                .filter(|name| is_unique_id(name) && !self.ids.contains(name.as_str()));
            grounds.extend(gone.map(|name| {
                let says =
                    format!("its policy names {name}, a principal that no longer exists: it grants nothing");
                ground(evidence, says)
            }));
        }
        copy.grounds.extend(grounds);
        copy
    }
}
