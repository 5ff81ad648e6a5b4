//! The conformance vectors of HCL and of Terraform's functions, when they are at hand.
//!
//! The vectors are not part of this repository. They are looked for in
//! `$BACKSTAY_CONFORMANCE`, or in `../shared/conformance` beside it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use backstay::config::console::{self, Mode};
use backstay::config::eval::Env;
use backstay::config::typed;
use backstay::diag::FileId;
use backstay::model::value::{Value, View};
use backstay::syntax::format;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What a vector may need that is not here.
const LACKING: &[&str] = &[
    "custom_functions",
    "namespaced_functions",
    "refinements",
    "unknown_in_set",
    "float512",
    "target_type",
];

fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("BACKSTAY_CONFORMANCE").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(|p| p.join("shared/conformance"));
    given.into_iter().chain(beside).find(|p| p.is_dir())
}

fn known() -> BTreeSet<String> {
    let text = include_str!("conformance/known.md");
    text.lines()
        .filter_map(|l| {
            l.strip_prefix("- `")?
                .split_once('`')
                .map(|(id, _)| id.to_owned())
        })
        .collect()
}

/// A set of marks differs by depth; compare type, content and marks at each depth.
fn same(want: &Value, got: &Value) -> bool {
    if want.is_sensitive() != got.is_sensitive() || want.ty() != got.ty() {
        return false;
    }
    match (want.view(), got.view()) {
        (View::List(_, a), View::List(_, b))
        | (View::Set(_, a), View::Set(_, b))
        | (View::Tuple(a), View::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (View::Map(_, a), View::Map(_, b)) | (View::Object(a), View::Object(b)) => {
            a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| same(a, b))
        }
        (View::Number(a), View::Number(b)) => a == b,
        (View::String(a), View::String(b)) => a == b,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Null(a), View::Null(b)) | (View::Unknown(a), View::Unknown(b)) => a == b,
        _ => false,
    }
}

fn check(vector: &Json, env: &Env) -> Result<(), String> {
    let src = vector["src"].as_str().expect("src");
    let wants_error = vector["error"] == Json::Bool(true);
    let needs: Vec<&str> = vector["needs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let mode = match vector["mode"].as_str() {
        Some("expression") => Mode::Expression,
        Some("template") => Mode::Template,
        Some("body") => Mode::Body,
        other => return Err(format!("mode {other:?}")),
    };
    let vars: HashMap<String, Value> = vector["vars"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| {
            (
                k.clone(),
                typed::from_json(v).unwrap_or_else(|| panic!("typed value {v}")),
            )
        })
        .collect();
    if needs.contains(&"parse_only") && mode != Mode::Body {
        let parses = console::parses(mode, src);
        return if parses == wants_error {
            Err(format!("parsed: {parses}"))
        } else {
            Ok(())
        };
    }
    match console::run(mode, src, &vars, env) {
        Err(_) if wants_error => Ok(()),
        Err(said) => Err(said
            .iter()
            .map(|d| d.detail.clone())
            .collect::<Vec<_>>()
            .join("; ")),
        Ok(value) if wants_error => Err(format!("no error, but {}", typed::to_json(&value))),
        Ok(_) if vector["want"].is_null() => Ok(()),
        Ok(value) => {
            let want = typed::from_json(&vector["want"]).ok_or("the wanted value is not readable")?;
            if same(&want, &value) {
                return Ok(());
            }
            Err(format!(
                "want {} got {}",
                typed::to_json(&want),
                typed::to_json(&value)
            ))
        }
    }
}

#[test]
fn vectors() {
    let Some(folder) = folder() else {
        println!("SKIPPED: no conformance vectors in $BACKSTAY_CONFORMANCE or ../shared/conformance");
        return;
    };
    let env = Env::new(env!("CARGO_MANIFEST_DIR"), jiff::Timestamp::UNIX_EPOCH);
    let known = known();
    let (mut passed, mut skipped, mut failed) = (0, 0, Vec::new());
    for file in ["hcl_expressions", "hcl_templates", "functions"] {
        let text = std::fs::read_to_string(folder.join(format!("{file}.jsonl"))).expect("a file of vectors");
        for line in text.split('\n').filter(|l| !l.is_empty()) {
            let vector: Json = serde_json::from_str(line).expect("JSON");
            let id = vector["id"].as_str().expect("id").to_owned();
            let needs = vector["needs"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Json::as_str);
            if needs.into_iter().any(|n| LACKING.contains(&n)) {
                skipped += 1;
                continue;
            }
            match check(&vector, &env) {
                Ok(()) => passed += 1,
                Err(why) => failed.push((id, vector["src"].to_string(), why)),
            }
        }
    }
    let unexpected: Vec<_> = failed.iter().filter(|(id, _, _)| !known.contains(id)).collect();
    for (id, src, why) in &unexpected {
        println!("{id}: {src}\n    {why}");
    }
    let total = passed + failed.len();
    println!(
        "{passed} of {total} vectors pass, {} are known not to, {skipped} are skipped",
        failed.len() - unexpected.len()
    );
    assert!(
        unexpected.is_empty(),
        "{} vectors fail and are not in known.md",
        unexpected.len()
    );
    assert!(passed * 100 >= total * 98, "fewer than 98 % pass");
}

/// The formatting vectors are for a formatter of tokens: some sources are no valid file, and
/// those a formatter that parses first must refuse.
#[test]
fn formatting() {
    let Some(folder) = folder() else {
        println!("SKIPPED: no conformance vectors in $BACKSTAY_CONFORMANCE or ../shared/conformance");
        return;
    };
    let text = std::fs::read_to_string(folder.join("hcl_format.jsonl")).expect("a file of vectors");
    let (mut passed, mut refused, mut failed) = (0, 0, 0);
    for line in text.split('\n').filter(|l| !l.is_empty()) {
        let vector: Json = serde_json::from_str(line).expect("JSON");
        let src = vector["src"].as_str().expect("src");
        let want = vector["want"]["value"].as_str().expect("want");
        match format::format(FileId::NONE, src) {
            Err(_) => refused += 1,
            Ok(got) if got == want => passed += 1,
            Ok(got) => {
                failed += 1;
                println!("{}: {src:?}\n    want {want:?}\n    got  {got:?}", vector["id"]);
            }
        }
    }
    println!("{passed} formatted, {refused} refused because they are no valid file, {failed} wrong");
    assert_eq!(failed, 0);
    assert!(passed > refused);
}
