//! Killed at any point and run again, an apply converges and makes nothing twice.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::Estate;
use backstay::sandbox::{Fault, Outcome};
use std::collections::BTreeMap;
use std::process::Stdio;
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

/// How often each thing was made, by what made it.
fn made(estate: &Estate) -> BTreeMap<String, usize> {
    let mut made = BTreeMap::new();
    let makes = |operation: &str| operation.starts_with("Create") || operation.starts_with("Start");
    for record in estate.asked(0) {
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
    let twice: Vec<_> = made(&estate)
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
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
    let twice: Vec<_> = made(&again).into_iter().filter(|(_, times)| *times > 1).collect();
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
    let id = apply.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = apply.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:#?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Apply interrupted:"), "{said}");
    assert!(said.contains("Not run:"), "{said}");
    estate.heal();
    estate.settle();
}
