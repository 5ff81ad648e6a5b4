//! What an apply leaves behind: a record that nobody overwrites, wherever it is kept.

use crate::lock::LOCKED;
use crate::support::{Estate, validate};
use backstay::sandbox::{Fault, Outcome};
use serde_json::Value as Json;

fn posture() -> String {
    LOCKED.replace(
        "lock { bucket = \"keep-ACCOUNT\" }",
        "evidence {\n    bucket = \"keep-ACCOUNT\"\n    prefix = \"e/\"\n  }",
    )
}

async fn estate() -> Estate {
    let estate = Estate::new(&posture());
    estate.bucket("keep-ACCOUNT").await;
    estate
}

fn valid(lines: &[Json]) {
    let schema: Json = serde_json::from_str(include_str!("../../schemas/audit.schema.json")).unwrap();
    for line in lines {
        let wrong = validate(&schema, line);
        assert!(wrong.is_empty(), "{line}: {wrong:#?}");
    }
}

fn of<'a>(lines: &'a [Json], kind: &str) -> Vec<&'a Json> {
    lines.iter().filter(|l| l["type"] == kind).collect()
}

#[tokio::test]
async fn an_apply_is_on_record_with_every_change_before_and_after() {
    let estate = estate().await;
    let mark = estate.mark();
    estate.settle();
    let written = estate.written(mark);
    assert!(
        written[0].starts_with("s3:PutObject keep-ACCOUNT/e/audit/shared/20")
            && written[0].ends_with(".intent.jsonl"),
        "{written:#?}"
    );
    assert!(written.last().unwrap().ends_with(".result.jsonl"), "{written:#?}");

    let lines = estate.run(&["history", "--json"]).exits(0).lines();
    valid(&lines);
    let intent = of(&lines, "intent")[0];
    assert_eq!(intent["callers"]["prod"], "arn:aws:iam::ACCOUNT:root");
    assert_eq!(intent["by"]["command"], "backstay apply --auto-approve");
    assert_eq!(intent["approvals"][0]["how"], "auto_approve");
    assert_eq!(intent["plan"].as_str().unwrap().len(), 64);
    let change = of(&lines, "change")[0];
    assert_eq!(change["address"], "s3_bucket.a");
    assert_eq!(change["action"], "create");
    let attributes = change["attributes"].as_array().unwrap();
    let versioning = attributes.iter().find(|a| a["path"] == "versioning").unwrap();
    assert_eq!(versioning["after"], true);
    let result = of(&lines, "result")[0];
    assert_eq!((&result["result"], &result["exit"]), (&"done".into(), &0.into()));
    assert_eq!(
        of(&lines, "step").len(),
        usize::try_from(intent["steps"].as_u64().unwrap()).unwrap()
    );

    // A second apply adds a record of its own; reading needs no write.
    estate.edit(
        "s3_bucket \"b\" {",
        "s3_bucket \"b\" {\n  tags = { team = \"x\" }",
    );
    estate.settle();
    let mark = estate.mark();
    let list = estate.run(&["history"]).exits(0).stdout;
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(
        list.lines().next().unwrap().contains("0 added, 1 changed"),
        "{list}"
    );
    let id = intent["id"].as_str().unwrap();
    estate
        .run(&["history", "--id", id])
        .exits(0)
        .prints("s3_bucket.a (Create): done")
        .prints("versioning: false -> true")
        .prints("as         arn:aws:iam::ACCOUNT:root in account \"prod\"");
    estate
        .run(&["history", "--id", "nobody"])
        .exits(1)
        .tells("BKS-E0701");
    assert_eq!(estate.written(mark), [""; 0]);
}

#[tokio::test]
async fn without_a_bucket_the_record_is_local() {
    let estate = Estate::new(&posture().replace(
        "evidence {\n    bucket = \"keep-ACCOUNT\"\n    prefix = \"e/\"\n  }",
        "",
    ));
    estate
        .run(&["history"])
        .exits(0)
        .prints("No apply has left a record here.");
    estate.settle();
    let folder = estate.path(".local/state/backstay/audit/shared");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
    let lines = estate.run(&["history", "--json"]).exits(0).lines();
    valid(&lines);
    assert_eq!(of(&lines, "result").len(), 1);
}

