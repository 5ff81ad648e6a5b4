//! Keys whose alias is gone or points to another key, over real HTTP.

use crate::kinds::kms_key::KmsKey;
use crate::kinds::kms_key::live::LiveKey;
use crate::kinds::kms_key::spec::Spec;
use crate::kinds::kms_key::write::Op;
use crate::kinds::testing::{Written, cloud, place};
use crate::kinds::{Depth, Kind, ReadContext};
use crate::model::Observed;
use crate::model::change::{Action, Diff, Stage};
use crate::model::fact::KeyState;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A key of an account: its id, its state, what its tag `backstay:alias` says.
type Key = (&'static str, &'static str, Option<&'static str>);

fn arn(id: &str) -> String {
    format!("arn:aws:kms:us-east-1:111111111111:key/{id}")
}

fn tags(alias: Option<&str>, names: (&str, &str)) -> Json {
    let tag = |key: &str, value: &str| json!({names.0: key, names.1: value});
    let project = alias.map(|_| tag("backstay:project", "acme"));
    let alias = alias.map(|alias| tag("backstay:alias", alias));
    project.into_iter().chain(alias).collect()
}

/// What an account answers that has these keys, the alias `acme` pointing to one of them or to none.
fn answer(request: &Request, keys: &[Key], acme: Option<&str>) -> ResponseTemplate {
    let target = request
        .headers
        .get("x-amz-target")
        .map(|t| t.to_str().unwrap().to_owned());
    let operation = target
        .as_deref()
        .and_then(|t| t.rsplit('.').next())
        .unwrap_or_default();
    let body: Json = request.body_json().unwrap();
    let asked = body["KeyId"].as_str().unwrap_or_default();
    let id = match asked {
        "alias/acme" => acme.unwrap_or("none"),
        asked => asked.rsplit('/').next().unwrap(),
    };
    let key = keys.iter().find(|k| k.0 == id);
    let said = |body: Json| ResponseTemplate::new(200).set_body_json(body);
    match (operation, key) {
        ("GetResources", _) => {
            let mapping = |k: &Key| json!({"ResourceARN": arn(k.0), "Tags": tags(k.2, ("Key", "Value"))});
            said(json!({"ResourceTagMappingList": keys.iter().map(mapping).collect::<Vec<_>>()}))
        }
        ("DescribeKey", Some((id, state, _))) => said(json!({"KeyMetadata": {
            "KeyId": id, "Arn": arn(id), "KeyState": state, "Enabled": *state == "Enabled", "KeyManager": "CUSTOMER",
        }})),
        ("GetKeyPolicy", Some(_)) => said(json!({"Policy": "{\"Statement\":[]}"})),
        ("GetKeyRotationStatus", Some(_)) => said(json!({"KeyRotationEnabled": false})),
        ("ListResourceTags", Some(key)) => said(json!({"Tags": tags(key.2, ("TagKey", "TagValue"))})),
        ("ListAliases", _) => said(json!({"Aliases": []})),
        _ => {
            ResponseTemplate::new(400).set_body_json(json!({"__type": "NotFoundException", "message": "no"}))
        }
    }
}

fn wanted() -> Spec {
    Written::new().set("name", "acme").spec::<KmsKey>()
}

/// All that a plan sees of these keys.
async fn seen(keys: &'static [Key], acme: Option<&'static str>) -> BTreeMap<String, Observed<LiveKey>> {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(move |request: &Request| answer(request, keys, acme))
        .mount(&server)
        .await;
    let reader = cloud(&server.uri()).reader(&place().scope()).unwrap();
    let place = place();
    let cx = ReadContext {
        reader: &reader,
        place: &place,
        depth: Depth::Declared,
        discover: true,
    };
    KmsKey::read(cx, &[("acme".to_owned(), Some(wanted()))]).await
}

fn planned(seen: &BTreeMap<String, Observed<LiveKey>>) -> Diff<Op> {
    KmsKey::diff(&wanted(), seen["acme"].known().unwrap(), &place())
}

#[tokio::test]
async fn a_key_that_lost_its_alias_is_given_it_back_and_not_released() {
    let seen = seen(
        &[
            ("old", "Enabled", Some("acme")),
            ("other", "Enabled", Some("else")),
        ],
        None,
    )
    .await;
    assert_eq!(
        seen.keys().map(String::as_str).collect::<Vec<_>>(),
        ["acme", "other"],
        "the old key is no key that nobody declares"
    );
    let diff = planned(&seen);
    assert_eq!(diff.action, Action::Update);
    let name = &diff.changes[0];
    assert_eq!(
        name.op,
        Op::Name {
            key: arn("old").parse().unwrap()
        }
    );
    assert_eq!(
        (name.stage, name.attributes[0].path.as_str()),
        (Stage::Key, "name")
    );
}

#[tokio::test]
async fn the_usable_one_is_taken_and_none_where_nobody_can_tell() {
    let usable = seen(
        &[
            ("a", "PendingDeletion", Some("acme")),
            ("b", "Enabled", Some("acme")),
        ],
        None,
    )
    .await;
    assert_eq!(usable["acme"].present().unwrap().arn.as_str(), arn("b"));
    let waiting = seen(&[("a", "PendingDeletion", Some("acme"))], None).await;
    assert_eq!(
        waiting["acme"].present().unwrap().state,
        KeyState::PendingDeletion
    );
    let stages: Vec<_> = planned(&waiting).changes.into_iter().map(|c| c.op).collect();
    assert!(
        matches!(stages[..], [Op::Name { .. }, Op::Enable { region: None }]),
        "{stages:?}"
    );
    let two = seen(
        &[("a", "Enabled", Some("acme")), ("b", "Enabled", Some("acme"))],
        None,
    )
    .await;
    let Observed::Unreadable(why) = &two["acme"] else {
        panic!("{two:?}")
    };
    assert!(
        why.why.contains("key/a") && why.why.contains("key/b"),
        "{}",
        why.why
    );
    assert_eq!(
        seen(&[("a", "Enabled", None)], None).await["acme"],
        Observed::Absent
    );
}

#[tokio::test]
async fn an_alias_that_was_made_to_point_elsewhere_stops_the_plan() {
    const KEYS: &[Key] = &[("old", "Enabled", Some("acme")), ("strange", "Enabled", None)];
    let moved = seen(KEYS, Some("strange")).await;
    let diff = planned(&moved);
    assert!(diff.out_of_reach && diff.changes.is_empty());
    let finding = &diff.findings[0];
    assert_eq!(
        (finding.want.as_str().unwrap(), finding.have.as_str().unwrap()),
        (&*arn("old"), &*arn("strange"))
    );
    assert!(finding.why.contains("update-alias"), "{}", finding.why);
    assert!(
        !moved.contains_key("old"),
        "the key that holds the data is not released"
    );
    // One that was never ours is as good as any where no other was made for the alias.
    let adopted = seen(&[("strange", "Enabled", None)], Some("strange")).await;
    assert!(planned(&adopted).findings.is_empty());
    let own = seen(KEYS, Some("old")).await;
    assert!(planned(&own).findings.is_empty());
}
