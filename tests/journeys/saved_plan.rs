//! A plan that was saved is what runs, or nothing does.

use crate::support::Estate;
use crate::support::forgery::forged;

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
async fn a_saved_plan_is_shown_and_run_without_the_posture_when_that_is_said() {
    let estate = saved();
    let planned = estate.run(&["plan"]).exits(0);
    std::fs::remove_file(estate.path("main.hcl")).unwrap();
    let shown = estate.run(&["show", "tonight.plan"]).exits(0);
    assert_eq!(shown.stdout, planned.stdout);
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve", "tonight.plan"])
        .exits(1)
        .tells("BKS-E0603")
        .tells("is of the project \"saved\", and . holds no posture");
    assert!(estate.asked(mark).is_empty());
    estate
        .run(&["apply", "--auto-approve", "-detached", "tonight.plan"])
        .exits(0)
        .tells("is held against no posture")
        .prints("bucket = \"arn:aws:s3:::data-ACCOUNT\"");
    estate.write("main.hcl", POSTURE);
    estate.plan().exits(0);
    // What it was made for is done.
    estate
        .run(&["apply", "--auto-approve", "tonight.plan"])
        .exits(1)
        .tells("BKS-E0612");
}

#[tokio::test]
async fn a_plan_is_refused_when_the_cloud_has_changed_since() {
    let estate = saved();
    estate.bucket("data-ACCOUNT").await;
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
        ("without its last newline", plan.trim_end().to_owned()),
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
    let estate = saved();
    let old = forged(&estate.read("tonight.plan"), |body| {
        body["read_at"] = "2026-01-01T00:00:00Z".into();
        body["validity"] =
            serde_json::json!({ "from": "2026-01-01T00:00:00Z", "until": "2026-01-01T08:00:00Z" });
    });
    std::fs::write(estate.path("short.plan"), old).unwrap();
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve", "short.plan"])
        .exits(1)
        .tells("was valid until");
    assert!(estate.written(mark).is_empty());
    estate
        .run(&["plan", "-out", "short.plan", "-valid-for", "soon"])
        .tells("is not a duration");
    for never in ["0", "0s", "0h"] {
        estate
            .run(&["plan", "-out", "never.plan", "-valid-for", never])
            .exits(1)
            .tells("a plan that is never valid cannot be applied");
    }
    estate
        .run(&["plan", "-out", "never.plan", "-valid-for", "1000y"])
        .exits(1)
        .tells("for a year at most");
    assert!(!estate.path("never.plan").exists());
    estate
        .run(&["apply", "-parallelism", "0"])
        .exits(1)
        .tells("at least 1 step has to run at once");
    estate
        .run(&["plan", "-out", "long.plan", "-valid-for", "1h"])
        .exits(0);
    estate.run(&["apply", "--auto-approve", "long.plan"]).exits(0);
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
    let circle = |body: &mut serde_json::Value| {
        body["steps"][0]["after"] = serde_json::json!([0]);
    };
    let nowhere = |body: &mut serde_json::Value| {
        body["steps"][0]["after"] = serde_json::json!([7]);
    };
    type Change<'a> = &'a dyn Fn(&mut serde_json::Value);
    let all: [(&str, Change<'_>); 7] = [
        ("circle", &circle),
        ("nowhere", &nowhere),
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
fn options_that_do_not_fit_are_refused_and_not_ignored() {
    let estate = saved();
    for (options, path, why) in [
        (
            &["-target", "s3_bucket.data"][..],
            "tonight.plan",
            "-target has no effect on a saved plan",
        ),
        (
            &["-exclude", "s3_bucket.data"],
            "tonight.plan",
            "-exclude has no effect on a saved plan",
        ),
        (
            &["-detached", "-var", "a=b"],
            "tonight.plan",
            "-var has no effect with -detached",
        ),
        (
            &["-detached", "-var-file", "a.bsvars"],
            "tonight.plan",
            "-var-file has no effect with -detached",
        ),
        (
            &["-detached"],
            ".",
            "-detached has no effect without a saved plan",
        ),
        (
            &["-posture", "."],
            ".",
            "-posture has no effect without a saved plan",
        ),
    ] {
        let mut all = vec!["apply", "-auto-approve"];
        all.extend(options);
        all.push(path);
        estate.run(&all).exits(1).tells(why);
    }
}

const SETTINGS: &str = "  project = \"saved\"\n";

/// Each thing that decides what an apply meets, different in the posture from what the plan says.
#[tokio::test]
async fn a_plan_of_another_posture_is_refused_before_anything_is_written() {
    let estate = saved();
    let posture = estate.read("main.hcl");
    let mark = estate.mark();
    let keep = "  evidence {\n    bucket = \"keep-ACCOUNT\"\n  }\n";
    let lock = "  lock {\n    bucket = \"keep-ACCOUNT\"\n  }\n";
    let window = "policy {\n  disruptive {\n    window = \"Sun 03:00-05:00 UTC\"\n  }\n}\n";
    for (what, text) in [
        ("the project", posture.replace("\"saved\"", "\"other\"")),
        (
            "the evidence block",
            posture.replace(SETTINGS, &format!("{SETTINGS}{keep}")),
        ),
        (
            "the lock block",
            posture.replace(SETTINGS, &format!("{SETTINGS}{lock}")),
        ),
        ("the policy block", format!("{posture}{window}")),
        ("the account blocks", posture.replace("us-east-1", "us-west-2")),
    ] {
        estate.write("main.hcl", &text);
        estate
            .run(&["apply", "--auto-approve", "tonight.plan"])
            .exits(1)
            .tells("BKS-E0603")
            .tells(&format!("they differ in {what}."));
    }
    // Elsewhere there is another posture, or none.
    estate.write("other/main.hcl", &posture.replace("\"saved\"", "\"other\""));
    std::fs::create_dir(estate.path("empty")).unwrap();
    for folder in ["other", "empty"] {
        estate
            .run(&["apply", "--auto-approve", "-posture", folder, "tonight.plan"])
            .exits(1)
            .tells("BKS-E0603");
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());

    // What the plan does is what the posture asks for, and where in the text, or beside what, is all the same.
    for (why, text) in [
        (
            "s3_bucket.data is declared otherwise there.",
            posture.replace("public_access = false", "public_access = true"),
        ),
        (
            "iam_role.reader is not declared there.",
            posture.replace("iam_role \"reader\"", "iam_role \"other\""),
        ),
    ] {
        estate.write("other/main.hcl", &text);
        estate
            .run(&["apply", "--auto-approve", "-posture", "other", "tonight.plan"])
            .exits(1)
            .tells(why);
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());
    let more = "\n\ns3_bucket \"more\" {\n  name = \"more-ACCOUNT\"\n}\n";
    estate.write("same/main.hcl", &format!("{more}{posture}"));
    estate
        .run(&["apply", "--auto-approve", "-posture", "same", "tonight.plan"])
        .exits(0);
}

/// Whoever can write the file makes its digest fit, too.
#[tokio::test]
async fn a_file_does_not_choose_which_policy_it_meets() {
    let kept = POSTURE.replace(
        SETTINGS,
        &format!("{SETTINGS}  evidence {{\n    bucket = \"keep-ACCOUNT\"\n  }}\n"),
    );
    let estate = Estate::new(&format!(
        "{kept}\npolicy {{\n  weaken {{\n    window = \"Sun 03:00-03:01 UTC\"\n  }}\n}}\n"
    ));
    estate.bucket("keep-ACCOUNT").await;
    estate.settle();
    estate.edit("versioning    = true", "versioning    = false");
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    let plan = estate.read("tonight.plan");
    let without = |fields: &[&str]| {
        forged(&plan, |body| {
            for field in fields {
                body.as_object_mut().unwrap().remove(*field).unwrap();
            }
        })
    };
    let mark = estate.mark();
    for fields in [&["evidence"][..], &["policies"], &["evidence", "policies"]] {
        std::fs::write(estate.path("forged.plan"), without(fields)).unwrap();
        estate
            .run(&[
                "apply",
                "--auto-approve",
                "--allow-weaken=s3_bucket.data",
                "forged.plan",
            ])
            .exits(1)
            .tells("BKS-E0603");
    }
    let entered = forged(&plan, |body| body["entrances"][0]["profile"] = "other".into());
    std::fs::write(estate.path("forged.plan"), entered).unwrap();
    estate
        .run(&[
            "apply",
            "--auto-approve",
            "--allow-weaken=s3_bucket.data",
            "forged.plan",
        ])
        .exits(1)
        .tells("they differ in the account blocks.");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

#[tokio::test]
async fn an_approval_of_what_is_not_there_is_a_slip_and_no_approval() {
    let estate = saved();
    let mark = estate.mark();
    for (flag, file) in [
        ("--allow-weaken=s3_bucket.dat", "."),
        ("--allow-irreversible=s3_bucket.dat", "."),
        ("--allow-weaken=s3_bucket.dat", "tonight.plan"),
    ] {
        estate
            .run(&["apply", "--auto-approve", flag, file])
            .exits(1)
            .tells("BKS-E0604")
            .tells("Did you mean s3_bucket.data?");
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());
    // What needs none may be named, and is told: the same command can be run again, when there is nothing to tell.
    let same = ["apply", "--auto-approve", "--allow-weaken=s3_bucket.data"];
    let needless = "--allow-weaken='s3_bucket.data' approves nothing: the plan weakens nothing of it.";
    estate.run(&same).exits(0).tells("BKS-E0621").tells(needless);
    let again = estate.run(&same).exits(0);
    assert!(!again.stderr.contains("approves nothing"), "{}", again.stderr);
}

#[tokio::test]
async fn an_approval_that_a_saved_plan_makes_no_use_of_is_told() {
    let estate = saved();
    estate
        .run(&[
            "apply",
            "--auto-approve",
            "--allow-irreversible=s3_bucket.data",
            "tonight.plan",
        ])
        .exits(0)
        .tells("--allow-irreversible='s3_bucket.data' approves nothing");
}

#[tokio::test]
async fn what_a_program_reads_is_json_even_before_anything_was_opened() {
    let estate = saved();
    let read = |command: &[&str]| {
        let run = estate.run(command).exits(1);
        assert!(!run.stderr.contains("BKS-"), "{command:?}: {}", run.stderr);
        run.lines()
    };
    std::fs::write(estate.path("bad.plan"), "x").unwrap();
    for (command, code) in [
        (
            &["apply", "--auto-approve", "--json", "bad.plan"][..],
            "BKS-E0603",
        ),
        (
            &["apply", "--auto-approve", "--json", "--allow-weaken=?", "."],
            "BKS-E0701",
        ),
        (
            &[
                "apply",
                "--auto-approve",
                "--json",
                "--target=a.b",
                "tonight.plan",
            ],
            "BKS-E0701",
        ),
        (
            &[
                "apply",
                "--auto-approve",
                "--json",
                "-posture",
                "none",
                "tonight.plan",
            ],
            "BKS-E0001",
        ),
        (&["plan", "--json", "none"], "BKS-E0001"),
        (&["plan", "--json", "--target=?"], "BKS-E0701"),
        (&["history", "--json", "none"], "BKS-E0001"),
        (&["history", "--json", "--id", "none"], "BKS-E0701"),
    ] {
        let lines = read(command);
        assert_eq!(lines[0]["type"], "version", "{command:?}");
        assert_eq!(lines[1]["type"], "diagnostic", "{command:?}");
        assert_eq!(lines[1]["diagnostic"]["code"], code, "{command:?}: {lines:#?}");
    }
    for command in [
        &["check", "--format", "json", "none"][..],
        &["check", "--format", "json", "--target=?"],
        &["prove", "--json", "none"],
    ] {
        let lines = read(command);
        assert_eq!(lines.len(), 1, "{command:?}");
        assert!(lines[0]["diagnostics"][0]["code"].is_string(), "{command:?}");
    }
}

/// Starts an apply, and lets `meanwhile` run while it asks; then says yes.
async fn while_it_asks(estate: &Estate, command: &[&str], meanwhile: impl Future<Output = ()>) {
    let said = std::fs::File::create(estate.path("said")).unwrap();
    let mut asking = estate
        .command(command)
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
    meanwhile.await;
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

#[tokio::test]
async fn what_changes_while_a_question_waits_is_not_overwritten() {
    let estate = saved();
    estate.run(&["apply", "--auto-approve", "tonight.plan"]).exits(0);
    estate.edit("versioning    = true", "versioning    = false");
    let s3 = estate.root().s3;
    let suspended = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Suspended)
        .build();
    // Somebody else does it first, and more.
    let elsewhere = async {
        s3.put_bucket_versioning()
            .bucket(estate.fill("data-ACCOUNT"))
            .versioning_configuration(suspended)
            .send()
            .await
            .unwrap();
    };
    while_it_asks(&estate, &["apply", "-allow-weaken", "s3_bucket.data"], elsewhere).await;
}

/// Roles are read all at once, and once for all: after the question they are read again all the same.
#[tokio::test]
async fn what_was_read_for_many_is_read_again_after_the_question() {
    let estate = saved();
    estate.run(&["apply", "--auto-approve", "tonight.plan"]).exits(0);
    estate.edit("s3:GetObject\"", "s3:GetObject\", \"s3:GetObjectVersion\"");
    let iam = estate.root().iam;
    let elsewhere = async {
        iam.put_role_policy()
            .role_name(estate.fill("reader-ACCOUNT"))
            .policy_name("backstay")
            .policy_document(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            )
            .send()
            .await
            .unwrap();
    };
    while_it_asks(&estate, &["apply", "-allow-weaken", "iam_role.reader"], elsewhere).await;
}
