//! AWS Backup: vaults, locks, access policies, recovery points and a region's settings, as the gateway keeps them.

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{
    BackupPlanInput, BackupRuleInput, BackupSelection, CopyJobState, Lifecycle, RecoveryPointStatus,
};
use backstay::sandbox::DEFAULT_ACCOUNT;

use super::{code, config, database, root, sandbox};

const OTHER: &str = "222222222222";
const KEPT: &str = "arn:aws:rds:ap-south-1:111111111111:db:kept";
const COPIED: &str = "arn:aws:rds:ap-south-1:111111111111:db:copied";
const ROLE: &str = "arn:aws:iam::111111111111:role/backup";

async fn backup(account: &str, region: &str) -> Client {
    Client::new(&config(sandbox(), root(account), region).await)
}

fn key(account: &str, region: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/k")
}

fn vault_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:backup:{region}:{account}:backup-vault:{name}")
}

async fn vault(backup: &Client, name: &str, key: Option<String>) {
    let call = backup.create_backup_vault().backup_vault_name(name);
    call.set_encryption_key_arn(key).send().await.unwrap();
}

async fn encrypted(name: &str) {
    let rds = aws_sdk_rds::Client::new(&config(sandbox(), root(DEFAULT_ACCOUNT), "ap-south-1").await);
    database(&rds, name, 1, true).await;
}

/// Makes a recovery point and gives its ARN; nothing when the job failed.
async fn back_up(backup: &Client, of: &str, vault: &str, days: Option<i64>) -> Option<String> {
    let lifecycle = Lifecycle::builder().set_delete_after_days(days).build();
    let call = backup.start_backup_job().backup_vault_name(vault);
    let call = call.resource_arn(of).iam_role_arn(ROLE).lifecycle(lifecycle);
    let started = call.send().await.unwrap();
    let job = backup
        .describe_backup_job()
        .backup_job_id(started.backup_job_id().unwrap());
    let job = job.send().await.unwrap();
    assert_eq!(job.recovery_point_arn(), started.recovery_point_arn());
    started.recovery_point_arn().map(str::to_owned)
}

/// Copies a recovery point: how the job ended, and what it said.
async fn copy(backup: &Client, point: &str, from: &str, to: &str, days: i64) -> (CopyJobState, String) {
    let lifecycle = Lifecycle::builder().delete_after_days(days).build();
    let call = backup
        .start_copy_job()
        .recovery_point_arn(point)
        .source_backup_vault_name(from);
    let call = call
        .destination_backup_vault_arn(to)
        .iam_role_arn(ROLE)
        .lifecycle(lifecycle);
    let started = call.send().await.unwrap();
    let job = backup
        .describe_copy_job()
        .copy_job_id(started.copy_job_id().unwrap());
    let job = job.send().await.unwrap();
    let job = job.copy_job().unwrap();
    let said = job.status_message().unwrap_or_default().to_owned();
    (job.state().unwrap().clone(), said)
}

