//! What has to change about replication rules.

use super::wanted::{Wanted, path_of, wanted};
use super::{Replication, Rule, judge};
use crate::kinds::order::on_is_stronger;
use crate::kinds::s3_bucket::live::Live;
use crate::kinds::s3_bucket::spec::Spec;
use crate::kinds::s3_bucket::{keys, order};
use crate::model::change::AttributeChange;
use crate::model::{Judgement, Place, Unreadable};
use serde_json::Value as Json;

/// What comparing replication rules gives.
pub(in crate::kinds::s3_bucket) struct Outcome {
    /// The document to write, and what that changes; `None` when the bucket has what is wanted.
    pub(in crate::kinds::s3_bucket) document: Option<(Replication, Vec<AttributeChange>)>,
    /// Keys of which it is not known whether they are the declared ones.
    pub(in crate::kinds::s3_bucket) unreadable: Vec<Unreadable>,
}

/// What has to change for the rules `have` of the bucket `live` to be as declared.
pub(in crate::kinds::s3_bucket) fn diff(
    spec: &Spec,
    live: Option<&Live>,
    have: Option<&Replication>,
    role: &str,
    place: &Place,
) -> Outcome {
    let wanted = wanted(spec, place);
    let rules: &[Rule] = have.map_or(&[], |h| &h.rules);
    let (ours, foreign): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(|r| r.is_ours());
    let mut attributes = Vec::new();
    let mut unreadable = Vec::new();
    let mut needed: Vec<&Wanted<'_>> = Vec::new();

    for want in &wanted {
        let own = ours.iter().copied().find(|r| r.id == want.rule.id);
        let mut same = |have: &Rule| match same_key(have, want, live, place) {
            Ok(same) => Some(same),
            Err(unknown) => {
                unreadable.push(unknown);
                None
            }
        };
        if own.is_none() && foreign.iter().any(|r| satisfies(r, want, &mut same)) {
            continue;
        }
        // A key of which it is not known is no difference to show: it has been noted.
        let same = own.is_none_or(|own| same(own).unwrap_or(true));
        needed.push(want);
        attributes.extend(rule_attributes(want, own, same, place));
    }
    for stale in &ours {
        if !needed.iter().any(|w| w.rule.id == stale.id) {
            let successor = needed.iter().find(|w| takes_over(&w.rule, stale));
            attributes.push(removed(stale, successor.map(|w| w.rule.id.as_str())));
        }
    }
    if attributes.is_empty() && out_of_order(&needed, &ours) {
        attributes.push(AttributeChange::judged(
            "replicate",
            ids(by_priority(&ours)).into(),
            ids(needed.iter().map(|w| &w.rule)).into(),
            order::noted(
                Judgement::neutral(),
                "the order of the blocks decides which rule wins where several copy one object",
            ),
        ));
    }
    let before = have.map(|h| h.role.as_str());
    if before != Some(role) {
        let others: Vec<&str> = foreign.iter().map(|r| r.id.as_str()).collect();
        attributes.push(AttributeChange::judged(
            "replicate.role",
            before.map_or(Json::Null, Into::into),
            role.into(),
            judge::role(before, spec, rules, &others),
        ));
    }
    if attributes.is_empty() {
        return Outcome {
            document: None,
            unreadable,
        };
    }
    let document = document(role, &needed, &foreign);
    if let Some((high, low)) = overridden(rules, &document.rules) {
        let judgement = Judgement::weakens(format!(
            "the rule \"{high}\" wins over \"{low}\" where both copy an object, and copies less of it"
        ));
        attributes.retain(|a| a.path != "replicate");
        attributes.push(AttributeChange::judged(
            "replicate",
            ids(by_priority(&rules.iter().collect::<Vec<_>>())).into(),
            ids(by_priority(&document.rules.iter().collect::<Vec<_>>())).into(),
            judgement,
        ));
    }
    Outcome {
        document: Some((document, attributes)),
        unreadable,
    }
}

/// A rule that newly wins over one that was there, for objects that it copies less well; the other one.
fn overridden<'a>(before: &'a [Rule], after: &'a [Rule]) -> Option<(&'a str, &'a str)> {
    let overlap = |a: &Rule, b: &Rule| a.prefix.starts_with(&b.prefix) || b.prefix.starts_with(&a.prefix);
    let won = |high: &Rule, low: &Rule| {
        let mut own = before
            .iter()
            .filter(|r| r.id == high.id && r.enabled && r.tags.is_empty());
        own.any(|r| {
            r.prefix == high.prefix
                && r.destination.bucket == low.destination.bucket
                && r.priority > low.priority
        })
    };
    for low in before.iter().filter(|r| r.enabled) {
        let itself = after.iter().find(|r| r.id == low.id);
        let successors = || {
            after
                .iter()
                .filter(|r| takes_over(r, low))
                .max_by_key(|r| r.priority)
        };
        let Some(left) = itself.or_else(successors) else {
            continue;
        };
        let wins = after
            .iter()
            .filter(|r| r.enabled && r.priority > left.priority)
            .find(|high| {
                high.destination.bucket == low.destination.bucket
                    && overlap(high, low)
                    && !no_less(high, low)
                    && !won(high, low)
            });
        if let Some(high) = wins {
            return Some((&high.id, &low.id));
        }
    }
    None
}

