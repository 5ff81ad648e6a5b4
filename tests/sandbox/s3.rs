//! S3 in one account.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, DefaultRetention, DeleteMarkerReplication,
    DeleteMarkerReplicationStatus, Destination, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ObjectLockRule, ReplicationConfiguration, ReplicationRule,
    ReplicationRuleFilter, ReplicationRuleStatus, VersioningConfiguration,
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

/// As on AWS, replicas have the version ids of what they are copies of, and the retention of the bucket that they come to;
/// what was there before the rule has none.
#[tokio::test]
async fn replicas_are_copies_of_what_is_written_from_then_on() {
    let s3 = s3(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await);
    for name in ["replicated-from", "replicated-to"] {
        bucket(&s3, name, "eu-central-1").await;
        let on = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        s3.put_bucket_versioning()
            .bucket(name)
            .versioning_configuration(on)
            .send()
            .await
            .unwrap();
    }
    let retention = DefaultRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .days(7)
        .build();
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(ObjectLockRule::builder().default_retention(retention).build())
        .build();
    s3.put_object_lock_configuration()
        .bucket("replicated-to")
        .object_lock_configuration(lock)
        .send()
        .await
        .unwrap();
    let put = async |key: &str, age: &str| {
        let put = s3.put_object().bucket("replicated-from").key(key);
        let put = put
            .body(ByteStream::from_static(b"x"))
            .metadata("backstay-sandbox-age", age);
        put.send().await.unwrap().version_id
    };
    put("before", "30").await;
    let rule = ReplicationRule::builder()
        .id("all")
        .priority(1)
        .status(ReplicationRuleStatus::Enabled)
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .delete_marker_replication(
            DeleteMarkerReplication::builder()
                .status(DeleteMarkerReplicationStatus::Disabled)
                .build(),
        )
        .destination(
            Destination::builder()
                .bucket("arn:aws:s3:::replicated-to")
                .build()
                .unwrap(),
        )
        .build()
        .unwrap();
    let rules = ReplicationConfiguration::builder()
        .role("arn:aws:iam::111111111111:role/r")
        .rules(rule)
        .build()
        .unwrap();
    s3.put_bucket_replication()
        .bucket("replicated-from")
        .replication_configuration(rules)
        .send()
        .await
        .unwrap();
    let written = put("after", "2").await;
    let there = s3
        .list_object_versions()
        .bucket("replicated-to")
        .send()
        .await
        .unwrap();
    let found: Vec<_> = there
        .versions()
        .iter()
        .map(|v| (v.key(), v.version_id()))
        .collect();
    assert_eq!(found, [(Some("after"), written.as_deref())]);
    let of = s3
        .get_object_retention()
        .bucket("replicated-to")
        .key("after")
        .version_id(written.unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        of.retention().and_then(|r| r.mode()),
        Some(&ObjectLockRetentionMode::Governance)
    );
    // The age is the object's, and no metadata.
    let head = s3
        .head_object()
        .bucket("replicated-from")
        .key("before")
        .send()
        .await
        .unwrap();
    let days = (std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .cast_signed()
        - head.last_modified().unwrap().secs())
        / 86_400;
    assert_eq!((days, head.metadata().map(|m| m.len()).unwrap_or(0)), (30, 0));
}
