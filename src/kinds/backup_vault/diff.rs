//! What has to change for a vault to be as declared.

use super::closing::Locking;
use super::live::LiveVault;
use super::lock;
use super::policy::{judge, wanted};
use super::spec::{LockBlock, Spec};
use super::write::Op;
use crate::kinds::keys;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::order::neutral;
use crate::model::change::{Action, Diff, Stage};
use crate::model::policy::Document;
use crate::model::{Arn, AttributeChange, Finding, Judgement, Observed, Place};
use serde_json::Value as Json;

pub(super) fn diff(want: &Spec, have: Option<&LiveVault>, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    match have {
        None => create(want, place, &mut diff),
        Some(have) => asserted(want, have, &mut diff),
    }
    policy(want, have, place, &mut diff);
    locked(want, have, &mut diff);
    if let (Some(tags), Some(have)) = (&want.tags, have) {
        match have.tags.known() {
            Err(unknown) => diff.unreadable.push(unknown.clone()),
            Ok(live) => {
                let changes = tags.iter().filter_map(|(key, value)| {
                    let before = live.and_then(|l| l.get(key));
                    AttributeChange::compare(tag_path(key), before, Some(value), neutral)
                });
                let changes: Vec<_> = changes.collect();
                diff.push(Stage::Protect, Op::Tag { tags: tags.clone() }, changes);
            }
        }
    }
    if diff.action == Action::NoOp && !diff.changes.is_empty() {
        diff.action = Action::Update;
    }
    diff
}

fn tag_path(key: &str) -> String {
    format!("tags[{}]", Json::from(key))
}

fn create(want: &Spec, place: &Place, diff: &mut Diff<Op>) {
    diff.action = Action::Create;
    let set =
        |path: &str, value: Json, judgement| AttributeChange::judged(path, Json::Null, value, judgement);
    let mut tags = want.tags.clone().unwrap_or_default();
    tags.insert(PROJECT_TAG.to_owned(), place.project.clone());
    let key = want.kms_key.as_ref().and_then(|k| k.arn.clone());
    let mut attributes = vec![set("name", want.name.as_str().into(), Judgement::strengthens())];
    attributes.extend(key.as_ref().map(|key| {
        let judgement = Judgement::strengthens();
        set("kms_key", key.as_str().into(), judgement)
    }));
    for (key, value) in want.tags.iter().flatten() {
        attributes.extend(AttributeChange::compare(
            tag_path(key),
            None,
            Some(value),
            neutral,
        ));
    }
    let air_gap = want.lock.as_ref().filter(|_| want.air_gapped == Some(true));
    let air_gap = air_gap.and_then(|l| Some((l.min?.get(), l.max?.get())));
    if let Some((min, max)) = air_gap {
        let closed = Judgement::strengthens().irreversible(
            "an air-gapped vault is locked in compliance mode from birth: nobody can shorten its retention or delete \
             what it holds, the account's root included",
        );
        let closed = closed.final_for(min);
        attributes.push(set("air_gapped", true.into(), closed));
        attributes.push(set(
            "lock.min",
            format!("{min}d").into(),
            Judgement::strengthens(),
        ));
        attributes.push(set("lock.max", format!("{max}d").into(), Judgement::neutral()));
    }
    diff.push(Stage::Create, Op::Create { key, air_gap, tags }, attributes);
}

/// What is decided when a vault is created.
fn asserted(want: &Spec, have: &LiveVault, diff: &mut Diff<Op>) {
    let mut finding = |path: &str, want: Json, have: Json, why: &str| {
        diff.findings.push(Finding {
            path: path.to_owned(),
            want,
            have,
            why: why.to_owned(),
        });
    };
    if let Some(air_gapped) = want.air_gapped
        && air_gapped != have.air_gapped
    {
        finding(
            "air_gapped",
            air_gapped.into(),
            have.air_gapped.into(),
            "it is decided when a vault is created; declare a new vault under another name and copy to it",
        );
    }
    let Some(key) = want.kms_key.as_ref().and_then(|k| k.arn.as_ref()) else {
        return;
    };
    match same_key(key, have) {
        Ok(true) => {}
        Ok(false) => finding(
            "kms_key",
            key.as_str().into(),
            have.key.as_ref().map_or(Json::Null, |k| k.as_str().into()),
            "the key of a vault cannot be changed; declare a new vault under another name and copy to it",
        ),
        Err(unknown) => diff.unreadable.push(unknown),
    }
}

