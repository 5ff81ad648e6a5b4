//! S3 in one account.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, ObjectLockConfiguration, ObjectLockEnabled,
    VersioningConfiguration,
};
use backstay::sandbox::DEFAULT_ACCOUNT;

use super::{bucket, code, config, root, s3, sandbox};

#[tokio::test]
async fn objects_and_versions() {
    let config = config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await;
    let s3 = s3(&config);
    bucket(&s3, "objects-and-versions", "eu-central-1").await;
    for text in ["one", "two"] {
        let body = ByteStream::from_static(text.as_bytes());
        s3.put_object()
            .bucket("objects-and-versions")
            .key("a b/ü")
            .body(body)
            .send()
            .await
            .unwrap();
    }
    let got = s3
        .get_object()
        .bucket("objects-and-versions")
        .key("a b/ü")
        .send()
        .await
        .unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"two");
    let versions = s3
        .list_object_versions()
        .bucket("objects-and-versions")
        .send()
        .await
        .unwrap();
    assert_eq!(versions.versions().len(), 2);
}

#[tokio::test]
async fn a_new_bucket_is_closed_and_answers_in_its_region_only() {
    let here = s3(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await);
    let elsewhere = s3(&config(sandbox(), root(DEFAULT_ACCOUNT), "us-east-1").await);
    bucket(&here, "closed", "eu-central-1").await;
    let block = here
        .get_public_access_block()
        .bucket("closed")
        .send()
        .await
        .unwrap();
    assert_eq!(
        block
            .public_access_block_configuration()
            .unwrap()
            .restrict_public_buckets(),
        Some(true)
    );
    let wrong = elsewhere.get_bucket_versioning().bucket("closed").send().await;
    assert_eq!(code(wrong), "PermanentRedirect");
    let head = elsewhere.head_bucket().bucket("closed").send().await.unwrap_err();
    let response = head.raw_response().unwrap();
    assert_eq!(response.status().as_u16(), 301);
    assert_eq!(
        response.headers().get("x-amz-bucket-region"),
        Some("eu-central-1")
    );
    let location = elsewhere
        .get_bucket_location()
        .bucket("closed")
        .send()
        .await
        .unwrap();
    assert_eq!(
        location.location_constraint(),
        Some(&BucketLocationConstraint::EuCentral1)
    );
}

#[tokio::test]
async fn the_expected_owner_and_what_versioning_carries() {
    let s3 = s3(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await);
    bucket(&s3, "owned", "eu-central-1").await;
    let read = || s3.get_bucket_versioning().bucket("owned");
    read()
        .expected_bucket_owner(DEFAULT_ACCOUNT)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(read().expected_bucket_owner("222222222222").send().await),
        "AccessDenied"
    );

    let suspended = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    let suspend = || {
        s3.put_bucket_versioning()
            .bucket("owned")
            .versioning_configuration(suspended.clone())
    };
    suspend().send().await.unwrap();
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    s3.put_bucket_versioning()
        .bucket("owned")
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .build();
    s3.put_object_lock_configuration()
        .bucket("owned")
        .object_lock_configuration(lock)
        .send()
        .await
        .unwrap();
    assert_eq!(code(suspend().send().await), "InvalidBucketState");
}
