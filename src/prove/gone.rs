//! Whom policies name that are no longer there.

use super::attack::Principals;
use super::copies::ground;
use super::copy::{Copy, Encryption};
use crate::access::is_unique_id;
use crate::model::Observed;
use crate::model::fact::{Evidence, Facts};
use std::collections::BTreeSet;

/// Says of a copy which deleted identities the policies of its store and key name. They grant nothing, whoever takes their
/// name later.
pub(super) fn told(mut copy: Copy, all: &[Evidence], principals: &Principals) -> Copy {
    let known = principals.values().filter_map(Observed::present).flatten();
    let known: BTreeSet<&str> = known.map(|p| p.id.as_str()).collect();
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
    for evidence in all.iter().filter(bears) {
        let policy = evidence.facts.present().and_then(Facts::policy);
        let statements = policy
            .and_then(Observed::present)
            .into_iter()
            .flat_map(|p| &p.statements);
        let named: BTreeSet<&String> = statements.flat_map(|s| s.named("AWS")).collect();
        let gone = named
            .into_iter()
            .filter(|name| is_unique_id(name) && !known.contains(name.as_str()));
        grounds.extend(gone.map(|name| {
            let says =
                format!("its policy names {name}, a principal that no longer exists: it grants nothing");
            ground(evidence, says)
        }));
    }
    copy.grounds.extend(grounds);
    copy
}
