//! What has to change for a plan to be as declared.

use super::live::{Life, LivePlan, Rule, Selection};
use super::moments;
use super::spec::Spec;
use super::write::{Body, Op};
use crate::access::glob;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::order::{neutral, on_is_stronger};
use crate::model::change::{Action, Diff, Stage};
use crate::model::{Arn, AttributeChange, Judgement, Place};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

fn set(path: impl Into<String>, value: Json) -> AttributeChange {
    AttributeChange::judged(path, Json::Null, value, Judgement::strengthens())
}

fn days(days: Option<u32>) -> Json {
    days.map_or("never".into(), |d| format!("{d}d").into())
}

fn minutes(minutes: u32) -> Json {
    moments::shown(minutes).into()
}

pub(super) fn diff(want: &Spec, have: Option<&LivePlan>, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    let body = Body {
        rules: want.rule.iter().map(Rule::wanted).collect(),
        windows_vss: want.windows_vss.unwrap_or(have.is_some_and(|h| h.windows_vss)),
    };
    match have {
        None => {
            diff.action = Action::Create;
            let mut tags = want.tags.clone().unwrap_or_default();
            tags.insert(PROJECT_TAG.to_owned(), place.project.clone());
            let mut attributes = vec![set("name", want.name.as_str().into())];
            for rule in &body.rules {
                attributes.extend(added(rule));
            }
            diff.push(Stage::Protect, Op::Create { body, tags }, attributes);
        }
        Some(have) => {
            let mut attributes = rules(&body.rules, &have.rules);
            if let Some(vss) = want.windows_vss {
                let change = AttributeChange::compare(
                    "windows_vss",
                    Some(&have.windows_vss),
                    Some(&vss),
                    on_is_stronger,
                );
                attributes.extend(change);
            }
            diff.push(Stage::Protect, Op::Update { body }, attributes);
            tags(want, have, &mut diff);
        }
    }
    selections(want, have, &mut diff);
    if diff.action == Action::NoOp && !diff.changes.is_empty() {
        diff.action = Action::Update;
    }
    diff
}

fn at(rule: &Rule, name: &str) -> String {
    format!("rule[{}].{name}", Json::from(rule.name.as_str()))
}

fn added(rule: &Rule) -> Vec<AttributeChange> {
    let mut all = vec![
        set(at(rule, "vault"), rule.vault.as_str().into()),
        set(at(rule, "schedule"), rule.schedule.as_str().into()),
        set(at(rule, "delete_after"), days(rule.life.delete_after)),
    ];
    all.extend(rule.continuous.then(|| set(at(rule, "continuous"), true.into())));
    all.extend(rule.copies.iter().map(|(vault, life)| copied(rule, vault, *life)));
    all
}

fn copy_path(rule: &Rule, vault: &Arn) -> String {
    at(rule, &format!("copy[{}]", Json::from(vault.as_str())))
}

fn copied(rule: &Rule, vault: &Arn, life: Life) -> AttributeChange {
    set(
        format!("{}.delete_after", copy_path(rule, vault)),
        days(life.delete_after),
    )
}

fn rules(want: &[Rule], have: &[Rule]) -> Vec<AttributeChange> {
    let by_name: BTreeMap<&str, &Rule> = have.iter().map(|r| (r.name.as_str(), r)).collect();
    let mut all = Vec::new();
    for rule in want {
        match by_name.get(rule.name.as_str()) {
            None => all.extend(added(rule)),
            Some(live) => compare(rule, live, &mut all),
        }
    }
    for gone in have.iter().filter(|h| !want.iter().any(|w| w.name == h.name)) {
        all.push(AttributeChange::judged(
            at(gone, "schedule"),
            gone.schedule.as_str().into(),
            Json::Null,
            Judgement::weakens("no recovery points are made by this rule any more"),
        ));
    }
    all
}

