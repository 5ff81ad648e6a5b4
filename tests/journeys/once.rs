//! What must not be made twice is not, whichever reply gets lost after the write took effect.

use crate::faults;
use crate::support::{Clients, Estate};
use backstay::sandbox::{Fault, Outcome};
use std::collections::BTreeMap;

/// Something of each kind whose creation AWS would repeat: keys, a replica, vaults, a plan with selections, a
/// managed policy, a copy of a database.
const POSTURE: &str = r#"
backstay {
  project = "once"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

kms_key "main" {
  name           = "main"
  administrators = ["arn:aws:iam::ACCOUNT:role/admin"]
  users          = [iam_role.backup]
  rotation       = "365d"
}

kms_key "both" {
  name = "both"
  replica {
    region = "us-west-2"
  }
}

backup_vault "main" {
  name        = "main"
  kms_key     = kms_key.main
  deny_delete = true
  guardians   = ["arn:aws:iam::ACCOUNT:role/guardian"]
  lock {
    mode  = "governance"
    min   = "7d"
    max   = "120d"
  }
}

backup_vault "away" {
  region = "us-west-2"
  name   = "away"
}

backup_plan "daily" {
  name = "daily"
  rule "daily" {
    vault        = backup_vault.main
    schedule     = "cron(0 3 ? * * *)"
    delete_after = "35d"
    copy {
      to           = backup_vault.away
      delete_after = "90d"
    }
  }
  selection "named" {
    role      = iam_role.backup
    resources = [rds_instance.app]
  }
  selection "tagged" {
    role = iam_role.backup
    tag {
      key   = "backup"
      value = "daily"
    }
  }
}

iam_role "backup" {
  name = "backup"
  trust {
    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

s3_bucket "dumps" {
  name          = "dumps-ACCOUNT"
  versioning    = true
  public_access = false
}

writer_role "dump" {
  writes_to = [s3_bucket.dumps]
  prefix    = "pg/"
  trust {
    service = "ecs-tasks.amazonaws.com"
  }
}

rds_instance "app" {
  identifier = "app"
  pitr {
    retention = "14d"
  }
  replicate {
    region    = "us-west-2"
    retention = "7d"
  }
}
"#;

const SEED: &str = "rds_instance \"app\" {\n  account = \"ACCOUNT\"\n}\n";

const APPLY: &[&str] = &["apply", "--auto-approve"];

async fn seeded() -> Estate {
    let estate = Estate::new(POSTURE);
    estate.seed(SEED).await;
    estate
}

/// How many there are of what has no name of its own that AWS would keep apart.
async fn there(home: &Clients) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    let mut count = |what: String| *all.entry(what).or_default() += 1;
    for key in home.kms.list_keys().send().await.unwrap().keys() {
        let tags = home.kms.list_resource_tags().key_id(key.key_id().unwrap());
        for tag in tags.send().await.unwrap().tags() {
            if tag.tag_key() == "backstay:alias" {
                count(format!("key {}", tag.tag_value()));
            }
        }
    }
    for plan in home
        .backup
        .list_backup_plans()
        .send()
        .await
        .unwrap()
        .backup_plans_list()
    {
        count(format!("plan {}", plan.backup_plan_name().unwrap()));
        let selections = home.backup.list_backup_selections();
        let selections = selections.backup_plan_id(plan.backup_plan_id().unwrap());
        for selection in selections.send().await.unwrap().backup_selections_list() {
            count(format!("selection {}", selection.selection_name().unwrap()));
        }
    }
    let policies = home
        .iam
        .list_policies()
        .scope(aws_sdk_iam::types::PolicyScopeType::Local);
    for policy in policies.send().await.unwrap().policies() {
        let versions = home.iam.list_policy_versions().policy_arn(policy.arn().unwrap());
        for _ in versions.send().await.unwrap().versions() {
            count(format!("version of {}", policy.policy_name().unwrap()));
        }
    }
    all
}

#[track_caller]
fn assert_single(all: &BTreeMap<String, usize>, after: &str) {
    assert!(all.values().all(|times| *times == 1), "{after}: {all:#?}");
    // What is counted was found.
    for what in [
        "key main",
        "key both",
        "plan daily",
        "selection named",
        "selection tagged",
    ] {
        assert!(all.contains_key(what), "{after}: no {what} in {all:#?}");
    }
}

/// Loses what `fault` says of the first apply, which comes to its end all the same.
async fn lost(fault: Fault, after: &str) -> usize {
    let estate = seeded().await;
    let mark = estate.mark();
    estate.fault(fault);
    let run = estate.run(APPLY);
    let hits = estate.asked(mark).iter().filter(|r| r.fault).count();
    assert_eq!(
        run.code,
        Some(0),
        "{after}: {run:#?}\n{:#?}",
        estate.written(mark)
    );
    estate.heal();
    assert_single(&there(&estate.root()).await, after);
    estate.plan().exits(0);
    hits
}

fn reply_lost(operation: &str) -> Fault {
    Fault {
        operation: Some(operation.to_owned()),
        outcome: Outcome::ResetAfter,
        ..Fault::default()
    }
}

#[tokio::test]
async fn a_creation_whose_reply_gets_lost_is_looked_for_and_not_repeated() {
    for operation in [
        "CreateKey",
        "ReplicateKey",
        "CreateAlias",
        "CreateBackupVault",
        "CreateBackupPlan",
        "CreateBackupSelection",
        "CreateRole",
        "CreateBucket",
        "StartDBInstanceAutomatedBackupsReplication",
    ] {
        let hits = lost(reply_lost(operation).times(1), operation).await;
        assert_eq!(hits, 1, "{operation}");
    }
}

/// Even when no reply to any of them ever comes.
#[tokio::test]
async fn what_has_no_name_of_its_own_is_made_once_when_all_replies_get_lost() {
    for operation in ["CreateKey", "CreateBackupPlan", "CreateBackupSelection"] {
        assert!(lost(reply_lost(operation), operation).await > 0, "{operation}");
    }
}

/// One after the other, the reply to each write of an apply.
#[tokio::test]
async fn whichever_write_loses_its_reply_the_apply_comes_to_its_end() {
    let mut writes = 0;
    loop {
        let fault = Fault {
            write: Some(true),
            after: writes,
            ..reply_lost("*").times(1)
        };
        if lost(fault, &format!("write {writes}")).await == 0 {
            break;
        }
        writes += 1;
        assert!(writes < 60, "no end");
    }
    assert!(writes > 20, "only {writes} writes");
}

#[tokio::test]
async fn replies_that_get_lost_by_chance() {
    let creations = || Some("Create*".to_owned());
    for (chance, seed, operation) in [
        (0.05, 1, None),
        (0.20, 2, None),
        (0.50, 3, creations()),
        (0.50, 4, creations()),
    ] {
        let fault = Fault {
            operation,
            ..Fault::by_chance(Outcome::ResetAfter, chance, seed)
        };
        let why = format!("{fault:?}");
        let estate = seeded().await;
        let struck = faults::strikes(&estate, fault);
        assert!(struck.hits > 0, "{why}");
        assert_single(&there(&estate.root()).await, &why);
    }
}

#[tokio::test]
async fn a_policy_gets_one_new_version_when_the_reply_to_it_gets_lost() {
    let estate = seeded().await;
    estate.run(APPLY).exits(0);
    estate.edit("prefix    = \"pg/\"", "prefix    = \"dumps/\"");
    let mark = estate.mark();
    estate.fault(reply_lost("CreatePolicyVersion").times(1));
    let run = estate.run(&["apply", "--auto-approve", "--allow-weaken=writer_role.dump"]);
    run.exits(0);
    assert_eq!(estate.asked(mark).iter().filter(|r| r.fault).count(), 1);
    let versions = there(&estate.root()).await;
    assert_eq!(
        versions["version of backstay-once-dump-boundary"], 2,
        "{versions:#?}"
    );
}

#[tokio::test]
async fn a_deletion_is_called_off_though_the_reply_gets_lost() {
    let estate = seeded().await;
    estate.run(APPLY).exits(0);
    let kms = estate.root().kms;
    let key = kms.describe_key().key_id("alias/main").send().await.unwrap();
    let key = key.key_metadata().unwrap().key_id();
    kms.schedule_key_deletion().key_id(key).send().await.unwrap();
    let mark = estate.mark();
    estate.fault(reply_lost("CancelKeyDeletion").times(1));
    estate.run(APPLY).exits(0);
    assert_eq!(estate.asked(mark).iter().filter(|r| r.fault).count(), 1);
    estate.plan().exits(0);
}
