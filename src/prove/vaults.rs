//! Recovery points in vaults, as copies of what they were made of.

use super::copies::ground;
use super::copy::{
    Copy, Domain, Encryption, Grade, Ground, History, Holder, Lock, Mechanism, Reach, Staleness,
};
use crate::access::glob;
use crate::model::fact::{
    Coverage, Evidence, Facts, Held, LockMode, Schedule, ScheduledRule, Vault, VaultLock,
};
use crate::model::{Arn, Duration, Observed, Unreadable};
use jiff::Timestamp;

/// One for each vault that holds something of the asset, or that a plan of the posture copies it to and that could not
/// be read. `live` is the asset as it serves.
pub(super) fn of(arn: &Arn, live: &Copy, all: &[Evidence]) -> Vec<Copy> {
    let schedules: Vec<&Schedule> = all
        .iter()
        .filter_map(|e| match e.facts.present() {
            Some(Facts::Schedule(schedule)) => Some(schedule.as_ref()),
            _ => None,
        })
        .collect();
    all.iter()
        .filter_map(|evidence| match evidence.facts.present() {
            Some(Facts::Vault(vault)) => Some((evidence, vault.as_ref())),
            _ => None,
        })
        .filter_map(|(evidence, vault)| copy(arn, live, evidence, vault, &schedules))
        .collect()
}

fn copy(arn: &Arn, live: &Copy, evidence: &Evidence, vault: &Vault, schedules: &[&Schedule]) -> Option<Copy> {
    let held = match vault.holds.known() {
        Ok(held) => held?.iter().find(|h| h.resource == *arn && h.points > 0)?,
        Err(why) => return unread(arn, live, evidence, vault, schedules, why),
    };
    let (promise, kept) = promised(arn, vault, schedules);
    let age = |text: &Option<String>| since(&evidence.read_at, text.as_deref());
    let newest = age(&held.newest);
    // Jobs that fail or never begin break the promise, and then only what is there counts.
    let late = promise.zip(newest).filter(|(promise, newest)| newest > promise);
    let spacing = late.map(|(_, newest)| newest).or(promise);
    let history = match (age(&held.oldest), spacing) {
        (Some(oldest), Some(gap)) => Observed::Present(History {
            // No further back than there are points, nor than they are kept.
            reach: Reach::For(match kept {
                Some(kept) => oldest.min(kept),
                None => oldest,
            }),
            spacing: gap,
        }),
        (None, _) => unknown("when its oldest recovery point was made is not known"),
        (_, None) => unknown("no plan of this posture says how far apart its recovery points are"),
    };
    Some(Copy {
        id: format!("{}/vault_{}", live.asset, vault.name),
        asset: live.asset.clone(),
        mechanism: Mechanism::RecoveryPoints,
        domain: Domain {
            account: Some(vault.account.clone()),
            region: Some(vault.region.clone()),
            zonal: false,
        },
        encryption: encryption(vault, held),
        history,
        staleness: Staleness {
            promised: promise.filter(|_| late.is_none()),
            measured: newest,
        },
        lock: lock(vault, &evidence.read_at),
        holder: Holder::Vault {
            arn: vault.arn.clone(),
            unlockable: matches!(&vault.lock, Observed::Present(lock) if !in_force(lock, &evidence.read_at)),
        },
        bound: None,
        unusable: None,
        unknown: None,
        partial: None,
        grade: Grade::Evidenced,
        grounds: {
            let mut all = grounds(evidence, vault, held);
            all.extend(late.map(|(promise, newest)| {
                let says = format!(
                    "the newest is {newest} old, and the plan would have made one every {promise} at most: its jobs \
                     fail or do not run"
                );
                ground(evidence, says)
            }));
            all
        },
    })
}

/// A vault whose contents could not be read, and that a plan may fill with the asset: a copy of which nobody can
/// say whether it is there.
fn unread(
    arn: &Arn,
    live: &Copy,
    evidence: &Evidence,
    vault: &Vault,
    schedules: &[&Schedule],
    why: &Unreadable,
) -> Option<Copy> {
    let selects = |schedule: &Schedule| match schedule.covers.known() {
        Ok(all) => all.is_some_and(|all| all.iter().any(|c| may_cover(c, arn))),
        Err(_) => true,
    };
    let filled = schedules
        .iter()
        .filter(|schedule| selects(schedule))
        .any(|schedule| {
            schedule
                .rules
                .iter()
                .any(|rule| !fills(rule, &vault.arn).is_empty())
        });
    let why = format!(
        "what the vault {} holds could not be read: {}",
        vault.name, why.why
    );
    filled.then(|| Copy {
        id: format!("{}/vault_{}", live.asset, vault.name),
        asset: live.asset.clone(),
        mechanism: Mechanism::RecoveryPoints,
        domain: Domain {
            account: Some(vault.account.clone()),
            region: Some(vault.region.clone()),
            zonal: false,
        },
        encryption: unknown(&why),
        history: unknown(&why),
        staleness: Staleness {
            promised: None,
            measured: None,
        },
        lock: lock(vault, &evidence.read_at),
        holder: Holder::Vault {
            arn: vault.arn.clone(),
            unlockable: matches!(&vault.lock, Observed::Present(lock) if !in_force(lock, &evidence.read_at)),
        },
        bound: None,
        unusable: None,
        unknown: Some(why.clone()),
        partial: None,
        grade: Grade::Unknown,
        grounds: vec![ground(evidence, why)],
    })
}

fn unknown<T>(why: &str) -> Observed<T> {
    Observed::Unreadable(Unreadable {
        action: "backup:ListRecoveryPointsByBackupVault".into(),
        why: why.into(),
        denied: false,
    })
}