fn compare(want: &Rule, have: &Rule, all: &mut Vec<AttributeChange>) {
    let mut push = |name: &str, before: Json, after: Json, judgement: Judgement| {
        if before != after {
            all.push(AttributeChange::judged(at(want, name), before, after, judgement));
        }
    };
    push(
        "vault",
        have.vault.as_str().into(),
        want.vault.as_str().into(),
        Judgement::incomparable(
            "new recovery points go to another vault, whose lock and policy may be weaker",
        ),
    );
    push(
        "schedule",
        have.schedule.as_str().into(),
        want.schedule.as_str().into(),
        moments::schedule(&have.schedule, &want.schedule),
    );
    push(
        "timezone",
        have.timezone.as_str().into(),
        want.timezone.as_str().into(),
        moments::zone(&have.timezone, &want.timezone),
    );
    push(
        "start_window",
        minutes(have.start_window),
        minutes(want.start_window),
        moments::start_window(have.start_window, want.start_window),
    );
    push(
        "completion_window",
        minutes(have.completion_window),
        minutes(want.completion_window),
        moments::completion_window(have.completion_window, want.completion_window),
    );
    push(
        "continuous",
        have.continuous.into(),
        want.continuous.into(),
        on_is_stronger(Some(&have.continuous), Some(&want.continuous)),
    );
    push(
        "delete_after",
        days(have.life.delete_after),
        days(want.life.delete_after),
        longer(have.life.delete_after, want.life.delete_after),
    );
    push(
        "cold_after",
        days(have.life.cold_after),
        days(want.life.cold_after),
        Judgement::neutral(),
    );
    for (vault, life) in &want.copies {
        let path = copy_path(want, vault);
        match have.copies.get(vault) {
            None => all.push(copied(want, vault, *life)),
            Some(live) if live == life => {}
            Some(live) => {
                let judged = |name: &str, before, after, judgement| {
                    AttributeChange::judged(format!("{path}.{name}"), before, after, judgement)
                };
                if live.delete_after != life.delete_after {
                    all.push(judged(
                        "delete_after",
                        days(live.delete_after),
                        days(life.delete_after),
                        longer(live.delete_after, life.delete_after),
                    ));
                }
                if live.cold_after != life.cold_after {
                    all.push(judged(
                        "cold_after",
                        days(live.cold_after),
                        days(life.cold_after),
                        Judgement::neutral(),
                    ));
                }
            }
        }
    }
    for (vault, life) in have
        .copies
        .iter()
        .filter(|(vault, _)| !want.copies.contains_key(vault))
    {
        all.push(AttributeChange::judged(
            format!("{}.delete_after", copy_path(want, vault)),
            days(life.delete_after),
            Json::Null,
            Judgement::weakens("recovery points are no longer copied there"),
        ));
    }
}

/// Never is longer than any number of days.
pub(super) fn longer(before: Option<u32>, after: Option<u32>) -> Judgement {
    let mut judgement = match (before, after) {
        (None, Some(after)) => {
            Judgement::weakens(format!("new recovery points are deleted after {after} days"))
        }
        (Some(before), Some(after)) if after < before => {
            Judgement::weakens(format!("new recovery points are kept {after} days, not {before}"))
        }
        _ => Judgement::strengthens(),
    };
    if judgement.reason.is_none() {
        judgement.reason = Some("recovery points that exist keep their date".into());
    }
    judgement
}

fn shown(selection: &Selection) -> Json {
    serde_json::to_value(selection).unwrap_or(Json::Null)
}

