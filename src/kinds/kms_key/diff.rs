//! What has to change for a key to be as declared.

use super::live::{ALIAS_TAG, LiveKey, LiveReplica, alias_name};
use super::policy::{DANGEROUS, wanted};
use super::spec::Spec;
use super::write::{NewKey, Op};
use crate::kinds::access;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::order::neutral;
use crate::model::change::{Action, Diff, Stage};
use crate::model::fact::KeyState;
use crate::model::policy::Document;
use crate::model::{Arn, AttributeChange, Finding, Judgement, Observed, Place, Region};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(super) fn diff(want: &Spec, have: Option<&LiveKey>, place: &Place) -> Diff<Op> {
    match have {
        None => create(want, place),
        Some(have) => update(want, have, place),
    }
}

fn set(path: impl Into<String>, value: Json) -> AttributeChange {
    AttributeChange::judged(path, Json::Null, value, Judgement::strengthens())
}

fn shown(document: &Document) -> Json {
    document.to_json()
}

fn replica_path(region: &Region, name: &str) -> String {
    format!("replica[\"{region}\"].{name}")
}

/// The tags that a key is created with.
fn tags(want: &Spec, place: &Place) -> BTreeMap<String, String> {
    let mut all = want.tags.clone().unwrap_or_default();
    all.insert(PROJECT_TAG.to_owned(), place.project.clone());
    all
}

fn create(want: &Spec, place: &Place) -> Diff<Op> {
    let mut diff = Diff {
        action: Action::Create,
        ..Diff::new()
    };
    let policy = wanted(want, place);
    let multi_region = want.wants_multi_region().unwrap_or(false);
    let mut attributes = vec![
        set("name", want.name.as_str().into()),
        set("enabled", true.into()),
    ];
    if let Some(text) = &want.description {
        attributes.push(AttributeChange::judged(
            "description",
            Json::Null,
            text.as_str().into(),
            Judgement::neutral(),
        ));
    }
    attributes.extend(policy.as_ref().map(|p| set("policy", shown(p))));
    attributes.extend(multi_region.then(|| set("multi_region", true.into())));
    for (key, value) in want.tags.iter().flatten() {
        attributes.extend(AttributeChange::compare(
            tag_path(key),
            None,
            Some(value),
            neutral,
        ));
    }
    let new = NewKey {
        description: want.description.clone().unwrap_or_default(),
        policy: policy.clone(),
        multi_region,
        tags: tags(want, place),
    };
    // Roles that the policy names have to be there first, which are of a later stage than keys.
    let stage = if policy.is_some() {
        Stage::Identity
    } else {
        Stage::Key
    };
    diff.push(stage, Op::Create(new), attributes);
    if let Some(period) = want.rotation {
        diff.push(
            Stage::Protect,
            Op::Rotate { days: period.get() },
            [set("rotation", period.to_string().into())],
        );
    }
    for replica in &want.replica {
        replicate(want, &replica.region, place, &mut diff);
    }
    diff
}

fn replicate(want: &Spec, region: &Region, place: &Place, diff: &mut Diff<Op>) {
    let op = Op::Replicate {
        region: region.clone(),
        new: NewKey {
            description: want.description.clone().unwrap_or_default(),
            policy: wanted(want, place),
            multi_region: true,
            tags: tags(want, place),
        },
    };
    diff.push(
        Stage::Protect,
        op,
        [set(replica_path(region, "region"), region.as_str().into())],
    );
}

