//! What is more protection and what is less, attribute by attribute.
//!
//! Every comparison of a bucket's settings names one of these. `None` means absent, switched
//! off or, where the bucket is new, not there yet.

use super::is_one_zone;
use super::live::{Encryption, PublicAccessBlock};
use super::spec::{Mode, Ownership};
use crate::model::{AccountId, Judgement};

/// Days in words.
pub(super) fn days(n: u32) -> String {
    match n {
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    }
}

/// Enabled is more than suspended, which is more than never.
pub(super) fn versioning(before: Option<&bool>, after: Option<&bool>) -> Judgement {
    match (before.copied().unwrap_or(false), after.copied().unwrap_or(false)) {
        (false, true) => noted(
            Judgement::strengthens(),
            "from now on versioning can be suspended, but the bucket never becomes unversioned again",
        ),
        (true, false) => Judgement::weakens(
            "what is overwritten or deleted from now on is lost, instead of kept as an older version",
        ),
        _ => Judgement::neutral(),
    }
}

/// Whether the bucket is able to lock.
pub(super) fn lock_capability(before: Option<&bool>, after: Option<&bool>) -> Judgement {
    match (before.copied().unwrap_or(false), after.copied().unwrap_or(false)) {
        (false, true) => Judgement::strengthens().irreversible(
            "object lock can never be switched off again, and versioning can never be suspended again",
        ),
        (true, false) => Judgement::weakens("object lock is gone"),
        _ => Judgement::neutral(),
    }
}

/// Compliance is more than governance, which is more than no lock by default.
pub(super) fn lock_mode(before: Option<&Mode>, after: Option<&Mode>) -> Judgement {
    match (before, after) {
        (Some(Mode::Compliance), Some(Mode::Governance)) => Judgement::weakens(
            "new versions can be deleted by whoever may bypass governance; those already locked stay locked",
        ),
        (Some(_), None) => {
            Judgement::weakens("new versions are no longer locked; those already locked stay locked")
        }
        (None, Some(_)) | (Some(Mode::Governance), Some(Mode::Compliance)) => Judgement::strengthens(),
        _ => Judgement::neutral(),
    }
}

/// Longer is more.
pub(super) fn lock_days(before: Option<&u32>, after: Option<&u32>) -> Judgement {
    match (before, after) {
        (Some(before), Some(after)) if after < before => Judgement::weakens(format!(
            "new versions are locked for {}, before: {}; those already locked stay locked",
            days(*after),
            days(*before)
        )),
        (Some(before), None) => {
            Judgement::weakens(format!("new versions are no longer locked for {}", days(*before)))
        }
        (Some(before), Some(after)) if after == before => Judgement::neutral(),
        (None, None) => Judgement::neutral(),
        _ => Judgement::strengthens(),
    }
}

/// What can never be taken back once a version was written under a compliance lock.
pub(super) fn compliance_is_final(retention: u32) -> String {
    format!(
        "nobody, the account's root included, can delete a version or shorten its lock: the first day on which \
         one could be removed is {} after it was written, and each later write starts its own {}. \
         Try governance mode first",
        days(retention),
        days(retention),
    )
}

/// Longer, or never, is more: versions that were replaced.
pub(super) fn noncurrent_expiry(before: Option<&u32>, after: Option<&u32>) -> Judgement {
    expiry(before, after, "versions replaced more than", "ago")
}

/// Longer, or never, is more: current objects.
pub(super) fn current_expiry(before: Option<&u32>, after: Option<&u32>) -> Judgement {
    expiry(before, after, "objects written more than", "ago")
}

fn expiry(before: Option<&u32>, after: Option<&u32>, what: &str, ago: &str) -> Judgement {
    match (before, after) {
        (Some(before), Some(after)) if after < before => Judgement::weakens(format!(
            "{what} {} {ago} can be deleted, before: {}",
            days(*after),
            days(*before)
        )),
        (None, Some(after)) => Judgement::weakens(format!(
            "{what} {} {ago} can be deleted, before: never",
            days(*after)
        )),
        (Some(before), Some(after)) if after > before => Judgement::strengthens(),
        (Some(_), None) => Judgement::strengthens(),
        _ => Judgement::neutral(),
    }
}

/// Keeping more replaced versions is more.
pub(super) fn keep(before: Option<&u32>, after: Option<&u32>) -> Judgement {
    let (before, after) = (before.copied().unwrap_or(0), after.copied().unwrap_or(0));
    if after < before {
        Judgement::weakens(format!(
            "{after} replaced versions are kept whatever their age, before: {before}"
        ))
    } else if after > before {
        Judgement::strengthens()
    } else {
        Judgement::neutral()
    }
}

/// Where old objects are moved to: cheaper, slower to come back, and in one class less safe.
pub(super) fn tier(before: Option<&String>, after: Option<&String>) -> Judgement {
    let judgement = match before {
        Some(class) if is_one_zone(class) => Judgement::strengthens(),
        _ => Judgement::neutral(),
    };
    match after.map(String::as_str) {
        Some(class) if is_one_zone(class) => {
            Judgement::weakens("objects there are lost when their one zone is")
        }
        Some("GLACIER") => noted(judgement, "a restore from there waits for minutes to hours"),
        Some("DEEP_ARCHIVE") => noted(judgement, "a restore from there waits for 12 to 48 hours"),
        _ => judgement,
    }
}

