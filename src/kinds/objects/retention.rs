//! Since when a lock covers what is written: the default retention says nothing of what was there before.

use super::listing::{Bucket, Version};
use crate::aws::{AwsError, classify};
use crate::model::fact::{LockMode, Retention};
use aws_sdk_s3::types::ObjectLockRetentionMode;
use jiff::Timestamp;

/// What the retention of a version takes.
pub(in crate::kinds) const ACTION: &str = "s3:GetObjectRetention";

/// Versions that are asked for at most.
const ASKED: usize = 5;

/// The oldest that were written after `since`. What is older has outlived the lock, whenever that began.
pub(super) async fn read(bucket: &Bucket<'_>, since: Timestamp) -> Result<Vec<Retention>, AwsError> {
    let versions = bucket.sample("").await?;
    let mut covered: Vec<&Version> = versions.iter().filter(|v| v.written > since).collect();
    covered.sort_by_key(|v| v.written);
    let asks = covered
        .into_iter()
        .take(ASKED)
        .map(|version| one(bucket, version));
    futures::future::try_join_all(asks).await
}

async fn one(bucket: &Bucket<'_>, version: &Version) -> Result<Retention, AwsError> {
    let _permit = bucket.reader.permit().await;
    let call = bucket
        .client
        .get_object_retention()
        .bucket(bucket.name)
        .expected_bucket_owner(bucket.owner)
        .key(&version.key)
        .version_id(&version.id);
    let bare = Retention {
        key: version.key.clone(),
        written: version.written.to_string(),
        mode: None,
        until: None,
    };
    let answer = match call.send().await.map_err(|e| classify(ACTION, e)) {
        Ok(answer) => answer,
        Err(error) if error.code == "NoSuchObjectLockConfiguration" => return Ok(bare),
        Err(error) => return Err(error),
    };
    let retention = answer.retention();
    Ok(Retention {
        mode: retention.and_then(|r| r.mode()).and_then(|mode| match mode {
            ObjectLockRetentionMode::Compliance => Some(LockMode::Compliance),
            ObjectLockRetentionMode::Governance => Some(LockMode::Governance),
            _ => None,
        }),
        until: retention
            .and_then(|r| r.retain_until_date())
            .and_then(|t| Timestamp::new(t.secs(), 0).ok())
            .map(|t| t.to_string()),
        ..bare
    })
}
