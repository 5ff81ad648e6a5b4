//! Copies in other buckets.

use super::lock::described;
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::model::fact::{ObjectStore, Replica};

/// How to find out about a replica that the posture does not hold.
const DECLARE: &str = "Declare the destination bucket in the posture, so that it is read.";

/// There is one copy only.
pub const NONE: Rule = Rule {
    id: "BKS-S3-030",
    title: "The bucket is not replicated",
    severity: Severity::High,
    doc: "All versions lie in one bucket, one region and one account; whatever destroys one of those destroys \
          everything. Buckets that themselves hold copies or backups are not judged: the original is elsewhere.",
    remedy: "Add a `replicate` block to a bucket in another region and account.",
    aspects: &[Aspect::OffSite],
    judge: Judge::Store(none),
};

fn none(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    if estate.holds_copies(&store) {
        return Ok(None);
    }
    let enabled = enabled(&store)?;
    Ok(Some(if enabled.is_empty() {
        Verdict::fail("Nothing is copied to another bucket.").because("replication: no enabled rule")
    } else {
        Verdict::pass("Objects are copied to another bucket.").because_all(enabled.iter().map(|r| fact(r)))
    }))
}

/// A rule that does nothing.
pub const DISABLED: Rule = Rule {
    id: "BKS-S3-031",
    title: "A replication rule is disabled",
    severity: Severity::High,
    doc: "The configuration names a replica, and the rule is switched off, so nothing new arrives there. Checks that \
          only ask whether a replication configuration exists pass it.",
    remedy: "Enable the rule (declare `replicate`; backstay enables it), then copy what was missed with S3 Batch Replication.",
    aspects: &[Aspect::OffSite],
    judge: Judge::Store(disabled),
};

fn disabled(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    each(
        all(&store)?,
        |r| Ok(r.enabled),
        "is disabled",
        "Every replication rule is enabled.",
    )
}

/// Only some keys are copied.
pub const NARROWED: Rule = Rule {
    id: "BKS-S3-032",
    title: "Replication covers only some keys",
    severity: Severity::Medium,
    doc: "No enabled rule covers the whole bucket, so keys outside of the prefixes have a single copy. Often the \
          prefix was right when it was written and the application has since begun to write elsewhere.",
    remedy: "Remove the prefix from `replicate`, or exempt the bucket if the rest can be made again.",
    aspects: &[Aspect::OffSite],
    judge: Judge::Store(narrowed),
};

fn narrowed(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let enabled = enabled(&store)?;
    if enabled.is_empty() {
        return Ok(None);
    }
    let prefixes: Vec<_> = enabled.iter().map(|r| format!("\"{}\"", r.prefix)).collect();
    Ok(Some(
        Verdict::either(
            enabled.iter().all(|r| !r.prefix.is_empty()),
            format!("Only keys under {} are copied.", prefixes.join(", ")),
            "All keys are copied.",
        )
        .because_all(enabled.iter().map(|r| fact(r))),
    ))
}

/// The copy goes down with the region.
pub const SAME_REGION: Rule = Rule {
    id: "BKS-S3-033",
    title: "The replica lies in the same region",
    severity: Severity::High,
    doc: "A copy in the bucket's own region is lost or out of reach together with it when the region is. Judged for \
          every range of keys that is copied: each needs one replica elsewhere.",
    remedy: "Replicate to a bucket in another region.",
    aspects: &[Aspect::OffSite],
    judge: Judge::Store(same_region),
};

fn same_region(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    let elsewhere = |replica: &Replica| {
        let seen = estate.get(&replica.bucket).map(|e| &e.scope.region);
        let region = replica.region.as_ref().or(seen).ok_or_else(|| {
            Unknown::new(format!(
                "the region of {} is not known: the bucket is not part of the posture or could not be read",
                replica.bucket
            ))
            .remedy(DECLARE)
        })?;
        Ok(region != store.region())
    };
    each(
        enabled(&store)?,
        elsewhere,
        &format!("lies in {} too", store.region()),
        "Every replicated key has a copy in another region.",
    )
}

