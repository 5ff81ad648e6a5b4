//! What has to change for a role to be as declared.

use super::Op;
use super::spec::Spec;
use crate::kinds::iam::judge::{self, Purpose};
use crate::kinds::iam::live::{LiveRole, Settings};
use crate::kinds::iam::write::NewRole;
use crate::kinds::iam::{INLINE, own_path};
use crate::kinds::order::neutral;
use crate::model::change::{Action, Change, Diff, Direction, Stage};
use crate::model::policy::{Document, Effect, Match};
use crate::model::{AttributeChange, Finding, Judgement, Observed, Place};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The trust policy that the block says; `None` when it says nothing of trust.
pub(super) fn trust(spec: &Spec) -> Option<Document> {
    let statements = spec.trust.iter().map(|block| {
        let mut statement = block.statement();
        if matches!(&statement.actions, Match::Only(set) if set.is_empty()) {
            statement.actions = Match::Only(["sts:AssumeRole".to_owned()].into());
        }
        statement
    });
    (!spec.trust.is_empty()).then(|| Document::new(statements))
}

/// The inline policy that the block says; `None` when it has no statement.
pub(super) fn policy(spec: &Spec) -> Option<Document> {
    let statements = spec.statement.iter().map(|block| block.statement());
    (!spec.statement.is_empty()).then(|| Document::new(statements))
}

fn max_session(spec: &Spec) -> Option<u32> {
    spec.max_session.and_then(|d| u32::try_from(d.as_secs()).ok())
}

fn boundary(spec: &Spec) -> Option<&str> {
    spec.boundary
        .as_ref()
        .and_then(|b| b.arn.as_ref())
        .map(|arn| arn.as_str())
}

/// An attribute of something new: nothing existed that could be weakened.
fn set(path: &str, value: impl Into<Json>) -> AttributeChange {
    AttributeChange::judged(path, Json::Null, value.into(), Judgement::neutral())
}

pub(super) fn create(want: &Spec, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    let Some(trust) = trust(want) else {
        diff.missing = Some(format!(
            "no role named {} exists in account {}, and the block has no trust to create it with; \
             add a trust block, or check the name and the account",
            want.name, place.account_id
        ));
        return diff;
    };
    diff.action = Action::Create;
    let path = want.path.clone().unwrap_or_else(|| own_path(place));
    let tags = want.tags.clone().unwrap_or_default();
    let mut attributes = vec![
        set("name", want.name.as_str()),
        set("path", path.as_str()),
        set("trust", judge::shown(Some(&trust))),
    ];
    attributes.extend(boundary(want).map(|arn| set("boundary", arn)));
    attributes.extend(want.description.as_deref().map(|d| set("description", d)));
    attributes.extend(want.max_session.map(|d| set("max_session", d.to_string())));
    attributes.extend(judge::tags(&tags, &BTreeMap::new()));
    let mut role = NewRole {
        path,
        trust,
        boundary: boundary(want).map(str::to_owned),
        description: want.description.clone(),
        max_session: max_session(want),
        tags,
    };
    let gives_more =
        !want.statement.is_empty() || want.managed_policies.as_ref().is_some_and(|m| !m.is_empty());
    if gives_more {
        role = role.unfinished(place);
    }
    diff.push(Stage::Identity, Op::Create(role), attributes);
    for arn in want.managed_policies.iter().flatten().collect::<BTreeSet<_>>() {
        let attribute = set(&managed(arn), true);
        diff.push(Stage::Identity, Op::Attach(arn.clone()), [attribute]);
    }
    if let Some(policy) = policy(want) {
        let attribute = set("policy", judge::shown(Some(&policy)));
        diff.push(Stage::Identity, Op::PutPolicy(policy), [attribute]);
    }
    if gives_more {
        diff.changes.push(Change {
            op: Op::Finish,
            stage: Stage::Identity,
            attributes: Vec::new(),
        });
    }
    diff
}

/// Whether the making of the role was cut off. What it gets now is no more than what its making was to
/// give, and nothing to approve anew.
pub(super) fn half_made(want: &Spec, have: &LiveRole, place: &Place) -> bool {
    have.is_half_made(want.managed_policies.iter().flatten(), place)
}

fn managed(arn: &str) -> String {
    format!("managed_policies[{}]", Json::from(arn))
}

pub(super) fn update(want: &Spec, have: &LiveRole, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    fixed(want, have, place, &mut diff);
    // What limits comes before what gives.
    if let Some(arn) = boundary(want) {
        let before = have.boundary.as_ref().map(|b| b.arn.as_str());
        diff.push(
            Stage::Identity,
            Op::PutBoundary(arn.to_owned()),
            judge::boundary(before, arn),
        );
    }
    if let Some(trust) = trust(want) {
        match &have.trust {
            Observed::Present(before) => {
                let change = trusted(before, &trust);
                diff.push(Stage::Identity, Op::PutTrust(trust), change);
            }
            Observed::Absent => {
                let change = set("trust", judge::shown(Some(&trust)));
                diff.push(Stage::Identity, Op::PutTrust(trust), [change]);
            }
            Observed::Unreadable(why) => diff.unreadable.push(why.clone()),
        }
    }
    let new = half_made(want, have, place);
    attached(want, have, new, &mut diff);
    inline(want, have, new, &mut diff);
    settings(want, have, &mut diff);
    if let Some(tags) = &want.tags {
        let changes = judge::tags(tags, &have.tags);
        diff.push(Stage::Identity, Op::Tag(tags.clone()), changes);
    }
    // What takes away comes before what gives, so that a role that is left between two writes has not
    // got what it had and what it gets.
    diff.changes.sort_by_key(|c| {
        let directions = c.attributes.iter().map(|a| a.direction);
        directions.max()
    });
    diff.push(Stage::Identity, Op::Finish, have.finished(new, place));
    if !diff.changes.is_empty() {
        diff.action = Action::Update;
    }
    diff
}

