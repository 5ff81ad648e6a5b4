//! With `--auth`.

use aws_credential_types::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use backstay::sandbox::DEFAULT_ACCOUNT;

use super::{allow, assume, bucket, code, config, database, root, s3, strict, trusting};

#[tokio::test]
async fn with_enforcement_a_writer_can_put_and_nothing_else() {
    let administrator = config(strict(), root(DEFAULT_ACCOUNT), "eu-central-1").await;
    bucket(&s3(&administrator), "guarded", "eu-central-1").await;
    let iam = aws_sdk_iam::Client::new(&administrator);
    let trust = trusting(r#"{"AWS":"arn:aws:iam::111111111111:root"}"#);
    iam.create_role()
        .role_name("writer")
        .assume_role_policy_document(&trust)
        .send()
        .await
        .unwrap();
    let policy = allow("s3:PutObject", "arn:aws:s3:::guarded/app/*");
    iam.put_role_policy()
        .role_name("writer")
        .policy_name("w")
        .policy_document(policy)
        .send()
        .await
        .unwrap();
    let writer = assume(&administrator, "arn:aws:iam::111111111111:role/writer").await;
    let writer = s3(&config(strict(), writer, "eu-central-1").await);

    let body = || ByteStream::from_static(b"backup");
    writer
        .put_object()
        .bucket("guarded")
        .key("app/1")
        .body(body())
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(
            writer
                .put_object()
                .bucket("guarded")
                .key("other/1")
                .body(body())
                .send()
                .await
        ),
        "AccessDenied"
    );
    assert_eq!(
        code(writer.get_object().bucket("guarded").key("app/1").send().await),
        "AccessDenied"
    );
    assert_eq!(
        code(writer.list_objects_v2().bucket("guarded").send().await),
        "AccessDenied"
    );
    assert_eq!(
        code(writer.delete_object().bucket("guarded").key("app/1").send().await),
        "AccessDenied"
    );
    let stored = s3(&administrator)
        .get_object()
        .bucket("guarded")
        .key("app/1")
        .send()
        .await
        .unwrap();
    assert_eq!(stored.body.collect().await.unwrap().to_vec(), b"backup");
}

#[tokio::test]
async fn with_enforcement_policies_hold_for_rds_and_signatures_are_checked() {
    let administrator = config(strict(), root(DEFAULT_ACCOUNT), "eu-central-1").await;
    database(&aws_sdk_rds::Client::new(&administrator), "watched", 1, false).await;
    let iam = aws_sdk_iam::Client::new(&administrator);
    let trust = trusting(r#"{"AWS":"arn:aws:iam::111111111111:root"}"#);
    iam.create_role()
        .role_name("auditor")
        .assume_role_policy_document(&trust)
        .send()
        .await
        .unwrap();
    let policy = allow("rds:Describe*", "*");
    iam.put_role_policy()
        .role_name("auditor")
        .policy_name("r")
        .policy_document(policy)
        .send()
        .await
        .unwrap();
    let auditor = assume(&administrator, "arn:aws:iam::111111111111:role/auditor").await;
    let (key, token) = (
        auditor.access_key_id().to_owned(),
        auditor.session_token().map(str::to_owned),
    );
    let rds = aws_sdk_rds::Client::new(&config(strict(), auditor, "eu-central-1").await);
    assert_eq!(
        rds.describe_db_instances()
            .send()
            .await
            .unwrap()
            .db_instances()
            .len(),
        1
    );
    let modify = rds
        .modify_db_instance()
        .db_instance_identifier("watched")
        .backup_retention_period(7);
    assert_eq!(code(modify.send().await), "AccessDenied");

    // Sessions and access keys are checked; the root key of an account is its digits and has no secret to speak of.
    let forged = Credentials::new(&key, "wrong", token, None, "test");
    let forged = s3(&config(strict(), forged, "eu-central-1").await);
    assert_eq!(code(forged.list_buckets().send().await), "SignatureDoesNotMatch");
    let other = aws_sdk_sts::Client::new(&administrator)
        .assume_role()
        .role_session_name("test");
    assert_eq!(
        code(
            other
                .role_arn("arn:aws:iam::222222222222:role/backstay")
                .send()
                .await
        ),
        "AccessDenied"
    );
}
