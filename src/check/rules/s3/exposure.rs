//! Who else can reach the objects.

use crate::access::{Truth, takes_in};
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::AccountId;
use crate::model::fact::ObjectStore;
use crate::model::policy::{Effect, Match, Principals, Statement};

/// Anybody might read it.
pub const PUBLIC: Rule = Rule {
    id: "BKS-S3-040",
    title: "Public access is not blocked",
    severity: Severity::High,
    doc: "One careless policy or access control list makes every object readable, or worse writable, for the whole \
          world. With all four blocks on it cannot. A bucket with only some of them counts as not blocked.",
    remedy: "Set `public_access = false`.",
    aspects: &[Aspect::LeastPrivilege],
    judge: Judge::Store(public),
};

fn public(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let blocked = store.public_access_blocked.known()?.copied().unwrap_or(false);
    Ok(Some(
        Verdict::either(
            !blocked,
            "Public access is possible.",
            "Every kind of public access is blocked.",
        )
        .because(format!("public access blocked: {blocked}")),
    ))
}

/// Objects can be owned and shared one by one.
pub const ACLS: Rule = Rule {
    id: "BKS-S3-041",
    title: "Access control lists are enabled",
    severity: Severity::Medium,
    doc: "With access control lists each object can be shared by whoever wrote it, past every policy, and objects \
          that another account wrote belong to that account: the bucket's owner may be unable to read its own backups.",
    remedy: "Set the object ownership to `BucketOwnerEnforced`, which is the default of new buckets.",
    aspects: &[Aspect::LeastPrivilege],
    judge: Judge::Store(acls),
};

fn acls(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let disabled = store.acls_disabled.known()?.copied().unwrap_or(false);
    Ok(Some(
        Verdict::either(
            !disabled,
            "Access control lists are in effect.",
            "Access control lists have no effect.",
        )
        .because(format!("access control lists disabled: {disabled}")),
    ))
}

/// Nothing encrypts by default.
pub const UNENCRYPTED: Rule = Rule {
    id: "BKS-S3-042",
    title: "The bucket has no default encryption",
    severity: Severity::High,
    doc: "Objects are stored as they are sent. Buckets made since 2023 encrypt by themselves; an old one keeps \
          storing plain text until a default is set, and what it holds already stays plain.",
    remedy: "Add an `encryption` block.",
    aspects: &[Aspect::Encrypted],
    judge: Judge::Store(unencrypted),
};

fn unencrypted(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    Ok(Some(match store.encryption.known()? {
        None => Verdict::fail("New objects are not encrypted.").because("encryption: none"),
        Some(by) => Verdict::pass("New objects are encrypted.").because(format!("encryption: {by}")),
    }))
}

/// The service holds the key.
pub const SERVICE_KEY: Rule = Rule {
    id: "BKS-S3-043",
    title: "Objects are encrypted with the service's key",
    severity: Severity::Low,
    doc: "Whoever may read an object reads it decrypted; no key of yours stands between a leaked credential and the \
          data, and no key policy says who may recover. Advice only: a key of your own is also one more thing that \
          can be destroyed, so it should live in an account with other administrators.",
    remedy: "Set `encryption.kms_key` to a key that the account's administrators can't destroy; or exempt the bucket.",
    aspects: &[Aspect::Encrypted],
    judge: Judge::Store(service_key),
};

fn service_key(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    Ok(store.encryption.known()?.map(|by| {
        Verdict::either(
            by == "AES256" || by.contains("alias/aws/"),
            "The service holds the key.",
            "Objects are encrypted with a key of yours.",
        )
        .because(format!("encryption: {by}"))
    }))
}

/// Requests may travel in the clear.
pub const PLAIN_HTTP: Rule = Rule {
    id: "BKS-S3-044",
    title: "The bucket policy does not refuse unencrypted requests",
    severity: Severity::Low,
    doc: "S3 answers plain HTTP unless the bucket's policy denies it, so a misconfigured client sends backups and \
          its signed requests over the wire in the clear.",
    remedy: "Deny every principal `s3:*` on the bucket and its objects when `aws:SecureTransport` is `false`.",
    aspects: &[Aspect::Encrypted],
    judge: Judge::Store(plain_http),
};

fn plain_http(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let policy = store.policy.known()?;
    let statements = policy.map_or(&[][..], |p| p.statements.as_slice());
    let refused = statements.iter().any(|s| refuses_plain_http(s, &store.name));
    Ok(Some(
        Verdict::either(
            !refused,
            "Requests over plain HTTP are answered.",
            "Requests over plain HTTP are refused.",
        )
        .because(if policy.is_some() {
            statement_count(statements)
        } else {
            "policy: none".to_owned()
        }),
    ))
}

