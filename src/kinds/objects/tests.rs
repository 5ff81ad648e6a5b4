//! What lies in buckets, over real HTTP: pages of both sides, refusals, and the retention of single versions. The local AWS
//! has neither old objects nor pages of a thousand.

use super::{Place, arrived, retentions, sealed};
use crate::kinds::testing::{cloud, place};
use crate::model::Observed;
use crate::model::fact::{Arrival, LockMode, Missing, Retention, Sealed};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;
use wiremock::matchers::{method, path, path_regex, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A version or the mark of a deletion, and how many hours ago.
#[derive(Clone, Copy)]
enum Entry {
    Version(&'static str, &'static str, i64),
    Marker(&'static str, i64),
}
use Entry::{Marker, Version};

fn ago(hours: i64) -> Timestamp {
    let then = Timestamp::now() - SignedDuration::from_hours(hours);
    Timestamp::new(then.as_second(), 0).unwrap()
}

/// Newest first within a key, as S3 lists them.
fn page(entries: &[Entry], next: Option<&str>) -> ResponseTemplate {
    let mut seen: Vec<&str> = Vec::new();
    let mut body = String::new();
    for entry in entries {
        let (element, key, id, hours, tag) = match *entry {
            Version(key, id, hours) => ("Version", key, id, hours, format!("<ETag>of-{key}</ETag>")),
            Marker(key, hours) => ("DeleteMarker", key, "m", hours, String::new()),
        };
        let latest = !seen.contains(&key);
        seen.push(key);
        write!(
            body,
            "<{element}><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
             <LastModified>{}</LastModified>{tag}</{element}>",
            ago(hours)
        )
        .unwrap();
    }
    if let Some(next) = next {
        write!(
            body,
            "<IsTruncated>true</IsTruncated><NextKeyMarker>{next}</NextKeyMarker>\
             <NextVersionIdMarker>v</NextVersionIdMarker>"
        )
        .unwrap();
    }
    let body = format!("<ListVersionsResult>{body}</ListVersionsResult>");
    ResponseTemplate::new(200).set_body_raw(body, "application/xml")
}

fn refused(status: u16, code: &str) -> ResponseTemplate {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    ResponseTemplate::new(status).set_body_raw(body, "application/xml")
}

async fn first(server: &MockServer, bucket: &str, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path_regex(format!("^/{bucket}/?$")))
        .and(query_param_is_missing("key-marker"))
        .and(query_param_is_missing("delimiter"))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

async fn after(server: &MockServer, bucket: &str, key: &str, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path_regex(format!("^/{bucket}/?$")))
        .and(query_param("key-marker", key))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

async fn compared(server: &MockServer) -> Observed<Arrival> {
    let here = place();
    let reader = cloud(&server.uri()).reader(&here.scope()).unwrap();
    let bucket = |name| Place {
        reader: &reader,
        region: &here.region,
        name,
        owner: &here.account_id,
    };
    arrived(bucket("data"), bucket("copy"), "").await
}

async fn comparing(from: &[Entry], to: &[Entry]) -> Arrival {
    let server = MockServer::start().await;
    first(&server, "data", page(from, None)).await;
    first(&server, "copy", page(to, None)).await;
    match compared(&server).await {
        Observed::Present(arrival) => arrival,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn copies_are_known_by_key_and_version() {
    // An empty source is whole, and so is what has only what may be on its way.
    let nothing = comparing(&[], &[]).await;
    assert_eq!((nothing.compared, nothing.whole, nothing.missing), (0, true, 0));
    let young = comparing(&[Version("a", "1", 0)], &[]).await;
    assert_eq!((young.compared, young.whole, young.missing), (0, true, 0));

    let both = [Version("a", "2", 3), Version("a", "1", 9), Version("b", "1", 5)];
    let whole = comparing(&both, &both).await;
    assert_eq!((whole.compared, whole.missing), (3, 0));
    assert_eq!((whole.first, whole.history_from), (None, None));

    assert_eq!(whole.newest.unwrap().get(..13), ago(3).to_string().get(..13));

    // The same keys under other versions are other objects: somebody uploaded them anew.
    let others = [Version("a", "x", 3), Version("a", "y", 9), Version("b", "z", 5)];
    let lacking = comparing(&both, &others).await;
    assert_eq!((lacking.compared, lacking.missing), (3, 2));
    assert_eq!(lacking.first.map(|m| m.key), Some("b".into()));
}

#[tokio::test]
async fn the_oldest_current_object_that_is_missing_is_named() {
    let from = [
        Version("a", "1", 20),
        Version("b", "1", 900),
        Version("c", "1", 30),
        Version("d", "1", 1),
    ];
    let lacking = comparing(&from, &[Version("a", "1", 20), Version("d", "1", 1)]).await;
    assert_eq!((lacking.compared, lacking.missing), (4, 2));
    // What is written now arrives, whatever is missing from before.
    assert!(lacking.newest.is_some());
    let stopped = comparing(&from, &[Version("a", "1", 20), Version("b", "1", 900)]).await;
    assert_eq!(stopped.newest, None);
    let expected = Missing {
        key: "b".into(),
        written: ago(900).to_string(),
    };
    let found = lacking.first.unwrap();
    assert_eq!(found.key, expected.key);
    assert_eq!(found.written.get(..13), expected.written.get(..13));
}

/// Replaced versions that are not there end how far back the copy goes: at the moment at which the last one was replaced.
#[tokio::test]
async fn replaced_versions_that_are_missing_shorten_history_and_nothing_else() {
    let from = [
        Version("a", "2", 10),
        Version("a", "1", 100),
        Marker("b", 50),
        Version("b", "1", 200),
    ];
    let lacking = comparing(&from, &[Version("a", "2", 10)]).await;
    assert_eq!((lacking.missing, lacking.first), (0, None));
    let from: Timestamp = lacking.history_from.unwrap().parse().unwrap();
    assert!(from.duration_since(ago(10)).as_secs().abs() < 60, "{from}");
}

/// What was written before versions were kept has no id of its own; it is known by its contents.
#[tokio::test]
async fn what_has_no_version_is_known_by_its_contents() {
    let from = [Version("a", "null", 20), Version("b", "null", 20)];
    let lacking = comparing(&from, &[Version("a", "v", 20), Version("c", "null", 20)]).await;
    assert_eq!(lacking.first.map(|m| m.key), Some("b".into()));
}

/// The replica may hold other things in between: it is read on, as far as the source was.
#[tokio::test]
async fn the_same_keys_are_compared() {
    let server = MockServer::start().await;
    let from = [Version("b", "1", 20), Version("k", "1", 20)];
    first(&server, "data", page(&from, Some("k"))).await;
    folders(&server, None, &[]).await;
    first(&server, "copy", page(&[Version("a", "1", 20)], Some("a"))).await;
    let second = [
        Version("b", "1", 20),
        Version("k", "1", 20),
        Version("l", "1", 20),
    ];
    after(&server, "copy", "a", page(&second, Some("l"))).await;
    let Observed::Present(arrival) = compared(&server).await else {
        panic!("not read");
    };
    assert_eq!((arrival.compared, arrival.missing, arrival.whole), (2, 0, false));

    // Where it was not read so far, nothing is said of what lies beyond.
    let server = MockServer::start().await;
    first(&server, "data", page(&from, None)).await;
    first(&server, "copy", page(&[Version("b", "1", 20)], Some("c"))).await;
    after(&server, "copy", "c", page(&[], Some("c"))).await;
    let Observed::Present(arrival) = compared(&server).await else {
        panic!("not read");
    };
    assert_eq!((arrival.compared, arrival.missing, arrival.whole), (1, 0, false));
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_never_an_empty_one() {
    for (denied, other) in [("data", "copy"), ("copy", "data")] {
        let server = MockServer::start().await;
        first(&server, denied, refused(403, "AccessDenied")).await;
        first(&server, other, page(&[Version("a", "1", 20)], None)).await;
        let Observed::Unreadable(why) = compared(&server).await else {
            panic!("read");
        };
        assert!(why.denied && why.action == "s3:ListBucketVersions", "{why:?}");
    }
}

async fn kept(server: &MockServer, days: u32) -> Observed<Vec<Retention>> {
    let here = place();
    let reader = cloud(&server.uri()).reader(&here.scope()).unwrap();
    let of = Place {
        reader: &reader,
        region: &here.region,
        name: "data",
        owner: &here.account_id,
    };
    retentions(of, days).await
}

#[tokio::test]
async fn the_oldest_that_a_lock_should_cover_are_asked_for_their_retention() {
    let retention = "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>";
    let locked = ResponseTemplate::new(200).set_body_raw(retention, "application/xml");
    let server = MockServer::start().await;
    // The first has outlived a lock of ten days, whenever that began.
    let all = [
        Version("a", "1", 24 * 30),
        Version("b", "1", 24 * 9),
        Version("c", "1", 24 * 2),
    ];
    first(&server, "data", page(&all, None)).await;
    for (key, answer) in [
        ("b", refused(404, "NoSuchObjectLockConfiguration")),
        ("c", locked),
    ] {
        Mock::given(path(format!("/data/{key}")))
            .and(query_param("retention", ""))
            .and(query_param("versionId", "1"))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
    }
    let Observed::Present(found) = kept(&server, 10).await else {
        panic!("not read");
    };
    let said: Vec<_> = found.iter().map(|r| (r.key.as_str(), r.mode)).collect();
    assert_eq!(said, [("b", None), ("c", Some(LockMode::Compliance))]);

    let server = MockServer::start().await;
    first(&server, "data", page(&all, None)).await;
    Mock::given(query_param("retention", ""))
        .respond_with(refused(403, "AccessDenied"))
        .mount(&server)
        .await;
    let Observed::Unreadable(why) = kept(&server, 10).await else {
        panic!("read");
    };
    assert!(why.denied && why.action == "s3:GetObjectRetention", "{why:?}");
}

#[tokio::test]
async fn no_more_than_five_are_asked() {
    let keys = ["a", "b", "c", "d", "e", "f", "g"];
    let all: Vec<Entry> = keys.iter().map(|key| Version(key, "1", 5)).collect();
    let server = MockServer::start().await;
    first(&server, "data", page(&all, None)).await;
    Mock::given(query_param("retention", ""))
        .respond_with(refused(404, "NoSuchObjectLockConfiguration"))
        .expect(5)
        .mount(&server)
        .await;
    assert!(matches!(kept(&server, 10).await, Observed::Present(all) if all.len() == 5));
}

async fn keys_of(server: &MockServer, prefixes: &[&str]) -> Observed<Vec<Sealed>> {
    let here = place();
    let reader = cloud(&server.uri()).reader(&here.scope()).unwrap();
    let of = Place {
        reader: &reader,
        region: &here.region,
        name: "data",
        owner: &here.account_id,
    };
    sealed(of, prefixes).await
}

async fn head(server: &MockServer, key: &str, answer: ResponseTemplate) {
    Mock::given(method("HEAD"))
        .and(path(format!("/data/{key}")))
        .and(query_param("versionId", "1"))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

/// Each answers for itself: what is gone is nothing, what is denied is not read, and what S3 refuses otherwise is neither.
#[tokio::test]
async fn objects_tell_their_own_keys() {
    const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/old";
    let named = |name: &str| {
        ResponseTemplate::new(200).insert_header("x-amz-server-side-encryption-aws-kms-key-id", name)
    };
    let server = MockServer::start().await;
    let all = ["a", "b", "c", "d", "e", "f"].map(|key| Version(key, "1", 5));
    first(&server, "data", page(&all, None)).await;
    head(&server, "a", named(KEY)).await;
    head(&server, "b", named("old")).await;
    head(&server, "c", ResponseTemplate::new(200)).await;
    head(&server, "d", ResponseTemplate::new(404)).await;
    head(&server, "e", ResponseTemplate::new(403)).await;
    head(&server, "f", ResponseTemplate::new(400)).await;
    let Observed::Present(found) = keys_of(&server, &[""]).await else {
        panic!("not read");
    };
    let said: Vec<(&str, String)> = found
        .iter()
        .map(|sealed| {
            let by = match &sealed.by {
                Observed::Present(arn) => arn.to_string(),
                Observed::Absent => "the service".to_owned(),
                Observed::Unreadable(why) => format!("{} denied: {}", why.action, why.denied),
            };
            (sealed.key.as_str(), by)
        })
        .collect();
    let expected = [
        ("a", KEY.to_owned()),
        ("b", KEY.to_owned()),
        ("c", "the service".to_owned()),
        ("e", "s3:GetObjectVersion denied: true".to_owned()),
        ("f", "s3:GetObjectVersion denied: false".to_owned()),
    ];
    assert_eq!(said, expected);

    let server = MockServer::start().await;
    first(&server, "data", refused(403, "AccessDenied")).await;
    let Observed::Unreadable(why) = keys_of(&server, &[""]).await else {
        panic!("read");
    };
    assert!(why.denied && why.action == "s3:ListBucketVersions", "{why:?}");
}

/// Ten of many: the oldest and the newest, one of each of the first folders, and others of every age.
#[tokio::test]
async fn keys_are_asked_of_every_age_and_of_several_folders() {
    let names: Vec<String> = (0..40)
        .map(|n| format!("{}/{n:02}", ["x", "y", "z"][n % 3]))
        .collect();
    let names: &'static [String] = names.leak();
    let all: Vec<Entry> = (1..)
        .zip(names)
        .map(|(hours, name)| Version(name, "1", hours))
        .collect();
    let server = MockServer::start().await;
    first(&server, "data", page(&all, None)).await;
    Mock::given(method("HEAD"))
        .respond_with(ResponseTemplate::new(200))
        .expect(10)
        .mount(&server)
        .await;
    let Observed::Present(found) = keys_of(&server, &[""]).await else {
        panic!("not read");
    };
    let said: Vec<&str> = found.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(said.first(), Some(&"x/39"));
    assert_eq!(said.last(), Some(&"x/00"));
    for folder in ["x/", "y/", "z/"] {
        assert!(said.iter().any(|key| key.starts_with(folder)), "{said:?}");
    }
    // No quarter of its life goes unasked.
    for quarter in 0..4 {
        let within = |key: &&&str| key[2..].parse::<usize>().unwrap() / 10 == quarter;
        assert!(said.iter().any(|key| within(&key)), "{said:?}");
    }
}

/// The folders of a bucket, as a list with a delimiter tells them.
async fn folders(server: &MockServer, within: Option<&str>, found: &[&str]) {
    let found: String = found
        .iter()
        .map(|f| format!("<CommonPrefixes><Prefix>{f}</Prefix></CommonPrefixes>"))
        .collect();
    let body = format!("<ListVersionsResult>{found}</ListVersionsResult>");
    let asked = Mock::given(path_regex("^/data/?$")).and(query_param("delimiter", "/"));
    let asked = match within {
        Some(prefix) => asked.and(query_param("prefix", prefix)),
        None => asked.and(query_param_is_missing("prefix")),
    };
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/xml");
    asked.respond_with(answer).expect(1).mount(server).await;
}

async fn within(server: &MockServer, bucket: &str, prefix: Option<&str>, answer: ResponseTemplate) {
    let listed = Mock::given(path_regex(format!("^/{bucket}/?$")));
    let asked = listed.and(query_param_is_missing("delimiter"));
    let asked = match prefix {
        Some(prefix) => asked.and(query_param("prefix", prefix)),
        None => asked.and(query_param_is_missing("prefix")),
    };
    asked.respond_with(answer).expect(1).mount(server).await;
}

/// What lies behind the first page is missed too: where a large bucket branches, folders there are compared.
#[tokio::test]
async fn folders_behind_the_first_page_are_compared() {
    let server = MockServer::start().await;
    let first_page = [Version("all/a/1", "1", 20)];
    within(&server, "data", None, page(&first_page, Some("all/a/1"))).await;
    within(&server, "copy", None, page(&first_page, None)).await;
    // Everything lies in one folder, which branches.
    folders(&server, None, &["all/"]).await;
    folders(
        &server,
        Some("all/"),
        &["all/a/", "all/b/", "all/c/", "all/d/", "all/e/"],
    )
    .await;
    let there = [Version("all/c/1", "1", 30)];
    within(&server, "data", Some("all/c/"), page(&there, None)).await;
    within(&server, "copy", Some("all/c/"), page(&there, None)).await;
    within(&server, "data", Some("all/d/"), page(&[], None)).await;
    within(&server, "copy", Some("all/d/"), page(&[], None)).await;
    within(
        &server,
        "data",
        Some("all/e/"),
        page(&[Version("all/e/1", "1", 10)], None),
    )
    .await;
    within(&server, "copy", Some("all/e/"), page(&[], None)).await;
    let Observed::Present(arrival) = compared(&server).await else {
        panic!("not read");
    };
    assert_eq!((arrival.compared, arrival.missing, arrival.whole), (3, 1, false));
    assert_eq!(arrival.folders, ["all/c/", "all/d/", "all/e/"]);
    assert_eq!(arrival.first.map(|m| m.key), Some("all/e/1".into()));
    // The newest of all is the one that is missing.
    assert_eq!(arrival.newest, None);
}

/// Single versions are chosen from behind the first page as well, and its folders are looked for once.
#[tokio::test]
async fn single_versions_are_asked_behind_the_first_page() {
    let server = MockServer::start().await;
    within(
        &server,
        "data",
        None,
        page(&[Version("a/1", "1", 20)], Some("a/1")),
    )
    .await;
    folders(&server, None, &["a/", "b/"]).await;
    within(
        &server,
        "data",
        Some("b/"),
        page(&[Version("b/1", "1", 90)], None),
    )
    .await;
    for key in ["a/1", "b/1"] {
        head(&server, key, ResponseTemplate::new(200)).await;
    }
    Mock::given(query_param("retention", ""))
        .respond_with(refused(404, "NoSuchObjectLockConfiguration"))
        .expect(2)
        .mount(&server)
        .await;
    let here = place();
    let reader = cloud(&server.uri()).reader(&here.scope()).unwrap();
    let of = Place {
        reader: &reader,
        region: &here.region,
        name: "data",
        owner: &here.account_id,
    };
    let (keys, retentions) = futures::join!(sealed(of, &[""]), retentions(of, 30));
    let (Observed::Present(keys), Observed::Present(retentions)) = (keys, retentions) else {
        panic!("not read");
    };
    assert_eq!(
        keys.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(),
        ["b/1", "a/1"]
    );
    assert_eq!(
        retentions.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(),
        ["b/1", "a/1"]
    );
}
