//! What has to change for an instance to be as declared.

use super::live::{LiveInstance, LiveReplica, key_of};
use super::spec::{Pitr, Replicate, Spec};
use super::write::{Copy, Op};
use crate::kinds::keys;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::order::{neutral, on_is_stronger};
use crate::model::change::{Action, Diff, Stage};
use crate::model::{Arn, AttributeChange, Finding, Judgement, Observed, Place, Unreadable};
use serde_json::Value as Json;
use std::collections::BTreeSet;

pub(super) fn diff(want: &Spec, have: Option<&LiveInstance>, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    let missing = match have {
        None => Some(format!(
            "there is no instance {} in account {}, region {}",
            want.identifier.to_lowercase(),
            place.account_id,
            place.region
        )),
        Some(have) => have.foreign(),
    };
    if let Some(why) = missing {
        diff.missing = Some(format!(
            "{why}; backstay never creates a database: check the identifier, the account and the region"
        ));
        return diff;
    }
    let Some(have) = have else { return diff };
    asserted(want, have, &mut diff);
    protect(want, have, &mut diff);
    if let Some(pitr) = &want.pitr {
        backups(pitr, have, &mut diff);
    }
    if !want.replicate.is_empty() {
        replicas(want, have, place, &mut diff);
    }
    if let (Some(tags), Some(arn)) = (&want.tags, &have.arn) {
        let changes = tags.iter().filter_map(|(key, value)| {
            let path = format!("tags[{}]", Json::from(key.as_str()));
            AttributeChange::compare(path, have.tags.get(key), Some(value), neutral)
        });
        let op = Op::Tag {
            arn: arn.clone(),
            tags: tags.clone(),
        };
        diff.push(Stage::Protect, op, changes);
    }
    if !diff.changes.is_empty() {
        diff.action = Action::Update;
    }
    diff
}

/// One that no block declares any more. It carries a mark only where a block asked for `prevent_release`.
pub(super) fn release(have: &LiveInstance, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    if let (Some(arn), true) = (&have.arn, have.is_ours(place)) {
        diff.action = Action::Release;
        let mut judgement = Judgement::neutral();
        judgement.reason = Some("the database and its settings stay; backstay no longer looks at it".into());
        let path = format!("tags[{}]", Json::from(PROJECT_TAG));
        let project = place.project.as_str().into();
        let change = AttributeChange::judged(path, project, Json::Null, judgement);
        diff.push(Stage::Remove, Op::Untag { arn: arn.clone() }, [change]);
    }
    diff
}

/// Settings that are declared as facts, not as wishes.
fn asserted(want: &Spec, have: &LiveInstance, diff: &mut Diff<Op>) {
    let mut differs = |path: &str, want: Option<bool>, have: bool, why: &str| {
        if let Some(want) = want.filter(|want| *want != have) {
            diff.findings.push(finding(path, want, have, why.to_owned()));
        }
    };
    differs(
        "encrypted",
        want.encrypted,
        have.encrypted,
        "RDS decides encryption when an instance is created. To encrypt it, copy a snapshot with a key, restore \
         the copy under another name and move the application to it",
    );
    differs(
        "multi_az",
        want.multi_az,
        have.multi_az,
        "backstay does not switch a standby, which changes cost and load; modify the instance in a quiet hour \
         (aws rds modify-db-instance --multi-az), or declare what is",
    );
}

fn finding(path: &str, want: impl Into<Json>, have: impl Into<Json>, why: String) -> Finding {
    Finding {
        path: path.to_owned(),
        want: want.into(),
        have: have.into(),
        why,
    }
}

fn protect(want: &Spec, have: &LiveInstance, diff: &mut Diff<Op>) {
    let changed = |path: &str, want: Option<bool>, have: bool| {
        let want = want?;
        AttributeChange::compare(path, Some(&have), Some(&want), on_is_stronger)
    };
    let changes = [
        changed(
            "deletion_protection",
            want.deletion_protection,
            have.deletion_protection,
        ),
        changed("copy_tags", want.copy_tags, have.copy_tags),
    ];
    let op = Op::Protect {
        deletion_protection: want
            .deletion_protection
            .filter(|w| *w != have.deletion_protection),
        copy_tags: want.copy_tags.filter(|w| *w != have.copy_tags),
    };
    diff.push(Stage::Protect, op, changes.into_iter().flatten());
}

/// As HCL writes days.
fn shown(days: u32) -> Json {
    match days {
        0 => "0".into(),
        days => format!("{days}d").into(),
    }
}

/// More days are more protection; from 0 the instance stops for a moment.
pub(super) fn retention(before: u32, after: u32) -> Judgement {
    if before == 0 && after > 0 {
        Judgement::strengthens().disruptive(
            "switching automated backups on interrupts the instance for seconds to minutes, and it makes a first \
             snapshot",
        )
    } else if after < before {
        Judgement::weakens(format!("restore points older than {after} days are gone at once"))
    } else {
        Judgement::strengthens()
    }
}

