//! What a change of a vault's lock means.

use super::closing::{Locking, day, is_late};
use super::live::LiveLock;
use super::spec::{LEAST_GRACE, LockBlock, Mode};
use crate::model::{AttributeChange, Judgement};
use serde_json::Value as Json;

/// Why a lock cannot be written, and what to do.
pub(super) fn refused(want: &LockBlock, have: Option<&LiveLock>) -> Option<String> {
    let have = have?;
    let date = have.closes?;
    if have.closed {
        Some(format!(
            "the compliance lock has been closed since {date}, and nobody can change it any more; declare what is, or \
             a new vault under another name"
        ))
    } else if want.mode == Mode::Governance {
        Some(format!(
            "the vault has a compliance lock that closes on {date}; backstay does not take a lock back. Until then \
             whoever may can (aws backup delete-backup-vault-lock-configuration)"
        ))
    } else {
        None
    }
}

fn shown(days: Option<u32>) -> Json {
    days.map_or(Json::Null, |d| format!("{d}d").into())
}

/// Says of a change that comes with a compliance lock from when on it is final.
fn for_good(judgement: Judgement, want: &LockBlock, have: Option<&LiveLock>) -> Judgement {
    if want.mode == Mode::Governance {
        return judgement;
    }
    let grace = want.grace.map_or(0, |g| g.get());
    let locking = Locking::wanted(want, have);
    let closes = have
        .filter(|h| h.closes.is_some())
        .and_then(|h| locking?.closes(h));
    judgement.irreversible(match closes {
        Some(at) => format!(
            "from {} on nobody can change it, the account's root included",
            day(at)
        ),
        None => format!(
            "{grace} days after the apply it closes for good: nobody can shorten it or delete what it protects, \
             the account's root included. Try governance first"
        ),
    })
}

/// The differences, judged; `new` when the vault holds nothing yet.
pub(super) fn changes(want: &LockBlock, have: Option<&LiveLock>, new: bool) -> Vec<AttributeChange> {
    let mut all: Vec<_> = mode(want, have).into_iter().collect();
    all.extend(least(want, have, new));
    all.extend(most(want, have, new));
    // Each write decides anew when the lock closes.
    if let Some(have) = have
        && (!all.is_empty() || want.grace.is_some_and(|grace| is_late(grace.get(), have)))
    {
        all.extend(closing(want, have));
    }
    all
}

fn mode(want: &LockBlock, have: Option<&LiveLock>) -> Option<AttributeChange> {
    let was = have.map(|h| match h.closes {
        Some(_) => Mode::Compliance,
        None => Mode::Governance,
    });
    if was == Some(want.mode) {
        return None;
    }
    let mut judgement = for_good(Judgement::strengthens(), want, have);
    // A recovery point of today outlives the time of grace, and then its least retention.
    judgement.final_for = want.grace.map(|grace| {
        let min = want.min.map_or(0, |min| min.get());
        min.max(grace.get())
    });
    let before = was.map_or(Json::Null, |m| m.as_str().into());
    Some(AttributeChange::judged(
        "lock.mode",
        before,
        want.mode.as_str().into(),
        judgement,
    ))
}

fn least(want: &LockBlock, have: Option<&LiveLock>, new: bool) -> Option<AttributeChange> {
    let (min, had) = (want.min.map(|d| d.get()), have.and_then(|h| h.min));
    if min == had {
        return None;
    }
    let judgement = if min.unwrap_or(0) < had.unwrap_or(0) {
        Judgement::weakens("recovery points may be deleted sooner")
    } else {
        let mut judgement = Judgement::strengthens();
        judgement.reason = (!new).then(|| "recovery points that are there already are not covered".into());
        judgement
    };
    let judgement = for_good(judgement, want, have);
    Some(AttributeChange::judged(
        "lock.min",
        shown(had),
        shown(min),
        judgement,
    ))
}

fn most(want: &LockBlock, have: Option<&LiveLock>, new: bool) -> Option<AttributeChange> {
    let (max, had) = (want.max.map(|d| d.get()), have.and_then(|h| h.max));
    if max == had {
        return None;
    }
    let judgement = match (had, max) {
        // With a lock there is a vault in use, though it holds nothing yet.
        _ if new && have.is_none() => Judgement::neutral(),
        (Some(before), Some(after)) if after > before => Judgement::neutral(),
        (_, None) => Judgement::neutral(),
        (_, Some(days)) => Judgement::weakens(format!(
            "backup and copy jobs that keep longer than {days} days, or for ever, fail"
        )),
    };
    let judgement = for_good(judgement, want, have);
    Some(AttributeChange::judged(
        "lock.max",
        shown(had),
        shown(max),
        judgement,
    ))
}

/// When a compliance lock closes that is there already, where another day comes of its being written.
fn closing(want: &LockBlock, have: &LiveLock) -> Option<AttributeChange> {
    let (before, after) = (have.closes?, Locking::wanted(want, Some(have))?.closes(have)?);
    let (was, is) = (day(before), day(after));
    if was == is {
        return None;
    }
    let judgement = if after > before {
        Judgement::weakens(format!(
            "the lock can be taken back for longer: AWS Backup counts the time of grace anew with each change, and takes \
             no fewer than {LEAST_GRACE} days"
        ))
    } else {
        Judgement::strengthens()
    };
    let judgement = for_good(judgement, want, Some(have));
    Some(AttributeChange::judged(
        "lock.closes",
        was.to_string().into(),
        is.to_string().into(),
        judgement,
    ))
}
