//! Vaults and backup plans.

use super::{Row, Side, hold, row, seen};
use crate::kinds::backup_plan::BackupPlan;
use crate::kinds::backup_vault::BackupVault;
use serde_json::{Value as Json, json};

fn vault(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    row::<BackupVault>(path, strong, weak)
}

fn plan(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    row::<BackupPlan>(path, strong, weak)
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_vault_keeps() {
    let lock = |over: Json| {
        let mut one = json!({"mode": "governance", "min": "14d", "max": "90d"});
        super::merge(&mut one, &over);
        one.as_object_mut().unwrap().retain(|_, v| !v.is_null());
        json!({"lock": [one]})
    };
    let compliance = |over: Json| {
        let mut one = json!({"mode": "compliance", "grace": "7d"});
        super::merge(&mut one, &over);
        lock(one)
    };
    hold(
        &json!({"name": "acme"}),
        vec![
            // Compliance, then governance, then none. What is final says so.
            vault("lock.mode", compliance(json!({})), seen(lock(json!({})), json!({}))).up_is_final(),
            vault("lock.mode", lock(json!({"max": null})), seen(json!({}), json!({}))),
            vault("lock.mode", compliance(json!({"max": null})), seen(json!({}), json!({}))).up_is_final(),
            // Kept for longer at least.
            vault("lock.min", lock(json!({})), lock(json!({"min": "7d"}))),
            vault("lock.min", lock(json!({})), lock(json!({"min": null}))),
            vault("lock.min", compliance(json!({})), compliance(json!({"min": "7d"}))).up_is_final(),
            // A lower maximum makes jobs fail that keep for longer; a higher one takes nothing away.
            vault("lock.max", lock(json!({"max": "365d"})), lock(json!({}))).harmless_up(),
            vault("lock.max", lock(json!({"max": null})), lock(json!({}))).harmless_up(),
            // The mode rises while the least days fall.
            vault("lock", compliance(json!({"min": "7d"})), seen(lock(json!({})), json!({}))).incomparable().up_is_final(),
        ],
    );
}

#[test]
#[rustfmt::skip] // A row is a line.
fn who_reaches_a_vault() {
    let guard = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    let denies = |guardians: Json| json!({"deny_delete": true, "guardians": guardians});
    let says = |statements: Json| json!({"deny_delete": true, "policy": [{"statement": statements}]});
    let may = |action: &str| json!({"actions": [action], "principals": [{"type": "AWS", "identifiers": [guard("one")]}]});
    hold(
        &json!({"name": "acme", "kms_key": "arn:aws:kms:us-east-1:111111111111:key/k", "receives_from": ["222222222222"]}),
        vec![
            vault("policy", json!({"deny_delete": true}), json!({"deny_delete": false})),
            vault("policy", denies(json!([guard("a")])), denies(json!([guard("a"), guard("b")]))),
            vault("policy", denies(json!([guard("a")])), denies(json!([guard("b")]))).incomparable(),
            vault("policy", says(json!([])), says(json!([may("backup:DeleteRecoveryPoint")]))),
            vault("policy", says(json!([])), says(json!([may("backup:*")]))).incomparable(),
            vault("policy", says(json!([])), says(json!([may("backup:PutBackupVaultLockConfiguration")]))),
            vault("policy", says(json!([])), says(json!([may("backup:CreateRestoreAccessBackupVault")]))),
            vault("policy", says(json!([])), says(json!([may("backup:UntagResource")]))),
            vault("policy", says(json!([])), says(json!([{"actions": ["backup:StartRestoreJob"], "principals": [{"type": "*", "identifiers": ["*"]}]}]))),
            // Whoever may only copy into it takes nothing away; without it, their copies stop.
            vault("policy", json!({"receives_from": ["222222222222", "333333333333"]}), json!({})).harmless_up(),
            vault("policy", json!({}), json!({"receives_from": ["o-abcdefghij"]})).incomparable(),
        ],
    );
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_plan_makes() {
    let home = |name: &str| format!("arn:aws:backup:us-east-1:111111111111:backup-vault:{name}");
    let away = |name: &str| format!("arn:aws:backup:us-west-2:222222222222:backup-vault:{name}");
    let rule = |over: Json| {
        super::block(
            &json!({"@": "daily", "vault": home("main"),
        "schedule": "cron(0 3 ? * * *)", "delete_after": "30d"}),
            &over,
        )
    };
    let rules = |over: Json| json!({"rule": [rule(over)]});
    let copy =
        |name: &str, delete: Json| super::block(&json!({"to": away(name)}), &json!({"delete_after": delete}));
    let copies = |all: Json| rules(json!({"copy": all}));
    hold(
        &json!({"name": "daily", "rule": [rule(json!({}))]}),
        vec![
            // More often.
            plan("rule[\"daily\"].schedule", rules(json!({"schedule": "cron(0 * ? * * *)"})), rules(json!({}))),
            plan("rule[\"daily\"].schedule", rules(json!({})), rules(json!({"schedule": "cron(0 3 ? * MON *)"}))),
            plan("rule[\"daily\"].schedule", rules(json!({})), rules(json!({"schedule": "cron(0 4 ? * * *)"}))).incomparable(),
            plan("rule[\"daily\"].schedule", rules(json!({"schedule": "cron(0 3,9,15 ? * * *)"})), rules(json!({"schedule": "cron(0 3,15 ? * * *)"}))),
            plan("rule[\"daily\"].schedule", rules(json!({})), rules(json!({"schedule": "cron(0 3 * * ? *)"}))).equal(),
            plan("rule[\"daily\"].timezone", rules(json!({})), rules(json!({"timezone": "Europe/Zurich"}))).incomparable(),
            plan("rule[\"daily\"].timezone", rules(json!({})), rules(json!({"timezone": "UTC"}))).equal(),
            // A short window gives jobs up, a long one lets what is there age.
            plan("rule[\"daily\"].start_window", rules(json!({})), rules(json!({"start_window": "1h"}))).incomparable(),
            plan("rule[\"daily\"].completion_window", rules(json!({})), rules(json!({"completion_window": "1d"}))).incomparable(),
            // For ever, then for longer, then for less long.
            plan("rule[\"daily\"].delete_after", rules(json!({"delete_after": null})), rules(json!({}))),
            plan("rule[\"daily\"].delete_after", rules(json!({})), rules(json!({"delete_after": "7d"}))),
            plan("rule[\"daily\"].continuous", rules(json!({"continuous": true})), rules(json!({"continuous": false}))),
            plan("rule[\"daily\"].cold_after", rules(json!({"delete_after": "365d", "cold_after": "30d"})), rules(json!({"delete_after": "365d", "cold_after": "60d"}))).equal(),
            // Another vault may be locked less.
            plan("rule[\"daily\"].vault", rules(json!({})), rules(json!({"vault": home("other")}))).incomparable(),
            // More copies, for longer.
            plan("rule[\"daily\"].copy", copies(json!([copy("a", "90d".into())])), copies(json!([]))),
            plan("rule[\"daily\"].copy", copies(json!([copy("a", "90d".into()), copy("b", "90d".into())])), copies(json!([copy("a", "90d".into())]))),
            plan("rule[\"daily\"].copy", copies(json!([copy("a", "90d".into())])), copies(json!([copy("a", "30d".into())]))),
            plan("rule[\"daily\"].copy", copies(json!([copy("a", Json::Null)])), copies(json!([copy("a", "30d".into())]))),
            plan("rule[\"daily\"].copy", copies(json!([copy("a", "90d".into())])), copies(json!([copy("b", "90d".into())]))).incomparable(),
            // More rules.
            plan("rule[\"weekly\"]", json!({"rule": [rule(json!({})), rule(json!({"@": "weekly"}))]}), rules(json!({}))),
            plan("windows_vss", json!({"windows_vss": true}), json!({"windows_vss": false})),
            // One up and one down is down.
            plan("rule[\"daily\"]", rules(json!({"schedule": "cron(0 * ? * * *)", "delete_after": "7d"})), rules(json!({}))).incomparable(),
        ],
    );
}

#[test]
#[rustfmt::skip] // A row is a line.
fn what_a_plan_covers() {
    let db = |name: &str| format!("arn:aws:rds:us-east-1:111111111111:db:{name}");
    let selection = |over: Json| {
        super::block(
            &json!({"@": "all", "role": "arn:aws:iam::111111111111:role/backup"}),
            &over,
        )
    };
    let selects = |over: Json| json!({"selection": [selection(over)]});
    let tag = |value: &str| json!({"key": "tier", "value": value});
    let condition = || json!([{"test": "StringEquals", "key": "tier", "value": "gold"}]);
    let one = || selects(json!({"resources": [db("a")]}));
    // The same selection twice: one as it is declared, and two that differ.
    let seen_as = |name: &str, resources: Json| {
        json!({"name": name, "role": "arn:aws:iam::111111111111:role/backup",
        "resources": resources, "not_resources": [], "tags": [], "conditions": []})
    };
    let twins = json!({"selections": {"present": {"s0": seen_as("all", json!([])), "s1": seen_as("all", json!([db("a"), db("b")]))}}});
    hold(
        &json!({"name": "daily", "rule": [{"@": "daily", "vault": "arn:aws:backup:us-east-1:111111111111:backup-vault:main",
            "schedule": "cron(0 3 ? * * *)"}]}),
        vec![
            plan("selection[\"all\"]", selects(json!({"resources": [db("a"), db("b")]})), one()),
            plan("selection[\"all\"]", selects(json!({"resources": ["*"]})), one()),
            plan("selection[\"all\"]", selects(json!({"resources": ["arn:aws:rds:*:*:db:*"]})), one()),
            plan("selection[\"all\"]", one(), selects(json!({"resources": [db("b")]}))).incomparable(),
            plan("selection[\"all\"]", selects(json!({"resources": ["*"]})), selects(json!({"resources": ["*"], "not_resources": [db("b")]}))),
            plan("selection[\"all\"]", selects(json!({"resources": [db("a")], "tag": [tag("gold")]})), one()),
            plan("selection[\"all\"]", one(), selects(json!({"resources": [db("a")], "condition": condition()}))),
            plan("selection[\"more\"]", json!({"selection": [selection(json!({"resources": [db("a")]})), selection(json!({"@": "more", "resources": [db("b")]}))]}), one()),
            plan("selection[\"all\"]", one(), json!({"selection": []})),
            // Another role may not be allowed to read what is selected.
            plan("selection[\"all\"]", one(), selects(json!({"resources": [db("a")], "role": "arn:aws:iam::111111111111:role/other"}))).incomparable(),
            // Of several of one name, each that covers more is missed.
            plan("selection[\"all\"]", seen(json!({}), twins), one()),
        ],
    );
}