/// One stolen credential destroys both.
pub const SAME_ACCOUNT: Rule = Rule {
    id: "BKS-S3-034",
    title: "The replica lies in the same account",
    severity: Severity::High,
    doc: "Whoever takes over the account's administration, or the provider closing it, destroys the original and \
          the copy together. A replica in an account with other administrators survives that.",
    remedy: "Replicate to a bucket of another account (`account = account.vault` on the destination).",
    aspects: &[Aspect::Isolated],
    judge: Judge::Store(same_account),
};

fn same_account(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    each(
        enabled(&store)?,
        |replica| other_account(&store, replica, estate),
        &format!("belongs to the account {} too", store.account),
        "Every replicated key has a copy in another account.",
    )
}

/// The copy can be destroyed.
pub const NOT_LOCKED: Rule = Rule {
    id: "BKS-S3-035",
    title: "The replica is not locked",
    severity: Severity::High,
    doc: "Whoever holds the destination's administration can delete every copy. A lock with a default retention on \
          the destination is what makes the copy outlive that. A lock without a retention counts as none. \
          Unknown when the destination is not part of the posture, as nothing is then known of its lock.",
    remedy: "Declare the destination bucket in the posture with `object_lock { mode retention }`.",
    aspects: &[Aspect::Isolated, Aspect::DeletionGuarded],
    judge: Judge::Store(not_locked),
};

fn not_locked(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    let locked = |replica: &Replica| {
        let destination = destination(replica, estate)?;
        Ok(destination
            .lock
            .known()?
            .is_some_and(|lock| lock.retention.is_some()))
    };
    let verdict = each(
        enabled(&store)?,
        locked,
        "has no lock with a retention",
        "Every replicated key has a locked copy.",
    )?;
    let locks = enabled(&store)?.into_iter().filter_map(|r| {
        let retention = estate.store(&r.bucket)?.lock.present()?.retention?;
        Some(format!("{}: {}", r.bucket, described(retention)))
    });
    Ok(verdict.map(|v| v.because_all(locks)))
}

/// Deletions follow.
pub const DELETE_MARKERS: Rule = Rule {
    id: "BKS-S3-036",
    title: "Deletions are replicated",
    severity: Severity::Medium,
    doc: "With delete markers replicated, what is deleted at the source looks deleted at the replica too. The \
          versions are still there, but every restore has to undo the markers first, key by key, under pressure.",
    remedy: "Set `replicate.delete_markers = false`.",
    aspects: &[Aspect::DeletionGuarded],
    judge: Judge::Store(delete_markers),
};

fn delete_markers(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let enabled = enabled(&store)?;
    let Some(_) = enabled.first() else {
        return Ok(None);
    };
    // A second replica without markers does not heal this one: each is judged for itself.
    let wrong: Vec<_> = enabled.iter().filter(|r| r.delete_markers).collect();
    Ok(Some(match wrong.first() {
        Some(first) => Verdict::fail(format!("Deletions are copied to {}.", first.bucket))
            .because_all(wrong.iter().map(|r| fact(r))),
        None => Verdict::pass("Deletions are not copied.").because_all(enabled.iter().map(|r| fact(r))),
    }))
}

/// The source keeps the copies.
pub const SOURCE_OWNS_COPIES: Rule = Rule {
    id: "BKS-S3-037",
    title: "Copies in another account belong to the source's account",
    severity: Severity::Medium,
    doc: "Unless ownership is handed over, the account that is copied from owns the copies: its credentials can \
          change their access, and the account that keeps them may not be able to read them in a recovery.",
    remedy: "Declare `replicate` to a bucket of another account; backstay hands the ownership over.",
    aspects: &[Aspect::Isolated],
    judge: Judge::Store(source_owns_copies),
};

