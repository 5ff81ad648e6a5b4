//! Whoever can write a plan's file can write its digest, too: nothing that the file says is believed. Every field of a plan is
//! left out, and every value in it changed, one after the other; each time the apply refuses, or does what it would have
//! done with the honest plan.

use crate::support::Estate;
use crate::support::forgery::{body, file_of, forged};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const POSTURE: &str = r#"
backstay {
  project = "forged"
  evidence { bucket = "keep-ACCOUNT" }
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

backup_vault "main" {
  name = "forged"
}

backup_plan "daily" {
  name = "forged"
  rule "daily" {
    vault    = backup_vault.main
    schedule = "cron(0 3 ? * * *)"
  }
  selection "gold" {
    role = "arn:aws:iam::ACCOUNT:role/backup"
    tag {
      key   = "tier"
      value = "gold"
    }
  }
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
}

s3_bucket "tagged" {
  name       = "tagged-ACCOUNT"
  tags       = { tier = "gold" }
  depends_on = [s3_bucket.data]
}

policy {
  disruptive { window = "Sun 03:00-05:00 UTC" }
}

output "bucket" {
  value = s3_bucket.data.arn
}
"#;

const APPROVED: [&str; 5] = [
    "apply",
    "--auto-approve",
    "--allow-weaken=s3_bucket.data",
    "--allow-weaken=s3_bucket.tagged",
    "forged.plan",
];

/// A plan of which each change weakens, so that whatever is written without approvals is too much: one loses its versions,
/// the other its backups, which only the plan of backups tells.
async fn weakening() -> (Estate, String) {
    let estate = Estate::new(POSTURE);
    estate.bucket("keep-ACCOUNT").await;
    estate.settle();
    estate.edit("versioning = true", "versioning = false");
    estate.edit("tier = \"gold\" }", "tier = \"tin\" }");
    estate.run(&["plan", "-out", "tonight.plan"]).exits(0);
    let plan = estate.read("tonight.plan");
    (estate, plan)
}

/// The fields in which a plan may differ from an honest one, and why that is harmless.
const HARMLESS: [(&str, &str); 6] = [
    (
        "/read_at",
        "it only says when; an earlier time only dates what is final earlier",
    ),
    (
        "/validity/from",
        "a plan may be saved at any time after it was read",
    ),
    (
        "/validity/until",
        "the honest plan could be made again now, and would be valid as long",
    ),
    ("/unchanged", "a number that is shown"),
    (
        "/changes/*/desired/location",
        "a place in the text, which no message of an apply goes by",
    ),
    ("/steps/*/after", "to wait for more"),
];

/// Every way to a value, the value's own included.
fn ways(value: &Json, at: &str, all: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            for (name, field) in fields {
                let way = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                all.push(way.clone());
                ways(field, &way, all);
            }
        }
        Json::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let way = format!("{at}/{n}");
                all.push(way.clone());
                ways(item, &way, all);
            }
        }
        _ => {}
    }
}

fn without(body: &Json, way: &str) -> Json {
    let mut body = body.clone();
    let (parent, name) = way.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Json::Object(fields) => drop(
            fields
                .remove(&name.replace("~1", "/").replace("~0", "~"))
                .unwrap(),
        ),
        Json::Array(items) => drop(items.remove(name.parse().unwrap())),
        other => panic!("{other}"),
    }
    body
}

/// What a value could be instead: something near it, nothing, and what stands under the same name elsewhere.
fn instead(value: &Json, others: &BTreeSet<String>) -> Vec<Json> {
    let mut all = match value {
        Json::Null => vec![
            true.into(),
            "x".into(),
            1.into(),
            serde_json::json!({}),
            serde_json::json!([]),
        ],
        Json::Bool(is) => vec![(!is).into(), Json::Null],
        Json::Number(n) => vec![
            (n.as_i64().unwrap() + 1).into(),
            0.into(),
            (-1).into(),
            Json::Null,
        ],
        Json::String(text) => {
            let mut all = vec![format!("{text}x").into(), "".into(), Json::Null];
            if let Ok(time) = text.parse::<jiff::Timestamp>() {
                let near = [-3600, -1, 1, 3600].map(jiff::SignedDuration::from_secs);
                all.extend(near.map(|by| Json::from((time + by).to_string())));
            }
            all
        }
        Json::Array(items) => {
            let twice = items.iter().chain(items.last()).cloned().collect();
            let backwards = items.iter().rev().cloned().collect();
            vec![
                Json::Array(twice),
                Json::Array(backwards),
                serde_json::json!([]),
                Json::Null,
            ]
        }
        Json::Object(_) => vec![serde_json::json!({}), Json::Null],
    };
    all.extend(others.iter().filter_map(|other| serde_json::from_str(other).ok()));
    all.retain(|other| other != value);
    all
}

