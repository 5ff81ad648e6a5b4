//! Answers that the local AWS does not give: recorded shapes of the real one.

use super::{PROD, World, spec};
use backstay::kinds::s3_bucket::Op;
use backstay::kinds::s3_bucket::S3Bucket;
use backstay::kinds::{Depth, Kind, Purpose};
use backstay::model::Observed;
use backstay::model::fact::{Contents, Facts};
use serde_json::json;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

const XMLNS: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub(super) async fn world(server: &MockServer) -> World {
    let mut world = World::new(PROD, "us-east-1").await;
    world.config = world.config.to_builder().endpoint_url(server.uri()).build();
    world
}

pub(super) fn xml(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/xml")
}

pub(super) fn error(status: u16, code: &str) -> ResponseTemplate {
    xml(
        status,
        &format!("<Error><Code>{code}</Code><Message>no</Message></Error>"),
    )
}

pub(super) fn buckets(names: &[(&str, &str)], token: Option<&str>) -> ResponseTemplate {
    let all: String = names
        .iter()
        .map(|(name, region)| {
            format!("<Bucket><Name>{name}</Name><BucketRegion>{region}</BucketRegion></Bucket>")
        })
        .collect();
    let token = token.map_or_else(String::new, |t| {
        format!("<ContinuationToken>{t}</ContinuationToken>")
    });
    xml(
        200,
        &format!(
            "<ListAllMyBucketsResult xmlns=\"{XMLNS}\"><Buckets>{all}</Buckets>{token}</ListAllMyBucketsResult>"
        ),
    )
}

/// One of a bucket's settings: `?versioning` and the like.
struct Setting(&'static str);

impl Match for Setting {
    fn matches(&self, request: &Request) -> bool {
        request.url.query_pairs().any(|(key, _)| key == self.0)
    }
}

pub(super) async fn answer(server: &MockServer, setting: &'static str, template: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(Setting(setting))
        // Without it, a stranger's bucket of that name would be read.
        .and(header("x-amz-expected-bucket-owner", PROD))
        .respond_with(template)
        .mount(server)
        .await;
}

/// A server with the one bucket `acme`, and no tags.
pub(super) async fn with_bucket() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/"))
        .respond_with(buckets(&[("acme", "us-east-1")], None))
        .mount(&server)
        .await;
    answer(&server, "tagging", error(404, "NoSuchTagSet")).await;
    server
}

#[tokio::test]
async fn the_list_is_read_to_its_end() {
    let server = MockServer::start().await;
    Mock::given(path("/"))
        .and(query_param("max-buckets", "1000"))
        .and(query_param("continuation-token", "next"))
        .respond_with(buckets(&[("second", "eu-west-1")], None))
        .mount(&server)
        .await;
    Mock::given(path("/"))
        .and(query_param("max-buckets", "1000"))
        .respond_with(buckets(&[("first", "us-east-1")], Some("next")))
        .mount(&server)
        .await;
    let world = world(&server).await;
    let diff = world.plan(&spec(json!({"name": "second"}))).await;
    assert_eq!(diff.findings[0].have, "eu-west-1");
}

#[tokio::test]
async fn a_bucket_that_vanished_is_absent_and_not_bare() {
    let server = with_bucket().await;
    answer(&server, "versioning", error(404, "NoSuchBucket")).await;
    let read = world(&server)
        .await
        .read(&spec(json!({"name": "acme", "versioning": true})))
        .await;
    assert_eq!(read, Observed::Absent);
}

#[tokio::test]
async fn an_error_page_of_something_else_says_nothing() {
    let server = with_bucket().await;
    let page = ResponseTemplate::new(404).set_body_raw("<html>not here</html>", "text/html");
    answer(&server, "policy", page).await;
    let want = spec(json!({"name": "acme", "policy": {"statement": []}}));
    let diff = world(&server).await.plan(&want).await;
    assert_eq!(diff.unreadable[0].action, "s3:GetBucketPolicy");
}

#[tokio::test]
async fn a_stranger_elsewhere_has_the_name() {
    let server = with_bucket().await;
    let moved = ResponseTemplate::new(301).insert_header("x-amz-bucket-region", "eu-west-1");
    Mock::given(method("HEAD"))
        .respond_with(moved)
        .mount(&server)
        .await;
    let read = world(&server).await.read(&spec(json!({"name": "theirs"}))).await;
    let Observed::Unreadable(why) = read else {
        panic!("{read:?}");
    };
    assert!(why.why.contains("taken by another account"));
}

