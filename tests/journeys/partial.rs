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
