//! What a change means among the other resources of a posture.

use super::world::{World, applied};
use crate::kinds::among::{Among, Resource};
use crate::kinds::backup_plan::BackupPlan;
use crate::kinds::find;
use crate::kinds::iam_role::IamRole;
use crate::kinds::kms_key::KmsKey;
use crate::kinds::s3_bucket::S3Bucket;
use crate::kinds::testing::{accepted, place};
use crate::model::change::{AttributeChange, Direction};
use crate::model::{Observed, Place, Unreadable};
use serde_json::{Value as Json, json};

const BUCKET: &str = "arn:aws:s3:::data";

pub(super) fn live<K: World>(block: &Json) -> Json {
    let live = K::used(applied::<K>(&accepted::<K>(block), K::found().as_ref()));
    serde_json::to_value(live).unwrap()
}

/// What is said of each attribute that changes: path, whether it weakens, why.
pub(super) fn judged<K: World>(
    among: &Among,
    want: Option<&Json>,
    have: Option<&Json>,
) -> Vec<(String, bool, String)> {
    let kind = find(K::NAME).unwrap();
    let place = place();
    let want = want.map(|block| serde_json::to_value(accepted::<K>(block)).unwrap());
    let ident = match &want {
        Some(spec) => kind.ident(spec, &place).unwrap(),
        None => "data".to_owned(),
    };
    let mut diff = match &want {
        Some(want) => kind.diff(want, have, &place).unwrap(),
        None => kind.release(&ident, have.unwrap(), &place).unwrap(),
    };
    let resource = Resource {
        place: &place,
        ident: &ident,
        want: want.as_ref(),
        have,
    };
    among.judge(kind, resource, &mut diff).unwrap();
    let of = |a: &AttributeChange| {
        let why = a.reason.clone().unwrap_or_default();
        (a.path.clone(), a.direction == Direction::Weakens, why)
    };
    diff.changes.iter().flat_map(|c| &c.attributes).map(of).collect()
}

fn bucket(tags: &Json) -> Json {
    json!({"name": "data", "tags": tags})
}

fn selection(over: &Json) -> Json {
    let mut one = json!({"@": "all", "role": "arn:aws:iam::111111111111:role/backup"});
    one.as_object_mut()
        .unwrap()
        .extend(over.as_object().unwrap().clone());
    one
}

fn plan(selections: &[Json]) -> Json {
    live::<BackupPlan>(
        &json!({"name": "daily", "selection": selections, "rule": [{"@": "daily",
        "vault": "arn:aws:backup:us-east-1:111111111111:backup-vault:main", "schedule": "cron(0 3 ? * * *)"}]}),
    )
}

pub(super) fn beside(plan: &Observed<Json>, place: &Place) -> Among {
    let accounts = ["111111111111".parse().unwrap(), "222222222222".parse().unwrap()];
    let kind = find("backup_plan").unwrap();
    Among::new(&accounts, [(kind, place, "daily", plan)]).unwrap()
}

fn tags(selections: &[Json], before: &Json, after: &Json) -> Vec<(String, bool, String)> {
    let among = beside(&Observed::Present(plan(selections)), &place());
    judged::<S3Bucket>(
        &among,
        Some(&bucket(after)),
        Some(&live::<S3Bucket>(&bucket(before))),
    )
}

#[test]
fn a_tag_by_which_a_selection_goes_weakens_when_the_resource_falls_out() {
    let gold = || json!({"key": "tier", "value": "gold"});
    let when = |test: &str, value: &str| json!({"test": test, "key": "tier", "value": value});
    let by_tag = || selection(&json!({"tag": [gold()]}));
    let by =
        |test: &str, value: &str| selection(&json!({"resources": ["*"], "condition": [when(test, value)]}));
    let named = |over: Json| {
        let mut one = selection(&json!({"@": "named", "resources": [BUCKET]}));
        one.as_object_mut()
            .unwrap()
            .extend(over.as_object().unwrap().clone());
        one
    };
    let (of_gold, of_tin) = (json!({"tier": "gold"}), json!({"tier": "tin"}));
    for (why, selections, before, after, weakens) in [
        ("another value", vec![by_tag()], &of_gold, &of_tin, true),
        ("into the selection", vec![by_tag()], &of_tin, &of_gold, false),
        (
            "by a condition",
            vec![by("StringEquals", "gold")],
            &of_gold,
            &of_tin,
            true,
        ),
        (
            "by a pattern",
            vec![by("StringLike", "g*")],
            &of_gold,
            &of_tin,
            true,
        ),
        (
            "within a pattern",
            vec![by("StringLike", "*")],
            &of_gold,
            &of_tin,
            false,
        ),
        (
            "what must not be",
            vec![by("StringNotEquals", "tin")],
            &of_gold,
            &of_tin,
            true,
        ),
        (
            "what must not be, new",
            vec![by("StringNotEquals", "tin")],
            &json!({}),
            &of_tin,
            true,
        ),
        (
            "what must not match",
            vec![by("StringNotLike", "t*")],
            &of_gold,
            &of_tin,
            true,
        ),
        (
            "named besides",
            vec![by_tag(), named(json!({}))],
            &of_gold,
            &of_tin,
            false,
        ),
        (
            "named besides, by a role that may be unable to",
            vec![
                by_tag(),
                named(json!({"role": "arn:aws:iam::111111111111:role/other"})),
            ],
            &of_gold,
            &of_tin,
            true,
        ),
        (
            "left out anyway",
            vec![selection(&json!({"tag": [gold()], "not_resources": [BUCKET]}))],
            &of_gold,
            &of_tin,
            false,
        ),
        (
            "by another tag",
            vec![selection(&json!({"tag": [{"key": "team", "value": "a"}]}))],
            &of_gold,
            &of_tin,
            false,
        ),
    ] {
        let said = tags(&selections, before, after);
        let [(path, is, reason)] = &said[..] else {
            panic!("{why}: {said:?}")
        };
        assert_eq!(
            (path.as_str(), *is),
            ("tags[\"tier\"]", weakens),
            "{why}: {reason}"
        );
        assert_eq!(
            reason.contains("\"all\" of the backup plan \"daily\""),
            weakens,
            "{why}: {reason}"
        );
    }
}

