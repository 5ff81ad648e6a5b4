//! RDS: moto's instances, and what the gateway answers.

use backstay::sandbox::DEFAULT_ACCOUNT;

use super::{code, config, database, root, sandbox};

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