#[tokio::test]
async fn vaults_are_listed_by_pages_tagged_and_deleted_when_empty() {
    let backup = backup(DEFAULT_ACCOUNT, "ap-northeast-1").await;
    for name in ["one", "two", "three"] {
        vault(&backup, name, None).await;
    }
    let again = backup.create_backup_vault().backup_vault_name("one");
    assert_eq!(code(again.send().await), "AlreadyExistsException");
    for name in ["o", "an other"] {
        let bad = backup.create_backup_vault().backup_vault_name(name);
        assert_eq!(code(bad.send().await), "InvalidParameterValueException", "{name}");
    }
    for key in [
        key(DEFAULT_ACCOUNT, "eu-west-1"),
        "arn:aws:kms:ap-northeast-1:111111111111:alias/a".into(),
    ] {
        let bad = backup
            .create_backup_vault()
            .backup_vault_name("keyed")
            .encryption_key_arn(key);
        assert_eq!(code(bad.send().await), "InvalidParameterValueException");
    }
    let mut pages = backup.list_backup_vaults().max_results(2).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.backup_vault_list().len() <= 2);
        names.extend(
            page.backup_vault_list()
                .iter()
                .filter_map(|v| v.backup_vault_name().map(str::to_owned)),
        );
    }
    assert_eq!(names, ["one", "two", "three"]);
    let arn = vault_arn(DEFAULT_ACCOUNT, "ap-northeast-1", "one");
    backup
        .tag_resource()
        .resource_arn(&arn)
        .tags("team", "data")
        .tags("env", "prod")
        .send()
        .await
        .unwrap();
    backup
        .untag_resource()
        .resource_arn(&arn)
        .tag_key_list("env")
        .send()
        .await
        .unwrap();
    let tags = backup.list_tags().resource_arn(&arn).send().await.unwrap();
    let tags: Vec<_> = tags.tags().unwrap().iter().collect();
    assert_eq!(tags, [(&"team".to_owned(), &"data".to_owned())]);
    let config = config(sandbox(), root(DEFAULT_ACCOUNT), "ap-northeast-1").await;
    let tagged = aws_sdk_resourcegroupstagging::Client::new(&config);
    let filter = aws_sdk_resourcegroupstagging::types::TagFilter::builder()
        .key("team")
        .values("data")
        .build();
    let found = tagged
        .get_resources()
        .tag_filters(filter)
        .resource_type_filters("backup:backup-vault");
    let found = found.send().await.unwrap();
    let found: Vec<_> = found
        .resource_tag_mapping_list()
        .iter()
        .filter_map(|r| r.resource_arn())
        .collect();
    assert_eq!(found, [arn.as_str()]);
    backup
        .delete_backup_vault()
        .backup_vault_name("three")
        .send()
        .await
        .unwrap();
    // AWS does not tell that there is none.
    let gone = backup
        .describe_backup_vault()
        .backup_vault_name("three")
        .send()
        .await;
    assert_eq!(code(gone), "AccessDeniedException");
}

#[tokio::test]
async fn what_does_not_exist_is_not_backed_up() {
    let backup = backup(DEFAULT_ACCOUNT, "ap-south-1").await;
    vault(&backup, "empty", None).await;
    let job = backup
        .start_backup_job()
        .backup_vault_name("empty")
        .iam_role_arn(ROLE);
    let nothing = "arn:aws:rds:ap-south-1:111111111111:db:nothing";
    assert_eq!(
        code(job.clone().resource_arn(nothing).send().await),
        "ResourceNotFoundException"
    );
    assert_eq!(code(job.send().await), "MissingParameterValueException");
}