/// What the recovery points themselves say, else the vault's key.
fn encryption(vault: &Vault, held: &Held) -> Observed<Encryption> {
    let mut keys = held.keys.iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) if vault.key.as_ref() != Some(key) => {
            return Observed::Present(Encryption::Key(key.clone()));
        }
        (Some(_), Some(_)) => return unknown("its recovery points are under several keys"),
        _ => {}
    }
    match (&vault.key, vault.service_key) {
        (_, Some(true)) | (None, _) => Observed::Present(Encryption::Service),
        (Some(key), _) => Observed::Present(Encryption::Key(key.clone())),
    }
}

/// Whether a compliance lock can no longer be taken back.
fn in_force(lock: &VaultLock, read_at: &str) -> bool {
    lock.mode == LockMode::Compliance
        && lock
            .locked_from
            .as_deref()
            .is_some_and(|from| since(read_at, Some(from)).is_some())
}

/// What the lock certainly gives. In its time of grace a compliance lock is as good as one in
/// governance mode: whoever may delete its configuration ends it.
fn lock(vault: &Vault, read_at: &str) -> Observed<Lock> {
    match &vault.lock {
        Observed::Present(lock) => Observed::Present(Lock {
            mode: if in_force(lock, read_at) || vault.air_gapped {
                LockMode::Compliance
            } else {
                LockMode::Governance
            },
            // Until a point expires nobody deletes it, whatever the least is.
            days: lock.min_days.unwrap_or(1).max(1),
            contents_days: None,
        }),
        Observed::Absent => Observed::Absent,
        Observed::Unreadable(why) => Observed::Unreadable(why.clone()),
    }
}

/// How far apart points are at most, by the rules that fill the vault with this resource, and how
/// long they are kept. Of several rules the one that promises most counts.
fn promised(arn: &Arn, vault: &Vault, schedules: &[&Schedule]) -> (Option<Duration>, Option<Duration>) {
    let mut best: Option<(Duration, Option<Duration>)> = None;
    for schedule in schedules {
        let covered = schedule
            .covers
            .present()
            .is_some_and(|all| all.iter().any(|c| covers(c, arn)));
        if !covered {
            continue;
        }
        for rule in &schedule.rules {
            for (delete_after, copied) in fills(rule, &vault.arn) {
                let Some(gap) = gap(rule, copied) else { continue };
                let kept = delete_after.map(Duration::from_days);
                if best.is_none_or(|(least, _)| gap < least) {
                    best = Some((gap, kept));
                }
            }
        }
    }
    match best {
        Some((gap, kept)) => (Some(gap), kept),
        None => (None, None),
    }
}

/// Whether a rule puts points into a vault, and whether as a copy.
fn fills(rule: &ScheduledRule, vault: &Arn) -> Vec<(Option<u32>, bool)> {
    let own = (rule.vault == *vault).then_some((rule.delete_after_days, false));
    let copies = rule
        .copies
        .iter()
        .filter(|c| c.vault == *vault)
        .map(|c| (c.delete_after_days, true));
    own.into_iter().chain(copies).collect()
}

/// The longest gap between two points: the schedule's, and the whole of both windows, since a job
/// may start late and take long; a copy may take as long again.
fn gap(rule: &ScheduledRule, copied: bool) -> Option<Duration> {
    let windows = u64::from(rule.start_window_minutes) + u64::from(rule.completion_window_minutes);
    let more = if copied {
        u64::from(rule.completion_window_minutes)
    } else {
        0
    };
    let minutes = u64::from(rule.longest_gap_minutes?) + windows + more;
    Some(Duration::from_secs(minutes.saturating_mul(60)))
}

/// Whether a selection certainly takes in a resource. Tags of the resource are not known here, so a
/// selection by tags or under conditions promises nothing.
fn covers(coverage: &Coverage, arn: &Arn) -> bool {
    let arn = arn.to_string();
    let matches = |patterns: &[String]| patterns.iter().any(|p| glob::covers(p, &arn));
    coverage.all_conditions.is_empty() && matches(&coverage.resources) && !matches(&coverage.not_resources)
}

/// Whether a selection may take in a resource, whatever its tags.
fn may_cover(coverage: &Coverage, arn: &Arn) -> bool {
    let arn = arn.to_string();
    let matches = |patterns: &[String]| patterns.iter().any(|p| glob::covers(p, &arn));
    (matches(&coverage.resources) || !coverage.any_tag.is_empty()) && !matches(&coverage.not_resources)
}

fn grounds(evidence: &Evidence, vault: &Vault, held: &Held) -> Vec<Ground> {
    let when = |text: &Option<String>| text.clone().unwrap_or_else(|| "an unknown time".into());
    vec![
        ground(
            evidence,
            format!(
                "{} recovery points can be restored, the newest of {}, the oldest of {}",
                held.points,
                when(&held.newest),
                when(&held.oldest)
            ),
        ),
        ground(
            evidence,
            match &vault.lock {
                Observed::Present(lock) => format!(
                    "the vault is locked in {:?} mode, in force: {}, at least {} days",
                    lock.mode,
                    in_force(lock, &evidence.read_at),
                    lock.min_days.unwrap_or(0)
                ),
                Observed::Absent => "the vault is not locked".to_owned(),
                Observed::Unreadable(why) => format!("the vault's lock could not be read: {}", why.why),
            },
        ),
    ]
}

/// How long before the reading something was; `None` when it was after it, or is no time.
fn since(read_at: &str, then: Option<&str>) -> Option<Duration> {
    let read: Timestamp = read_at.parse().ok()?;
    let then: Timestamp = then?.parse().ok()?;
    u64::try_from(read.duration_since(then).as_secs())
        .ok()
        .map(Duration::from_secs)
}
