//! Write-once protection.

use super::LEAST_DAYS;
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::model::fact::{LockMode, LockRetention, ObjectLock, ObjectStore};

const ASPECTS: &[Aspect] = &[Aspect::Isolated, Aspect::DeletionGuarded];

/// Object lock is on and locks nothing.
pub const WITHOUT_RETENTION: Rule = Rule {
    id: "BKS-S3-010",
    title: "Object lock is enabled without a default retention",
    severity: Severity::High,
    doc: "Enabling object lock only makes locking possible. Without a default retention an object is protected \
          only if its writer asks for it on every upload, and a backup writer must not be able to. This is the \
          classic false pass of checks that look at the switch alone.",
    remedy: "Add `object_lock { mode = \"governance\" retention = \"30d\" }`, and `compliance` once it has proved itself.",
    aspects: ASPECTS,
    judge: Judge::Store(without_retention),
};

fn without_retention(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let Some(lock) = store.lock.known()? else {
        return Ok(None);
    };
    Ok(Some(match lock.retention {
        None => Verdict::fail("Object lock is enabled and has no default retention, so it protects nothing.")
            .because("object lock: enabled, no rule"),
        Some(retention) => Verdict::pass("New objects are locked by default.").because(described(retention)),
    }))
}

/// The lock ends before a mistake is noticed.
pub const SHORT: Rule = Rule {
    id: "BKS-S3-011",
    title: "The lock's retention is shorter than 7 days",
    severity: Severity::High,
    doc: "A lock protects only until it ends, and it has to outlast the time that a mistake or an intruder goes \
          unnoticed. Less than a week does not survive a long weekend; the lock then ends before anybody looks.",
    remedy: "Raise `object_lock.retention` to at least `7d`, better to your reach objective. It can be lengthened at any time.",
    aspects: ASPECTS,
    judge: Judge::Store(short),
};

fn short(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let Some(retention) = retention(&store)? else {
        return Ok(None);
    };
    Ok(Some(
        Verdict::either(
            retention.days < LEAST_DAYS,
            format!("Objects are locked for {} only.", days(retention.days)),
            format!("Objects are locked for {}.", days(retention.days)),
        )
        .because(described(retention)),
    ))
}

/// Whoever may bypass it can delete the backups.
pub const GOVERNANCE: Rule = Rule {
    id: "BKS-S3-012",
    title: "Backups are locked in governance mode",
    severity: Severity::Medium,
    doc: "A governance lock yields to anybody who holds s3:BypassGovernanceRetention, which every administrator \
          does. It stops accidents and not a stolen administrator's credential. A compliance lock yields to \
          nobody, the account's root included.",
    remedy: "When the retention has proved itself, set `object_lock.mode = \"compliance\"`. It can't be taken back.",
    aspects: ASPECTS,
    judge: Judge::Store(governance),
};

fn governance(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    if !estate.holds_copies(&store) {
        return Ok(None);
    }
    let Some(retention) = retention(&store)? else {
        return Ok(None);
    };
    Ok(Some(
        Verdict::either(
            retention.mode == LockMode::Governance,
            "Backups lie here under a lock that an administrator can bypass.",
            "Backups lie here under a lock that nobody can bypass.",
        )
        .because(described(retention)),
    ))
}

/// Backups that can be deleted.
pub const NONE_ON_BACKUPS: Rule = Rule {
    id: "BKS-S3-013",
    title: "A bucket that holds backups is not locked",
    severity: Severity::High,
    doc: "Versioning keeps what is overwritten, but whoever may delete versions or change the lifecycle can still \
          destroy every backup. Ransomware does this first. Only a lock takes the ability away.",
    remedy: "Add `object_lock { mode = \"governance\" retention = \"30d\" }` to the bucket.",
    aspects: ASPECTS,
    judge: Judge::Store(none_on_backups),
};

fn none_on_backups(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    if !estate.holds_copies(&store) {
        return Ok(None);
    }
    Ok(match store.lock.known()? {
        None => Some(
            Verdict::fail("Backups lie here and nothing keeps them from being deleted.")
                .because("object lock: none"),
        ),
        Some(ObjectLock {
            retention: Some(retention),
        }) => Some(Verdict::pass("The backups are locked.").because(described(*retention))),
        // Reported as a lock without a retention.
        Some(ObjectLock { retention: None }) => None,
    })
}

/// The default retention; absent without a lock too.
pub(super) fn retention(store: &ObjectStore) -> Result<Option<LockRetention>, Unknown> {
    Ok(store.lock.known()?.and_then(|lock| lock.retention))
}

/// `object lock: compliance, 30 days`.
pub(super) fn described(retention: LockRetention) -> String {
    let mode = match retention.mode {
        LockMode::Governance => "governance",
        LockMode::Compliance => "compliance",
    };
    format!("object lock: {mode}, {}", days(retention.days))
}

/// `1 day`, `30 days`.
pub(in crate::check::rules) fn days(n: u32) -> String {
    if n == 1 {
        "1 day".to_owned()
    } else {
        format!("{n} days")
    }
}
