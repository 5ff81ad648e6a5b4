//! What has to change about lifecycle rules.

use super::wanted::{path_of, wanted};
use super::{Effect, Filter, Lifecycle, Rule, When};
use crate::kinds::order::neutral;
use crate::kinds::s3_bucket::spec::Spec;
use crate::kinds::s3_bucket::{is_one_zone, order};
use crate::model::change::{AttributeChange, Direction};
use crate::model::{Finding, Judgement};
use std::collections::BTreeSet;

/// What is known besides the rules when they are judged.
#[derive(Debug, Clone, Copy)]
pub(in crate::kinds::s3_bucket) struct Circumstances {
    /// No current object can be there: the bucket is being created.
    pub no_objects: bool,
    /// No replaced version can be there: the bucket is being created, or versioning was never on
    /// (and this plan, or nobody, switches it on).
    pub no_versions: bool,
}

/// The rules to write, what that changes, and what no write of ours can bring about.
#[derive(Debug, Default)]
pub(in crate::kinds::s3_bucket) struct Outcome {
    /// The whole document; `None` when the bucket has what is wanted.
    pub document: Option<Lifecycle>,
    /// The attributes, judged.
    pub attributes: Vec<AttributeChange>,
    /// Rules of others that defeat a declared setting.
    pub findings: Vec<Finding>,
}

/// Compares by meaning: a rule that somebody else wrote satisfies a declaration as well as ours does.
pub(in crate::kinds::s3_bucket) fn diff(
    spec: &Spec,
    have: Option<&Lifecycle>,
    now: Circumstances,
) -> Outcome {
    let empty = Lifecycle::default();
    let have = have.unwrap_or(&empty);
    let (ours, foreign): (Vec<&Rule>, Vec<&Rule>) = have.rules.iter().partition(|r| r.is_ours());
    let provided: BTreeSet<(&Filter, &Effect)> = foreign.iter().flat_map(|r| r.atoms()).collect();
    let wanted = wanted(spec);
    let mut outcome = Outcome::default();
    let mut rules: Vec<Rule> = foreign.iter().copied().cloned().collect();
    let mut changed = false;

    for want in &wanted {
        let own = ours.iter().copied().find(|r| r.id == want.rule.id);
        outcome.findings.extend(
            foreign
                .iter()
                .filter_map(|other| defeats(other, &want.rule, &want.path)),
        );
        if own.is_none() && want.rule.atoms().all(|atom| provided.contains(&atom)) {
            continue;
        }
        rules.push(want.rule.clone());
        if own != Some(&want.rule) {
            changed = true;
            let before = own.filter(|r| r.enabled);
            outcome
                .attributes
                .extend(attributes(&want.path, before, &want.rule, now, &foreign));
        }
    }
    for stale in ours {
        if !wanted.iter().any(|w| w.rule.id == stale.id) {
            changed = true;
            outcome.attributes.push(AttributeChange::judged(
                path_of(&stale.id),
                summary(stale),
                serde_json::Value::Null,
                if stale.expires_current() || stale.noncurrent().is_some() {
                    Judgement::strengthens()
                } else {
                    Judgement::neutral()
                },
            ));
        }
    }
    if changed {
        outcome.document = Some(Lifecycle {
            rules,
            minimum_object_size: have.minimum_object_size.clone(),
        });
    }
    outcome
}

const TOUCHES_MORE: &str = "the rule deletes objects that it did not touch before";
const MOVES_MORE: &str =
    "the rule moves objects to one zone that it did not touch before; they are lost when that zone is";