fn statement_count(statements: &[Statement]) -> String {
    match statements.len() {
        1 => "policy: 1 statement".to_owned(),
        n => format!("policy: {n} statements"),
    }
}

fn refuses_plain_http(statement: &Statement, bucket: &str) -> bool {
    let only_condition = match statement.conditions.iter().next() {
        Some((operator, keys)) if statement.conditions.len() == 1 && keys.len() == 1 => {
            operator.eq_ignore_ascii_case("Bool")
                && keys.iter().all(|(key, values)| {
                    key.eq_ignore_ascii_case("aws:SecureTransport")
                        && values.iter().all(|v| v.eq_ignore_ascii_case("false"))
                })
        }
        _ => false,
    };
    let everybody = statement.named("AWS").any(|name| name == "*");
    let everything = match &statement.actions {
        Match::Only(set) => set.iter().any(|a| a == "*" || a.eq_ignore_ascii_case("s3:*")),
        Match::AllBut(_) => false,
    };
    let objects = match &statement.resources {
        Some(Match::Only(set)) => set.iter().any(|r| {
            r == "*" || r.ends_with(&format!(":::{bucket}/*")) || r.ends_with(&format!(":::{bucket}*"))
        }),
        Some(Match::AllBut(_)) | None => false,
    };
    statement.effect == Effect::Deny && only_condition && everybody && everything && objects
}

/// Somebody else can destroy it.
pub const STRANGERS_DESTROY: Rule = Rule {
    id: "BKS-S3-045",
    title: "The bucket policy lets others destroy or unprotect objects",
    severity: Severity::Critical,
    doc: "Another account, or everybody, is granted deleting or one of the calls that amount to it: changing the \
          lifecycle, versioning, lock, replication or the policy itself. The sample policy for replication \
          across accounts grants s3:PutBucketVersioning to the source; with it, a compromised source suspends \
          versioning at its own backup.",
    remedy: "Remove the grant; replication needs s3:ReplicateObject and s3:ReplicateTags on the objects only.",
    aspects: &[Aspect::LeastPrivilege, Aspect::DeletionGuarded],
    judge: Judge::Store(strangers_destroy),
};

/// What deletes, or makes deleting possible.
const DESTRUCTIVE: &[&str] = &[
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:BypassGovernanceRetention",
    "s3:PutObjectRetention",
    "s3:PutObjectLegalHold",
];

fn strangers_destroy(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let Some(policy) = store.policy.known()? else {
        return Ok(Some(
            Verdict::pass("Nobody else is granted anything.").because("policy: none"),
        ));
    };
    let mut wrong = Vec::new();
    for (n, statement) in policy.statements.iter().enumerate() {
        let granted = DESTRUCTIVE
            .iter()
            .find(|action| takes_in(&statement.actions, action) == Truth::Yes);
        if let (Effect::Allow, Some(who), Some(action)) =
            (statement.effect, stranger(statement, &store.account), granted)
        {
            let name = statement.sid.clone().unwrap_or_else(|| (n + 1).to_string());
            wrong.push(format!("policy, statement {name}: {who} may {action}"));
        }
    }
    Ok(Some(if wrong.is_empty() {
        Verdict::pass("Nobody else may delete objects or change how they are protected.")
            .because(statement_count(&policy.statements))
    } else {
        Verdict::fail("Others may delete objects or change how they are protected.").because_all(wrong)
    }))
}

/// Somebody outside of the bucket's account whom the statement is about, unless a condition keeps
/// it to that account.
fn stranger(statement: &Statement, own: &AccountId) -> Option<String> {
    if kept_to(statement, own) {
        return None;
    }
    match statement.principals.as_ref()? {
        Principals::AllBut(_) => Some("everybody but a few".to_owned()),
        // Nobody can tell whose canonical id it is.
        Principals::Only(map) if map.contains_key("CanonicalUser") => Some("a canonical user".to_owned()),
        Principals::Only(map) => map.get("AWS")?.iter().find_map(|name| {
            let account = name
                .parse::<AccountId>()
                .ok()
                .or_else(|| name.parse::<crate::model::Arn>().ok()?.account());
            match account {
                _ if name == "*" => Some("everybody".to_owned()),
                Some(account) if account == *own => None,
                // An id without an account is what is left of a principal that was deleted.
                None if !name.starts_with("arn:") => None,
                _ => Some(name.clone()),
            }
        }),
    }
}

fn kept_to(statement: &Statement, own: &AccountId) -> bool {
    statement.conditions.iter().any(|(operator, keys)| {
        operator.eq_ignore_ascii_case("StringEquals")
            && keys.iter().any(|(key, values)| {
                (key.eq_ignore_ascii_case("aws:PrincipalAccount")
                    || key.eq_ignore_ascii_case("aws:SourceAccount"))
                    && values.iter().all(|v| v == own.as_str())
            })
    })
}
