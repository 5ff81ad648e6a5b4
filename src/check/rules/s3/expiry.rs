//! Rules that delete.

use super::LEAST_DAYS;
use super::lock::{days, described, retention};
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::fact::{Expiry, ObjectStore};

const ASPECTS: &[Aspect] = &[Aspect::Reach];

/// Old versions vanish before anybody misses them.
pub const NONCURRENT_SHORT: Rule = Rule {
    id: "BKS-S3-020",
    title: "Replaced versions are deleted within 7 days",
    severity: Severity::High,
    doc: "Versioning protects only as long as replaced versions are kept. With an expiry of one day a bucket looks \
          versioned, and by the time somebody notices an overwrite the good version is gone. Keeping a number of \
          versions whatever their age does not help: a key that is written often uses them up in minutes.",
    remedy: "Raise `noncurrent.expire_after` to at least `7d`, better to your reach objective.",
    aspects: ASPECTS,
    judge: Judge::Store(noncurrent_short),
};

fn noncurrent_short(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let expiries = store.expiries.known()?.map_or(&[][..], Vec::as_slice);
    let short: Vec<_> = expiries
        .iter()
        .filter(|e| match (e.noncurrent_days, e.newer_noncurrent) {
            (Some(days), _) => days < LEAST_DAYS,
            // By count alone there is no time for which a version is sure to stay.
            (None, Some(_)) => true,
            (None, None) => false,
        })
        .collect();
    Ok(Some(match short.first() {
        None => Verdict::pass("Replaced versions are kept for at least 7 days.")
            .because_all(facts(expiries, |e| e.noncurrent_days.is_some())),
        Some(first) => {
            let after = first.noncurrent_days.map_or_else(
                || "as soon as enough newer ones exist".to_owned(),
                |n| format!("after {}", days(n)),
            );
            Verdict::fail(format!(
                "A replaced version under {} is deleted {after}.",
                keys(first)
            ))
            .because_all(short.iter().map(|e| fact(e)))
        }
    }))
}

/// The expiry asks for what the lock forbids.
pub const NONCURRENT_BEFORE_LOCK: Rule = Rule {
    id: "BKS-S3-021",
    title: "Replaced versions expire before their lock ends",
    severity: Severity::Medium,
    doc: "A locked version can't be deleted, so the expiry cannot do what it says: versions stay, and are paid for, \
          until the lock ends. One of the two numbers is not meant; if the lock is lowered to fit, protection is lost.",
    remedy: "Raise `noncurrent.expire_after` to at least `object_lock.retention`.",
    aspects: ASPECTS,
    judge: Judge::Store(noncurrent_before_lock),
};

fn noncurrent_before_lock(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let Some(lock) = retention(&store)? else {
        return Ok(None);
    };
    let expiries = store.expiries.known()?.map_or(&[][..], Vec::as_slice);
    let shortest = expiries
        .iter()
        .filter_map(|e| Some((e.noncurrent_days?, e)))
        .min_by_key(|(days, _)| *days);
    let Some((expiry_days, expiry)) = shortest else {
        return Ok(None);
    };
    Ok(Some(
        Verdict::either(
            expiry_days < lock.days,
            format!(
                "Replaced versions under {} are to be deleted after {}, and are locked for {}.",
                keys(expiry),
                days(expiry_days),
                days(lock.days)
            ),
            "Replaced versions are deleted no earlier than their lock ends.",
        )
        .because(described(lock))
        .because(fact(expiry)),
    ))
}

/// Backups are deleted within days.
pub const BACKUPS_SHORT: Rule = Rule {
    id: "BKS-S3-022",
    title: "Backups are deleted within 7 days",
    severity: Severity::High,
    doc: "The bucket holds backups, and a lifecycle rule deletes them before the week is over, so one can't go back \
          further than that. A corruption that is noticed after a long weekend has then replaced every good copy.",
    remedy: "Raise the rule's expiry to at least `7d`, better to your reach objective.",
    aspects: ASPECTS,
    judge: Judge::Store(backups_short),
};

fn backups_short(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    if !estate.holds_copies(&store) {
        return Ok(None);
    }
    let expiries = store.expiries.known()?.map_or(&[][..], Vec::as_slice);
    let short: Vec<_> = expiries
        .iter()
        .filter(|e| e.current_days.is_some_and(|n| n < LEAST_DAYS))
        .collect();
    Ok(Some(match short.first() {
        None => Verdict::pass("Backups are kept for at least 7 days.")
            .because_all(facts(expiries, |e| e.current_days.is_some())),
        Some(first) => Verdict::fail(format!(
            "A backup under {} is deleted after {}.",
            keys(first),
            days(first.current_days.unwrap_or(0))
        ))
        .because_all(short.iter().map(|e| fact(e))),
    }))
}

fn facts(expiries: &[Expiry], wanted: fn(&Expiry) -> bool) -> Vec<String> {
    let told: Vec<_> = expiries.iter().filter(|e| wanted(e)).map(fact).collect();
    if told.is_empty() {
        vec!["lifecycle: nothing of the kind expires".to_owned()]
    } else {
        told
    }
}

fn keys(expiry: &Expiry) -> String {
    let narrowed = if expiry.narrowed {
        " (narrowed by tags or size)"
    } else {
        ""
    };
    if expiry.prefix.is_empty() {
        format!("any key{narrowed}")
    } else {
        format!("\"{}\"{narrowed}", expiry.prefix)
    }
}

fn fact(expiry: &Expiry) -> String {
    let mut said = vec![format!("lifecycle: {}", keys(expiry))];
    said.extend(
        expiry
            .current_days
            .map(|n| format!("current expires after {}", days(n))),
    );
    said.extend(
        expiry
            .noncurrent_days
            .map(|n| format!("replaced expires after {}", days(n))),
    );
    said.extend(
        expiry
            .newer_noncurrent
            .map(|n| format!("{n} replaced versions are kept")),
    );
    said.join(", ")
}
