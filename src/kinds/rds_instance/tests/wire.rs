//! Reading over real HTTP: pages and refusals.

use super::{block, copy};
use crate::kinds::rds_instance::RdsInstance;
use crate::kinds::rds_instance::live::LiveInstance;
use crate::kinds::testing::{Written, cloud, place, read};
use crate::kinds::{Depth, Kind, ReadContext};
use crate::model::Observed;
use std::collections::BTreeMap;
use wiremock::matchers::{body_string_contains, header, header_regex, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn instances(names: &[&str], marker: Option<&str>) -> ResponseTemplate {
    let instance = |name: &&str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier>\
             <DBInstanceArn>arn:aws:rds:us-east-1:111111111111:db:{name}</DBInstanceArn>\
             <Engine>postgres</Engine><DBInstanceStatus>available</DBInstanceStatus>\
             <BackupRetentionPeriod>7</BackupRetentionPeriod>\
             <PendingModifiedValues><BackupRetentionPeriod>30</BackupRetentionPeriod>\
             <EngineVersion>17.2</EngineVersion></PendingModifiedValues></DBInstance>"
        )
    };
    let list: String = names.iter().map(instance).collect();
    let marker = marker.map_or_else(String::new, |m| format!("<Marker>{m}</Marker>"));
    ResponseTemplate::new(200).set_body_raw(
        format!(
            "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
             <DescribeDBInstancesResult><DBInstances>{list}</DBInstances>{marker}</DescribeDBInstancesResult>\
             </DescribeDBInstancesResponse>"
        ),
        "text/xml",
    )
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(
        format!(
            "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        ),
        "text/xml",
    )
}

async fn reading(
    mocks: Vec<Mock>,
    wanted: &[(&str, Option<Written>)],
) -> BTreeMap<String, Observed<LiveInstance>> {
    let server = MockServer::start().await;
    for mock in mocks {
        server.register(mock).await;
    }
    let reader = cloud(&server.uri()).reader(&place().scope()).unwrap();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(ident, block)| {
            (
                (*ident).to_owned(),
                block.as_ref().map(Written::spec::<RdsInstance>),
            )
        })
        .collect();
    read::<RdsInstance>(&reader, &wanted, true).await
}

#[tokio::test]
async fn every_page_is_read() {
    let second = Mock::given(body_string_contains("Marker=next"))
        .respond_with(instances(&["Other", "app"], None))
        .with_priority(1);
    let first = Mock::given(method("POST"))
        .respond_with(instances(&["one"], Some("next")))
        .with_priority(2);
    let answer = reading(
        vec![second, first],
        &[("app", None), ("other", None), ("gone", None)],
    )
    .await;
    assert_eq!(answer.get("gone"), Some(&Observed::Absent));
    let app = answer.get("app").and_then(Observed::present).unwrap();
    assert_eq!((app.retention_days, app.pending_retention), (7, Some(30)));
    assert_eq!(app.pending.get("EngineVersion").map(String::as_str), Some("17.2"));
    assert!(answer.get("other").and_then(Observed::present).is_some());
}

#[tokio::test]
async fn what_is_denied_or_throttled_is_never_absent() {
    for (status, code, denied) in [(403, "AccessDenied", true), (400, "Throttling", false)] {
        let mocks = vec![Mock::given(method("POST")).respond_with(refusal(status, code))];
        let answer = reading(mocks, &[("app", None)]).await;
        let Some(Observed::Unreadable(why)) = answer.get("app") else {
            panic!("{code}: {answer:?}")
        };
        assert_eq!(why.denied, denied);
    }
}

#[tokio::test]
async fn copies_that_are_denied_leave_the_instance_readable() {
    let copies = Mock::given(body_string_contains("DescribeDBInstanceAutomatedBackups"))
        .respond_with(refusal(403, "AccessDenied"))
        .with_priority(1);
    let instance = Mock::given(method("POST"))
        .respond_with(instances(&["app"], None))
        .with_priority(2);
    let declared = block().nest("replicate", copy("us-west-2", "7d"));
    let answer = reading(vec![copies, instance], &[("app", Some(declared))]).await;
    let app = answer.get("app").and_then(Observed::present).unwrap();
    let west = app.replicas.values().next().unwrap();
    assert!(matches!(west, Observed::Unreadable(why) if why.denied));
}

