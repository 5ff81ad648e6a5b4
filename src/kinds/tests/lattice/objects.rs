//! Buckets.

use super::{Row, hold, row, seen};
use crate::kinds::s3_bucket::S3Bucket;
use serde_json::{Value as Json, json};

fn s3(path: &'static str, strong: impl Into<super::Side>, weak: impl Into<super::Side>) -> Row {
    row::<S3Bucket>(path, strong, weak)
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_bucket_keeps() {
    let lock = |mode: &str, days: &str| json!({"object_lock": [{"mode": mode, "retention": days}]});
    let able = || json!({"object_lock": [{}]});
    let suspended = || json!({"versioning": {"present": {"state": "suspended", "mfa_delete": false}}});
    hold(
        &json!({"name": "acme-uploads"}),
        vec![
            // Enabled, then suspended, then never.
            s3("versioning", json!({"versioning": true}), json!({"versioning": false})),
            s3("versioning", json!({"versioning": true}), seen(json!({}), suspended())),
            // Compliance, then governance, then the ability alone, then none.
            s3("object_lock.retention", lock("compliance", "30d"), lock("compliance", "7d")).up_is_final(),
            s3("object_lock.mode", lock("compliance", "30d"), lock("governance", "30d")).up_is_final(),
            s3("object_lock.retention", lock("governance", "30d"), lock("governance", "7d")),
            s3("object_lock.mode", lock("governance", "30d"), seen(able(), json!({}))),
            s3("object_lock", able(), seen(json!({"versioning": true}), json!({}))).up_is_final(),
            // The mode falls while the days rise.
            s3("object_lock", lock("compliance", "7d"), lock("governance", "30d")).incomparable().up_is_final(),
        ],
    );
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_bucket_deletes_and_moves() {
    let replaced = |over: Json| json!({"noncurrent": [over]});
    let current = |over: Json| json!({"expire": [over]});
    let dumps = |after: &str| current(json!({"@": "dumps", "prefix": "pg/", "after": after}));
    let moved = |after: &str, to: &str| json!({"archive_after": after, "to": to, "expire_after": "300d"});
    let aged = |after: &str, to: &str| current(json!({"@": "dumps", "prefix": "pg/", "after": "300d", "archive_after": after, "to": to}));
    // The rule of ours, narrowed by somebody to objects with a tag, or to large ones.
    let narrowed = |tags: Json, larger: Json| {
        let rule = json!({"id": "backstay-expire-dumps", "enabled": true,
            "filter": {"prefix": "pg/", "tags": tags, "larger_than": larger, "smaller_than": null},
            "effects": [{"expire": {"days": 30}}]});
        json!({"lifecycle": {"present": {"rules": [rule], "minimum_object_size": null}}})
    };
    let disabled = |effects: Json| {
        let rule = json!({"id": "backstay-expire-dumps", "enabled": false,
            "filter": {"prefix": "pg/", "tags": {}, "larger_than": null, "smaller_than": null},
            "effects": effects});
        json!({"lifecycle": {"present": {"rules": [rule], "minimum_object_size": null}}})
    };
    hold(
        &json!({"name": "acme-uploads", "versioning": true, "abort_multipart_after": "7d"}),
        vec![
            // Versions that were replaced: never, then later, then sooner; more of them, then fewer.
            s3("noncurrent", json!({}), replaced(json!({"expire_after": "90d"}))),
            s3("noncurrent.expire_after", replaced(json!({"expire_after": "90d"})), replaced(json!({"expire_after": "30d"}))),
            s3("noncurrent.expire_after", replaced(json!({"archive_after": "30d", "to": "glacier_ir"})), replaced(json!({"archive_after": "30d", "to": "glacier_ir", "expire_after": "300d"}))),
            s3("noncurrent.expire_after", replaced(json!({"archive_after": "30d", "to": "glacier_ir"})), replaced(json!({"archive_after": "30d", "to": "glacier_ir", "expire_after": "300d", "keep": 5}))),
            s3("noncurrent.keep", replaced(json!({"expire_after": "30d", "keep": 5})), replaced(json!({"expire_after": "30d", "keep": 2}))),
            s3("noncurrent.keep", replaced(json!({"expire_after": "30d", "keep": 2})), replaced(json!({"expire_after": "30d"}))),
            s3("noncurrent.prefix", replaced(json!({"expire_after": "30d", "prefix": "logs/"})), replaced(json!({"expire_after": "30d"}))),
            s3("noncurrent", replaced(json!({"expire_after": "90d"})), replaced(json!({"expire_after": "30d", "keep": 3}))).incomparable(),
            // Current objects.
            s3("expire[\"dumps\"]", json!({}), dumps("30d")),
            s3("expire[\"dumps\"].after", dumps("90d"), dumps("30d")),
            s3("expire[\"dumps\"].prefix", dumps("30d"), current(json!({"@": "dumps", "after": "30d"}))),
            s3("expire[\"dumps\"].prefix", dumps("30d"), current(json!({"@": "dumps", "prefix": "logs/", "after": "30d"}))).incomparable(),
            s3("expire[\"dumps\"]", seen(dumps("30d"), narrowed(json!({"temporary": "yes"}), Json::Null)), dumps("30d")),
            s3("expire[\"dumps\"]", seen(dumps("30d"), narrowed(json!({}), json!(1000))), dumps("30d")),
            s3("expire[\"dumps\"]", seen(dumps("30d"), disabled(json!([{"expire": {"days": 30}}]))), dumps("30d")),
            // Where to: a class of one zone is lost with it, and others cost time and not data.
            s3("noncurrent.to", replaced(moved("30d", "standard_ia")), replaced(moved("30d", "onezone_ia"))),
            s3("noncurrent.archive_after", replaced(moved("60d", "onezone_ia")), replaced(moved("30d", "onezone_ia"))),
            s3("expire[\"dumps\"].archive_after", aged("200d", "onezone_ia"), aged("30d", "onezone_ia")),
            s3("expire[\"dumps\"].archive_after", aged("200d", "glacier_ir"), aged("30d", "glacier_ir")).equal(),
            s3("noncurrent.prefix", replaced(json!({"archive_after": "30d", "to": "onezone_ia", "prefix": "a/"})), replaced(json!({"archive_after": "30d", "to": "onezone_ia"}))),
            s3("noncurrent.prefix", replaced(json!({"archive_after": "30d", "to": "glacier_ir", "prefix": "a/"})), replaced(json!({"archive_after": "30d", "to": "glacier_ir"}))).equal(),
            s3("noncurrent.to", replaced(moved("30d", "glacier_ir")), replaced(moved("30d", "deep_archive"))).equal(),
            s3("noncurrent.archive_after", replaced(moved("60d", "glacier_ir")), replaced(moved("30d", "glacier_ir"))).equal(),
            s3("abort_multipart_after", json!({"abort_multipart_after": "7d"}), json!({"abort_multipart_after": "1d"})).equal(),
        ],
    );
}

fn dr() -> Json {
    json!({"address": "s3_bucket.dr", "arn": "arn:aws:s3:::acme-dr", "name": "acme-dr", "region": "us-west-2"})
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_bucket_copies() {
    let away = || {
        json!({"address": "s3_bucket.away", "arn": "arn:aws:s3:::acme-away", "name": "acme-away",
        "region": "us-west-2", "account_id": "222222222222"})
    };
    let key = "arn:aws:kms:us-west-2:111111111111:key/k";
    let strange = "arn:aws:kms:us-west-2:999999999999:key/k";
    let other = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    let outside = |over: Json| {
        let mut one = json!({"to": "arn:aws:s3:::acme-outside"});
        super::merge(&mut one, &over);
        json!({"replicate": [one]})
    };
    let copied = |over: Json| {
        let mut one = json!({"to": dr()});
        super::merge(&mut one, &over);
        json!({"replicate": [one]})
    };
    let rule = |over: Json| {
        let mut rule = json!({"id": "backstay-acme-dr", "priority": 1, "enabled": true, "prefix": "", "tags": {},
            "delete_markers": false, "kms_objects": false, "replica_modifications": false,
            "destination": {"bucket": "arn:aws:s3:::acme-dr", "account": null, "storage_class": null,
                "owner_override": false, "replica_key": null, "within_minutes": null, "metrics": false}});
        super::merge(&mut rule, &over);
        let role = "arn:aws:iam::111111111111:role/backstay/acme/replication";
        seen(
            copied(json!({})),
            json!({"replication": {"present": {"role": role, "rules": [rule]}}}),
        )
    };
    let both = || json!({"replicate": [{"to": dr()}, {"to": away()}]});
    hold(
        &json!({"name": "acme-uploads", "versioning": true}),
        vec![
            // Every key, then some keys, then none.
            s3("replicate", copied(json!({})), copied(json!({"prefix": "pg/"}))),
            s3("replicate", copied(json!({"prefix": "pg/"})), copied(json!({"prefix": "pg/a/"}))),
            s3("replicate.to", copied(json!({})), rule(json!({"tags": {"tier": "gold"}}))),
            s3("replicate.enabled", copied(json!({})), rule(json!({"enabled": false}))),
            s3("replicate", both(), copied(json!({}))),
            s3("replicate", copied(json!({})), seen(json!({}), json!({}))),
            // A rule under our name that was made to do something else.
            s3("replicate.to", rule(json!({"destination": {"bucket": "arn:aws:s3:::acme-else"}})), copied(json!({}))),
            s3("replicate.to", rule(json!({"prefix": ""})), copied(json!({"prefix": "pg/"}))),
            s3("replicate.to", rule(json!({"id": "backstay-acme-dr-aac57a29", "prefix": ""})), copied(json!({"prefix": "pg/"}))),
            s3("replicate[", rule(json!({"id": "backstay-acme-dr-x", "prefix": ""})), copied(json!({"prefix": "pg/"}))),
            // One that wins over another, and copies less of what both are about.
            s3("replicate", json!({"replicate": [{"to": dr(), "kms_key": key}]}), json!({"replicate": [{"to": dr(), "prefix": "pg/"}, {"to": dr(), "kms_key": key}]})).harmless_up(),
            s3("replicate", json!({"replicate": [{"to": dr(), "kms_key": key}, {"to": dr(), "prefix": "pg/"}]}), json!({"replicate": [{"to": dr(), "prefix": "pg/"}, {"to": dr(), "kms_key": key}]})).harmless_up(),
            // How.
            s3("replicate.within", copied(json!({"within": "15m"})), copied(json!({}))),
            s3("replicate.delete_markers", copied(json!({"delete_markers": false})), copied(json!({"delete_markers": true}))),
            s3("replicate.kms_key", copied(json!({"kms_key": key})), copied(json!({}))),
            s3("replicate.storage_class", copied(json!({"storage_class": "standard_ia"})), copied(json!({"storage_class": "onezone_ia"}))),
            s3("replicate.storage_class", copied(json!({"storage_class": "standard_ia"})), copied(json!({"storage_class": "glacier_ir"}))).equal(),
            s3("replicate.owner_override", copied(json!({"to": away(), "owner_override": true})), copied(json!({"to": away(), "owner_override": false}))),
            // Whether the other role, key or account will do cannot be told.
            s3("replicate.role", copied(json!({"role": other("one")})), copied(json!({"role": other("two")}))).incomparable(),
            s3("replicate.role", copied(json!({"role": other("one")})), rule(json!({}))).incomparable(),
            s3("replicate.kms_key", copied(json!({"kms_key": key})), copied(json!({"kms_key": strange}))).incomparable(),
            s3("replicate.kms_key", copied(json!({"kms_key": strange})), copied(json!({}))).incomparable(),
            s3("replicate[", copied(json!({"kms_key": key, "prefix": "pg/"})), copied(json!({"kms_key": strange}))).incomparable(),
            s3("replicate.account", outside(json!({"account": "222222222222"})), outside(json!({"account": "999999999999"}))).incomparable(),
            s3("replicate.owner_override", outside(json!({"account": "999999999999"})), outside(json!({"account": "999999999999", "owner_override": false}))).incomparable(),
            // Of the derived role backstay writes the policy itself.
            s3("replicate.role", copied(json!({})), rule(json!({}))).equal(),
            // Another account or region is another bucket: history does not move with it.
            s3("replicate", copied(json!({"to": away()})), copied(json!({}))).incomparable(),
            // Wider in keys and slower, or with deletions: part of what was promised is taken away.
            s3("replicate", copied(json!({"prefix": "pg/", "within": "15m"})), copied(json!({}))).incomparable(),
            s3("replicate", copied(json!({"prefix": "pg/"})), copied(json!({"delete_markers": true}))).incomparable(),
        ],
    );
}

#[test]
#[rustfmt::skip] // A row is a line.
fn who_reaches_a_bucket() {
    let policy = |statements: Json| json!({"policy": [{"statement": statements}]});
    let allow = |who: &str, actions: &str| json!({"actions": [actions], "principals": [{"type": "AWS", "identifiers": [who]}]});
    let deny = |actions: &str| json!({"effect": "Deny", "actions": [actions], "principals": [{"type": "*", "identifiers": ["*"]}]});
    let when = |mut statement: Json, test: &str, variable: &str, value: &str| {
        statement["condition"] = json!([{"test": test, "variable": variable, "values": [value]}]);
        statement
    };
    let (one, account) = ("arn:aws:iam::111111111111:role/one", "222222222222");
    let kept = || deny("s3:DeleteBucket");
    let blocks = |open: &str| {
        let mut all = json!({"block_public_acls": true, "ignore_public_acls": true,
            "block_public_policy": true, "restrict_public_buckets": true});
        all[open] = false.into();
        seen(json!({}), json!({"public_access": {"present": all}}))
    };
    let owned = |by: &str| json!({"ownership": by});
    let (here, there) = (
        "arn:aws:kms:us-east-1:111111111111:key/k",
        "arn:aws:kms:us-east-1:222222222222:key/k",
    );
    let key = |key: &str| json!({"encryption": [{"kms_key": key}]});
    let vaulted = || {
        json!({"encryption": [{"kms_key": {"address": "kms_key.vault", "arn": there, "name": "k",
            "region": "us-east-1", "account_id": "222222222222"}}]})
    };
    let plain = || json!({"encryption": [{}]});
    hold(
        &json!({"name": "acme-uploads"}),
        vec![
            // Fewer grants of what can end in loss, and more refusals.
            s3("policy", policy(json!([kept()])), policy(json!([kept(), allow(one, "s3:DeleteObjectVersion")]))),
            s3("policy", policy(json!([allow(one, "s3:DeleteObjectVersion")])), policy(json!([allow(account, "s3:DeleteObjectVersion")]))).incomparable(),
            s3("policy", policy(json!([allow(one, "s3:DeleteObject")])), policy(json!([allow(one, "s3:Delete*")]))),
            s3("policy", policy(json!([allow(one, "s3:GetObject")])), policy(json!([allow(one, "s3:*")]))).incomparable(),
            s3("policy", policy(json!([kept()])), policy(json!([kept(), allow(one, "s3:PutObject")]))),
            s3("policy", policy(json!([kept()])), policy(json!([kept(), allow(one, "s3:PutBucketTagging")]))),
            s3("policy", policy(json!([kept()])), policy(json!([kept(), allow(one, "s3:ReplicateDelete")]))),
            s3("policy", policy(json!([kept()])), policy(json!([kept(), allow("*", "s3:GetObject")]))),
            s3("policy", policy(json!([kept(), allow(one, "s3:ReplicateObject")])), policy(json!([kept()]))).incomparable(),
            // One grant in place of another is neither more nor less.
            s3("policy", policy(json!([allow(one, "s3:GetObject")])), policy(json!([allow(one, "s3:ListBucket")]))).incomparable(),
            s3("policy", policy(json!([allow("222222222222", "s3:GetObject")])), policy(json!([allow("*", "s3:PutObject")]))).incomparable(),
            s3("policy", policy(json!([when(allow(one, "s3:DeleteObject"), "StringEquals", "aws:PrincipalOrgID", "o-1")])), policy(json!([allow(one, "s3:DeleteObject")]))),
            s3("policy", policy(json!([kept(), deny("s3:DeleteObject")])), policy(json!([kept()]))),
            s3("policy", policy(json!([deny("s3:Delete*")])), policy(json!([deny("s3:DeleteObject")]))),
            s3("policy", policy(json!([deny("s3:Delete*")])), policy(json!([deny("s3:Delete?*")]))),
            s3("policy", policy(json!([deny("s3:DeleteObject*")])), policy(json!([deny("s3:DeleteObject?*")]))),
            s3("policy", policy(json!([deny("s3:Delete*")])), policy(json!([when(deny("s3:Delete*"), "ArnNotEquals", "aws:PrincipalArn", one)]))),
            // Whoever may only read takes nothing away.
            s3("policy", policy(json!([kept()])), policy(json!([kept(), allow(one, "s3:GetObject")]))).harmless(),
            // Each of the four blocks.
            s3("public_access", json!({"public_access": false}), json!({"public_access": true})),
            s3("public_access", json!({"public_access": false}), blocks("block_public_acls")),
            s3("public_access", json!({"public_access": false}), blocks("ignore_public_acls")),
            s3("public_access", json!({"public_access": false}), blocks("block_public_policy")),
            s3("public_access", json!({"public_access": false}), blocks("restrict_public_buckets")),
            s3("ownership", owned("bucket_owner_enforced"), owned("bucket_owner_preferred")),
            s3("ownership", owned("bucket_owner_preferred"), owned("object_writer")),
            // A key elsewhere isolates; one of the same account can also be deleted there.
            s3("encryption.kms_key", vaulted(), plain()),
            s3("encryption.kms_key", vaulted(), key(here)),
            // A key elsewhere that no block is may be a stranger's.
            s3("encryption.kms_key", key(there), plain()).incomparable(),
            s3("encryption.kms_key", key(there), key(here)).incomparable(),
            s3("encryption.kms_key", key(there), key("arn:aws:kms:us-east-1:999999999999:key/k")).incomparable(),
            s3("encryption.kms_key", key(here), plain()).incomparable(),
        ],
    );
}
