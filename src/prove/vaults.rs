//! Recovery points in vaults, as copies of what they were made of.

mod seen;

use super::copies::ground;
use super::copy::{
    Copy, Domain, Encryption, Grade, Ground, History, Holder, Lock, Mechanism, Reach, Sparser, Staleness,
};
use super::copying::{Able, Copying};
use crate::access::glob;
use crate::model::fact::{
    Coverage, Evidence, Facts, Held, LockMode, Schedule, ScheduledRule, Vault, VaultLock,
};
use crate::model::{Arn, Duration, Observed, Unreadable};
use jiff::Timestamp;
use seen::{Seen, all_of};
use std::collections::BTreeSet;

/// One for each vault that holds something of the asset, or that a plan of the posture copies it to and that could not
/// be read. `live` is the asset as it serves.
pub(super) fn of(arn: &Arn, live: &Copy, copying: &Copying<'_>) -> Vec<Copy> {
    let all = copying.evidence;
    let schedules: Vec<&Schedule> = all
        .iter()
        .filter_map(|e| match e.facts.present() {
            Some(Facts::Schedule(schedule)) => Some(schedule.as_ref()),
            _ => None,
        })
        .collect();
    let vaults = all_of(all).into_iter();
    vaults
        .filter_map(|seen| copy(arn, live, &seen, &schedules, copying))
        .collect()
}

fn copy(
    arn: &Arn,
    live: &Copy,
    seen: &Seen<'_>,
    schedules: &[&Schedule],
    copying: &Copying<'_>,
) -> Option<Copy> {
    let (evidence, vault) = (seen.evidence, &*seen.vault);
    let held = match vault.holds.known() {
        Ok(held) => held?.iter().find(|h| h.resource == *arn && h.points > 0)?,
        Err(why) => return unread(arn, live, seen, schedules, why),
    };
    let (filled, idle): (Vec<Filling>, Vec<Filling>) = filling(arn, vault, schedules, copying)
        .into_iter()
        .partition(|f| f.able == Able::Certainly);
    // A plan that may not do what it says promises nothing, and then only what is there counts.
    let promise = filled.iter().map(|f| f.gap).min();
    let expected = promise.or_else(|| idle.iter().map(|f| f.gap).min());
    let hindered: BTreeSet<&str> = idle.iter().filter_map(|f| f.able.why()).collect();
    let ended = ended(&filled, &idle);
    let newest = since(&evidence.read_at, held.newest.as_deref());
    let shown = shown(&filled, &idle, newest);
    // Jobs that fail or never begin break the promise, and then only what is there counts.
    let late = promise.zip(newest).filter(|(promise, newest)| newest > promise);
    let oldest = since(&evidence.read_at, held.oldest.as_deref());
    let history = match (oldest, promise) {
        _ if newest.is_none() => unknown("when its newest recovery point was made is not known"),
        (Some(oldest), Some(promise)) => {
            let late = late.map(|(_, newest)| newest);
            Observed::Present(history(held, &filled, oldest, newest, late.unwrap_or(promise)))
        }
        (Some(oldest), None) if ended.is_some() => {
            let spacing = expected.max(newest).unwrap_or(oldest);
            Observed::Present(history(held, &idle, oldest, newest, spacing))
        }
        (Some(oldest), None) if shown.is_some() => {
            Observed::Present(history(held, &idle, oldest, newest, shown.unwrap_or(oldest)))
        }
        (None, _) => unknown("when its oldest recovery point was made is not known"),
        (_, None) => unknown(match hindered.first() {
            Some(why) => why,
            None => "no plan of this posture says how far apart its recovery points are",
        }),
    };
    let mut grounds = grounds(evidence, vault, held);
    grounds.extend(late.map(|(promise, newest)| {
        let says = format!(
            "the newest is {newest} old, and the plan would have made one every {promise} at most: its jobs fail or \
             do not run"
        );
        ground(evidence, says)
    }));
    grounds.extend(hindered.iter().map(|why| ground(evidence, *why)));
    grounds.extend(shown.map(|_| {
        let says = "and yet its newest recovery point was made when the plan would have made it, so that nothing \
                    forbade it then";
        ground(evidence, says)
    }));
    Some(Copy {
        encryption: encryption(vault, held),
        history,
        staleness: Staleness {
            promised: promise.filter(|_| late.is_none() && newest.is_some()),
            measured: newest,
            expected,
        },
        ended,
        grade: Grade::Evidenced,
        grounds,
        ..bare(live, seen)
    })
}

