//! `fmt` against what `terraform fmt` (1.11) printed, recorded by `scripts/record-format`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use backstay::diag::FileId;
use backstay::syntax::format;
use std::path::{Path, PathBuf};

#[derive(serde::Deserialize)]
struct Row {
    name: String,
    src: String,
    /// Absent where Terraform says that the text is not valid.
    want: Option<String>,
}

fn rows() -> Vec<Row> {
    include_str!("format/recorded.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn formatted(text: &str) -> Option<String> {
    format::format(FileId::NONE, text).ok()
}

#[test]
fn the_canonical_style_is_terraforms() {
    let rows = rows();
    assert!(rows.len() >= 40, "{}", rows.len());
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| formatted(&row.src) != row.want)
        .map(|row| {
            format!(
                "{}: {:?}\n  want {:?}\n  got  {:?}",
                row.name,
                row.src,
                row.want,
                formatted(&row.src)
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn formatting_twice_changes_nothing() {
    for row in rows() {
        let Some(once) = formatted(&row.src) else { continue };
        assert_eq!(formatted(&once).as_ref(), Some(&once), "{}", row.name);
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "hcl") {
            out.push(path);
        }
    }
}

#[test]
fn the_examples_are_formatted() {
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), &mut all);
    assert!(all.len() > 10, "{all:?}");
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text).as_ref(), Some(&text), "{}", path.display());
    }
}