fn backups(want: &Pitr, have: &LiveInstance, diff: &mut Diff<Op>) {
    // What is in flight is neither drift nor protection: it is what will be.
    let days = have.pending_retention.unwrap_or(have.retention_days);
    let retained = (want.retention.days() != days).then(|| {
        AttributeChange::judged(
            "pitr.retention",
            shown(days),
            shown(want.retention.days()),
            retention(days, want.retention.days()),
        )
    });
    let window = want.window.as_ref().map(ToString::to_string);
    let windowed = window.as_ref().and_then(|window| {
        AttributeChange::compare("pitr.window", Some(&have.window), Some(window), neutral)
    });
    let changes: Vec<_> = [retained, windowed].into_iter().flatten().collect();
    if changes.is_empty() {
        return;
    }
    if let Some(why) = refused(want, have) {
        diff.findings.extend(
            changes
                .into_iter()
                .map(|c| finding(&c.path, c.after, c.before, why.clone())),
        );
        return;
    }
    let op = Op::Backups {
        retention: (want.retention.days() != days).then(|| want.retention.days()),
        window: window.filter(|w| *w != have.window),
    };
    diff.push(Stage::Protect, op, changes);
}

/// Why retention and window must not be written now.
fn refused(want: &Pitr, have: &LiveInstance) -> Option<String> {
    if let Some(point) = &have.aws_backup {
        return Some(format!(
            "AWS Backup owns the retention and the window of this instance (continuous recovery point {point}); \
             change its backup plan, or take the instance out of it, and do not manage both"
        ));
    }
    if !have.pending.is_empty() {
        let names: Vec<_> = have.pending.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        return Some(format!(
            "other changes wait for the maintenance window ({}), and applying this one at once would apply them \
             too; apply or cancel them first",
            names.join(", ")
        ));
    }
    let maintenance = have.maintenance.as_deref()?;
    let window = want.window.as_ref()?;
    window.overlaps_weekly(maintenance).then(|| {
        format!(
            "{window} overlaps the maintenance window {maintenance}, which RDS refuses; choose another window"
        )
    })
}

/// What a copy depends on besides itself.
#[derive(Clone, Copy)]
struct Source<'a> {
    encrypted: bool,
    aliases: &'a keys::Aliases,
}

fn replicas(want: &Spec, have: &LiveInstance, place: &Place, diff: &mut Diff<Op>) {
    let Some(source) = &have.arn else { return };
    // What is in flight is what will be: backups that are being switched off leave nothing to copy.
    let on = have.pending_retention.unwrap_or(have.retention_days) > 0
        || diff.changes.iter().any(|c| {
            matches!(
                c.op,
                Op::Backups {
                    retention: Some(_),
                    ..
                }
            )
        });
    for replicate in &want.replicate {
        if let Err(why) = possible(replicate, have, on) {
            let path = format!("{}.region", path(replicate));
            diff.findings
                .push(finding(&path, replicate.region.as_str(), Json::Null, why));
            continue;
        }
        let copy = copy(replicate, source, place);
        if let Some(why) = no_key(replicate, &copy, have) {
            diff.unreadable.push(why);
            continue;
        }
        match have.replicas.get(&replicate.region) {
            Some(Observed::Present(live)) => {
                let source = Source {
                    encrypted: have.encrypted,
                    aliases: &have.aliases,
                };
                replace(replicate, live, copy, source, diff);
            }
            Some(Observed::Absent) => start(replicate, copy, diff),
            Some(Observed::Unreadable(why)) => diff.unreadable.push(why.clone()),
            // Not looked at, as in a snapshot that was made for another posture.
            None => diff.unreadable.push(crate::model::Unreadable {
                action: super::live::BACKUPS.into(),
                why: format!("copies in {} were not read", replicate.region),
                denied: false,
            }),
        }
    }
    let declared: BTreeSet<_> = want.replicate.iter().map(|r| &r.region).collect();
    for (region, live) in &have.replicas {
        if let (false, Observed::Present(live)) = (declared.contains(region), live) {
            let change = AttributeChange::judged(
                format!("replicate[\"{region}\"].retention"),
                live.retention_days.map_or(Json::Null, shown),
                Json::Null,
                Judgement::weakens(format!(
                    "automated backups are no longer copied to {region}; what is there expires"
                )),
            );
            let op = Op::StopCopy {
                source: source.clone(),
                region: region.clone(),
            };
            diff.push(Stage::Replicate, op, [change]);
        }
    }
}

/// Why a copy cannot be made under the key that is declared.
fn no_key(want: &Replicate, copy: &Copy, have: &LiveInstance) -> Option<Unreadable> {
    let (key, arn) = (want.kms_key.as_ref()?, copy.key.as_ref()?);
    let path = format!("{}.kms_key", path(want));
    let there = have.replicas.get(&want.region).and_then(Observed::present);
    keys::dangling(&path, key, arn, &have.aliases).or_else(|| {
        // A copy that is there is under a key already.
        keys::unusable(&path, key, arn, &have.aliases).filter(|_| there.is_none())
    })
}