/// One look-up for all copies that name an alias, in the region of the copies.
#[tokio::test]
async fn aliases_of_keys_are_looked_up_where_the_copies_are() {
    let server = MockServer::start().await;
    let described = serde_json::json!({"KeyMetadata": {
        "KeyId": "k1", "Arn": "arn:aws:kms:us-west-2:111111111111:key/k1", "KeyManager": "CUSTOMER",
    }});
    let kms = Mock::given(header("x-amz-target", "TrentService.DescribeKey"))
        .and(header_regex("authorization", "/us-west-2/kms/"))
        .and(body_string_contains(
            "arn:aws:kms:us-west-2:111111111111:alias/backups",
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(described))
        .with_priority(1)
        .expect(1);
    server.register(kms).await;
    let rds = Mock::given(method("POST"))
        .respond_with(instances(&["app", "other"], None))
        .with_priority(2);
    server.register(rds).await;
    let reader = cloud(&server.uri()).reader(&place().scope()).unwrap();
    let declared = |ident: &str| {
        let copy = copy("us-west-2", "7d").set("kms_key", "alias/backups");
        let spec = Written::new().set("identifier", ident).nest("replicate", copy);
        (ident.to_owned(), Some(spec.spec::<RdsInstance>()))
    };
    let answer = read::<RdsInstance>(&reader, &[declared("app"), declared("other")], false).await;
    for ident in ["app", "other"] {
        let live = answer.get(ident).and_then(Observed::present).unwrap();
        let seen: Vec<_> = live.aliases.values().filter_map(Observed::present).collect();
        assert_eq!(seen[0].arn.resource(), "key/k1");
    }
}

/// How far back the instance's own backups go, from the one list of the region; retained ones of an earlier instance of the
/// name are not its own.
#[tokio::test]
async fn the_oldest_restorable_moment_is_read_of_its_own_backups() {
    let backup = |status: &str, earliest: &str| {
        format!(
            "<DBInstanceAutomatedBackup><DBInstanceArn>arn:aws:rds:us-east-1:111111111111:db:app</DBInstanceArn>\
             <Status>{status}</Status><RestoreWindow><EarliestTime>{earliest}</EarliestTime>\
             <LatestTime>2026-03-01T11:55:00Z</LatestTime></RestoreWindow></DBInstanceAutomatedBackup>"
        )
    };
    let list = backup("retained", "2025-01-01T00:00:00Z") + &backup("active", "2026-02-20T05:00:00Z");
    let answer = format!(
        "<DescribeDBInstanceAutomatedBackupsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <DescribeDBInstanceAutomatedBackupsResult><DBInstanceAutomatedBackups>{list}</DBInstanceAutomatedBackups>\
         </DescribeDBInstanceAutomatedBackupsResult></DescribeDBInstanceAutomatedBackupsResponse>"
    );
    let told = ResponseTemplate::new(200).set_body_raw(answer, "text/xml");
    for (backups, expected) in [
        (told, Ok(Some("2026-02-20T05:00:00Z"))),
        (refusal(403, "AccessDenied"), Err(true)),
    ] {
        let server = MockServer::start().await;
        let list = Mock::given(body_string_contains("DescribeDBInstanceAutomatedBackups"))
            .respond_with(backups)
            .with_priority(1)
            .expect(1);
        server.register(list).await;
        let instance = Mock::given(method("POST"))
            .respond_with(instances(&["app"], None))
            .with_priority(2);
        server.register(instance).await;
        let reader = cloud(&server.uri()).reader(&place().scope()).unwrap();
        let cx = ReadContext {
            reader: &reader,
            place: &place(),
            depth: Depth::Everything,
            discover: false,
        };
        let answer = RdsInstance::read(cx, &[("app".to_owned(), None)]).await;
        let app = answer.get("app").and_then(Observed::present).unwrap();
        let seen = app.earliest_restorable.as_ref().unwrap().known();
        assert_eq!(
            seen.map(|s| s.map(String::as_str)).map_err(|why| why.denied),
            expected
        );
    }
}
