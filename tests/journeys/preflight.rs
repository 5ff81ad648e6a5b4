//! Before the first write: what the credentials lack, where IAM says it.

use crate::support::Estate;

const BUCKET: &str = r#"
backstay {
  project = "ready"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "a" {
  name       = "a-ACCOUNT"
  versioning = true
}
"#;

/// Runs as a user who may do all but what is said.
async fn as_user(estate: Estate, statement: &str) -> Estate {
    let root = estate.root();
    root.iam.create_user().user_name("ops").send().await.unwrap();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},{statement}]}}"#
    );
    root.iam
        .put_user_policy()
        .user_name("ops")
        .policy_name("ops")
        .policy_document(policy)
        .send()
        .await
        .unwrap();
    let made = root
        .iam
        .create_access_key()
        .user_name("ops")
        .send()
        .await
        .unwrap();
    let key = made.access_key().unwrap();
    let credentials = aws_credential_types::Credentials::new(
        key.access_key_id(),
        key.secret_access_key(),
        None,
        None,
        "journey",
    );
    estate.signed_by(&credentials).without("AWS_SESSION_TOKEN")
}

#[tokio::test]
async fn a_missing_permission_is_named_before_anything_is_written() {
    let deny = r#"{"Effect":"Deny","Action":"s3:PutBucketVersioning","Resource":"*"}"#;
    let estate = as_user(Estate::strict(BUCKET), deny).await;
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0609")
        .tells("a policy denies s3:PutBucketVersioning on arn:aws:s3:::a-ACCOUNT")
        .tells("s3_bucket.a needs it");
    assert_eq!(estate.written(mark), [""; 0]);
    // Who knows better goes on, and the service has the last word.
    estate
        .run(&["apply", "--auto-approve", "--no-preflight"])
        .exits(4)
        .tells("BKS-E0605");
}

#[tokio::test]
async fn only_what_the_steps_take_is_asked_for() {
    // The bucket is there, and so is its versioning: what a creation takes is not asked for any more.
    let deny = r#"{"Effect":"Deny","Action":["s3:CreateBucket","s3:PutBucketVersioning"],"Resource":"*"}"#;
    let estate = Estate::strict(BUCKET);
    estate.settle();
    let estate = as_user(estate, deny).await;
    estate.edit(
        "versioning = true",
        "versioning = true\n  tags = { team = \"data\" }",
    );
    estate.run(&["apply", "--auto-approve"]).exits(0);
}

#[tokio::test]
async fn what_backstay_keeps_itself_is_asked_for_too() {
    let deny = r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::keep-*/e/audit/*"}"#;
    let estate = Estate::strict(&BUCKET.replace(
        "project = \"ready\"",
        "project = \"ready\"\n  evidence {\n    bucket = \"keep-ACCOUNT\"\n    prefix = \"e/\"\n  }",
    ));
    estate.bucket("keep-ACCOUNT").await;
    let estate = as_user(estate, deny).await;
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0609")
        .tells("a policy denies s3:PutObject on arn:aws:s3:::keep-ACCOUNT/e/audit/*")
        .tells("backstay's own lock, record or policy needs it");
    assert_eq!(estate.written(mark), [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_and_holds_up_nothing() {
    let deny = r#"{"Effect":"Deny","Action":"iam:SimulatePrincipalPolicy","Resource":"*"}"#;
    let estate = as_user(Estate::strict(BUCKET), deny).await;
    estate
        .run(&["apply", "--auto-approve"])
        .exits(0)
        .tells("Whether the credentials allow all of this is not known")
        .tells("iam:SimulatePrincipalPolicy");
}
