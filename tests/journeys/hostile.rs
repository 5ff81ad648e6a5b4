//! What others can choose in the cloud (tags, names, policies, messages) is shown in every format and
//! obeyed in none.

use crate::support::{Estate, Run};
use backstay::sandbox::{Fault, Outcome};

/// A posture that compares every text of the seed's bucket.
const POSTURE: &str = r#"backstay {
  project = "hostile"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
  tags = {
    team = "core"
  }
  policy {
    statement {
      sid     = "Ours"
      effect  = "Deny"
      actions = ["s3:*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "Bool"
        variable = "aws:SecureTransport"
        values   = ["false"]
      }
    }
  }
}

s3_bucket "blind" {
  name       = "blind-ACCOUNT"
  versioning = true
}
"#;

/// `MARK` stands where the hostile text comes.
const SEED: &str = r#"
s3_bucket "data" {
  account = "ACCOUNT"
  name    = "data-ACCOUNT"
  tags = {
    team = "MARKER"
  }
  policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"MARKER\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::VAULT:root\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::data-ACCOUNT/*\"}]}"
}

s3_bucket "blind" {
  account = "ACCOUNT"
  name    = "blind-ACCOUNT"
}
"#;

/// Moves the cursor, sets the window's title, turns the line around, leaves a table, a comment, a link, a
/// quotation and a format string, runs a script, and is a command of a build log.
const HARM: &str = "EVIL\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}|`x`**<script>alert(1)</script>\
                    -->]]>&lt;](http://evil.example)@acme/ops \"'\\ {} {0} %s%n $(id) ../../etc/passwd\r\n::error::x";

/// As XML carries it.
fn xml(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' | '<' | '>' | '"' | '\'' => format!("&#{};", u32::from(c)),
            c if c.is_control() => format!("&#{};", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

/// As a JSON string carries it.
fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn rewritten(operation: &str, with: String) -> Fault {
    Fault {
        operation: Some(operation.to_owned()),
        outcome: Outcome::Rewrite {
            find: "MARKER".to_owned(),
            with,
        },
        ..Fault::default()
    }
}

/// An estate whose cloud says `text` wherever it can be said.
async fn saying(text: &str) -> Estate {
    let estate = Estate::new(POSTURE);
    estate.seed(SEED).await;
    // A policy is JSON in an S3 answer; tags are XML.
    estate.fault(rewritten("GetBucketPolicy", json(text)));
    estate.fault(rewritten("GetBucketTagging", xml(text)));
    estate.fault(
        Fault {
            service: Some("s3".to_owned()),
            operation: Some("GetBucketVersioning".to_owned()),
            outcome: Outcome::ErrorSaying {
                status: 400,
                code: "Nonsense".to_owned(),
                message: text.to_owned(),
            },
            ..Fault::default()
        }
        .on("blind-"),
    );
    estate
}

/// Nothing that a terminal, a table or a browser would act upon.
#[track_caller]
fn harmless(run: &Run, what: &str) {
    for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        let acts = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        });
        assert_eq!(acts, None, "{what}, {stream}:\n{text}");
        assert!(
            !text.lines().any(|line| line.starts_with("::")),
            "{what}, {stream}:\n{text}"
        );
    }
}

/// What is run, and whether what the cloud says has to be seen in it.
const COMMANDS: &[(&[&str], bool)] = &[
    (&["plan"], true),
    (&["plan", "--json"], true),
    (&["apply", "--auto-approve"], true),
    (&["apply", "--auto-approve", "--json"], true),
    (&["check"], true),
    (&["check", "--format", "json"], true),
    (&["check", "--format", "sarif"], true),
    (&["check", "--format", "junit"], true),
    (&["check", "--format", "markdown"], true),
    (&["show"], false),
    (&["show", "--json"], false),
    (&["permissions", "--for", "apply"], false),
    (&["graph", "--format", "dot"], false),
    (&["graph", "--format", "mermaid"], false),
    (&["graph", "--format", "svg"], false),
];

#[tokio::test]
async fn what_was_there_before_an_apply_is_shown_in_its_record_and_not_obeyed() {
    let estate = saying(HARM).await;
    estate.heal();
    estate.fault(rewritten("GetBucketTagging", xml(HARM)));
    estate.run(&["apply", "--auto-approve", "--target", "s3_bucket.data"]);
    for arguments in [&["history"][..], &["history", "--json"]] {
        let run = estate.run(arguments).exits(0);
        harmless(&run, &arguments.join(" "));
    }
    let records = estate.run(&["history", "--json"]);
    assert!(records.stdout.contains("EVIL"), "{}", records.stdout);
    assert!(records.lines().len() > 2);
}

#[tokio::test]
async fn what_the_cloud_says_is_shown_and_not_obeyed_in_any_format() {
    let estate = saying(HARM).await;
    for (arguments, seen) in COMMANDS {
        let what = arguments.join(" ");
        let run = estate.run(arguments);
        harmless(&run, &what);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(said.contains("EVIL"), *seen, "{what}:\n{said}");
        if what.contains("junit") || what.contains("markdown") || what.contains("svg") {
            assert!(!run.stdout.contains("<script"), "{what}:\n{}", run.stdout);
        }
        if what.contains("markdown") {
            for loose in ["@acme", "`x`", "](http"] {
                assert!(!run.stdout.contains(loose), "{loose} in {}", run.stdout);
            }
        }
        // What programs read is still whole, and says the same.
        if what.contains("json") || what.contains("sarif") {
            let values: Vec<serde_json::Value> = match what.contains("check") || what.contains("show") {
                true => vec![run.json()],
                false => run.lines(),
            };
            assert!(!values.is_empty(), "{what}");
        }
    }
    let plan = estate.run(&["plan", "--json"]);
    let changes = plan.lines();
    let tag = changes
        .iter()
        .filter_map(|line| line["change"]["attributes"].as_array())
        .flatten()
        .find(|a| a["path"].as_str().unwrap().starts_with("tags"))
        .unwrap();
    assert!(tag.to_string().contains("EVIL"), "{tag}");
    estate.heal();
}

#[tokio::test]
async fn what_is_too_long_to_be_read_is_cut_and_its_length_is_said() {
    let estate = saying(&"x".repeat(1_000_000)).await;
    for arguments in [
        &["plan"][..],
        &["check"],
        &["check", "--format", "sarif"],
        &["check", "--format", "junit"],
        &["check", "--format", "markdown"],
    ] {
        let run = estate.run(arguments);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.len() < 200_000, "{arguments:?}: {} bytes", said.len());
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains("characters in all"),
            "{arguments:?}: {}",
            &said[..said.len().min(3000)]
        );
    }
    // Programs get all of it.
    let plan = estate.run(&["plan", "--json"]);
    assert!(plan.stdout.len() > 1_000_000, "{}", plan.stdout.len());
    estate.heal();
}

#[tokio::test]
async fn what_the_posture_says_is_not_obeyed_either() {
    let key = "EVIL\\u001b[2J\\u202e<script>|`\\\"";
    let estate = Estate::new(
        &(r#"backstay {
  project = "hostile"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "each" {
  for_each   = toset(["KEY"])
  name       = "each-ACCOUNT"
  versioning = true
}
"#
        .replace("KEY", key)),
    );
    for (arguments, _) in COMMANDS {
        let what = arguments.join(" ");
        let run = estate.run(arguments);
        harmless(&run, &what);
        if what.contains("junit")
            || what.contains("markdown")
            || what.contains("svg")
            || what.contains("mermaid")
        {
            assert!(!run.stdout.contains("<script"), "{what}:\n{}", run.stdout);
        }
    }
}
