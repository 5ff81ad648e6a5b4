//! What `permissions` prints is enough, for reading and for writing, where IAM is enforced.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::{Estate, Signatory};

/// Makes a role in the account that may do exactly what is printed, and runs as it from then on.
async fn as_somebody_who_may(estate: Estate, purpose: &str) -> Estate {
    as_role(estate, purpose, &["--for", purpose]).await
}

/// The same with these arguments, under this name.
async fn as_role(estate: Estate, purpose: &str, arguments: &[&str]) -> Estate {
    let mut command = vec!["permissions", "--account", "prod"];
    command.extend(arguments);
    let printed = estate.run(&command).exits(0).stdout;
    let root = estate.root();
    let trust = estate.fill(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::ACCOUNT:root"},"Action":"sts:AssumeRole"}]}"#,
    );
    root.iam
        .create_role()
        .role_name(purpose)
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    root.iam
        .put_role_policy()
        .role_name(purpose)
        .policy_name(purpose)
        .policy_document(estate.fill(&printed))
        .send()
        .await
        .unwrap();
    let role = estate.fill(&format!("arn:aws:iam::ACCOUNT:role/{purpose}"));
    let session = root.assume(&role).await.unwrap();
    estate.signed_by(&session)
}

#[tokio::test]
async fn apply_and_check_work_with_exactly_what_is_printed() {
    let estate = Estate::strict(SHOP);
    estate.seed(SHOP_SEED).await;

    let estate = as_somebody_who_may(estate, "check").await;
    let before = estate.run(&["check", "--format", "json"]);
    assert!(matches!(before.code, Some(2 | 3)), "{before:#?}");
    assert_eq!(before.json()["summary"]["unknown"], 0, "{before:#?}");
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(1);
    let done: Vec<_> = estate
        .asked(mark)
        .into_iter()
        .filter(|r| r.write && r.status == 200)
        .collect();
    assert!(done.is_empty(), "{done:#?}");

    let estate = as_somebody_who_may(estate.plain(), "plan").await;
    estate.plan().exits(2);

    let estate = as_somebody_who_may(estate.plain(), "apply").await;
    estate.settle();
}

const MOVED: &str = r#"
backstay {
  project = "team"
  evidence {
    bucket = "keep-ACCOUNT"
    prefix = "e/"
  }
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
}

policy {
  weaken {
    approvals = 1
    from      = ["KEY"]
  }
}
"#;

/// An estate whose policy is in force in one bucket and is to be kept in another one.
async fn moving() -> Estate {
    let alice = Signatory::new("alice");
    let estate = Estate::strict(&MOVED.replace("KEY", &alice.public));
    estate.write("alice", &alice.private);
    for bucket in ["keep-ACCOUNT", "other-ACCOUNT"] {
        estate.bucket(bucket).await;
    }
    estate.settle();
    estate.edit("keep-", "other-");
    estate
}

/// The posture names the new place of the policy alone; the old one is said, as the tag of what stands under it says it.
#[tokio::test]
async fn a_policy_moves_with_exactly_what_is_printed() {
    let estate = moving().await;
    // Who may use the new place alone does not even know what is in force.
    let estate = as_role(estate, "new", &["--for", "apply"]).await;
    estate
        .run(&["plan"])
        .exits(1)
        .tells("BKS-E0624")
        .tells("backstay permissions -policy-at ACCOUNT/keep-ACCOUNT/team/e/");
    let old = estate.fill("ACCOUNT/keep-ACCOUNT/team/e/");
    let reads = ["--for", "plan", "--policy-at", &old];
    let estate = as_role(estate.plain(), "reads", &reads).await;
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    let estate = as_role(estate.plain(), "both", &["--for", "apply", "--policy-at", &old]).await;
    estate
        .run(&["approve", "tonight.plan", "--key", "alice"])
        .exits(0);
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve", "tonight.plan"]).exits(0);
    let written = estate.written(mark);
    for place in ["keep-ACCOUNT/e/", "other-ACCOUNT/e/"] {
        let policy = format!("s3:PutObject {place}policy/team/current.json");
        assert!(written.contains(&policy), "{written:#?}");
    }
    estate.plan().exits(0);
    estate
        .run(&["permissions", "--policy-at", "999999999999/b/p/"])
        .exits(1)
        .tells("no account block has the number 999999999999");
}

/// What the old place takes is asked for beforehand, too.
#[tokio::test]
async fn a_move_that_is_not_allowed_at_the_old_place_is_refused_before_anything_is_written() {
    let estate = moving().await;
    let root = estate.root();
    root.iam.create_user().user_name("ops").send().await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::keep-*/e/policy/*"}]}"#;
    let put = root.iam.put_user_policy().user_name("ops").policy_name("ops");
    put.policy_document(policy).send().await.unwrap();
    let made = root
        .iam
        .create_access_key()
        .user_name("ops")
        .send()
        .await
        .unwrap();
    let key = made.access_key().unwrap();
    let (id, secret) = (key.access_key_id(), key.secret_access_key());
    let credentials = aws_credential_types::Credentials::new(id, secret, None, None, "journey");
    let estate = estate.signed_by(&credentials).without("AWS_SESSION_TOKEN");
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    estate
        .run(&["approve", "tonight.plan", "--key", "alice"])
        .exits(0);
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve", "tonight.plan"])
        .exits(1)
        .tells("BKS-E0609")
        .tells("a policy denies s3:PutObject on arn:aws:s3:::keep-ACCOUNT/e/policy/team/current.json");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
