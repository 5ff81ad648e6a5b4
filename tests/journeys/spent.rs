//! A saved plan is applied to its end once, whatever becomes of what it did.

use crate::support::{Clients, Estate, Signatory};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use backstay::sandbox::{Fault, Outcome};

/// `WHERE` stands for an `evidence` block or nothing, `POLICY` for a policy or nothing.
const POSTURE: &str = r#"
backstay {
  project = "once"
WHERE
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
}

POLICY
"#;

const EVIDENCE: &str = "  evidence {\n    bucket = \"keep-ACCOUNT\"\n    prefix = \"e/\"\n  }";

const NAMED: [&str; 4] = [
    "apply",
    "--auto-approve",
    "--allow-weaken=s3_bucket.data",
    "tonight.plan",
];

async fn versioned(s3: &aws_sdk_s3::Client, bucket: &str) {
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    s3.put_bucket_versioning()
        .bucket(bucket)
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
}

/// What the plan takes away is put back, by somebody with another tool.
async fn put_back(estate: &Estate) {
    versioned(&estate.root().s3, &estate.fill("data-ACCOUNT")).await;
}

async fn is_versioned(estate: &Estate) -> bool {
    let bucket = estate.fill("data-ACCOUNT");
    let answer = estate.root().s3.get_bucket_versioning().bucket(bucket).send();
    answer.await.unwrap().status() == Some(&BucketVersioningStatus::Enabled)
}

/// A bucket that keeps versions, to be without by a saved plan.
async fn weakened(posture: &str) -> (Estate, Clients) {
    let estate = Estate::new(posture);
    let root = estate.root();
    let keep = estate.bucket("keep-ACCOUNT").await;
    versioned(&root.s3, &keep).await;
    estate.settle();
    estate.edit("versioning = true", "versioning = false");
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    (estate, root)
}

fn kept(policy: &str) -> String {
    POSTURE.replace("WHERE", EVIDENCE).replace("POLICY", policy)
}

#[tokio::test]
async fn signatures_approve_a_plan_once() {
    let people = ["alice", "bob"].map(Signatory::new);
    let policy = format!(
        "policy {{\n  weaken {{\n    approvals = 2\n    from = [\"{}\", \"{}\"]\n  }}\n}}\n",
        people[0].public, people[1].public
    );
    let (estate, _) = weakened(&kept(&policy)).await;
    for person in &people {
        estate.write(person.file, &person.private);
        estate
            .run(&["approve", "tonight.plan", "--key", person.file])
            .exits(0);
    }
    let apply = ["apply", "--auto-approve", "tonight.plan"];
    let mark = estate.mark();
    estate.run(&apply).exits(0);
    let written = estate.written(mark);
    assert!(
        written.iter().any(|w| w.contains("keep-ACCOUNT/e/applied/once/")),
        "{written:#?}"
    );
    // As long as nothing was put back, too, this is what is said.
    let mark = estate.mark();
    let id = estate.run(&["history", "--json"]).exits(0).lines()[1]["id"].clone();
    for flag in ["apply", "-detached"] {
        put_back(&estate).await;
        let mark = estate.mark();
        let mut again = apply.to_vec();
        if flag != "apply" {
            again.push(flag);
        }
        estate
            .run(&again)
            .exits(1)
            .tells("BKS-E0612")
            .tells("This very plan was applied to its end already.")
            .tells(&format!("backstay history -id {}", id.as_str().unwrap()));
        assert_eq!(estate.written(mark), Vec::<String>::new());
        assert!(is_versioned(&estate).await);
    }
    assert!(mark < estate.mark());
    // Made anew, it has no signatures.
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    estate.run(&apply).exits(1).tells("0 of 2 are there");
}

