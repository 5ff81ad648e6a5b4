//! What the keys that were read mean for the copies under them.

use super::attack::{Everybody, Memberships, Principals};
use super::copies::ground;
use super::copy::{Copy, Encryption};
use super::copying::Copying;
use crate::access::Known;
use crate::model::fact::{Evidence, Facts, KeyFacts, KeyState};
use crate::model::{AccountId, Arn, Observed, Region};
use std::collections::BTreeMap;

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

/// The keys that copies are under and that nobody has read, as the copies name them, each with an account that has such a
/// copy.
pub fn outside(all: &[Evidence]) -> BTreeMap<Arn, Option<AccountId>> {
    let seen = super::by_arn(all);
    // Who may copy changes no key.
    let (principals, memberships) = (Principals::new(), Memberships::new());
    let nobody = Everybody {
        principals: &principals,
        memberships: &memberships,
    };
    let copying = Copying::new(all, nobody);
    let assets = all
        .iter()
        .filter_map(|e| Some((e, super::copies::of(e, &seen)?.ok()?)));
    let copies = assets.flat_map(|(e, copies)| super::kept_elsewhere(e, copies, &seen, &copying));
    let under = copies.filter_map(|copy| match copy.encryption {
        Observed::Present(Encryption::Key(arn)) => Some((arn, copy.domain.account)),
        _ => None,
    });
    let under = under.chain(super::sealed::keys(all));
    under.filter(|(arn, _)| find(arn, all).is_none()).collect()
}

/// Takes what is known of its key into a copy: a key that a service manages cannot be lost by a
/// customer, one that is not enabled makes the copy useless, and of one that was not read nobody can say.
pub(super) fn settle(mut copy: Copy, all: &[Evidence]) -> Copy {
    let Observed::Present(Encryption::Key(arn)) = &copy.encryption else {
        return copy;
    };
    let Some((evidence, key)) = find(arn, all) else {
        let why = unread(arn, all);
        copy.grounds
            .extend(asked(arn, all).map(|e| ground(e, why.clone())));
        copy.unknown = copy.unknown.or(Some(why));
        return copy;
    };
    let (itself, state) = as_named(arn, key);
    let is = word(&state);
    copy.grounds
        .push(ground(evidence, format!("its key {} is {is}", key.alias)));
    match state {
        Observed::Present(KeyState::Enabled) => {}
        Observed::Unreadable(why) => {
            copy.encryption = Observed::Unreadable(why);
            return copy;
        }
        // A key that works mends nothing else.
        _ => {
            copy.unusable = copy
                .unusable
                .or_else(|| Some(format!("its key {} is {is}", key.alias)))
        }
    }
    copy.unknown = copy.unknown.or_else(|| expiring(key));
    if key.service_managed {
        copy.encryption = Observed::Present(Encryption::Service);
    } else {
        copy.encryption = Observed::Present(Encryption::Key(itself.clone()));
    }
    copy
}

/// The key or its replica that a name means, and its state. What was named by an alias is judged by the key itself.
pub(super) fn as_named<'k>(arn: &Arn, key: &'k KeyFacts) -> (&'k Arn, Observed<KeyState>) {
    match key.replicas.iter().find(|r| r.arn == *arn) {
        Some(replica) => (&replica.arn, replica.state.clone()),
        None => (&key.arn, Observed::Present(key.state.clone())),
    }
}

/// Why nobody can say whether a key stays, where its material ends.
pub(super) fn expiring(key: &KeyFacts) -> Option<String> {
    let end = key.material_expires.as_ref()?;
    Some(format!(
        "whether the imported material of its key {} is imported anew before {end} is not known",
        key.alias
    ))
}

pub(super) fn word(state: &Observed<KeyState>) -> &str {
    match state {
        Observed::Present(KeyState::Enabled) => "enabled",
        Observed::Present(KeyState::Disabled) => "disabled",
        Observed::Present(KeyState::PendingDeletion) => "being deleted",
        Observed::Present(KeyState::Other(word)) => word,
        Observed::Absent => "not there",
        Observed::Unreadable(_) => "in a state that could not be read",
    }
}

/// What asking for a key gave that is no key.
fn asked<'a>(arn: &Arn, all: &'a [Evidence]) -> Option<&'a Evidence> {
    all.iter().find(|e| e.arn.as_ref() == Some(arn))
}

/// Why nobody can say whether a key can be used.
pub(super) fn unread(arn: &Arn, all: &[Evidence]) -> String {
    let key = arn.resource();
    match asked(arn, all).map(|e| e.facts.known()) {
        Some(Err(why)) => format!("whether its {key} can be used could not be read: {}", why.why),
        Some(Ok(None)) => format!("its {key} was not found, so nobody can say whether it can be used"),
        Some(Ok(Some(_))) | None => format!("nobody looked whether its {key} can be used"),
    }
}

/// What KMS sees of a request that S3 of a region makes for somebody, about what this context names.
pub(super) fn through_s3(region: &Region, context: Known) -> Vec<(&'static str, Known)> {
    let service = match region.partition() {
        "aws-cn" => format!("s3.{region}.amazonaws.com.cn"),
        _ => format!("s3.{region}.amazonaws.com"),
    };
    vec![
        ("kms:ViaService", Known::one(service)),
        ("kms:EncryptionContext:aws:s3:arn", context),
        ("kms:EncryptionContextKeys", Known::one("aws:s3:arn")),
    ]
}