#[tokio::test]
async fn a_lock_keeps_what_is_made_under_it() {
    let backup = backup(DEFAULT_ACCOUNT, "ap-south-1").await;
    encrypted("kept").await;
    vault(&backup, "locked", None).await;
    let before = back_up(&backup, KEPT, "locked", None).await.unwrap();
    let lock = || {
        backup
            .put_backup_vault_lock_configuration()
            .backup_vault_name("locked")
    };
    for bad in [
        lock().min_retention_days(30).max_retention_days(7),
        lock().min_retention_days(0),
        lock().max_retention_days(36_501),
        lock().min_retention_days(1).changeable_for_days(2),
    ] {
        assert_eq!(code(bad.send().await), "InvalidParameterValueException");
    }
    let nowhere = backup
        .put_backup_vault_lock_configuration()
        .backup_vault_name("nowhere");
    assert_eq!(
        code(nowhere.min_retention_days(1).send().await),
        "ResourceNotFoundException"
    );
    lock()
        .min_retention_days(7)
        .max_retention_days(100)
        .send()
        .await
        .unwrap();
    // Too short, too long and for ever: the jobs fail.
    for days in [Some(6), Some(101), None] {
        assert_eq!(back_up(&backup, KEPT, "locked", days).await, None, "{days:?}");
    }
    let under = back_up(&backup, KEPT, "locked", Some(30)).await.unwrap();
    let seen = backup
        .describe_backup_vault()
        .backup_vault_name("locked")
        .send()
        .await
        .unwrap();
    assert_eq!((seen.locked(), seen.number_of_recovery_points()), (Some(true), 2));
    assert_eq!((seen.min_retention_days(), seen.lock_date()), (Some(7), None));
    let delete = |arn: &str| {
        backup
            .delete_recovery_point()
            .backup_vault_name("locked")
            .recovery_point_arn(arn)
    };
    assert_eq!(code(delete(&under).send().await), "InvalidRequestException");
    // What was there before is not covered.
    delete(&before).send().await.unwrap();
    assert_eq!(
        code(
            backup
                .delete_backup_vault()
                .backup_vault_name("locked")
                .send()
                .await
        ),
        "InvalidRequestException"
    );
    // Governance: whoever may takes it back.
    let unlock = backup
        .delete_backup_vault_lock_configuration()
        .backup_vault_name("locked");
    unlock.send().await.unwrap();
    delete(&under).send().await.unwrap();
    backup
        .delete_backup_vault()
        .backup_vault_name("locked")
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_compliance_lock_has_a_date_and_an_air_gapped_vault_is_closed_from_birth() {
    let backup = backup(DEFAULT_ACCOUNT, "ap-southeast-1").await;
    vault(&backup, "graced", None).await;
    let lock = |name: &str| {
        backup
            .put_backup_vault_lock_configuration()
            .backup_vault_name(name)
    };
    lock("graced")
        .min_retention_days(7)
        .changeable_for_days(3)
        .send()
        .await
        .unwrap();
    let seen = backup
        .describe_backup_vault()
        .backup_vault_name("graced")
        .send()
        .await
        .unwrap();
    let left = seen.lock_date().unwrap().secs() - seen.creation_date().unwrap().secs();
    assert!((3 * 86_400..3 * 86_400 + 60).contains(&left), "{left}");
    // In its time of grace it can still become one without a date.
    lock("graced").min_retention_days(7).send().await.unwrap();
    let seen = backup
        .describe_backup_vault()
        .backup_vault_name("graced")
        .send()
        .await
        .unwrap();
    assert_eq!(seen.lock_date(), None);
    let gapped = || {
        backup
            .create_logically_air_gapped_backup_vault()
            .backup_vault_name("gapped")
    };
    let short = gapped().min_retention_days(6).max_retention_days(30).send().await;
    assert_eq!(code(short), "InvalidParameterValueException");
    gapped()
        .min_retention_days(7)
        .max_retention_days(30)
        .send()
        .await
        .unwrap();
    let unlock = backup
        .delete_backup_vault_lock_configuration()
        .backup_vault_name("gapped");
    assert_eq!(code(unlock.send().await), "InvalidRequestException");
    assert_eq!(
        code(lock("gapped").min_retention_days(1).send().await),
        "InvalidRequestException"
    );
}

#[tokio::test]
async fn copies_need_a_policy_a_key_and_a_retention_that_fits() {
    let (here, there) = (
        backup(DEFAULT_ACCOUNT, "ap-south-1").await,
        backup(OTHER, "eu-north-1").await,
    );
    encrypted("copied").await;
    vault(&here, "source", Some(key(DEFAULT_ACCOUNT, "ap-south-1"))).await;
    vault(&there, "isolated", Some(key(OTHER, "eu-north-1"))).await;
    let lock = there
        .put_backup_vault_lock_configuration()
        .backup_vault_name("isolated");
    lock.min_retention_days(14)
        .max_retention_days(100)
        .send()
        .await
        .unwrap();
    let to = vault_arn(OTHER, "eu-north-1", "isolated");
    let point = back_up(&here, COPIED, "source", Some(35)).await.unwrap();
    let (state, said) = copy(&here, &point, "source", &to, 35).await;
    assert_eq!(state, CopyJobState::Failed);
    assert!(said.contains("Access Denied"), "{said}");
    let none = there
        .get_backup_vault_access_policy()
        .backup_vault_name("isolated")
        .send()
        .await;
    assert_eq!(code(none), "ResourceNotFoundException");
    let bad = there
        .put_backup_vault_access_policy()
        .backup_vault_name("isolated")
        .policy("{}");
    assert_eq!(code(bad.send().await), "InvalidParameterValueException");
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"backup:CopyIntoBackupVault",
            "Resource":"*","Principal":{{"AWS":"arn:aws:iam::{DEFAULT_ACCOUNT}:root"}}}}]}}"#
    );
    let put = there
        .put_backup_vault_access_policy()
        .backup_vault_name("isolated")
        .policy(&policy);
    put.send().await.unwrap();
    let read = there
        .get_backup_vault_access_policy()
        .backup_vault_name("isolated")
        .send()
        .await
        .unwrap();
    assert_eq!(read.policy(), Some(policy.as_str()));
    assert_eq!(
        copy(&here, &point, "source", &to, 7).await.0,
        CopyJobState::Failed
    );
    there
        .create_backup_vault()
        .backup_vault_name("unkeyed")
        .send()
        .await
        .unwrap();
    let put = there
        .put_backup_vault_access_policy()
        .backup_vault_name("unkeyed");
    put.policy(&policy).send().await.unwrap();
    let unkeyed = vault_arn(OTHER, "eu-north-1", "unkeyed");
    let (state, said) = copy(&here, &point, "source", &unkeyed, 35).await;
    assert_eq!(state, CopyJobState::Failed);
    assert!(said.contains("AWS Managed"), "{said}");
    assert_eq!(
        copy(&here, &point, "source", &to, 35).await.0,
        CopyJobState::Completed
    );
    let held = there
        .list_recovery_points_by_backup_vault()
        .backup_vault_name("isolated")
        .send()
        .await
        .unwrap();
    let [copied] = held.recovery_points() else {
        panic!("{held:?}")
    };
    assert_eq!(copied.resource_arn(), Some(COPIED));
    assert_eq!(copied.status(), Some(&RecoveryPointStatus::Completed));
    assert_eq!(copied.lifecycle().unwrap().delete_after_days(), Some(35));
    // The copy is under its vault's key, and the original under the database's.
    assert_eq!(
        copied.encryption_key_arn(),
        Some(key(OTHER, "eu-north-1").as_str())
    );
    let original = here
        .describe_recovery_point()
        .backup_vault_name("source")
        .recovery_point_arn(&point);
    let original = original.send().await.unwrap();
    assert_ne!(
        original.encryption_key_arn(),
        Some(key(DEFAULT_ACCOUNT, "ap-south-1").as_str())
    );
    assert!(original.encryption_key_arn().is_some());
    let from = vault_arn(DEFAULT_ACCOUNT, "ap-south-1", "source");
    assert_eq!(copied.source_backup_vault_arn(), Some(from.as_str()));
    let protected = there.list_protected_resources().send().await.unwrap();
    assert_eq!(protected.results()[0].last_backup_vault_arn(), Some(to.as_str()));
    let of_it = there
        .list_recovery_points_by_resource()
        .resource_arn(COPIED)
        .send()
        .await
        .unwrap();
    assert_eq!(of_it.recovery_points().len(), 1);
}

