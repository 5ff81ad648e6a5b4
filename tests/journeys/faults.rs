//! Faults by chance: an apply ends converged, or stops and says exactly what is done, what is not and
//! what is not known; run again it converges. Nothing is asked without end.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::{Estate, Run, validate};
use backstay::sandbox::{Fault, Outcome};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// As `src/aws/pace.rs` has it: attempts of one call.
const ATTEMPTS: u64 = 5;

fn error(status: u16, code: &str) -> Outcome {
    Outcome::Error {
        status,
        code: code.to_owned(),
    }
}

/// What `apply --json` said of its steps: address, what, verdict.
fn steps(run: &Run) -> Vec<(String, String, String)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    run.lines()
        .iter()
        .filter(|line| line["type"] == "applied_step")
        .map(|line| &line["step"])
        .map(|step| {
            (
                text(&step["address"]),
                text(&step["what"]),
                text(&step["verdict"]),
            )
        })
        .collect()
}

fn summary(run: &Run) -> Json {
    let last = run.lines().pop().unwrap();
    assert_eq!(last["type"], "apply_summary", "{run:#?}");
    last["summary"].clone()
}

/// What a plan would do now: address and what.
fn left(estate: &Estate) -> BTreeSet<(String, String)> {
    estate.run(&["plan", "--out", "left.plan"]).exits(0);
    let saved = estate.read("left.plan");
    let plan: Json = serde_json::from_str(saved.lines().last().unwrap()).unwrap();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (text(&step["address"]), text(&step["what"])))
        .collect()
}

/// Compares what an apply said with what is there, then runs it again without a fault.
#[track_caller]
fn accounts_and_converges(estate: &Estate, run: &Run, mark: u64, what: &str) {
    let schema = std::fs::read_to_string("schemas/apply.schema.json").unwrap();
    let schema: Json = serde_json::from_str(&schema).unwrap();
    for line in run.lines() {
        assert_eq!(validate(&schema, &line), Vec::<String>::new(), "{what}: {line}");
    }
    estate.heal();
    let todo = left(estate);
    let steps = steps(run);
    let created = |address: &String| {
        let creates = |s: &&(String, String, String)| s.0 == *address && s.1.starts_with("create the bucket");
        steps.iter().any(|s| creates(&s))
    };
    for (address, step, verdict) in &steps {
        let again = todo.contains(&(address.clone(), step.clone()));
        match verdict.as_str() {
            "done" => assert!(!again, "{what}: {address}: {step} is not done\n{run:#?}"),
            // A new bucket has defaults of its own, which later steps find as they should be.
            "not_done" if !created(address) => assert!(again, "{what}: {address}: {step} is done\n{run:#?}"),
            "not_done" | "not_known" => {}
            other => panic!("{other}"),
        }
    }
    match run.code {
        Some(0) => assert!(todo.is_empty(), "{what}: {todo:?}"),
        Some(4) => {
            let said = summary(run);
            assert_eq!(said["exit"], 4, "{what}");
            let sum: u64 = ["done", "not_done", "not_known"]
                .iter()
                .map(|n| said[n].as_u64().unwrap())
                .sum();
            assert_eq!(sum, steps.len() as u64, "{what}: {said}");
        }
        // Reading failed, or nothing could be written.
        Some(1) => {
            let written = estate
                .asked(mark)
                .iter()
                .filter(|r| r.write && r.status == 200)
                .count();
            assert_eq!(written, 0, "{what}: {run:#?}");
        }
        other => panic!("{what}: {other:?} {run:#?}"),
    }
    estate.settle();
    let mut made = BTreeSet::new();
    for record in estate.asked(0) {
        if record.operation.starts_with("Create") && record.status == 200 {
            let what = format!("{}:{} {}", record.service, record.operation, record.resource);
            assert!(made.insert(what.clone()), "{what} was made twice");
        }
    }
}

/// One fault at a rate; which requests it hits follows from the seed.
async fn at(outcome: Outcome, chance: f64, seed: u64) {
    let what = format!("{outcome:?} at {chance}, seed {seed}");
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    estate.fault(Fault::by_chance(outcome, chance, seed));
    let mark = estate.mark();
    let run = estate.run(&["apply", "--auto-approve", "--json"]);
    accounts_and_converges(&estate, &run, mark, &what);
}

#[tokio::test]
async fn slow_down() {
    at(error(503, "SlowDown"), 0.01, 1).await;
    at(error(503, "SlowDown"), 0.20, 2).await;
}

#[tokio::test]
async fn throttling() {
    at(error(400, "Throttling"), 0.05, 1).await;
    at(error(400, "ThrottlingException"), 0.20, 2).await;
}

#[tokio::test]
async fn internal_errors() {
    at(error(500, "InternalError"), 0.05, 1).await;
    at(error(500, "InternalError"), 0.20, 2).await;
}

