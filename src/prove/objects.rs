//! Buckets: their objects, what versions keep of them, and where they are copied to.

use super::copies::{ByArn, ZERO, account_of, domain, ground};
use super::copy::{
    Copy, Domain, Encryption, Grade, Ground, History, Holder, Lock, Mechanism, Reach, Staleness,
};
use super::{arrivals, locks};
use crate::model::fact::{Evidence, Expiry, ObjectStore, Replica, Versioning};
use crate::model::{AccountId, Arn, Duration, Observed, Region, Unreadable};
use std::collections::BTreeSet;

/// The bucket itself, its old versions and its replicas.
pub(super) fn of_store(evidence: &Evidence, arn: &Arn, store: &ObjectStore, seen: &ByArn<'_>) -> Vec<Copy> {
    let versioned = matches!(store.versioning, Observed::Present(Versioning::Enabled));
    let live = Copy {
        id: format!("{}/live", evidence.subject),
        asset: evidence.subject.clone(),
        mechanism: Mechanism::Live,
        domain: domain(evidence, store.one_zone.present().copied()),
        encryption: encryption(evidence, store),
        history: Observed::Absent,
        staleness: Staleness {
            promised: Some(ZERO),
            measured: Some(ZERO),
            expected: Some(ZERO),
        },
        lock: Observed::Absent,
        holder: Holder::Bucket {
            arn: arn.clone(),
            overwritable: !versioned,
        },
        bound: None,
        unusable: None,
        unknown: None,
        partial: None,
        ended: None,
        growing: None,
        replaced_days: None,
        other_keys: BTreeSet::new(),
        prefix: String::new(),
        copied_from: None,
        owner: Observed::Absent,
        grade: Grade::Evidenced,
        grounds: vec![ground(evidence, "the bucket exists")],
    };
    let mut copies = Vec::new();
    if !matches!(store.versioning, Observed::Present(Versioning::Never)) {
        copies.push(Copy {
            id: format!("{}/versions", evidence.subject),
            mechanism: Mechanism::Versions,
            history: history(store),
            lock: locks::of(evidence, store),
            grade: Grade::Configured,
            grounds: store_grounds(evidence, store),
            ..live.clone()
        });
    }
    if let Observed::Unreadable(why) = &store.replicas {
        copies.push(unread(evidence, &live, Mechanism::ObjectReplica, "replicas", why));
    }
    for replica in store.replicas.present().into_iter().flatten() {
        if replica.enabled && replica.bucket != *arn {
            copies.push(object_replica(evidence, replica, seen, &live));
        }
    }
    copies.insert(0, live);
    copies
}

/// What a bucket encrypts with. A key without an account is taken for one of the bucket's own: that is
/// where whoever writes from there is led.
pub(super) fn encryption(evidence: &Evidence, store: &ObjectStore) -> Observed<Encryption> {
    const SERVICE: [&str; 3] = ["AES256", "aws:kms", "aws:kms:dsse"];
    let named = match &store.encryption {
        Observed::Present(named) => named,
        Observed::Absent => return Observed::Present(Encryption::Service),
        Observed::Unreadable(why) => return Observed::Unreadable(why.clone()),
    };
    if SERVICE.contains(&named.as_str()) {
        return Observed::Present(Encryption::Service);
    }
    Observed::Present(Encryption::Key(
        named
            .parse()
            .unwrap_or_else(|_| key_of(named, &evidence.scope.region, &store.account)),
    ))
}

/// A key that is named by its id or alias alone, as one of this region and account.
fn key_of(named: &str, region: &Region, account: &AccountId) -> Arn {
    let resource = match named.starts_with("alias/") || named.starts_with("key/") {
        true => named.to_owned(),
        false => format!("key/{named}"),
    };
    Arn::kms(region.partition(), region, account, &resource)
}

/// What old versions give: as far back as the strictest rule that may touch any object leaves them.
fn history(store: &ObjectStore) -> Observed<History> {
    let expiries = match (&store.versioning, &store.expiries) {
        (Observed::Present(Versioning::Enabled), Observed::Present(expiries)) => expiries.as_slice(),
        (Observed::Present(Versioning::Enabled), Observed::Absent) => &[],
        (Observed::Unreadable(why), _)
        | (Observed::Present(Versioning::Enabled), Observed::Unreadable(why)) => {
            return Observed::Unreadable(why.clone());
        }
        (Observed::Present(Versioning::Never | Versioning::Suspended) | Observed::Absent, _) => {
            return Observed::Absent;
        }
    };
    let shortest = expiries.iter().filter_map(kept).min();
    let reach = shortest.map_or(Reach::Unlimited, |days| Reach::For(Duration::from_days(days)));
    Observed::Present(History::even(reach, ZERO))
}

