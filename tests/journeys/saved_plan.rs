//! A plan that was saved is what runs, or nothing does.

use crate::support::Estate;

const POSTURE: &str = r#"
backstay {
  project = "saved"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name          = "data-ACCOUNT"
  versioning    = true
  public_access = false
}

iam_role "reader" {
  name = "reader-ACCOUNT"
  trust {
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${s3_bucket.data.arn}/*"]
  }
}

output "bucket" {
  value = s3_bucket.data.arn
}
"#;

fn saved() -> Estate {
    let estate = Estate::new(POSTURE);
    estate
        .run(&["plan", "-out", "tonight.plan"])
        .exits(0)
        .prints("backstay apply tonight.plan");
    estate
}

#[tokio::test]
async fn a_saved_plan_is_shown_and_run_without_the_posture() {
    let estate = saved();
    let planned = estate.run(&["plan"]).exits(0);
    std::fs::remove_file(estate.path("main.hcl")).unwrap();
    let shown = estate.run(&["show", "tonight.plan"]).exits(0);
    assert_eq!(shown.stdout, planned.stdout);
    estate
        .run(&["apply", "--auto-approve", "tonight.plan"])
        .exits(0)
        .prints("bucket = \"arn:aws:s3:::data-ACCOUNT\"");
    estate.write("main.hcl", POSTURE);
    estate.plan().exits(0);
    // What it was made for is done.
    estate
        .run(&["apply", "--auto-approve", "tonight.plan"])
        .exits(1)
        .tells("out of date");
}

#[tokio::test]
async fn a_plan_is_refused_when_the_cloud_has_changed_since() {
    let estate = saved();
    let bucket = estate.fill("data-ACCOUNT");
    estate
        .root()
        .s3
        .create_bucket()
        .bucket(&bucket)
        .send()
        .await
        .unwrap();
    let mark = estate.mark();
    let refused = estate.run(&["apply", "--auto-approve", "tonight.plan"]).exits(1);
    insta::assert_snapshot!("stale_plan", refused.stderr);
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_that_is_not_whole_is_refused() {
    let estate = saved();
    let plan = estate.read("tonight.plan");
    let altered = [
        ("empty", String::new()),
        ("half", plan[..plan.len() / 2].to_owned()),
        ("without its end", plan[..plan.len() - 2].to_owned()),
        ("altered", plan.replace("data-", "prod-")),
        ("of another version", plan.replacen("2", "9", 1)),
        ("another file", estate.read("main.hcl")),
    ];
    let mark = estate.mark();
    for (what, text) in altered {
        std::fs::write(estate.path("tonight.plan"), text).unwrap();
        for command in [
            &["apply", "--auto-approve", "tonight.plan"][..],
            &["show", "tonight.plan"],
        ] {
            let run = estate.run(command).exits(1).tells("BKS-E0603");
            assert!(run.stderr.contains("plan -out FILE"), "{what}: {}", run.stderr);
        }
    }
    assert!(estate.asked(mark).is_empty());
}

#[tokio::test]
async fn a_plan_of_one_account_does_not_run_in_another() {
    let estate = saved();
    let mark = estate.mark();
    let vault = estate.vault.clone();
    let estate = estate.with("AWS_ACCESS_KEY_ID", &vault);
    estate
        .run(&["apply", "--auto-approve", "tonight.plan"])
        .exits(1)
        .tells("BKS-E0501");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

#[tokio::test]
async fn a_saved_plan_asks_too_and_holds_no_approval() {
    let estate = saved();
    let mark = estate.mark();
    estate
        .answer(&["apply", "tonight.plan"], "no\n")
        .exits(1)
        .tells("Nothing was changed.");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    estate.answer(&["apply", "tonight.plan"], "yes\n").exits(0);

    estate.edit("versioning    = true", "versioning    = false");
    estate.run(&["plan", "-out", "weaker.plan"]).exits(0);
    estate
        .run(&["apply", "--auto-approve", "weaker.plan"])
        .exits(1)
        .tells("--allow-weaken='s3_bucket.data'");
    estate
        .run(&[
            "apply",
            "--auto-approve",
            "--allow-weaken=s3_bucket.data",
            "weaker.plan",
        ])
        .exits(0);
    estate.plan().exits(0);
}

#[tokio::test]
async fn a_plan_that_waited_too_long_is_refused() {
    let estate = Estate::new(POSTURE);
    estate
        .run(&["plan", "-out", "short.plan", "-valid-for", "0"])
        .exits(0);
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve", "short.plan"])
        .exits(1)
        .tells("was valid until");
    assert!(estate.written(mark).is_empty());
    estate
        .run(&["plan", "-out", "short.plan", "-valid-for", "soon"])
        .tells("is not a duration");
    estate
        .run(&["plan", "-out", "long.plan", "-valid-for", "1h"])
        .exits(0);
    estate.run(&["apply", "--auto-approve", "long.plan"]).exits(0);
}
