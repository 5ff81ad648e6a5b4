//! Copies of the automated backups in other regions.

use super::LEAST_DAYS;
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::check::rules::s3::lock::days;
use crate::model::fact::{BackupReplica, Database, Held};

const REMEDY: &str =
    "Set `replicate { region = \"…\" retention = \"14d\" }`. Changing the retention replaces the copy.";

/// The region holds everything.
pub const NONE: Rule = Rule {
    id: "BKS-RDS-020",
    title: "Backups are not copied to another region",
    severity: Severity::High,
    doc: "The instance and all its automated backups lie in one region. When the region is lost or out of reach, \
          there is nothing to restore from. Recovery points of AWS Backup in a vault of another region count.",
    remedy: "Set `replicate { region = \"…\" retention = \"14d\" }`, or copy to a vault elsewhere with a `backup_plan`.",
    aspects: &[Aspect::OffSite],
    judge: Judge::Database(none),
};

fn none(db: Subject<'_, Database>, estate: &Estate<'_>) -> Judged {
    let copies = copies(&db)?;
    if !copies.is_empty() {
        return Ok(Some(
            Verdict::pass("Another copy of the backups exists.").because_all(copies.iter().map(fact)),
        ));
    }
    let mut unread = None;
    for vault in estate.vaults().filter(|vault| vault.region != *db.region()) {
        let held = match vault.holds.known() {
            Ok(held) => held.into_iter().flatten(),
            Err(why) => {
                unread = Some(why);
                continue;
            }
        };
        let mine = |held: &&Held| Some(&held.resource) == db.evidence.arn.as_ref() && held.points > 0;
        if let Some(held) = { held }.find(mine) {
            let verdict = Verdict::pass("A vault in another region holds recovery points.");
            return Ok(Some(verdict.because(format!(
                "vault {} in {}: {} recovery points",
                vault.name, vault.region, held.points
            ))));
        }
    }
    match unread {
        // What could be there is not nothing.
        Some(why) => Err(why.into()),
        None => Ok(Some(
            Verdict::fail("No region but the instance's own holds a backup.")
                .because("backup replication: none")
                .because("recovery points in vaults elsewhere: none"),
        )),
    }
}

/// The copy reaches back too little.
pub const SHORT: Rule = Rule {
    id: "BKS-RDS-021",
    title: "The copy in the other region reaches back less than 7 days",
    severity: Severity::Medium,
    doc: "After the loss of the region the copy is all there is, and it may have to undo an older mistake as well. \
          A week is the least that survives a long weekend.",
    remedy: REMEDY,
    aspects: &[Aspect::Reach, Aspect::OffSite],
    judge: Judge::Database(short),
};

fn short(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    best(&db, |copy| {
        Verdict::either(
            copy < LEAST_DAYS,
            format!("The copy reaches back {} only.", days(copy)),
            format!("The copy reaches back {}.", days(copy)),
        )
    })
}

/// The copy reaches back less than the original.
pub const SHORTER_THAN_SOURCE: Rule = Rule {
    id: "BKS-RDS-022",
    title: "The copy in another region reaches back less than the original",
    severity: Severity::Medium,
    doc: "The reach that was promised holds only as long as the region does. The copy's retention is set on its own \
          and does not follow the original's.",
    remedy: REMEDY,
    aspects: &[Aspect::Reach, Aspect::OffSite],
    judge: Judge::Database(shorter_than_source),
};

fn shorter_than_source(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    let original = db.retention_days;
    best(&db, |copy| {
        Verdict::either(
            copy < original,
            format!(
                "The copy reaches back {}, the original {}.",
                days(copy),
                days(original)
            ),
            "The copy reaches back as far as the original.",
        )
    })
}

/// The copy goes down with the original.
pub const SAME_REGION: Rule = Rule {
    id: "BKS-RDS-023",
    title: "The copy of the backups lies in the same region",
    severity: Severity::High,
    doc: "A copy in the instance's own region is lost together with it when the region is.",
    remedy: REMEDY,
    aspects: &[Aspect::OffSite],
    judge: Judge::Database(same_region),
};

fn same_region(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    let copies = copies(&db)?;
    if copies.is_empty() {
        return Ok(None);
    }
    Ok(Some(
        Verdict::either(
            copies.iter().all(|c| c.region == *db.region()),
            format!("The copy lies in {} too.", db.region()),
            "A copy lies in another region.",
        )
        .because_all(copies.iter().map(fact)),
    ))
}

/// The copy has stopped.
pub const NOT_RUNNING: Rule = Rule {
    id: "BKS-RDS-024",
    title: "Backups are no longer copied to the other region",
    severity: Severity::High,
    doc: "A copy exists and nothing new arrives in it: replication was stopped (the copy is `retained` until its \
          retention ends), is still being set up, or has failed.",
    remedy: "Run `backstay apply` to start the replication again; see the copy's status in the destination region.",
    aspects: &[Aspect::AutomatedBackup, Aspect::OffSite],
    judge: Judge::Database(not_running),
};

fn not_running(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    let copies = copies(&db)?;
    let Some(first) = copies.first() else {
        return Ok(None);
    };
    Ok(Some(
        Verdict::either(
            !copies.iter().any(running),
            format!("The copy in {} is {}.", first.region, first.status),
            "Backups are being copied.",
        )
        .because_all(copies.iter().map(fact)),
    ))
}

fn copies<'a>(db: &Subject<'a, Database>) -> Result<&'a [BackupReplica], Unknown> {
    Ok(db.facts.replicas.known()?.map_or(&[][..], Vec::as_slice))
}

fn running(copy: &BackupReplica) -> bool {
    ["replicating", "active"]
        .iter()
        .any(|status| copy.status.eq_ignore_ascii_case(status))
}

/// Judges the running copy in another region that reaches back farthest; nothing when there is none,
/// which other controls report.
fn best(db: &Subject<'_, Database>, judge: impl Fn(u32) -> Verdict) -> Judged {
    let useful: Vec<_> = copies(db)?
        .iter()
        .filter(|c| running(c) && c.region != *db.region())
        .collect();
    if useful.is_empty() {
        return Ok(None);
    }
    let known = useful.iter().filter_map(|c| c.retention_days).max();
    let Some(farthest) = known else {
        return Err(Unknown::new(
            "the service does not say how far the copy reaches back",
        ));
    };
    Ok(Some(
        judge(farthest)
            .because_all(useful.iter().map(|c| fact(c)))
            .because(format!(
                "backup retention of the original: {}",
                days(db.retention_days)
            )),
    ))
}

fn fact(copy: &BackupReplica) -> String {
    let retention = copy.retention_days.map_or_else(
        || "retention not known".to_owned(),
        |n| format!("retention {}", days(n)),
    );
    let latest = copy
        .latest
        .as_ref()
        .map_or_else(String::new, |at| format!(", restorable to {at}"));
    format!(
        "backup replication: to {}, {}, {retention}{latest}",
        copy.region, copy.status
    )
}
