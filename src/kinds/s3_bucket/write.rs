//! The writes: one call each, repeatable, waiting for what S3 makes eventual.

use super::live::{Encryption, PublicAccessBlock, Tags};
use super::op::Op;
use super::read::calls;
use super::spec::{Mode, Ownership};
use super::{lifecycle, replication};
use crate::aws::{AwsError, Class, Patience, classify, patiently};
use crate::kinds::WriteContext;
use crate::model::fact::Versioning;
use crate::model::policy::Document;
use aws_sdk_s3::Client;
use aws_sdk_s3::types as sdk;
use std::collections::BTreeSet;

/// One bucket, as writes see it.
struct Bucket<'a> {
    client: Client,
    name: &'a str,
    /// Sent with every call, so that nothing lands in a stranger's bucket.
    owner: String,
    region: &'a str,
}

/// See [`Kind::apply`](crate::kinds::Kind::apply).
pub(super) async fn apply(cx: WriteContext<'_>, ident: &str, op: &Op) -> Result<(), AwsError> {
    let bucket = Bucket {
        client: cx.writer.clients().s3(&cx.place.region),
        name: ident,
        owner: cx.place.account_id.to_string(),
        region: cx.place.region.as_str(),
    };
    match op {
        Op::Create { lock, tags } => bucket.create(*lock, tags).await,
        Op::PutVersioning { enabled } => bucket.versioning(*enabled).await,
        Op::PutEncryption { encryption } => bucket.encryption(encryption).await,
        Op::PutPublicAccess { block } => bucket.public_access(*block).await,
        Op::PutOwnership { ownership } => bucket.ownership(*ownership).await,
        Op::PutTags { tags } => bucket.tags(tags).await,
        Op::EnableLock => bucket.lock(None).await,
        Op::PutRetention { mode, days } => bucket.lock(Some((*mode, *days))).await,
        Op::PutLifecycle { lifecycle } => bucket.lifecycle(lifecycle).await,
        Op::PutPolicy { document } => bucket.policy(document).await,
        Op::PutReplication { replication } => bucket.replication(replication).await,
    }
}

/// Answers that are right in general and wrong for a moment: a new bucket that isn't everywhere yet,
/// two settings written at once, versioning that has not settled, a role that was just created.
fn passes(error: &AwsError) -> bool {
    let says = |text: &str| error.message.contains(text);
    match error.code.as_str() {
        "OperationAborted" | "NoSuchBucket" => true,
        "InvalidRequest" | "InvalidBucketState" => {
            says("ersioning must be") || says("must have versioning enabled")
        }
        "MalformedPolicy" => says("nvalid principal"),
        _ => false,
    }
}

/// An error of our own about a request that could not be built.
fn unbuildable(action: &str, error: impl std::fmt::Display) -> AwsError {
    AwsError::new(action, Class::Refused, "InvalidRequest", error.to_string())
}

fn tag_set(action: &str, tags: &Tags) -> Result<Vec<sdk::Tag>, AwsError> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|e| unbuildable(action, e))
}

/// Sends a call patiently: `send!(action, builder)`.
macro_rules! send {
    ($action:literal, $call:expr) => {
        patiently(Patience::CONSISTENCY, passes, || async {
            $call.clone().send().await.map_err(|e| classify($action, e))
        })
        .await
    };
}

