//! The sandbox as an AWS client sees it: the real SDK over real HTTP, one sandbox for all tests.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    AccessControlTranslation, BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination, OwnerOverride,
    ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus, Tag, Tagging,
    VersioningConfiguration,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use backstay::sandbox::{DEFAULT_ACCOUNT, Fault, Options, ROOT_SECRET, Sandbox, Seed};

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

#[tokio::test]
async fn an_assumed_role_works_in_its_account_with_both_emulators() {
    let ours = config(sandbox(), root(DEFAULT_ACCOUNT), "eu-west-2").await;
    let credentials = assume(&ours, "arn:aws:iam::222222222222:role/backstay").await;
    let theirs = config(sandbox(), credentials, "eu-west-2").await;
    let who = aws_sdk_sts::Client::new(&theirs)
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(who.account(), Some("222222222222"));
    assert_eq!(
        who.arn(),
        Some("arn:aws:sts::222222222222:assumed-role/backstay/test")
    );

    let arn = database(&aws_sdk_rds::Client::new(&theirs), "theirs", 1, false).await;
    assert_eq!(arn, "arn:aws:rds:eu-west-2:222222222222:db:theirs");
    let ours_only = aws_sdk_rds::Client::new(&ours)
        .describe_db_instances()
        .send()
        .await
        .unwrap();
    assert!(ours_only.db_instances().is_empty());

    bucket(&s3(&theirs), "theirs-alone", "eu-west-2").await;
    let head = s3(&ours)
        .head_bucket()
        .bucket("theirs-alone")
        .send()
        .await
        .unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(
        code(
            s3(&ours)
                .get_bucket_versioning()
                .bucket("theirs-alone")
                .send()
                .await
        ),
        "AccessDenied"
    );
}

#[tokio::test]
async fn objects_are_copied_into_another_account_and_region() {
    let ours = config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await;
    let theirs = config(sandbox(), root("222222222222"), "eu-west-1").await;
    let (source, destination) = (s3(&ours), s3(&theirs));
    bucket(&source, "copied-from", "eu-central-1").await;
    bucket(&destination, "copied-to", "eu-west-1").await;
    let iam = aws_sdk_iam::Client::new(&ours);
    let trust = trusting(r#"{"Service":"s3.amazonaws.com"}"#);
    iam.create_role()
        .role_name("copier")
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    let policy = allow("s3:*", "*");
    iam.put_role_policy()
        .role_name("copier")
        .policy_name("copy")
        .policy_document(policy)
        .send()
        .await
        .unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/copier"},
        "Action":["s3:ReplicateObject","s3:ReplicateTags","s3:ObjectOwnerOverrideToBucketOwner"],"Resource":"arn:aws:s3:::copied-to/*"}]}"#;
    destination
        .put_bucket_policy()
        .bucket("copied-to")
        .policy(policy)
        .send()
        .await
        .unwrap();
    let to = Destination::builder()
        .bucket("arn:aws:s3:::copied-to")
        .account("222222222222")
        .access_control_translation(
            AccessControlTranslation::builder()
                .owner(OwnerOverride::Destination)
                .build()
                .unwrap(),
        )
        .build()
        .unwrap();
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
        .destination(to)
        .build()
        .unwrap();
    let rules = ReplicationConfiguration::builder()
        .role("arn:aws:iam::111111111111:role/copier")
        .rules(rule)
        .build()
        .unwrap();
    source
        .put_bucket_replication()
        .bucket("copied-from")
        .replication_configuration(rules)
        .send()
        .await
        .unwrap();
    let read_back = source
        .get_bucket_replication()
        .bucket("copied-from")
        .send()
        .await
        .unwrap();
    let rules = read_back.replication_configuration().unwrap().rules();
    assert_eq!(rules[0].destination().unwrap().account(), Some("222222222222"));

    let body = ByteStream::from_static(b"hello");
    source
        .put_object()
        .bucket("copied-from")
        .key("k")
        .body(body)
        .send()
        .await
        .unwrap();
    let arrived = async {
        loop {
            if let Ok(copy) = destination.get_object().bucket("copied-to").key("k").send().await {
                return copy.body.collect().await.unwrap().to_vec();
            }
            tokio::task::yield_now().await;
        }
    };
    let copy = tokio::time::timeout(Duration::from_secs(10), arrived)
        .await
        .unwrap();
    assert_eq!(copy, b"hello");
}