/// Where something stands, whichever item of a list it is in.
fn name_of(way: &str) -> String {
    let parts = way.split('/').map(|part| match part.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Every plan that differs from this one in one place, once each, with where that is.
fn edits(body: &Json) -> BTreeMap<String, String> {
    let mut all = Vec::new();
    ways(body, "", &mut all);
    let mut by_name: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for way in &all {
        let value = body.pointer(way).unwrap();
        let name = way
            .rsplit('/')
            .find(|part| part.parse::<usize>().is_err())
            .unwrap();
        by_name.entry(name).or_default().insert(value.to_string());
    }
    // Judgements in the mildest words that there are.
    let directions = ["\"strengthens\"", "\"neutral\""].map(str::to_owned);
    by_name.entry("direction").or_default().extend(directions);
    let honest = file_of(body.clone());
    let mut edited = BTreeMap::new();
    for way in &all {
        let name = way
            .rsplit('/')
            .find(|part| part.parse::<usize>().is_err())
            .unwrap();
        let mut bodies = vec![without(body, way)];
        for other in instead(body.pointer(way).unwrap(), &by_name[name]) {
            let mut body = body.clone();
            *body.pointer_mut(way).unwrap() = other;
            bodies.push(body);
        }
        for body in bodies {
            let file = file_of(body);
            if file != honest {
                edited.insert(file, way.clone());
            }
        }
    }
    edited
}

/// What was written in the estate but for the records of applies.
fn done(estate: &Estate, mark: u64) -> Vec<String> {
    let mut written = estate.written(mark);
    written.retain(|w| !w.contains(" keep-ACCOUNT/"));
    written.sort();
    written
}

#[tokio::test]
async fn no_field_of_a_plan_is_believed() {
    let (estate, plan) = weakening().await;
    let honest = body(&plan);
    let edits = edits(&honest);
    assert!(edits.len() > 1000, "{}", edits.len());
    let mark = estate.mark();
    let mut harmless = BTreeMap::new();
    let mut looked = 0;
    for (file, way) in edits {
        // What cannot even be loaded is refused by every command alike.
        if backstay::plan::load(&file).is_err() {
            continue;
        }
        looked += 1;
        std::fs::write(estate.path("forged.plan"), &file).unwrap();
        let run = estate.run(&["apply", "--auto-approve", "forged.plan"]);
        assert_eq!(run.code, Some(1), "{way}: {run:#?}");
        // Only one that passed for honest gets as far as to be asked for approvals.
        if run.stderr.contains("BKS-E0601") {
            for address in ["s3_bucket.data: versioning", "s3_bucket.tagged: tags"] {
                let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(flat.contains(address), "{way}: {run:#?}");
            }
            harmless.insert(name_of(&way), file);
        }
    }
    assert!(looked > 50, "{looked}");
    assert_eq!(estate.written(mark), Vec::<String>::new());
    let named: BTreeSet<&str> = HARMLESS.iter().map(|(name, _)| *name).collect();
    let listed = |name: &String| {
        named
            .iter()
            .any(|n| name == n || name.starts_with(&format!("{n}/")))
    };
    let unlisted: Vec<&String> = harmless.keys().filter(|name| !listed(name)).collect();
    assert_eq!(unlisted, Vec::<&String>::new());
    for name in named {
        assert!(
            harmless.keys().any(|h| h.starts_with(name)),
            "{name} is refused by now"
        );
    }

    // With the approvals it takes, each of these does what the honest one does.
    std::fs::write(estate.path("forged.plan"), &plan).unwrap();
    let mark = estate.mark();
    estate.run(&APPROVED).exits(0);
    let wanted = done(&estate, mark);
    assert!(!wanted.is_empty());
    let before = estate.read("main.hcl");
    for (name, file) in harmless {
        let restored = before
            .replace("versioning = false", "versioning = true")
            .replace("\"tin\"", "\"gold\"");
        estate.write("main.hcl", &restored);
        estate.settle();
        estate.write("main.hcl", &before);
        std::fs::write(estate.path("forged.plan"), file).unwrap();
        let mark = estate.mark();
        estate.run(&APPROVED).exits(0);
        assert_eq!(done(&estate, mark), wanted, "{name}");
    }
}

/// What one edit alone gives away at once.
#[tokio::test]
async fn edits_that_fit_each_other_are_refused_too() {
    let (estate, plan) = weakening().await;
    let mark = estate.mark();
    let refused = |what: &str, why: &str, change: &dyn Fn(&mut Json)| {
        std::fs::write(estate.path("forged.plan"), forged(&plan, change)).unwrap();
        let run = estate.run(&["apply", "--auto-approve", "forged.plan"]);
        assert_eq!(run.code, Some(1), "{what}: {run:#?}");
        run.tells("BKS-E0603").tells(why);
    };
    let neutral = |body: &mut Json, address: &str| {
        for step in body["steps"].as_array_mut().unwrap() {
            if step["address"] == address {
                for attribute in step["attributes"].as_array_mut().unwrap() {
                    attribute["direction"] = "neutral".into();
                    attribute.as_object_mut().unwrap().remove("reason");
                }
            }
        }
    };
    let keep = |body: &mut Json, address: &str| {
        for list in ["changes", "steps"] {
            let items = body[list].as_array_mut().unwrap();
            items.retain(|item| item["address"] == address);
        }
        for step in body["steps"].as_array_mut().unwrap() {
            step["after"] = serde_json::json!([]);
        }
    };
    refused(
        "a tag that nothing goes by",
        "its changes of tags have to be judged by backup_plan.daily, of which it says nothing.",
        &|body| {
            keep(body, "s3_bucket.tagged");
            body["witnesses"] = serde_json::json!([]);
            neutral(body, "s3_bucket.tagged");
        },
    );
    refused(
        "an order that the posture does not allow",
        "s3_bucket.tagged would not wait",
        &|body| {
            let steps = body["steps"].as_array_mut().unwrap();
            let step = steps
                .iter_mut()
                .find(|step| step["address"] == "s3_bucket.tagged");
            let after = &mut step.unwrap()["after"];
            assert_ne!(*after, serde_json::json!([]));
            *after = serde_json::json!([]);
        },
    );
    // One resource alone is what -exclude would have given, and takes its own approval.
    let alone = |address: &str| {
        std::fs::write(
            estate.path("forged.plan"),
            forged(&plan, |body| keep(body, address)),
        )
        .unwrap();
        estate.run(&["apply", "--auto-approve", "forged.plan"]).exits(1)
    };
    alone("s3_bucket.data")
        .tells("BKS-E0601")
        .tells("--allow-weaken='s3_bucket.data'");
    // Which leaves out what depends on what is left out.
    alone("s3_bucket.tagged")
        .tells("BKS-E0602")
        .tells("s3_bucket.data, on which changes depend, is not as declared.");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

/// A plan of a posture that only the forger has is as sound as a plan can be, and not of ours.
#[tokio::test]
async fn a_plan_of_the_forgers_own_posture_is_not_of_ours() {
    let (estate, _) = weakening().await;
    let ours = estate.read("main.hcl");
    let start = ours.find("s3_bucket \"data\"").unwrap();
    let end = start + ours[start..].find("\n}\n").unwrap() + 3;
    let released = format!("{}{}", &ours[..start], &ours[end..])
        .replace("\"tin\"", "\"gold\"")
        .replace("  depends_on = [s3_bucket.data]\n", "")
        .replace("s3_bucket.data.arn", "\"arn:aws:s3:::data-ACCOUNT\"");
    let role = "\niam_role \"guest\" {\n  name = \"guest\"\n  trust {\n    principals {\n      type = \"AWS\"\n      \
                identifiers = [\"arn:aws:iam::ACCOUNT:root\"]\n    }\n  }\n}\n";
    let harmless = ours
        .replace("versioning = false", "versioning = true")
        .replace("\"tin\"", "\"gold\"");
    let mark = estate.mark();
    for (theirs, why) in [
        (
            released,
            "s3_bucket.data is declared there, and the plan lets it go.",
        ),
        (
            format!("{harmless}{role}"),
            "iam_role.guest is not declared there.",
        ),
        (
            harmless.replace(
                "  versioning = true",
                "  versioning = true\n  tags = { team = \"theirs\" }",
            ),
            "s3_bucket.data is declared otherwise there.",
        ),
        (
            harmless.replace("s3_bucket.data.arn", "\"arn:aws:s3:::theirs\""),
            "they differ in the outputs.",
        ),
    ] {
        estate.write("theirs/main.hcl", &theirs);
        estate.run(&["plan", "-out", "theirs.plan", "theirs"]).exits(0);
        estate
            .run(&["apply", "--auto-approve", "theirs.plan"])
            .exits(1)
            .tells("BKS-E0603")
            .tells(why);
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
