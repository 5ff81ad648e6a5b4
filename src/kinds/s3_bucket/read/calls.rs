//! The calls that read one bucket's settings, each classified.

use crate::aws::{AwsError, Class, classify};
use crate::kinds::s3_bucket::lifecycle::{self, Lifecycle};
use crate::kinds::s3_bucket::live::{Encryption, Part, PublicAccessBlock, Tags, VersioningState};
use crate::kinds::s3_bucket::replication::{self, Replication};
use crate::kinds::s3_bucket::spec::Ownership;
use crate::model::fact::{LockMode, LockRetention, ObjectLock, Versioning};
use crate::model::policy::Document;
use aws_sdk_s3::Client;
use aws_sdk_s3::types as sdk;

/// The days of a year of default retention, as S3 counts (a hundred years are 36,500 days).
const YEAR: u32 = 365;

/// Something that the service said it has, and did not show.
fn empty(part: Part) -> AwsError {
    AwsError::new(
        part.read_action(),
        Class::Server,
        "EmptyAnswer",
        "the answer holds nothing",
    )
}

pub(in crate::kinds::s3_bucket) async fn tags(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<Tags, AwsError> {
    let call = client
        .get_bucket_tagging()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::Tags.read_action(), e))?;
    let pairs = answer
        .tag_set()
        .iter()
        .map(|t| (t.key().to_owned(), t.value().to_owned()));
    Ok(pairs.collect())
}

pub(in crate::kinds::s3_bucket) async fn versioning(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<VersioningState, AwsError> {
    let call = client
        .get_bucket_versioning()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::Versioning.read_action(), e))?;
    Ok(VersioningState {
        state: match answer.status() {
            Some(sdk::BucketVersioningStatus::Enabled) => Versioning::Enabled,
            Some(_) => Versioning::Suspended,
            None => Versioning::Never,
        },
        mfa_delete: answer.mfa_delete() == Some(&sdk::MfaDeleteStatus::Enabled),
    })
}

pub(in crate::kinds::s3_bucket) async fn encryption(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<Encryption, AwsError> {
    let call = client
        .get_bucket_encryption()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::Encryption.read_action(), e))?;
    let rule = answer
        .server_side_encryption_configuration()
        .and_then(|c| c.rules().first())
        .ok_or_else(|| empty(Part::Encryption))?;
    let default = rule.apply_server_side_encryption_by_default();
    Ok(Encryption {
        // A rule that only blocks kinds of encryption leaves S3's own default.
        algorithm: default
            .map_or("AES256", |d| d.sse_algorithm().as_str())
            .to_owned(),
        key: default.and_then(|d| d.kms_master_key_id()).map(str::to_owned),
        bucket_key: rule.bucket_key_enabled(),
        blocked: rule
            .blocked_encryption_types()
            .map(|b| {
                b.encryption_type()
                    .iter()
                    .map(|t| t.as_str().to_owned())
                    .collect()
            })
            .unwrap_or_default(),
    })
}

pub(in crate::kinds::s3_bucket) async fn public_access(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<PublicAccessBlock, AwsError> {
    let call = client
        .get_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::PublicAccess.read_action(), e))?;
    let block = answer
        .public_access_block_configuration()
        .ok_or_else(|| empty(Part::PublicAccess))?;
    Ok(PublicAccessBlock {
        block_public_acls: block.block_public_acls().unwrap_or(false),
        ignore_public_acls: block.ignore_public_acls().unwrap_or(false),
        block_public_policy: block.block_public_policy().unwrap_or(false),
        restrict_public_buckets: block.restrict_public_buckets().unwrap_or(false),
    })
}

pub(in crate::kinds::s3_bucket) async fn ownership(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<Ownership, AwsError> {
    let call = client
        .get_bucket_ownership_controls()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::Ownership.read_action(), e))?;
    let rule = answer
        .ownership_controls()
        .and_then(|c| c.rules().first())
        .ok_or_else(|| empty(Part::Ownership))?;
    match rule.object_ownership() {
        sdk::ObjectOwnership::BucketOwnerEnforced => Ok(Ownership::BucketOwnerEnforced),
        sdk::ObjectOwnership::BucketOwnerPreferred => Ok(Ownership::BucketOwnerPreferred),
        sdk::ObjectOwnership::ObjectWriter => Ok(Ownership::ObjectWriter),
        other => Err(AwsError::new(
            Part::Ownership.read_action(),
            Class::Server,
            "UnknownOwnership",
            format!("{} is not known to this version", other.as_str()),
        )),
    }
}

pub(in crate::kinds::s3_bucket) async fn lock(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<ObjectLock, AwsError> {
    let action = Part::Lock.read_action();
    let call = client
        .get_object_lock_configuration()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call.send().await.map_err(|e| classify(action, e))?;
    let configuration = answer.object_lock_configuration();
    if configuration.and_then(|c| c.object_lock_enabled()) != Some(&sdk::ObjectLockEnabled::Enabled) {
        return Err(AwsError::new(
            action,
            Class::NotFound,
            "ObjectLockConfigurationNotFoundError",
            "object lock is not enabled",
        ));
    }
    let retention = configuration
        .and_then(|c| c.rule())
        .and_then(|r| r.default_retention());
    let days = retention.and_then(|r| match (r.days(), r.years()) {
        (Some(days), _) => u32::try_from(days).ok(),
        (None, Some(years)) => u32::try_from(years).ok().map(|years| years.saturating_mul(YEAR)),
        (None, None) => None,
    });
    let mode = retention.and_then(|r| r.mode()).and_then(|mode| match mode {
        sdk::ObjectLockRetentionMode::Compliance => Some(LockMode::Compliance),
        sdk::ObjectLockRetentionMode::Governance => Some(LockMode::Governance),
        _ => None,
    });
    Ok(ObjectLock {
        retention: mode.zip(days).map(|(mode, days)| LockRetention { mode, days }),
    })
}

pub(in crate::kinds::s3_bucket) async fn lifecycle(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<Lifecycle, AwsError> {
    let call = client
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::Lifecycle.read_action(), e))?;
    Ok(lifecycle::wire::read(&answer))
}

pub(in crate::kinds::s3_bucket) async fn replication(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<Replication, AwsError> {
    let call = client
        .get_bucket_replication()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call
        .send()
        .await
        .map_err(|e| classify(Part::Replication.read_action(), e))?;
    let configuration = answer
        .replication_configuration()
        .ok_or_else(|| empty(Part::Replication))?;
    Ok(replication::wire::read(configuration))
}

pub(in crate::kinds::s3_bucket) async fn policy(
    client: &Client,
    bucket: &str,
    owner: &str,
) -> Result<Document, AwsError> {
    let action = Part::Policy.read_action();
    let call = client
        .get_bucket_policy()
        .bucket(bucket)
        .expected_bucket_owner(owner);
    let answer = call.send().await.map_err(|e| classify(action, e))?;
    let text = answer.policy().ok_or_else(|| empty(Part::Policy))?;
    Document::parse(text).map_err(|e| AwsError::new(action, Class::Server, "MalformedPolicy", e.to_string()))
}
