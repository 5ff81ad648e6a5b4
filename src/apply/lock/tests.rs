//! The lease against an S3 that answers conditions as S3 documents them, and fails when told to.

use super::*;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use std::sync::{Arc, Mutex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// One object, and how the server is to misbehave.
#[derive(Debug, Default)]
struct Bucket {
    object: Option<Vec<u8>>,
    version: u64,
    writes: usize,
    /// Writes are refused.
    refuses: bool,
    /// A look at the bucket is refused, without a word as every answer to HEAD.
    denies: bool,
    /// The next write takes effect, and its answer is an error.
    loses_an_answer: bool,
    /// How far the server's clock is ahead, in seconds.
    ahead: i64,
}

#[derive(Debug, Clone, Default)]
struct S3(Arc<Mutex<Bucket>>);

impl Respond for S3 {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut bucket = self.0.lock().unwrap();
        let now = jiff::Timestamp::now() + SignedDuration::from_secs(bucket.ahead);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&now)
            .unwrap();
        bucket.answer(request).insert_header("date", date.as_str())
    }
}

impl Bucket {
    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        let tag = format!("\"{}\"", self.version);
        let holds = match (header("if-match"), header("if-none-match")) {
            (Some(wanted), _) => self.object.is_some() && wanted == tag,
            (None, Some(_)) => self.object.is_none(),
            (None, None) => true,
        };
        match request.method.as_str() {
            "HEAD" if self.denies => ResponseTemplate::new(403),
            "HEAD" => ResponseTemplate::new(200),
            "GET" => match &self.object {
                Some(bytes) => ResponseTemplate::new(200)
                    .insert_header("etag", tag.as_str())
                    .set_body_bytes(bytes.clone()),
                None => ResponseTemplate::new(404),
            },
            _ if self.refuses => ResponseTemplate::new(403),
            _ if !holds => ResponseTemplate::new(412),
            method => {
                self.writes += 1;
                self.version += 1;
                self.object = (method == "PUT").then(|| body(&request.body));
                if std::mem::take(&mut self.loses_an_answer) {
                    return ResponseTemplate::new(500);
                }
                let tag = format!("\"{}\"", self.version);
                ResponseTemplate::new(200).insert_header("etag", tag.as_str())
            }
        }
    }
}

/// The object in a body that may be sent in chunks.
fn body(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|b| *b == b'{').unwrap();
    let end = bytes.iter().rposition(|b| *b == b'}').unwrap();
    bytes[start..=end].to_vec()
}

impl S3 {
    async fn start(&self) -> (MockServer, Cloud) {
        let server = MockServer::start().await;
        server
            .register(Mock::given(any()).respond_with(self.clone()))
            .await;
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(server.uri())
            .region(Region::new("us-east-1"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "a", "b", None, None, "test",
            )))
            .build();
        let id = "111111111111".parse().unwrap();
        (server, Cloud::of([("main".to_owned(), id, config)]))
    }

    fn lease(&self) -> Option<Lease> {
        let bucket = self.0.lock().unwrap();
        bucket.object.as_ref().map(|o| serde_json::from_slice(o).unwrap())
    }

    fn set(&self, change: impl FnOnce(&mut Bucket)) {
        change(&mut self.0.lock().unwrap());
    }
}

fn settings(ttl: u64) -> Lock {
    Lock {
        place: BucketPlace {
            account: "main".to_owned(),
            bucket: "keep".to_owned(),
            prefix: String::new(),
        },
        key: "lock/acme.json".to_owned(),
        ttl: crate::model::Duration::from_secs(ttl),
    }
}

async fn take(cloud: &Cloud, ttl: u64, said: &mut Vec<String>) -> Result<Locked, Diagnostic> {
    let holder = Holder {
        user: "ada".to_owned(),
        host: "here".to_owned(),
        pid: 1,
        caller: None,
        command: "backstay apply".to_owned(),
    };
    let tell = |waiting: Waiting<'_>| said.push(format!("{waiting:?}"));
    lock(&settings(ttl), "acme", holder, cloud, Duration::ZERO, tell).await
}