fn source_owns_copies(store: Subject<'_, ObjectStore>, estate: &Estate<'_>) -> Judged {
    let mut abroad = Vec::new();
    for replica in enabled(&store)? {
        if other_account(&store, replica, estate)? {
            abroad.push(replica);
        }
    }
    each(
        abroad,
        // With access control lists switched off the bucket's owner owns all in it, whatever the rule says.
        |r| {
            let enforced = || destination(r, estate).ok()?.acls_disabled.present().copied();
            Ok(r.owner_override || enforced() == Some(true))
        },
        "does not own its copies",
        "The account that keeps the copies owns them.",
    )
}

fn all<'a>(store: &Subject<'a, ObjectStore>) -> Result<Vec<&'a Replica>, Unknown> {
    let replicas = store.facts.replicas.known()?;
    Ok(replicas.into_iter().flatten().collect())
}

fn enabled<'a>(store: &Subject<'a, ObjectStore>) -> Result<Vec<&'a Replica>, Unknown> {
    Ok(all(store)?.into_iter().filter(|r| r.enabled).collect())
}

fn destination<'a>(replica: &Replica, estate: &Estate<'a>) -> Result<&'a ObjectStore, Unknown> {
    estate.store(&replica.bucket).ok_or_else(|| {
        Unknown::new(format!(
            "nothing is known of {}: the bucket is not part of the posture or could not be read",
            replica.bucket
        ))
        .remedy(DECLARE)
    })
}

fn other_account(store: &ObjectStore, replica: &Replica, estate: &Estate<'_>) -> Result<bool, Unknown> {
    let seen = estate.store(&replica.bucket).map(|s| &s.account);
    let account = seen.or(replica.account.as_ref()).ok_or_else(|| {
        Unknown::new(format!(
            "the account of {} is not known: neither the rule nor the posture names it",
            replica.bucket
        ))
        .remedy(DECLARE)
    })?;
    Ok(account != &store.account)
}

/// Judges every range of keys that is copied: one good replica that covers the range is enough, and
/// what is not known of one replica matters only where no other is good.
fn each(
    replicas: Vec<&Replica>,
    good: impl Fn(&Replica) -> Result<bool, Unknown>,
    wrong: &str,
    right: &str,
) -> Judged {
    let judged: Vec<_> = replicas.iter().map(|r| (*r, good(r))).collect();
    let healed = |bad: &Replica| {
        judged
            .iter()
            .any(|(r, good)| *good == Ok(true) && bad.prefix.starts_with(&r.prefix))
    };
    let bad = |(r, good): &&(&Replica, Result<bool, Unknown>)| *good == Ok(false) && !healed(r);
    if let Some((first, _)) = judged.iter().find(bad) {
        let failed = Verdict::fail(format!("{} {wrong}.", first.bucket));
        return Ok(Some(
            failed.because_all(judged.iter().filter(bad).map(|(r, _)| fact(r))),
        ));
    }
    for (replica, good) in &judged {
        if let Err(unknown) = good
            && !healed(replica)
        {
            return Err(unknown.clone());
        }
    }
    if judged.is_empty() {
        return Ok(None);
    }
    Ok(Some(
        Verdict::pass(right).because_all(judged.iter().map(|(r, _)| fact(r))),
    ))
}

fn fact(replica: &Replica) -> String {
    let mut said = vec![format!("replication: to {}", replica.bucket)];
    said.extend(replica.region.as_ref().map(|r| format!("in {r}")));
    said.extend(replica.account.as_ref().map(|a| format!("account {a}")));
    if !replica.prefix.is_empty() {
        said.push(format!("keys under \"{}\"", replica.prefix));
    }
    if !replica.enabled {
        said.push("disabled".to_owned());
    }
    if replica.delete_markers {
        said.push("with delete markers".to_owned());
    }
    if replica.owner_override {
        said.push("ownership handed over".to_owned());
    }
    said.join(", ")
}