fn selections(want: &Spec, have: Option<&LivePlan>, diff: &mut Diff<Op>) {
    let empty = BTreeMap::new();
    let live = match have.map(|h| h.selections.known()) {
        None => &empty,
        Some(Ok(live)) => live.unwrap_or(&empty),
        Some(Err(unknown)) => return diff.unreadable.push(unknown.clone()),
    };
    let path = |name: &str| format!("selection[{}]", Json::from(name));
    let (mut new, mut old, mut attributes) = (Vec::new(), Vec::new(), Vec::new());
    for block in &want.selection {
        let wanted = Selection::wanted(block);
        let same: Vec<_> = live.iter().filter(|(_, s)| s.name == wanted.name).collect();
        let fits = same.iter().position(|(_, s)| **s == wanted);
        let replaces = same.iter().enumerate().filter(|(n, _)| Some(*n) != fits);
        let replaces: Vec<String> = replaces.map(|(_, (id, _))| (*id).clone()).collect();
        if fits.is_some() && replaces.is_empty() {
            continue;
        }
        let others = || same.iter().map(|(_, s)| *s).filter(|s| **s != wanted);
        // Of several of one name, one that covers more than is declared is what is lost.
        let missed = others().find(|other| !broader(&wanted, other));
        let before = missed.or_else(|| others().next());
        let judgement = if missed.is_some() {
            let more = missed.is_some_and(|other| !broader(other, &wanted));
            Judgement::weakens("it may cover less than before").or_more(more)
        } else if others().any(|other| other.role != wanted.role) {
            Judgement::incomparable("whether the other role may back up all of it cannot be told")
        } else {
            Judgement::strengthens()
        };
        attributes.push(AttributeChange::judged(
            path(&wanted.name),
            before.map_or(Json::Null, shown),
            shown(&wanted),
            judgement,
        ));
        old.extend(replaces);
        new.extend(fits.is_none().then_some(wanted));
    }
    for (id, gone) in live
        .iter()
        .filter(|(_, s)| !want.selection.iter().any(|b| b.name == s.name))
    {
        attributes.push(AttributeChange::judged(
            path(&gone.name),
            shown(gone),
            Json::Null,
            Judgement::weakens("what it selects is no longer backed up by this plan"),
        ));
        old.push(id.clone());
    }
    let op = Op::Select {
        selections: new,
        replaces: old,
    };
    diff.push(Stage::Replicate, op, attributes);
}

/// Whether `new` covers all that `old` does, as far as that can be seen without asking for the resources.
pub(super) fn broader(new: &Selection, old: &Selection) -> bool {
    let takes_in = |patterns: &BTreeSet<String>, one: &String| patterns.iter().any(|p| glob::covers(p, one));
    old.resources.iter().all(|one| takes_in(&new.resources, one))
        && new
            .not_resources
            .iter()
            .all(|one| takes_in(&old.not_resources, one))
        && new.tags.is_superset(&old.tags)
        && new.conditions.is_subset(&old.conditions)
}

fn tags(want: &Spec, have: &LivePlan, diff: &mut Diff<Op>) {
    let Some(tags) = &want.tags else { return };
    let live = match have.tags.known() {
        Ok(live) => live,
        Err(unknown) => return diff.unreadable.push(unknown.clone()),
    };
    let changes: Vec<_> = tags
        .iter()
        .filter_map(|(key, value)| {
            let path = format!("tags[{}]", Json::from(key.as_str()));
            AttributeChange::compare(path, live.and_then(|l| l.get(key)), Some(value), neutral)
        })
        .collect();
    diff.push(Stage::Protect, Op::Tag { tags: tags.clone() }, changes);
}

/// A plan holds no data, so one of ours is removed; recovery points stay in their vaults.
pub(super) fn release(have: &LivePlan, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    match have.tags.known() {
        Err(unknown) => diff.unreadable.push(unknown.clone()),
        Ok(_) if have.is_ours(place) => {
            diff.action = Action::Remove;
            let gone = AttributeChange::judged(
                "name",
                have.name.as_str().into(),
                Json::Null,
                Judgement::weakens(
                    "nothing is backed up by this plan any more; recovery points stay until their end",
                ),
            );
            diff.push(Stage::Remove, Op::Remove, [gone]);
        }
        Ok(_) => diff.action = Action::Release,
    }
    diff
}
