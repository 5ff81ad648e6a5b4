//! Controls on keys: who loses a key loses every copy under it.

#[cfg(test)]
pub(super) mod cases;

use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Unknown, Verdict};
use crate::model::fact::{KeyFacts, KeyState};
use crate::model::policy::{Document, Effect, Match, Principals};
use std::collections::BTreeSet;

/// Nothing can be read.
pub const UNUSABLE: Rule = Rule {
    id: "BKS-KMS-001",
    title: "A key cannot be used, and every copy under it cannot be read",
    severity: Severity::Critical,
    doc: "A key that is disabled or waits for its deletion decrypts nothing: every backup and every copy under it \
          is as good as lost, and on the deletion date it is lost for good.",
    remedy: "Run `backstay apply`: it calls the deletion off and enables the key. Then find out who did it.",
    aspects: &[Aspect::Encrypted, Aspect::DeletionGuarded],
    judge: Judge::Key(unusable),
};

fn word(state: &KeyState) -> String {
    match state {
        KeyState::Enabled => "enabled".into(),
        KeyState::Disabled => "disabled".into(),
        KeyState::PendingDeletion => "pending deletion".into(),
        KeyState::Other(other) => other.clone(),
    }
}

fn unusable(key: Subject<'_, KeyFacts>, _: &Estate<'_>) -> Judged {
    let mut wrong = Vec::new();
    if key.state != KeyState::Enabled {
        let when = key
            .deletion_date
            .as_deref()
            .map(|d| format!(" on {d}"))
            .unwrap_or_default();
        wrong.push(format!("{}: {}{when}", key.region, word(&key.state)));
    }
    for replica in &key.replicas {
        match replica.state.known()? {
            Some(KeyState::Enabled) => {}
            Some(state) => wrong.push(format!("{}: {}", replica.region, word(state))),
            None => wrong.push(format!("{}: gone", replica.region)),
        }
    }
    Ok(Some(
        Verdict::either(
            !wrong.is_empty(),
            format!(
                "The key {} is not usable everywhere: {}.",
                key.alias,
                wrong.join(", ")
            ),
            "The key can be used.",
        )
        .because(format!("state: {}", word(&key.state))),
    ))
}

/// One credential is enough.
pub const ONE_HAND: Rule = Rule {
    id: "BKS-KMS-010",
    title: "One principal both administers and uses a key",
    severity: Severity::Medium,
    doc: "Whoever may change a key's policy or end the key, and may decrypt with it too, can read every copy and \
          destroy it with one stolen credential. A statement for the whole account leaves that to any of its \
          identity policies.",
    remedy: "Declare the key with `administrators` and `users` that differ, and without `delegate_to_iam`.",
    aspects: &[Aspect::LeastPrivilege, Aspect::Encrypted],
    judge: Judge::Key(one_hand),
};

/// Who is allowed any of these; whoever a condition holds back to the root user is left out.
fn allowed(policy: &Document, any: &[&str]) -> BTreeSet<String> {
    let grants = |actions: &Match| match actions {
        Match::AllBut(_) => true,
        Match::Only(set) => set.iter().any(|pattern| {
            let glob = globset::GlobBuilder::new(pattern).case_insensitive(true).build();
            // What cannot be read as a pattern is thought the worst of.
            glob.map_or(true, |g| any.iter().any(|a| g.compile_matcher().is_match(a)))
        }),
    };
    policy
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Allow && grants(&s.actions))
        .filter(|s| {
            let only_root = s
                .conditions
                .get("StringEquals")
                .and_then(|c| c.get("aws:PrincipalType"));
            !only_root.is_some_and(|types| types.len() == 1 && types.contains("Account"))
        })
        .flat_map(|s| match &s.principals {
            Some(Principals::Only(map)) => map.get("AWS").into_iter().flatten().cloned().collect(),
            Some(Principals::AllBut(_)) => vec!["*".to_owned()],
            None => Vec::new(),
        })
        .collect()
}

fn one_hand(key: Subject<'_, KeyFacts>, _: &Estate<'_>) -> Judged {
    if key.service_managed {
        return Ok(None);
    }
    let Some(policy) = key.policy.known()? else {
        return Err(Unknown::new("the key has no policy that could be read"));
    };
    let administers = allowed(
        policy,
        &["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"],
    );
    let uses = allowed(policy, &["kms:Decrypt"]);
    let both: Vec<_> = administers.intersection(&uses).map(String::as_str).collect();
    Ok(Some(Verdict::either(
        !both.is_empty(),
        format!(
            "Both administer and use the key {}: {}.",
            key.alias,
            both.join(", ")
        ),
        "Nobody both administers and uses the key.",
    )))
}

/// One key material for ever.
pub const NOT_ROTATED: Rule = Rule {
    id: "BKS-KMS-020",
    title: "A key's material is never replaced",
    severity: Severity::Low,
    doc: "Without rotation one key material protects all copies of all years. With it, what was encrypted before \
          stays readable, and nothing has to be encrypted anew.",
    remedy: "Set `rotation = \"365d\"`.",
    aspects: &[Aspect::Encrypted],
    judge: Judge::Key(not_rotated),
};

fn not_rotated(key: Subject<'_, KeyFacts>, _: &Estate<'_>) -> Judged {
    if key.service_managed || !key.can_rotate {
        return Ok(None);
    }
    Ok(Some(match key.rotation_days.known()? {
        Some(days) => Verdict::pass(format!("The key material is replaced every {days} days.")),
        None => Verdict::fail(format!("The key {} does not rotate.", key.alias)),
    }))
}
