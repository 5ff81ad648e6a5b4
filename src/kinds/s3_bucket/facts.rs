//! What rules and proofs may know of a bucket.

use super::keys;
use super::lifecycle::{Effect, Rule};
use super::live::{Live, Part, PublicAccessBlock, Seen};
use super::replication;
use super::spec::{Ownership, Spec, bucket_name};
use crate::model::fact::{Expiry, Facts, ObjectStore, Replica, Versioning};
use crate::model::{AccountId, Arn, Observed, Place};

/// See [`Kind::facts`](crate::kinds::Kind::facts).
pub(super) fn facts(spec: Option<&Spec>, have: &Live, place: &Place) -> Facts {
    let rules = known(Part::Lifecycle, &have.lifecycle);
    let copies = known(Part::Replication, &have.replication);
    Facts::ObjectStore(Box::new(ObjectStore {
        name: have.name.clone(),
        holds_backups: spec.is_some_and(|s| !s.contributed.0.is_empty()),
        versioning: or(
            known(Part::Versioning, &have.versioning).map(|v| v.state),
            Versioning::Never,
        ),
        lock: known(Part::Lock, &have.lock),
        expiries: or(
            rules.map(|l| l.rules.iter().filter_map(expiry).collect()),
            Vec::new(),
        ),
        replicas: or(
            copies.map(|r| {
                r.rules
                    .iter()
                    .filter_map(|rule| replica(rule, &r.role, spec, have))
                    .collect()
            }),
            Vec::new(),
        ),
        public_access_blocked: or(
            known(Part::PublicAccess, &have.public_access).map(|b| b == PublicAccessBlock::all(true)),
            false,
        ),
        acls_disabled: or(
            known(Part::Ownership, &have.ownership).map(|o| o == Ownership::BucketOwnerEnforced),
            false,
        ),
        bucket_key: known(Part::Encryption, &have.encryption)
            .present()
            .and_then(|e| e.bucket_key),
        encryption: encryption(have, place),
        policy: known(Part::Policy, &have.policy),
        account: place.account_id.clone(),
        contents: have.contents.clone(),
        retentions: None,
        sealed: None,
        one_zone: one_zone(have),
    }))
}

/// What was not asked for is unknown, never absent.
fn known<T: Clone>(part: Part, seen: &Seen<T>) -> Observed<T> {
    seen.clone()
        .unwrap_or_else(|| Observed::Unreadable(part.not_read()))
}

/// The ARN of the customer's key that new objects are encrypted with, else the algorithm.
fn encryption(have: &Live, place: &Place) -> Observed<String> {
    let seen = match known(Part::Encryption, &have.encryption) {
        Observed::Present(seen) => seen,
        Observed::Absent => return Observed::Absent,
        Observed::Unreadable(why) => return Observed::Unreadable(why),
    };
    let Some(key) = &seen.key else {
        return Observed::Present(seen.algorithm);
    };
    match keys::known(key, have, place) {
        Ok(Some(key)) => Observed::Present(key.to_string()),
        Ok(None) => Observed::Present(seen.algorithm),
        Err(unknown) => Observed::Unreadable(unknown),
    }
}

/// Whether a storage class keeps objects in one availability zone.
pub(in crate::kinds) fn is_one_zone(class: &str) -> bool {
    ["ONEZONE_IA", "EXPRESS_ONEZONE"].contains(&class)
}

/// Directory buckets lie in one zone; their names say so. Others do where a rule moves objects there.
fn one_zone(have: &Live) -> Observed<bool> {
    if have.name.ends_with("--x-s3") {
        return Observed::Present(true);
    }
    let moves = |rule: &Rule| {
        let mut effects = rule.effects.iter().filter(|_| rule.enabled);
        effects.any(|effect| match effect {
            Effect::Transition { class, .. } | Effect::TransitionNoncurrent { class, .. } => {
                is_one_zone(class)
            }
            _ => false,
        })
    };
    let rules = known(Part::Lifecycle, &have.lifecycle);
    or(rules.map(|l| l.rules.iter().any(moves)), false)
}

/// "Not configured", for settings where that is a value.
fn or<T>(observed: Observed<T>, absent: T) -> Observed<T> {
    match observed {
        Observed::Absent => Observed::Present(absent),
        other => other,
    }
}

fn expiry(rule: &Rule) -> Option<Expiry> {
    let (noncurrent_days, newer_noncurrent) = match rule.noncurrent() {
        Some((days, keep)) => (Some(days), keep),
        None => (None, None),
    };
    // A rule with a date deletes everything from that day on, however young it is.
    let current_days = rule.current_days().or(rule.expires_current().then_some(0));
    (rule.enabled && (current_days.is_some() || noncurrent_days.is_some())).then(|| Expiry {
        prefix: rule.filter.prefix.clone(),
        narrowed: rule.filter.narrowed(),
        current_days,
        noncurrent_days,
        newer_noncurrent,
    })
}

fn replica(rule: &replication::Rule, role: &str, spec: Option<&Spec>, have: &Live) -> Option<Replica> {
    if !rule.tags.is_empty() {
        // It promises nothing of objects without these tags, and a fact has no word for that.
        return None;
    }
    let bucket: Arn = rule.destination.bucket.parse().ok()?;
    let name = bucket.resource().to_owned();
    let declared = spec
        .into_iter()
        .flat_map(|s| &s.replicate)
        .find(|block| bucket_name(&block.to) == Some(name.as_str()));
    let seen = have.destinations.get(&name);
    let in_rule: Option<AccountId> = rule.destination.account.as_ref().and_then(|a| a.parse().ok());
    Some(Replica {
        bucket,
        region: seen
            .and_then(|s| s.region.clone())
            .or_else(|| declared.and_then(|b| b.to.region.clone())),
        account: in_rule
            .or_else(|| seen.and_then(|s| s.account.clone()))
            .or_else(|| declared.and_then(|b| b.account.clone().or_else(|| b.to.account.clone()))),
        enabled: rule.enabled,
        prefix: rule.prefix.clone(),
        delete_markers: rule.delete_markers,
        within_minutes: rule.destination.within_minutes,
        owner_override: rule.destination.owner_override,
        key: rule.destination.replica_key.clone(),
        kms_objects: rule.kms_objects,
        one_zone: rule.destination.storage_class.as_deref().is_some_and(is_one_zone),
        role: role.parse().ok(),
        arrived: None,
    })
}