/// How many days a rule leaves an old version for certain. A version that was replaced often enough
/// outlives `newer_noncurrent` only by its days, so the count adds nothing that could be relied on.
fn kept(expiry: &Expiry) -> Option<u32> {
    expiry.noncurrent_days
}

pub(super) fn store_grounds(evidence: &Evidence, store: &ObjectStore) -> Vec<Ground> {
    let mut grounds = vec![ground(
        evidence,
        match &store.versioning {
            Observed::Present(Versioning::Enabled) => "versioning is enabled",
            Observed::Present(Versioning::Suspended) => "versioning is suspended",
            Observed::Present(Versioning::Never) | Observed::Absent => "versioning was never on",
            Observed::Unreadable(_) => "versioning could not be read",
        },
    )];
    grounds.push(ground(
        evidence,
        match history(store) {
            Observed::Present(History {
                reach: Reach::For(reach),
                ..
            }) => format!("old versions are deleted after {reach} at the earliest"),
            Observed::Present(_) => "no rule deletes old versions".to_owned(),
            Observed::Absent => "old versions are not kept".to_owned(),
            Observed::Unreadable(why) => format!("the rules that delete could not be read: {}", why.why),
        },
    ));
    grounds.push(ground(evidence, locks::said(evidence, store)));
    grounds
}

/// Why nothing is known of a bucket.
pub(super) fn unseen(bucket: &Arn, there: Option<&Evidence>) -> Unreadable {
    let name = bucket.resource();
    let (denied, why) = match there.map(|e| &e.facts) {
        Some(Observed::Unreadable(why)) => (why.denied, format!("{name} could not be read: {}", why.said())),
        Some(Observed::Absent) => (false, format!("{name} does not exist")),
        Some(Observed::Present(_)) | None => {
            let why = format!("{name} is not part of this posture, so nothing in it was read");
            (false, why)
        }
    };
    Unreadable {
        action: String::new(),
        why,
        denied,
    }
}

pub(super) fn object_replica(evidence: &Evidence, replica: &Replica, seen: &ByArn<'_>, live: &Copy) -> Copy {
    let name = replica.bucket.resource();
    let there = seen.get(&replica.bucket).copied();
    let store = there.and_then(Evidence::store);
    let source = evidence.store();
    let sealed =
        source.is_some_and(|s| matches!(encryption(evidence, s), Observed::Present(Encryption::Key(_))));
    let unseen = || unseen(&replica.bucket, there);
    let mut grounds = vec![ground(
        evidence,
        format!(
            "objects are replicated to {name}{}",
            match replica.within_minutes {
                Some(minutes) => format!(" within {minutes} minutes (replication time control)"),
                None => ", without a promised time".to_owned(),
            }
        ),
    )];
    let arrived = arrivals::of(replica, &evidence.read_at);
    grounds.push(ground(evidence, arrived.says));
    let place = there.zip(store);
    if let Some((there, store)) = place {
        grounds.extend(store_grounds(there, store));
    }
    let owner = owner(evidence, replica, place);
    grounds.extend(owner.present().map(|owner| {
        let says = format!("the copies belong to {owner}, and only it can let anybody read them");
        ground(
            evidence,
            format!("{says} (no owner override, and ACLs are in effect in {name})"),
        )
    }));
    Copy {
        id: format!("{}/replica_{name}", evidence.subject),
        mechanism: Mechanism::ObjectReplica,
        domain: Domain {
            account: replica.account.clone().or_else(|| there.and_then(account_of)),
            region: replica
                .region
                .clone()
                .or_else(|| there.map(|e| e.scope.region.clone())),
            zonal: zonal(replica, store),
        },
        encryption: match (replica_key(replica), there, store) {
            (Some(key), _, _) => Observed::Present(Encryption::Key(key)),
            (None, Some(there), Some(store)) => encryption(there, store),
            _ => Observed::Unreadable(unseen()),
        },
        history: store
            .map_or_else(|| Observed::Unreadable(unseen()), history)
            .map(|history| match arrived.back {
                Some(back) => history.within(back),
                None => history,
            }),
        staleness: Staleness {
            promised: replica
                .within_minutes
                .map(|m| Duration::from_secs(u64::from(m) * 60)),
            ..Staleness::UNKNOWN
        },
        // What is locked at the source arrives with that lock, and not with the destination's own.
        lock: match (source.map(locks::configured), place) {
            (_, None) => Observed::Unreadable(unseen()),
            (Some(Observed::Present(travels)), Some((there, store))) => {
                let lock = Lock {
                    contents_days: locks::contents_days(store),
                    ..travels
                };
                locks::shown(lock, there, store)
            }
            (Some(Observed::Unreadable(why)), _) => Observed::Unreadable(why),
            (Some(Observed::Absent) | None, Some((there, store))) => locks::of(there, store),
        },
        holder: Holder::Bucket {
            arn: replica.bucket.clone(),
            overwritable: store
                .is_none_or(|s| !matches!(s.versioning, Observed::Present(Versioning::Enabled))),
        },
        unusable: (sealed && !replica.kms_objects).then(|| {
            "what is encrypted with a key is not copied: the rule leaves such objects out \
             (SseKmsEncryptedObjects)"
                .to_owned()
        }),
        unknown: arrived.unknown,
        partial: partial(replica, source, store).or(arrived.partial),
        replaced_days: store.and_then(|s| replaced_days(s, "")),
        prefix: replica.prefix.clone(),
        owner,
        copied_from: evidence.arn.clone(),
        grade: match (store, &replica.arrived) {
            (None, _) => Grade::Unknown,
            (Some(_), Some(Observed::Present(_))) => Grade::Evidenced,
            (Some(_), _) => Grade::Unknown,
        },
        grounds,
        ..live.clone()
    }
}

