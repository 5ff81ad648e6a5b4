mod properties;
mod world;

use super::BackupPlan;
use super::live::{LivePlan, Rule, Selection};
use super::spec::Spec;
use super::write::Op;
use crate::kinds::Kind;
use crate::kinds::testing::{Written, place};
use crate::model::Observed;
use crate::model::change::{Action, Direction, Stage};
use crate::model::fact::Facts;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const VAULT: &str = "arn:aws:backup:us-east-1:111111111111:backup-vault:main";
const AWAY: &str = "arn:aws:backup:us-west-2:222222222222:backup-vault:away";
const ROLE: &str = "arn:aws:iam::111111111111:role/backup";
const DB: &str = "arn:aws:rds:us-east-1:111111111111:db:app";

fn copy(delete: &str) -> Written {
    Written::new().set("to", AWAY).set("delete_after", delete)
}

fn rule() -> Written {
    Written::new()
        .set("vault", VAULT)
        .set("schedule", "cron(0 3 ? * * *)")
        .set("delete_after", "35d")
}

fn selection(resources: Json) -> Written {
    Written::new().set("role", ROLE).set("resources", resources)
}

fn plan(rule: Written, selection: Written) -> Written {
    Written::new()
        .set("name", "daily")
        .nest("rule", rule)
        .nest("selection", selection)
}

fn wanted() -> Spec {
    plan(rule().nest("copy", copy("90d")), selection(json!([DB]))).spec::<BackupPlan>()
}

fn live(spoil: impl FnOnce(&mut LivePlan)) -> LivePlan {
    let spec = wanted();
    let chosen = Selection::wanted(&spec.selection[0]);
    let mut live = LivePlan {
        name: "daily".into(),
        id: "id".into(),
        arn: "arn:aws:backup:us-east-1:111111111111:backup-plan:id"
            .parse()
            .unwrap(),
        rules: spec.rule.iter().map(Rule::wanted).collect(),
        selections: Observed::Present(BTreeMap::from([("s1".to_owned(), chosen)])),
        windows_vss: false,
        tags: Observed::Present(BTreeMap::from([("backstay:project".into(), "acme".into())])),
        opted_in: None,
    };
    spoil(&mut live);
    live
}

#[test]
fn a_plan_that_is_as_declared_has_nothing_to_do() {
    let diff = BackupPlan::diff(&wanted(), Some(&live(|_| {})), &place());
    assert_eq!(diff.action, Action::NoOp);
    assert!(diff.changes.is_empty());
}

#[test]
fn a_new_plan_has_its_rules_before_its_selections() {
    let diff = BackupPlan::diff(&wanted(), None, &place());
    assert_eq!(diff.action, Action::Create);
    let stages: Vec<_> = diff.changes.iter().map(|c| c.stage).collect();
    assert_eq!(stages, [Stage::Protect, Stage::Replicate]);
}

#[test]
fn changes_of_a_rule_are_judged() {
    let strong = Direction::Strengthens;
    let weak = Direction::Weakens;
    type Spoil = fn(&mut Rule);
    let table: [(Spoil, &str, Direction); 8] = [
        (|r| r.life.delete_after = Some(7), "delete_after", strong),
        (|r| r.life.delete_after = None, "delete_after", weak),
        (|r| r.schedule = "cron(0 3 ? * MON *)".into(), "schedule", strong),
        (|r| r.schedule = "cron(0 * ? * * *)".into(), "schedule", weak),
        (|r| r.vault = "other".into(), "vault", weak),
        (|r| r.continuous = true, "continuous", weak),
        (|r| r.copies.clear(), "copy[", strong),
        (
            |r| r.copies.values_mut().for_each(|l| l.delete_after = Some(365)),
            "copy[",
            weak,
        ),
    ];
    for (n, (spoil, path, direction)) in table.into_iter().enumerate() {
        let diff = BackupPlan::diff(&wanted(), Some(&live(|l| spoil(&mut l.rules[0]))), &place());
        let change = &diff.changes[0].attributes[0];
        assert!(change.path.contains(path), "{n}: {}", change.path);
        assert_eq!(change.direction, direction, "{n}");
    }
    let more = live(|l| {
        let mut rule = l.rules[0].clone();
        rule.name = "hourly".into();
        l.rules.push(rule);
    });
    let diff = BackupPlan::diff(&wanted(), Some(&more), &place());
    assert_eq!(diff.changes[0].attributes[0].direction, weak);
}

