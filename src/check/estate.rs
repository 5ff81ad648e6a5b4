//! All that a run has seen, with look-ups: what lets a rule follow a replica to where it lies.

use crate::model::fact::{Evidence, Facts, ObjectStore, Schedule, Vault};
use crate::model::{AccountId, Arn, Region};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// The facts being judged, with where they come from. Reads like the facts.
#[derive(Debug)]
pub struct Subject<'a, F> {
    /// Whose facts, from where, read when.
    pub evidence: &'a Evidence,
    /// The facts.
    pub facts: &'a F,
}

impl<F> Clone for Subject<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Subject<'_, F> {}

impl<F> Deref for Subject<'_, F> {
    type Target = F;
    fn deref(&self) -> &F {
        self.facts
    }
}

impl<F> Subject<'_, F> {
    /// Where it lives.
    pub fn region(&self) -> &Region {
        &self.evidence.scope.region
    }
}

/// Everything that was seen in a run.
#[derive(Debug, Default)]
pub struct Estate<'a> {
    by_arn: BTreeMap<&'a Arn, &'a Evidence>,
    replica_targets: BTreeSet<&'a Arn>,
    accounts: BTreeSet<AccountId>,
    // A plan's ARN is not known from its block, so plans are not found by it.
    schedules: Vec<&'a Schedule>,
}

impl<'a> Estate<'a> {
    /// Indexes the evidence of a run.
    pub fn new(evidence: &'a [Evidence]) -> Self {
        let mut estate = Self::default();
        for item in evidence {
            if let Some(arn) = &item.arn {
                estate.by_arn.insert(arn, item);
                estate.accounts.extend(arn.account());
            }
            if let Some(Facts::Schedule(plan)) = item.facts.present() {
                estate.schedules.push(plan.as_ref());
            }
            if let Some(Facts::ObjectStore(store)) = item.facts.present() {
                estate.accounts.insert(store.account.clone());
                let replicas = store.replicas.present().into_iter().flatten();
                estate.replica_targets.extend(replicas.map(|r| &r.bucket));
            }
        }
        estate
    }

    /// What was seen under a name; `None` when the posture does not hold it.
    pub fn get(&self, arn: &Arn) -> Option<&'a Evidence> {
        self.by_arn.get(arn).copied()
    }

    /// The bucket of this name, when it was seen.
    pub fn store(&self, arn: &Arn) -> Option<&'a ObjectStore> {
        self.get(arn)?.store()
    }

    /// Every bucket that was seen.
    pub fn stores(&self) -> impl Iterator<Item = (&'a Arn, &'a ObjectStore)> {
        self.by_arn
            .iter()
            .filter_map(|(arn, evidence)| Some((*arn, evidence.store()?)))
    }

    /// Every vault of recovery points that was seen.
    pub fn vaults(&self) -> impl Iterator<Item = &'a Vault> {
        self.by_arn
            .values()
            .filter_map(|evidence| match evidence.facts.present()? {
                Facts::Vault(vault) => Some(vault.as_ref()),
                _ => None,
            })
    }

    /// Every backup plan that was seen.
    pub fn schedules(&self) -> impl Iterator<Item = &'a Schedule> {
        self.schedules.iter().copied()
    }

    /// Whether backups or copies of another bucket lie in this one: the original is elsewhere, and
    /// this is what a recovery needs.
    pub fn holds_copies(&self, store: &Subject<'_, ObjectStore>) -> bool {
        let arn = store.evidence.arn.as_ref();
        store.holds_backups || arn.is_some_and(|arn| self.replica_targets.contains(arn))
    }

    /// Whether the posture spans this account: its principals are no strangers.
    pub fn is_own_account(&self, account: &AccountId) -> bool {
        self.accounts.contains(account)
    }
}
