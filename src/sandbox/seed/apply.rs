//! Creates what a seed describes, with the SDK, as the root of each account.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, Tagging,
    VersioningConfiguration,
};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{StreamExt, TryStreamExt, stream};

use super::super::{ROOT_SECRET, Result, failure};
use super::{Bucket, Database, Key, Role, Seed, User};

/// Things made at the same time.
const AT_ONCE: usize = 8;

/// Errors that say that a thing is there already, which is what a seed wants.
const THERE: &[&str] = &[
    "BucketAlreadyOwnedByYou",
    "DBInstanceAlreadyExists",
    "EntityAlreadyExists",
];

pub(super) struct Clients {
    pub(super) endpoint: String,
    http: aws_smithy_runtime_api::client::http::SharedHttpClient,
}

impl Clients {
    pub(super) fn config(&self, account: &str, region: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .http_client(self.http.clone())
            .region(Region::new(region.to_owned()))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Credentials::new(account, ROOT_SECRET, None, None, "sandbox"),
            ))
            .build()
    }
}

impl Seed {
    /// Creates everything in the sandbox at `endpoint`. What is there already stays as it is,
    /// so a seed can be applied again.
    ///
    /// # Errors
    /// Nothing answers there, or a service refused something.
    pub async fn apply(&self, endpoint: &str) -> Result<()> {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let clients = &Clients {
            endpoint: endpoint.to_owned(),
            http,
        };
        // Policies name roles and users, so those come first.
        each(&self.roles, |label, role| async move {
            clients.role(label, role).await
        })
        .await?;
        each(&self.users, |label, user| async move {
            clients.user(label, user).await
        })
        .await?;
        each(
            &self.keys,
            |label, key| async move { clients.key(label, key).await },
        )
        .await?;
        each(&self.buckets, |label, bucket| async move {
            clients.bucket(label, bucket).await
        })
        .await?;
        each(&self.databases, |label, database| async move {
            clients.database(label, database).await
        })
        .await?;
        each(&self.points, |label, point| async move {
            clients.recovery_point(label, point).await
        })
        .await
    }
}

