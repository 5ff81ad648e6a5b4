//! Which policy is in force: the one where the posture keeps its own, or another one under which live resources say that they
//! stand. A posture can be edited; what it names is therefore not believed alone.

use super::Store;
use super::policy::{self, Found};
use crate::aws::Cloud;
use crate::diag::{Diagnostic, code};
use crate::kinds::governed::POLICY_TAG;
use crate::model::{BucketPlace, PolicyPlace};
use crate::plan::InForce;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;

/// How often a policy may have moved on before that is called a circle.
const MOVES: usize = 8;

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// The posture's project.
    pub project: &'a str,
    /// Where the posture keeps its policy.
    pub evidence: Option<&'a BucketPlace>,
    /// Where this machine keeps it when the posture names no bucket.
    pub folder: Option<&'a Path>,
    /// Where live resources say that theirs is.
    pub marks: &'a BTreeSet<PolicyPlace>,
}

/// The policy in force, and the time by the clock of where the posture keeps it.
///
/// # Errors
/// When it is not known which one is in force.
pub async fn in_force(cloud: &Cloud, sought: Sought<'_>) -> Result<(Option<InForce>, Timestamp), Diagnostic> {
    let own = sought.evidence.and_then(|place| at(cloud, place, sought.project));
    let (mut found, now) = match (sought.evidence, sought.folder) {
        (Some(place), _) => {
            let store = Store::bucket(cloud, place).await.map_err(policy::unknown)?;
            let read = policy::read(&store, sought.project).await?;
            (follow(cloud, read, own.clone()).await?, store.now())
        }
        (None, Some(folder)) => {
            let store = Store::folder(folder);
            let read = policy::read(&store, sought.project).await?;
            (follow(cloud, read, None).await?, store.now())
        }
        // Nothing can have been kept.
        (None, None) => (None, Timestamp::now()),
    };
    for mark in sought.marks {
        if Some(mark) == own.as_ref() {
            match found {
                Some(_) => continue,
                None => return Err(vanished(mark)),
            }
        }
        let other = look(cloud, mark).await?.ok_or_else(|| vanished(mark))?;
        match &found {
            Some(known) if known.place == other.place => {}
            // A bucket that resources name is more than a folder of this machine.
            Some(known) if known.place.is_some() && !known.policy.changes(&other.policy).is_empty() => {
                return Err(two(known, &other));
            }
            _ => found = Some(other),
        }
    }
    Ok((found, now))
}

/// A bucket's place by the number of its account.
fn at(cloud: &Cloud, place: &BucketPlace, project: &str) -> Option<PolicyPlace> {
    Some(place.policy_of(project, cloud.ids().get(&place.account)?))
}

/// The bucket of a place, by what the posture calls its account.
///
/// # Errors
/// When the posture has no such account.
pub fn bucket(cloud: &Cloud, place: &PolicyPlace) -> Result<BucketPlace, Diagnostic> {
    place.bucket(&cloud.ids()).ok_or_else(|| {
        Diagnostic::error(
            code::POLICY_UNKNOWN,
            format!(
                "Live resources stand under a policy in the bucket \"{}\" of account {}, which no account block names.",
                place.bucket, place.account
            ),
        )
        .remedy(way_out("Declare that account again, so that it can be read."))
    })
}

fn way_out(first: &str) -> String {
    format!(
        "Nothing was changed. {first} The tag {POLICY_TAG} of the resources says where the policy is; whoever takes it off \
         takes them out from under it."
    )
}

/// What lies at a place that a resource names.
async fn look(cloud: &Cloud, place: &PolicyPlace) -> Result<Option<InForce>, Diagnostic> {
    let read = read(cloud, place).await?;
    follow(cloud, read, Some(place.clone())).await
}

async fn read(cloud: &Cloud, place: &PolicyPlace) -> Result<Option<Found>, Diagnostic> {
    let store = Store::bucket(cloud, &bucket(cloud, place)?).await;
    let store = store.map_err(|why| {
        let why = policy::unknown(why);
        let remedy = why.remedy.clone().unwrap_or_default();
        why.remedy(way_out(&format!("{remedy} {}", permitted(place))))
    })?;
    policy::read(&store, &place.project).await.map_err(|why| {
        let remedy = why.remedy.clone().unwrap_or_default();
        why.remedy(format!("{remedy} {}", permitted(place)))
    })
}

/// What names the permissions that an old place takes, which the posture says nothing of.
fn permitted(place: &PolicyPlace) -> String {
    format!("`backstay permissions -policy-at {place}` names what that place takes.")
}

/// From a word where a policy has gone to the policy itself.
async fn follow(
    cloud: &Cloud,
    mut found: Option<Found>,
    mut place: Option<PolicyPlace>,
) -> Result<Option<InForce>, Diagnostic> {
    for _ in 0..MOVES {
        match found {
            None => return Ok(None),
            Some(Found::Policy(policy)) => return Ok(Some(InForce { place, ..policy })),
            Some(Found::Moved(to)) => {
                found = read(cloud, &to).await?;
                if found.is_none() {
                    return Err(lost(&to));
                }
                place = Some(to);
            }
        }
    }
    Err(Diagnostic::error(
        code::POLICY_UNKNOWN,
        "Where the policy in force is kept leads from bucket to bucket without an end.",
    )
    .remedy(way_out(
        "Restore an earlier version of one of the objects policy/PROJECT/current.json.",
    )))
}

/// An apply sets no mark before the policy lies there.
fn vanished(mark: &PolicyPlace) -> Diagnostic {
    Diagnostic::error(
        code::POLICY_UNKNOWN,
        format!("Live resources stand under a policy that is kept in {mark}, and none is there."),
    )
    .remedy(way_out(
        "Find out who deleted it, and put it back. A bucket that keeps versions would have kept it.",
    ))
}

fn lost(place: &PolicyPlace) -> Diagnostic {
    Diagnostic::error(
        code::POLICY_UNKNOWN,
        format!("The policy in force was moved to {place}, and is not there."),
    )
    .remedy(way_out("Find out who deleted it, and restore it."))
}

fn two(one: &InForce, other: &InForce) -> Diagnostic {
    let shown = |policy: &InForce| policy.place.as_ref().map(ToString::to_string).unwrap_or_default();
    Diagnostic::error(
        code::POLICY_UNKNOWN,
        format!(
            "Two policies that differ are in force: {} and {}.",
            shown(one),
            shown(other)
        ),
    )
    .remedy(way_out("Let the posture keep its policy where its resources say it is, or make plans for those of one policy with -target."))
}
