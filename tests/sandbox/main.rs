//! The sandbox as an AWS client sees it: the real SDK over real HTTP, one sandbox for all tests
//! and one more for those about enforcement.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing
)]

mod accounts;
mod backup;
mod enforcement;
mod rds;
mod s3;
mod seed;
mod steering;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use backstay::sandbox::{Options, ROOT_SECRET, Sandbox};
use std::sync::OnceLock;

/// Without enforcement. It ends with the process.
fn sandbox() -> &'static Sandbox {
    static RUNNING: OnceLock<Sandbox> = OnceLock::new();
    RUNNING.get_or_init(|| Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap())
}

fn root(account: &str) -> Credentials {
    Credentials::new(account, ROOT_SECRET, None, None, "test")
}

async fn config(sandbox: &Sandbox, credentials: Credentials, region: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(sandbox.endpoint())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .load()
        .await
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(config)
            .force_path_style(true)
            .build(),
    )
}

async fn bucket(s3: &aws_sdk_s3::Client, name: &str, region: &str) {
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build();
    s3.create_bucket()
        .bucket(name)
        .create_bucket_configuration(place)
        .send()
        .await
        .unwrap();
    let versioning = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    s3.put_bucket_versioning()
        .bucket(name)
        .versioning_configuration(versioning)
        .send()
        .await
        .unwrap();
}

async fn database(rds: &aws_sdk_rds::Client, name: &str, retention: i32, encrypted: bool) -> String {
    let created = rds
        .create_db_instance()
        .db_instance_identifier(name)
        .db_instance_class("db.t3.micro")
        .engine("postgres")
        .allocated_storage(20)
        .master_username("admin1")
        .master_user_password("password1")
        .backup_retention_period(retention)
        .storage_encrypted(encrypted)
        .send()
        .await
        .unwrap();
    created
        .db_instance()
        .unwrap()
        .db_instance_arn()
        .unwrap()
        .to_owned()
}

/// With enforcement.
fn strict() -> &'static Sandbox {
    static RUNNING: OnceLock<Sandbox> = OnceLock::new();
    RUNNING.get_or_init(|| Sandbox::start(&Options { auth: true }, &mut |line| eprintln!("{line}")).unwrap())
}

/// Credentials of an assumed role.
async fn assume(config: &SdkConfig, role: &str) -> Credentials {
    let sts = aws_sdk_sts::Client::new(config);
    let assumed = sts
        .assume_role()
        .role_arn(role)
        .role_session_name("test")
        .send()
        .await
        .unwrap();
    let given = assumed.credentials().unwrap();
    Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        None,
        "test",
    )
}

/// The wire code of a refusal.
fn code<T: std::fmt::Debug, E>(outcome: Result<T, aws_sdk_s3::error::SdkError<E>>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = outcome.unwrap_err();
    let service = error.as_service_error().unwrap_or_else(|| panic!("{error:?}"));
    service.code().unwrap_or_default().to_owned()
}

fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

fn trusting(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
    )
}
