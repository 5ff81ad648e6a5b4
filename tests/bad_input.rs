//! The built program on texts that are broken, hostile or huge: a diagnostic with its place, exit code 1, in
//! bounded time and memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value as Json;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Longer than anything here takes by far, even in a build without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const HEAD: &str = "backstay {\n  project = \"p\"\n}\n";

/// Runs `validate` with at most 3 GB of address space.
fn validate(folder: &Path, arguments: &[&str]) -> Output {
    let child = Command::new("sh")
        .args(["-c", "ulimit -v 3000000; exec \"$0\" validate \"$@\""])
        .arg(env!("CARGO_BIN_EXE_backstay"))
        .args(arguments)
        .arg(".")
        .current_dir(folder)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let (sender, ended) = channel();
    std::thread::spawn(move || drop(sender.send(child.wait_with_output())));
    match ended.recv_timeout(PATIENCE) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            drop(Command::new("kill").args(["-9", &id.to_string()]).status());
            panic!("it does not end");
        }
    }
}

struct Case {
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    /// A code, and the line where it is said; no line where the text has none.
    wanted: (&'static str, Option<u64>),
}

fn case(name: &'static str, text: impl Into<Vec<u8>>, code: &'static str, line: Option<u64>) -> Case {
    let mut main = HEAD.as_bytes().to_vec();
    main.extend(text.into());
    Case {
        name,
        files: vec![("main.hcl", main)],
        wanted: (code, line),
    }
}

fn local(expression: &str) -> String {
    format!("locals {{\n  a = {expression}\n}}\n")
}

/// Lines count from 1; what follows the head begins in the fourth.
fn cases() -> Vec<Case> {
    let bucket = |each: &str| format!("s3_bucket \"b\" {{\n  for_each = {each}\n  name = each.key\n}}\n");
    let secret = "variable \"s\" {\n  default = \"x\"\n  sensitive = true\n}\n";
    let mut all = vec![
        case(
            "10,000 parentheses",
            local(&format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000))),
            "BKS-E0102",
            Some(5),
        ),
        case(
            "10,000 nested blocks",
            format!("{}{}", "b {\n".repeat(10_000), "}\n".repeat(10_000)),
            "BKS-E0102",
            Some(68),
        ),
        case(
            "a file of 50 MB with one error",
            [local("nope").into_bytes(), vec![b'#'; 50 << 20]].concat(),
            "BKS-E0305",
            Some(5),
        ),
        case(
            "a file of 50 MB of open brackets",
            [b"locals {\n  a = ".to_vec(), vec![b'['; 50 << 20]].concat(),
            "BKS-E0102",
            Some(5),
        ),
        case(
            "invalid UTF-8",
            &b"locals {\n  a = \"\xff\"\n}\n"[..],
            "BKS-E0001",
            Some(5),
        ),
        case(
            "a NUL byte",
            &b"locals {\n  a = \"\0\"\n}\n"[..],
            "BKS-E0001",
            Some(5),
        ),
        case("an unterminated heredoc", local("<<EOT\nx"), "BKS-E0101", Some(5)),
        case(
            "an unterminated template",
            "locals {\n  a = \"${1\n",
            "BKS-E0101",
            Some(5),
        ),
        case(
            "an unterminated text",
            "locals {\n  a = \"x\n}\n",
            "BKS-E0101",
            Some(5),
        ),
        case("an unterminated block", "locals {\n", "BKS-E0101", Some(4)),
        case(
            "a local that refers to itself",
            local("local.a"),
            "BKS-E0306",
            Some(5),
        ),
        case(
            "locals in a circle",
            "locals {\n  a = local.b\n  b = local.a\n}\n",
            "BKS-E0306",
            Some(5),
        ),
        case(
            "for_each over something unknown",
            format!("kms_key \"k\" {{\n}}\n{}", bucket("toset([kms_key.k.arn])")),
            "BKS-E0205",
            Some(7),
        ),
        case(
            "for_each over something sensitive",
            format!("{secret}{}", bucket("toset([var.s])")),
            "BKS-E0205",
            Some(9),
        ),
        case("too few arguments", local("upper()"), "BKS-E0203", Some(5)),
        case("too many arguments", local("upper(1, 2)"), "BKS-E0203", Some(5)),
        case(
            "an argument of the wrong type",
            local("upper([1])"),
            "BKS-E0203",
            Some(5),
        ),
        case("1e400", local("1e400"), "BKS-E0101", Some(5)),
        case("an unknown name", local("nope"), "BKS-E0305", Some(5)),
        case("an unknown block", "nope {\n}\n", "BKS-E0301", Some(4)),
        case(
            "an unknown argument",
            "s3_bucket \"b\" {\n  name = \"x\"\n  nope = 1\n}\n",
            "BKS-E0302",
            Some(6),
        ),
        case(
            "an argument of a block of the wrong type",
            "s3_bucket \"b\" {\n  name = []\n}\n",
            "BKS-E0202",
            Some(5),
        ),
        case("a zero divisor", local("1 / 0"), "BKS-E0201", Some(5)),
    ];
    all.push(Case {
        name: "a module that includes itself",
        files: vec![
            (
                "main.hcl",
                format!("{HEAD}module \"m\" {{\n  source = \"./m\"\n}}\n").into(),
            ),
            ("m/main.hcl", "module \"m\" {\n  source = \"../m\"\n}\n".into()),
        ],
        wanted: ("BKS-E0306", Some(1)),
    });
    all.push(Case {
        name: "an empty file",
        files: vec![("main.hcl", Vec::new())],
        wanted: ("BKS-E0303", Some(1)),
    });
    all
}

