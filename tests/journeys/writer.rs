//! A backup writer can add backups and do nothing else, where IAM is enforced.

use crate::support::{Clients, Estate, code};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, VersioningConfiguration,
};
use backstay::sandbox::Fault;

const POSTURE: &str = r#"
backstay {
  project = "writer"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "dumps" {
  name          = "dumps-ACCOUNT"
  versioning    = true
  public_access = false
}

writer_role "dump" {
  name        = "dump"
  writes_to   = [s3_bucket.dumps]
  prefix      = "pg/"
  append_only = true
  trust {
    role_arn = "arn:aws:iam::ACCOUNT:role/application"
  }
}
"#;

const SEED: &str = r#"
iam_role "application" {
  account  = "ACCOUNT"
  policies = {
    become = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"*\"}]}"
  }
}
"#;

async fn writer(estate: &Estate) -> Clients {
    estate.seed(SEED).await;
    estate.settle();
    let application = estate
        .root()
        .assume(&estate.fill("arn:aws:iam::ACCOUNT:role/application"))
        .await
        .unwrap();
    let role = estate.fill("arn:aws:iam::ACCOUNT:role/backstay/writer/writer/dump");
    // Only whom the trust names: not even the account's root.
    assert_eq!(estate.root().assume(&role).await.unwrap_err(), "AccessDenied");
    let session = estate.clients(application).assume(&role).await.unwrap();
    estate.clients(session)
}

fn body() -> ByteStream {
    ByteStream::from_static(b"a dump")
}

#[tokio::test]
async fn a_writer_adds_and_can_do_nothing_else() {
    let estate = Estate::strict(POSTURE);
    let writer = writer(&estate).await;
    let bucket = estate.fill("dumps-ACCOUNT");
    let put = |key: &str| {
        writer
            .s3
            .put_object()
            .bucket(&bucket)
            .key(key)
            .if_none_match("*")
            .body(body())
    };

    put("pg/1").send().await.unwrap();
    assert_eq!(code(&put("other/1").send().await.unwrap_err()), "AccessDenied");
    assert_eq!(code(&put("pg/1").send().await.unwrap_err()), "PreconditionFailed");
    let unconditional = writer.s3.put_object().bucket(&bucket).key("pg/1").body(body());
    assert_eq!(code(&unconditional.send().await.unwrap_err()), "AccessDenied");

    let s3 = &writer.s3;
    let root = estate.root();
    let version = root
        .s3
        .head_object()
        .bucket(&bucket)
        .key("pg/1")
        .send()
        .await
        .unwrap()
        .version_id()
        .unwrap()
        .to_owned();
    let off = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    let rule = LifecycleRule::builder()
        .id("gone")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .expiration(LifecycleExpiration::builder().days(1).build())
        .build()
        .unwrap();
    let expiry = BucketLifecycleConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    macro_rules! denied {
        ($($call:expr),* $(,)?) => {
            $(
                let refused = $call.bucket(&bucket).send().await.map(drop).unwrap_err();
                assert_eq!(code(&refused), "AccessDenied", "{}", stringify!($call));
            )*
        };
    }
    denied!(
        s3.get_object().key("pg/1"),
        s3.get_object().key("pg/1").version_id(&version),
        s3.get_object_attributes()
            .key("pg/1")
            .object_attributes("ETag".into()),
        s3.get_object_tagging().key("pg/1"),
        s3.list_objects_v2(),
        s3.list_object_versions(),
        s3.delete_object().key("pg/1"),
        s3.delete_object().key("pg/1").version_id(&version),
        s3.delete_object()
            .key("pg/1")
            .version_id(&version)
            .bypass_governance_retention(true),
        s3.put_bucket_versioning().versioning_configuration(off),
        s3.put_bucket_lifecycle_configuration()
            .lifecycle_configuration(expiry),
        s3.put_bucket_policy().policy("{}"),
        s3.get_bucket_policy(),
        s3.delete_bucket_policy(),
        s3.delete_bucket_lifecycle(),
        s3.delete_bucket(),
    );
    let copy = s3
        .copy_object()
        .bucket(&bucket)
        .key("pg/2")
        .copy_source(format!("{bucket}/pg/1"));
    assert_eq!(code(&copy.send().await.unwrap_err()), "AccessDenied");

    let stored = root
        .s3
        .list_object_versions()
        .bucket(&bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(stored.versions().len(), 1, "{stored:?}");
    assert!(stored.delete_markers().is_empty(), "{stored:?}");
}

#[tokio::test]
async fn a_right_given_to_a_writer_later_is_of_no_use() {
    let estate = Estate::strict(POSTURE);
    let writer = writer(&estate).await;
    let bucket = estate.fill("dumps-ACCOUNT");
    let put = writer
        .s3
        .put_object()
        .bucket(&bucket)
        .key("pg/1")
        .if_none_match("*")
        .body(body());
    put.send().await.unwrap();
    estate
        .root()
        .iam
        .put_role_policy()
        .role_name("dump")
        .policy_name("mistake")
        .policy_document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        )
        .send()
        .await
        .unwrap();
    let get = writer.s3.get_object().bucket(&bucket).key("pg/1").send().await;
    assert_eq!(code(&get.unwrap_err()), "AccessDenied");
    let delete = writer.s3.delete_object().bucket(&bucket).key("pg/1").send().await;
    assert_eq!(code(&delete.unwrap_err()), "AccessDenied");
    let users = writer.iam.list_users().send().await;
    assert_eq!(code(&users.unwrap_err()), "AccessDenied");
    // And it is seen.
    let check = estate.run(&["check"]).exits(3);
    assert!(check.stdout.contains("writer_role.dump"), "{}", check.stdout);
}

/// The verdict on a line of the proof of the one writer, and why.
fn line(proof: &serde_json::Value, asks: &str) -> (String, String) {
    let lines = proof["writers"][0]["lines"].as_array().unwrap();
    let line = lines.iter().find(|l| l["asks"] == asks).unwrap();
    let text = |name: &str| line[name].as_str().unwrap().to_owned();
    (text("verdict"), text("why"))
}

/// Whoever puts into a bucket with a key of its own has to be let use the key, and only that.
#[tokio::test]
async fn a_writer_is_proved_to_use_the_key_of_its_bucket_and_no_more() {
    let encrypted = POSTURE
        .replace(
            "  public_access = false\n",
            "  public_access = false\n  encryption {\n    kms_key    = kms_key.dumps\n    bucket_key = true\n  }\n",
        )
        .replace(
            "s3_bucket \"dumps\"",
            "kms_key \"dumps\" {\n  name = \"dumps\"\n}\n\ns3_bucket \"dumps\"",
        );
    let estate = Estate::new(&encrypted);
    estate.seed(SEED).await;
    estate.settle();
    let more = ["apply", "--auto-approve", "--allow-weaken=writer_role.dump"];
    let proof = |code: i32| estate.run(&["prove", "--json"]).exits(code).json();

    // S3 would refuse every dump.
    let (verdict, why) = line(&proof(3), "put");
    assert_eq!(verdict, "fails");
    assert!(
        why.contains("kms:GenerateDataKey") && why.contains("not allowed by identity policies"),
        "{why}"
    );

    estate.edit(
        "  append_only = true\n",
        "  append_only = true\n  kms_key     = kms_key.dumps\n",
    );
    estate.run(&more).exits(0);
    let found = proof(0);
    let (verdict, why) = line(&found, "put");
    assert_eq!(verdict, "holds", "{why}");
    assert!(why.contains("statement 2 (Key), allows"), "{why}");
    assert_eq!(line(&found, "decrypt").0, "holds");

    estate.fault(Fault::error("kms", "GetKeyPolicy", 403, "AccessDeniedException"));
    let blind = proof(1);
    assert_eq!(line(&blind, "put").0, "unknown");
    assert_eq!(line(&blind, "decrypt").0, "unknown");
    estate.heal();

    estate.edit(
        "  append_only = true\n",
        "  append_only = true\n  multipart_decrypt = true\n",
    );
    estate.run(&more).exits(0);
    let found = proof(3);
    assert_eq!(line(&found, "put").0, "holds");
    assert_eq!(line(&found, "read").0, "holds");
    let (verdict, why) = line(&found, "decrypt");
    assert_eq!(verdict, "fails");
    assert!(why.contains("kms:Decrypt"), "{why}");
}
