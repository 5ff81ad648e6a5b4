//! Vaults of recovery points.

use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::model::fact::{LockMode, Vault};

/// Whoever may delete, deletes.
pub const UNLOCKED: Rule = Rule {
    id: "BKS-BKP-001",
    title: "A vault is not locked",
    severity: Severity::High,
    doc: "Without a lock, whoever may delete recovery points deletes them at once: an attacker who holds the \
          account's backup role, or a script with a wrong filter.",
    remedy: "Declare `lock { mode = \"governance\" min = \"14d\" }`; once it has proved itself, `compliance`.",
    aspects: &[Aspect::Isolated, Aspect::DeletionGuarded],
    judge: Judge::Vault(unlocked),
};

fn unlocked(vault: Subject<'_, Vault>, _: &Estate<'_>) -> Judged {
    Ok(Some(match vault.lock.known()? {
        None => Verdict::fail(format!("The vault {} has no lock.", vault.name)),
        Some(lock) if lock.min_days.is_none() && !vault.air_gapped => Verdict::fail(format!(
            "The lock of the vault {} holds nothing: it has no least retention.",
            vault.name
        )),
        Some(lock) => Verdict::pass("The vault is locked.").because(format!(
            "lock: {}, {} days at least",
            match lock.mode {
                LockMode::Governance => "governance",
                LockMode::Compliance => "compliance",
            },
            lock.min_days.unwrap_or(0)
        )),
    }))
}

/// A lock that does not hold yet.
pub const IN_GRACE: Rule = Rule {
    id: "BKS-BKP-002",
    title: "A vault's compliance lock can still be taken back",
    severity: Severity::Medium,
    doc: "AWS Backup calls a vault locked from the first day, but until the lock date the lock can be deleted. Only \
          from then on does it hold against everybody.",
    remedy: "Wait for the lock date, and guard the account until then; check again afterwards.",
    aspects: &[Aspect::Isolated],
    judge: Judge::Vault(in_grace),
};

fn in_grace(vault: Subject<'_, Vault>, _: &Estate<'_>) -> Judged {
    let Some(date) = vault.lock.known()?.and_then(|l| l.locked_from.as_deref()) else {
        return Ok(None);
    };
    // RFC 3339 in UTC: the seconds compare as texts.
    let seconds = |text: &str| text.get(..19).map(str::to_owned);
    let (Some(from), Some(now)) = (seconds(date), seconds(&vault.evidence.read_at)) else {
        return Err(Unknown::new(format!("the lock date \"{date}\" is no time")));
    };
    Ok(Some(Verdict::either(
        from > now,
        format!("The lock of the vault {} closes on {date}.", vault.name),
        format!("The lock has been closed since {date}."),
    )))
}

/// Copies that cannot arrive.
pub const SERVICE_KEY: Rule = Rule {
    id: "BKS-BKP-003",
    title: "A vault for copies from another account has AWS's own key",
    severity: Severity::High,
    doc: "Recovery points under the service's own key (`aws/backup`) can neither leave their account nor arrive in \
          another one: the copy job fails, and the copy that was counted on is not there.",
    remedy: "A vault's key cannot be changed: declare a new vault with `kms_key`, and copy to that.",
    aspects: &[Aspect::Encrypted, Aspect::Isolated],
    judge: Judge::Vault(service_key),
};

fn service_key(vault: Subject<'_, Vault>, estate: &Estate<'_>) -> Judged {
    let foreign = estate.schedules().any(|plan| {
        let copies = plan.rules.iter().flat_map(|r| &r.copies);
        plan.account != vault.account && copies.into_iter().any(|c| c.vault == vault.arn)
    });
    if !foreign || vault.air_gapped {
        return Ok(None);
    }
    match vault.service_key {
        None => Err(Unknown::new("it is not known who manages the vault's key")),
        Some(own) => Ok(Some(Verdict::either(
            own,
            format!(
                "Copies from another account cannot arrive in the vault {}.",
                vault.name
            ),
            "The vault has a key of its own.",
        ))),
    }
}
