//! Keys.

use super::{Row, Side, hold, row, seen};
use crate::kinds::kms_key::KmsKey;
use serde_json::{Value as Json, json};

fn kms(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    row::<KmsKey>(path, strong, weak)
}

#[test]
#[rustfmt::skip] // A row is a line.
fn whether_a_key_is_there() {
    let rotates = |days: &str| json!({"rotation": days});
    let replica = || json!({"replica": [{"region": "us-west-2"}]});
    let state = |state: &str| json!({"state": state});
    let replica_state = |state: &str| json!({"replicas": {"us-west-2": {"state": {"present": state}}}});
    hold(
        &json!({"name": "acme"}),
        vec![
            // Enabled, then disabled, then on its way out.
            kms("enabled", json!({}), seen(json!({}), state("disabled"))),
            kms("enabled", json!({}), seen(json!({}), state("pending_deletion"))),
            kms("replica[\"us-west-2\"].enabled", replica(), seen(replica(), replica_state("disabled"))),
            kms("replica[\"us-west-2\"].enabled", replica(), seen(replica(), replica_state("pending_deletion"))),
            kms("replica[\"us-west-2\"].region", replica(), seen(json!({"multi_region": true}), json!({}))),
            // Often, then less often, then never.
            kms("rotation", rotates("90d"), rotates("365d")),
            kms("rotation", rotates("365d"), seen(json!({}), json!({}))),
            kms("description", json!({"description": "a"}), json!({"description": "b"})).equal(),
        ],
    );
}

#[test]
#[rustfmt::skip] // A row is a line.
fn who_reaches_a_key() {
    let role = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    let outside = "arn:aws:iam::222222222222:root";
    let users = |users: Json| json!({"administrators": [role("admin")], "users": users});
    let statement = |over: Json| {
        let mut one = json!({"principals": [{"type": "AWS", "identifiers": [outside]}]});
        super::merge(&mut one, &over);
        json!({"administrators": [role("admin")], "users": [role("backup")], "statement": [one]})
    };
    let only_here = json!([{"test": "StringEquals", "variable": "kms:ViaService", "values": ["s3.us-east-1.amazonaws.com"]}]);
    let open = || {
        json!({"policy": {"present": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}]}}})
    };
    hold(
        &json!({"name": "acme"}),
        vec![
            // Fewer who may use it are fewer who can read; what they encrypt and decrypt for copies stops too.
            kms("policy", users(json!([role("backup")])), users(json!([role("backup"), role("other")]))).incomparable(),
            kms("policy", users(json!([role("backup")])), users(json!([role("backup"), outside]))).incomparable(),
            kms("policy", users(json!([role("backup")])), users(json!([role("other")]))).incomparable(),
            kms("policy", json!({"administrators": [role("admin")]}), users(json!([role("backup")]))).incomparable(),
            kms("policy", json!({"administrators": [role("admin")], "delegate_to_iam": false}), json!({"administrators": [role("admin")], "delegate_to_iam": true})).incomparable(),
            // What the account's policies could give, a role now has whatever they say.
            kms("policy", users(json!([role("backup")])), seen(json!({}), open())).incomparable(),
            kms("policy", json!({"administrators": [role("admin")]}), seen(json!({}), open())).incomparable(),
            kms("policy", users(json!([role("backup")])), statement(json!({"actions": ["kms:CreateGrant"]}))).incomparable(),
            kms("policy", users(json!([role("backup")])), statement(json!({"actions": ["kms:ScheduleKeyDeletion"]}))),
            kms("policy", users(json!([role("backup")])), statement(json!({"actions": ["kms:ReplicateKey"]}))),
            kms("policy", users(json!([role("backup")])), statement(json!({"actions": ["kms:DescribeKey"]}))).harmless(),
            kms("policy", statement(json!({"actions": ["kms:Decrypt"], "condition": only_here})), statement(json!({"actions": ["kms:Decrypt"]}))).incomparable(),
            kms("policy", statement(json!({"effect": "Deny", "actions": ["kms:*"]})), users(json!([role("backup")]))),
        ],
    );
}
