//! Who may do more by a change: what a person is asked, and what not.

use crate::support::Estate;

const ROLE: &str = r#"
backstay {
  project = "grants"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

iam_role "backup" {
  name             = "backup"
  managed_policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  trust {
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::ACCOUNT:root"]
    }
  }
}
"#;

#[tokio::test]
async fn a_finished_role_gets_nothing_without_approval() {
    let estate = Estate::new(ROLE);
    estate.settle();
    let role = estate.root().iam.get_role().role_name("backup").send().await;
    let role = role.unwrap().role.unwrap();
    let tags: Vec<&str> = role.tags().iter().map(|t| t.key()).collect();
    assert_eq!(tags, ["backstay:project"], "it is finished");

    estate.edit(
        "ReadOnlyAccess\"]",
        "ReadOnlyAccess\", \"arn:aws:iam::aws:policy/AdministratorAccess\"]\n  statement {\n    actions   = [\"*\"]\n    \
         resources = [\"*\"]\n  }",
    );
    let plan = estate.run(&["plan"]).exits(0);
    assert_eq!(
        plan.stdout.matches("# weakens: the role may").count(),
        2,
        "{}",
        plan.stdout
    );
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("--allow-weaken='iam_role.backup'");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    estate
        .run(&["apply", "--auto-approve", "--allow-weaken=iam_role.backup"])
        .exits(0);
    estate.plan().exits(0);
}

const COPIES: &str = r#"
backstay {
  project = "grants"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
  replicate {
    to     = s3_bucket.copy
    prefix = "a/"
  }
}

s3_bucket "copy" {
  region     = "us-west-2"
  name       = "copy-ACCOUNT"
  versioning = true
}
"#;

/// The role that is derived for copies follows the rule that asks for it: to copy more is no less protection.
#[tokio::test]
async fn more_copies_need_no_approval() {
    let estate = Estate::new(COPIES);
    estate.settle();
    estate.edit("    prefix = \"a/\"\n", "");
    let plan = estate.run(&["plan"]).exits(0);
    assert!(plan.stdout.contains("derived from"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("weakens"), "{}", plan.stdout);
    estate.settle();
    estate.plan().exits(0);
}

const USED: &str = r#"
backstay {
  project = "grants"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

iam_role "restore" {
  name = "restore"
  trust {
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::ACCOUNT:root"]
    }
  }
  statement {
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["*"]
  }
}

kms_key "main" {
  name           = "grants"
  administrators = ["arn:aws:iam::ACCOUNT:role/admin"]
  users          = [iam_role.restore]
}
"#;

/// What the posture refers to is there for something: less of it is not simply more protection.
#[tokio::test]
async fn what_is_used_is_not_taken_away_without_approval() {
    let estate = Estate::new(USED);
    estate.settle();
    estate.edit("\"s3:GetObject\", ", "");
    let plan = estate.run(&["plan"]).exits(0);
    let stops =
        "weakens: what is done through the role stops where it needs what is taken away: s3:getobject";
    assert!(plan.stdout.contains(stops), "{}", plan.stdout);
    estate.edit("\"s3:ListBucket\"", "\"s3:GetObject\", \"s3:ListBucket\"");
    estate.edit("[iam_role.restore]", "[]");
    let plan = estate.run(&["plan"]).exits(0);
    let stops = "copies and restores that are made by it stop: kms:";
    assert!(plan.stdout.contains(stops), "{}", plan.stdout);
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("--allow-weaken='kms_key.main'");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
