//! The instance itself.

use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::fact::Database;

/// One call deletes it.
pub const DELETABLE: Rule = Rule {
    id: "BKS-RDS-010",
    title: "Deletion protection is off",
    severity: Severity::High,
    doc: "One call, or one wrong `terraform destroy`, deletes the instance, and by default its automated backups \
          with it.",
    remedy: "Set `deletion_protection = true`.",
    aspects: &[Aspect::DeletionGuarded],
    judge: Judge::Database(deletable),
};

fn deletable(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok(Some(
        Verdict::either(
            !db.deletion_protection,
            "The instance can be deleted with one call.",
            "The instance is protected from deletion.",
        )
        .because(format!("deletion protection: {}", db.deletion_protection)),
    ))
}

/// Backups in the clear.
pub const UNENCRYPTED: Rule = Rule {
    id: "BKS-RDS-011",
    title: "Storage and backups are not encrypted",
    severity: Severity::High,
    doc: "Backups and snapshots are as plain as the instance they come from, and every copy of them too. It can't \
          be changed on what exists.",
    remedy: "Copy a snapshot with a key, restore it as a new instance, and switch over.",
    aspects: &[Aspect::Encrypted],
    judge: Judge::Database(unencrypted),
};

fn unencrypted(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok(Some(
        Verdict::either(
            !db.encrypted,
            "Storage and backups are not encrypted.",
            "Storage and backups are encrypted.",
        )
        .because(format!("encrypted: {}", db.encrypted)),
    ))
}

/// No standby.
pub const SINGLE_ZONE: Rule = Rule {
    id: "BKS-RDS-012",
    title: "The instance has no standby in another zone",
    severity: Severity::Low,
    doc: "When the zone fails, the database is down until it is restored from a backup, which takes half an hour to \
          hours. Advice only: a standby shortens the outage and is no backup, as it repeats every wrong statement.",
    remedy: "Make the instance Multi-AZ if your recovery time objective is shorter than a restore; or exempt it.",
    aspects: &[Aspect::Redundancy],
    judge: Judge::Database(single_zone),
};

fn single_zone(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok(Some(
        Verdict::either(
            !db.multi_az,
            "There is no standby.",
            "A standby in another zone takes over.",
        )
        .because(format!("multi-az: {}", db.multi_az)),
    ))
}

/// Snapshots lose their owner.
pub const TAGS_LOST: Rule = Rule {
    id: "BKS-RDS-013",
    title: "Snapshots do not carry the database's tags",
    severity: Severity::Low,
    doc: "Who owns a snapshot and how long it has to be kept is said by tags. Without them it is deleted by a \
          clean-up that knows no better, or kept for ever.",
    remedy: "Set `copy_tags = true`.",
    aspects: &[Aspect::Reach],
    judge: Judge::Database(tags_lost),
};

fn tags_lost(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    Ok(Some(
        Verdict::either(
            !db.copy_tags,
            "Snapshots are made without the database's tags.",
            "Snapshots carry the database's tags.",
        )
        .because(format!("copy tags to snapshots: {}", db.copy_tags)),
    ))
}

/// The key can't leave the account.
pub const SERVICE_KEY: Rule = Rule {
    id: "BKS-RDS-014",
    title: "Backups are encrypted with a key that cannot be shared",
    severity: Severity::Medium,
    doc: "Snapshots under the key that AWS manages can't be copied to another account, so a copy that survives the \
          loss of this account is impossible. Judged only where the key's name says who manages it.",
    remedy: "Copy a snapshot with a key of your own, restore it as a new instance, and switch over.",
    aspects: &[Aspect::Encrypted, Aspect::Isolated],
    judge: Judge::Database(service_key),
};

fn service_key(db: Subject<'_, Database>, _: &Estate<'_>) -> Judged {
    // A key's own ARN does not say who manages it; only an alias does.
    let alias = db.key.as_ref().filter(|key| key.resource().starts_with("alias/"));
    Ok(alias.map(|key| {
        Verdict::either(
            key.resource().starts_with("alias/aws/"),
            "AWS manages the key, so backups can't be copied to another account.",
            "The key can be shared with another account.",
        )
        .because(format!("key: {key}"))
    }))
}
