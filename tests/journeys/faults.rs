//! Faults by chance: an apply ends converged, or stops and says exactly what is done, what is not and
//! what is not known; run again it converges. Nothing is asked without end.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::{Estate, Run, validate};
use backstay::sandbox::{Fault, Outcome};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// As `src/aws/pace.rs` has it: attempts of one call.
const ATTEMPTS: u64 = 5;

/// With it the dice of the sandbox strike within the first dozens of requests, though at one in a hundred.
const SEED_OF_ONE_PERCENT: u64 = 35;

fn error(status: u16, code: &str) -> Outcome {
    Outcome::Error {
        status,
        code: code.to_owned(),
    }
}

/// What `apply --json` said of a step.
#[derive(Debug)]
struct Said {
    address: String,
    what: String,
    verdict: String,
    /// The operations that were sent for it, such as `PutBucketVersioning`.
    sent: BTreeSet<String>,
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

fn steps(run: &Run) -> Vec<Said> {
    run.lines()
        .iter()
        .filter(|line| line["type"] == "applied_step")
        .map(|line| &line["step"])
        .map(|step| {
            let sent = step["attempts"].as_object().unwrap().keys();
            Said {
                address: text(&step["address"]),
                what: text(&step["what"]),
                verdict: text(&step["verdict"]),
                sent: sent.map(|of| of.rsplit('.').next().unwrap().to_owned()).collect(),
            }
        })
        .collect()
}

fn summary(run: &Run) -> Json {
    let last = run.lines().pop().unwrap();
    assert_eq!(last["type"], "apply_summary", "{run:#?}");
    last["summary"].clone()
}

/// A plan, as it is saved.
fn planned(estate: &Estate) -> Json {
    estate.run(&["plan", "--out", "left.plan"]).exits(0);
    let saved = estate.read("left.plan");
    serde_json::from_str(saved.lines().last().unwrap()).unwrap()
}

/// What a plan would do: address and what.
fn todo(plan: &Json) -> BTreeSet<(String, String)> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps
        .map(|step| (text(&step["address"]), text(&step["what"])))
        .collect()
}

/// By address, how the cloud names it: a bucket's name, an instance's identifier, the last part of a role's ARN.
fn names(plan: &Json) -> BTreeMap<String, String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    changes
        .map(|change| {
            let ident = text(&change["ident"]);
            let name = ident.rsplit(['/', ':']).next().unwrap().to_owned();
            (text(&change["address"]), name)
        })
        .collect()
}

/// Whether a bucket that was made, perhaps, is as a step wants it without that step: what is new has defaults, and
/// an object lock brings versioning.
fn is_given(made: &[Said], step: &Said) -> bool {
    let mut created = made
        .iter()
        .filter(|s| s.address == step.address && s.verdict != "not_done");
    created.any(|created| match created.what.as_str() {
        "create the bucket" => {
            ["block public access", "set default encryption"].contains(&step.what.as_str())
        }
        "create the bucket, with object lock" => {
            ["block public access", "enable versioning"].contains(&step.what.as_str())
        }
        _ => false,
    })
}

/// Whether a fault leaves open whether a write was carried out. Being told to slow down does not, and neither does
/// a lack of permission.
fn leaves_open(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Error { status, code } => *status >= 500 && code != "SlowDown",
        Outcome::Reset | Outcome::ResetAfter | Outcome::Hang => true,
        _ => false,
    }
}

/// What became of an apply.
struct Ended<'a> {
    estate: &'a Estate,
    run: &'a Run,
    /// Where the record of requests stood before it.
    mark: u64,
    /// What it was to do.
    before: &'a Json,
    outcome: &'a Outcome,
    /// For messages.
    why: &'a str,
}

impl Ended<'_> {
    /// Nobody says "not known" without a cause: a request of the step was struck, and either that leaves open
    /// what came of it, or something else of the step had been carried out.
    #[track_caller]
    fn is_open(&self, said: &Said) {
        let name = &names(self.before)[&said.address];
        let asked = self.estate.asked(self.mark);
        let of_the_step = || {
            asked
                .iter()
                .filter(|r| said.sent.contains(&r.operation))
                .filter(|r| {
                    // Replication of a database is asked of under its ARN, and a boundary is named after its role.
                    r.resource.is_empty() || r.resource.contains(name) || name.contains(&r.resource)
                })
        };
        let struck = of_the_step().any(|r| r.fault);
        let open = of_the_step().any(|r| r.write && r.fault) && leaves_open(self.outcome);
        let carried_out = of_the_step().any(|r| r.write && r.status == 200);
        assert!(
            struck && (open || carried_out),
            "{}: {said:?} of {name}\n{:#?}",
            self.why,
            of_the_step().collect::<Vec<_>>()
        );
    }
}