/// Later is more: what lies in one zone is lost with it.
pub(super) fn one_zone_after(before: Option<&u32>, after: Option<&u32>) -> Judgement {
    match before > after {
        true => Judgement::weakens("objects are moved to one zone sooner, and lost when that zone is"),
        false => Judgement::strengthens(),
    }
}

/// Each of the four blocks is more protection than its absence.
pub(super) fn public_access(
    before: Option<&PublicAccessBlock>,
    after: Option<&PublicAccessBlock>,
) -> Judgement {
    let flags = |block: Option<&PublicAccessBlock>| {
        let b = block.copied().unwrap_or_default();
        [
            b.block_public_acls,
            b.ignore_public_acls,
            b.block_public_policy,
            b.restrict_public_buckets,
        ]
    };
    let (before, after) = (flags(before), flags(after));
    if before.iter().zip(after).any(|(before, after)| *before && !after) {
        Judgement::weakens("public access becomes possible through a policy or an access control list")
    } else if before == after {
        Judgement::neutral()
    } else {
        Judgement::strengthens()
    }
}

/// The owner's hold over what others write.
pub(super) fn ownership(before: Option<&Ownership>, after: Option<&Ownership>) -> Judgement {
    let rank = |o: Option<&Ownership>| o.copied().unwrap_or(Ownership::ObjectWriter);
    let (before, after) = (rank(before), rank(after));
    if after < before {
        Judgement::weakens("others can own what they write here, or grant access to it by themselves")
    } else if after > before {
        Judgement::strengthens()
    } else {
        Judgement::neutral()
    }
}

/// Whose key encrypts new objects.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyHolder {
    /// S3 itself.
    S3,
    /// KMS for S3, in the bucket's account: nobody can delete it.
    Service,
    /// The bucket's account.
    Home,
    /// Another account.
    Elsewhere(AccountId),
}

fn holder(encryption: &Encryption, home: &str) -> KeyHolder {
    let account = |key: &str| {
        key.parse::<crate::model::Arn>()
            .ok()
            .and_then(|arn| arn.account())
    };
    match encryption.key.as_deref() {
        _ if !encryption.algorithm.starts_with("aws:kms") => KeyHolder::S3,
        None => KeyHolder::Service,
        Some(key) => match account(key).filter(|a| a.as_str() != home) {
            Some(account) => KeyHolder::Elsewhere(account),
            None => KeyHolder::Home,
        },
    }
}

/// How new objects are encrypted; `home` is the account of the bucket, and `declared` says whether a block of the posture
/// is the key. A key of the same account and none cannot be compared: the key is one more permission to read, and one
/// more way to destroy. Nor can a key of another account of which the posture knows nothing: it may be a stranger's.
pub(super) fn encryption(
    before: Option<&Encryption>,
    after: &Encryption,
    home: &str,
    declared: bool,
) -> Judgement {
    const READ: &str =
        "new objects are encrypted with S3's own keys: reading one no longer needs a permission on a KMS key";
    const DESTROY: &str = "objects already there keep their encryption; whoever can delete the key can destroy every object that \
                           is encrypted with it";
    const HOME: &str = "new objects are encrypted with a key of the bucket's own account, so that one account is \
                        enough to read them";
    const KEEP: &str = "objects already there stay under the key they were written with: keep it";
    let from = before.map_or(KeyHolder::S3, |e| holder(e, home));
    let to = holder(after, home);
    if let KeyHolder::Elsewhere(account) = &to
        && !declared
        && from != to
    {
        return Judgement::incomparable(format!(
            "only who holds account {account} decides who can read what is written from now on, and no block of the \
             posture is this key"
        ));
    }
    match (from, to) {
        (KeyHolder::S3, KeyHolder::S3) if before.is_none() => Judgement::strengthens(),
        (KeyHolder::S3, KeyHolder::S3 | KeyHolder::Service) => Judgement::neutral(),
        // Whose the key elsewhere is, is not known of one that is only seen.
        (KeyHolder::Elsewhere(_), KeyHolder::S3) => Judgement::incomparable(READ),
        (_, KeyHolder::S3) => Judgement::weakens(READ),
        (KeyHolder::Elsewhere(_), KeyHolder::Home | KeyHolder::Service) => Judgement::incomparable(HOME),
        (KeyHolder::S3 | KeyHolder::Service, KeyHolder::Home) => Judgement::weakens(DESTROY),
        (KeyHolder::S3, KeyHolder::Elsewhere(_)) => Judgement::strengthens(),
        (KeyHolder::Home | KeyHolder::Service, KeyHolder::Elsewhere(_)) => {
            noted(Judgement::strengthens(), KEEP)
        }
        (_, _) => noted(Judgement::neutral(), KEEP),
    }
}

/// Copying deletions as well is less protection.
pub(super) fn delete_markers(before: Option<&bool>, after: Option<&bool>) -> Judgement {
    match (before.copied().unwrap_or(false), after.copied().unwrap_or(false)) {
        (false, true) => Judgement::weakens("a deletion here hides the copy too"),
        (true, false) => Judgement::strengthens(),
        _ => Judgement::neutral(),
    }
}

/// Adds a sentence to a judgement that does not weaken.
pub(super) fn noted(mut judgement: Judgement, note: &str) -> Judgement {
    judgement.reason = Some(note.to_owned());
    judgement
}
