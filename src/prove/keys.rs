//! What the keys that were read mean for the copies under them.

use super::copy::{Copy, Encryption};
use crate::model::fact::{Evidence, Facts, KeyFacts, KeyState};
use crate::model::{Arn, Observed};

/// The key of this ARN, or alias, or one of its replicas, when it was read.
pub(super) fn find<'a>(arn: &Arn, all: &'a [Evidence]) -> Option<(&'a Evidence, &'a KeyFacts)> {
    all.iter().find_map(|evidence| match evidence.facts.present() {
        Some(Facts::Key(key))
            if key.arn == *arn
                || evidence.arn.as_ref() == Some(arn)
                || key.replicas.iter().any(|r| r.arn == *arn) =>
        {
            Some((evidence, key.as_ref()))
        }
        _ => None,
    })
}

/// Takes what is known of its key into a copy: a key that a service manages cannot be lost by a
/// customer, and one that is not enabled makes the copy useless.
pub(super) fn settle(mut copy: Copy, all: &[Evidence]) -> Copy {
    let Observed::Present(Encryption::Key(arn)) = &copy.encryption else {
        return copy;
    };
    let Some((evidence, key)) = find(arn, all) else {
        return copy;
    };
    let replica = key.replicas.iter().find(|r| r.arn == *arn);
    let state = match replica {
        Some(replica) => replica.state.clone(),
        None => Observed::Present(key.state.clone()),
    };
    let is = match &state {
        Observed::Present(KeyState::Enabled) => "enabled",
        Observed::Present(KeyState::Disabled) => "disabled",
        Observed::Present(KeyState::PendingDeletion) => "being deleted",
        Observed::Present(KeyState::Other(word)) => word,
        Observed::Absent => "not there",
        Observed::Unreadable(_) => "in a state that could not be read",
    };
    let says = format!("its key {} is {is}", key.alias);
    copy.grounds.push(super::copies::ground(evidence, says));
    let unusable = match state {
        Observed::Present(KeyState::Enabled) => None,
        Observed::Present(KeyState::Disabled) => Some(format!("its key {} is disabled", key.alias)),
        Observed::Present(KeyState::PendingDeletion) => {
            Some(format!("its key {} is being deleted", key.alias))
        }
        Observed::Present(KeyState::Other(word)) => Some(format!("its key {} is {word}", key.alias)),
        Observed::Absent => Some(format!("its key {} does not exist", key.alias)),
        Observed::Unreadable(why) => {
            copy.encryption = Observed::Unreadable(why);
            return copy;
        }
    };
    // A key that works mends nothing else.
    copy.unusable = copy.unusable.or(unusable);
    if key.service_managed {
        copy.encryption = Observed::Present(Encryption::Service);
    } else if replica.is_none() {
        // What was named by an alias is judged by the key itself.
        copy.encryption = Observed::Present(Encryption::Key(key.arn.clone()));
    }
    copy
}