/// Compares what an apply said with what is there, then runs it again without a fault.
#[track_caller]
fn accounts_and_converges(ended: &Ended<'_>) {
    let Ended {
        estate,
        run,
        mark,
        why: what,
        ..
    } = *ended;
    let schema = std::fs::read_to_string("schemas/apply.schema.json").unwrap();
    let schema: Json = serde_json::from_str(&schema).unwrap();
    for line in run.lines() {
        assert_eq!(validate(&schema, &line), Vec::<String>::new(), "{what}: {line}");
    }
    estate.heal();
    let todo = todo(&planned(estate));
    let steps = steps(run);
    for said in &steps {
        let again = todo.contains(&(said.address.clone(), said.what.clone()));
        match said.verdict.as_str() {
            "done" => assert!(!again, "{what}: {said:?} is not done\n{run:#?}"),
            "not_done" if is_given(&steps, said) => {}
            "not_done" => assert!(again, "{what}: {said:?} is done\n{run:#?}"),
            "not_known" => ended.is_open(said),
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
        // A plan may have several selections, and a request names the plan alone; `once` counts what is there.
        let makes = record.operation.starts_with("Create") && record.operation != "CreateBackupSelection";
        if makes && record.status == 200 {
            let what = format!(
                "{}:{} {} in {}",
                record.service, record.operation, record.resource, record.region
            );
            assert!(made.insert(what.clone()), "{what} was made twice");
        }
    }
}

/// What a fault did to an apply.
pub(crate) struct Struck {
    /// Requests that it hit.
    pub(crate) hits: usize,
    /// Steps that are not known.
    not_known: usize,
    /// What the apply said.
    run: Run,
}

/// One fault at a rate; which requests it hits follows from the seed, and so do the seeds that hit some.
async fn strikes_shop(fault: Fault) -> Struck {
    let estate = Estate::new(SHOP);
    estate.seed(SHOP_SEED).await;
    strikes(&estate, fault)
}

/// An apply with a fault in force, held to what it says; then the same apply again.
pub(crate) fn strikes(estate: &Estate, fault: Fault) -> Struck {
    let why = format!("{fault:?}");
    let before = planned(estate);
    let outcome = fault.outcome.clone();
    estate.fault(fault);
    let mark = estate.mark();
    let run = estate.run(&["apply", "--auto-approve", "--json"]);
    let hits = estate.asked(mark).iter().filter(|r| r.fault).count();
    let ended = Ended {
        estate,
        run: &run,
        mark,
        before: &before,
        outcome: &outcome,
        why: &why,
    };
    accounts_and_converges(&ended);
    let steps = steps(&run);
    let not_known = steps.iter().filter(|said| said.verdict == "not_known").count();
    Struck { hits, not_known, run }
}

async fn at(outcome: Outcome, chance: f64, seed: u64) {
    let struck = strikes_shop(Fault::by_chance(outcome.clone(), chance, seed)).await;
    assert!(
        struck.hits > 0,
        "{outcome:?} at {chance}, seed {seed}: nothing was hit"
    );
}

/// Most writes, so that steps fail for good; what is read is answered. Gives how many steps are not known.
async fn on_writes(outcome: Outcome, seed: u64) -> usize {
    let fault = Fault {
        write: Some(true),
        ..Fault::by_chance(outcome.clone(), 0.9, seed)
    };
    let struck = strikes_shop(fault).await;
    assert!(struck.hits > 0, "{outcome:?}, seed {seed}: nothing was hit");
    struck.not_known
}

#[tokio::test]
async fn slow_down() {
    at(error(503, "SlowDown"), 0.01, SEED_OF_ONE_PERCENT).await;
    at(error(503, "SlowDown"), 0.20, 2).await;
    // A step of several writes may stop after its first, which `is_open` tells from one that says so without a cause.
    on_writes(error(503, "SlowDown"), 3).await;
}

#[tokio::test]
async fn throttling() {
    at(error(400, "Throttling"), 0.01, SEED_OF_ONE_PERCENT).await;
    at(error(400, "Throttling"), 0.05, 1).await;
    at(error(400, "ThrottlingException"), 0.20, 2).await;
}

#[tokio::test]
async fn internal_errors() {
    at(error(500, "InternalError"), 0.01, SEED_OF_ONE_PERCENT).await;
    at(error(500, "InternalError"), 0.05, 1).await;
    at(error(500, "InternalError"), 0.20, 2).await;
    assert!(on_writes(error(500, "InternalError"), 3).await > 0);
}

#[tokio::test]
async fn connections_that_are_reset() {
    at(Outcome::Reset, 0.01, SEED_OF_ONE_PERCENT).await;
    at(Outcome::Reset, 0.05, 1).await;
    at(Outcome::Reset, 0.20, 2).await;
    assert!(on_writes(Outcome::Reset, 3).await > 0);
}

#[tokio::test]
async fn replies_that_get_lost_after_the_effect() {
    at(Outcome::ResetAfter, 0.01, SEED_OF_ONE_PERCENT).await;
    at(Outcome::ResetAfter, 0.05, 1).await;
    at(Outcome::ResetAfter, 0.20, 2).await;
    assert!(on_writes(Outcome::ResetAfter, 3).await > 0);
}

#[tokio::test]
async fn replies_that_are_slow() {
    at(Outcome::Delay(300), 0.20, 1).await;
}

/// Only what is read a second time can be stale, and which reads those are depends on what runs at once: so the
/// whole row has to hit something, and not each of its runs.
#[tokio::test]
async fn reads_that_are_stale() {
    let mut hits = 0;
    for (chance, seed) in [(0.05, 1), (0.20, 2), (0.50, 3)] {
        hits += strikes_shop(Fault::by_chance(Outcome::Stale, chance, seed))
            .await
            .hits;
    }
    assert!(hits > 0);
}

#[tokio::test]
async fn denied_half_way() {
    for writes in [2, 7, 13] {
        let estate = Estate::new(SHOP);
        estate.seed(SHOP_SEED).await;
        let fault = Fault {
            write: Some(true),
            after_writes: writes,
            outcome: error(403, "AccessDenied"),
            ..Fault::default()
        };
        let said = summary(&strikes(&estate, fault).run.exits(4));
        assert!(said["done"].as_u64().unwrap() > 0, "{said}");
        assert!(said["not_done"].as_u64().unwrap() > 0, "{said}");
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
