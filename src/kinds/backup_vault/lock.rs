//! What a change of a vault's lock means.

use super::live::LiveLock;
use super::spec::{LockBlock, Mode};
use crate::model::{AttributeChange, Judgement};
use serde_json::Value as Json;

/// Why a lock cannot be written, and what to do.
pub(super) fn refused(want: &LockBlock, have: Option<&LiveLock>) -> Option<String> {
    let have = have?;
    let date = have.date.as_deref()?;
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

/// The differences, judged; `new` when the vault holds nothing yet.
pub(super) fn changes(want: &LockBlock, have: Option<&LiveLock>, new: bool) -> Vec<AttributeChange> {
    let mut all = Vec::new();
    let was = have.map(|h| {
        if h.date.is_some() {
            Mode::Compliance
        } else {
            Mode::Governance
        }
    });
    let grace = want.grace.map_or(0, |g| g.get());
    let for_good = |judgement: Judgement| {
        match want.mode {
        Mode::Governance => judgement,
        Mode::Compliance => judgement.irreversible(match have.and_then(|h| h.date.as_deref()) {
            Some(date) => format!("from {date} on nobody can change it, the account's root included"),
            None => format!(
                "{grace} days after the apply it closes for good: nobody can shorten it or delete what it protects, \
                 the account's root included. Try governance first"
            ),
        }),
    }
    };
    if was != Some(want.mode) {
        let mut judgement = for_good(Judgement::strengthens());
        // A recovery point of today outlives the time of grace, and then its least retention.
        judgement.final_for = match want.mode {
            Mode::Compliance => want.min.map(|min| min.get().max(grace)),
            Mode::Governance => None,
        };
        all.push(AttributeChange::judged(
            "lock.mode",
            was.map_or(Json::Null, |m| m.as_str().into()),
            want.mode.as_str().into(),
            judgement,
        ));
    }
    let (min, max) = (want.min.map(|d| d.get()), want.max.map(|d| d.get()));
    let had = (have.and_then(|h| h.min), have.and_then(|h| h.max));
    if min != had.0 {
        let judgement = if min.unwrap_or(0) < had.0.unwrap_or(0) {
            Judgement::weakens("recovery points may be deleted sooner")
        } else {
            let mut judgement = Judgement::strengthens();
            judgement.reason =
                (!new).then(|| "recovery points that are there already are not covered".into());
            judgement
        };
        all.push(AttributeChange::judged(
            "lock.min",
            shown(had.0),
            shown(min),
            for_good(judgement),
        ));
    }
    if max != had.1 {
        let judgement = match (had.1, max) {
            // With a lock there is a vault in use, though it holds nothing yet.
            _ if new && have.is_none() => Judgement::neutral(),
            (Some(before), Some(after)) if after > before => Judgement::neutral(),
            (_, None) => Judgement::neutral(),
            (_, Some(days)) => Judgement::weakens(format!(
                "backup and copy jobs that keep longer than {days} days, or for ever, fail"
            )),
        };
        all.push(AttributeChange::judged(
            "lock.max",
            shown(had.1),
            shown(max),
            for_good(judgement),
        ));
    }
    all
}