/// The whole document: rules of others as they are, ours above them in the order of the blocks.
fn document(role: &str, needed: &[&Wanted<'_>], foreign: &[&Rule]) -> Replication {
    let mut next = foreign.iter().filter_map(|r| r.priority).max().unwrap_or(0);
    let mut rules: Vec<Rule> = foreign.iter().copied().cloned().collect();
    for rule in rules.iter_mut().filter(|r| r.priority.is_none()) {
        next = next.saturating_add(1);
        rule.priority = Some(next);
    }
    let ours = needed.iter().rev().map(|want| {
        next = next.saturating_add(1);
        Rule {
            priority: Some(next),
            ..want.rule.clone()
        }
    });
    let mut ours: Vec<Rule> = ours.collect();
    ours.reverse();
    rules.extend(ours);
    Replication {
        role: role.to_owned(),
        rules,
    }
}

/// Whether a rule of somebody else does what is declared; what is not declared it may do as it likes.
fn satisfies(rule: &Rule, want: &Wanted<'_>, same_key: &mut impl FnMut(&Rule) -> Option<bool>) -> bool {
    let (have, wish, block) = (&rule.destination, &want.rule.destination, want.block);
    let same_class = |class: &Option<String>| class.as_deref().unwrap_or("STANDARD").to_owned();
    rule.enabled
        && rule.tags.is_empty()
        && rule.prefix == want.rule.prefix
        && have.bucket == wish.bucket
        && (block.delete_markers.is_none() || rule.delete_markers == want.rule.delete_markers)
        && (block.within.is_none() || have.within_minutes == wish.within_minutes)
        && (block.storage_class.is_none()
            || same_class(&have.storage_class) == same_class(&wish.storage_class))
        && (!wish.owner_override || have.owner_override)
        && (block.owner_override.is_none() || have.owner_override == wish.owner_override)
        // Last, as it may end in a complaint. What is not known is left as it is.
        && (block.kms_key.is_none() || (rule.kms_objects && same_key(rule) != Some(false)))
}

/// Whether a rule's copies are encrypted with the key that is declared.
fn same_key(have: &Rule, want: &Wanted<'_>, live: Option<&Live>, place: &Place) -> Result<bool, Unreadable> {
    match (&want.rule.destination.replica_key, &have.destination.replica_key) {
        (Some(a), Some(b)) => keys::same_for_copies(want.block, (a, b), live, place),
        (a, b) => Ok(a == b),
    }
}

/// One rule's attributes that differ.
fn rule_attributes(
    want: &Wanted<'_>,
    before: Option<&Rule>,
    same_key: bool,
    place: &Place,
) -> Vec<AttributeChange> {
    let at = |name: &str| format!("{}.{name}", want.path);
    let after = &want.rule;
    let Some(before) = before else {
        return added(want, &at);
    };
    let (old, new) = (&before.destination, &after.destination);
    let word = |class: &Option<String>| class.as_ref().map(|c| c.to_ascii_lowercase());
    let mut all: Vec<AttributeChange> = [
        AttributeChange::compare(at("enabled"), Some(&before.enabled), Some(&true), on_is_stronger),
        AttributeChange::compare(
            at("delete_markers"),
            Some(&before.delete_markers),
            Some(&after.delete_markers),
            order::delete_markers,
        ),
        AttributeChange::compare(
            at("within"),
            minutes(old.within_minutes).as_ref(),
            minutes(new.within_minutes).as_ref(),
            judge::promise,
        ),
        AttributeChange::compare(
            at("storage_class"),
            word(&old.storage_class).as_ref(),
            word(&new.storage_class).as_ref(),
            judge::class,
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if old.owner_override != new.owner_override {
        all.push(AttributeChange::judged(
            at("owner_override"),
            old.owner_override.into(),
            new.owner_override.into(),
            judge::owner_override(old.owner_override, want),
        ));
    }
    if old.account != new.account {
        let shown = |account: &Option<String>| account.clone().map_or(Json::Null, Into::into);
        all.push(AttributeChange::judged(
            at("account"),
            shown(&old.account),
            shown(&new.account),
            judge::account(old.account.as_ref(), want),
        ));
    }
    if !same_key || before.kms_objects != after.kms_objects {
        let key = |r: &Rule| r.destination.replica_key.clone().filter(|_| r.kms_objects);
        all.push(AttributeChange::judged(
            at("kms_key"),
            key(before).map_or(Json::Null, Into::into),
            key(after).map_or(Json::Null, Into::into),
            judge::key(key(before).as_ref(), key(after).as_ref(), want, place),
        ));
    }
    let rest_differs = !before.tags.is_empty()
        || before.replica_modifications
        || before.prefix != after.prefix
        || old.bucket != new.bucket;
    if rest_differs {
        let judgement = redirected(before, after);
        all.push(AttributeChange::judged(
            at("to"),
            summary(before),
            summary(after),
            judgement,
        ));
    }
    all
}

/// A rule under our name that somebody made to copy something else, or elsewhere.
fn redirected(before: &Rule, after: &Rule) -> Judgement {
    let elsewhere = before.destination.bucket != after.destination.bucket;
    if before.enabled && (elsewhere || !before.prefix.starts_with(&after.prefix)) {
        Judgement::weakens(lost(before))
    } else if elsewhere || before.prefix != after.prefix || !before.tags.is_empty() {
        Judgement::strengthens()
    } else {
        Judgement::neutral()
    }
}

/// Whether a rule copies all that another does, and no less well.
fn takes_over(new: &Rule, old: &Rule) -> bool {
    new.enabled
        && new.tags.is_empty()
        && new.destination.bucket == old.destination.bucket
        && old.prefix.starts_with(&new.prefix)
        && no_less(new, old)
}

/// Whether what a rule copies, it copies no less well than another.
fn no_less(new: &Rule, old: &Rule) -> bool {
    let (to, from) = (&new.destination, &old.destination);
    let one_zone = |class: &Option<String>| class.as_deref() == Some("ONEZONE_IA");
    (!new.delete_markers || old.delete_markers)
        && (!old.kms_objects || (new.kms_objects && to.replica_key == from.replica_key))
        && (to.account.is_none() || from.account.is_none() || to.account == from.account)
        && (to.within_minutes.is_some() || from.within_minutes.is_none())
        && (to.owner_override || !from.owner_override)
        && (!one_zone(&to.storage_class) || one_zone(&from.storage_class))
}

/// A rule that is new: being there is what strengthens.
fn added(want: &Wanted<'_>, at: &dyn Fn(&str) -> String) -> Vec<AttributeChange> {
    let (rule, block) = (&want.rule, want.block);
    let plain =
        |name: &str, value: Json| AttributeChange::judged(at(name), Json::Null, value, Judgement::neutral());
    let mut all = vec![AttributeChange::judged(
        at("to"),
        Json::Null,
        rule.destination.bucket.as_str().into(),
        order::noted(
            Judgement::strengthens(),
            "objects that are there already are not copied: use S3 Batch Replication for them",
        ),
    )];
    if let Some(prefix) = &block.prefix {
        all.push(plain("prefix", prefix.as_str().into()));
    }
    if let Some(minutes) = minutes(rule.destination.within_minutes) {
        all.push(plain("within", minutes.into()));
    }
    all.push(plain("delete_markers", rule.delete_markers.into()));
    if let Some(key) = &rule.destination.replica_key {
        all.push(plain("kms_key", key.as_str().into()));
    }
    if let Some(class) = &rule.destination.storage_class {
        all.push(plain("storage_class", class.to_ascii_lowercase().into()));
    }
    if rule.destination.owner_override {
        all.push(plain("owner_override", true.into()));
    }
    all
}

/// A rule that goes; `successor` is the one that copies the same.
fn removed(rule: &Rule, successor: Option<&str>) -> AttributeChange {
    let judgement = match successor {
        _ if !rule.enabled => Judgement::neutral(),
        Some(id) => order::noted(
            Judgement::neutral(),
            &format!("the rule \"{id}\" copies the same"),
        ),
        None => Judgement::weakens(lost(rule)),
    };
    AttributeChange::judged(path_of(rule), summary(rule), Json::Null, judgement)
}

fn lost(rule: &Rule) -> String {
    format!(
        "new objects are no longer copied to {} as they were; copies that are there stay",
        rule.destination.bucket
    )
}

/// Whether live priorities say another order than the blocks, among rules that copy to one bucket.
fn out_of_order(needed: &[&Wanted<'_>], ours: &[&Rule]) -> bool {
    let priority = |w: &Wanted<'_>| ours.iter().find(|r| r.id == w.rule.id).and_then(|r| r.priority);
    needed.iter().enumerate().any(|(i, first)| {
        needed.iter().skip(i + 1).any(|later| {
            first.rule.destination.bucket == later.rule.destination.bucket
                && matches!((priority(first), priority(later)), (Some(a), Some(b)) if a <= b)
        })
    })
}

fn by_priority<'a>(rules: &[&'a Rule]) -> Vec<&'a Rule> {
    let mut sorted = rules.to_vec();
    sorted.sort_by_key(|r| std::cmp::Reverse(r.priority));
    sorted
}

fn ids<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Vec<Json> {
    rules.into_iter().map(|r| Json::from(r.id.as_str())).collect()
}

fn minutes(n: Option<u32>) -> Option<String> {
    n.map(|n| format!("{n}m"))
}

fn summary(rule: &Rule) -> Json {
    serde_json::json!({
        "to": rule.destination.bucket,
        "prefix": rule.prefix,
        "tags": rule.tags,
        "enabled": rule.enabled,
        "delete_markers": rule.delete_markers,
        "within": minutes(rule.destination.within_minutes),
        "kms_key": rule.destination.replica_key,
        "replica_modifications": rule.replica_modifications,
    })
}