#[test]
fn a_selection_is_made_anew_before_the_old_one_goes() {
    let change = |spoil: fn(&mut Selection)| {
        let have = live(|l| {
            if let Observed::Present(all) = &mut l.selections {
                all.values_mut().for_each(spoil);
            }
        });
        let diff = BackupPlan::diff(&wanted(), Some(&have), &place());
        (
            diff.changes[0].op.clone(),
            diff.changes[0].attributes[0].direction,
        )
    };
    let (op, direction) = change(|s| s.resources.clear());
    assert!(matches!(op, Op::Select { replaces, .. } if replaces == ["s1"]));
    assert_eq!(direction, Direction::Strengthens);
    let (_, direction) = change(|s| s.resources = ["*".to_owned()].into());
    assert_eq!(direction, Direction::Weakens);
    // One under another name is another one: it goes, in the same write, once the new one is there.
    let (op, direction) = change(|s| s.name = "other".into());
    assert!(matches!(op, Op::Select { replaces, .. } if replaces == ["s1"]));
    assert_eq!(direction, Direction::Strengthens);
    // Cut off between making the new one and removing the old one.
    let both = live(|l| {
        if let Observed::Present(all) = &mut l.selections {
            let mut old = all["s1"].clone();
            old.resources.clear();
            all.insert("s0".into(), old);
        }
    });
    let diff = BackupPlan::diff(&wanted(), Some(&both), &place());
    assert!(
        matches!(&diff.changes[0].op, Op::Select { selections, replaces } if selections.is_empty() && replaces == &["s0"])
    );
}

#[test]
fn a_plan_of_ours_is_removed_and_that_weakens() {
    let diff = BackupPlan::release("daily", &live(|_| {}), &place());
    assert_eq!(diff.action, Action::Remove);
    assert_eq!(diff.changes[0].attributes[0].direction, Direction::Weakens);
    let theirs = live(|l| l.tags = Observed::Present(BTreeMap::new()));
    let diff = BackupPlan::release("daily", &theirs, &place());
    assert_eq!(diff.action, Action::Release);
    assert!(diff.changes.is_empty());
}

#[test]
fn facts_say_how_far_apart() {
    let Facts::Schedule(facts) = BackupPlan::facts(None, &live(|_| {}), &place()) else {
        panic!("no schedule");
    };
    assert_eq!(facts.rules[0].longest_gap_minutes, Some(1440));
    assert_eq!(facts.rules[0].vault.as_str(), VAULT);
    assert_eq!(facts.rules[0].copies[0].delete_after_days, Some(90));
    assert_eq!(facts.covers.present().unwrap()[0].resources, [DB]);
}

/// A vault of the posture, as a reference to it is evaluated.
fn vault_with_lock() -> Json {
    json!({
        "address": "backup_vault.main", "arn": VAULT, "name": "main",
        "region": "us-east-1", "account_id": "111111111111",
        "lock": {"mode": "governance", "min": "14d", "max": "60d", "grace": null},
    })
}

#[test]
fn rules_are_held_against_the_locks_of_vaults() {
    let said = |delete: Option<&str>| {
        let rule = Written::new()
            .set("vault", vault_with_lock())
            .set("schedule", "cron(0 3 ? * * *)");
        let rule = match delete {
            Some(delete) => rule.set("delete_after", delete),
            None => rule,
        };
        plan(rule, selection(json!([DB])))
            .decode::<BackupPlan>()
            .1
            .join("\n")
    };
    assert_eq!(said(Some("35d")), "");
    assert!(said(Some("7d")).contains("14 days at least"));
    assert!(said(Some("90d")).contains("60 days at most"));
    assert!(said(None).contains("for ever"));
}

#[test]
fn a_database_has_one_master() {
    let database = json!({
        "address": "rds_instance.app", "arn": DB, "identifier": "app", "pitr": {"retention": "7d"},
    });
    let said = |rule: Written| {
        plan(rule, selection(json!([database.clone()])))
            .decode::<BackupPlan>()
            .1
            .join("\n")
    };
    assert_eq!(said(rule()), "");
    assert!(said(rule().set("continuous", true)).contains("two masters"));
}

#[test]
fn what_cannot_be_is_said() {
    let said = |rule: Written| {
        plan(rule, selection(json!([DB])))
            .decode::<BackupPlan>()
            .1
            .join("\n")
    };
    for (rule, part) in [
        (rule().set("schedule", "rate(1 day)"), "cron("),
        (rule().set("schedule", "cron(0/30 * ? * * *)"), "an hour at least"),
        (rule().set("schedule", "cron(0 3 ? * * 2026)"), "does not go on"),
        (rule().set("start_window", "30m"), "shorter than 1h"),
        (
            rule().set("start_window", "2h").set("completion_window", "2h"),
            "an hour longer",
        ),
        (rule().set("cold_after", "30d"), "90 days after"),
        (
            rule().set("continuous", true).set("delete_after", "36d"),
            "35 days at most",
        ),
        (rule().set("vault", AWAY), "own account and region"),
        (rule().set("vault", "main"), "no vault"),
        (
            rule().nest("copy", Written::new().set("to", VAULT)),
            "rule itself",
        ),
        (
            rule().nest("copy", copy("30d")).nest("copy", copy("40d")),
            "one vault",
        ),
    ] {
        let said = said(rule);
        assert!(said.contains(part), "{part}: {said}");
    }
    let nothing = plan(rule(), Written::new().set("role", ROLE))
        .decode::<BackupPlan>()
        .1
        .join("\n");
    assert!(nothing.contains("selects nothing"), "{nothing}");
}
