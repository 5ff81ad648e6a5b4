//! The policy in force: the one that the last apply ended with. It lies beside the records of applies,
//! so that a posture in which it was edited meets the one from before.

use super::record::encoded;
use super::{Put, Store, StoreWriter};
use crate::diag::{Diagnostic, code};
use crate::model::PolicyPlace;
use crate::model::approval::ApprovalPolicy;
use crate::plan::InForce;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the object; raised when a field changes its meaning or goes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    backstay: String,
    project: String,
    /// When it came into force.
    at: Timestamp,
    /// The apply that did it.
    apply: String,
    policy: ApprovalPolicy,
    /// Where it is kept from now on, when the posture has come to keep it elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved_to: Option<PolicyPlace>,
}

/// What lies at a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A policy.
    Policy(InForce),
    /// A word where it is by now.
    Moved(PolicyPlace),
}

/// The key of a project's policy.
pub fn key(project: &str) -> String {
    format!("policy/{}/current.json", encoded(project))
}

/// What is kept of a policy there; `None` when there never was one.
///
/// # Errors
/// When that cannot be said: it cannot be read, or something else lies there.
pub async fn read(store: &Store, project: &str) -> Result<Option<Found>, Diagnostic> {
    let key = key(project);
    let object = store.get(&key).await.map_err(unknown)?;
    let Some(object) = object else {
        // Only what is known to have never been there is no policy.
        return match store.had(&key).await.map_err(unknown)? {
            true => Err(deleted(store, &key)),
            false => Ok(None),
        };
    };
    let bad = |why: String| {
        Diagnostic::error(
            code::POLICY_UNKNOWN,
            format!(
                "{}{key} is not a policy that this version reads: {why}.",
                store.beginning()
            ),
        )
        .remedy("It is never overwritten. Use the version of backstay that wrote it, or restore an earlier version of the object.")
    };
    let kept: Kept = serde_json::from_slice(&object.bytes).map_err(|e| bad(e.to_string()))?;
    if kept.format != FORMAT {
        return Err(bad(format!("its format is {}", kept.format)));
    }
    if kept.project != project {
        return Err(bad(format!("it is of the project \"{}\"", kept.project)));
    }
    Ok(Some(match kept.moved_to {
        Some(place) => Found::Moved(place),
        None => Found::Policy(InForce {
            digest: hex::encode(Sha256::digest(&object.bytes)),
            policy: kept.policy,
            place: None,
        }),
    }))
}

/// A policy does not end with its object: backstay never deletes it.
fn deleted(store: &Store, key: &str) -> Diagnostic {
    Diagnostic::error(
        code::POLICY_UNKNOWN,
        format!(
            "{}{key} was deleted, and the bucket keeps earlier versions of it: a policy was in force. backstay never deletes it.",
            store.beginning()
        ),
    )
    .remedy(
        "Nothing was changed. Find out who deleted it, and restore it: `aws s3api list-object-versions --prefix KEY` names the \
         delete marker, and `aws s3api delete-object --key KEY --version-id MARKER` takes it away.",
    )
}

/// What a failed look means, whatever failed.
pub fn unknown(why: Diagnostic) -> Diagnostic {
    let remedy = why.remedy.clone().map_or_else(String::new, |r| format!(" {r}"));
    Diagnostic {
        code: code::POLICY_UNKNOWN,
        summary: code::POLICY_UNKNOWN.summary().into(),
        ..why
    }
    .remedy(format!(
        "Nothing was changed. An apply reads policy/ beside its records.{remedy}"
    ))
}

/// What is to be kept from now on.
#[derive(Debug, Clone, Copy)]
pub struct Next<'a> {
    /// Of which project.
    pub project: &'a str,
    /// The apply that does it.
    pub apply: &'a str,
    /// What has to be there; when absent, nothing or a word that it has moved away.
    pub before: Option<&'a InForce>,
    /// The policy.
    pub policy: &'a ApprovalPolicy,
    /// Where the policy is kept instead, when it moves away from here.
    pub moved_to: Option<&'a PolicyPlace>,
}