/// Rules from before filters, locks in years, replication of the first version.
#[tokio::test]
async fn old_forms_mean_what_they_meant() {
    let server = with_bucket().await;
    answer(
        &server,
        "lifecycle",
        xml(
            200,
            &format!(
                "<LifecycleConfiguration xmlns=\"{XMLNS}\"><Rule><ID>old</ID><Prefix></Prefix><Status>Enabled</Status>\
                 <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration></Rule>\
                 </LifecycleConfiguration>"
            ),
        ),
    )
    .await;
    answer(
        &server,
        "object-lock",
        xml(
            200,
            &format!(
                "<ObjectLockConfiguration xmlns=\"{XMLNS}\"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
                 <DefaultRetention><Mode>GOVERNANCE</Mode><Years>1</Years></DefaultRetention></Rule>\
                 </ObjectLockConfiguration>"
            ),
        ),
    )
    .await;
    answer(
        &server,
        "replication",
        xml(
            200,
            &format!(
                "<ReplicationConfiguration xmlns=\"{XMLNS}\"><Role>arn:aws:iam::111111111111:role/r</Role><Rule>\
                 <ID>v1</ID><Prefix>a/</Prefix><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::dr</Bucket>\
                 </Destination></Rule></ReplicationConfiguration>"
            ),
        ),
    )
    .await;
    answer(
        &server,
        "versioning",
        xml(
            200,
            &format!("<VersioningConfiguration xmlns=\"{XMLNS}\"><Status>Enabled</Status></VersioningConfiguration>"),
        ),
    )
    .await;
    let world = world(&server).await;
    let want = spec(json!({"name": "acme", "noncurrent": {"expire_after": "30d"},
        "object_lock": {"mode": "governance", "retention": "365d"},
        "replicate": [{"to": {"arn": "arn:aws:s3:::dr", "name": "dr"}, "prefix": "a/", "delete_markers": true,
            "role": {"arn": "arn:aws:iam::111111111111:role/r"}}]}));
    let diff = world.plan(&want).await;
    assert!(diff.changes.is_empty(), "{:#?}", diff.changes);
    assert!(diff.unreadable.is_empty());
    // At the depth of proofs, what could not be read is unknown and not absent.
    let wanted = [("acme".to_owned(), Some(want))];
    let mut all = world.read_all(&wanted, Depth::Everything, false).await;
    let Some(Observed::Present(live)) = all.remove("acme") else {
        panic!("it is there");
    };
    let Facts::ObjectStore(store) = S3Bucket::facts(None, &live, &world.place) else {
        panic!("a bucket stores objects");
    };
    assert!(store.replicas.present().unwrap()[0].delete_markers);
    assert!(matches!(store.encryption, Observed::Unreadable(_)));
}

