//! Texts that are wrong: place, reason and remedy, and not one request to the cloud.

use crate::support::{Estate, Run};

const HEAD: &str = r#"backstay {
  project = "bad"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}
"#;

/// Every command says the same, ends with 1 and asks the cloud nothing.
fn refused_in(estate: &Estate) -> Run {
    let mark = estate.mark();
    let run = estate.run(&["plan"]).exits(1);
    assert_eq!(run.stdout, "");
    for command in [
        &["validate"][..],
        &["apply", "--auto-approve"],
        &["check"],
        &["show"],
        &["graph"],
        &["permissions"],
    ] {
        let other = estate.run(command).exits(1);
        assert_eq!(other.stderr, run.stderr, "{command:?}");
    }
    assert!(estate.asked(mark).is_empty(), "{:#?}", estate.asked(mark));
    run
}

fn refused(body: &str) -> String {
    refused_in(&Estate::new(&format!("{HEAD}\n{body}"))).stderr
}

#[test]
fn a_folder_that_is_not_there_or_empty() {
    let estate = Estate::new(HEAD);
    let missing = estate.run(&["plan", "nowhere"]).exits(1).stderr;
    insta::assert_snapshot!("folder_missing", missing);
    std::fs::create_dir(estate.path("empty")).unwrap();
    std::fs::write(estate.path("empty/notes.txt"), "").unwrap();
    let empty = estate.run(&["apply", "--auto-approve", "empty"]).exits(1).stderr;
    insta::assert_snapshot!("folder_empty", empty);
    let file = estate
        .run(&["plan", "--var-file", "nowhere.bsvars"])
        .exits(1)
        .stderr;
    insta::assert_snapshot!("variables_missing", file);
    estate
        .run(&["apply", "nowhere.plan"])
        .exits(1)
        .tells("nowhere.plan");
}

#[test]
fn a_syntax_error() {
    insta::assert_snapshot!(refused("s3_bucket \"data\" {\n  name = \"data\n}\n"));
}

#[test]
fn a_name_that_does_not_exist() {
    insta::assert_snapshot!(refused(
        r#"s3_buckett "data" {
  name = "data-ACCOUNT"
}

s3_bucket "more" {
  name       = "more-ACCOUNT"
  versionning = true
  object_lok {
    mode = "governance"
  }
}
"#
    ));
}

#[test]
fn a_wrong_type() {
    insta::assert_snapshot!(refused(
        r#"s3_bucket "data" {
  name       = ["data"]
  versioning = "often"
  tags       = "none"
}

rds_instance "app" {
  identifier = "app"
  pitr {
    retention = 30
  }
}
"#
    ));
}

#[test]
fn a_retention_of_36_days() {
    insta::assert_snapshot!(refused(
        r#"rds_instance "app" {
  identifier = "app"
  pitr {
    retention = "36d"
  }
}
"#
    ));
}

#[test]
fn a_cycle() {
    insta::assert_snapshot!(refused(
        r#"s3_bucket "a" {
  name       = "a-ACCOUNT"
  depends_on = [s3_bucket.c]
}

s3_bucket "b" {
  name = "b-ACCOUNT"
  tags = { other = s3_bucket.a.arn }
}

s3_bucket "c" {
  name = "c-ACCOUNT"
  tags = { other = s3_bucket.b.arn }
}
"#
    ));
}

#[test]
fn a_reference_to_nothing() {
    insta::assert_snapshot!(refused(
        r#"s3_bucket "uploads" {
  name = "uploads-ACCOUNT"
  replicate {
    to = s3_bucket.upload_copy
  }
}

s3_bucket "uploads_copy" {
  name    = "copy-ACCOUNT"
  region  = "us-west-2"
  account = account.vault
  tags    = { a = var.missing, b = local.missing, c = s3_bucket.uploads.anr }
}
"#
    ));
}

#[test]
fn a_name_that_is_used_twice() {
    insta::assert_snapshot!(refused(
        r#"s3_bucket "data" {
  name = "one-ACCOUNT"
}

s3_bucket "data" {
  name = "two-ACCOUNT"
}

s3_bucket "more" {
  name       = "more-ACCOUNT"
  versioning = true
  versioning = false
}
"#
    ));
}

#[test]
fn two_blocks_for_one_bucket() {
    insta::assert_snapshot!(refused(
        r#"s3_bucket "one" {
  name       = "data-ACCOUNT"
  versioning = true
}

s3_bucket "two" {
  name       = "data-ACCOUNT"
  versioning = false
}
"#
    ));
}

