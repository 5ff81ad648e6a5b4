//! The sandbox as an AWS client sees it: the real SDK over real HTTP, one sandbox for all tests.

use std::sync::OnceLock;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use backstay::sandbox::{DEFAULT_ACCOUNT, Options, ROOT_SECRET, Sandbox};

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
async fn a_database_and_its_backups() {
    let config = config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await;
    let rds = aws_sdk_rds::Client::new(&config);
    let arn = database(&rds, "backed-up", 3, false).await;
    assert_eq!(arn, "arn:aws:rds:eu-central-1:111111111111:db:backed-up");
    let backups = rds
        .describe_db_instance_automated_backups()
        .db_instance_identifier("BACKED-UP")
        .send()
        .await
        .unwrap();
    let [backup] = backups.db_instance_automated_backups() else {
        panic!("{backups:?}")
    };
    assert_eq!(backup.backup_retention_period(), Some(3));
    assert_eq!(backup.status(), Some("active"));
    assert!(backup.restore_window().unwrap().latest_time().is_some());
}