/// The key that a rule has copies encrypted with: one without an ARN is of the destination.
pub(super) fn replica_key(replica: &Replica) -> Option<Arn> {
    let key = replica.key.as_ref()?;
    key.parse()
        .ok()
        .or_else(|| Some(key_of(key, replica.region.as_ref()?, replica.account.as_ref()?)))
}

/// What of the source is not in the replica: other keys, and what the destination deletes while the source keeps it.
fn partial(replica: &Replica, source: Option<&ObjectStore>, store: Option<&ObjectStore>) -> Option<String> {
    if !replica.prefix.is_empty() {
        return Some(format!("only keys under \"{}\"", replica.prefix));
    }
    let there = store.and_then(|s| s.expiries.present());
    let shortest = there.into_iter().flatten().filter_map(|e| e.current_days).min()?;
    let here = source.and_then(locks::contents_days);
    let longer = here.is_none_or(|days| days > shortest);
    longer.then(|| {
        format!(
            "only what was written in the last {shortest} days, since {} deletes objects then",
            replica.bucket.resource()
        )
    })
}

/// Days after which what was replaced or deleted under a prefix is deleted for good.
pub(super) fn replaced_days(store: &ObjectStore, prefix: &str) -> Option<u32> {
    let rules = store.expiries.present().into_iter().flatten();
    let touching = rules.filter(|e| overlap(&e.prefix, prefix));
    touching.filter_map(|e| e.noncurrent_days).min()
}

/// Whether some key can begin with both.
pub(super) fn overlap(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// Whether copies lie in one zone, by the rule, by the destination's and by the copies themselves.
fn zonal(replica: &Replica, store: Option<&ObjectStore>) -> Option<bool> {
    let copies = replica.arrived.as_ref().and_then(Observed::present);
    if replica.one_zone || copies.is_some_and(|arrival| arrival.one_zone) {
        return Some(true);
    }
    store?.one_zone.present().copied()
}

/// The account that owns what lies in another account's bucket. Without an override that is the source's, unless the
/// bucket knows no ACLs: then whoever owns the bucket owns what is in it.
fn owner(
    evidence: &Evidence,
    replica: &Replica,
    place: Option<(&Evidence, &ObjectStore)>,
) -> Observed<AccountId> {
    let Some((there, store)) = place else {
        return Observed::Absent;
    };
    let ours = account_of(evidence);
    if replica.owner_override || ours == account_of(there) {
        return Observed::Absent;
    }
    match &store.acls_disabled {
        Observed::Present(true) => Observed::Absent,
        Observed::Present(false) | Observed::Absent => ours.map_or(Observed::Absent, Observed::Present),
        Observed::Unreadable(why) => Observed::Unreadable(why.clone()),
    }
}

/// Copies of which nobody knows whether there are any.
pub(super) fn unread(
    evidence: &Evidence,
    live: &Copy,
    mechanism: Mechanism,
    what: &str,
    why: &Unreadable,
) -> Copy {
    let says = format!("whether it is copied elsewhere could not be read: {}", why.why);
    Copy {
        id: format!("{}/{what}", evidence.subject),
        mechanism,
        domain: Domain {
            account: None,
            region: None,
            zonal: None,
        },
        encryption: Observed::Unreadable(why.clone()),
        history: Observed::Unreadable(why.clone()),
        staleness: Staleness::UNKNOWN,
        lock: Observed::Unreadable(why.clone()),
        unknown: Some(says.clone()),
        grade: Grade::Unknown,
        grounds: vec![ground(evidence, says)],
        ..live.clone()
    }
}
