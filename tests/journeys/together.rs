//! Two applies of different postures over the same resources, at once and without a lock.

use crate::dips::{BEFORE, SEED};
use crate::support::{Estate, Protection, dips, strays};
use backstay::sandbox::{Fault, Outcome};

/// Beside keys, vaults, plans and a database: a bucket, of which each setting is one document.
const BUCKET: &str = r#"
s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
  noncurrent {
    expire_after = "60d"
  }
  policy {
    statement {
      effect  = "Deny"
      actions = ["s3:DeleteBucket", "s3:DeleteBucketPolicy"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}
"#;

/// What one of them asks for: more in every way.
const STRONGER: &[(&str, &str)] = &[
    ("\"365d\"", "\"90d\""),
    ("min  = \"7d\"", "min  = \"14d\""),
    ("cron(0 3 ? * * *)", "cron(0 * ? * * *)"),
    ("delete_after = \"35d\"", "delete_after = \"60d\""),
    ("retention = \"14d\"", "retention = \"21d\""),
    ("versioning = true", "versioning = true\n  public_access = false"),
    ("\"60d\"\n  }\n  policy", "\"90d\"\n  }\n  policy"),
    (
        "\"s3:DeleteBucketPolicy\"]",
        "\"s3:DeleteBucketPolicy\", \"s3:PutLifecycleConfiguration\"]",
    ),
];

/// What the other one asks for: less in every way, partly of the same.
const WEAKER: &[(&str, &str)] = &[
    ("min  = \"7d\"", "min  = \"3d\""),
    ("min  = \"30d\"", "min  = \"20d\""),
    ("delete_after = \"90d\"", "delete_after = \"60d\""),
    (", \"arn:aws:rds:us-east-1:ACCOUNT:db:gone\"", ""),
    ("deletion_protection = true", "deletion_protection = false"),
    ("retention = \"14d\"", "retention = \"7d\""),
    ("\"60d\"\n  }\n  policy", "\"30d\"\n  }\n  policy"),
    (
        "\"s3:DeleteBucket\", \"s3:DeleteBucketPolicy\"",
        "\"s3:DeleteBucket\"",
    ),
];

const APPROVED: [&str; 8] = [
    "apply",
    "--auto-approve",
    "--allow-weaken=backup_vault.main",
    "--allow-weaken=backup_vault.away",
    "--allow-weaken=backup_plan.daily",
    "--allow-weaken=rds_instance.app",
    "--allow-weaken=s3_bucket.data",
    "weaker",
];

/// Back to what was there before.
const RESTORED: [&str; 8] = [
    "apply",
    "--auto-approve",
    "--allow-weaken=kms_key.main",
    "--allow-weaken=backup_vault.main",
    "--allow-weaken=backup_plan.daily",
    "--allow-weaken=rds_instance.app",
    "--allow-weaken=s3_bucket.data",
    ".",
];

const UNAPPROVED: [&str; 3] = ["apply", "--auto-approve", "stronger"];

fn before() -> String {
    format!("{BEFORE}{BUCKET}")
}

async fn seen(estate: &Estate) -> Protection {
    let mut all = crate::dips::seen(estate).await;
    all.bucket(&estate.root(), &estate.fill("data-ACCOUNT")).await;
    all
}

fn edited(estate: &Estate, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(estate.fill(&before()), |text, (from, to)| {
        let from = estate.fill(from);
        assert_eq!(text.matches(&from).count(), 1, "{from}");
        text.replace(&from, &estate.fill(to))
    })
}

/// An estate as it was before, with both postures beside each other.
async fn estate() -> Estate {
    let estate = Estate::new(&before());
    estate.seed(SEED).await;
    estate.settle();
    estate.write("stronger/main.hcl", &edited(&estate, STRONGER));
    estate.write("weaker/main.hcl", &edited(&estate, WEAKER));
    estate
}

/// However their writes fall between each other: nothing is ever less than what one of the two asks for, each setting ends as
/// one of them has it, and what is not as a posture says its next plan names. The stronger one then takes back without any
/// approval what the weaker one has set.
#[tokio::test]
async fn two_postures_at_once_end_as_one_of_them_says_and_the_next_plan_names_the_rest() {
    let estate = estate().await;
    let before = seen(&estate).await;
    let end_of = async |apply: &[&str]| {
        estate.run(apply).exits(0);
        let end = seen(&estate).await;
        estate.run(&RESTORED).exits(0);
        assert_eq!(seen(&estate).await, before);
        end
    };
    let strong = end_of(&UNAPPROVED).await;
    let weak = end_of(&APPROVED).await;
    let names = strays([&strong, &strong], &weak);
    assert!(names.len() >= 9, "{names:?}");

    let mut mixed = 0;
    for seed in 0..4 {
        // Both have read before one of them writes; from then on chance mixes them.
        estate.fault(Fault {
            write: Some(true),
            times: Some(2),
            outcome: Outcome::Delay(3000),
            ..Fault::default()
        });
        estate.fault(Fault {
            write: Some(true),
            ..Fault::by_chance(Outcome::Delay(400), 0.5, seed)
        });
        let mut both = [("one", &UNAPPROVED[..]), ("two", &APPROVED[..])].map(|(said, command)| {
            let said = std::fs::File::create(estate.path(said)).unwrap();
            let mut command = estate.command(command);
            command
                .stdout(said.try_clone().unwrap())
                .stderr(said)
                .spawn()
                .unwrap()
        });
        let mut looks = 0;
        while both.iter_mut().any(|apply| apply.try_wait().unwrap().is_none()) {
            let now = seen(&estate).await;
            let less = dips([&strong, &weak], &now);
            assert!(less.is_empty(), "{seed}: {less:?}\n{now:#?}");
            looks += 1;
        }
        let said = ["one", "two"].map(|name| estate.read(name));
        let codes = both.map(|mut apply| apply.wait().unwrap().code().unwrap());
        // Did each set out from what was there before? A machine with too much to do lets one begin too late.
        if said[0].contains("\"14d\" -> \"21d\"") && said[1].contains("\"14d\" -> \"7d\"") {
            mixed += 1;
            assert!(looks > 3, "{looks}");
            assert!(
                codes.iter().all(|code| [0, 4].contains(code)) && codes.contains(&0),
                "{codes:?} {said:#?}"
            );
        }
        estate.heal();

        let now = seen(&estate).await;
        let neither = strays([&strong, &weak], &now);
        assert!(neither.is_empty(), "{seed}: {neither:?}\n{now:#?}");
        for (folder, end) in [("stronger", &strong), ("weaker", &weak)] {
            let planned = estate.run(&["plan", "--detailed-exitcode", folder]);
            let pending = if now == *end { 0 } else { 2 };
            assert_eq!(
                planned.code,
                Some(pending),
                "{seed} {folder}: {planned:#?}\n{now:#?}"
            );
        }
        estate.run(&UNAPPROVED).exits(0);
        let left = strays([&strong, &strong], &seen(&estate).await);
        assert!(left.is_empty(), "{seed}: {left:?}");
        estate.run(&RESTORED).exits(0);
    }
    assert!(mixed > 0);
}