#[test]
fn of_several_tags_only_those_that_a_selection_goes_by_weaken() {
    let by_tag = selection(&json!({"tag": [{"key": "tier", "value": "gold"}]}));
    let said = tags(
        &[by_tag],
        &json!({"tier": "gold", "team": "a"}),
        &json!({"tier": "tin", "team": "b"}),
    );
    let weaker: Vec<_> = said.iter().filter(|(_, weakens, _)| *weakens).collect();
    assert_eq!(weaker.len(), 1, "{said:?}");
    assert_eq!(weaker[0].0, "tags[\"tier\"]");
}

#[test]
fn a_selection_that_nobody_could_read_may_go_by_any_tag_of_data() {
    let unread = || {
        Observed::Unreadable(Unreadable {
            action: "backup:ListBackupSelections".into(),
            why: "denied".into(),
            denied: true,
        })
    };
    let mut of_unread = plan(&[selection(&json!({"resources": ["*"]}))]);
    of_unread["selections"] = serde_json::to_value(unread()).unwrap();
    let elsewhere = Place {
        region: "us-west-2".parse().unwrap(),
        ..place()
    };
    let (before, after) = (json!({"team": "a"}), json!({"team": "b"}));
    for (plan, place, weakens) in [
        (unread(), place(), true),
        (Observed::Present(of_unread), place(), true),
        // A plan backs up what lies in its own region, and one that is not there backs up nothing.
        (unread(), elsewhere, false),
        (Observed::Absent, place(), false),
    ] {
        let among = beside(&plan, &place);
        let have = live::<S3Bucket>(&bucket(&before));
        let said = judged::<S3Bucket>(&among, Some(&bucket(&after)), Some(&have));
        assert_eq!(said[0].1, weakens, "{said:?}");
        assert_eq!(
            said[0].2.contains("could not be read: denied"),
            weakens,
            "{said:?}"
        );
        // A key is not backed up, whatever its tags.
        let key = |tags: &Json| json!({"name": "data", "tags": tags});
        let said = judged::<KmsKey>(&among, Some(&key(&after)), Some(&live::<KmsKey>(&key(&before))));
        assert!(!said[0].1, "{said:?}");
    }
}

/// What is let go loses the project's mark, and a selection may go by that.
#[test]
fn what_is_released_may_fall_out_of_a_selection() {
    let ours = selection(&json!({"tag": [{"key": "backstay:project", "value": "acme"}]}));
    let mut have = live::<S3Bucket>(&json!({"name": "data"}));
    have["tags"] = json!({"present": {"backstay:project": "acme"}});
    let among = beside(&Observed::Present(plan(&[ours])), &place());
    let said = judged::<S3Bucket>(&among, None, Some(&have));
    assert!(
        said.iter()
            .any(|(path, weakens, _)| path.contains("backstay:project") && *weakens),
        "{said:?}"
    );
    let said = judged::<S3Bucket>(&Among::default(), None, Some(&have));
    assert!(!said.iter().any(|(_, weakens, _)| *weakens), "{said:?}");
}

fn role(trust: Json, over: Json) -> Json {
    let mut one = json!({"name": "deploy", "trust": [trust]});
    one.as_object_mut()
        .unwrap()
        .extend(over.as_object().unwrap().clone());
    one
}

fn by(kind: &str, who: &str, condition: Json) -> Json {
    json!({"principals": [{"type": kind, "identifiers": [who]}], "condition": condition})
}

fn may(actions: &[&str]) -> Json {
    json!({"statement": [{"actions": actions, "resources": ["*"]}]})
}

