//! What weakens protection or can never be undone has to be named.

use crate::support::Estate;
use aws_sdk_s3::types::ObjectLockRetentionMode;

const LONG: &str = r#"
backstay {
  project = "approvals"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

rds_instance "app" {
  identifier = "app"
  pitr {
    retention = "30d"
  }
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
}
"#;

const DATABASE: &str = r#"
rds_instance "app" {
  account = "ACCOUNT"
}
"#;

#[tokio::test]
async fn less_protection_is_refused_until_it_is_named() {
    let estate = Estate::new(LONG);
    estate.seed(DATABASE).await;
    estate.settle();
    estate.edit("30d", "7d");
    estate.edit("versioning = true", "versioning = false");

    let mark = estate.mark();
    let refused = estate.run(&["apply", "--auto-approve"]).exits(1);
    insta::assert_snapshot!("weakening_refused", refused.stderr);
    let other = ["apply", "--auto-approve", "--allow-weaken=s3_bucket.data"];
    estate
        .run(&other)
        .exits(1)
        .tells("--allow-weaken='rds_instance.app'");
    let wrong = ["apply", "--auto-approve", "--allow-irreversible=rds_instance.app"];
    estate.run(&wrong).exits(1);
    assert_eq!(estate.written(mark), Vec::<String>::new());

    let both = [
        "apply",
        "-auto-approve",
        "-allow-weaken=s3_bucket.data",
        "-allow-weaken",
        "rds_instance.app",
    ];
    estate.run(&both).exits(0);
    estate.plan().exits(0);
}

#[tokio::test]
async fn a_compliance_lock_is_refused_until_it_is_named() {
    let estate = Estate::new(LONG);
    estate.seed(DATABASE).await;
    estate.settle();
    estate.edit(
        "versioning = true",
        "object_lock {\n    mode      = \"compliance\"\n    retention = \"1d\"\n  }",
    );
    let mark = estate.mark();
    let refused = estate.run(&["apply", "--auto-approve"]).exits(1);
    insta::assert_snapshot!("lock_refused", refused.stderr);
    assert_eq!(estate.written(mark), Vec::<String>::new());

    estate
        .run(&["apply", "--auto-approve", "--allow-irreversible=s3_bucket.data"])
        .exits(0);
    estate.plan().exits(0);
    let lock = estate
        .root()
        .s3
        .get_object_lock_configuration()
        .bucket(estate.fill("data-ACCOUNT"))
        .send()
        .await
        .unwrap();
    let retention = lock
        .object_lock_configuration()
        .unwrap()
        .rule()
        .unwrap()
        .default_retention()
        .unwrap();
    assert_eq!(retention.mode(), Some(&ObjectLockRetentionMode::Compliance));
    assert_eq!(retention.days(), Some(1));
}
