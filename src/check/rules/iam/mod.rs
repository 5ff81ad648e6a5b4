//! Controls on identities, first of all on isolated backup writers: they may write new backups and
//! nothing else.

pub mod abilities;
#[cfg(test)]
pub(super) mod cases;
pub mod trust;
pub mod writing;

use crate::access::Holder;
use crate::check::estate::{Estate, Subject};
use crate::check::rule::Unknown;
use crate::model::fact::{Identity, WriteTarget};

/// The identity as resource policies see it.
fn holder(identity: &Subject<'_, Identity>, estate: &Estate<'_>) -> Holder {
    Holder::new(identity.facts, identity.evidence.arn.as_ref(), estate.stores())
}

/// An error when something that could grant more was not read: one of the identity's own documents.
fn documents_known(identity: &Identity) -> Result<(), Unknown> {
    match identity.unknown.first() {
        Some(unreadable) => Err(Unknown::from(unreadable)),
        None => Ok(()),
    }
}

/// An error when the policy of a bucket that it writes to was not read: it could grant more.
fn targets_known(targets: &[WriteTarget], estate: &Estate<'_>) -> Result<(), Unknown> {
    for target in targets {
        let Some(store) = estate.store(&target.bucket) else {
            return Err(Unknown::new(format!(
                "the policy of {} is not known: the bucket is not part of the posture or could not be read",
                target.bucket
            ))
            .remedy("Declare the bucket in the posture, so that its policy is read."));
        };
        store.policy.known()?;
    }
    Ok(())
}
