//! The vaults of a posture, each by a name that no other has.

use crate::model::Observed;
use crate::model::fact::{Evidence, Facts, Vault};
use std::borrow::Cow;

/// A vault of the posture, what was seen of it, and what its points are called.
pub(super) struct Seen<'a> {
    pub evidence: &'a Evidence,
    pub vault: Cow<'a, Vault>,
    /// Its name, with account and region where another vault has the same.
    pub called: String,
}

/// Every vault of the posture: of one that could not be read, where it is.
pub(super) fn all_of(all: &[Evidence]) -> Vec<Seen<'_>> {
    let vaults = all.iter().filter_map(|evidence| {
        let vault = match (&evidence.facts, evidence.declared.as_deref()) {
            (Observed::Present(Facts::Vault(vault)), _) => Cow::Borrowed(vault.as_ref()),
            (Observed::Unreadable(why), Some(Facts::Vault(vault))) => Cow::Owned(vault.unread(why)),
            _ => return None,
        };
        Some((evidence, vault))
    });
    let vaults: Vec<(&Evidence, Cow<'_, Vault>)> = vaults.collect();
    let called = vaults.iter().map(|(_, vault)| {
        let Vault {
            name,
            account,
            region,
            ..
        } = &**vault;
        match vaults.iter().filter(|(_, other)| other.name == *name).count() {
            0 | 1 => name.clone(),
            _ => format!("{name}@{account}:{region}"),
        }
    });
    let called: Vec<String> = called.collect();
    let seen = vaults.into_iter().zip(called);
    seen.map(|((evidence, vault), called)| Seen {
        evidence,
        vault,
        called,
    })
    .collect()
}