/// Why no rule will ever put another point into a vault, where that is certain of each.
fn ended(filled: &[Filling], idle: &[Filling]) -> Option<String> {
    let never = |f: &Filling| match &f.able {
        Able::Never(why) => Some(why.clone()),
        Able::Certainly | Able::Depends(_) | Able::Unknown(_) => None,
    };
    if !filled.is_empty() {
        return None;
    }
    let all: Option<Vec<String>> = idle.iter().map(never).collect();
    all?.into_iter().next()
}

/// How far apart points are that a document which nobody read could forbid, and that were made all the same: the newest is
/// no later than it would be.
fn shown(filled: &[Filling], idle: &[Filling], newest: Option<Duration>) -> Option<Duration> {
    let unread = idle.iter().filter(|f| matches!(f.able, Able::Unknown(_)));
    let gap = unread.map(|f| f.gap).min().filter(|_| filled.is_empty())?;
    newest.filter(|newest| *newest <= gap).map(|_| gap)
}

/// Points in a vault of which nothing is known but where they lie and what keeps them.
fn bare(live: &Copy, seen: &Seen<'_>) -> Copy {
    let (evidence, vault) = (seen.evidence, &*seen.vault);
    Copy {
        id: format!("{}/vault_{}", live.asset, seen.called),
        asset: live.asset.clone(),
        mechanism: Mechanism::RecoveryPoints,
        domain: Domain {
            account: Some(vault.account.clone()),
            region: Some(vault.region.clone()),
            zonal: Some(false),
        },
        encryption: unknown("nobody looked"),
        history: unknown("nobody looked"),
        staleness: Staleness::UNKNOWN,
        lock: lock(vault, &evidence.read_at),
        holder: Holder::Vault {
            arn: vault.arn.clone(),
            unlockable: matches!(&vault.lock, Observed::Present(lock) if !in_force(lock, &evidence.read_at)),
        },
        bound: None,
        unusable: None,
        unknown: None,
        partial: None,
        ended: None,
        growing: None,
        replaced_days: None,
        other_keys: BTreeSet::new(),
        prefix: String::new(),
        copied_from: None,
        owner: Observed::Absent,
        grade: Grade::Unknown,
        grounds: Vec::new(),
    }
}

/// How far back points go and how far apart they lie: by the rules that make them, of which the frequent ones are often
/// kept for less long, and by the gaps that were seen where those are longer.
fn history(
    held: &Held,
    filled: &[Filling],
    oldest: Duration,
    newest: Option<Duration>,
    spacing: Duration,
) -> History {
    // No further back than there are points, nor than they are kept.
    let reach = match filled.iter().map(|f| f.kept).collect::<Option<Vec<_>>>() {
        Some(all) => all.into_iter().max().map_or(oldest, |kept| oldest.min(kept)),
        None => oldest,
    };
    let after = |a: Duration, b: Duration| Duration::from_secs(a.as_secs().saturating_add(b.as_secs()));
    let mut sparser = promised(filled);
    let mut beyond: Option<Duration> = None;
    let mut seen = spacing;
    for spread in &held.spread {
        match beyond {
            None => seen = seen.max(spread.gap),
            Some(beyond) => sparser.push(Sparser {
                beyond,
                spacing: spread.gap,
            }),
        }
        beyond = Some(after(newest.unwrap_or(Duration::from_secs(0)), spread.back));
    }
    sparser.retain(|s| s.spacing > seen);
    History {
        reach: Reach::For(reach),
        spacing: seen,
        sparser,
    }
}