#[tokio::test]
async fn a_region_says_which_types_are_backed_up() {
    let backup = backup(OTHER, "sa-east-1").await;
    let settings = || async { backup.describe_region_settings().send().await.unwrap() };
    let usual = settings().await;
    let usual = usual.resource_type_opt_in_preference().unwrap();
    assert_eq!((usual.get("RDS"), usual.get("S3")), (Some(&true), Some(&false)));
    let change = |name: &str| {
        backup
            .update_region_settings()
            .resource_type_opt_in_preference(name, true)
    };
    change("S3").send().await.unwrap();
    assert_eq!(
        code(change("Bricks").send().await),
        "InvalidParameterValueException"
    );
    let now = settings().await;
    assert_eq!(
        now.resource_type_opt_in_preference().unwrap().get("S3"),
        Some(&true)
    );
}

/// Plans are ministack's, and so are their tags.
#[tokio::test]
async fn a_plan_keeps_its_tags() {
    use aws_sdk_backup::types::{BackupPlanInput, BackupRuleInput};
    let backup = backup(OTHER, "eu-west-3").await;
    let rule = BackupRuleInput::builder()
        .rule_name("daily")
        .target_backup_vault_name("main")
        .build()
        .unwrap();
    let plan = BackupPlanInput::builder()
        .backup_plan_name("daily")
        .rules(rule)
        .build()
        .unwrap();
    let made = backup
        .create_backup_plan()
        .backup_plan(plan)
        .backup_plan_tags("team", "data");
    let made = made.send().await.unwrap();
    let arn = made.backup_plan_arn().unwrap();
    backup
        .tag_resource()
        .resource_arn(arn)
        .tags("env", "prod")
        .send()
        .await
        .unwrap();
    let tags = backup.list_tags().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags().unwrap().len(), 2);
}