#[test]
fn each_is_told_with_its_place_and_changes_nothing() {
    let mut wrong = Vec::new();
    for Case { name, files, wanted } in cases() {
        let folder = tempfile::tempdir().unwrap();
        for (file, bytes) in &files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let output = validate(folder.path(), &["-json"]);
        let Ok(said) = serde_json::from_slice::<Json>(&output.stdout) else {
            wrong.push(format!(
                "{name}: {:?} {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
            continue;
        };
        let all = said["diagnostics"].as_array().unwrap();
        let found: Vec<(&str, Option<u64>)> = all
            .iter()
            .map(|d| (d["code"].as_str().unwrap(), d["start"]["line"].as_u64()))
            .collect();
        let ranges = all.iter().filter(|d| d.get("start").is_some()).all(|d| {
            d["end"]["line"].as_u64() >= d["start"]["line"].as_u64() && d["start"]["column"].is_u64()
        });
        if output.status.code() != Some(1) || !found.contains(&wanted) || !ranges || !output.stderr.is_empty()
        {
            wrong.push(format!(
                "{name}: {:?} {found:?} instead of {wanted:?}",
                output.status
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// For people the place is `file:line:column`, with the line itself; one of a megabyte is not printed whole.
#[test]
fn people_see_the_line_and_not_a_megabyte_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{HEAD}locals {{\n  a = nope\n  b = \"{}\" + nope\n}}\n",
        "x".repeat(1 << 20)
    );
    std::fs::write(folder.path().join("main.hcl"), text).unwrap();
    let output = validate(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("main.hcl:5:7"),
        "{}",
        said.get(..2000).unwrap_or(&said)
    );
    assert!(said.len() < 100_000, "{} bytes", said.len());
}

/// As many errors as lines: each is cheap, and only the first are drawn.
#[test]
fn a_file_full_of_errors_is_refused_in_time() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.hcl"), "nope {\n}\n".repeat(50_000)).unwrap();
    let output = validate(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.len() < 200_000, "{} bytes", output.stderr.len());
}

/// A machine that asked for JSON gets the places as JSON from every command.
#[test]
fn machines_get_the_place_from_every_command() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.hcl"), format!("{HEAD}{}", local("nope"))).unwrap();
    for arguments in [
        &["validate", "-json"][..],
        &["plan", "-json"],
        &["apply", "-json", "-auto-approve"],
        &["check", "-format", "json"],
        &["prove", "-json"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_backstay"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        // One object, or one on each line.
        let objects: Vec<Json> = serde_json::Deserializer::from_str(&said)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let of_object = |object: &Json| match object.get("diagnostic") {
            Some(one) => vec![one.clone()],
            None => object["diagnostics"].as_array().cloned().unwrap_or_default(),
        };
        let all: Vec<Json> = objects.iter().flat_map(of_object).collect();
        let place = |d: &Json| {
            (d["code"] == "BKS-E0305").then(|| (d["start"]["line"].as_u64(), d["end"]["column"].as_u64()))
        };
        let places: Vec<_> = all.iter().filter_map(place).collect();
        assert_eq!(places, [(Some(5), Some(11))], "{arguments:?}: {said}");
    }
}