#[tokio::test]
async fn whether_it_was_applied_has_to_be_known() {
    let (estate, root) = weakened(&kept("")).await;
    let unreadable = |operation: &str, resource: &str| Fault {
        service: Some("s3".to_owned()),
        operation: Some(operation.to_owned()),
        resource: Some(resource.to_owned()),
        outcome: Outcome::Error {
            status: 403,
            code: "AccessDenied".to_owned(),
        },
        ..Fault::default()
    };
    for (operation, resource) in [("GetObject", "applied/once"), ("ListObjectVersions", "keep-")] {
        let mark = estate.mark();
        estate.fault(unreadable(operation, resource));
        // Before the policy is looked for, which is kept in the same bucket.
        estate
            .run(&NAMED)
            .exits(1)
            .tells("Whether the plan was applied already is not known")
            .tells(&format!("s3:{}", operation.replace("ListObject", "ListBucket")));
        assert_eq!(estate.written(mark), Vec::<String>::new());
        estate.heal();
    }
    estate.run(&NAMED).exits(0);
    put_back(&estate).await;

    // Nor is a mark that somebody deletes one that never was.
    let bucket = estate.fill("keep-ACCOUNT");
    let listed = root.s3.list_objects_v2().bucket(&bucket).prefix("e/applied/");
    let listed = listed.send().await.unwrap();
    let key = listed.contents()[0].key().unwrap().to_owned();
    root.s3
        .delete_object()
        .bucket(&bucket)
        .key(&key)
        .send()
        .await
        .unwrap();
    let mark = estate.mark();
    estate
        .run(&NAMED)
        .exits(1)
        .tells("BKS-E0612")
        .tells("was deleted, and the bucket keeps an earlier version of it");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    assert!(is_versioned(&estate).await);
}

/// What did not come to its end is run again.
#[tokio::test]
async fn an_apply_that_failed_or_was_killed_is_no_end() {
    let (estate, _) = weakened(&kept("")).await;
    estate.fault(Fault::error("s3", "PutBucketVersioning", 403, "AccessDenied"));
    estate.run(&NAMED).exits(1).tells("BKS-E0605");
    estate.heal();
    assert!(is_versioned(&estate).await);

    // Killed after its intent was written.
    estate.fault(Fault::cut_off_after(1));
    let mark = estate.mark();
    let mut apply = estate
        .command(&NAMED)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !estate.asked(mark).iter().any(|r| r.fault) {
        assert_eq!(apply.try_wait().unwrap(), None);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    apply.kill().unwrap();
    apply.wait().unwrap();
    estate.heal();
    let intents = |estate: &Estate| {
        let written = estate.written(mark).into_iter();
        written.filter(|w| w.contains(".intent.jsonl")).count()
    };
    assert_eq!(intents(&estate), 1);
    assert!(is_versioned(&estate).await);

    estate.run(&NAMED).exits(0);
    assert!(!is_versioned(&estate).await);
    put_back(&estate).await;
    estate.run(&NAMED).exits(1).tells("BKS-E0612");
}

#[tokio::test]
async fn that_it_was_applied_has_to_be_kept() {
    let (estate, _) = weakened(&kept("")).await;
    estate.fault(Fault {
        resource: Some("applied/once".to_owned()),
        ..Fault::error("s3", "PutObject", 403, "AccessDenied")
    });
    estate
        .run(&NAMED)
        .exits(4)
        .tells("BKS-E0610")
        .tells("That this plan was applied is kept nowhere");
    // The record is another object.
    estate.run(&["history"]).exits(0).prints("done");
}

/// Without a bucket the machine that applied it knows, and no other one.
#[tokio::test]
async fn without_a_bucket_this_machine_remembers() {
    let (estate, _) = weakened(&POSTURE.replace("WHERE", "").replace("POLICY", "")).await;
    estate.run(&NAMED).exits(0);
    put_back(&estate).await;
    let mark = estate.mark();
    estate.run(&NAMED).exits(1).tells("BKS-E0612");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    let elsewhere = estate.path("elsewhere").display().to_string();
    let estate = estate.with("XDG_STATE_HOME", &elsewhere);
    estate.run(&NAMED).exits(0);
}
