//! A secret that a posture is given is written nowhere: not to the terminal, the plan, its file, the record of the
//! apply, or the cloud.

use crate::support::{Estate, Run};
use std::path::Path;

const SECRET: &str = "hunter2-is-no-good-password";

const POSTURE: &str = r#"
backstay {
  project = "quiet"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

variable "secret" {
  type      = string
  sensitive = true
}

locals {
  pair = { user = "app", password = var.secret }
}

module "one" {
  source = "./one"
  secret = var.secret
}

output "secret" {
  value     = local.pair
  sensitive = true
}

output "length" {
  value = nonsensitive(length(var.secret))
}

check "secret" {
  assert {
    condition     = length(var.secret) > 100
    error_message = "Too short: ${var.secret}."
  }
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
  tags       = { team = "app" }
  policy {
    statement {
      effect  = "Deny"
      actions = ["s3:DeleteBucket"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
  lifecycle {
    precondition {
      condition     = var.secret != ""
      error_message = "It is empty: ${var.secret}."
    }
  }
}
"#;

const MODULE: &str = "variable \"secret\" {\n}\noutput \"secret\" {\n  value = var.secret\n}\n";

fn estate() -> Estate {
    let estate = Estate::new(POSTURE).with("BACKSTAY_VAR_secret", SECRET);
    estate.write("one/main.hcl", MODULE);
    estate
}

#[track_caller]
fn quiet(run: &Run) {
    assert!(!run.stdout.contains(SECRET), "{run:#?}");
    assert!(!run.stderr.contains(SECRET), "{run:#?}");
}

/// Every file below a folder: the posture, plans, and the records under the home.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

#[tokio::test]
async fn what_is_used_beside_arguments_is_written_nowhere() {
    let estate = estate();
    let mark = estate.mark();
    for arguments in [
        &["validate"][..],
        &["plan"],
        &["plan", "--json"],
        &["plan", "-out", "saved.plan"],
        &["show", "saved.plan"],
        &["show", "--json", "saved.plan"],
        &["graph"],
        &["permissions"],
    ] {
        let run = estate.run(arguments);
        assert!(run.code.is_some_and(|code| code == 0 || code == 2), "{run:#?}");
        quiet(&run);
    }
    quiet(
        &estate
            .run(&["apply", "--auto-approve", "--json", "saved.plan"])
            .exits(0),
    );
    quiet(
        &estate
            .run(&["apply", "--auto-approve", "-var", &format!("secret={SECRET}")])
            .exits(0),
    );
    for arguments in [
        &["check"][..],
        &["check", "--format", "json"],
        &["prove"],
        &["history", "--json"],
    ] {
        quiet(&estate.run(arguments));
    }
    for expression in [
        "var.secret",
        "local.pair",
        "module.one.secret",
        "[for x in [var.secret] : x]",
    ] {
        let run = estate.answer(&["console"], &format!("{expression}\n"));
        quiet(&run);
        assert!(run.stdout.contains("(sensitive value)"), "{run:#?}");
    }
    let kept = files(&estate.path(""));
    assert!(kept.iter().any(|(name, _)| name.contains(".local")), "no record");
    for (name, bytes) in kept {
        let holds = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!holds, "{name}");
    }
    let told = format!("{:?}", estate.asked(mark));
    assert!(!told.contains(SECRET), "{told}");
}

#[tokio::test]
async fn an_argument_that_would_show_it_is_refused_before_the_cloud_is_asked() {
    for (before, after) in [
        (
            "tags       = { team = \"app\" }",
            "tags       = { team = var.secret }",
        ),
        (
            "tags       = { team = \"app\" }",
            "tags       = { (module.one.secret) = \"app\" }",
        ),
        ("\"data-ACCOUNT\"", "\"data-${local.pair.password}\""),
        (
            "actions = [\"s3:DeleteBucket\"]",
            "actions = [\"s3:${var.secret}\"]",
        ),
        (
            "s3_bucket \"data\" {",
            "s3_bucket \"data\" {\n  for_each = toset([var.secret])",
        ),
        (
            "  value     = local.pair\n  sensitive = true",
            "  value     = local.pair",
        ),
    ] {
        let estate = estate();
        estate.edit(before, after);
        let mark = estate.mark();
        for command in [
            &["validate"][..],
            &["plan", "--json"],
            &["plan", "-out", "saved.plan"],
            &["apply", "--auto-approve"],
            &["check"],
            &["prove"],
            &["graph"],
            &["permissions"],
        ] {
            let run = estate.run(command).exits(1);
            quiet(&run);
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(said.contains("sensitive"), "{after}: {run:#?}");
        }
        assert!(
            estate.asked(mark).is_empty(),
            "{after}: {:#?}",
            estate.asked(mark)
        );
        assert!(!estate.path("saved.plan").exists(), "{after}");
    }
}