/// One rule's attributes that differ.
fn attributes(
    path: &str,
    before: Option<&Rule>,
    after: &Rule,
    now: Circumstances,
    foreign: &[&Rule],
) -> Vec<AttributeChange> {
    if path == "abort_multipart_after" {
        let days = |rule: &Rule| abort_days(rule).map(shown_days);
        return AttributeChange::compare(
            path,
            before.and_then(days).as_ref(),
            days(after).as_ref(),
            neutral,
        )
        .into_iter()
        .collect();
    }
    let at = |name: &str| format!("{path}.{name}");
    let noncurrent = path == "noncurrent";
    let safe = if noncurrent {
        now.no_versions
    } else {
        now.no_objects
    };
    let prefix = |r: &Rule| r.filter.prefix.clone();
    let archive = |r: &Rule| archived(r).map(|(days, _)| days);
    let class = |r: &Rule| archived(r).map(|(_, class)| class);
    let expiry = |r: &Rule| match noncurrent {
        true => r.noncurrent().map(|(days, _)| days),
        false => r.current_days(),
    };
    let keep = |r: &Rule| r.noncurrent().and_then(|(_, keep)| keep);
    let to_one_zone = |r: &Rule| class(r).is_some_and(|class| is_one_zone(&class));
    let harms = match (expiry(after), to_one_zone(after)) {
        (Some(_), _) => Some(TOUCHES_MORE),
        (None, true) => Some(MOVES_MORE),
        (None, false) => None,
    };
    let mut all = Vec::new();

    let (old, new) = (before.map(prefix).unwrap_or_default(), prefix(after));
    if old != new {
        let judgement = match (harms.filter(|_| before.is_some()), new.starts_with(&old)) {
            (Some(why), false) => Judgement::weakens(why),
            (Some(_), true) => Judgement::strengthens(),
            (None, _) => Judgement::neutral(),
        };
        all.push(AttributeChange::judged(
            at("prefix"),
            before.map_or(serde_json::Value::Null, |_| old.into()),
            new.into(),
            judgement,
        ));
    }
    if let Some(narrow) = before.filter(|b| b.filter.narrowed()) {
        let judgement = harms.map_or_else(Judgement::neutral, Judgement::weakens);
        all.push(AttributeChange::judged(
            path,
            summary(narrow),
            summary(after),
            judgement,
        ));
    }
    let shown = |d: Option<u32>| d.map_or(serde_json::Value::Null, |d| shown_days(d).into());
    let (old, new) = (before.and_then(archive), archive(after));
    if old != new {
        // Where the class is another one, that is judged.
        let judgement = match to_one_zone(after) && before.is_some_and(to_one_zone) {
            true => order::one_zone_after(old.as_ref(), new.as_ref()),
            false => Judgement::neutral(),
        };
        all.push(AttributeChange::judged(
            at("archive_after"),
            shown(old),
            shown(new),
            judgement,
        ));
    }
    let (old, new) = (before.and_then(class), class(after));
    if old != new {
        let lower = |c: Option<String>| c.map_or(serde_json::Value::Null, |c| c.to_ascii_lowercase().into());
        let judgement = order::tier(old.as_ref(), new.as_ref());
        all.push(AttributeChange::judged(
            at("to"),
            lower(old),
            lower(new),
            judgement,
        ));
    }
    let (name, order): (_, crate::model::change::Order<u32>) = match noncurrent {
        true => ("expire_after", order::noncurrent_expiry),
        false => ("after", order::current_expiry),
    };
    let (old, new) = (before.and_then(expiry), expiry(after));
    if old != new {
        let mut judgement = order(old.as_ref(), new.as_ref());
        if let Some(id) = foreign.iter().find_map(|r| deletes_already(r, after, noncurrent))
            && judgement.direction == Direction::Weakens
        {
            judgement = order::noted(
                Judgement::neutral(),
                &format!("the bucket's rule \"{id}\" deletes as early already"),
            );
        }
        all.push(AttributeChange::judged(
            at(name),
            shown(old),
            shown(new),
            judgement,
        ));
    }
    if noncurrent {
        // Where nothing is deleted, it does not matter how many would be kept.
        let order = match before.and_then(expiry).is_some() && expiry(after).is_some() {
            true => order::keep,
            false => neutral,
        };
        all.extend(AttributeChange::compare(
            at("keep"),
            before.and_then(keep).as_ref(),
            keep(after).as_ref(),
            order,
        ));
    }
    if safe {
        for change in &mut all {
            if change.direction == Direction::Weakens && change.path != at("to") {
                change.direction = Direction::Neutral;
                change.reason = None;
            }
        }
    }
    if all.is_empty() {
        // Same values under another spelling, or a rule that was switched off.
        all.push(AttributeChange::judged(
            path,
            before.map_or(serde_json::Value::Null, summary),
            summary(after),
            Judgement::neutral(),
        ));
    }
    all
}

/// The id of a rule of somebody else that deletes everything this one would, and no later.
fn deletes_already<'a>(other: &'a Rule, want: &Rule, noncurrent: bool) -> Option<&'a str> {
    let sooner = match noncurrent {
        true => matches!((other.noncurrent(), want.noncurrent()),
            (Some((theirs, None)), Some((ours, _))) if theirs <= ours),
        false => {
            matches!((other.current_days(), want.current_days()), (Some(theirs), Some(ours)) if theirs <= ours)
        }
    };
    (other.enabled && sooner && other.filter.covers(&want.filter)).then_some(other.id.as_str())
}

/// A rule of somebody else that deletes everything sooner than is declared: ours can't help it.
fn defeats(other: &Rule, want: &Rule, path: &str) -> Option<Finding> {
    if !other.enabled || !other.filter.covers(&want.filter) {
        return None;
    }
    let (name, ours, theirs) = match (want.noncurrent(), want.current_days()) {
        (Some((ours, _)), _) => ("expire_after", ours, other.noncurrent()?.0),
        (None, Some(ours)) => ("after", ours, other.current_days()?),
        (None, None) => return None,
    };
    (theirs < ours).then(|| Finding {
        path: format!("{path}.{name}"),
        want: shown_days(ours).into(),
        have: shown_days(theirs).into(),
        why: format!(
            "the bucket's lifecycle rule \"{}\", which backstay did not write and leaves alone, deletes the same \
             objects after {}. Remove that rule, or declare what it does.",
            other.id,
            order::days(theirs)
        ),
    })
}

fn abort_days(rule: &Rule) -> Option<u32> {
    rule.effects.iter().find_map(|e| match e {
        Effect::AbortMultipart(days) => Some(*days),
        _ => None,
    })
}

fn archived(rule: &Rule) -> Option<(u32, String)> {
    rule.effects.iter().find_map(|e| match e {
        Effect::Transition {
            when: When::Days(days),
            class,
        }
        | Effect::TransitionNoncurrent { days, class, .. } => Some((*days, class.clone())),
        _ => None,
    })
}

/// As in HCL.
fn shown_days(days: u32) -> String {
    format!("{days}d")
}

fn summary(rule: &Rule) -> serde_json::Value {
    let mut summary = serde_json::Map::from_iter([
        ("prefix".to_owned(), rule.filter.prefix.as_str().into()),
        ("enabled".to_owned(), rule.enabled.into()),
        ("effects".to_owned(), serde_json::json!(rule.effects)),
    ]);
    if rule.filter.narrowed() {
        summary.insert("filter".to_owned(), serde_json::json!(rule.filter));
    }
    summary.into()
}