#[tokio::test]
async fn connections_that_are_reset() {
    at(Outcome::Reset, 0.05, 1).await;
    at(Outcome::Reset, 0.20, 2).await;
}

#[tokio::test]
async fn replies_that_get_lost_after_the_effect() {
    at(Outcome::ResetAfter, 0.05, 1).await;
    at(Outcome::ResetAfter, 0.20, 2).await;
}

#[tokio::test]
async fn replies_that_are_slow() {
    at(Outcome::Delay(300), 0.20, 1).await;
}

#[tokio::test]
async fn reads_that_are_stale() {
    at(Outcome::Stale, 0.05, 1).await;
    at(Outcome::Stale, 0.20, 2).await;
}

#[tokio::test]
async fn denied_half_way() {
    for writes in [2, 7, 13] {
        let estate = Estate::new(SHOP);
        estate.seed(SHOP_SEED).await;
        estate.fault(Fault {
            write: Some(true),
            after_writes: writes,
            outcome: error(403, "AccessDenied"),
            ..Fault::default()
        });
        let mark = estate.mark();
        let run = estate.run(&["apply", "--auto-approve", "--json"]).exits(4);
        let said = summary(&run);
        assert!(said["done"].as_u64().unwrap() > 0, "{said}");
        assert!(said["not_done"].as_u64().unwrap() > 0, "{said}");
        accounts_and_converges(&estate, &run, mark, &format!("denied after {writes}"));
    }
}

#[tokio::test]
async fn a_reply_that_is_always_lost_is_not_known() {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    // The database is changed, and nobody hears of it.
    estate.fault(Fault {
        operation: Some("ModifyDBInstance".to_owned()),
        outcome: Outcome::ResetAfter,
        ..Fault::default()
    });
    let run = estate.run(&["apply", "--auto-approve"]).exits(4);
    let (_, unknown) = run.stdout.split_once("\nNot known").unwrap();
    let (unknown, not_done) = unknown.split_once("\nNot done:").unwrap();
    assert!(unknown.contains("rds_instance.app: "), "{}", run.stdout);
    assert!(!not_done.contains("(failed)"), "{}", run.stdout);
    estate.heal();
    estate.settle();
}

#[tokio::test]
async fn when_the_only_write_may_have_taken_effect_the_end_is_not_that_nothing_was_changed() {
    let estate = Estate::new(
        r#"backstay {
  project = "lost"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "one" {
  name       = "one-ACCOUNT"
  versioning = true
}
"#,
    );
    estate
        .seed("s3_bucket \"one\" {\n  account = \"ACCOUNT\"\n  name = \"one-ACCOUNT\"\n}")
        .await;
    estate.fault(Fault {
        operation: Some("PutBucketVersioning".to_owned()),
        outcome: Outcome::ResetAfter,
        ..Fault::default()
    });
    estate
        .run(&["apply", "--auto-approve"])
        .exits(4)
        .prints("0 of 1 steps done, 1 not known");
    estate.heal();
    estate.plan().exits(0);
}

#[tokio::test]
async fn a_service_that_always_fails_is_asked_a_bounded_number_of_times() {
    for (outcome, writes_only) in [
        (error(503, "SlowDown"), true),
        (error(500, "InternalError"), true),
        (Outcome::Reset, true),
        (error(500, "InternalError"), false),
    ] {
        let estate = Estate::new(SHOP);
        estate.seed(SHOP_SEED).await;
        let mark = estate.mark();
        estate.fault(Fault {
            write: writes_only.then_some(true),
            service: Some("s3".to_owned()),
            outcome: outcome.clone(),
            ..Fault::default()
        });
        let run = estate.run(&["apply", "--auto-approve", "--json"]);
        let asked = estate.asked(mark);
        let mut by_call = std::collections::BTreeMap::<_, u64>::new();
        for record in asked.iter().filter(|r| r.fault) {
            *by_call
                .entry((&record.operation, &record.resource, &record.region))
                .or_default() += 1;
        }
        let most = by_call.values().max().copied().unwrap_or_default();
        assert!((2..=ATTEMPTS).contains(&most), "{outcome:?}: {by_call:#?}");
        if writes_only {
            // What the program counted is what arrived.
            let said = summary(&run);
            assert_eq!(
                said["attempts"].as_u64(),
                Some(asked.len() as u64),
                "{outcome:?}: {said}"
            );
            let per_step = run
                .lines()
                .iter()
                .filter(|line| line["type"] == "applied_step")
                .flat_map(|line| line["step"]["attempts"].as_object().unwrap().clone())
                .filter_map(|(_, times)| times.as_u64())
                .max();
            assert!(per_step >= Some(most), "{outcome:?}: {per_step:?}");
        }
        estate.heal();
    }
}
