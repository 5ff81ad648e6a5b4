//! Killed at any point and run again, an apply converges and makes nothing twice.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::Estate;
use backstay::sandbox::{Fault, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Runs an apply that the cloud stops answering after one write, and kills it then. True when
/// the apply was through before that.
fn one_write_and_death(estate: &Estate) -> bool {
    estate.fault(Fault::cut_off_after(1));
    let mark = estate.mark();
    let said = std::fs::File::create(estate.path("said")).unwrap();
    let mut apply = estate
        .command(&["apply", "--auto-approve"])
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    let ended = loop {
        if let Some(status) = apply.try_wait().unwrap() {
            break Some(status);
        }
        if estate.asked(mark).iter().any(|r| r.fault) {
            apply.kill().unwrap();
            apply.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    estate.heal();
    let cut_off = estate.asked(mark).iter().any(|r| r.fault);
    assert!(
        cut_off || ended.is_some_and(|status| status.success()),
        "after {:#?}:\n{}",
        estate.written(0),
        estate.read("said")
    );
    ended.is_some_and(|status| status.success())
}

/// How often each thing was made after `mark`, by what made it.
pub(crate) fn made(estate: &Estate, mark: u64) -> BTreeMap<String, usize> {
    let mut made = BTreeMap::new();
    let makes = |operation: &str| operation.starts_with("Create") || operation.starts_with("Start");
    for record in estate.asked(mark) {
        if makes(&record.operation) && record.status == 200 {
            let what = format!("{}:{} {}", record.service, record.operation, record.resource);
            *made.entry(what).or_default() += 1;
        }
    }
    made
}

#[tokio::test]
async fn killed_after_each_write_it_converges_and_makes_nothing_twice() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    let mut deaths = 0;
    while !one_write_and_death(&estate) {
        deaths += 1;
        assert!(deaths < 60, "no end: {:#?}", estate.written(0));
    }
    // Fewer would mean that the apply was not cut off after each write.
    assert!(deaths > 15, "{deaths}: {:#?}", estate.written(0));
    estate.run(&["plan", "--detailed-exitcode"]).exits(0);
    // However soon it was cut off, what it created is found again.
    for (name, region) in [("copy-ACCOUNT", "us-west-2"), ("dumps-ACCOUNT", "us-east-1")] {
        let s3 = estate.root().region(region).s3;
        let tags = s3.get_bucket_tagging().bucket(estate.fill(name)).send().await;
        let keys: Vec<_> = tags
            .unwrap()
            .tag_set()
            .iter()
            .map(|t| t.key().to_owned())
            .collect();
        assert_eq!(keys, ["backstay:project"], "{name}");
    }
    let iam = estate.root().iam;
    let roles = iam.list_roles().path_prefix("/backstay/").send().await.unwrap();
    assert!(roles.roles().len() >= 2, "{roles:?}");
    for role in roles.roles() {
        let tags = iam.list_role_tags().role_name(role.role_name()).send().await;
        let keys: Vec<_> = tags.unwrap().tags().iter().map(|t| t.key().to_owned()).collect();
        assert_eq!(keys, ["backstay:project"], "{} is finished", role.role_name());
    }
    let twice: Vec<_> = made(&estate, 0)
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// One posture that becomes another: what protects is replaced, lengthened and shortened.
const BEFORE: &str = r#"
backstay {
  project = "turn"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name          = "data-ACCOUNT"
  versioning    = true
  public_access = false
  noncurrent {
    expire_after = "90d"
  }
  expire "old" {
    prefix = "logs/"
    after  = "60d"
  }
  policy {
    statement {
      sid     = "Before"
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
  replicate {
    to     = s3_bucket.copy
    prefix = "a/"
  }
}

s3_bucket "copy" {
  region     = "us-west-2"
  name       = "copy-ACCOUNT"
  object_lock {
    mode      = "governance"
    retention = "30d"
  }
  noncurrent {
    expire_after = "40d"
  }
}
"#;

/// What is different afterwards.
const TURNS: &[(&str, &str)] = &[
    ("expire_after = \"90d\"", "expire_after = \"30d\""),
    ("expire \"old\"", "expire \"new\""),
    ("\"60d\"", "\"120d\""),
    ("\"Before\"", "\"After\""),
    ("prefix = \"a/\"", "prefix = \"b/\""),
    ("retention = \"30d\"", "retention = \"60d\""),
    ("expire_after = \"40d\"", "expire_after = \"80d\""),
];

const APPLY: &[&str] = &[
    "apply",
    "--auto-approve",
    "--allow-weaken=s3_bucket.data",
    "--allow-weaken=s3_bucket.copy",
];

/// The attributes in which live is less protected than `posture` says.
fn less_than(estate: &Estate, posture: &str) -> BTreeMap<(String, String), String> {
    let now = estate.read("main.hcl");
    estate.write("main.hcl", posture);
    let plan = estate.run(&["plan", "--json"]).exits(0);
    estate.write("main.hcl", &now);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut all = BTreeMap::new();
    for line in plan.lines().iter().filter(|l| l["type"] == "planned_change") {
        for attribute in line["change"]["attributes"].as_array().unwrap() {
            let key = (text(&line["change"]["address"]), text(&attribute["path"]));
            all.insert(key, text(&attribute["direction"]));
        }
    }
    all
}

/// Attributes, and resources as a whole, that are less protected than at both ends.
fn dips(estate: &Estate, ends: [&str; 2]) -> Vec<String> {
    let [first, last] = ends.map(|posture| less_than(estate, posture));
    let mut found: Vec<_> = first
        .iter()
        .filter(|(key, way)| *way == "strengthens" && last.get(*key) == Some(*way))
        .map(|((address, path), _)| format!("{address}: {path}"))
        .collect();
    let below = |plan: &BTreeMap<(String, String), String>, resource: &str| {
        let ways: BTreeSet<&str> = plan
            .iter()
            .filter(|((address, _), _)| address == resource)
            .map(|(_, way)| way.as_str())
            .collect();
        ways.contains("strengthens") && !ways.contains("weakens")
    };
    let resources: BTreeSet<&String> = first.keys().map(|(address, _)| address).collect();
    found.extend(
        resources
            .into_iter()
            .filter(|address| below(&first, address) && below(&last, address))
            .map(|address| format!("{address} as a whole")),
    );
    found
}

/// Starts an apply that gets no answer any more once so many writes were carried out, and waits until
/// it hangs. `None` when it was through before.
pub(crate) fn hanging(estate: &Estate, writes: u32, apply: &[&str]) -> Option<Child> {
    estate.fault(Fault {
        after_writes: writes,
        outcome: Outcome::Hang,
        ..Fault::default()
    });
    let mark = estate.mark();
    let mut apply = estate
        .command(apply)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(estate.path("said")).unwrap())
        .spawn()
        .unwrap();
    loop {
        if let Some(status) = apply.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return None;
        }
        if estate.asked(mark).iter().any(|r| r.fault) {
            return Some(apply);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn killed_at_every_prefix_of_its_writes_it_never_protects_less_than_both_ends() {
    let mut prefixes = 0;
    loop {
        let estate = Estate::new(BEFORE);
        estate.run(APPLY).exits(0);
        let after = TURNS
            .iter()
            .fold(estate.fill(BEFORE), |text, (from, to)| text.replace(from, to));
        estate.write("main.hcl", &after);
        let Some(mut apply) = hanging(&estate, prefixes, APPLY) else {
            break;
        };
        apply.kill().unwrap();
        apply.wait().unwrap();
        estate.heal();
        let before = estate.fill(BEFORE);
        let dips = dips(&estate, [&before, &after]);
        assert_eq!(dips, Vec::<String>::new(), "after {prefixes} writes");
        estate.run(APPLY).exits(0);
        estate.plan().exits(0);
        let twice: Vec<_> = made(&estate, 0)
            .into_iter()
            .filter(|(_, times)| *times > 1)
            .collect();
        assert!(twice.is_empty(), "after {prefixes} writes: {twice:?}");
        prefixes += 1;
        assert!(prefixes < 40, "no end");
    }
    assert!(prefixes >= 5, "only {prefixes} writes");
}

#[tokio::test]
async fn a_creation_that_was_cut_off_is_finished_without_approvals() {
    let mut prefixes = 0;
    loop {
        let estate = Estate::new(BEFORE);
        let Some(mut apply) = hanging(&estate, prefixes, APPLY) else {
            break;
        };
        apply.kill().unwrap();
        apply.wait().unwrap();
        estate.heal();
        estate.settle();
        prefixes += 2;
        assert!(prefixes < 60, "no end");
    }
    assert!(prefixes >= 10, "only {prefixes} writes");
}

fn interrupt(process: &Child) {
    signal(process, "-INT");
}

fn signal(process: &Child, which: &str) {
    let id = process.id().to_string();
    let kill = std::process::Command::new("kill").args([which, &id]).status();
    assert!(kill.unwrap().success());
}

#[tokio::test]
async fn an_interrupt_while_reading_changes_nothing() {
    for which in ["-INT", "-TERM"] {
        let estate = Estate::new(BEFORE);
        estate.fault(Fault {
            write: Some(false),
            outcome: Outcome::Delay(1000),
            ..Fault::default()
        });
        let mark = estate.mark();
        let mut apply = estate
            .command(APPLY)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !estate.asked(mark).iter().any(|r| r.fault) {
            assert_eq!(apply.try_wait().unwrap(), None);
            std::thread::sleep(Duration::from_millis(20));
        }
        signal(&apply, which);
        let output = apply.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{output:#?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("Interrupted. Nothing was changed."), "{told}");
        assert_eq!(estate.written(mark), Vec::<String>::new());
        estate.heal();
        estate.settle();
    }
}

#[tokio::test]
async fn a_second_interrupt_ends_at_once_and_running_again_goes_on() {
    // Any write will do, so different ones are tried.
    for writes in [1, 4, 9] {
        let estate = Estate::new(BEFORE);
        let mut apply = hanging(&estate, writes, APPLY).unwrap();
        interrupt(&apply);
        // The first waits for what is in flight, and that hangs.
        while !estate.read("said").contains("Interrupt again to end at once") {
            assert_eq!(apply.try_wait().unwrap(), None, "after {writes} writes");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(apply.try_wait().unwrap(), None, "after {writes} writes");
        let start = std::time::Instant::now();
        interrupt(&apply);
        let status = apply.wait().unwrap();
        assert_eq!(status.code(), Some(130), "after {writes} writes");
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        estate.heal();
        estate.settle();
    }
}

#[tokio::test]
async fn an_interrupt_at_any_write_finishes_what_is_in_flight() {
    for (writes, which) in [(1, "-INT"), (6, "-TERM"), (11, "-INT")] {
        let estate = Estate::new(BEFORE);
        // From here on each write takes a while: long enough for an interrupt to arrive.
        estate.fault(Fault {
            write: Some(true),
            after_writes: writes,
            outcome: Outcome::Delay(1000),
            ..Fault::default()
        });
        let mark = estate.mark();
        let mut apply = estate
            .command(APPLY)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !estate.asked(mark).iter().any(|r| r.fault) {
            assert_eq!(apply.try_wait().unwrap(), None, "after {writes} writes");
            std::thread::sleep(Duration::from_millis(20));
        }
        signal(&apply, which);
        let output = apply.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(130),
            "after {writes} writes: {output:#?}"
        );
        let said = String::from_utf8(output.stdout).unwrap();
        let (_, unknown) = said.split_once("Not known").unwrap();
        assert!(unknown.lines().nth(1).unwrap().trim() == "nothing", "{said}");
        estate.heal();
        estate.settle();
    }
}

#[tokio::test]
async fn answers_that_get_lost_do_no_harm() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    let mark = estate.mark();
    estate.settle();
    let operations: std::collections::BTreeSet<(String, String)> = estate
        .asked(mark)
        .into_iter()
        .filter(|r| r.write)
        .map(|r| (r.service, r.operation))
        .collect();

    let again = Estate::new(SHOP);
    again.seed(SHOP_SEED).await;
    for (service, operation) in &operations {
        again.fault(Fault {
            service: Some(service.clone()),
            operation: Some(operation.clone()),
            times: Some(1),
            outcome: Outcome::ResetAfter,
            ..Fault::default()
        });
    }
    let mark = again.mark();
    // Whether a write took effect is unknown when its answer is lost; running again settles it.
    let run = again.run(&["apply", "--auto-approve"]);
    assert!(matches!(run.code, Some(0 | 4)), "{run:#?}");
    let lost = again.asked(mark).iter().filter(|r| r.fault).count();
    assert_eq!(lost, operations.len());
    again.heal();
    again.settle();
    let twice: Vec<_> = made(&again, 0)
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[tokio::test]
async fn an_interrupt_finishes_what_is_in_flight_and_says_what_is_left() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    // Creating the first bucket takes long enough for an interrupt to arrive.
    estate.fault(Fault {
        operation: Some("CreateBucket".to_owned()),
        outcome: Outcome::Delay(1500),
        ..Fault::default()
    });
    let mark = estate.mark();
    let apply = estate
        .command(&["apply", "--auto-approve", "--parallelism", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !estate.written(mark).iter().any(|w| w.contains(':')) {
        std::thread::sleep(Duration::from_millis(20));
    }
    interrupt(&apply);
    let output = apply.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:#?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Apply interrupted:"), "{said}");
    assert!(said.contains("Not done:"), "{said}");
    estate.heal();
    estate.settle();
}
