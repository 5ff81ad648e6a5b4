//! What has to change for a backup writer to be as declared, and nothing more than that.

use super::Op;
use super::documents;
use super::live::LiveWriter;
use super::spec::{Spec, boundary_arn};
use crate::kinds::iam::live::{LivePolicy, LiveRole, Settings};
use crate::kinds::iam::write::NewRole;
use crate::kinds::iam::{INLINE, judge, writer_path};
use crate::model::change::{Action, Change, Diff, Stage};
use crate::model::policy::Document;
use crate::model::{AttributeChange, Duration, Finding, Judgement, Observed, Place};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(super) fn diff(want: &Spec, have: Option<&LiveWriter>, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    let name = want.role_name(place);
    if let Some(role) = have.and_then(|h| h.foreign(&name, place)) {
        // Half a writer would be worse than none: the buckets name the writer by its path.
        diff.findings.push(Finding {
            path: "name".into(),
            want: name.as_str().into(),
            have: role.arn.as_str().into(),
            why: format!(
                "a role of this name exists outside {}, so it is no backup writer of this project; choose another \
                 name, or remove that role",
                writer_path(place)
            ),
        });
        diff.out_of_reach = true;
        return diff;
    }
    let boundary = have.and_then(|h| h.boundary.as_ref());
    limit(want, boundary, place, &mut diff);
    match have.and_then(|h| h.role.as_ref()) {
        None => {
            create(want, &name, place, &mut diff);
            diff.action = Action::Create;
        }
        Some(role) => {
            update(want, role, place, &mut diff);
            if !diff.changes.is_empty() {
                diff.action = Action::Update;
            }
        }
    }
    diff
}

fn limit(want: &Spec, have: Option<&LivePolicy>, place: &Place, diff: &mut Diff<Op>) {
    let after = documents::boundary(want, &place.region);
    let change = match have.and_then(|h| h.document.as_ref()) {
        Some(Observed::Unreadable(why)) => {
            diff.unreadable.push(why.clone());
            return;
        }
        Some(Observed::Present(before)) => judge::policy("boundary.policy", Some(before), Some(&after)),
        // Where there was no limit, any is more.
        Some(Observed::Absent) | None => Some(AttributeChange::judged(
            "boundary.policy",
            Json::Null,
            judge::shown(Some(&after)),
            Judgement::strengthens(),
        )),
    };
    diff.push(Stage::Identity, Op::PutLimit(after), change);
}

/// An attribute of something new: nothing existed that could be weakened.
fn set(path: &str, value: impl Into<Json>) -> AttributeChange {
    AttributeChange::judged(path, Json::Null, value.into(), Judgement::neutral())
}

fn max_session(want: &Spec) -> Option<u32> {
    want.max_session.and_then(|d| u32::try_from(d.as_secs()).ok())
}

fn create(want: &Spec, name: &str, place: &Place, diff: &mut Diff<Op>) {
    let boundary = boundary_arn(name, place);
    let trust = documents::trust(want, place);
    let policy = documents::policy(want, &place.region);
    let tags = want.tags.clone().unwrap_or_default();
    let mut attributes = vec![
        set("name", name),
        set("path", writer_path(place)),
        set("boundary", boundary.as_str()),
        set("trust", judge::shown(Some(&trust))),
    ];
    attributes.extend(want.max_session.map(|d| set("max_session", d.to_string())));
    attributes.extend(judge::tags(&tags, &BTreeMap::new()));
    let role = NewRole {
        path: writer_path(place),
        trust,
        boundary: Some(boundary.to_string()),
        description: Some(format!(
            "Writes new backups of {} and nothing else.",
            place.project
        )),
        max_session: max_session(want),
        tags,
    };
    diff.push(Stage::Identity, Op::Create(role.unfinished(place)), attributes);
    let attribute = set("policy", judge::shown(Some(&policy)));
    diff.push(Stage::Identity, Op::PutPolicy(policy), [attribute]);
    diff.changes.push(Change {
        op: Op::Finish,
        stage: Stage::Identity,
        attributes: Vec::new(),
    });
}

fn update(want: &Spec, have: &LiveRole, place: &Place, diff: &mut Diff<Op>) {
    // What limits and what takes away comes before what gives.
    let boundary = boundary_arn(&have.name, place);
    let attached = have.boundary.as_ref().map(|b| b.arn.as_str());
    diff.push(
        Stage::Identity,
        Op::AttachLimit,
        judge::boundary(attached, boundary.as_str()),
    );
    nothing_else(have, diff);
    let trust = documents::trust(want, place);
    match have.trust.known() {
        Err(why) => diff.unreadable.push(why.clone()),
        Ok(before) => {
            let nobody = Document::new([]);
            let change = judge::trust(before.unwrap_or(&nobody), &trust);
            diff.push(Stage::Identity, Op::PutTrust(trust), change);
        }
    }
    let policy = documents::policy(want, &place.region);
    let half_made = have.is_half_made([], place);
    match have.inline.get(INLINE).map(Observed::known).transpose() {
        Err(why) => diff.unreadable.push(why.clone()),
        // What it gets now is no more than what its making was to give.
        Ok(_) if half_made => {
            let attribute = set("policy", judge::shown(Some(&policy)));
            diff.push(Stage::Identity, Op::PutPolicy(policy), [attribute]);
        }
        Ok(before) => {
            let change = judge::policy("policy", before.flatten(), Some(&policy));
            diff.push(Stage::Identity, Op::PutPolicy(policy), change);
        }
    }
    settings(want, have, diff);
    if let Some(tags) = &want.tags {
        let changes = judge::tags(tags, &have.tags);
        diff.push(Stage::Identity, Op::Tag(tags.clone()), changes);
    }
    diff.push(Stage::Identity, Op::Finish, have.finished(half_made, place));
}

/// A writer does what its block says and nothing else: other policies go.
fn nothing_else(have: &LiveRole, diff: &mut Diff<Op>) {
    for (name, document) in have.inline.iter().filter(|(name, _)| *name != INLINE) {
        match document.known() {
            Err(why) => diff.unreadable.push(why.clone()),
            Ok(document) => {
                let path = format!("policies[{}]", Json::from(name.as_str()));
                let change = judge::policy(&path, document, None);
                diff.push(Stage::Identity, Op::DeletePolicy(name.clone()), change);
            }
        }
    }
    for policy in &have.attached {
        let change = AttributeChange::judged(
            format!("policies[{}]", Json::from(policy.arn.as_str())),
            true.into(),
            false.into(),
            judge::detached(policy, false),
        );
        diff.push(Stage::Identity, Op::Detach(policy.arn.clone()), [change]);
    }
}

fn settings(want: &Spec, have: &LiveRole, diff: &mut Diff<Op>) {
    let (Some(after), Some(read)) = (max_session(want), &have.settings) else {
        return;
    };
    let before: &Settings = match read.known() {
        Err(why) => {
            diff.unreadable.push(why.clone());
            return;
        }
        Ok(None) => return,
        Ok(Some(before)) => before,
    };
    let length = |seconds: u32| Duration::from_secs(seconds.into());
    let change = AttributeChange::compare(
        "max_session",
        Some(&length(before.max_session)),
        Some(&length(after)),
        judge::max_session,
    );
    let op = Op::PutSettings {
        description: before.description.clone(),
        max_session: after,
    };
    diff.push(Stage::Identity, op, change);
}