impl Bucket<'_> {
    /// Creates the bucket, waits until it is there, and tags it once more: an answer of success does not
    /// mean that a bucket that was there already got the tags. One that is ours is left as it is.
    async fn create(&self, lock: bool, tags: &Tags) -> Result<(), AwsError> {
        let mut call = self.client.create_bucket().bucket(self.name);
        if lock {
            call = call.object_lock_enabled_for_bucket(true);
        }
        // Tagged from the start: whoever is cut off behind this call still finds the bucket again.
        let mut configuration =
            sdk::CreateBucketConfiguration::builder().set_tags(Some(tag_set("s3:CreateBucket", tags)?));
        // us-east-1 is the one region that must not be named.
        if self.region != "us-east-1" {
            configuration = configuration.location_constraint(self.region.into());
        }
        call = call.create_bucket_configuration(configuration.build());
        match send!("s3:CreateBucket", call) {
            Ok(_) => {}
            Err(error) if error.code == "BucketAlreadyOwnedByYou" => {}
            Err(error) => return Err(error),
        }
        let head = self
            .client
            .head_bucket()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner);
        patiently(Patience::CONSISTENCY, AwsError::is_not_found, || async {
            head.clone()
                .send()
                .await
                .map_err(|e| classify("s3:ListBucket", e))
        })
        .await?;
        self.tags(tags).await
    }

    async fn versioning(&self, enabled: bool) -> Result<(), AwsError> {
        let (status, state) = match enabled {
            true => (sdk::BucketVersioningStatus::Enabled, Versioning::Enabled),
            false => (sdk::BucketVersioningStatus::Suspended, Versioning::Suspended),
        };
        let call = self
            .client
            .put_bucket_versioning()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .versioning_configuration(sdk::VersioningConfiguration::builder().status(status).build());
        send!("s3:PutBucketVersioning", call)?;
        self.settles("s3:GetBucketVersioning", || async {
            let seen = calls::versioning(&self.client, self.name, &self.owner).await?;
            Ok(seen.state == state)
        })
        .await
    }

    async fn encryption(&self, encryption: &Encryption) -> Result<(), AwsError> {
        const ACTION: &str = "s3:PutEncryptionConfiguration";
        let default = sdk::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(encryption.algorithm.as_str().into())
            .set_kms_master_key_id(encryption.key.clone())
            .build()
            .map_err(|e| unbuildable(ACTION, e))?;
        let blocked = (!encryption.blocked.is_empty()).then(|| {
            sdk::BlockedEncryptionTypes::builder()
                .set_encryption_type(Some(
                    encryption.blocked.iter().map(|b| b.as_str().into()).collect(),
                ))
                .build()
        });
        let rule = sdk::ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .set_bucket_key_enabled(encryption.bucket_key)
            .set_blocked_encryption_types(blocked)
            .build();
        let configuration = sdk::ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(|e| unbuildable(ACTION, e))?;
        let call = self
            .client
            .put_bucket_encryption()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .server_side_encryption_configuration(configuration);
        send!("s3:PutEncryptionConfiguration", call).map(drop)
    }

    async fn public_access(&self, block: bool) -> Result<(), AwsError> {
        let flags = PublicAccessBlock::all(block);
        let configuration = sdk::PublicAccessBlockConfiguration::builder()
            .block_public_acls(flags.block_public_acls)
            .ignore_public_acls(flags.ignore_public_acls)
            .block_public_policy(flags.block_public_policy)
            .restrict_public_buckets(flags.restrict_public_buckets)
            .build();
        let call = self
            .client
            .put_public_access_block()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .public_access_block_configuration(configuration);
        send!("s3:PutBucketPublicAccessBlock", call).map(drop)
    }

    async fn ownership(&self, ownership: Ownership) -> Result<(), AwsError> {
        const ACTION: &str = "s3:PutBucketOwnershipControls";
        let ownership = match ownership {
            Ownership::ObjectWriter => sdk::ObjectOwnership::ObjectWriter,
            Ownership::BucketOwnerPreferred => sdk::ObjectOwnership::BucketOwnerPreferred,
            Ownership::BucketOwnerEnforced => sdk::ObjectOwnership::BucketOwnerEnforced,
        };
        let rule = sdk::OwnershipControlsRule::builder()
            .object_ownership(ownership)
            .build()
            .map_err(|e| unbuildable(ACTION, e))?;
        let controls = sdk::OwnershipControls::builder()
            .rules(rule)
            .build()
            .map_err(|e| unbuildable(ACTION, e))?;
        let call = self
            .client
            .put_bucket_ownership_controls()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .ownership_controls(controls);
        send!("s3:PutBucketOwnershipControls", call).map(drop)
    }

    async fn tags(&self, tags: &Tags) -> Result<(), AwsError> {
        const ACTION: &str = "s3:PutBucketTagging";
        if tags.is_empty() {
            let call = self
                .client
                .delete_bucket_tagging()
                .bucket(self.name)
                .expected_bucket_owner(&self.owner);
            return send!("s3:PutBucketTagging", call).map(drop);
        }
        let tagging = sdk::Tagging::builder()
            .set_tag_set(Some(tag_set(ACTION, tags)?))
            .build()
            .map_err(|e| unbuildable(ACTION, e))?;
        let call = self
            .client
            .put_bucket_tagging()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .tagging(tagging);
        send!("s3:PutBucketTagging", call).map(drop)
    }

    async fn lock(&self, retention: Option<(Mode, u32)>) -> Result<(), AwsError> {
        let rule = retention.map(|(mode, days)| {
            let mode = match mode {
                Mode::Governance => sdk::ObjectLockRetentionMode::Governance,
                Mode::Compliance => sdk::ObjectLockRetentionMode::Compliance,
            };
            sdk::ObjectLockRule::builder()
                .default_retention(
                    sdk::DefaultRetention::builder()
                        .mode(mode)
                        .days(i32::try_from(days).unwrap_or(i32::MAX))
                        .build(),
                )
                .build()
        });
        let configuration = sdk::ObjectLockConfiguration::builder()
            .object_lock_enabled(sdk::ObjectLockEnabled::Enabled)
            .set_rule(rule)
            .build();
        let call = self
            .client
            .put_object_lock_configuration()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .object_lock_configuration(configuration);
        send!("s3:PutBucketObjectLockConfiguration", call).map(drop)
    }

    async fn lifecycle(&self, lifecycle: &lifecycle::Lifecycle) -> Result<(), AwsError> {
        let call = self
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .lifecycle_configuration(lifecycle::wire::write(lifecycle)?)
            .set_transition_default_minimum_object_size(
                lifecycle.minimum_object_size.as_deref().map(Into::into),
            );
        send!("s3:PutLifecycleConfiguration", call)?;
        let ids = |l: &lifecycle::Lifecycle| l.rules.iter().map(|r| r.id.clone()).collect::<BTreeSet<_>>();
        self.settles("s3:GetLifecycleConfiguration", || async {
            let seen = calls::lifecycle(&self.client, self.name, &self.owner).await?;
            Ok(ids(&seen) == ids(lifecycle))
        })
        .await
    }

    async fn policy(&self, document: &Document) -> Result<(), AwsError> {
        if document.statements.is_empty() {
            let call = self
                .client
                .delete_bucket_policy()
                .bucket(self.name)
                .expected_bucket_owner(&self.owner);
            return match send!("s3:DeleteBucketPolicy", call) {
                Err(error) if error.code == "NoSuchBucketPolicy" => Ok(()),
                other => other.map(drop),
            };
        }
        let call = self
            .client
            .put_bucket_policy()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .policy(document.to_json().to_string());
        send!("s3:PutBucketPolicy", call).map(drop)
    }

    async fn replication(&self, replication: &replication::Replication) -> Result<(), AwsError> {
        let call = self
            .client
            .put_bucket_replication()
            .bucket(self.name)
            .expected_bucket_owner(&self.owner)
            .replication_configuration(replication::wire::write(replication)?);
        send!("s3:PutReplicationConfiguration", call)?;
        self.settles("s3:GetReplicationConfiguration", || async {
            let seen = calls::replication(&self.client, self.name, &self.owner).await?;
            Ok(seen.role == replication.role && seen.rules.len() == replication.rules.len())
        })
        .await
    }

    /// Looks until a write can be seen: reading right after writing may still show what was before.
    async fn settles<Fut>(&self, action: &str, look: impl Fn() -> Fut) -> Result<(), AwsError>
    where
        Fut: Future<Output = Result<bool, AwsError>>,
    {
        const NOT_YET: &str = "NotYet";
        let waiting = |e: &AwsError| e.code == NOT_YET || e.is_not_found();
        patiently(Patience::CONSISTENCY, waiting, || async {
            match look().await {
                Ok(true) => Ok(()),
                Ok(false) => Err(AwsError::new(
                    action,
                    Class::Server,
                    NOT_YET,
                    format!(
                        "the bucket {} does not show what was written to it yet; run the same command again",
                        self.name
                    ),
                )),
                // Whoever may write but not look has written all the same.
                Err(error) if error.class == Class::Denied => Ok(()),
                Err(error) => Err(error),
            }
        })
        .await
    }
}