fn update(want: &Spec, have: &LiveKey, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    match have.displaces.known() {
        Ok(None) => {}
        Ok(Some(meant)) => return displaced(want, have, meant),
        Err(unknown) => diff.unreadable.push(unknown.clone()),
    }
    asserted(want, have, &mut diff);
    if have.service_managed {
        return diff;
    }
    named(want, have, &mut diff);
    usable(
        "enabled",
        &have.state,
        have.deletion_date.as_deref(),
        None,
        &mut diff,
    );
    if let Some(text) = &want.description {
        let change = AttributeChange::compare("description", Some(&have.description), Some(text), neutral);
        diff.push(Stage::Protect, Op::Describe { text: text.clone() }, change);
    }
    if let Some(document) = wanted(want, place) {
        policy("policy", &have.policy, &document, None, &mut diff);
    }
    if let Some(period) = want.rotation
        && have.can_rotate
    {
        match have.rotation.known() {
            Err(unknown) => diff.unreadable.push(unknown.clone()),
            Ok(days) if days == Some(&period.get()) => {}
            Ok(days) => {
                let judgement = match days {
                    Some(days) if *days < period.get() => {
                        Judgement::weakens("one key material protects more, and for longer")
                    }
                    _ => Judgement::strengthens(),
                };
                let before = days.map_or(Json::Null, |d| format!("{d}d").into());
                let change =
                    AttributeChange::judged("rotation", before, period.to_string().into(), judgement);
                diff.push(Stage::Protect, Op::Rotate { days: period.get() }, [change]);
            }
        }
    }
    if have.multi_region {
        replicas(want, have, place, &mut diff);
    }
    retag(want, have, &mut diff);
    if !diff.changes.is_empty() {
        diff.action = Action::Update;
    }
    diff
}

/// The alias points to another key than the one that was made for it, which holds what is encrypted so far.
fn displaced(want: &Spec, have: &LiveKey, meant: &Arn) -> Diff<Op> {
    let alias = alias_name(&want.name);
    let finding = Finding {
        path: "name".to_owned(),
        want: meant.as_str().into(),
        have: have.arn.as_str().into(),
        why: format!(
            "{alias} was made to point to another key than the one that backstay made for it. What was encrypted so far \
             needs {meant}. Point it back (aws kms update-alias --alias-name {alias} --target-key-id {meant}), or, \
             if the other key is meant, take the tag {ALIAS_TAG} from the old one and keep it"
        ),
    };
    Diff {
        findings: vec![finding],
        out_of_reach: true,
        ..Diff::new()
    }
}

/// Gives a key its alias back that was found without.
fn named(want: &Spec, have: &LiveKey, diff: &mut Diff<Op>) {
    if have.aliased {
        return;
    }
    let mut judgement = Judgement::strengthens();
    judgement.reason = Some(format!(
        "the key {} was made for this alias, which is gone; whatever names the key by it fails",
        have.arn
    ));
    let change = AttributeChange::judged("name", Json::Null, want.name.as_str().into(), judgement);
    let op = Op::Name {
        key: have.arn.clone(),
    };
    diff.push(Stage::Key, op, [change]);
}

/// What no write brings about.
fn asserted(want: &Spec, have: &LiveKey, diff: &mut Diff<Op>) {
    let mut finding = |path: &str, want: Json, have: Json, why: &str| {
        diff.findings.push(Finding {
            path: path.to_owned(),
            want,
            have,
            why: why.to_owned(),
        });
    };
    if have.service_managed {
        finding(
            "name",
            want.name.as_str().into(),
            have.arn.as_str().into(),
            "the alias points to a key that an AWS service manages, whose settings nobody can change; choose another name",
        );
        return;
    }
    if let Some(multi) = want.wants_multi_region()
        && multi != have.multi_region
    {
        finding(
            "multi_region",
            multi.into(),
            have.multi_region.into(),
            "KMS decides it when a key is created. Declare a new key under another name and encrypt new copies with \
             it; the old key has to stay as long as anything is encrypted with it",
        );
    }
    if let Some(primary) = &have.replica_of {
        finding(
            "name",
            want.name.as_str().into(),
            primary.as_str().into(),
            "the key is a replica; declare its primary, with `replica` for this region",
        );
    }
    if want.rotation.is_some() && !have.can_rotate {
        finding(
            "rotation",
            want.rotation.map(|p| p.to_string()).into(),
            Json::Null,
            "KMS rotates symmetric keys with material of its own only, and this one is imported, in a custom store, \
             or asymmetric",
        );
    }
}

