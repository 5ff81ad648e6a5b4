//! Two accounts: copies in one that the other cannot reach.

use crate::support::Estate;
use aws_sdk_s3::primitives::ByteStream;

const POSTURE: &str = r#"
backstay {
  project = "two"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

account "vault" {
  id          = "VAULT"
  region      = "us-west-2"
  assume_role = "arn:aws:iam::VAULT:role/backstay"
}

s3_bucket "uploads" {
  name = "uploads-ACCOUNT"
  replicate {
    to             = s3_bucket.copy
    delete_markers = false
  }
}

s3_bucket "copy" {
  account       = account.vault
  name          = "copy-VAULT"
  public_access = false
  object_lock {
    mode      = "governance"
    retention = "1d"
  }
}
"#;

const SEED: &str = r#"
iam_role "backstay" {
  account = "VAULT"
  trust   = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::ACCOUNT:root\"},\"Action\":\"sts:AssumeRole\"}]}"
  policies = {
    all = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"
  }
}
"#;

#[tokio::test]
async fn what_is_written_in_one_account_arrives_in_the_other() {
    let estate = Estate::new(POSTURE);
    estate.seed(SEED).await;
    estate.settle();

    let s3 = estate.root().s3;
    let source = estate.fill("uploads-ACCOUNT");
    s3.put_object()
        .bucket(&source)
        .key("a")
        .body(ByteStream::from_static(b"precious"))
        .send()
        .await
        .unwrap();
    let vault = estate.root_of(&estate.vault).region("us-west-2").s3;
    let copied = estate.fill("copy-VAULT");
    // The sandbox copies behind the answer, as S3 does.
    let mut looks = 0;
    let arrived = loop {
        let got = vault.get_object().bucket(&copied).key("a").send().await;
        looks += 1;
        match got {
            Ok(got) => break got.body.collect().await.unwrap().to_vec(),
            Err(error) if looks > 100 => panic!("{error:?}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    assert_eq!(arrived, b"precious");

    // A deletion at the source leaves the copy in sight.
    s3.delete_object().bucket(&source).key("a").send().await.unwrap();
    let still = vault.get_object().bucket(&copied).key("a").send().await.unwrap();
    assert_eq!(still.body.collect().await.unwrap().to_vec(), b"precious");
}

#[tokio::test]
async fn each_account_is_written_as_itself() {
    let estate = Estate::new(POSTURE);
    estate.seed(SEED).await;
    let mark = estate.mark();
    estate.settle();
    for record in estate.asked(mark).iter().filter(|r| r.service == "s3" && r.write) {
        let whose = if record.resource.starts_with("copy-") {
            &estate.vault
        } else {
            &estate.account
        };
        assert_eq!(record.account, *whose, "{record:?}");
    }
    let permissions = estate
        .run(&["permissions", "--for", "apply", "--account", "vault"])
        .exits(0);
    assert!(
        permissions.stdout.contains("copy-VAULT"),
        "{}",
        permissions.stdout
    );
    assert!(
        !permissions.stdout.contains("uploads-ACCOUNT"),
        "{}",
        permissions.stdout
    );
}

#[tokio::test]
async fn an_account_that_cannot_be_entered_stops_everything() {
    let estate = Estate::strict(POSTURE);
    let mark = estate.mark();
    let run = estate.run(&["apply", "--auto-approve"]).exits(1);
    insta::assert_snapshot!("vault_closed", run.stderr);
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
