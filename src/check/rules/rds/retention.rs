//! How far one can go back, and how close to now.

use super::LEAST_DAYS;
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::check::rules::s3::lock::days;
use crate::model::fact::Database;
use jiff::Timestamp;

/// There are no backups.
pub const OFF: Rule = Rule {
    id: "BKS-RDS-001",
    title: "Automated backups are switched off",
    severity: Severity::Critical,
    doc: "With a retention of 0 there is neither a daily backup nor point-in-time recovery, and switching it to 0 \
          deletes every automated backup that existed. One wrong statement is final.",
    remedy: "Set `pitr { retention = \"7d\" }` or longer. Switching it on takes the instance down for a moment.",
    aspects: &[Aspect::AutomatedBackup, Aspect::Reach],
    judge: Judge::Database(off),
};

fn off(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok(Some(
        Verdict::either(
            db.retention_days == 0,
            "There are no automated backups.",
            "Automated backups are on.",
        )
        .because(fact(&db)),
    ))
}

/// The API's default.
pub const ONE_DAY: Rule = Rule {
    id: "BKS-RDS-002",
    title: "Backups reach back one day only",
    severity: Severity::High,
    doc: "One day is what the API sets when nobody says anything, so it usually means that nobody decided. What \
          breaks on Friday evening can't be repaired on Monday.",
    remedy: "Set `pitr { retention = \"7d\" }` or longer, up to 35 days.",
    aspects: &[Aspect::Reach],
    judge: Judge::Database(one_day),
};

fn one_day(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok((db.retention_days > 0).then(|| {
        Verdict::either(
            db.retention_days == 1,
            "One can go back one day.",
            format!("One can go back {}.", days(db.retention_days)),
        )
        .because(fact(&db))
    }))
}

/// Less than a week.
pub const SHORT: Rule = Rule {
    id: "BKS-RDS-003",
    title: "Backups reach back less than 7 days",
    severity: Severity::Medium,
    doc: "A corruption that nobody sees for a few days outlives the backups. A week is the least that survives a \
          long weekend. One day and none at all have controls of their own.",
    remedy: "Set `pitr { retention = \"7d\" }` or longer, up to 35 days.",
    aspects: &[Aspect::Reach],
    judge: Judge::Database(short),
};

fn short(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok((db.retention_days > 1).then(|| {
        Verdict::either(
            db.retention_days < LEAST_DAYS,
            format!("One can go back {} only.", days(db.retention_days)),
            format!("One can go back {}.", days(db.retention_days)),
        )
        .because(fact(&db))
    }))
}

/// Minutes: logs are shipped every five, so three missed rounds are no coincidence.
const STALE_MINUTES: i64 = 15;

/// Backups are on and have stopped.
pub const STALE: Rule = Rule {
    id: "BKS-RDS-004",
    title: "The newest restorable time is too old",
    severity: Severity::High,
    doc: "RDS ships logs every five minutes and sends no event when it can't. The only sign is that the newest \
          restorable time stands still: the instance is stopped, its storage is full, or the engine's recovery \
          model forbids it. What was written since can't be restored. Fails at more than 15 minutes.",
    remedy: "See the instance's status and events; start it, add storage, or restore the recovery model.",
    aspects: &[Aspect::AutomatedBackup],
    judge: Judge::Database(stale),
};

fn stale(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    if db.retention_days == 0 {
        return Ok(None);
    }
    let status = format!("status: {}", db.status);
    let Some(latest) = &db.latest_restorable else {
        return Ok(Some(
            Verdict::fail("The service names no time to which the database could be restored.")
                .because("latest restorable time: none")
                .because(status),
        ));
    };
    let newest = timestamp(latest)?;
    let read_at = timestamp(&db.evidence.read_at)?;
    let minutes = read_at.duration_since(newest).as_secs().div_euclid(60);
    Ok(Some(
        Verdict::either(
            minutes > STALE_MINUTES,
            format!("The last {minutes} minutes can't be restored."),
            format!("All but the last {STALE_MINUTES} minutes can be restored."),
        )
        .because(format!("latest restorable time: {latest}"))
        .because(format!("read at: {}", db.evidence.read_at))
        .because(status),
    ))
}

fn timestamp(text: &str) -> Result<Timestamp, Unknown> {
    text.parse().map_err(|_| {
        Unknown::new(format!(
            "\"{text}\" is not a time, so nobody knows how old the backups are"
        ))
    })
}

fn fact(db: &Database) -> String {
    format!("backup retention: {}", days(db.retention_days))
}
