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

/// A plan's file with a change in it, and the digest of what it is then: what a forger would write.
fn forged(plan: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
    use sha2::Digest;
    let (head, body) = plan.split_once('\n').unwrap();
    let mut head: serde_json::Value = serde_json::from_str(head).unwrap();
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    change(&mut body);
    let body = body.to_string();
    head["sha256"] = hex::encode(sha2::Sha256::digest(&body)).into();
    format!("{head}\n{body}\n")
}

#[tokio::test]
async fn a_plan_does_what_it_shows() {
    let estate = saved();
    estate.run(&["apply", "--auto-approve", "tonight.plan"]).exits(0);
    estate.edit("versioning    = true", "versioning    = false");
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    let plan = estate.read("tonight.plan");
    let judged = |body: &mut serde_json::Value| {
        for step in body["steps"].as_array_mut().unwrap() {
            for attribute in step["attributes"].as_array_mut().unwrap() {
                attribute["direction"] = "strengthens".into();
            }
        }
    };
    let shown = |body: &mut serde_json::Value| {
        body["steps"][0]["what"] = "set tags".into();
        body["steps"][0]["attributes"] = serde_json::json!([]);
    };
    let more = |body: &mut serde_json::Value| {
        let again = body["steps"][0].clone();
        body["steps"].as_array_mut().unwrap().push(again);
    };
    let declared = |body: &mut serde_json::Value| {
        let desired = &mut body["changes"][0]["desired"];
        desired["spec"]["versioning"] = true.into();
    };
    let timeless = |body: &mut serde_json::Value| {
        body.as_object_mut().unwrap().remove("validity");
    };
    type Change<'a> = &'a dyn Fn(&mut serde_json::Value);
    let all: [(&str, Change<'_>); 5] = [
        ("judged", &judged),
        ("shown", &shown),
        ("more", &more),
        ("declared", &declared),
        ("timeless", &timeless),
    ];
    let mark = estate.mark();
    for (what, change) in all {
        std::fs::write(estate.path("forged.plan"), forged(&plan, change)).unwrap();
        for command in [
            &[
                "apply",
                "--auto-approve",
                "--allow-weaken=s3_bucket.data",
                "forged.plan",
            ][..],
            &["show", "forged.plan"],
        ] {
            let run = estate.run(command);
            assert_eq!(run.code, Some(1), "{what}: {run:#?}");
            assert!(run.stderr.contains("BKS-E0603"), "{what}: {}", run.stderr);
        }
    }
    assert!(estate.asked(mark).is_empty());
    // The same way of writing it, and nothing changed.
    std::fs::write(estate.path("forged.plan"), forged(&plan, |_| {})).unwrap();
    estate.run(&["show", "forged.plan"]).exits(0);
}

#[test]
fn options_of_a_posture_are_refused_and_not_ignored() {
    let estate = saved();
    for option in [
        &["-target", "s3_bucket.data"][..],
        &["-exclude", "s3_bucket.data"],
        &["-var", "a=b"],
        &["-var-file", "a.bsvars"],
    ] {
        let all: Vec<&str> = ["apply", "-auto-approve"]
            .iter()
            .chain(option)
            .chain(&["tonight.plan"])
            .copied()
            .collect();
        estate.run(&all).exits(1).tells("has no effect on a saved plan");
    }
}

#[tokio::test]
async fn what_changes_while_a_question_waits_is_not_overwritten() {
    let estate = saved();
    estate.run(&["apply", "--auto-approve", "tonight.plan"]).exits(0);
    estate.edit("versioning    = true", "versioning    = false");
    let said = std::fs::File::create(estate.path("said")).unwrap();
    let mut asking = estate
        .command(&["apply", "-allow-weaken", "s3_bucket.data"])
        .stdin(std::process::Stdio::piped())
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    while !estate
        .read("said")
        .contains("Do you want to perform these actions?")
    {
        assert_eq!(asking.try_wait().unwrap(), None, "{}", estate.read("said"));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // Somebody else does it first, and more.
    let s3 = estate.root().s3;
    let suspended = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Suspended)
        .build();
    s3.put_bucket_versioning()
        .bucket(estate.fill("data-ACCOUNT"))
        .versioning_configuration(suspended)
        .send()
        .await
        .unwrap();
    let mark = estate.mark();
    {
        use std::io::Write;
        asking.stdin.take().unwrap().write_all(b"yes\n").unwrap();
    }
    let status = asking.wait().unwrap();
    let said = estate.read("said");
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("has changed since the plan was made"), "{said}");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
