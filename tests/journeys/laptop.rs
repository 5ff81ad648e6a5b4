//! The first journey: plan, read it, apply.

use crate::support::{Estate, code};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use std::process::Stdio;

/// Something of every kind.
pub(crate) const SHOP: &str = r#"
backstay {
  project = "shop"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "uploads" {
  name          = "uploads-ACCOUNT"
  versioning    = true
  public_access = false
  encryption {}
  noncurrent {
    archive_after = "30d"
    to            = "glacier_ir"
    expire_after  = "365d"
  }
  replicate {
    to             = s3_bucket.copy
    within         = "15m"
    delete_markers = false
  }
}

s3_bucket "copy" {
  region        = "us-west-2"
  name          = "copy-ACCOUNT"
  public_access = false
  object_lock {
    mode      = "governance"
    retention = "30d"
  }
}

s3_bucket "dumps" {
  name          = "dumps-ACCOUNT"
  versioning    = true
  public_access = false
}

writer_role "dump" {
  writes_to   = [s3_bucket.dumps]
  prefix      = "pg/"
  append_only = true
  trust {
    service = "ecs-tasks.amazonaws.com"
  }
}

rds_instance "app" {
  identifier          = "app"
  deletion_protection = true
  copy_tags           = true
  pitr {
    retention = "30d"
    window    = "03:00-04:00"
  }
  replicate {
    region    = "us-west-2"
    retention = "14d"
  }
}

output "writer" {
  value = writer_role.dump.arn
}

output "buckets" {
  value = [s3_bucket.uploads.name, s3_bucket.copy.name]
}
"#;

/// What the shop has before anybody thought of backups.
pub(crate) const SHOP_SEED: &str = r#"
rds_instance "app" {
  account = "ACCOUNT"
}

s3_bucket "uploads" {
  account             = "ACCOUNT"
  name                = "uploads-ACCOUNT"
  public_access_block = false
  objects             = ["2024/a", "2024/b"]
  tags                = { team = "core" }
}
"#;

/// The shop, seeded and applied.
pub(crate) async fn shop() -> Estate {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    estate.settle();
    estate
}

#[tokio::test]
async fn plan_apply_and_nothing_is_left_to_do() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    let mark = estate.mark();

    let planned = estate.run(&["plan", "--detailed-exitcode"]).exits(2);
    insta::assert_snapshot!("shop_planned", planned.stdout);
    estate.run(&["plan"]).exits(0);
    assert_eq!(estate.written(mark), Vec::<String>::new());

    let applied = estate.run(&["apply", "--auto-approve"]).exits(0);
    assert!(applied.stdout.contains("Apply complete!"), "{}", applied.stdout);
    let outputs = applied.stdout.split_once("Outputs:").unwrap().1;
    insta::assert_snapshot!("shop_outputs", outputs);
    estate
        .run(&["plan", "--detailed-exitcode"])
        .exits(0)
        .prints("No changes.");
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

#[tokio::test]
async fn a_setting_changed_by_hand_is_the_only_one_that_is_named_and_repaired() {
    let estate = shop().await;
    let suspended = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    estate
        .root()
        .s3
        .put_bucket_versioning()
        .bucket(estate.fill("dumps-ACCOUNT"))
        .versioning_configuration(suspended)
        .send()
        .await
        .unwrap();
    assert_eq!(
        estate.plan().exits(2).changes(),
        ["s3_bucket.dumps: update versioning"]
    );
    let mark = estate.mark();
    estate.settle();
    assert_eq!(estate.written(mark), ["s3:PutBucketVersioning dumps-ACCOUNT"]);

    estate
        .root()
        .rds
        .modify_db_instance()
        .db_instance_identifier("app")
        .backup_retention_period(7)
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    assert_eq!(
        estate.plan().exits(2).changes(),
        ["rds_instance.app: update pitr.retention"]
    );
    estate.settle();
}

const PAIR: &str = r#"
backstay {
  project = "pair"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name          = "data-ACCOUNT"
  versioning    = true
  public_access = false
  tags          = { team = "core" }
}

writer_role "dump" {
  writes_to = [s3_bucket.data]
  trust {
    service = "ecs-tasks.amazonaws.com"
  }
}
"#;

#[tokio::test]
async fn a_removed_block_releases_what_holds_data_and_removes_what_does_not() {
    let estate = Estate::new(PAIR);
    estate.settle();
    let bucket = estate.fill("data-ACCOUNT");
    let root = estate.root();
    root.s3
        .put_object()
        .bucket(&bucket)
        .key("a")
        .body(b"precious".to_vec().into())
        .send()
        .await
        .unwrap();
    estate.write("main.hcl", PAIR.split("s3_bucket").next().unwrap());
    let planned = estate.run(&["plan", "--detailed-exitcode"]).exits(2);
    insta::assert_snapshot!("pair_released", planned.stdout);
    // Backups that are written through the role would stop.
    let role = "writer_role.undeclared[\"backstay-pair-dump\"]";
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(1).tells(role);
    assert_eq!(estate.written(mark), Vec::<String>::new());
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken", role])
        .exits(0);
    estate.plan().exits(0);

    let deleted: Vec<_> = estate
        .written(mark)
        .into_iter()
        .filter(|w| w.starts_with("s3:Delete"))
        .collect();
    assert_eq!(deleted, Vec::<String>::new());
    let tags = root.s3.get_bucket_tagging().bucket(&bucket).send().await.unwrap();
    let tags: Vec<_> = tags.tag_set().iter().map(|t| t.key()).collect();
    assert_eq!(tags, ["team"]);
    let kept = root
        .s3
        .get_object()
        .bucket(&bucket)
        .key("a")
        .send()
        .await
        .unwrap();
    assert_eq!(kept.body.collect().await.unwrap().to_vec(), b"precious");
    let versioning = root
        .s3
        .get_bucket_versioning()
        .bucket(&bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(versioning.status(), Some(&BucketVersioningStatus::Enabled));
    let role = root.iam.get_role().role_name("backstay-pair-dump").send().await;
    assert_eq!(code(&role.unwrap_err()), "NoSuchEntity");

    // Declared again, it is taken over as it is.
    estate.write("main.hcl", PAIR);
    estate.settle();
}

#[tokio::test]
async fn only_yes_is_yes() {
    let estate = Estate::new(PAIR);
    let mark = estate.mark();
    for answer in ["no\n", "y\n", "YES\n", "\n", ""] {
        estate
            .answer(&["apply"], answer)
            .exits(1)
            .prints("Only \"yes\" will be accepted.")
            .tells("Nothing was changed.");
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());
    estate.answer(&["apply"], "yes\n").exits(0);
    estate.plan().exits(0);
    // With nothing to do there is nothing to ask.
    let again = estate.run(&["apply"]).exits(0);
    assert!(!again.stdout.contains("Enter a value"), "{}", again.stdout);
}

/// Plans of backups are named within a region: two that are forgotten under one name are two.
#[tokio::test]
async fn forgotten_namesakes_are_told_apart() {
    const HEAD: &str = "backstay {\n  project = \"twins\"\n}\n\naccount \"prod\" {\n  id = \"ACCOUNT\"\n  region = \"us-east-1\"\n}\n\n";
    let vault = |label: &str, region: &str| {
        format!("backup_vault \"{label}\" {{\n  region = \"{region}\"\n  name = \"same\"\n}}\n\n")
    };
    let (east, west) = (vault("east", "us-east-1"), vault("west", "us-west-2"));
    // Something stays in each region: it is looked where the posture has something.
    let stays = "s3_bucket \"east\" {\n  name = \"e-ACCOUNT\"\n}\n\ns3_bucket \"west\" {\n  region = \"us-west-2\"\n  name = \"w-ACCOUNT\"\n}\n";
    let estate = Estate::new(&format!("{HEAD}{east}{west}{stays}"));
    estate.settle();
    estate.write("main.hcl", &format!("{HEAD}{stays}"));
    let run = estate
        .run(&["plan", "--detailed-exitcode", "--out", "both.plan"])
        .exits(2);
    run.prints("backup_vault.undeclared[\"same in prod/us-east-1\"] will be released")
        .prints("backup_vault.undeclared[\"same in prod/us-west-2\"] will be released");
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve", "both.plan"]).exits(0);
    let released = estate.written(mark);
    let released = released.iter().filter(|w| w.starts_with("backup:Untag"));
    assert_eq!(released.count(), 2);
    estate.plan().exits(0);
}

/// A report that could not be written is no success; one that nobody reads to the end is.
#[tokio::test]
async fn a_report_that_is_lost_is_no_success() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    for arguments in [
        &["validate"][..],
        &["plan"],
        &["plan", "-json"],
        &["history"],
        &["schema", "plan"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let lost = estate.command(arguments).stdout(full).output().unwrap();
        let told = String::from_utf8_lossy(&lost.stderr);
        assert_eq!(lost.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains("could not be written"), "{arguments:?}: {told}");

        let mut child = estate.command(arguments);
        let mut child = child
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let left = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&left.stderr);
        assert_eq!(left.status.code(), Some(0), "{arguments:?}: {told}");
    }
}