/// Whether both name one key: an alias is the key that it points to.
fn same_key(want: &Arn, have: &LiveVault) -> Result<bool, crate::model::Unreadable> {
    let Some(live) = &have.key else { return Ok(false) };
    if live == want {
        return Ok(true);
    }
    let own = |arn: &Arn, seen: &Option<Observed<keys::Resolved>>| match seen {
        Some(Observed::Present(key)) => Ok(Some(key.arn.clone())),
        // An alias that points to nothing yet is no key that the vault could have.
        Some(Observed::Absent) => Ok((!keys::is_alias(arn)).then(|| arn.clone())),
        Some(Observed::Unreadable(why)) if keys::is_alias(arn) => Err(why.clone()),
        Some(Observed::Unreadable(_)) | None => Ok(Some(arn.clone())),
    };
    let (want, live) = (own(want, &have.key_wanted)?, own(live, &have.key_seen)?);
    Ok(want.is_some() && want == live)
}

fn policy(want: &Spec, have: Option<&LiveVault>, place: &Place, diff: &mut Diff<Op>) {
    let Some(document) = wanted(want, place.partition()) else {
        return;
    };
    let live = match have.map(|h| h.policy.known()) {
        None => None,
        Some(Ok(live)) => live,
        Some(Err(unknown)) => return diff.unreadable.push(unknown.clone()),
    };
    // A vault without a policy is one whose policy says nothing.
    if live.unwrap_or(&Document::new([])).same_meaning(&document) {
        return;
    }
    let is_none = document.statements.is_empty();
    let after = if is_none { Json::Null } else { document.to_json() };
    let change = AttributeChange::judged(
        "policy",
        live.map_or(Json::Null, |d| d.to_json()),
        after,
        judge(want, have, &document, place.partition()),
    );
    let op = if is_none {
        Op::RemovePolicy
    } else {
        Op::PutPolicy { document }
    };
    diff.push(Stage::Access, op, [change]);
}

fn locked(want: &Spec, have: Option<&LiveVault>, diff: &mut Diff<Op>) {
    let Some(lock) = &want.lock else { return };
    let live = have.and_then(|h| h.lock.as_ref());
    let air_gapped = want.air_gapped == Some(true);
    if have.is_none() && air_gapped {
        // Its lock came with it.
        return;
    }
    let new = have.is_none_or(|h| h.points == Some(0));
    let changes = lock::changes(lock, live, new);
    match writable(lock, have, air_gapped) {
        Err(why) => {
            let findings = changes.into_iter().map(|c| finding(c, &why));
            diff.findings.extend(findings);
        }
        Ok(locking) => {
            let op = Op::Lock {
                min: lock.min.map(|d| d.get()),
                max: lock.max.map(|d| d.get()),
                locking,
            };
            diff.push(Stage::Lock, op, changes);
        }
    }
}

/// How the lock is to be written, or why it cannot be.
fn writable(lock: &LockBlock, have: Option<&LiveVault>, air_gapped: bool) -> Result<Locking, String> {
    let live = have.and_then(|h| h.lock.as_ref());
    if have.is_some_and(|h| h.air_gapped) {
        return Err("the lock of an air-gapped vault is decided when it is created".to_owned());
    }
    if air_gapped {
        return Err(
            "the lock is declared for an air-gapped vault, which this one is not, so it is left as it is; declare a new \
             vault under another name, or remove air_gapped"
                .to_owned(),
        );
    }
    if let Some(why) = lock::refused(lock, live) {
        return Err(why);
    }
    Locking::wanted(lock, live).ok_or_else(|| {
        "a compliance lock needs a time in which it can still be taken back; set grace".to_owned()
    })
}

fn finding(change: AttributeChange, why: &str) -> Finding {
    Finding {
        path: change.path,
        want: change.after,
        have: change.before,
        why: why.to_owned(),
    }
}

/// The mark goes, the vault stays.
pub(super) fn release(have: &LiveVault, place: &Place) -> Diff<Op> {
    let mut diff = Diff {
        action: Action::Release,
        ..Diff::new()
    };
    match have.tags.known() {
        Err(unknown) => diff.unreadable.push(unknown.clone()),
        Ok(_) if have.is_ours(place) => {
            let mut judgement = Judgement::neutral();
            judgement.reason =
                Some("the vault and its recovery points stay; backstay no longer looks at them".into());
            let project = place.project.as_str().into();
            let change = AttributeChange::judged(tag_path(PROJECT_TAG), project, Json::Null, judgement);
            diff.push(
                Stage::Remove,
                Op::Untag {
                    vault: have.arn.clone(),
                },
                [change],
            );
        }
        Ok(_) => diff.action = Action::NoOp,
    }
    diff
}