#[tokio::test]
async fn backups_are_replicated_retained_and_deleted() {
    let near = aws_sdk_rds::Client::new(&config(sandbox(), root(DEFAULT_ACCOUNT), "ap-south-1").await);
    let far = aws_sdk_rds::Client::new(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-north-1").await);
    let arn = database(&near, "replicated", 3, true).await;
    let off = database(&near, "without-backups", 0, false).await;
    let start = || {
        far.start_db_instance_automated_backups_replication()
            .source_db_instance_arn(&arn)
    };

    assert_eq!(code(start().send().await), "InvalidParameterCombination");
    let wrong = "arn:aws:kms:ap-south-1:111111111111:key/1";
    assert_eq!(
        code(start().kms_key_id(wrong).send().await),
        "KMSKeyNotAccessibleFault"
    );
    let of_off = far
        .start_db_instance_automated_backups_replication()
        .source_db_instance_arn(&off);
    assert_eq!(code(of_off.send().await), "InvalidDBInstanceState");
    let key = "arn:aws:kms:eu-north-1:111111111111:key/1";
    assert_eq!(
        code(start().kms_key_id(key).backup_retention_period(36).send().await),
        "InvalidParameterValue"
    );
    let started = start()
        .kms_key_id(key)
        .backup_retention_period(14)
        .send()
        .await
        .unwrap();
    assert_eq!(
        started.db_instance_automated_backup().unwrap().status(),
        Some("pending")
    );
    assert_eq!(
        code(start().kms_key_id(key).send().await),
        "InvalidDBInstanceState"
    );

    let held = far.describe_db_instance_automated_backups().send().await.unwrap();
    let [copy] = held.db_instance_automated_backups() else {
        panic!("{held:?}")
    };
    assert_eq!(copy.status(), Some("replicating"));
    assert_eq!(copy.region(), Some("ap-south-1"));
    assert_eq!(copy.backup_retention_period(), Some(14));
    assert_eq!(copy.kms_key_id(), Some(key));
    assert_eq!(copy.db_instance_arn(), Some(arn.as_str()));
    let copy_arn = copy.db_instance_automated_backups_arn().unwrap();
    assert!(
        copy_arn.starts_with("arn:aws:rds:eu-north-1:111111111111:auto-backup:ab-"),
        "{copy_arn}"
    );

    let sources = near.describe_db_instances().send().await.unwrap();
    let named = |name: &str| {
        sources
            .db_instances()
            .iter()
            .find(|i| i.db_instance_identifier() == Some(name))
            .unwrap()
    };
    let replications = named("replicated").db_instance_automated_backups_replications();
    assert_eq!(
        replications[0].db_instance_automated_backups_arn(),
        Some(copy_arn)
    );
    assert!(named("replicated").latest_restorable_time().is_some());
    assert!(named("without-backups").latest_restorable_time().is_none());
    assert_ne!(
        named("replicated").dbi_resource_id(),
        named("without-backups").dbi_resource_id()
    );

    let delete = || {
        far.delete_db_instance_automated_backup()
            .db_instance_automated_backups_arn(copy_arn)
    };
    assert_eq!(
        code(delete().send().await),
        "InvalidDBInstanceAutomatedBackupState"
    );
    far.stop_db_instance_automated_backups_replication()
        .source_db_instance_arn(&arn)
        .send()
        .await
        .unwrap();
    let held = far
        .describe_db_instance_automated_backups()
        .db_instance_automated_backups_arn(copy_arn)
        .send()
        .await;
    assert_eq!(
        held.unwrap().db_instance_automated_backups()[0].status(),
        Some("retained")
    );
    delete().send().await.unwrap();
    let held = far
        .describe_db_instance_automated_backups()
        .db_instance_automated_backups_arn(copy_arn)
        .send()
        .await;
    assert_eq!(code(held), "DBInstanceAutomatedBackupNotFound");
}

#[tokio::test]
async fn what_rds_refuses_and_what_no_emulator_has() {
    let rds = aws_sdk_rds::Client::new(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-west-3").await);
    database(&rds, "refusing", 1, false).await;
    let modify = || rds.modify_db_instance().db_instance_identifier("refusing");
    assert_eq!(
        code(modify().backup_retention_period(36).send().await),
        "InvalidParameterValue"
    );
    assert_eq!(
        code(modify().preferred_backup_window("3am").send().await),
        "InvalidParameterValue"
    );
    let missing = rds
        .modify_db_instance()
        .db_instance_identifier("nobody")
        .backup_retention_period(3);
    assert_eq!(code(missing.send().await), "DBInstanceNotFound");
    let unknown = rds
        .describe_valid_db_instance_modifications()
        .db_instance_identifier("refusing");
    assert_eq!(code(unknown.send().await), "NotImplemented");
    let regions = rds
        .describe_source_regions()
        .region_name("eu-west-1")
        .send()
        .await
        .unwrap();
    assert_eq!(
        regions.source_regions()[0].supports_db_instance_automated_backups_replication(),
        Some(true)
    );
}

#[tokio::test]
async fn authorization_details_have_the_boundary() {
    let iam = aws_sdk_iam::Client::new(&config(sandbox(), root("333333333333"), "us-east-1").await);
    let policy = iam
        .create_policy()
        .policy_name("limit")
        .policy_document(allow("s3:PutObject", "*"))
        .send();
    let limit = policy.await.unwrap().policy().unwrap().arn().unwrap().to_owned();
    let trust = trusting(r#"{"AWS":"arn:aws:iam::333333333333:root"}"#);
    for (name, boundary) in [("limited", Some(limit.clone())), ("unlimited", None)] {
        let role = iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(&trust);
        role.set_permissions_boundary(boundary).send().await.unwrap();
    }
    let boundaries = async || {
        let details = iam.get_account_authorization_details().send().await.unwrap();
        let of = |r: &aws_sdk_iam::types::RoleDetail| {
            let arn = r
                .permissions_boundary()
                .and_then(|b| b.permissions_boundary_arn());
            (r.role_name().unwrap().to_owned(), arn.map(str::to_owned))
        };
        details.role_detail_list().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(
        boundaries().await,
        [
            ("limited".to_owned(), Some(limit)),
            ("unlimited".to_owned(), None)
        ]
    );
    iam.delete_role_permissions_boundary()
        .role_name("limited")
        .send()
        .await
        .unwrap();
    assert_eq!(
        boundaries().await,
        [("limited".to_owned(), None), ("unlimited".to_owned(), None)]
    );
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
async fn requests_are_recorded_and_faults_strike() {
    let s3 = s3(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await);
    bucket(&s3, "struck", "eu-central-1").await;
    let remote = sandbox().remote();
    remote
        .fault(
            &Fault::error("s3", "GetBucketPolicy", 403, "AccessDenied")
                .on("struck")
                .times(1),
        )
        .unwrap();
    remote
        .fault(
            &Fault::error("s3", "PutBucketTagging", 503, "SlowDown")
                .on("struck")
                .times(1),
        )
        .unwrap();
    assert_eq!(
        code(s3.get_bucket_policy().bucket("struck").send().await),
        "AccessDenied"
    );
    assert_eq!(
        code(s3.get_bucket_policy().bucket("struck").send().await),
        "NoSuchBucketPolicy"
    );
    // The SDK retries what S3 asks to slow down for.
    let tag = Tag::builder().key("a").value("b").build().unwrap();
    let tagging = Tagging::builder().tag_set(tag).build().unwrap();
    s3.put_bucket_tagging()
        .bucket("struck")
        .tagging(tagging)
        .send()
        .await
        .unwrap();

    let requests = remote.requests().unwrap();
    let seen: Vec<_> = requests
        .iter()
        .filter(|r| r.resource == "struck")
        .map(|r| (r.operation.as_str(), r.write, r.status, r.fault))
        .collect();
    assert_eq!(
        seen,
        [
            ("CreateBucket", true, 200, false),
            ("PutBucketVersioning", true, 200, false),
            ("GetBucketPolicy", false, 403, true),
            ("GetBucketPolicy", false, 404, false),
            ("PutBucketTagging", true, 503, true),
            ("PutBucketTagging", true, 204, false),
        ]
    );
    let one = requests.iter().find(|r| r.resource == "struck").unwrap();
    assert_eq!(
        (
            one.account.as_str(),
            one.region.as_str(),
            one.answered_by.as_str()
        ),
        (DEFAULT_ACCOUNT, "eu-central-1", "ministack")
    );
}

#[tokio::test]
async fn a_seed_makes_what_it_says_and_can_be_applied_again() {
    let seed = Seed::parse(
        r#"
        rds_instance "seeded" {
          region = "ca-central-1"
          retention = 0
          tags = { team = "core" }
        }
        s3_bucket "seeded-uploads" {
          account = "444444444444"
          region = "ca-central-1"
          versioning = true
          public_access_block = false
          objects = ["a/1", "b"]
        }
        iam_role "seeded" {
          account = "444444444444"
          policies = { read = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}]}" }
        }
        iam_user "seeded" { account = "444444444444" }
        "#,
    )
    .unwrap();
    for _ in 0..2 {
        seed.apply(&sandbox().endpoint()).await.unwrap();
    }
    let theirs = config(sandbox(), root("444444444444"), "ca-central-1").await;
    let objects = s3(&theirs)
        .list_objects_v2()
        .bucket("seeded-uploads")
        .send()
        .await
        .unwrap();
    assert_eq!(
        objects
            .contents()
            .iter()
            .filter_map(|o| o.key())
            .collect::<Vec<_>>(),
        ["a/1", "b"]
    );
    let block = s3(&theirs)
        .get_public_access_block()
        .bucket("seeded-uploads")
        .send()
        .await;
    assert_eq!(code(block), "NoSuchPublicAccessBlockConfiguration");
    let iam = aws_sdk_iam::Client::new(&theirs);
    iam.get_role_policy()
        .role_name("seeded")
        .policy_name("read")
        .send()
        .await
        .unwrap();
    iam.get_user().user_name("seeded").send().await.unwrap();
    let rds = aws_sdk_rds::Client::new(&config(sandbox(), root(DEFAULT_ACCOUNT), "ca-central-1").await);
    let found = rds
        .describe_db_instances()
        .db_instance_identifier("seeded")
        .send()
        .await
        .unwrap();
    assert_eq!(found.db_instances()[0].backup_retention_period(), Some(0));
    assert_eq!(found.db_instances()[0].tag_list()[0].value(), Some("core"));
}

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

#[tokio::test]
async fn cut_off_reset_and_gone() {
    let own = Sandbox::start(&Options::default(), &mut |_| {}).unwrap();
    let client = s3(&config(&own, root(DEFAULT_ACCOUNT), "us-east-1").await);
    own.remote().fault(&Fault::cut_off_after(1)).unwrap();
    client.create_bucket().bucket("first").send().await.unwrap();
    assert!(client.create_bucket().bucket("second").send().await.is_err());
    assert!(client.list_buckets().send().await.is_err());
    own.remote().clear_faults().unwrap();
    let names = client.list_buckets().send().await.unwrap();
    assert_eq!(
        names
            .buckets()
            .iter()
            .filter_map(|b| b.name())
            .collect::<Vec<_>>(),
        ["first"]
    );

    own.remote().reset().unwrap();
    assert_eq!(own.remote().requests().unwrap(), []);
    assert!(client.list_buckets().send().await.unwrap().buckets().is_empty());
    own.remote().clear_requests().unwrap();
    client.list_buckets().send().await.unwrap();
    assert_eq!(own.remote().requests().unwrap()[0].number, 1);

    let remote = own.remote().clone();
    assert!(remote.is_up());
    drop(own);
    assert!(!remote.is_up());
}
