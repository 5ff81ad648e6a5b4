//! Tags that backup plans go by: who loses one loses its backups, and a plan says so before.

use crate::support::{Estate, Run};
use serde_json::Value as Json;

const POSTURE: &str = r#"
backstay {
  project = "tags"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

backup_vault "main" {
  name = "tags"
}

backup_plan "daily" {
  name = "tags"
  rule "daily" {
    vault    = backup_vault.main
    schedule = "cron(0 3 ? * * *)"
  }
  selection "gold" {
    role = "arn:aws:iam::ACCOUNT:role/backup"
    tag {
      key   = "tier"
      value = "gold"
    }
  }
}

s3_bucket "data" {
  name = "data-ACCOUNT"
  tags = { tier = "gold", team = "a" }
}

rds_instance "app" {
  identifier = "app"
  tags       = { tier = "gold", team = "a" }
}
"#;

async fn estate() -> Estate {
    let estate = Estate::new(POSTURE);
    estate
        .seed("rds_instance \"app\" {\n  account = \"ACCOUNT\"\n}\n")
        .await;
    estate.settle();
    estate
}

/// What is said of each tag of a plan: address, path, direction.
fn ways(plan: &Run) -> Vec<String> {
    let lines = plan.lines();
    let changes = lines.iter().filter(|l| l["type"] == "planned_change");
    let of = |change: &Json| {
        let address = change["address"].as_str().unwrap().to_owned();
        let attributes = change["attributes"].as_array().unwrap().clone().into_iter();
        attributes.map(move |a| {
            let text = |name: &str| a[name].as_str().unwrap().to_owned();
            format!("{address} {} {}", text("path"), text("direction"))
        })
    };
    changes
        .flat_map(|l| of(&l["change"]).collect::<Vec<_>>())
        .collect()
}

#[tokio::test]
async fn a_resource_that_falls_out_of_a_selection_is_refused_until_it_is_named() {
    let estate = estate().await;
    for (address, before) in [
        ("s3_bucket.data", "tags = { tier = \"gold\", team = \"a\" }"),
        (
            "rds_instance.app",
            "tags       = { tier = \"gold\", team = \"a\" }",
        ),
    ] {
        let posture = estate.read("main.hcl");
        estate.edit(before, &before.replace("gold", "tin").replace("\"a\"", "\"b\""));
        let tier = format!("{address} tags[\"tier\"] weakens");
        let team = format!("{address} tags[\"team\"] neutral");
        assert_eq!(ways(&estate.plan()), [team.clone(), tier.clone()]);
        // The plan of backups is looked at, though the change is about something else.
        let target = format!("-target={address}");
        assert_eq!(ways(&estate.run(&["plan", "--json", &target])), [team, tier]);
        let mark = estate.mark();
        estate.run(&["apply", "--auto-approve"]).exits(1).tells(
            "the selection \"gold\" of the backup plan \"tags\" goes by this tag and no longer takes it in",
        );
        assert_eq!(estate.written(mark), Vec::<String>::new());
        let named = format!("--allow-weaken={address}");
        estate.run(&["apply", "--auto-approve", &named]).exits(0);
        estate.plan().exits(0);
        // Into a selection nothing has to be approved.
        estate.write("main.hcl", &posture);
        estate.settle();
    }
}

#[tokio::test]
async fn a_saved_plan_is_judged_again_by_what_it_was_judged_by() {
    let estate = estate().await;
    estate.edit(
        "tags = { tier = \"gold\", team = \"a\" }",
        "tags = { tier = \"gold\", team = \"b\" }",
    );
    estate.run(&["plan", "--out", "saved.plan"]).exits(0);
    // Somebody makes the plan of backups go by the other tag too.
    let backup = estate.root().backup;
    let all = backup.list_backup_plans().send().await.unwrap();
    let id = all.backup_plans_list()[0].backup_plan_id().unwrap().to_owned();
    let condition = aws_sdk_backup::types::Condition::builder()
        .condition_type(aws_sdk_backup::types::ConditionType::Stringequals)
        .condition_key("team")
        .condition_value("a");
    let selection = aws_sdk_backup::types::BackupSelection::builder()
        .selection_name("team")
        .iam_role_arn(estate.fill("arn:aws:iam::ACCOUNT:role/backup"))
        .list_of_tags(condition.build().unwrap());
    let call = backup.create_backup_selection().backup_plan_id(&id);
    call.backup_selection(selection.build().unwrap())
        .send()
        .await
        .unwrap();
    let mark = estate.mark();
    let run = estate.run(&["apply", "saved.plan", "--auto-approve"]).exits(1);
    assert!(run.stderr.contains("BKS-E0602"), "{run:#?}");
    let run = run
        .tells("backup_plan \"tags\", by which changes were judged: it has changed since the plan was made");
    assert_eq!(estate.written(mark), Vec::<String>::new(), "{run:#?}");
}
