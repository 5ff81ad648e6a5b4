//! The bulk read over real HTTP: pages, refusals and documents that cannot be parsed.

mod organization;

use super::account;
use super::live::Settings;
use crate::aws::{Class, Reader};
use crate::kinds::iam_role::IamRole;
use crate::kinds::testing::{Written, cloud, place, read};
use crate::kinds::writer_role::WriterRole;
use crate::model::Observed;
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";

fn role(path: &str, name: &str, trust: &str) -> String {
    format!(
        "<member><Path>{path}</Path><RoleName>{name}</RoleName><RoleId>AROA{name}</RoleId>\
         <Arn>arn:aws:iam::111111111111:role{path}{name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument>\
         <RolePolicyList/><AttachedManagedPolicies/><Tags/></member>"
    )
}

fn page(roles: &str, marker: Option<&str>) -> ResponseTemplate {
    let more = match marker {
        Some(marker) => format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    ResponseTemplate::new(200).set_body_raw(
        format!(
            "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <GetAccountAuthorizationDetailsResult>{more}<RoleDetailList>{roles}</RoleDetailList>\
             </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        ),
        "text/xml",
    )
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(
        format!(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        ),
        "text/xml",
    )
}

async fn answering(mocks: Vec<Mock>) -> (MockServer, Reader) {
    let server = MockServer::start().await;
    for mock in mocks {
        server.register(mock).await;
    }
    let reader = cloud(&server.uri()).reader(&place().scope()).unwrap();
    (server, reader)
}

#[tokio::test]
async fn every_page_is_read_and_only_once_for_all_kinds() {
    let second = Mock::given(method("POST"))
        .and(body_string_contains("Marker=next"))
        .respond_with(page(&role("/backstay/acme/", "b", TRUST), None))
        .with_priority(1);
    let first = Mock::given(body_string_contains("Filter.member.2=LocalManagedPolicy"))
        .respond_with(page(&role("/", "a", TRUST), Some("next")))
        .with_priority(2);
    let (server, reader) = answering(vec![second, first]).await;
    let wanted = [("/a".to_owned(), None), ("gone".to_owned(), None)];
    let roles = read::<IamRole>(&reader, &wanted, true).await;
    let writers = read::<WriterRole>(&reader, &[], true).await;
    assert!(matches!(roles.get("/a"), Some(Observed::Present(_))));
    assert_eq!(roles.get("gone"), Some(&Observed::Absent));
    let found = roles.get("b").and_then(Observed::present).unwrap();
    assert_eq!(found.trust.present().unwrap().statements.len(), 1);
    assert!(writers.is_empty());
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_denied_or_throttled_is_never_absent() {
    for (status, code, class) in [
        (403, "AccessDenied", Class::Denied),
        (400, "Throttling", Class::Throttled),
        (500, "InternalFailure", Class::Server),
    ] {
        let (_server, reader) = answering(vec![
            Mock::given(method("POST")).respond_with(refusal(status, code)),
        ])
        .await;
        let error = account::read(&reader).await;
        assert_eq!(error.as_ref().as_ref().unwrap_err().class, class, "{error:?}");
        let roles = read::<IamRole>(&reader, &[("a".to_owned(), None)], true).await;
        let Some(Observed::Unreadable(why)) = roles.get("a") else {
            panic!("{code}: {roles:?}")
        };
        assert_eq!(why.denied, class == Class::Denied);
        assert_eq!(why.action, account::ACTION);
        let writers = read::<WriterRole>(&reader, &[("a".to_owned(), None)], true).await;
        assert!(matches!(writers.get("a"), Some(Observed::Unreadable(_))));
    }
}

#[tokio::test]
async fn a_page_that_fails_in_the_middle_leaves_nothing_half_read() {
    let second = Mock::given(body_string_contains("Marker=next"))
        .respond_with(refusal(403, "AccessDenied"))
        .with_priority(1);
    let first = Mock::given(method("POST"))
        .respond_with(page(&role("/", "a", TRUST), Some("next")))
        .with_priority(2);
    let (_server, reader) = answering(vec![second, first]).await;
    let roles = read::<IamRole>(&reader, &[("/a".to_owned(), None)], false).await;
    assert!(matches!(roles.get("/a"), Some(Observed::Unreadable(_))));
}

#[tokio::test]
async fn a_document_without_meaning_is_unknown_and_not_empty() {
    let (_server, reader) = answering(vec![
        Mock::given(method("POST")).respond_with(page(&role("/", "a", "%7Bnonsense"), None)),
    ])
    .await;
    let roles = read::<IamRole>(&reader, &[("/a".to_owned(), None)], false).await;
    let live = roles.get("/a").and_then(Observed::present).unwrap();
    assert!(matches!(live.trust, Observed::Unreadable(_)));
    assert_eq!(live.identity(None).unknown.len(), 1);
}

#[tokio::test]
async fn a_reader_sends_no_write() {
    let (server, reader) = answering(vec![Mock::given(method("POST")).respond_with(page("", None))]).await;
    let refused = reader.clients().iam().delete_role().role_name("a").send().await;
    let error = crate::aws::classify("iam:DeleteRole", refused.unwrap_err());
    assert_eq!(error.code, "ReadOnly");
    assert!(server.received_requests().await.unwrap().is_empty());
}

fn listed(roles: &[(&str, &str)], marker: Option<&str>) -> ResponseTemplate {
    let more = match marker {
        Some(marker) => format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    let roles: String = roles
        .iter()
        .map(|(name, settings)| {
            format!(
                "<member><Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA{name}</RoleId>\
                 <Arn>arn:aws:iam::111111111111:role/{name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                 {settings}</member>"
            )
        })
        .collect();
    ResponseTemplate::new(200).set_body_raw(
        format!(
            "<ListRolesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolesResult>{more}\
             <Roles>{roles}</Roles></ListRolesResult></ListRolesResponse>"
        ),
        "text/xml",
    )
}

/// Roles whose description is declared, so that it is read.
async fn described(reader: &Reader, names: &[&str]) -> Vec<Option<Observed<Settings>>> {
    let spec = Written::new()
        .set("name", "a")
        .set("description", "x")
        .nest(
            "trust",
            Written::new().nest(
                "principals",
                Written::new()
                    .set("type", "Service")
                    .set("identifiers", serde_json::json!(["ec2.amazonaws.com"])),
            ),
        )
        .spec::<IamRole>();
    let wanted: Vec<_> = names
        .iter()
        .map(|name| (format!("/{name}"), Some(spec.clone())))
        .collect();
    let roles = read::<IamRole>(reader, &wanted, false).await;
    let live = |(ident, _): &(String, _)| roles.get(ident)?.present()?.settings.clone();
    wanted.iter().map(live).collect()
}

#[tokio::test]
async fn the_settings_of_all_roles_take_one_list() {
    let bulk = Mock::given(body_string_contains("Action=GetAccountAuthorizationDetails")).respond_with(page(
        &["a", "b", "c"].map(|name| role("/", name, TRUST)).concat(),
        None,
    ));
    let second = Mock::given(body_string_contains("Marker=next"))
        .respond_with(listed(
            &[(
                "b",
                "<Description>two</Description><MaxSessionDuration>7200</MaxSessionDuration>",
            )],
            None,
        ))
        .with_priority(1);
    let first = Mock::given(body_string_contains("Action=ListRoles"))
        .respond_with(listed(&[("a", "")], Some("next")))
        .with_priority(2);
    let (server, reader) = answering(vec![bulk, second, first]).await;
    let settings = |description: &str, max_session| {
        Some(Observed::Present(Settings {
            description: description.into(),
            max_session,
        }))
    };
    assert_eq!(
        described(&reader, &["a", "b", "c"]).await,
        [
            settings("", 3600),
            settings("two", 7200),
            // Created between the two lists.
            Some(Observed::Absent)
        ]
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn settings_that_may_not_be_listed_are_unreadable() {
    let bulk = Mock::given(body_string_contains("Action=GetAccountAuthorizationDetails"))
        .respond_with(page(&role("/", "a", TRUST), None));
    let list =
        Mock::given(body_string_contains("Action=ListRoles")).respond_with(refusal(403, "AccessDenied"));
    let (_server, reader) = answering(vec![bulk, list]).await;
    let read = described(&reader, &["a"]).await;
    let Some(Some(Observed::Unreadable(why))) = read.first() else {
        panic!("{read:?}")
    };
    assert!(why.denied);
    assert_eq!(why.action, "iam:ListRoles");
}
