//! Roles and backup writers.

use super::{Row, Side, hold, row, seen};
use crate::kinds::iam_role::IamRole;
use crate::kinds::writer_role::WriterRole;
use serde_json::{Value as Json, json};

fn iam(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    row::<IamRole>(path, strong, weak)
}

fn writer(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    row::<WriterRole>(path, strong, weak)
}

const ONCALL: &str = "arn:aws:iam::111111111111:role/oncall";
const ACCOUNT: &str = "arn:aws:iam::111111111111:root";

fn limit(name: &str) -> String {
    format!("arn:aws:iam::111111111111:policy/{name}")
}

fn allows(effect: &str, action: &str) -> Json {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})
}

/// A managed policy as it is seen.
fn policy(name: &str, document: Json) -> Json {
    json!({"arn": limit(name), "document": {"present": document}})
}

fn external(id: &str) -> Json {
    json!([{"test": "StringEquals", "variable": "sts:ExternalId", "values": [id]}])
}

fn trust(who: &str) -> Json {
    json!({"principals": [{"type": "AWS", "identifiers": [who]}]})
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_role_may_do() {
    let says = |statements: Json| json!({"statement": statements});
    let may = |actions: &str, resources: &str| json!({"actions": [actions], "resources": [resources]});
    let not = |actions: &str| json!({"effect": "Deny", "actions": [actions], "resources": ["*"]});
    let (get, dumps, all) = ("s3:GetObject", "arn:aws:s3:::dumps/*", "arn:aws:s3:::*");
    let attached = |policies: Json| json!({"attached": policies});
    hold(
        &json!({"name": "restore", "trust": [trust(ONCALL)], "statement": [may(get, dumps)]}),
        vec![
            // Fewer actions on less, and more of them denied.
            iam("policy", says(json!([may(get, dumps)])), says(json!([may(get, dumps), may("s3:DeleteObject", dumps)]))),
            iam("policy", says(json!([may(get, dumps)])), says(json!([may("s3:*", dumps)]))),
            iam("policy", says(json!([may(get, dumps)])), says(json!([may(get, all)]))),
            iam("policy", says(json!([may(get, dumps), not("s3:Delete*")])), says(json!([may(get, dumps)]))),
            iam("policy", says(json!([may(get, dumps)])), says(json!([may("s3:PutObject", dumps)]))).incomparable(),
            iam("managed_policies", json!({"managed_policies": []}), json!({"managed_policies": [limit("GetObject")]})),
            iam("managed_policies", json!({"managed_policies": [limit("deny-DeleteObject")]}), json!({"managed_policies": []})).incomparable(),
            iam("managed_policies", json!({"managed_policies": []}), seen(json!({}), attached(json!([policy("x", allows("Deny", "s3:*"))])))).incomparable(),
            iam("managed_policies", json!({"managed_policies": []}), seen(json!({}), attached(json!([{"arn": limit("x"), "document": null}])))).incomparable(),
            // A boundary, then none; two of them cannot be compared by their names.
            iam("boundary", json!({"boundary": limit("a")}), seen(json!({}), json!({}))),
            iam("boundary", json!({"boundary": limit("a")}), json!({"boundary": limit("b")})).incomparable(),
            // Fewer who may become it, and only with more.
            iam("trust", json!({"trust": [trust(ONCALL)]}), json!({"trust": [trust(ACCOUNT)]})),
            iam("trust", json!({"trust": [trust(ONCALL)]}), json!({"trust": [trust("*")]})),
            iam("trust", json!({"trust": [trust(ONCALL)]}), json!({"trust": [trust(ONCALL), trust("arn:aws:iam::222222222222:root")]})),
            iam("trust", json!({"trust": [super::block(&trust(ONCALL), &json!({"condition": external("x9")}))]}), json!({"trust": [trust(ONCALL)]})),
            iam("trust", json!({"trust": [trust(ONCALL)]}), json!({"trust": [trust("arn:aws:iam::111111111111:role/other")]})).incomparable(),
            iam("max_session", json!({"max_session": "1h"}), json!({"max_session": "12h"})),
            iam("description", json!({"description": "a"}), json!({"description": "b"})).equal(),
        ],
    );
}

/// What is done through a role stops with what it may do, where something does: AWS Backup, replication, or a block that
/// refers to it.
#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_role_that_is_used_may_do() {
    let says = |statements: Json| json!({"statement": statements});
    let may = |actions: &str| json!({"actions": [actions], "resources": ["*"]});
    let rows = || vec![
        iam("policy", says(json!([may("s3:GetObject"), may("backup:StartBackupJob")])), says(json!([may("s3:GetObject")]))).incomparable(),
        iam("managed_policies", json!({"managed_policies": [limit("GetObject")]}), json!({"managed_policies": []})).incomparable(),
    ];
    for service in ["backup.amazonaws.com", "s3.amazonaws.com"] {
        let acts = json!({"principals": [{"type": "Service", "identifiers": [service]}]});
        let mut all = rows();
        all.push(iam("trust", json!({"trust": [acts, trust(ONCALL)]}), json!({"trust": [trust(ONCALL)]})).incomparable());
        hold(&json!({"name": "backup", "trust": [acts], "statement": [may("s3:GetObject")]}), all);
    }
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_writer_may_do() {
    let bucket = |name: &str| {
        json!({"address": format!("s3_bucket.{name}"), "arn": format!("arn:aws:s3:::{name}"),
        "name": name, "region": "us-east-1", "account_id": "111111111111"})
    };
    let keyed = |decrypt: bool| json!({"kms_key": "arn:aws:kms:us-east-1:111111111111:key/k1", "multipart_decrypt": decrypt});
    let github = |text: &str| json!({"github": text});
    let main = "acme/app:ref:refs/heads/main";
    let provider = "arn:aws:iam::111111111111:oidc-provider/ci.example.com";
    let oidc = |audience: &str| json!({"oidc": [{"provider": provider, "audience": audience, "subject": "job:nightly"}]});
    // Any token of the provider, whoever asked for it.
    let anyone = || {
        json!({"role": {"trust": {"present": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider},
        "Condition": {"StringEquals": {"ci.example.com:aud": "backups"}}}]}}}})
    };
    let third = |over: Json| {
        super::block(
            &json!({"role_arn": "arn:aws:iam::222222222222:role/agent"}),
            &over,
        )
    };
    let trusts = |all: Json| json!({"trust": all});
    let role = |patch: Json| seen(json!({}), json!({"role": patch}));
    let inline =
        |effect: &str, action: &str| json!({"inline": {"other": {"present": allows(effect, action)}}});
    let attached = |policy: Json| json!({"attached": [policy]});
    hold(
        &json!({"@": "pgdump", "writes_to": [bucket("dumps")], "prefix": "pg/", "trust": [github(main)]}),
        vec![
            // Fewer places and keys, and nothing read.
            writer("policy", json!({}), json!({"prefix": null})),
            writer("policy", json!({}), json!({"prefix": "p"})),
            writer("boundary.policy", json!({}), json!({"prefix": null})),
            writer("policy", json!({}), json!({"writes_to": [bucket("dumps"), bucket("more")]})),
            writer("policy", json!({}), json!({"writes_to": [bucket("more")]})).incomparable(),
            writer("policy", json!({}), keyed(false)),
            writer("policy", keyed(false), keyed(true)),
            // The boundary, then none; another one says nothing of this one.
            writer("boundary", json!({}), role(json!({"boundary": null}))),
            writer("boundary", json!({}), role(json!({"boundary": policy("x", allows("Allow", "*"))}))).incomparable(),
            // Fewer who may become it, and only with more.
            writer("trust", json!({}), trusts(json!([github(main), github("acme/app:environment:prod")]))),
            writer("trust", json!({}), trusts(json!([github("acme/app:environment:prod")]))).incomparable(),
            writer("trust", trusts(json!([third(json!({"external_id": "x9x9"}))])), trusts(json!([third(json!({}))]))),
            writer("trust", trusts(json!([oidc("backups")])), seen(trusts(json!([oidc("backups")])), anyone())),
            writer("trust", trusts(json!([oidc("backups")])), trusts(json!([oidc("other")]))).incomparable(),
            // Nothing besides: what allows goes, and what denies is missed.
            writer("policies[\"other\"]", json!({}), role(inline("Allow", "s3:Get*"))),
            writer("policies[\"other\"]", json!({}), role(inline("Deny", "s3:Get*"))).incomparable(),
            writer("policies[", json!({}), role(attached(policy("x", allows("Allow", "s3:Get*"))))),
            writer("policies[", json!({}), role(attached(policy("x", allows("Deny", "s3:Get*"))))).incomparable(),
            writer("max_session", json!({"max_session": "1h"}), json!({"max_session": "12h"})),
            writer("tags", json!({"tags": {"team": "db"}}), json!({"tags": {"team": "ops"}})).equal(),
        ],
    );
}
