//! Postures at random, one after the other, applied to one estate: what would weaken is refused and changes
//! nothing, everything else is done at once and for good, and codes, summaries and the cloud agree.

use crate::support::{Estate, Run};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;

/// A posture with holes.
const POSTURE: &str = r#"
backstay {
  project = "turns"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
  @public@
  @replaced@
  @expire@
  @policy@
  @replicate@
}

s3_bucket "copy" {
  region     = "us-west-2"
  name       = "copy-ACCOUNT"
  versioning = true
  @lock@
}

writer_role "dump" {
  writes_to = [s3_bucket.data]
  @prefix@
  trust {
    service = "ecs-tasks.amazonaws.com"
  }
  @trust@
}

rds_instance "app" {
  identifier          = "app"
  deletion_protection = @protected@
  pitr {
    retention = "@retention@"
  }
  @elsewhere@
}

kms_key "main" {
  name           = "turns"
  administrators = ["arn:aws:iam::ACCOUNT:role/admin"]
  users          = @users@
  rotation       = "@rotation@"
}

backup_vault "main" {
  name    = "turns"
  kms_key = kms_key.main
  lock {
    mode = "governance"
    min  = "@least@"
  }
}

@plan@
@restore@
"#;

const RESTORE: &str = r#"
iam_role "restore" {
  name = "restore"
  trust {
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::ACCOUNT:root"]
    }
  }
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${s3_bucket.data.arn}/*"]
  }
}
"#;

const RESTORE_MORE: &str = r#"
iam_role "restore" {
  name = "restore"
  trust {
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::ACCOUNT:root"]
    }
  }
  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${s3_bucket.data.arn}/*"]
  }
}
"#;

const PLAN: &str = r#"
backup_plan "daily" {
  name = "turns"
  rule "daily" {
    vault        = backup_vault.main
    schedule     = "cron(0 3 ? * * *)"
    delete_after = "35d"
  }
  selection "data" {
    role      = "arn:aws:iam::ACCOUNT:role/backup"
    resources = [rds_instance.app]
  }
}
"#;

const PLAN_WEEKLY: &str = r#"
backup_plan "daily" {
  name = "turns"
  rule "daily" {
    vault        = backup_vault.main
    schedule     = "cron(0 3 ? * MON *)"
    delete_after = "60d"
  }
  selection "data" {
    role      = "arn:aws:iam::ACCOUNT:role/backup"
    resources = ["*"]
  }
}
"#;

/// What each hole can hold.
const HOLES: &[(&str, &[&str])] = &[
    ("public", &["", "public_access = false", "public_access = true"]),
    (
        "replaced",
        &[
            "",
            "noncurrent {\n expire_after = \"30d\"\n }",
            "noncurrent {\n expire_after = \"90d\"\n keep = 3\n }",
        ],
    ),
    (
        "expire",
        &[
            "",
            "expire \"old\" {\n prefix = \"logs/\"\n after = \"60d\"\n }",
            "expire \"old\" {\n after = \"90d\"\n }",
        ],
    ),
    (
        "policy",
        &[
            "",
            "policy {\n statement {\n effect = \"Deny\"\n actions = [\"s3:DeleteBucket\"]\n principals {\n type = \"*\"\n identifiers = [\"*\"]\n }\n }\n }",
            "policy {\n statement {\n effect = \"Deny\"\n actions = [\"s3:Delete*\"]\n principals {\n type = \"*\"\n identifiers = [\"*\"]\n }\n }\n }",
        ],
    ),
    (
        "replicate",
        &[
            "",
            "replicate {\n to = s3_bucket.copy\n prefix = \"a/\"\n }",
            "replicate {\n to = s3_bucket.copy\n }",
            "replicate {\n to = s3_bucket.copy\n within = \"15m\"\n }",
        ],
    ),
    (
        "lock",
        &[
            "",
            "object_lock {\n mode = \"governance\"\n retention = \"7d\"\n }",
            "object_lock {\n mode = \"governance\"\n retention = \"30d\"\n }",
        ],
    ),
    ("prefix", &["", "prefix = \"pg/\""]),
    ("trust", &["", "trust {\n service = \"ec2.amazonaws.com\"\n }"]),
    ("protected", &["true", "false"]),
    ("retention", &["7d", "14d", "30d"]),
    (
        "elsewhere",
        &[
            "",
            "replicate {\n region = \"us-west-2\"\n retention = \"7d\"\n }",
            "replicate {\n region = \"us-west-2\"\n retention = \"14d\"\n }",
        ],
    ),
    ("users", &["[]", "[\"arn:aws:iam::ACCOUNT:role/backup\"]"]),
    ("rotation", &["90d", "365d"]),
    ("least", &["7d", "14d"]),
    ("plan", &["", PLAN, PLAN_WEEKLY]),
    ("restore", &["", RESTORE, RESTORE_MORE]),
];

/// Everything, so that the first posture can be put over what was found, and any after a refusal.
const APPROVED: &[&str] = &[
    "s3_bucket.data",
    "s3_bucket.copy",
    "writer_role.dump",
    "rds_instance.app",
    "kms_key.main",
    "backup_vault.main",
    "backup_plan.daily",
    "backup_plan.undeclared",
    "iam_role.restore",
    "iam_role.undeclared",
];

const APPLY: &[&str] = &["apply", "--auto-approve", "--json"];

fn posture(choice: &[usize]) -> String {
    let filled = HOLES.iter().zip(choice);
    filled.fold(POSTURE.to_owned(), |text, ((hole, contents), chosen)| {
        text.replace(&format!("@{hole}@"), contents[*chosen])
    })
}

/// A plan whose code says what its summary does; true when there is something to do.
#[track_caller]
fn planned(estate: &Estate) -> (Run, bool) {
    let run = estate.plan();
    let lines = run.lines();
    let summary = lines.iter().find(|l| l["type"] == "change_summary");
    let summary = summary.unwrap_or_else(|| panic!("no summary: {run:#?}"))["changes"].clone();
    let counts = summary.as_object().unwrap().iter();
    let actions = ["add", "change", "remove", "release", "by_hand", "policy"];
    let pending = counts
        .filter(|(name, _)| actions.contains(&name.as_str()))
        .any(|(_, count)| count.as_u64().unwrap() > 0);
    assert_eq!(
        run.code,
        Some(if pending { 2 } else { 0 }),
        "{summary:#}\n{run:#?}"
    );
    (run, pending)
}

/// Paths of the attributes of a plan that are so.
fn ways(plan: &Run, so: impl Fn(&Json) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for line in plan.lines().iter().filter(|l| l["type"] == "planned_change") {
        let change = &line["change"];
        let attributes = change["attributes"].as_array().unwrap().iter();
        found.extend(
            attributes
                .filter(|a| so(a))
                .map(|a| format!("{}: {}", change["address"], a["path"])),
        );
    }
    found
}

/// An apply that does all that was planned, after which nothing is left to do.
#[track_caller]
fn done(estate: &Estate, arguments: &[&str], pending: bool) {
    let applied = estate.run(arguments).exits(0);
    let lines = applied.lines();
    let summary = lines.iter().find(|l| l["type"] == "apply_summary");
    assert_eq!(summary.is_some(), pending, "{applied:#?}");
    if let Some(Json::Object(line)) = summary {
        let totals = &line["summary"];
        let count = |name: &str| totals[name].as_u64().unwrap();
        assert_eq!(
            (count("exit"), count("not_done"), count("not_known")),
            (0, 0, 0),
            "{totals:#}"
        );
        let steps = lines.iter().filter(|l| l["type"] == "applied_step").count();
        assert_eq!(count("done"), steps as u64, "{totals:#}");
    }
    let (left, pending) = planned(estate);
    assert!(!pending, "{:?}", left.changes());

    let mark = estate.mark();
    let again = estate.run(APPLY).exits(0);
    assert!(!again.stdout.contains("apply_summary"), "{again:#?}");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

/// The same with approvals of everything that is declared, and of what no block declares any more.
#[track_caller]
fn done_with_approvals(estate: &Estate) {
    let posture = estate.read("main.hcl");
    let there = |address: &&&str| {
        let (kind, name) = address.split_once('.').unwrap();
        name == "undeclared" || posture.contains(&format!("{kind} \"{name}\""))
    };
    let mut approved: Vec<String> = APPLY.iter().map(|a| (*a).to_owned()).collect();
    for address in APPROVED.iter().filter(there) {
        approved.push(format!("--allow-weaken={address}"));
        approved.push(format!("--allow-irreversible={address}"));
    }
    let approved: Vec<&str> = approved.iter().map(String::as_str).collect();
    done(estate, &approved, true);
}

#[tokio::test]
async fn without_approvals_nothing_is_lowered_and_everything_else_settles() {
    let mut runner = TestRunner::deterministic();
    let mut any = |below: usize| (0..below).new_tree(&mut runner).unwrap().current();
    let mut choice: Vec<usize> = HOLES.iter().map(|(_, all)| any(all.len())).collect();
    let estate = Estate::new(&posture(&choice));
    estate
        .seed("rds_instance \"app\" {\n  account = \"ACCOUNT\"\n}\n")
        .await;
    done_with_approvals(&estate);

    let (mut refused, mut settled) = (0, 0);
    for _ in 0..10 {
        let former = posture(&choice);
        for _ in 0..=any(2) {
            let hole = any(HOLES.len());
            let contents = HOLES[hole].1.len();
            choice[hole] = (choice[hole] + 1 + any(contents - 1)) % contents;
        }
        estate.write("main.hcl", &posture(&choice));
        let (before, pending) = planned(&estate);
        let dangers = ways(&before, |a| {
            a["direction"] == "weakens" || a["irreversible"].is_string()
        });
        if dangers.is_empty() {
            settled += usize::from(pending);
            done(&estate, APPLY, pending);
            // Were anything less than it was, the former posture would make it more again.
            estate.write("main.hcl", &former);
            let gains = ways(&planned(&estate).0, |a| a["direction"] == "strengthens");
            assert_eq!(gains, Vec::<String>::new());
            estate.write("main.hcl", &posture(&choice));
            continue;
        }
        refused += 1;
        let mark = estate.mark();
        let run = estate.run(APPLY).exits(1).tells("Nothing was changed.");
        assert!(
            run.stdout.contains("BKS-E0601") || run.stderr.contains("BKS-E0601"),
            "{dangers:?}: {run:#?}"
        );
        assert_eq!(estate.written(mark), Vec::<String>::new(), "{dangers:?}");
        let (after, _) = planned(&estate);
        assert_eq!(before.lines(), after.lines(), "{dangers:?}");
        done_with_approvals(&estate);
    }
    // Both happened.
    assert!(refused > 2 && settled > 2, "{refused} refused, {settled} settled");
}