/// Brings a key back that cannot be used.
fn usable(path: &str, state: &KeyState, gone_on: Option<&str>, region: Option<&Region>, diff: &mut Diff<Op>) {
    let was = match state {
        KeyState::Enabled => return,
        KeyState::Disabled => "disabled".to_owned(),
        KeyState::PendingDeletion => match gone_on {
            Some(date) => format!("pending deletion on {date}"),
            None => "pending deletion".to_owned(),
        },
        KeyState::Other(state) => {
            diff.findings.push(Finding {
                path: path.to_owned(),
                want: true.into(),
                have: state.as_str().into(),
                why:
                    "the key cannot be used in this state, which KMS or whoever holds its material has to end"
                        .into(),
            });
            return;
        }
    };
    let mut judgement = Judgement::strengthens();
    judgement.reason = Some("without the key, nothing that it encrypts can be read".into());
    let change = AttributeChange::judged(path, was.into(), true.into(), judgement);
    let op = Op::Enable {
        region: region.cloned(),
    };
    diff.push(Stage::Key, op, [change]);
}

fn policy(
    path: &str,
    have: &Observed<Document>,
    want: &Document,
    region: Option<&Region>,
    diff: &mut Diff<Op>,
) {
    let have = match have.known() {
        Ok(have) => have,
        Err(unknown) => return diff.unreadable.push(unknown.clone()),
    };
    if have.is_some_and(|have| have.same_meaning(want)) {
        return;
    }
    let change = AttributeChange::judged(
        path,
        have.map_or(Json::Null, shown),
        shown(want),
        access::judge(have, want, DANGEROUS),
    );
    let op = Op::PutPolicy {
        region: region.cloned(),
        document: want.clone(),
    };
    diff.push(Stage::Access, op, [change]);
}

/// Replicas that are not declared are left alone: each holds the key, and copies may need it.
fn replicas(want: &Spec, have: &LiveKey, place: &Place, diff: &mut Diff<Op>) {
    let document = wanted(want, place);
    for replica in &want.replica {
        let region = &replica.region;
        let Some(LiveReplica {
            state, policy: live, ..
        }) = have.replicas.get(region)
        else {
            replicate(want, region, place, diff);
            continue;
        };
        match state {
            Observed::Present(state) => {
                usable(&replica_path(region, "enabled"), state, None, Some(region), diff);
            }
            Observed::Absent => replicate(want, region, place, diff),
            Observed::Unreadable(why) => diff.unreadable.push(why.clone()),
        }
        if let Some(document) = &document {
            policy(
                &replica_path(region, "policy"),
                live,
                document,
                Some(region),
                diff,
            );
        }
    }
}

fn tag_path(key: &str) -> String {
    format!("tags[{}]", Json::from(key))
}

fn retag(want: &Spec, have: &LiveKey, diff: &mut Diff<Op>) {
    let Some(tags) = &want.tags else { return };
    let live = match have.tags.known() {
        Ok(live) => live.cloned().unwrap_or_default(),
        Err(unknown) => return diff.unreadable.push(unknown.clone()),
    };
    let changes: Vec<_> = tags
        .iter()
        .filter_map(|(key, value)| {
            AttributeChange::compare(tag_path(key), live.get(key), Some(value), neutral)
        })
        .collect();
    diff.push(Stage::Protect, Op::Tag { tags: tags.clone() }, changes);
}

/// The mark goes, the key stays.
pub(super) fn release(have: &LiveKey, place: &Place) -> Diff<Op> {
    let mut diff = Diff {
        action: Action::Release,
        ..Diff::new()
    };
    match have.tags.known() {
        Err(unknown) => diff.unreadable.push(unknown.clone()),
        Ok(_) if have.is_ours(place) => {
            let mut judgement = Judgement::neutral();
            judgement.reason = Some("the key and its settings stay; backstay no longer looks at it".into());
            let change = AttributeChange::judged(
                tag_path(PROJECT_TAG),
                place.project.as_str().into(),
                Json::Null,
                judgement,
            );
            let op = Op::Untag {
                key: have.arn.clone(),
            };
            diff.push(Stage::Remove, op, [change]);
        }
        Ok(_) => diff.action = Action::NoOp,
    }
    diff
}
