//! The organization's policies at the wire: the emulators let every account read them and know no organization with
//! policies switched off, so the replies are scripted after the API reference.

use super::answering;
use crate::aws::Class;
use crate::kinds::iam::organization::{self, Organization};
use crate::model::Observed;
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, ResponseTemplate};

fn on(operation: &str) -> wiremock::MockBuilder {
    let target = format!("AWSOrganizationsV20161128.{operation}");
    Mock::given(header("x-amz-target", target.as_str()))
}

fn answer(body: &Json) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/x-amz-json-1.1")
}

fn refusal(code: &str) -> ResponseTemplate {
    let body = json!({ "__type": code, "Message": "no" });
    ResponseTemplate::new(400).set_body_raw(body.to_string(), "application/x-amz-json-1.1")
}

fn acme() -> Organization {
    Organization {
        id: "o-acme".into(),
        management: "999999999999".parse().unwrap(),
    }
}

fn described(features: &str) -> Mock {
    on("DescribeOrganization").respond_with(answer(&json!({ "Organization": {
        "Id": "o-acme", "FeatureSet": features, "MasterAccountId": "999999999999",
    }})))
}

fn parent(child: &str, id: &str, kind: &str) -> Mock {
    on("ListParents")
        .and(body_partial_json(json!({ "ChildId": child })))
        .respond_with(answer(&json!({ "Parents": [{ "Id": id, "Type": kind }] })))
}

fn attached(target: &str, policies: &[&str]) -> Mock {
    let policies: Vec<Json> = policies
        .iter()
        .map(|id| json!({ "Id": id, "Name": format!("name-of-{id}") }))
        .collect();
    on("ListPoliciesForTarget")
        .and(body_partial_json(
            json!({ "TargetId": target, "Filter": "SERVICE_CONTROL_POLICY" }),
        ))
        .respond_with(answer(&json!({ "Policies": policies })))
}

fn policy(id: &str) -> wiremock::MockBuilder {
    on("DescribePolicy").and(body_partial_json(json!({ "PolicyId": id })))
}

fn text(id: &str, statement: &str) -> Mock {
    let content = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    policy(id).respond_with(answer(&json!({ "Policy": { "Content": content } })))
}

const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

#[tokio::test]
async fn which_organization_an_account_is_in() {
    let (_server, reader) = answering(vec![described("ALL")]).await;
    assert_eq!(organization::of(&reader).await.unwrap(), Some(acme()));

    // It shares a bill and nothing else.
    let (_server, reader) = answering(vec![described("CONSOLIDATED_BILLING")]).await;
    assert_eq!(organization::of(&reader).await.unwrap(), None);

    let none = on("DescribeOrganization").respond_with(refusal("AWSOrganizationsNotInUseException"));
    let (_server, reader) = answering(vec![none]).await;
    assert_eq!(organization::of(&reader).await.unwrap(), None);

    // Not to be allowed to ask is not to be in none.
    let denied = on("DescribeOrganization").respond_with(refusal("AccessDeniedException"));
    let (_server, reader) = answering(vec![denied]).await;
    assert_eq!(organization::of(&reader).await.unwrap_err().class, Class::Denied);
}

#[tokio::test]
async fn policies_are_read_from_the_root_down_and_each_text_once() {
    let (server, reader) = answering(vec![
        parent("111111111111", "ou-acme-prod", "ORGANIZATIONAL_UNIT"),
        parent("ou-acme-prod", "r-acme", "ROOT"),
        attached("r-acme", &["p-FullAWSAccess"]),
        attached("ou-acme-prod", &["p-FullAWSAccess", "p-keep"]),
        attached("111111111111", &["p-FullAWSAccess"]),
        text("p-FullAWSAccess", ALL),
        policy("p-keep").respond_with(refusal("AccessDeniedException")),
        on("DescribeResourcePolicy").respond_with(refusal("ResourcePolicyNotFoundException")),
    ])
    .await;
    let account = "111111111111".parse().unwrap();
    let found = organization::binding(&reader, &acme(), &account)
        .await
        .unwrap()
        .unwrap();
    let targets: Vec<&str> = found.levels.iter().map(|l| l.target.as_str()).collect();
    assert_eq!(targets, ["r-acme", "ou-acme-prod", "111111111111"]);
    let [_, (name, keep)] = found.levels[1].policies.as_slice() else {
        panic!("{found:?}")
    };
    // One text that nobody may read is not as if it were not there.
    assert_eq!(name, "name-of-p-keep");
    assert!(
        matches!(keep, Observed::Unreadable(why) if why.denied),
        "{keep:?}"
    );
    assert!(matches!(found.levels[2].policies[0].1, Observed::Present(_)));
    assert_eq!(found.delegation, Observed::Absent);
    let texts = server.received_requests().await.unwrap();
    let texts = texts.iter().filter(|r| {
        r.headers["x-amz-target"]
            .to_str()
            .unwrap()
            .ends_with("DescribePolicy")
    });
    assert_eq!(texts.count(), 2);
}

#[tokio::test]
async fn policies_that_are_switched_off_bind_nobody_and_unread_ones_are_an_error() {
    let account = "111111111111".parse().unwrap();
    let (_server, reader) = answering(vec![
        parent("111111111111", "r-acme", "ROOT"),
        on("ListPoliciesForTarget").respond_with(refusal("PolicyTypeNotEnabledException")),
    ])
    .await;
    assert_eq!(
        organization::binding(&reader, &acme(), &account).await.unwrap(),
        None
    );

    // A member of the organization may not look.
    let (_server, reader) = answering(vec![
        on("ListParents").respond_with(refusal("AccessDeniedException")),
    ])
    .await;
    let error = organization::binding(&reader, &acme(), &account)
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.action.as_str()),
        (Class::Denied, "organizations:ListParents")
    );
}
