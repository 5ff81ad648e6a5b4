//! Who may become an identity.

use crate::access::narrowing::{account, narrowed, subject_pinned};
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::model::fact::Identity;
use crate::model::policy::{Document, Effect, Principals, Statement};
use crate::model::{AccountId, Arn};

const NARROW: &[Aspect] = &[Aspect::LeastPrivilege];

/// The door is open.
pub const EVERYBODY: Rule = Rule {
    id: "BKS-IAM-020",
    title: "Everybody can assume the role",
    severity: Severity::Critical,
    doc: "The trust policy names every principal and no condition narrows it down, so any AWS account in the world \
          becomes this role with one call.",
    remedy: "Name the principals that have to assume the role, and nobody else.",
    aspects: NARROW,
    judge: Judge::Identity(everybody),
};

fn everybody(identity: Subject<'_, Identity>, _: &Estate<'_>) -> Judged {
    judged(
        &identity,
        |statement| {
            let open = match &statement.principals {
                Some(Principals::Only(_)) => statement.named("AWS").any(|n| n == "*"),
                Some(Principals::AllBut(_)) => true,
                None => false,
            };
            (open && !narrowed(statement, WHO)).then(|| "every principal".to_owned())
        },
        "Anybody can assume the role",
        "Not everybody can assume the role.",
    )
}

/// Anybody who has an account at the provider.
pub const FEDERATION_WITHOUT_SUBJECT: Rule = Rule {
    id: "BKS-IAM-021",
    title: "A federated trust does not pin the subject",
    severity: Severity::High,
    doc: "A provider such as GitHub signs tokens for everybody. Without a condition on `sub` any repository of anybody \
          can assume the role; with `repo:*` or `repo:ORG/*` any repository of the organisation can, the one that a \
          newcomer just made included. A pattern that names the repository and leaves the rest open passes.",
    remedy: "Require `sub` to be the exact repository and branch or environment: `trust { github = \"ORG/REPO:ref:refs/heads/main\" }`.",
    aspects: NARROW,
    judge: Judge::Identity(federation_without_subject),
};

fn federation_without_subject(identity: Subject<'_, Identity>, _: &Estate<'_>) -> Judged {
    if !trusts(&identity)?
        .iter()
        .any(|s| s.named("Federated").next().is_some())
    {
        return Ok(None);
    }
    judged(
        &identity,
        |statement| {
            let provider = statement.named("Federated").next()?;
            // SAML providers pin by audience and attributes instead.
            let saml = provider.contains(":saml-provider/");
            let pinned = if saml {
                narrowed(statement, &["saml:aud", "saml:sub", "saml:namequalifier"])
            } else {
                subject_pinned(statement)
            };
            (!pinned).then(|| provider.to_owned())
        },
        "Tokens of others are accepted from",
        "Only tokens of the named subject are accepted.",
    )
}

/// A third party can be talked into it.
pub const STRANGER_WITHOUT_EXTERNAL_ID: Rule = Rule {
    id: "BKS-IAM-022",
    title: "A backup writer trusts strangers without an external id",
    severity: Severity::Medium,
    doc: "A service that acts for many customers can be told by one of them to assume the role of another. The external \
          id is what tells them apart. Accounts that the posture itself spans are not judged.",
    remedy: "Add `external_id` to the trust, with the value that the service gave you.",
    aspects: NARROW,
    judge: Judge::Identity(stranger_without_external_id),
};

fn stranger_without_external_id(identity: Subject<'_, Identity>, estate: &Estate<'_>) -> Judged {
    if identity.writer.is_none() {
        return Ok(None);
    }
    judged(
        &identity,
        |statement| {
            let stranger = statement
                .named("AWS")
                .find(|name| account(name).is_some_and(|account| !estate.is_own_account(&account)))?;
            (!narrowed(statement, &["sts:externalid"])).then(|| stranger.to_owned())
        },
        "No external id is asked of",
        "Other organisations have to give an external id, or none is trusted.",
    )
}

/// Anybody in that account.
pub const WHOLE_ACCOUNT: Rule = Rule {
    id: "BKS-IAM-023",
    title: "A backup writer trusts a whole account",
    severity: Severity::Medium,
    doc: "Naming an account, or its root, trusts everybody in it who may call sts:AssumeRole, and whoever its \
          administrators let do so next year.",
    remedy: "Name the role that uploads the backups instead of its account.",
    aspects: NARROW,
    judge: Judge::Identity(whole_account),
};

fn whole_account(identity: Subject<'_, Identity>, _: &Estate<'_>) -> Judged {
    if identity.writer.is_none() {
        return Ok(None);
    }
    judged(
        &identity,
        |statement| {
            let whole = statement.named("AWS").find(|name| {
                name.parse::<AccountId>().is_ok()
                    || name.parse::<Arn>().is_ok_and(|arn| arn.resource() == "root")
            })?;
            (!narrowed(statement, &["aws:principalarn", "sts:externalid"])).then(|| whole.to_owned())
        },
        "Everybody who may assume roles is trusted in",
        "No account is trusted as a whole.",
    )
}

/// Condition keys that say who asks.
const WHO: &[&str] = &[
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "sts:externalid",
];

fn trusts<'a>(identity: &Subject<'a, Identity>) -> Result<Vec<&'a Statement>, Unknown> {
    let document: &Document = identity.facts.trust.as_ref().ok_or_else(|| {
        identity
            .unknown
            .first()
            .map_or_else(|| Unknown::new("the trust policy was not read"), Unknown::from)
    })?;
    Ok(document
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Allow)
        .collect())
}

fn judged(
    identity: &Subject<'_, Identity>,
    wrong: impl Fn(&Statement) -> Option<String>,
    failed: &str,
    passed: &str,
) -> Judged {
    let statements = trusts(identity)?;
    let found: Vec<_> = statements.iter().filter_map(|s| wrong(s)).collect();
    Ok(Some(match found.first() {
        Some(first) => {
            let message = if first == "every principal" {
                format!("{failed}.")
            } else {
                format!("{failed} {first}.")
            };
            Verdict::fail(message).because_all(found.iter().map(|who| format!("trust: {who}")))
        }
        None => Verdict::pass(passed).because_all(statements.iter().map(|s| format!("trust: {}", who(s)))),
    }))
}

fn who(statement: &Statement) -> String {
    match &statement.principals {
        Some(Principals::Only(map)) => map.values().flatten().cloned().collect::<Vec<_>>().join(", "),
        Some(Principals::AllBut(_)) => "all but a few".to_owned(),
        None => "nobody".to_owned(),
    }
}