async fn each<'a, T, F: Future<Output = Result<()>>>(
    things: &'a BTreeMap<String, T>,
    make: impl Fn(&'a str, &'a T) -> F,
) -> Result<()> {
    stream::iter(things)
        .map(|(label, thing)| make(label, thing))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

impl Clients {
    async fn role(&self, label: &str, role: &Role) -> Result<()> {
        let name = role.name.as_deref().unwrap_or(label);
        let iam = aws_sdk_iam::Client::new(&self.config(&role.account, "us-east-1"));
        let own_root = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{}:root"}},"Action":"sts:AssumeRole"}}]}}"#,
            role.account
        );
        let trust = role.trust.as_deref().unwrap_or(&own_root);
        let request = iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(trust);
        made(
            "iam_role",
            label,
            request.set_tags(Some(iam_tags(&role.tags)?)).send().await,
        )?;
        for (policy, document) in &role.policies {
            let request = iam
                .put_role_policy()
                .role_name(name)
                .policy_name(policy)
                .policy_document(document);
            made("iam_role", label, request.send().await)?;
        }
        Ok(())
    }

    async fn user(&self, label: &str, user: &User) -> Result<()> {
        let name = user.name.as_deref().unwrap_or(label);
        let iam = aws_sdk_iam::Client::new(&self.config(&user.account, "us-east-1"));
        made(
            "iam_user",
            label,
            iam.create_user()
                .user_name(name)
                .set_tags(Some(iam_tags(&user.tags)?))
                .send()
                .await,
        )?;
        for (policy, document) in &user.policies {
            let request = iam
                .put_user_policy()
                .user_name(name)
                .policy_name(policy)
                .policy_document(document);
            made("iam_user", label, request.send().await)?;
        }
        Ok(())
    }

    async fn key(&self, label: &str, key: &Key) -> Result<()> {
        let kms = aws_sdk_kms::Client::new(&self.config(&key.account, &key.region));
        // The emulator makes it under this id.
        let id = aws_sdk_kms::types::Tag::builder()
            .tag_key("backstay:sandbox-id")
            .tag_value(label)
            .build()
            .map_err(incomplete)?;
        made("kms_key", label, kms.create_key().tags(id).send().await)
    }

    async fn bucket(&self, label: &str, bucket: &Bucket) -> Result<()> {
        let name = bucket.name.as_deref().unwrap_or(label);
        let config = self.config(&bucket.account, &bucket.region);
        let config = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        let s3 = aws_sdk_s3::Client::from_conf(config);
        let mut request = s3.create_bucket().bucket(name);
        if bucket.region != "us-east-1" {
            let place = BucketLocationConstraint::from(bucket.region.as_str());
            request = request.create_bucket_configuration(
                CreateBucketConfiguration::builder()
                    .location_constraint(place)
                    .build(),
            );
        }
        if bucket.object_lock {
            request = request.object_lock_enabled_for_bucket(true);
        }
        made("s3_bucket", label, request.send().await)?;
        if bucket.versioning {
            let on = VersioningConfiguration::builder()
                .status(BucketVersioningStatus::Enabled)
                .build();
            made(
                "s3_bucket",
                label,
                s3.put_bucket_versioning()
                    .bucket(name)
                    .versioning_configuration(on)
                    .send()
                    .await,
            )?;
        }
        if !bucket.public_access_block {
            made(
                "s3_bucket",
                label,
                s3.delete_public_access_block().bucket(name).send().await,
            )?;
        }
        if !bucket.tags.is_empty() {
            let tags = bucket.tags.iter().map(|(key, value)| {
                aws_sdk_s3::types::Tag::builder()
                    .key(key)
                    .value(value)
                    .build()
                    .map_err(incomplete)
            });
            let tagging = Tagging::builder()
                .set_tag_set(Some(tags.collect::<Result<_>>()?))
                .build()
                .map_err(incomplete)?;
            made(
                "s3_bucket",
                label,
                s3.put_bucket_tagging().bucket(name).tagging(tagging).send().await,
            )?;
        }
        if let Some(policy) = &bucket.policy {
            made(
                "s3_bucket",
                label,
                s3.put_bucket_policy().bucket(name).policy(policy).send().await,
            )?;
        }
        for key in &bucket.objects {
            let body = ByteStream::from(format!("{key}\n").into_bytes());
            // The emulator takes the age for the object's, and keeps no metadata of that name.
            let put = s3.put_object().bucket(name).key(key).body(body);
            let put = put.metadata("backstay-sandbox-age", bucket.age.to_string());
            made("s3_bucket", label, put.send().await)?;
        }
        Ok(())
    }

    async fn database(&self, label: &str, database: &Database) -> Result<()> {
        let name = database.identifier.as_deref().unwrap_or(label);
        let rds = aws_sdk_rds::Client::new(&self.config(&database.account, &database.region));
        let tags = database
            .tags
            .iter()
            .map(|(key, value)| aws_sdk_rds::types::Tag::builder().key(key).value(value).build());
        let request = rds
            .create_db_instance()
            .db_instance_identifier(name)
            .engine(&database.engine)
            .set_engine_version(database.engine_version.clone())
            .db_instance_class(&database.class)
            .allocated_storage(database.storage)
            .master_username("owner")
            .master_user_password("not-a-secret")
            .backup_retention_period(database.retention)
            .set_preferred_backup_window(database.window.clone())
            .storage_encrypted(database.encrypted)
            .set_kms_key_id(database.kms_key.clone())
            .multi_az(database.multi_az)
            .deletion_protection(database.deletion_protection)
            .copy_tags_to_snapshot(database.copy_tags)
            .set_tags(Some(tags.collect()));
        made("rds_instance", label, request.send().await)
    }
}

fn iam_tags(tags: &BTreeMap<String, String>) -> Result<Vec<aws_sdk_iam::types::Tag>> {
    tags.iter()
        .map(|(key, value)| {
            aws_sdk_iam::types::Tag::builder()
                .key(key)
                .value(value)
                .build()
                .map_err(incomplete)
        })
        .collect()
}

fn incomplete(error: impl StdError) -> Box<crate::diag::Diagnostic> {
    failure(
        format!("The seed has a tag that cannot be: {error}."),
        "Give it a key and a value.",
    )
}

/// Done, or there already.
pub(super) fn made<T, E, R>(kind: &str, label: &str, outcome: Result<T, SdkError<E, R>>) -> Result<()>
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: std::fmt::Debug + 'static,
{
    let Err(error) = outcome else { return Ok(()) };
    let code = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or_default();
    if THERE.contains(&code) {
        return Ok(());
    }
    Err(failed(kind, label, &error))
}

/// What a service refused with, in its own words; of what is no answer of a service, every cause.
pub(super) fn failed<E, R>(kind: &str, label: &str, error: &SdkError<E, R>) -> Box<crate::diag::Diagnostic>
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: std::fmt::Debug + 'static,
{
    let why = match error.as_service_error().map(ProvideErrorMetadata::meta) {
        Some(said) => {
            let code = said.code().unwrap_or("an error without a name");
            said.message()
                .map_or_else(|| code.to_owned(), |text| format!("{code}: {text}"))
        }
        None => causes(error),
    };
    failure(
        format!(
            "The seed's {kind} \"{label}\" could not be made: {}.",
            why.trim_end_matches('.')
        ),
        "Correct the seed; what was made before stays.",
    )
}

fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut all = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        all.push_str(": ");
        all.push_str(&cause.to_string());
        at = cause.source();
    }
    all
}