#[tokio::test]
async fn a_lease_is_renewed_while_it_is_held_and_then_gone() {
    let s3 = S3::default();
    let (_server, cloud) = s3.start().await;
    let locked = take(&cloud, 6, &mut Vec::new()).await.unwrap();
    let first = s3.lease().unwrap();
    while s3.lease().unwrap().expires == first.expires {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(s3.lease().unwrap().id, first.id);
    assert!(locked.lost().borrow().is_none());
    locked.release().await.unwrap();
    assert_eq!(s3.lease(), None);
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_is_lost_before_it_ends() {
    let s3 = S3::default();
    let (_server, cloud) = s3.start().await;
    let locked = take(&cloud, 6, &mut Vec::new()).await.unwrap();
    s3.set(|b| b.refuses = true);
    let mut lost = locked.lost();
    let why = lost.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert_eq!(why.code, code::LOCK_LOST);
    assert!(why.detail.contains("AccessDenied"), "{}", why.detail);
    assert!(jiff::Timestamp::now() < s3.lease().unwrap().expires);
}

#[tokio::test]
async fn a_lease_that_somebody_took_by_force_is_lost_and_left_alone() {
    let s3 = S3::default();
    let (_server, cloud) = s3.start().await;
    let locked = take(&cloud, 6, &mut Vec::new()).await.unwrap();
    let mut theirs = s3.lease().unwrap();
    theirs.id = "theirs".to_owned();
    theirs.holder.user = "eve".to_owned();
    s3.set(|b| {
        b.object = Some(serde_json::to_vec(&theirs).unwrap());
        b.version += 1;
    });
    let mut lost = locked.lost();
    let why = lost.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert!(why.detail.contains("eve@here"), "{}", why.detail);
    locked.release().await.unwrap();
    assert_eq!(s3.lease(), Some(theirs));
}

#[tokio::test]
async fn a_lost_answer_does_not_lock_us_out_of_our_own_lease() {
    let s3 = S3::default();
    let (_server, cloud) = s3.start().await;
    s3.set(|b| b.loses_an_answer = true);
    let locked = take(&cloud, 60, &mut Vec::new()).await.unwrap();
    assert_eq!(s3.0.lock().unwrap().writes, 1);
    locked.release().await.unwrap();
    assert_eq!(s3.lease(), None);
}

#[tokio::test]
async fn the_servers_clock_decides_and_a_local_one_that_is_off_is_told() {
    let s3 = S3::default();
    s3.set(|b| b.ahead = 600);
    let (_server, cloud) = s3.start().await;
    let mut said = Vec::new();
    let locked = take(&cloud, 60, &mut said).await.unwrap();
    assert!(said[0].starts_with("ClockOff("), "{said:?}");
    let lease = s3.lease().unwrap();
    let ahead = lease.since.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((590..=600).contains(&ahead), "{ahead}");
    locked.release().await.unwrap();

    // By our own clock this one would still be valid for minutes.
    let expired = Lease {
        expires: jiff::Timestamp::now() + SignedDuration::from_secs(300),
        ..lease
    };
    s3.set(|b| b.object = Some(serde_json::to_vec(&expired).unwrap()));
    let mut said = Vec::new();
    let locked = take(&cloud, 60, &mut said).await.unwrap();
    assert!(said.iter().any(|s| s.starts_with("TookOver(")), "{said:?}");
    locked.release().await.unwrap();
}

/// AWS refuses what is signed by a clock that is off, and to HEAD it cannot say so.
#[tokio::test]
async fn a_bucket_that_is_refused_for_the_clock_says_so() {
    for (ahead, told) in [
        (3600, "60 minutes behind that of S3"),
        (-3600, "60 minutes ahead of that of S3"),
    ] {
        let s3 = S3::default();
        s3.set(|b| (b.denies, b.ahead) = (true, ahead));
        let (_server, cloud) = s3.start().await;
        let said = take(&cloud, 60, &mut Vec::new()).await.unwrap_err();
        assert_eq!(said.code, code::NO_CREDENTIALS);
        assert!(said.remedy.unwrap().starts_with("Set the clock first"));
        // What passes between both looks may cost a minute.
        let near = told.replace("60", "59");
        assert!(
            said.detail.contains(told) || said.detail.contains(&near),
            "{}",
            said.detail
        );
    }
    let s3 = S3::default();
    s3.set(|b| b.denies = true);
    let (_server, cloud) = s3.start().await;
    let said = take(&cloud, 60, &mut Vec::new()).await.unwrap_err();
    assert_eq!(said.code, code::UNREADABLE);
    assert!(!said.detail.contains("clock"), "{}", said.detail);
}
