//! `prevent_release`: what is marked is not let go, although the block that said so is gone.

use crate::support::Estate;

const HEAD: &str = r#"
backstay {
  project = "kept"
}

account "main" {
  id     = "ACCOUNT"
  region = "us-east-1"
}
"#;

/// Something that backstay makes, something that was there, and something that a plan would destroy.
const GUARDED: &str = r#"
s3_bucket "made" {
  name = "made-ACCOUNT"
  tags = { team = "data" }
  lifecycle {
    prevent_release = true
    ignore_changes  = [tags]
  }
}

s3_bucket "found" {
  name = "found-ACCOUNT"
  lifecycle {
    prevent_release = true
  }
}

rds_instance "app" {
  identifier = "app"
  lifecycle {
    prevent_release = true
  }
}

writer_role "dump" {
  writes_to = [s3_bucket.made]
  trust {
    service = "ecs-tasks.amazonaws.com"
  }
  lifecycle {
    prevent_release = true
  }
}
"#;

async fn guarded() -> Estate {
    let estate = Estate::new(&format!("{HEAD}{GUARDED}"));
    estate
        .seed(
            "s3_bucket \"found-ACCOUNT\" {\n  account = \"ACCOUNT\"\n}\n\
             rds_instance \"app\" {\n  account = \"ACCOUNT\"\n}",
        )
        .await;
    estate.settle();
    estate
}

#[tokio::test]
async fn what_is_guarded_is_not_let_go_when_its_block_is_gone() {
    let estate = guarded().await;
    estate.write("main.hcl", HEAD);
    let mark = estate.mark();
    let planned = estate.run(&["plan", "-out", "plan.json"]).exits(1);
    for what in [
        "s3_bucket \"made-ACCOUNT\" in",
        "s3_bucket \"found-ACCOUNT\" in",
        "rds_instance \"app\" in",
        "writer_role \"backstay-kept-dump\" in",
    ] {
        assert!(planned.stderr.contains(what), "{what}\n{}", planned.stderr);
    }
    assert!(planned.stderr.contains("BKS-E0611"));
    assert!(!estate.path("plan.json").exists());
    // No approval helps.
    let role = "writer_role.undeclared[\"backstay-kept-dump\"]";
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken", role])
        .exits(1)
        .tells("BKS-E0611");
    estate
        .run(&["check"])
        .exits(3)
        .prints("made-ACCOUNT any more, and prevent_release keeps a plan");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    // Declared again, nothing has happened.
    estate.write("main.hcl", &format!("{HEAD}{GUARDED}"));
    estate.plan().exits(0);
}

#[tokio::test]
async fn another_name_in_the_block_lets_nothing_go_either() {
    let estate = guarded().await;
    estate.edit("name = \"made-ACCOUNT\"", "name = \"other-ACCOUNT\"");
    estate
        .run(&["plan"])
        .exits(1)
        .tells("s3_bucket \"made-ACCOUNT\" in");
}

#[tokio::test]
async fn a_guard_is_lifted_by_a_block_that_does_not_ask_for_it() {
    let estate = guarded().await;
    let open = GUARDED
        .replace("    prevent_release = true\n", "")
        .replace("  lifecycle {\n  }\n", "");
    estate.write("main.hcl", &format!("{HEAD}{open}"));
    let refused = estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("may be released");
    assert_eq!(refused.stderr.matches("weakens protection").count(), 4);
    let addresses = [
        "s3_bucket.made",
        "s3_bucket.found",
        "rds_instance.app",
        "writer_role.dump",
    ];
    let mut lift = vec!["apply", "--auto-approve"];
    lift.extend(addresses.iter().flat_map(|a| ["--allow-weaken", *a]));
    estate.run(&lift).exits(0);
    estate.plan().exits(0);
    // Now the blocks may go.
    estate.write("main.hcl", HEAD);
    let mark = estate.mark();
    let role = "writer_role.undeclared[\"backstay-kept-dump\"]";
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken", role])
        .exits(0);
    estate.plan().exits(0);
    let written = estate.written(mark);
    assert!(
        !written
            .iter()
            .any(|w| w.contains("DeleteBucket ") || w.contains("DeleteDBInstance")),
        "{written:?}"
    );
}

#[tokio::test]
async fn another_projects_database_is_not_taken_over() {
    let estate = guarded().await;
    estate.edit("project = \"kept\"", "project = \"thief\"");
    let planned = estate.run(&["plan"]).exits(1).tells("BKS-E0506");
    assert!(
        planned.stderr.contains("the project \"kept\" has marked it"),
        "{}",
        planned.stderr
    );
}