#[test]
fn a_region_that_is_none() {
    insta::assert_snapshot!(refused(
        r#"s3_bucket "data" {
  region = "useast1"
  name   = "data-ACCOUNT"
}

s3_bucket "more" {
  region = "us-esat-1"
  name   = "more-ACCOUNT"
}
"#
    ));
}

#[test]
fn a_variable_without_a_value() {
    let body = r#"variable "days" {
  type = number
}

s3_bucket "data" {
  name = "data-ACCOUNT"
  tags = { days = var.days }
}
"#;
    let estate = Estate::new(&format!("{HEAD}\n{body}"));
    insta::assert_snapshot!("variable_missing", refused_in(&estate).stderr);
    let wrong = estate.run(&["plan", "-var", "days=many"]).exits(1).stderr;
    insta::assert_snapshot!("variable_of_wrong_type", wrong);
    let unknown = estate
        .run(&["plan", "-var", "days=3", "-var", "dais=3"])
        .exits(1)
        .stderr;
    insta::assert_snapshot!("variable_undeclared", unknown);
    estate
        .run(&["plan", "-var", "days"])
        .exits(1)
        .tells("Write -var 'name=value'.");
    estate.run(&["plan", "-var", "days=3"]).exits(0);
}

#[test]
fn several_errors_at_once() {
    let estate = Estate::new(&format!(
        "{HEAD}\n{}",
        r#"s3_bucket "data" {
  name = "Data_ACCOUNT"
}

s3_bucket "old" {
  name = "old-ACCOUNT"
  noncurrent {
    expire_after = "0d"
  }
}

s3_bucket "more" {
  name       = "more-ACCOUNT"
  versioning = maybe
  replicate {
    to = s3_bucket.nowhere
  }
}

rds_instance "app" {
  identifer = "app"
}

rds_instance "other" {
  identifier = "other"
  pitr {
    retention = "36d"
    window    = "3-4"
  }
}
"#
    ));
    estate.write(
        "zz.hcl",
        "locals {\n  a = upper()\n  b = 1 / 0\n}\n\nnothing \"x\" {}\n",
    );
    let run = refused_in(&estate);
    for place in [
        "main.hcl:11:10",
        "main.hcl:17:20",
        "main.hcl:23:16",
        "main.hcl:25:10",
        "main.hcl:30:3",
        "main.hcl:36:17",
        "main.hcl:37:17",
        "zz.hcl:2:7",
        "zz.hcl:3:9",
        "zz.hcl:6:1",
    ] {
        assert!(run.stderr.contains(place), "{place} is not in {}", run.stderr);
    }
    insta::assert_snapshot!("several_errors", run.stderr);
    let json = estate.run(&["validate", "--json"]).exits(1).json();
    assert_eq!(json["valid"], false);
    let said = json["diagnostics"].as_array().unwrap();
    assert_eq!(json["error_count"], said.len());
    for diagnostic in said {
        assert!(diagnostic["start"]["line"].is_u64(), "{diagnostic:#}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    let estate = Estate::new(HEAD);
    std::fs::write(estate.path("bad.hcl"), b"locals {\n  a = \"\xff\xfe\"\n}\n").unwrap();
    insta::assert_snapshot!(refused_in(&estate).stderr);
    std::fs::write(estate.path("bad.hcl"), vec![0_u8; 4096]).unwrap();
    refused_in(&estate).tells("bad.hcl");
}

#[test]
fn a_wrong_command_line_is_an_error_and_not_drift() {
    let estate = Estate::new(HEAD);
    for arguments in [
        &["plann"][..],
        &["plan", "--no-such-option"],
        &["plan", "--color", "sometimes"],
        &["check", "--format", "pdf"],
        &["apply", "--parallelism", "many"],
        &[],
    ] {
        let run = estate.run(arguments).exits(1);
        assert!(
            run.stderr.contains("--help") || run.stderr.contains("Usage"),
            "{run:#?}"
        );
    }
}

#[test]
fn ten_thousand_blocks() {
    let estate = Estate::new(HEAD);
    let blocks: String = (0..10_000)
        .map(|n| {
            format!("s3_bucket \"b{n}\" {{\n  name       = \"b{n}-ACCOUNT\"\n  versioning = true\n}}\n\n")
        })
        .collect();
    estate.write("many.hcl", &blocks);
    estate.run(&["validate"]).exits(0).prints("(10000 resources)");
    // The last one is wrong, and only that is said.
    estate.write("last.hcl", "s3_bucket \"last\" {\n  name = b9999\n}\n");
    let run = estate.run(&["validate"]).exits(1);
    assert_eq!(run.stderr.matches("BKS-E").count(), 1, "{}", run.stderr);
    run.tells("last.hcl:2:10");
}
