//! A cloud that refuses, lies elsewhere or does not answer: said clearly, and nothing changed.

use crate::support::{Estate, Run};
use backstay::sandbox::{Fault, Outcome};
use std::time::{Duration, Instant};

const MANY: &str = r#"backstay {
  project = "many"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "many" {
  for_each   = toset(["one", "two", "three"])
  name       = "${each.key}-ACCOUNT"
  versioning = true
}
"#;

const BUCKETS: &str = r#"
s3_bucket "one" {
  account = "ACCOUNT"
  name    = "one-ACCOUNT"
}
s3_bucket "two" {
  account = "ACCOUNT"
  name    = "two-ACCOUNT"
}
s3_bucket "three" {
  account = "ACCOUNT"
  name    = "three-ACCOUNT"
}
"#;

/// Plan, check and apply end with 1 and change nothing; what the plan said.
#[track_caller]
fn refused(estate: &Estate) -> Run {
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(1);
    estate.run(&["check"]).exits(1);
    let run = estate.run(&["plan", "--detailed-exitcode"]).exits(1);
    assert_eq!(estate.written(mark), Vec::<String>::new());
    run
}

#[tokio::test]
async fn somebody_elses_bucket() {
    let estate = Estate::new(MANY);
    estate
        .seed("s3_bucket \"two\" {\n  account = \"VAULT\"\n  name = \"two-ACCOUNT\"\n}")
        .await;
    let run = refused(&estate);
    insta::assert_snapshot!("bucket_of_somebody_else", run.stderr);
    // The others are planned all the same.
    run.prints("s3_bucket.many[\"one\"] will be created")
        .prints("s3_bucket.many[\"three\"] will be created");
}

/// What a denied search would have found may be anything: the declared part is as declared, and the whole is not known to be.
#[tokio::test]
async fn what_could_not_be_looked_for_is_not_clean() {
    let estate = Estate::new(MANY);
    estate.settle();
    estate.run(&["plan", "--detailed-exitcode"]).exits(0);
    estate.run(&["check", "--fail-on", "critical"]).exits(0);

    estate.fault(Fault {
        operation: Some("GetResources".to_owned()),
        outcome: Outcome::Error {
            status: 400,
            code: "AccessDeniedException".to_owned(),
        },
        ..Fault::default()
    });
    let run = estate.run(&["plan", "--detailed-exitcode"]).exits(1);
    run.prints("No changes known. 3 resources compared with the live cloud, nothing of them differs.")
        .prints("Whether the project owns what no block declares is not known:")
        .prints("kms_key in prod/us-east-1");
    let told = estate.run(&["plan", "--json"]).lines();
    let counts = told
        .iter()
        .find(|l| l["type"] == "change_summary")
        .map(|l| l["changes"]["undiscovered"].as_u64().unwrap());
    assert!(counts > Some(0), "{told:?}");
    let run = estate.run(&["check", "--fail-on", "critical", "--format", "json"]);
    let report = run.exits(1).json();
    assert_eq!(report["summary"]["unknown"], counts.unwrap(), "{report:#}");
}

/// What another version has kept and this one cannot read is there all the same.
#[tokio::test]
async fn what_is_kept_and_does_not_fit_is_unknown_and_not_absent() {
    let posture = MANY.split("s3_bucket").next().unwrap();
    let estate = Estate::new(&format!(
        "{posture}backup_vault \"main\" {{\n  name = \"main\"\n}}\n"
    ));
    estate.settle();
    estate.run(&["plan", "--save-snapshot", "seen.json"]).exits(0);
    let mut seen: serde_json::Value = serde_json::from_str(&estate.read("seen.json")).unwrap();
    let entries = seen["entries"].as_array_mut().unwrap();
    let vault = entries
        .iter_mut()
        .find(|e| e["kind"] == "backup_vault" && e["ident"] == "main")
        .unwrap();
    vault["seen"] = serde_json::json!({ "present": {} });
    estate.write("seen.json", &seen.to_string());
    let run = estate
        .run(&["check", "--snapshot", "seen.json", "--format", "json"])
        .exits(1);
    let report = run.json();
    let unread = report["findings"].as_array().unwrap().iter();
    let unread = unread.filter(|f| f["id"] == "BKS-READ-001" && f["address"] == "backup_vault.main");
    assert_eq!(unread.count(), 1, "{run:#?}");
    run.tells("does not fit");
}

#[tokio::test]
async fn a_database_that_does_not_exist() {
    let estate = Estate::new(
        r#"backstay {
  project = "lost"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

rds_instance "app" {
  identifier          = "app"
  deletion_protection = true
}
"#,
    );
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(1);
    assert_eq!(estate.written(mark), Vec::<String>::new());
    let run = estate.run(&["plan", "--detailed-exitcode"]).exits(1);
    insta::assert_snapshot!("database_missing", run.stderr);
    // For an audit it is drift: the estate is not as declared.
    estate.run(&["check"]).exits(2).prints("BKS-DRIFT-002");
    // It exists, but in another region.
    estate
        .seed("rds_instance \"app\" {\n  account = \"ACCOUNT\"\n  region = \"eu-west-1\"\n}")
        .await;
    estate.run(&["plan"]).exits(1).tells("us-east-1");
    estate.edit("us-east-1", "eu-west-1");
    estate.settle();
}

