//! Objects under other keys than their bucket's: from before its default changed, or by whoever wrote them. What is under
//! a key is lost with that one, whatever the bucket says.

use super::copies::ground;
use super::copy::{Copy, Encryption, Holder};
use super::keys;
use crate::diag::escape;
use crate::model::fact::{Evidence, KeyState, Sealed};
use crate::model::{AccountId, Arn, Observed};
use std::collections::BTreeMap;

/// The keys that objects were seen to be under, each with the account of a bucket that holds such.
pub(super) fn keys(all: &[Evidence]) -> impl Iterator<Item = (Arn, Option<AccountId>)> {
    all.iter().filter_map(Evidence::store).flat_map(|store| {
        let seen = store.sealed.as_ref().and_then(Observed::present);
        let named = seen.into_iter().flatten().filter_map(|s| s.by.present());
        named.map(|arn| (arn.clone(), Some(store.account.clone())))
    })
}

/// Takes what its objects are under into a copy whose own key is settled. Of what nobody may look at it is said that nobody
/// did: reading a key takes as much as reading the object.
pub(super) fn settle(mut copy: Copy, all: &[Evidence]) -> Copy {
    let Holder::Bucket { arn, .. } = &copy.holder else {
        return copy;
    };
    let Some((there, store)) = all
        .iter()
        .filter(|e| e.arn.as_ref() == Some(arn))
        .find_map(|e| Some((e, e.store()?)))
    else {
        return copy;
    };
    let seen: Vec<&Sealed> = match &store.sealed {
        Some(Observed::Present(all)) => all.iter().filter(|s| s.key.starts_with(&copy.prefix)).collect(),
        Some(Observed::Absent) => Vec::new(),
        None => {
            copy.grounds.push(ground(there, unasked("nobody looked")));
            return copy;
        }
        Some(Observed::Unreadable(why)) => {
            copy.grounds.push(ground(there, unasked(&why.why)));
            return copy;
        }
    };
    let mut others: BTreeMap<&Arn, Vec<&Sealed>> = BTreeMap::new();
    for sealed in &seen {
        match &sealed.by {
            Observed::Absent => {}
            Observed::Present(key) if is_own(key, &copy, all) => {}
            Observed::Present(key) => others.entry(key).or_default().push(sealed),
            Observed::Unreadable(why) if why.denied => {}
            Observed::Unreadable(why) => {
                let says = format!(
                    "under which key {} is could not be read: {}",
                    named(sealed),
                    why.why
                );
                copy.unknown = copy.unknown.or(Some(says));
            }
        }
    }
    copy.grounds.extend(denied(&seen).map(|says| ground(there, says)));
    for (key, under) in others {
        let says = format!(
            "of {} versions that were looked at, {} are under {} and not under the bucket's key, such as {}",
            seen.len(),
            under.len(),
            key.resource(),
            under.first().map(|s| named(s)).unwrap_or_default()
        );
        copy.grounds.push(ground(there, says.clone()));
        copy = with(copy, key, &says, all);
    }
    copy
}

/// A copy of which a part is under this key too.
fn with(mut copy: Copy, arn: &Arn, says: &str, all: &[Evidence]) -> Copy {
    let Some((evidence, key)) = keys::find(arn, all) else {
        copy.unknown = copy
            .unknown
            .or_else(|| Some(format!("{says}: {}", keys::unread(arn, all))));
        return copy;
    };
    let (itself, state) = keys::as_named(arn, key);
    let is = keys::word(&state);
    copy.grounds
        .push(ground(evidence, format!("the key {} is {is}", key.alias)));
    match &state {
        Observed::Present(KeyState::Enabled) => {}
        Observed::Unreadable(why) => {
            copy.unknown = copy
                .unknown
                .or_else(|| Some(format!("{says}, of which nothing could be read: {}", why.why)));
        }
        _ => {
            copy.partial = copy
                .partial
                .or_else(|| Some(format!("only a part: {says}, which is {is}")))
        }
    }
    copy.unknown = copy.unknown.or_else(|| keys::expiring(key));
    if !key.service_managed {
        copy.other_keys.insert(itself.clone());
    }
    copy
}

/// Whether a key is the one that the copy is under anyway.
fn is_own(key: &Arn, copy: &Copy, all: &[Evidence]) -> bool {
    let found = keys::find(key, all).map(|(_, found)| found);
    match &copy.encryption {
        Observed::Present(Encryption::Key(own)) => {
            own == key || found.is_some_and(|found| keys::as_named(key, found).0 == own)
        }
        Observed::Present(Encryption::Service) => found.is_some_and(|found| found.service_managed),
        Observed::Absent | Observed::Unreadable(_) => false,
    }
}

/// What is said where some may not be looked at.
fn denied(seen: &[&Sealed]) -> Option<String> {
    let refused: Vec<&str> = seen
        .iter()
        .filter_map(|s| match &s.by {
            Observed::Unreadable(why) if why.denied => Some(why.why.as_str()),
            _ => None,
        })
        .collect();
    let why = refused.first()?;
    Some(unasked(&format!(
        "of {} versions, {} may not be looked at: {why}",
        seen.len(),
        refused.len()
    )))
}

fn unasked(why: &str) -> String {
    format!("the keys of single objects were not read, and are taken to be the bucket's: {why}")
}

fn named(sealed: &Sealed) -> String {
    let key = escape::quoted(&escape::shortened(&sealed.key));
    format!("{key} of {}", sealed.written)
}
