//! The built program's console: on a pipe, line by line as JSON, and in a posture's context.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn console(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_backstay"))
        .arg("console")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // Both ends are served at once: a pipe holds less than all the answers.
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    drop(writing.join().expect("the writer ends"));
    output
}

fn answers(output: &Output) -> Vec<Json> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_batch_answers_each_line() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        r#"{"id":"sum","mode":"expression","src":"a + 1","vars":{"a":{"type":"number","value":"41"}}}"#,
        "this is no JSON",
        r#"{"id":"wrong","mode":"expression","src":"a +"}"#,
        r#"{"id":"text","mode":"template","src":"x${1}"}"#,
        r#"{"id":"secret","mode":"expression","src":"sensitive(1)"}"#,
    ];
    let output = console(folder.path(), &["--batch"], &lines.join("\n"));
    assert!(output.status.success());
    let answers = answers(&output);
    assert_eq!(answers.len(), lines.len(), "{answers:#?}");
    assert_eq!(answers[0], json!({"id": "sum", "type": "number", "value": "42"}));
    assert!(answers[1]["error"].is_string());
    assert!(answers[2]["error"].is_string());
    assert_eq!(answers[3]["value"], "x1");
    assert_eq!(answers[4]["id"], "secret");
}

/// The same table as `tests/config/terraform.rs`, through the program.
#[test]
fn the_program_gives_what_terraform_gives() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Json> = include_str!("config/terraform.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(rows.len() >= 300, "{}", rows.len());
    let input: String = rows
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let src = format!("jsonencode([{}])", row["src"].as_str().unwrap());
            format!(
                "{}\n",
                json!({"id": n.to_string(), "mode": "expression", "src": src})
            )
        })
        .collect();
    let output = console(folder.path(), &["--batch"], &input);
    let answers = answers(&output);
    assert_eq!(answers.len(), rows.len());
    for (row, answer) in rows.iter().zip(&answers) {
        let got = answer["value"]
            .as_str()
            .or_else(|| answer["error"].as_str())
            .unwrap_or("(unknown)");
        assert_eq!(got, row["want"].as_str().unwrap(), "{}", row["src"]);
    }
}

/// What the console reads; format vectors are for `fmt`.
const MODES: &[&str] = &["expression", "template", "body"];

/// The conformance vectors that `tests/conformance.rs` runs through the library, when they are at hand:
/// every one of them gets an answer of the right form.
#[test]
fn vectors_go_through_a_pipe() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(|p| p.join("shared/conformance"));
    let given = std::env::var_os("BACKSTAY_CONFORMANCE").map(PathBuf::from);
    let Some(folder) = given.into_iter().chain(beside).find(|p| p.is_dir()) else {
        return;
    };
    let mut lines = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "jsonl") {
            let text = std::fs::read_to_string(&path).unwrap();
            let vectors = text.lines().filter_map(|l| serde_json::from_str::<Json>(l).ok());
            lines.extend(vectors.filter(|v| {
                v["src"].is_string()
                    && v["id"].is_string()
                    && MODES.contains(&v["mode"].as_str().unwrap_or(""))
            }));
        }
    }
    let input: String = lines
        .iter()
        .map(|v| {
            let vars = v
                .get("vars")
                .filter(|v| v.is_object())
                .cloned()
                .unwrap_or_else(|| json!({}));
            format!(
                "{}\n",
                json!({"id": v["id"], "mode": v["mode"], "src": v["src"], "vars": vars})
            )
        })
        .collect();
    let place = tempfile::tempdir().unwrap();
    let output = console(place.path(), &["--batch"], &input);
    let answers = answers(&output);
    assert_eq!(answers.len(), lines.len());
    for (line, answer) in lines.iter().zip(&answers) {
        assert_eq!(answer["id"], line["id"]);
        let known = answer.get("value").is_some() || answer["unknown"] == true;
        assert!(answer["error"].is_string() != known, "{answer}");
    }
}

const POSTURE: &str = r#"
backstay {
  project = "acme"
}

account "prod" {
  id     = "111111111111"
  region = "us-east-1"
}

variable "env" {
  type    = string
  default = "test"
}

locals {
  name = "acme-${var.env}"
}

s3_bucket "uploads" {
  name = local.name
}
"#;

#[test]
fn names_of_the_posture_are_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.hcl"), POSTURE).unwrap();
    let input = "local.name\ns3_bucket.uploads.arn\n[\n  var.env,\n]\n";
    let output = console(folder.path(), &["-var", "env=prod"], input);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "\"acme-prod\"\n\"arn:aws:s3:::acme-prod\"\n[\n  \"prod\",\n]\n"
    );
}

#[test]
fn a_wrong_expression_fails_and_the_others_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let output = console(folder.path(), &[], "1 / 0\n1 + 1\nnope.x\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "2\n");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("zero") && said.contains("nope"), "{said}");
}
