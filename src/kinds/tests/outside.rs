//! Resources' own policies that let somebody in who is in none of the posture's accounts.

use super::among::{beside, judged, live};
use super::world::World;
use crate::kinds::backup_vault::BackupVault;
use crate::kinds::kms_key::KmsKey;
use crate::kinds::s3_bucket::S3Bucket;
use crate::kinds::testing::place;
use crate::model::Observed;
use serde_json::{Value as Json, json};

/// Whether the change of the policy weakens. The posture spans 111111111111 and 222222222222.
fn weakens<K: World>(before: &Json, after: &Json, patch: &Json) -> bool {
    let among = beside(&Observed::Absent, &place());
    let mut have = live::<K>(before);
    let patched = have.as_object_mut().unwrap();
    patched.extend(patch.as_object().unwrap().clone());
    let said = judged::<K>(&among, Some(after), Some(&have));
    let (_, weakens, why) = said.iter().find(|(path, ..)| path == "policy").unwrap();
    assert!(!weakens || why.contains("outside of the accounts"), "{why}");
    *weakens
}

fn may(who: &str, action: &str) -> Json {
    json!({"actions": [action], "principals": [{"type": "AWS", "identifiers": [who]}]})
}

#[test]
fn a_bucket_that_lets_a_stranger_read() {
    let bucket = |who: &[&str]| {
        let statements: Vec<Json> = who.iter().map(|who| may(who, "s3:GetObject")).collect();
        json!({"name": "data", "policy": [{"statement": statements}]})
    };
    let weakens = |who| weakens::<S3Bucket>(&bucket(&["111111111111"]), &bucket(who), &json!({}));
    assert!(!weakens(&["111111111111", "222222222222"]));
    assert!(weakens(&["111111111111", "999999999999"]));
}

#[test]
fn a_vault_in_use_that_takes_in_a_strangers_copies() {
    let vault = |from: &[&str]| json!({"name": "acme", "kms_key": "arn:aws:kms:us-east-1:111111111111:key/k", "receives_from": from});
    let (one, stranger) = (vault(&["222222222222"]), vault(&["222222222222", "999999999999"]));
    let ours = vault(&["111111111111", "222222222222"]);
    let (used, empty) = (json!({"points": 1}), json!({"points": 0}));
    assert!(weakens::<BackupVault>(&one, &stranger, &used));
    assert!(!weakens::<BackupVault>(&one, &ours, &used));
    // As long as it holds nothing, it is as new.
    assert!(!weakens::<BackupVault>(&one, &stranger, &empty));
}

#[test]
fn a_key_that_a_stranger_looks_at() {
    let key = |who: &str| {
        json!({"name": "acme", "administrators": ["arn:aws:iam::111111111111:role/admin"],
            "statement": [may("111111111111", "kms:DescribeKey"), may(who, "kms:DescribeKey")]})
    };
    let weakens = |who| weakens::<KmsKey>(&key("111111111111"), &key(who), &json!({}));
    assert!(!weakens("arn:aws:iam::222222222222:root"));
    assert!(weakens("arn:aws:iam::999999999999:root"));
}