fn path(replicate: &Replicate) -> String {
    format!("replicate[\"{}\"]", replicate.region)
}

/// Why a copy cannot be made.
fn possible(want: &Replicate, have: &LiveInstance, on: bool) -> Result<(), String> {
    let there = have.replicas.get(&want.region).and_then(Observed::present);
    if !on {
        return Err(
            "automated backups are switched off, so there is nothing to copy; set pitr.retention".into(),
        );
    }
    let keyed = want.kms_key.is_some() || there.is_some_and(|copy| copy.key.is_some());
    if have.encrypted && !keyed {
        return Err(format!(
            "the instance is encrypted, and its copy needs a key in {}; set kms_key",
            want.region
        ));
    }
    Ok(())
}

fn copy(want: &Replicate, source: &Arn, place: &Place) -> Copy {
    Copy {
        source: source.clone(),
        region: want.region.clone(),
        retention: want.retention.map(|r| r.days()),
        key: key_of(want, place),
    }
}

fn start(want: &Replicate, copy: Copy, diff: &mut Diff<Op>) {
    let set = |name: &str, value: Json| {
        let path = format!("{}.{name}", path(want));
        AttributeChange::judged(path, Json::Null, value, Judgement::strengthens())
    };
    let mut changes = vec![set("region", want.region.as_str().into())];
    changes.extend(copy.retention.map(|days| set("retention", shown(days))));
    changes.extend(copy.key.as_ref().map(|key| set("kms_key", key.as_str().into())));
    diff.push(Stage::Replicate, Op::StartCopy(copy), changes);
}

/// RDS has no call that changes a copy: it is stopped and another one started. What the old one holds is
/// retained and taken over, unless its days are over; nothing is copied that was made in between (RDS user guide,
/// "Stopping automated backup replication").
fn replace(want: &Replicate, have: &LiveReplica, copy: Copy, on: Source<'_>, diff: &mut Diff<Op>) {
    if let (Some(key), Some(live)) = (&copy.key, &have.key) {
        match keys::same(key, live, on.aliases) {
            Ok(true) => {}
            Ok(false) => return diff.findings.push(another_key(want, have, key.as_str())),
            // Neither the same nor another one: a copy is not given up for that.
            Err(unknown) => return diff.unreadable.push(unknown),
        }
    } else if let Some(key) = &copy.key {
        return diff.findings.push(another_key(want, have, key.as_str()));
    }
    let Some(days) = copy.retention.filter(|days| have.retention_days != Some(*days)) else {
        return;
    };
    let path = format!("{}.retention", path(want));
    let before = have.retention_days.map_or(Json::Null, shown);
    if let (true, None, Some(key)) = (on.encrypted, &copy.key, &have.key) {
        diff.findings.push(Finding {
            path,
            want: shown(days),
            have: before,
            why: format!(
                "to change it the copy is stopped and started anew, and a start needs the key of the copy; an apply \
                 that is cut off in between could not go on without it. Declare kms_key = \"{key}\""
            ),
        });
        return;
    }
    let change = AttributeChange::judged(path, before, shown(days), anew(want, have, days));
    let copy = Copy {
        key: copy.key.or_else(|| have.key.clone()),
        ..copy
    };
    diff.push(Stage::Replicate, Op::ReplaceCopy(copy), [change]);
}

/// What it costs to have another retention. However long the new one is, for a while there is less than before.
fn anew(want: &Replicate, have: &LiveReplica, days: u32) -> Judgement {
    let region = &want.region;
    let lost = match have.retention_days {
        Some(before) if days > before => String::new(),
        Some(_) => format!("; restore points older than {days} days are lost there"),
        None => "; the retention there is not known, and older restore points may be lost".to_owned(),
    };
    Judgement::weakens(format!(
        "RDS cannot change a copy: it is stopped and started anew, and what was written in between can never be \
         restored to its moment in {region}{lost}"
    ))
    .or_more(have.retention_days.is_none_or(|before| days > before))
    .disruptive(format!(
        "until the new copy has caught up, which may take hours, {region} holds only what the old one had"
    ))
}

/// RDS refuses to start a copy under another key while it retains backups under the first, so that a stop would
/// leave none at all.
fn another_key(want: &Replicate, have: &LiveReplica, key: &str) -> Finding {
    let region = &want.region;
    finding(
        &format!("{}.kms_key", path(want)),
        key,
        have.key.as_ref().map_or(Json::Null, |k| k.as_str().into()),
        format!(
            "RDS starts no copy in {region} under another key while it retains backups there under this one, and \
             backstay deletes no backups. Copy to another region first, then stop this one, and start it under the \
             other key once what it holds has expired"
        ),
    )
}
