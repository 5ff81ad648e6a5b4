//! Two applies at once: with a lock one waits or ends; without one both converge.

use crate::support::{Clients, Estate};
use aws_sdk_s3::primitives::ByteStream;
use backstay::sandbox::{Fault, Outcome};
use jiff::{SignedDuration, Timestamp};
use std::process::{Child, Stdio};
use std::time::Duration;

pub(crate) const LOCKED: &str = r#"
backstay {
  project = "shared"
  lock { bucket = "keep-ACCOUNT" }
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "a" {
  name       = "a-ACCOUNT"
  versioning = true
}

s3_bucket "b" {
  name          = "b-ACCOUNT"
  versioning    = true
  public_access = false
}
"#;

const KEY: &str = "lock/shared.json";

fn lease(project: &str, expires: Timestamp) -> String {
    serde_json::json!({
        "backstay_lock": 1,
        "project": project,
        "id": "11111111-2222-3333-4444-555555555555",
        "holder": {
            "user": "ada", "host": "ci-7", "pid": 4242,
            "caller": "arn:aws:iam::000000000000:user/ada", "command": "backstay apply",
        },
        "since": "2026-01-02T03:04:05Z",
        "expires": expires,
    })
    .to_string()
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// An estate whose bucket for the lock is there, with this object under the lease's key.
async fn estate(object: Option<String>) -> (Estate, Clients) {
    let estate = Estate::new(LOCKED);
    let root = estate.root();
    estate.bucket("keep-ACCOUNT").await;
    if let Some(text) = object {
        put(&estate, &root, &text).await;
    }
    (estate, root)
}

fn bucket(estate: &Estate) -> String {
    format!("keep-{}", estate.account)
}

async fn put(estate: &Estate, root: &Clients, text: &str) {
    root.s3
        .put_object()
        .bucket(bucket(estate))
        .key(KEY)
        .body(ByteStream::from(text.as_bytes().to_vec()))
        .send()
        .await
        .unwrap();
}

async fn object(estate: &Estate, root: &Clients) -> Option<String> {
    let answer = root.s3.get_object().bucket(bucket(estate)).key(KEY).send().await;
    let body = answer.ok()?.body.collect().await.unwrap();
    Some(String::from_utf8(body.to_vec()).unwrap())
}

fn start(estate: &Estate, arguments: &[&str], said: &str) -> Child {
    let said = std::fs::File::create(estate.path(said)).unwrap();
    estate
        .command(arguments)
        .stdin(Stdio::null())
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn an_apply_gives_its_lock_back() {
    let (estate, root) = estate(None).await;
    let mark = estate.mark();
    estate.settle();
    let written = estate.written(mark);
    assert!(written[0].starts_with("s3:PutObject keep-"), "{written:#?}");
    assert!(
        written.last().unwrap().starts_with("s3:DeleteObject keep-"),
        "{written:#?}"
    );
    assert_eq!(object(&estate, &root).await, None);
}

#[tokio::test]
async fn who_holds_the_lock_is_told_and_nothing_is_written() {
    let held = lease("shared", later(600));
    let (estate, root) = estate(Some(held.clone())).await;
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0607")
        .tells("ada@ci-7 (process 4242 as arn:aws:iam::000000000000:user/ada) holds the lock since 2000-01-01T00:00:00Z")
        .tells("--lock-timeout");
    // What was tried is the one conditional write, which S3 refused.
    let done: Vec<_> = estate
        .asked(mark)
        .into_iter()
        .filter(|r| r.write && r.status < 400)
        .collect();
    assert!(done.is_empty(), "{done:#?}");
    assert_eq!(object(&estate, &root).await, Some(held));
}

#[tokio::test]
async fn a_saved_plan_takes_the_lock_too() {
    let (estate, root) = estate(None).await;
    estate.run(&["plan", "--out", "saved"]).exits(0);
    put(&estate, &root, &lease("shared", later(600))).await;
    estate
        .run(&["apply", "saved", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0607");
    put(&estate, &root, &lease("shared", later(-1))).await;
    estate
        .run(&["apply", "saved", "--auto-approve"])
        .exits(0)
        .tells("taken over");
    estate.plan().exits(0);
}

#[tokio::test]
async fn an_expired_lock_is_taken_over_and_said() {
    let (estate, root) = estate(Some(lease("shared", later(-1)))).await;
    estate
        .run(&["apply", "--auto-approve"])
        .exits(0)
        .tells("taken over: ada@ci-7");
    assert_eq!(object(&estate, &root).await, None);
}

#[tokio::test]
async fn an_apply_waits_for_the_lock_when_it_is_told_to() {
    let (estate, root) = estate(Some(lease("shared", later(600)))).await;
    let mut apply = start(
        &estate,
        &["apply", "--auto-approve", "--lock-timeout", "5m"],
        "said",
    );
    while !estate.read("said").contains("Waiting for the lock: ada@ci-7") {
        assert!(apply.try_wait().unwrap().is_none(), "{}", estate.read("said"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    root.s3
        .delete_object()
        .bucket(bucket(&estate))
        .key(KEY)
        .send()
        .await
        .unwrap();
    assert!(apply.wait().unwrap().success(), "{}", estate.read("said"));
    estate.plan().exits(0);
}

#[tokio::test]
async fn what_is_not_our_lease_is_never_overwritten() {
    for (text, why) in [
        ("hello".to_owned(), "it is something else"),
        ("{\"a\": 1}".to_owned(), "it is something else"),
        (lease("other", later(-1)), "it belongs to project \"other\""),
        (
            lease("shared", later(-1)).replace("\"backstay_lock\":1", "\"backstay_lock\":9"),
            "another version",
        ),
    ] {
        let (estate, root) = estate(Some(text.clone())).await;
        estate
            .run(&["apply", "--auto-approve"])
            .exits(1)
            .tells("BKS-E0506")
            .tells(why);
        estate.run(&["unlock", "--force"]).exits(1).tells(why);
        assert_eq!(object(&estate, &root).await, Some(text));
    }
}

#[tokio::test]
async fn a_bucket_that_cannot_be_used_ends_the_apply_before_it_writes() {
    let missing = Estate::new(LOCKED);
    let mark = missing.mark();
    missing
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0505")
        .tells("does not exist");
    assert_eq!(missing.written(mark), [""; 0]);

    let (denied, _) = estate(None).await;
    denied.fault(Fault::error("s3", "PutObject", 403, "AccessDenied"));
    denied
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("s3:PutObject: AccessDenied");
    denied.heal();
    denied.plan().exits(2);
}

#[tokio::test]
async fn a_bucket_in_another_region_and_under_a_prefix_is_found() {
    let estate = Estate::new(&LOCKED.replace(
        "lock { bucket = \"keep-ACCOUNT\" }",
        "lock {\n    bucket  = \"keep-ACCOUNT\"\n    prefix  = \"ours\"\n    key     = \"one\"\n    account = account.prod\n    ttl     = \"1m\"\n  }",
    ));
    let west = estate.root().region("us-west-2");
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("us-west-2".into())
        .build();
    let made = west.s3.create_bucket().bucket(bucket(&estate));
    made.create_bucket_configuration(place).send().await.unwrap();
    let mark = estate.mark();
    estate.settle();
    let written = estate.written(mark);
    assert!(
        written[0].starts_with("s3:PutObject keep-ACCOUNT/ours/one"),
        "{written:#?}"
    );
}

#[tokio::test]
async fn unlock_says_who_and_what_it_risks_and_asks() {
    let held = lease("shared", later(600));
    let (estate, root) = estate(Some(held.clone())).await;
    estate.run(&["unlock"]).exits(2).prints("ada@ci-7");
    estate
        .run(&["unlock", "--force", "--id", "x", "--auto-approve"])
        .exits(1)
        .tells("not the lease x any more");
    estate
        .answer(&["unlock", "--force"], "no\n")
        .exits(1)
        .prints("two applies write at once");
    assert_eq!(object(&estate, &root).await, Some(held));
    estate
        .answer(&["unlock", "--force"], "yes\n")
        .exits(0)
        .prints("The lock is broken.");
    assert_eq!(object(&estate, &root).await, None);
    estate.run(&["unlock"]).exits(0).prints("Nobody holds the lock.");
}

/// Two applies of the same posture side by side, and what they say.
fn race(estate: &Estate, arguments: &[&str]) -> [(Option<i32>, String); 2] {
    let mut both = ["one", "two"].map(|said| (start(estate, arguments, said), said));
    both.each_mut()
        .map(|(child, said)| (child.wait().unwrap().code(), estate.read(said)))
}

fn creations(estate: &Estate, mark: u64) -> usize {
    let made = estate.asked(mark);
    made.iter()
        .filter(|r| r.operation == "CreateBucket" && r.status == 200)
        .count()
}

#[tokio::test]
async fn of_two_applies_with_a_lock_the_second_finds_nothing_left_to_do() {
    let (estate, root) = estate(None).await;
    let mark = estate.mark();
    let both = race(&estate, &["apply", "--auto-approve", "--lock-timeout", "5m"]);
    assert!(both.iter().all(|(code, _)| *code == Some(0)), "{both:#?}");
    assert_eq!(
        both.iter()
            .filter(|(_, said)| said.contains("No changes"))
            .count(),
        1,
        "{both:#?}"
    );
    assert_eq!(creations(&estate, mark), 2);
    estate.plan().exits(0);
    assert_eq!(object(&estate, &root).await, None);
}

#[tokio::test]
async fn two_applies_without_a_lock_converge_and_make_nothing_twice() {
    let estate = Estate::new(&LOCKED.replace("lock { bucket = \"keep-ACCOUNT\" }", ""));
    let both = race(&estate, &["apply", "--auto-approve"]);
    assert!(both.iter().all(|(code, _)| *code == Some(0)), "{both:#?}");
    estate.plan().exits(0);
    let names = estate.root().s3.list_buckets().send().await.unwrap();
    assert_eq!(names.buckets().len(), 2);
}

/// Whoever broke the lock may be applying another posture: what all writes have done is done, and nothing is put in force.
#[tokio::test]
async fn a_lock_that_is_lost_puts_no_policy_in_force() {
    let (estate, root) = estate(None).await;
    estate.edit(
        "lock { bucket = \"keep-ACCOUNT\" }",
        "lock {\n    bucket = \"keep-ACCOUNT\"\n    ttl    = \"30s\"\n  }",
    );
    estate.settle();
    let policy = "policy {\n  disruptive {\n    window = \"Sun 03:00-05:00 UTC\"\n  }\n}\n";
    let posture = estate.read("main.hcl") + policy;
    estate.write("main.hcl", &posture);
    estate.edit(
        "s3_bucket \"a\" {",
        "s3_bucket \"a\" {\n  tags = { team = \"x\" }",
    );
    // Longer than it takes until the lease is renewed, a third of its time.
    estate.fault(Fault {
        service: Some("s3".to_owned()),
        operation: Some("PutBucketTagging".to_owned()),
        outcome: Outcome::Delay(12_000),
        ..Fault::default()
    });
    let mut applying = start(&estate, &["apply", "--auto-approve"], "said");
    // Its only step is on its way.
    while !estate.read("said").contains(" ...\n") {
        assert_eq!(applying.try_wait().unwrap(), None, "{}", estate.read("said"));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    put(&estate, &root, &lease("shared", later(3600))).await;
    let ended = applying.wait().unwrap();
    let said = estate.read("said");
    assert_eq!(ended.code(), Some(4), "{said}");
    assert!(
        said.contains("BKS-E0608") && said.contains("all 1 steps done, but the lock was lost meanwhile"),
        "{said}"
    );
    assert!(!estate.path(".local/state/backstay/policy").exists());
    estate.heal();
    put(&estate, &root, &lease("shared", later(-1))).await;
    estate.settle();
    assert!(estate.path(".local/state/backstay/policy").exists());
}

/// A plan that was still valid when the waiting began.
#[tokio::test]
async fn a_plan_that_grows_too_old_while_a_lock_is_waited_for_is_refused() {
    let (estate, root) = estate(None).await;
    estate
        .run(&["plan", "-out", "short.plan", "-valid-for", "5s"])
        .exits(0);
    put(&estate, &root, &lease("shared", later(9))).await;
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve", "--lock-timeout", "5m", "short.plan"])
        .exits(1)
        .tells("BKS-E0603")
        .tells("was valid until");
    assert_eq!(creations(&estate, mark), 0);
}