fn fixed(want: &Spec, have: &LiveRole, place: &Place, diff: &mut Diff<Op>) {
    if let Some(path) = want.path.as_ref().filter(|path| **path != have.path) {
        diff.findings.push(Finding {
            path: "path".into(),
            want: path.as_str().into(),
            have: have.path.as_str().into(),
            why: format!(
                "IAM decides a role's path when it is created; declare path = \"{}\", or choose another name",
                have.path
            ),
        });
    } else if want.path.is_none() && have.path != own_path(place) {
        // Others refer to the role by the ARN that the block's path gives, which would be wrong.
        diff.findings.push(Finding {
            path: "path".into(),
            want: own_path(place).into(),
            have: have.path.as_str().into(),
            why: format!(
                "a role of this name exists that backstay did not create; declare path = \"{}\" to manage it \
                 where it is (it is never removed then), or choose another name",
                have.path
            ),
        });
        diff.out_of_reach = true;
    }
}

/// The services of AWS that make, bring back or move copies through roles.
const COPIERS: &[&str] = &[
    "backup.amazonaws.com",
    "batchoperations.s3.amazonaws.com",
    "dlm.amazonaws.com",
    "export.rds.amazonaws.com",
    "s3.amazonaws.com",
];

/// Those of them that a trust lets in.
fn copiers(trust: &Document) -> BTreeSet<&str> {
    let allowing = trust.statements.iter().filter(|s| s.effect == Effect::Allow);
    let services = allowing.flat_map(|s| s.named("Service")).map(String::as_str);
    services.filter(|name| COPIERS.contains(name)).collect()
}

/// The change of who may become the role: a service that makes copies through it and no longer can makes none.
fn trusted(before: &Document, after: &Document) -> Option<AttributeChange> {
    let mut change = judge::trust(before, after)?;
    let still = copiers(after);
    let gone: Vec<&str> = copiers(before)
        .into_iter()
        .filter(|s| !still.contains(s))
        .collect();
    if !gone.is_empty() {
        let stops = format!("what is done through the role by {} stops", gone.join(", "));
        let weaker = change.reason.take().map(|why| format!("{why}; {stops}"));
        change.direction = Direction::Weakens;
        change.incomparable = true;
        change.reason = Some(weaker.unwrap_or(stops));
    }
    Some(change)
}

/// What the role is there for, as far as the posture and its trust tell.
fn purpose<'a>(want: &'a Spec, have: &LiveRole) -> Purpose<'a> {
    let declared = trust(want);
    let mut trusts = have.trust.present().into_iter().chain(&declared);
    let copies = trusts.any(|t| !copiers(t).is_empty());
    Purpose {
        implied: &want.implied.0,
        is_used: want.implied.0.is_empty() && (want.referred_to.0 || copies),
    }
}

/// The inline policy of our name is ours alone: without statements it goes.
fn inline(want: &Spec, have: &LiveRole, new: bool, diff: &mut Diff<Op>) {
    let before = match have.inline.get(INLINE).map(Observed::known) {
        None => None,
        Some(Ok(before)) => before,
        Some(Err(why)) => {
            diff.unreadable.push(why.clone());
            return;
        }
    };
    let after = policy(want);
    let purpose = purpose(want, have);
    let change = match &after {
        Some(after) if new => Some(set("policy", judge::shown(Some(after)))),
        _ => judge::role_policy("policy", before, after.as_ref(), &purpose),
    };
    let op = after.map_or(Op::DeletePolicy, Op::PutPolicy);
    diff.push(Stage::Identity, op, change);
}

fn attached(spec: &Spec, have: &LiveRole, new: bool, diff: &mut Diff<Op>) {
    let Some(want) = &spec.managed_policies else {
        return;
    };
    let want: BTreeSet<&String> = want.iter().collect();
    for arn in &want {
        if !have.attached.iter().any(|p| p.arn == **arn) {
            let judgement = if new {
                Judgement::neutral()
            } else {
                judge::attached(arn)
            };
            let change = AttributeChange::judged(managed(arn), false.into(), true.into(), judgement);
            diff.push(Stage::Identity, Op::Attach((*arn).clone()), [change]);
        }
    }
    for policy in have.attached.iter().filter(|p| !want.contains(&p.arn)) {
        let judgement = judge::detached(policy, purpose(spec, have).is_used);
        let change = AttributeChange::judged(managed(&policy.arn), true.into(), false.into(), judgement);
        diff.push(Stage::Identity, Op::Detach(policy.arn.clone()), [change]);
    }
}

fn settings(want: &Spec, have: &LiveRole, diff: &mut Diff<Op>) {
    let before = match &have.settings {
        Some(Observed::Present(settings)) => settings.clone(),
        Some(Observed::Unreadable(why)) => {
            diff.unreadable.push(why.clone());
            return;
        }
        Some(Observed::Absent) | None => return,
    };
    let after = Settings {
        description: want
            .description
            .clone()
            .unwrap_or_else(|| before.description.clone()),
        max_session: max_session(want).unwrap_or(before.max_session),
    };
    let length = |s: &Settings| crate::model::Duration::from_secs(s.max_session.into());
    let changes = [
        AttributeChange::compare(
            "description",
            Some(&before.description),
            Some(&after.description),
            neutral,
        ),
        AttributeChange::compare(
            "max_session",
            Some(&length(&before)),
            Some(&length(&after)),
            judge::max_session,
        ),
    ];
    let op = Op::PutSettings {
        description: after.description,
        max_session: after.max_session,
    };
    diff.push(Stage::Identity, op, changes.into_iter().flatten());
}
