//! A write that fails: the rest is done, and what happened is said.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::{Estate, Relay};
use backstay::sandbox::{Fault, Outcome};

#[tokio::test]
async fn what_does_not_depend_on_a_failure_is_done_and_the_rest_is_named() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    estate.fault(Fault::error("s3", "PutBucketVersioning", 403, "AccessDenied").on("uploads-"));
    let run = estate.run(&["apply", "--auto-approve"]).exits(4);
    let end = run.stdout.split_once("\nDone:").unwrap().1;
    insta::assert_snapshot!("half_way_summary", end);
    run.tells("BKS-E0605")
        .tells("s3:PutBucketVersioning")
        .tells("main.hcl:");

    // Only the bucket that failed, and what waits for it, is left.
    let left = estate.plan().exits(2).changes();
    assert!(
        left.iter().all(|c| c.starts_with("s3_bucket.uploads:")),
        "{left:#?}"
    );
    estate.heal();
    estate.settle();
}

/// Every write of the run ends so.
fn all_writes(status: u16, code: &str) -> Fault {
    Fault {
        write: Some(true),
        outcome: Outcome::Error {
            status,
            code: code.to_owned(),
        },
        ..Fault::default()
    }
}

#[tokio::test]
async fn when_every_write_is_refused_nothing_was_changed() {
    for (status, code) in [(403, "AccessDenied"), (503, "SlowDown"), (400, "Throttling")] {
        let estate = Estate::new(SHOP);
        estate.seed(SHOP_SEED).await;
        estate.fault(all_writes(status, code));
        let run = estate.run(&["apply", "--auto-approve", "--json"]).exits(1);
        let lines = run.lines();
        let summary = &lines.last().unwrap()["summary"];
        assert_eq!(
            (&summary["done"], &summary["not_known"], &summary["exit"]),
            (&0.into(), &0.into(), &1.into()),
            "{code}: {summary:#}"
        );
        estate
            .run(&["history"])
            .exits(0)
            .prints("failed: nothing was changed")
            .prints("0 added, 0 changed, 0 destroyed, 0 released");
    }
}

#[tokio::test]
async fn a_write_that_failed_on_the_services_side_is_not_known() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    estate.fault(all_writes(500, "InternalError"));
    let run = estate.run(&["apply", "--auto-approve", "--json"]).exits(4);
    let lines = run.lines();
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!(summary["done"], 0, "{summary:#}");
    assert!(summary["not_known"].as_u64() > Some(0), "{summary:#}");
    let records = estate.run(&["history", "--json"]).exits(0).lines();
    let ended = records.iter().find(|l| l["type"] == "result").unwrap();
    assert_eq!(
        (&ended["done"], &ended["failed"]),
        (&0.into(), &0.into()),
        "{ended:#}"
    );
    assert_eq!(ended["not_known"], summary["not_known"]);
    let list = estate.run(&["history"]).exits(0).stdout;
    assert!(
        list.contains("0 added, 0 changed, 0 destroyed, 0 released, ")
            && list.contains(" in part or not known"),
        "{list}"
    );
}

/// The address of one service is dead from the middle of an apply on: what was to be asked of it never left.
#[tokio::test]
async fn a_write_that_found_no_connection_is_not_done() {
    let estate = Estate::new(
        r#"backstay {
  project = "dead"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

kms_key "main" {
  name = "main"
}

backup_vault "main" {
  name        = "main"
  kms_key     = kms_key.main
  deny_delete = true
}
"#,
    );
    let relay = Relay::to(&estate.endpoint());
    let estate = estate.with("AWS_ENDPOINT_URL_BACKUP", &relay.endpoint());
    // The vault waits for its key, and the key for its alias, which takes long enough to cut the rest off.
    estate.fault(Fault {
        operation: Some("CreateAlias".to_owned()),
        outcome: Outcome::Delay(2000),
        ..Fault::default()
    });
    let mark = estate.mark();
    let apply = estate
        .command(&["apply", "--auto-approve", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !estate.asked(mark).iter().any(|r| r.operation == "CreateKey") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    relay.cut();
    let ended = apply.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(4), "{said}");
    let verdicts: Vec<(String, String)> = said
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["type"] == "applied_step")
        .map(|line| {
            let text = |name: &str| line["step"][name].as_str().unwrap().to_owned();
            (text("address"), text("verdict"))
        })
        .collect();
    let verdicts: Vec<_> = verdicts.iter().map(|(a, v)| (a.as_str(), v.as_str())).collect();
    assert_eq!(
        verdicts,
        [
            ("backup_vault.main", "not_done"),
            ("backup_vault.main", "not_done"),
            ("kms_key.main", "done")
        ],
        "{said}"
    );
    assert!(said.contains("NoConnection"), "{said}");
    estate.heal();
    estate.plain().settle();
}

#[tokio::test]
async fn what_only_a_hand_can_change_is_left_and_said() {
    let estate = Estate::new(
        r#"backstay {
  project = "hand"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

rds_instance "app" {
  identifier = "app"
  encrypted  = true
  copy_tags  = true
}
"#,
    );
    estate
        .seed("rds_instance \"app\" {\n  account = \"ACCOUNT\"\n}")
        .await;
    estate
        .run(&["apply", "--auto-approve"])
        .exits(2)
        .prints("Apply complete!")
        .tells("it can only be changed by hand");
    // Again and again, until somebody has done it.
    let mark = estate.mark();
    estate.run(&["plan", "--detailed-exitcode"]).exits(2);
    estate.run(&["apply", "--auto-approve"]).exits(2);
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