#[tokio::test]
async fn a_bucket_in_another_region() {
    let estate = Estate::new(MANY);
    estate
        .seed("s3_bucket \"two\" {\n  account = \"ACCOUNT\"\n  region = \"eu-west-1\"\n  name = \"two-ACCOUNT\"\n}")
        .await;
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(1);
    let run = estate.run(&["plan", "--detailed-exitcode"]).exits(1);
    insta::assert_snapshot!("bucket_elsewhere", run.stderr);
    estate.run(&["check"]).exits(3).prints("BKS-DRIFT-003");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

/// A bucket that a block declares where it does not lie is not one that no block declares.
#[tokio::test]
async fn a_bucket_that_cannot_move_is_not_let_go() {
    let posture = MANY.split("s3_bucket").next().unwrap();
    let bucket = |name: &str, region: &str| {
        format!("s3_bucket \"{name}\" {{\n  region = \"{region}\"\n  name = \"{name}-ACCOUNT\"\n}}\n\n")
    };
    let stays = bucket("stays", "eu-west-1");
    let estate = Estate::new(&format!("{posture}{stays}{}", bucket("moves", "eu-west-1")));
    estate.settle();
    estate.write(
        "main.hcl",
        &format!("{posture}{stays}{}", bucket("moves", "us-east-1")),
    );
    let run = estate.run(&["plan"]).exits(1).tells("a bucket can never move");
    assert!(!run.stdout.contains("released"), "{}", run.stdout);
}

#[tokio::test]
async fn no_credentials() {
    let estate = Estate::new(MANY)
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    let start = Instant::now();
    let run = refused(&estate);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    insta::assert_snapshot!("credentials_missing", run.stderr);
}

#[tokio::test]
async fn another_account() {
    let estate = Estate::new(MANY);
    let vault = estate.vault.clone();
    let estate = estate.with("AWS_ACCESS_KEY_ID", &vault);
    insta::assert_snapshot!("account_is_another", refused(&estate).stderr);
}

#[tokio::test]
async fn one_of_many_may_not_be_read() {
    let estate = Estate::new(MANY);
    estate.seed(BUCKETS).await;
    estate.fault(Fault::error("s3", "GetBucketVersioning", 403, "AccessDenied").on("two-"));
    let run = refused(&estate);
    insta::assert_snapshot!("one_may_not_be_read", run.stderr);
    run.prints("s3_bucket.many[\"one\"] will be updated in-place")
        .prints("s3_bucket.many[\"three\"] will be updated in-place");
    estate.heal();
    estate.settle();
}

#[tokio::test]
async fn nothing_may_be_read() {
    let estate = Estate::new(MANY);
    estate.seed(BUCKETS).await;
    estate.fault(Fault {
        service: Some("s3".to_owned()),
        outcome: Outcome::Error {
            status: 403,
            code: "AccessDenied".to_owned(),
        },
        ..Fault::default()
    });
    let run = refused(&estate);
    assert!(run.stderr.contains("s3:"), "{}", run.stderr);
    assert!(run.stderr.contains("backstay permissions"), "{}", run.stderr);
    estate.heal();
}

#[test]
fn a_dead_endpoint() {
    let estate = Estate::new(MANY).with("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let start = Instant::now();
    let run = estate.run(&["plan"]).exits(1);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    insta::assert_snapshot!("endpoint_dead", run.stderr);
}

#[test]
fn an_endpoint_that_is_something_else() {
    let estate = Estate::new(MANY).with("AWS_ENDPOINT_URL", "not an address");
    let run = estate.run(&["plan"]).exits(1);
    assert!(run.stderr.contains("AWS_ENDPOINT_URL"), "{}", run.stderr);
}

fn throttled() -> Fault {
    Fault {
        service: Some("s3".to_owned()),
        outcome: Outcome::Error {
            status: 503,
            code: "SlowDown".to_owned(),
        },
        ..Fault::default()
    }
}

#[tokio::test]
async fn throttling_that_passes_is_waited_for() {
    let estate = Estate::new(MANY);
    estate.seed(BUCKETS).await;
    estate.fault(throttled().times(4));
    estate.plan().exits(2);
    estate.fault(throttled().times(4));
    estate.settle();
}

#[tokio::test]
async fn throttling_that_stays_is_unknown_and_never_clean() {
    let estate = Estate::new(MANY);
    estate.seed(BUCKETS).await;
    estate.settle();
    estate.fault(throttled());
    let start = Instant::now();
    let mark = estate.mark();
    let run = estate.run(&["plan", "--detailed-exitcode"]).exits(1);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    run.tells("SlowDown");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    estate.heal();
}

#[tokio::test]
async fn an_answer_that_makes_no_sense() {
    let estate = Estate::new(MANY);
    estate.seed(BUCKETS).await;
    estate.fault(Fault::error("s3", "GetBucketVersioning", 400, "NoIdeaWhatHappened").on("two-"));
    refused(&estate).tells("NoIdeaWhatHappened");
    estate.heal();
}

#[tokio::test]
async fn control_characters_of_the_cloud_are_shown_and_not_obeyed() {
    let estate = Estate::new(MANY);
    estate
        .seed("s3_bucket \"one\" {\n  account = \"ACCOUNT\"\n  name = \"one-ACCOUNT\"\n}")
        .await;
    let tag = aws_sdk_s3::types::Tag::builder()
        .key("backstay:project")
        .value("\u{202e}many")
        .build()
        .unwrap();
    let tagging = aws_sdk_s3::types::Tagging::builder()
        .tag_set(tag)
        .build()
        .unwrap();
    estate
        .root()
        .s3
        .put_bucket_tagging()
        .bucket(estate.fill("one-ACCOUNT"))
        .tagging(tagging)
        .send()
        .await
        .unwrap();
    let run = estate.run(&["plan"]);
    assert!(!run.stdout.contains('\u{202e}'), "{:?}", run.stdout);
    assert!(!run.stderr.contains('\u{202e}'), "{:?}", run.stderr);
}
