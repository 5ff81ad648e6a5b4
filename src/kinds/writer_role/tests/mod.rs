//! What a writer may do, who may become it, and how its differences are judged.

mod dumps;
mod properties;
mod trust;
mod world;

use super::live::LiveWriter;
use super::spec::boundary_arn;
use super::{Op, WriterRole, documents};
use crate::kinds::Kind;
use crate::kinds::iam::access;
use crate::kinds::iam::limits;
use crate::kinds::iam::live::{LivePolicy, LiveRole};
use crate::kinds::testing::{Written, place};
use crate::model::change::{Action, Diff, Direction};
use crate::model::desired::Contribution;
use crate::model::fact::Facts;
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{AttributeChange, Observed};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const CI: &str = "acme/app:ref:refs/heads/main";

fn bucket(account: &str) -> Json {
    json!({
        "address": "s3_bucket.dumps", "arn": "arn:aws:s3:::dumps", "name": "dumps",
        "region": "us-east-1", "account_id": account,
    })
}

fn github(text: &str) -> Written {
    Written::new().set("github", text)
}

fn block() -> Written {
    Written::new()
        .set("writes_to", json!([bucket("111111111111")]))
        .set("prefix", "pg/")
        .nest("trust", github(CI))
}

fn key() -> Json {
    "arn:aws:kms:us-east-1:111111111111:key/k1".into()
}

/// The writer as `block` made it.
fn made() -> LiveWriter {
    let spec = block().spec::<WriterRole>();
    let (place, name) = (place(), "backstay-acme-pgdump");
    let boundary = LivePolicy {
        arn: boundary_arn(name, &place).to_string(),
        document: Some(Observed::Present(documents::boundary(&spec, &place.region))),
    };
    let role = LiveRole {
        name: name.into(),
        path: "/backstay/acme/writer/".into(),
        arn: spec.role_arn(&place).to_string(),
        trust: Observed::Present(documents::trust(&spec, &place)),
        inline: BTreeMap::from([(
            "backstay".to_owned(),
            Observed::Present(documents::policy(&spec, &place.region)),
        )]),
        attached: Vec::new(),
        boundary: Some(boundary.clone()),
        tags: BTreeMap::new(),
        settings: None,
    };
    LiveWriter {
        role: Some(role),
        boundary: Some(boundary),
    }
}

fn with_role(change: impl FnOnce(&mut LiveRole)) -> LiveWriter {
    let mut live = made();
    change(live.role.as_mut().unwrap());
    live
}

fn diff(block: &Written, have: Option<&LiveWriter>) -> Diff<Op> {
    WriterRole::diff(&block.spec::<WriterRole>(), have, &place())
}

fn attributes(diff: &Diff<Op>) -> Vec<&AttributeChange> {
    diff.changes.iter().flat_map(|c| &c.attributes).collect()
}

fn parsed(json: Json) -> Document {
    Document::from_json(&json).unwrap()
}