/// What stands in requests: the owner in each, no location in us-east-1, every member that S3 demands.
#[tokio::test]
async fn requests_carry_what_s3_demands() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    Mock::given(method("HEAD"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let world = world(&server).await;
    let tags = [("backstay:project".to_owned(), "acme".to_owned())].into();
    world
        .write("acme", &Op::Create { lock: true, tags })
        .await
        .unwrap();
    world.write("acme", &Op::EnableLock).await.unwrap();
    let sent = server.received_requests().await.unwrap();
    let has = |r: &Request, name: &str, value: &str| r.headers.get(name).is_some_and(|v| v == value);
    assert!(has(&sent[0], "x-amz-bucket-object-lock-enabled", "true"));
    let create = String::from_utf8_lossy(&sent[0].body).into_owned();
    assert!(create.contains("<Key>backstay:project</Key>"), "{create}");
    assert!(
        !create.contains("LocationConstraint"),
        "us-east-1 must not be named: {create}"
    );
    for request in &sent[1..] {
        assert!(
            has(request, "x-amz-expected-bucket-owner", PROD),
            "{}",
            request.url
        );
    }
    let lock = String::from_utf8_lossy(&sent.last().unwrap().body).into_owned();
    assert!(lock.contains("<ObjectLockEnabled>Enabled</ObjectLockEnabled>") && !lock.contains("<Rule>"));
}

/// One page of versions: key, size and time each.
fn versions(all: &[(&str, u64, &str)], next: Option<(&str, &str)>) -> ResponseTemplate {
    let versions: String = all
        .iter()
        .map(|(key, size, time)| {
            format!(
                "<Version><Key>{key}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>\
                 <LastModified>{time}</LastModified><Size>{size}</Size></Version>"
            )
        })
        .collect();
    let marker = "<DeleteMarker><Key>pg/gone</Key><VersionId>m</VersionId><IsLatest>true</IsLatest>\
                  <LastModified>2026-03-05T00:00:00Z</LastModified></DeleteMarker>";
    let next = next.map_or_else(
        || "<IsTruncated>false</IsTruncated>".to_owned(),
        |(key, id)| {
            format!(
                "<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker>\
                 <NextVersionIdMarker>{id}</NextVersionIdMarker>"
            )
        },
    );
    xml(
        200,
        &format!("<ListVersionsResult xmlns=\"{XMLNS}\">{versions}{marker}{next}</ListVersionsResult>"),
    )
}

/// What is known of the keys under `pg/`, which something of the posture asks about.
async fn dumps(server: &MockServer) -> Observed<Contents> {
    let mut want = spec(json!({"name": "acme"}));
    assert!(S3Bucket::look_into(&mut want, "pg/".to_owned()));
    let world = world(server).await;
    let wanted = [("acme".to_owned(), Some(want))];
    let mut all = world.read_all(&wanted, Depth::Everything, false).await;
    let live = match all.remove("acme") {
        Some(Observed::Present(live)) => live,
        other => panic!("{other:?}"),
    };
    // What lies there changes by itself, so no saved plan depends on it.
    assert!(S3Bucket::settled(&live).contents.is_empty());
    match S3Bucket::facts(wanted[0].1.as_ref(), &live, &world.place) {
        Facts::ObjectStore(store) => store.contents["pg/"].clone(),
        other => panic!("{other:?}"),
    }
}

/// Marks of folders, empty objects and deletions are no dumps; old versions are.
#[tokio::test]
async fn the_newest_dump_is_found() {
    let server = with_bucket().await;
    let page = [
        ("pg/", 0, "2026-03-04T00:00:00Z"),
        ("pg/1", 9, "2026-03-01T03:00:00.500Z"),
        ("pg/1", 9, "2026-02-26T03:00:00Z"),
        ("pg/2", 9, "2026-03-02T03:00:10Z"),
        ("pg/3", 0, "2026-03-03T03:00:00Z"),
    ];
    answer(&server, "versions", versions(&page, None)).await;
    let found = dumps(&server).await;
    let expected = Contents {
        points: 3,
        newest: Some("2026-03-02T03:00:10Z".into()),
        oldest: Some("2026-02-26T03:00:00Z".into()),
        longest_gap: Some("3d".parse().unwrap()),
        overwritten: true,
        whole: true,
    };
    assert_eq!(found, Observed::Present(expected));
    let asked = server.received_requests().await.unwrap();
    let listed = asked
        .iter()
        .find(|r| r.url.query_pairs().any(|(k, _)| k == "versions"));
    let prefix = listed.unwrap().url.query_pairs().find(|(k, _)| k == "prefix");
    assert_eq!(prefix.unwrap().1, "pg/");
}

/// Two pages are read, and that there are more is said.
#[tokio::test]
async fn a_long_list_is_read_in_part() {
    let server = with_bucket().await;
    let page = |from: &str, to: &str, key: &str, time: &str| {
        let marks = query_param("key-marker", from);
        let answer = versions(&[(key, 9, time)], Some((to, "id")));
        Mock::given(marks).and(Setting("versions")).respond_with(answer)
    };
    page("pg/1", "pg/2", "pg/2", "2026-03-02T03:00:00Z")
        .expect(1)
        .mount(&server)
        .await;
    page("pg/2", "pg/3", "pg/3", "2026-03-03T03:00:00Z")
        .expect(0)
        .mount(&server)
        .await;
    let first = versions(&[("pg/1", 9, "2026-03-01T03:00:00Z")], Some(("pg/1", "id")));
    answer(&server, "versions", first).await;
    let Observed::Present(found) = dumps(&server).await else {
        panic!("not seen");
    };
    assert!(!found.whole && !found.overwritten);
    assert_eq!(found.points, 2);
    assert_eq!(found.newest.as_deref(), Some("2026-03-02T03:00:00Z"));
}

/// A list that cannot be had is not an empty one, whatever the reason.
#[tokio::test]
async fn a_list_that_is_denied_is_not_empty() {
    for refusal in [
        error(403, "AccessDenied"),
        error(404, "NoSuchBucket"),
        ResponseTemplate::new(404).set_body_raw("<html>not here</html>", "text/html"),
    ] {
        let server = with_bucket().await;
        answer(&server, "versions", refusal).await;
        let Observed::Unreadable(why) = dumps(&server).await else {
            panic!("it was read");
        };
        assert_eq!(why.action, "s3:ListBucketVersions");
    }
}

/// Nobody lists a bucket that nothing is dumped into, or for a plan; and only who lists needs the permission.
#[tokio::test]
async fn only_what_proofs_ask_about_is_listed() {
    let server = with_bucket().await;
    let mut want = spec(json!({"name": "acme"}));
    let world = world(&server).await;
    let listed = |purpose| {
        let all = S3Bucket::permissions(&want, &world.place, purpose);
        all.iter().any(|p| p.action == "s3:ListBucketVersions")
    };
    assert!(!listed(Purpose::Check));
    let wanted = [("acme".to_owned(), Some(want.clone()))];
    world.read_all(&wanted, Depth::Everything, false).await;
    S3Bucket::look_into(&mut want, String::new());
    let listed = |purpose| {
        let all = S3Bucket::permissions(&want, &world.place, purpose);
        all.iter().any(|p| p.action == "s3:ListBucketVersions")
    };
    // An apply looks into what was left half made.
    assert!(listed(Purpose::Check) && !listed(Purpose::Plan) && listed(Purpose::Apply));
    let wanted = [("acme".to_owned(), Some(want))];
    world.read_all(&wanted, Depth::Declared, false).await;
    let asked = server.received_requests().await.unwrap();
    let lists = asked
        .iter()
        .filter(|r| r.url.query_pairs().any(|(k, _)| k == "versions"));
    assert_eq!(lists.count(), 0);
}