#[test]
fn a_new_role_that_lets_a_stranger_in_to_destroy_weakens() {
    let among = beside(&Observed::Absent, &place());
    let aws = |who: &str| by("AWS", who, json!([]));
    let when =
        |test: &str, key: &str, value: &str| json!([{"test": test, "variable": key, "values": [value]}]);
    let stranger = || aws("arn:aws:iam::999999999999:root");
    let github = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";
    let sub = "token.actions.githubusercontent.com:sub";
    let tokens = |condition: Json| {
        let mut trust = by("Federated", github, condition);
        trust["actions"] = json!(["sts:AssumeRoleWithWebIdentity"]);
        trust
    };
    let wide = || may(&["s3:*"]);
    let attached = |name: &str| json!({"managed_policies": [format!("arn:aws:iam::aws:policy/{name}")]});
    for (why, trust, rights, weakens) in [
        ("an account", stranger(), wide(), true),
        ("an account by its number", aws("999999999999"), wide(), true),
        (
            "with an external id",
            by(
                "AWS",
                "999999999999",
                when("StringEquals", "sts:ExternalId", "x9x9"),
            ),
            wide(),
            true,
        ),
        (
            "an account of the posture",
            aws("arn:aws:iam::222222222222:role/ci"),
            wide(),
            false,
        ),
        (
            "everybody of ours",
            by(
                "AWS",
                "*",
                when("StringEquals", "aws:PrincipalAccount", "222222222222"),
            ),
            wide(),
            false,
        ),
        (
            "everybody of theirs",
            by(
                "AWS",
                "*",
                when("StringEquals", "aws:PrincipalAccount", "999999999999"),
            ),
            wide(),
            true,
        ),
        (
            "everybody of an organization",
            by("AWS", "*", when("StringEquals", "aws:PrincipalOrgID", "o-1")),
            wide(),
            true,
        ),
        (
            "a service",
            by("Service", "backup.amazonaws.com", json!([])),
            wide(),
            false,
        ),
        ("any token", tokens(json!([])), wide(), true),
        (
            "any repository",
            tokens(when("StringLike", sub, "repo:*")),
            wide(),
            true,
        ),
        (
            "one repository",
            tokens(when("StringEquals", sub, "repo:acme/app:ref:refs/heads/main")),
            wide(),
            false,
        ),
        (
            "what reads",
            stranger(),
            may(&["s3:GetObject", "s3:ListBucket", "backup:Describe*"]),
            false,
        ),
        ("what writes backups", stranger(), may(&["s3:PutObject"]), false),
        (
            "what deletes recovery points",
            stranger(),
            may(&["backup:DeleteRecoveryPoint"]),
            true,
        ),
        ("what deletes keys", stranger(), may(&["kms:Schedule*"]), true),
        ("what stops copies", stranger(), may(&["rds:*"]), true),
        (
            "what gives itself more",
            stranger(),
            may(&["iam:PutRolePolicy"]),
            true,
        ),
        (
            "what is denied",
            stranger(),
            json!({"statement": [
            {"actions": ["s3:*"], "resources": ["*"]},
            {"effect": "Deny", "actions": ["s3:Delete*", "s3:Put*", "s3:Bypass*"], "resources": ["*"]}]}),
            false,
        ),
        (
            "an unread policy",
            stranger(),
            attached("AdministratorAccess"),
            true,
        ),
        (
            "a policy that reads",
            stranger(),
            attached("ReadOnlyAccess"),
            false,
        ),
        (
            "a policy that audits",
            stranger(),
            attached("SecurityAudit"),
            false,
        ),
    ] {
        let said = judged::<IamRole>(&among, Some(&role(trust, rights)), None);
        for (path, is, reason) in &said {
            assert_eq!(*is, weakens && path == "trust", "{why}: {path}: {reason}");
        }
        let trust = said.iter().find(|(path, ..)| path == "trust").unwrap();
        assert_eq!(
            trust.2.contains("from outside of the accounts"),
            weakens,
            "{why}: {said:?}"
        );
    }
}

/// A creation that was cut off before the role could do anything is judged as what is left gives it.
#[test]
fn the_rest_of_a_creation_is_judged_like_the_whole() {
    let among = beside(&Observed::Absent, &place());
    let block = role(by("AWS", "999999999999", json!([])), may(&["s3:*"]));
    let spec = accepted::<IamRole>(&block);
    let steps = super::world::steps::<IamRole>(&spec, None);
    let half = super::world::after::<IamRole>(None, &steps[..1]).unwrap();
    let half = serde_json::to_value(half).unwrap();
    let said = judged::<IamRole>(&among, Some(&block), Some(&half));
    let said: Vec<_> = said
        .iter()
        .map(|(path, weakens, _)| (path.as_str(), *weakens))
        .collect();
    assert_eq!(said, [("policy", false), ("tags[\"backstay:creating\"]", true)]);
}