#[tokio::test]
async fn an_apply_that_was_cut_off_is_unfinished() {
    let estate = estate().await;
    // The intent, one write, then nothing any more.
    estate.fault(Fault::cut_off_after(2));
    let mark = estate.mark();
    let mut apply = estate
        .command(&["apply", "--auto-approve"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !estate.asked(mark).iter().any(|r| r.fault) {
        assert!(apply.try_wait().unwrap().is_none());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    apply.kill().unwrap();
    apply.wait().unwrap();
    estate.heal();
    estate
        .run(&["history"])
        .exits(0)
        .prints("unfinished")
        // What was planned is not said to be done.
        .prints("planned: 2 to add, 0 to change");
    estate.settle();
    let list = estate.run(&["history"]).exits(0).stdout;
    assert!(list.lines().next().unwrap().contains("  done  "), "{list}");
}

#[tokio::test]
async fn a_bucket_that_does_not_take_the_intent_ends_the_apply_before_its_first_write() {
    let estate = estate().await;
    estate.fault(Fault::error("s3", "PutObject", 403, "AccessDenied"));
    let mark = estate.mark();
    estate
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("BKS-E0610")
        .tells("s3:PutObject: AccessDenied");
    let written = estate.written(mark);
    assert!(written.iter().all(|w| w.contains("/audit/")), "{written:#?}");

    let missing = Estate::new(&posture());
    missing
        .run(&["apply", "--auto-approve"])
        .exits(1)
        .tells("does not exist");
    assert_eq!(missing.written(0), [""; 0]);
}

#[tokio::test]
async fn a_result_that_the_bucket_does_not_take_is_kept_locally_and_the_exit_code_says_so() {
    let estate = estate().await;
    estate.fault(Fault {
        service: Some("s3".to_owned()),
        operation: Some("PutObject".to_owned()),
        after: 1,
        outcome: Outcome::Error {
            status: 403,
            code: "AccessDenied".to_owned(),
        },
        ..Fault::default()
    });
    estate
        .run(&["apply", "--auto-approve"])
        .exits(4)
        .tells("BKS-E0610")
        .prints("Apply complete!");
    let folder = estate.path(".local/state/backstay/audit/shared");
    let kept: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    let [kept] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    estate.heal();
    estate.plan().exits(0);

    // This machine knows how it ended, and where that is; another one does not.
    estate
        .run(&["history"])
        .exits(0)
        .prints("  done (on record on this machine alone)  ")
        .prints("2 added, 0 changed")
        .tells("BKS-E0610")
        .tells("Copy it to s3://keep-ACCOUNT/e/audit/shared/");
    let lines = estate.run(&["history", "--json"]).exits(0).lines();
    valid(&lines);
    assert_eq!(of(&lines, "result")[0]["result"], "done");
    assert_eq!(of(&lines, "diagnostic").len(), 1, "{lines:#?}");
    let id = of(&lines, "intent")[0]["id"].as_str().unwrap();
    let one = estate.run(&["history", "--id", id]).exits(0);
    let name = kept.file_name().unwrap().to_str().unwrap();
    one.prints(&format!("backstay/audit/shared/{name}"));
    estate
        .with("XDG_STATE_HOME", "/nowhere")
        .run(&["history"])
        .exits(0)
        .prints("unfinished (killed, or still running)");
}

/// What the bucket says wins, and a local file that is no record is said to be none.
#[tokio::test]
async fn of_two_results_that_of_the_bucket_is_believed() {
    let estate = estate().await;
    estate.settle();
    let lines = estate.run(&["history", "--json"]).exits(0).lines();
    let id = of(&lines, "intent")[0]["id"].as_str().unwrap().to_owned();
    let bucket = format!("keep-{}", estate.account);
    let s3 = estate.root().s3;
    let listed = s3.list_objects_v2().bucket(&bucket).prefix("e/audit/");
    let listed = listed.send().await.unwrap();
    let mut keys = listed.contents().iter().filter_map(|o| o.key());
    let key = keys.find(|k| k.ends_with(".result.jsonl")).unwrap();
    let local = estate.path(&format!(
        ".local/state/backstay/{}",
        key.strip_prefix("e/").unwrap()
    ));
    std::fs::create_dir_all(local.parent().unwrap()).unwrap();
    std::fs::write(&local, "no record").unwrap();
    let list = estate.run(&["history"]).exits(0);
    assert!(
        list.stdout.contains("  done  ") && list.stderr.is_empty(),
        "{list:#?}"
    );

    s3.delete_object().bucket(&bucket).key(key).send().await.unwrap();
    estate
        .run(&["history"])
        .exits(0)
        .prints("unfinished")
        .tells(&format!(
            "How the apply {id} ended is kept on this machine, and cannot be read"
        ))
        .tells("is not a record that this version reads");
}