/// Where the rules leave points farther apart than the most frequent does. The last point before a moment is older than
/// that by up to a gap, so a rule tells nothing of moments closer than that to where it deletes.
fn promised(filled: &[Filling]) -> Vec<Sparser> {
    let mut by_gap: Vec<&Filling> = filled.iter().collect();
    by_gap.sort_by_key(|f| f.gap);
    let mut sparser = Vec::new();
    let mut covered: Option<Duration> = None;
    for rule in by_gap {
        if let Some(beyond) = covered {
            sparser.push(Sparser {
                beyond,
                spacing: rule.gap,
            });
        }
        let Some(kept) = rule.kept else { break };
        let certain = Duration::from_secs(kept.as_secs().saturating_sub(rule.gap.as_secs()));
        covered = covered.max(Some(certain));
    }
    sparser
}

/// A vault whose contents could not be read, and that a plan may fill with the asset: a copy of which nobody can
/// say whether it is there.
fn unread(
    arn: &Arn,
    live: &Copy,
    seen: &Seen<'_>,
    schedules: &[&Schedule],
    why: &Unreadable,
) -> Option<Copy> {
    let vault = &*seen.vault;
    let selects = |schedule: &Schedule| match schedule.covers.known() {
        Ok(all) => all.is_some_and(|all| all.iter().any(|c| may_cover(c, arn))),
        Err(_) => true,
    };
    let fills_it = |rule: &ScheduledRule| !fills(rule, &vault.arn).is_empty();
    let mut selecting = schedules.iter().filter(|schedule| selects(schedule));
    let filled = selecting.any(|schedule| schedule.rules.iter().any(fills_it));
    let why = format!(
        "what the vault {} holds could not be read: {}",
        vault.name,
        why.said()
    );
    filled.then(|| Copy {
        encryption: unknown(&why),
        history: unknown(&why),
        unknown: Some(why.clone()),
        grounds: vec![ground(seen.evidence, why)],
        ..bare(live, seen)
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

/// What the lock certainly gives, to what was in the vault before it as well: only its least and longest retention are of
/// later jobs alone (AWS Backup API, `PutBackupVaultLockConfiguration`). In its time of grace a compliance lock is as good as one in
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

/// What a rule puts into a vault.
struct Filling {
    /// How far apart points are at most.
    gap: Duration,
    /// How long each is kept; absent for ever.
    kept: Option<Duration>,
    /// Whether it may.
    able: Able,
}

/// What the rules do, or would do, that fill the vault with this resource for certain.
fn filling(arn: &Arn, vault: &Vault, schedules: &[&Schedule], copying: &Copying<'_>) -> Vec<Filling> {
    let mut fillings = Vec::new();
    for plan in schedules {
        let covering: Vec<&Coverage> = plan
            .covers
            .present()
            .into_iter()
            .flatten()
            .filter(|c| covers(c, arn))
            .collect();
        // One selection that may is enough.
        let able = |to: Option<&Vault>| covering.iter().map(|c| copying.backs_up(plan, c, to)).min();
        for rule in &plan.rules {
            for (delete_after, copied) in fills(rule, &vault.arn) {
                let (Some(able), Some(gap)) = (able(copied.then_some(vault)), gap(rule, copied)) else {
                    continue;
                };
                fillings.push(Filling {
                    gap,
                    kept: delete_after.map(Duration::from_days),
                    able,
                });
            }
        }
    }
    fillings
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
            ) + &apart(held),
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

/// The longest gap that was seen, for people.
fn apart(held: &Held) -> String {
    let longest = held.spread.iter().map(|s| s.gap).max();
    longest.map_or_else(String::new, |gap| {
        format!(", the longest time between two of them {gap}")
    })
}

/// How long before the reading something was; `None` when it was after it, or is no time.
fn since(read_at: &str, then: Option<&str>) -> Option<Duration> {
    let read: Timestamp = read_at.parse().ok()?;
    let then: Timestamp = then?.parse().ok()?;
    u64::try_from(read.duration_since(then).as_secs())
        .ok()
        .map(Duration::from_secs)
}