/// Puts a policy in force in place of another, or says where it has gone.
///
/// # Errors
/// When another one is in force by now, or it cannot be written.
pub async fn replace(writer: &StoreWriter, next: Next<'_>) -> Result<InForce, Diagnostic> {
    let overtaken = || {
        Diagnostic::error(
            code::STALE_PLAN,
            "Another policy has come into force meanwhile, so this one has not.",
        )
        .remedy("Run the same command again: it begins with the policy that is in force now.")
    };
    let key = key(next.project);
    let there = writer.store().get(&key).await?;
    let expected = match (&there, next.before) {
        (None, None) => true,
        (Some(there), Some(before)) => hex::encode(Sha256::digest(&there.bytes)) == before.digest,
        (Some(there), None) => serde_json::from_slice(&there.bytes).is_ok_and(|k: Kept| k.moved_to.is_some()),
        (None, Some(_)) => false,
    };
    if !expected {
        return Err(overtaken());
    }
    let kept = Kept {
        format: FORMAT,
        backstay: env!("CARGO_PKG_VERSION").to_owned(),
        project: next.project.to_owned(),
        at: writer.store().now(),
        apply: next.apply.to_owned(),
        policy: next.policy.clone(),
        moved_to: next.moved_to.cloned(),
    };
    let text = serde_json::to_string_pretty(&kept)
        .map_err(|e| Diagnostic::error(code::INTERNAL, format!("the policy cannot be written: {e}.")))?;
    let text = format!("{text}\n");
    let put = match &there {
        Some(there) => writer.put_if_match(&key, text.as_bytes(), &there.version).await?,
        None => writer.put_new(&key, text.as_bytes()).await?,
    };
    if put == Put::Overtaken {
        // A request is repeated when its answer was lost.
        let there = writer.store().get(&key).await?;
        if there.is_none_or(|there| there.bytes != text.as_bytes()) {
            return Err(overtaken());
        }
    }
    Ok(InForce {
        digest: hex::encode(Sha256::digest(&text)),
        policy: next.policy.clone(),
        place: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::approval::tests::any_policy;
    use crate::model::window::Windows;
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;

    fn sunday() -> ApprovalPolicy {
        let mut policy = ApprovalPolicy::default();
        policy.disruptive.window = Windows(vec!["Sun 03:00-05:00 UTC".parse().unwrap()]);
        policy
    }

    async fn in_force(store: &Store, project: &str) -> Option<InForce> {
        match read(store, project).await.unwrap() {
            Some(Found::Policy(policy)) => Some(policy),
            Some(Found::Moved(place)) => panic!("it has moved to {place}"),
            None => None,
        }
    }

    fn next<'a>(project: &'a str, before: Option<&'a InForce>, policy: &'a ApprovalPolicy) -> Next<'a> {
        Next {
            project,
            apply: "a",
            before,
            policy,
            moved_to: None,
        }
    }

    #[tokio::test]
    async fn a_policy_is_replaced_only_by_who_knows_it() {
        let folder = tempfile::tempdir().unwrap();
        let writer = StoreWriter::folder(folder.path());
        let store = writer.store();
        assert_eq!(in_force(store, "p/q").await, None);
        let sunday = sunday();
        let first = replace(&writer, next("p/q", None, &sunday)).await.unwrap();
        assert_eq!(in_force(store, "p/q").await.as_ref(), Some(&first));
        // Projects are kept apart.
        assert_eq!(in_force(store, "p").await, None);
        let none = ApprovalPolicy::default();
        let late = replace(&writer, next("p/q", None, &none)).await.unwrap_err();
        assert_eq!(late.code, code::STALE_PLAN);
        let second = replace(&writer, next("p/q", Some(&first), &none)).await.unwrap();
        assert_eq!(in_force(store, "p/q").await.as_ref(), Some(&second));
        assert!(replace(&writer, next("p/q", Some(&first), &none)).await.is_err());
    }

    #[tokio::test]
    async fn a_policy_that_moves_leaves_word_and_may_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let writer = StoreWriter::folder(folder.path());
        let sunday = sunday();
        let first = replace(&writer, next("p", None, &sunday)).await.unwrap();
        let place: PolicyPlace = "111111111111/b/p/e/".parse().unwrap();
        let gone = Next {
            moved_to: Some(&place),
            ..next("p", Some(&first), &sunday)
        };
        replace(&writer, gone).await.unwrap();
        let found = read(writer.store(), "p").await.unwrap();
        assert_eq!(found, Some(Found::Moved(place)));
        // Nobody who knew it before puts another one there, and whoever brings it back does.
        assert!(replace(&writer, next("p", Some(&first), &sunday)).await.is_err());
        replace(&writer, next("p", None, &sunday)).await.unwrap();
        assert!(in_force(writer.store(), "p").await.is_some());
    }

    #[tokio::test]
    async fn any_policy_comes_back_as_it_was() {
        let mut runner = TestRunner::deterministic();
        for _ in 0..20 {
            let policy = any_policy().new_tree(&mut runner).unwrap().current();
            let folder = tempfile::tempdir().unwrap();
            let writer = StoreWriter::folder(folder.path());
            let put = replace(&writer, next("p", None, &policy)).await.unwrap();
            let back = in_force(writer.store(), "p").await.unwrap();
            assert_eq!(back.digest, put.digest);
            assert!(back.policy.changes(&policy).is_empty());
        }
    }

    #[tokio::test]
    async fn what_is_no_policy_is_an_error_and_never_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let writer = StoreWriter::folder(folder.path());
        for (text, why) in [
            (String::new(), "EOF"),
            ("{}".to_owned(), "missing field"),
            (
                r#"{"format":2,"backstay":"9","project":"p","at":"2026-01-01T00:00:00Z","apply":"a","policy":{}}"#.to_owned(),
                "its format is 2",
            ),
            (
                r#"{"format":1,"backstay":"0","project":"q","at":"2026-01-01T00:00:00Z","apply":"a","policy":{}}"#.to_owned(),
                "of the project \"q\"",
            ),
        ] {
            let path = folder.path().join(key("p"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            let said = read(writer.store(), "p").await.unwrap_err();
            assert_eq!(said.code, code::POLICY_UNKNOWN);
            assert!(said.detail.contains(why), "{}", said.detail);
        }
    }
}
