//! What a bucket adds to the posture: the derived role, and statements at other accounts' buckets.

use super::replication::to;
use super::{arn, bucket, place, spec};
use crate::kinds::s3_bucket::S3Bucket;
use crate::kinds::s3_bucket::spec::{EncryptionBlock, ReplicateBlock, Spec};
use crate::kinds::{Kind, Purpose, iam_role};
use crate::model::desired::Contribution;
use crate::model::policy::{Document, Statement};
use std::collections::BTreeSet;

fn contributions(spec: &Spec) -> Vec<Contribution> {
    S3Bucket::contributions(spec, "uploads", &place())
}

fn role(spec: &Spec) -> iam_role::spec::Spec {
    let roles: Vec<_> = contributions(spec)
        .into_iter()
        .filter_map(|c| match c {
            Contribution::Resource { part, kind, spec } => {
                assert_eq!((part, kind), ("replication_role", "iam_role"));
                Some(serde_json::from_value(spec).unwrap())
            }
            Contribution::Statement { .. } | Contribution::Contents { .. } => None,
        })
        .collect();
    let [role] = roles.try_into().unwrap();
    role
}

/// What the role may do, action by action, with where.
fn grants(role: &iam_role::spec::Spec) -> BTreeSet<(String, String)> {
    role.statement
        .iter()
        .flat_map(|s| {
            s.actions
                .iter()
                .flat_map(|a| s.resources.iter().map(|r| (a.clone(), r.clone())))
        })
        .collect()
}

fn expected(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(a, r)| ((*a).into(), (*r).into())).collect()
}

#[test]
fn the_least_role() {
    let want = Spec {
        replicate: vec![to("acme-dr")],
        ..spec()
    };
    let role = role(&want);
    let source = "arn:aws:s3:::acme-uploads";
    assert_eq!(
        grants(&role),
        expected(&[
            ("s3:GetReplicationConfiguration", source),
            ("s3:ListBucket", source),
            ("s3:GetObjectVersionForReplication", "arn:aws:s3:::acme-uploads/*"),
            ("s3:GetObjectVersionAcl", "arn:aws:s3:::acme-uploads/*"),
            ("s3:GetObjectVersionTagging", "arn:aws:s3:::acme-uploads/*"),
            ("s3:ReplicateObject", "arn:aws:s3:::acme-dr/*"),
            ("s3:ReplicateTags", "arn:aws:s3:::acme-dr/*"),
        ])
    );
    let trust = Document::new(role.trust.iter().map(|s| s.statement()));
    let said = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"Service":"s3.amazonaws.com"}}}"#;
    assert!(trust.same_meaning(&Document::parse(said).unwrap()));
    assert_eq!(contributions(&want).len(), 1);
}

#[test]
fn more_is_granted_only_for_what_is_declared() {
    let source_key = "arn:aws:kms:us-east-1:111111111111:key/s";
    let replica_key = "arn:aws:kms:us-west-2:111111111111:key/d";
    let want = Spec {
        encryption: Some(EncryptionBlock {
            kms_key: Some(arn(source_key)),
            bucket_key: None,
        }),
        replicate: vec![ReplicateBlock {
            prefix: Some("pg/".into()),
            delete_markers: Some(true),
            kms_key: Some(arn(replica_key)),
            ..to("acme-dr")
        }],
        ..spec()
    };
    let role = role(&want);
    let grants = grants(&role);
    for (action, on) in [
        (
            "s3:GetObjectVersionForReplication",
            "arn:aws:s3:::acme-uploads/pg/*",
        ),
        ("s3:ReplicateDelete", "arn:aws:s3:::acme-dr/*"),
        ("kms:Decrypt", source_key),
        ("kms:Encrypt", replica_key),
    ] {
        assert!(grants.contains(&(action.into(), on.into())), "{action}");
    }
    let through: BTreeSet<_> = role
        .statement
        .iter()
        .flat_map(|s| &s.condition)
        .flat_map(|c| c.values.clone())
        .collect();
    let regions = ["s3.us-east-1.amazonaws.com", "s3.us-west-2.amazonaws.com"];
    assert_eq!(through, regions.map(str::to_owned).into());
}

#[test]
fn another_account_has_to_allow_it() {
    let want = Spec {
        replicate: vec![ReplicateBlock {
            to: bucket("acme-dr", "222222222222", "us-west-2"),
            ..to("acme-dr")
        }],
        ..spec()
    };
    let statements: Vec<(String, Statement)> = contributions(&want)
        .into_iter()
        .filter_map(|c| match c {
            Contribution::Statement { on, statement } => Some((on.to_string(), *statement)),
            Contribution::Resource { .. } | Contribution::Contents { .. } => None,
        })
        .collect();
    let [(on, statement)] = statements.try_into().unwrap();
    assert_eq!(on, "s3_bucket.acme_dr");
    let json = serde_json::to_value(&statement).unwrap();
    assert_eq!(
        json["Action"],
        serde_json::json!([
            "s3:ObjectOwnerOverrideToBucketOwner",
            "s3:ReplicateObject",
            "s3:ReplicateTags"
        ])
    );
    assert_eq!(
        json["Principal"]["AWS"],
        "arn:aws:iam::111111111111:role/backstay/acme/backstay-acme-acme-uploads-replication"
    );
    assert_eq!(json["Resource"], "arn:aws:s3:::acme-dr/*");
}

#[test]
fn a_role_of_ones_own_derives_none() {
    let want = Spec {
        replicate: vec![ReplicateBlock {
            role: Some(arn("arn:aws:iam::111111111111:role/mine")),
            ..to("acme-dr")
        }],
        ..spec()
    };
    assert!(contributions(&want).is_empty());
}

#[test]
fn role_names_fit() {
    let want = Spec {
        name: "a".repeat(63),
        replicate: vec![to("acme-dr")],
        ..spec()
    };
    assert_eq!(role(&want).name.len(), 64);
}

#[test]
fn permissions_grow_with_the_purpose() {
    let want = Spec {
        versioning: Some(true),
        replicate: vec![to("acme-dr")],
        ..spec()
    };
    let actions = |purpose| -> BTreeSet<&'static str> {
        S3Bucket::permissions(&want, &place(), purpose)
            .iter()
            .map(|p| p.action)
            .collect()
    };
    let (plan, check, apply) = (
        actions(Purpose::Plan),
        actions(Purpose::Check),
        actions(Purpose::Apply),
    );
    assert!(plan.is_subset(&check) && plan.is_subset(&apply));
    assert!(plan.contains("s3:GetReplicationConfiguration") && !plan.contains("s3:GetBucketPolicy"));
    assert!(check.contains("s3:GetBucketPolicy"));
    let reads = |set: &BTreeSet<&str>| {
        set.iter().all(|a| {
            a.split_once(':').is_some_and(|(_, verb)| {
                ["Get", "List", "Describe"]
                    .iter()
                    .any(|read| verb.starts_with(read))
            })
        })
    };
    assert!(reads(&plan) && reads(&check));
    assert!(apply.contains("iam:PassRole") && apply.contains("s3:PutReplicationConfiguration"));
    assert!(!apply.contains("s3:PutLifecycleConfiguration"));
}
