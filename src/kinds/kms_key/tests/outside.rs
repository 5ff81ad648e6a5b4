//! Keys that no block names, over real HTTP: what a proof takes from them.

use crate::kinds::keys::outside;
use crate::kinds::testing::{cloud, place};
use crate::model::fact::{KeyFacts, KeyState};
use crate::model::{Arn, Observed};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string_contains, header, header_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

const KEY: &str = "arn:aws:kms:us-west-2:111111111111:key/k1";

fn said(body: Json) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refused(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"__type": code, "message": "no"}))
}

async fn seen(describe: ResponseTemplate, policy: ResponseTemplate) -> Observed<KeyFacts> {
    let server = MockServer::start().await;
    for (operation, answer) in [("DescribeKey", describe), ("GetKeyPolicy", policy)] {
        Mock::given(header(
            "x-amz-target",
            format!("TrentService.{operation}").as_str(),
        ))
        .and(header_regex("authorization", "/us-west-2/kms/"))
        .and(body_string_contains(KEY))
        .respond_with(answer)
        .mount(&server)
        .await;
    }
    let reader = cloud(&server.uri()).reader(&place().scope()).unwrap();
    let arn: Arn = KEY.parse().unwrap();
    outside(&reader, &arn).await
}

fn described(state: &str, manager: &str) -> ResponseTemplate {
    said(json!({"KeyMetadata": {
        "KeyId": "k1", "Arn": KEY, "KeyState": state, "KeyManager": manager,
    }}))
}

fn document() -> ResponseTemplate {
    said(json!({"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}))
}

#[tokio::test]
async fn its_state_its_manager_and_its_policy_are_read_in_its_region() {
    for (state, manager, expected, managed) in [
        ("Enabled", "CUSTOMER", KeyState::Enabled, false),
        ("Disabled", "CUSTOMER", KeyState::Disabled, false),
        ("PendingDeletion", "CUSTOMER", KeyState::PendingDeletion, false),
        ("Enabled", "AWS", KeyState::Enabled, true),
    ] {
        let Observed::Present(key) = seen(described(state, manager), document()).await else {
            panic!("not read");
        };
        assert_eq!((key.state, key.service_managed), (expected, managed));
        assert_eq!((key.arn.as_str(), key.region.as_str()), (KEY, "us-west-2"));
        assert!(key.policy.present().is_some());
    }
}

#[tokio::test]
async fn what_is_denied_is_unknown() {
    let denied = || refused("AccessDeniedException");
    let Observed::Unreadable(why) = seen(denied(), document()).await else {
        panic!("read");
    };
    assert!(why.denied && why.action == "kms:DescribeKey", "{why:?}");
    assert_eq!(
        seen(refused("NotFoundException"), document()).await,
        Observed::Absent
    );
    // Its state is known then, and not who may change it.
    let Observed::Present(key) = seen(described("Enabled", "CUSTOMER"), denied()).await else {
        panic!("not read");
    };
    assert!(matches!(key.policy, Observed::Unreadable(why) if why.denied));
}