#[test]
fn the_policy_is_what_isolation_asks_and_nothing_else() {
    let spec = block()
        .set("kms_key", key())
        .set("multipart_decrypt", true)
        .spec::<WriterRole>();
    let expected = parsed(json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": "arn:aws:s3:::dumps/pg/*",
         "Action": ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]},
        {"Effect": "Allow", "Resource": "arn:aws:kms:us-east-1:111111111111:key/k1",
         "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
         "Condition": {
            "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::dumps", "arn:aws:s3:::dumps/pg/*"]}}},
    ]}));
    let policy = documents::policy(&spec, &place().region);
    assert!(policy.same_meaning(&expected), "{}", policy.to_json());
}

#[test]
fn the_boundary_lets_through_the_policy_and_no_more() {
    let spec = block().spec::<WriterRole>();
    let (policy, boundary) = (
        documents::policy(&spec, &place().region),
        documents::boundary(&spec, &place().region),
    );
    let difference = access::compare(&policy, &boundary);
    assert!(difference.gained.is_empty(), "{difference:?}");
    let denies: Vec<&Statement> = boundary
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Deny)
        .collect();
    assert_eq!(denies.len(), 1);
    // What is denied must not take away what is allowed.
    let text = serde_json::to_string(denies[0]).unwrap();
    assert!(!text.contains("s3:Put*") && !text.contains("s3:*"), "{text}");
}

#[test]
fn a_boundary_that_is_too_long_is_refused() {
    let buckets = |n: usize| -> Vec<String> {
        (0..n)
            .map(|n| format!("arn:aws:s3:::{}-{n:03}", "b".repeat(59)))
            .collect()
    };
    let size = |n| {
        let (spec, said) = block().set("writes_to", json!(buckets(n))).decode::<WriterRole>();
        let refused = said.iter().any(|s| s.contains("The boundary for"));
        (
            limits::size(&documents::boundary(&spec.unwrap(), &place().region)),
            refused,
        )
    };
    let (small, refused) = size(50);
    assert!(small <= limits::MANAGED_AT_MOST && !refused);
    let (large, refused) = size(80);
    assert!(large > limits::MANAGED_AT_MOST && refused);
}

fn contributed(written: &Written) -> Vec<Json> {
    let spec = written.spec::<WriterRole>();
    let all = WriterRole::contributions(&spec, "pg_dump", &place());
    let statement = |c: Contribution| match c {
        Contribution::Statement { on, statement } => {
            assert_eq!(on.to_string(), "s3_bucket.dumps");
            serde_json::to_value(statement).unwrap()
        }
        Contribution::Resource { .. } | Contribution::Contents { .. } => panic!("{c:?}"),
    };
    all.into_iter().map(statement).collect()
}

#[test]
fn the_bucket_denies_the_writer_everything_but_writing() {
    let [deny]: [Json; 1] = contributed(&block()).try_into().unwrap();
    assert_eq!(deny["Sid"], "BackstayWriterPgDumpWritesOnly");
    assert_eq!(
        (&deny["Effect"], &deny["Principal"]),
        (&json!("Deny"), &json!("*"))
    );
    assert_eq!(
        deny["Condition"],
        json!({"ArnLike": {"aws:PrincipalArn":
            "arn:aws:iam::111111111111:role/backstay/acme/writer/backstay-acme-pgdump"}})
    );
    assert_eq!(
        deny["Resource"],
        json!(["arn:aws:s3:::dumps", "arn:aws:s3:::dumps/*"])
    );
    let actions: Vec<&str> = deny["Action"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a.as_str().unwrap())
        .collect();
    for action in [
        "s3:GetObject",
        "s3:ListBucket",
        "s3:DeleteObjectVersion",
        "s3:BypassGovernanceRetention",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
    ] {
        assert!(actions.contains(&action), "{action}");
    }
    for action in documents::WRITES {
        assert!(!actions.contains(&action), "{action}");
    }
}

#[test]
fn append_only_and_another_account_add_their_statements() {
    let append = contributed(&block().set("append_only", true));
    assert_eq!(append.len(), 2);
    assert_eq!(append[1]["Action"], "s3:PutObject");
    assert_eq!(
        append[1]["Condition"]["Null"],
        json!({"s3:if-none-match": "true"})
    );
    assert_eq!(
        append[1]["Condition"]["Bool"],
        json!({"s3:ObjectCreationOperation": "true"})
    );

    let across = contributed(&block().set("writes_to", json!([bucket("222222222222")])));
    assert_eq!(across.len(), 2);
    assert_eq!(across[1]["Effect"], "Allow");
    assert_eq!(
        across[1]["Principal"],
        json!({"AWS": "arn:aws:iam::111111111111:root"})
    );
    assert_eq!(across[1]["Resource"], "arn:aws:s3:::dumps/pg/*");
    assert!(across[1]["Condition"]["ArnLike"]["aws:PrincipalArn"].is_string());
}

#[test]
fn a_missing_writer_is_created_within_its_boundary() {
    let diff = diff(&block(), None);
    assert_eq!(diff.action, Action::Create);
    let [limit, role, policy, finish] = &diff.changes[..] else {
        panic!("{diff:?}")
    };
    assert!(matches!(&limit.op, Op::PutLimit(_)));
    assert!(matches!(&policy.op, Op::PutPolicy(_)));
    assert_eq!(finish.op, Op::Finish);
    let Op::Create(role) = &role.op else {
        panic!("{role:?}")
    };
    assert_eq!(
        role.boundary.as_deref(),
        Some("arn:aws:iam::111111111111:policy/backstay/acme/writer/backstay-acme-pgdump-boundary")
    );
    assert!(
        attributes(&diff)
            .iter()
            .all(|a| a.direction != Direction::Weakens)
    );
}

#[test]
fn what_was_made_is_no_difference_and_half_of_it_is_completed() {
    assert_eq!(diff(&block(), Some(&made())), Diff::new());
    let half = LiveWriter { role: None, ..made() };
    let diff = diff(&block(), Some(&half));
    assert_eq!(diff.action, Action::Create);
    assert!(matches!(diff.changes[0].op, Op::Create(_)));
}

#[test]
fn each_change_is_judged() {
    use Direction::{Strengthens, Weakens};
    let admin = || {
        parsed(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": "*"}}))
    };
    let attached = |document| {
        with_role(|role| {
            role.attached = vec![LivePolicy {
                arn: "arn:aws:iam::aws:policy/AdministratorAccess".into(),
                document: Some(Observed::Present(document)),
            }];
        })
    };
    let root = Written::new().set("role_arn", "arn:aws:iam::222222222222:role/ci");
    for (why, block, have, judged) in [
        (
            "the boundary was taken away",
            block(),
            with_role(|role| role.boundary = None),
            vec![("boundary", Strengthens)],
        ),
        (
            "something was attached",
            block(),
            attached(admin()),
            vec![(
                "policies[\"arn:aws:iam::aws:policy/AdministratorAccess\"]",
                Strengthens,
            )],
        ),
        (
            "its policy was taken away, as is done to stop it",
            block(),
            with_role(|role| role.inline.clear()),
            vec![("policy", Weakens)],
        ),
        (
            "an inline policy was added",
            block(),
            with_role(|role| {
                role.inline.insert("more".into(), Observed::Present(admin()));
            }),
            vec![("policies[\"more\"]", Strengthens)],
        ),
        (
            "the trust was opened by hand",
            block(),
            with_role(|role| {
                role.trust = Observed::Present(parsed(json!({"Version": "2012-10-17", "Statement": {
                    "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": "*"}})));
            }),
            vec![("trust", Strengthens)],
        ),
        (
            "one more who may become it",
            block().nest("trust", root),
            made(),
            vec![("trust", Weakens)],
        ),
        (
            "a wider prefix",
            block().set("prefix", ""),
            made(),
            vec![("boundary.policy", Weakens), ("policy", Weakens)],
        ),
        (
            "a key",
            block().set("kms_key", key()),
            made(),
            vec![("boundary.policy", Weakens), ("policy", Weakens)],
        ),
    ] {
        let diff = diff(&block, Some(&have));
        let found: Vec<_> = attributes(&diff)
            .iter()
            .map(|a| (a.path.as_str(), a.direction))
            .collect();
        assert_eq!(found, judged, "{why}");
        assert_eq!(diff.action, Action::Update, "{why}");
    }
}

#[test]
fn a_role_of_the_same_name_elsewhere_is_left_alone() {
    let elsewhere = with_role(|role| {
        role.path = "/".into();
        role.arn = "arn:aws:iam::111111111111:role/backstay-acme-pgdump".into();
    });
    let diff = diff(&block(), Some(&elsewhere));
    assert!(diff.changes.is_empty());
    assert_eq!(diff.findings.len(), 1);
    let released = WriterRole::release("backstay-acme-pgdump", &elsewhere, &place());
    assert_eq!((released.action, released.changes.len()), (Action::Release, 0));
    let removed = WriterRole::release("backstay-acme-pgdump", &made(), &place());
    assert_eq!(removed.action, Action::Remove);
}

#[test]
fn names_fit_whatever_the_project_is_called() {
    let spec = block().spec::<WriterRole>();
    let long = crate::model::Place {
        project: "p".repeat(80),
        ..place()
    };
    let name = spec.role_name(&long);
    assert_eq!(limits::bad_name(&name), None);
    let other = crate::model::Place {
        project: "p".repeat(81),
        ..place()
    };
    assert_ne!(name, spec.role_name(&other));
}

#[test]
fn facts_say_where_the_writer_is_meant_to_write() {
    let spec = block().spec::<WriterRole>();
    let Facts::Identity(identity) = WriterRole::facts(Some(&spec), &made(), &place()) else {
        panic!("not an identity")
    };
    let targets = identity.writer.unwrap();
    assert_eq!(targets[0].bucket.as_str(), "arn:aws:s3:::dumps");
    assert_eq!(targets[0].prefix, "pg/");
    assert!(identity.boundary.is_some() && identity.trust.is_some());
    assert_eq!(identity.policies.len(), 1);
    assert!(identity.unknown.is_empty());
}