#[tokio::test]
async fn a_request_that_comes_again_makes_no_second_plan_or_selection() {
    let backup = backup("610000000017", "us-east-1").await;
    let rule = BackupRuleInput::builder()
        .rule_name("daily")
        .target_backup_vault_name("main")
        .build()
        .unwrap();
    let plan = BackupPlanInput::builder()
        .backup_plan_name("daily")
        .rules(rule)
        .build()
        .unwrap();
    let make = backup
        .create_backup_plan()
        .backup_plan(plan)
        .creator_request_id("one");
    let first = make.clone().send().await.unwrap();
    let again = make.clone().send().await.unwrap();
    assert_eq!(first.backup_plan_id(), again.backup_plan_id());
    let plans = backup.list_backup_plans().send().await.unwrap();
    assert_eq!(plans.backup_plans_list().len(), 1);
    let id = first.backup_plan_id().unwrap();

    let selection = |resource: &str| {
        let selection = BackupSelection::builder()
            .selection_name("all")
            .iam_role_arn(ROLE)
            .resources(resource);
        backup
            .create_backup_selection()
            .backup_plan_id(id)
            .backup_selection(selection.build().unwrap())
    };
    let of = || async {
        let list = backup.list_backup_selections().backup_plan_id(id);
        list.send().await.unwrap().backup_selections_list().len()
    };
    let named = selection("*").creator_request_id("one");
    let made = named.clone().send().await.unwrap();
    assert_eq!(
        named.clone().send().await.unwrap().selection_id(),
        made.selection_id()
    );
    assert_eq!(of().await, 1);
    let other = selection("arn:aws:s3:::x").creator_request_id("one");
    assert_eq!(code(other.send().await), "AlreadyExistsException");
    // Without an id, or under another one, it is another request.
    selection("*").send().await.unwrap();
    selection("*").creator_request_id("two").send().await.unwrap();
    assert_eq!(of().await, 3);
    // What is gone is made again.
    let delete = backup.delete_backup_selection().backup_plan_id(id);
    delete
        .selection_id(made.selection_id().unwrap())
        .send()
        .await
        .unwrap();
    assert_ne!(named.send().await.unwrap().selection_id(), made.selection_id());
    assert_eq!(of().await, 3);
    let bad = selection("*").creator_request_id("not allowed").send().await;
    assert_eq!(code(bad), "InvalidParameterValueException");
}
