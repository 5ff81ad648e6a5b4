//! A write that fails: the rest is done, and what happened is said.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::Estate;
use backstay::sandbox::{Fault, Outcome};

#[tokio::test]
async fn what_does_not_depend_on_a_failure_is_done_and_the_rest_is_named() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    estate.fault(Fault::error("s3", "PutBucketVersioning", 403, "AccessDenied").on("uploads-"));
    let run = estate.run(&["apply", "--auto-approve"]).exits(4);
    let end = run.stdout.split_once("\nDone:").unwrap().1;
    insta::assert_snapshot!("half_way_summary", end);
    run.tells("BKS-E0605")
        .tells("s3:PutBucketVersioning")
        .tells("main.hcl:");

    // Only the bucket that failed, and what waits for it, is left.
    let left = estate.plan().exits(2).changes();
    assert!(
        left.iter().all(|c| c.starts_with("s3_bucket.uploads:")),
        "{left:#?}"
    );
    estate.heal();
    estate.settle();
}

#[tokio::test]
async fn when_no_write_succeeds_nothing_was_changed() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    estate.fault(Fault {
        write: Some(true),
        outcome: Outcome::Error {
            status: 403,
            code: "AccessDenied".to_owned(),
        },
        ..Fault::default()
    });
    estate.run(&["apply", "--auto-approve"]).exits(1).prints("0 of ");
}

#[tokio::test]
async fn what_only_a_hand_can_change_is_left_and_said() {
    let estate = Estate::new(
        r#"backstay {
  project = "hand"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

rds_instance "app" {
  identifier = "app"
  encrypted  = true
  copy_tags  = true
}
"#,
    );
    estate
        .seed("rds_instance \"app\" {\n  account = \"ACCOUNT\"\n}")
        .await;
    estate
        .run(&["apply", "--auto-approve"])
        .exits(2)
        .prints("Apply complete!")
        .tells("it can only be changed by hand");
    // Again and again, until somebody has done it.
    let mark = estate.mark();
    estate.run(&["plan", "--detailed-exitcode"]).exits(2);
    estate.run(&["apply", "--auto-approve"]).exits(2);
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
