//! What the benches share: postures and live states of any size, made without a cloud.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "each bench uses a part; a bench that meets the unexpected has to fail at once"
)]

use backstay::config::Inputs;
use backstay::diag::Sources;
use backstay::live::Snapshot;
use backstay::pipeline::{self, Posture};
use serde_json::{Value as Json, json};
use std::fmt::Write;
use tempfile::TempDir;

/// The account and where it works.
const HEAD: &str = "backstay {\n  project = \"bench\"\n}\n\naccount \"main\" {\n  id     = \"111111111111\"\n  region = \"us-east-1\"\n}\n\nlocals {\n  days = 30\n}\n";

/// Buckets that copy to one in another region: two blocks and a derived role each.
pub(crate) fn pairs(count: usize) -> String {
    format!("{HEAD}{}", pairs_only(count, ""))
}

/// The same without the blocks that a posture has once, with names that begin otherwise.
pub(crate) fn pairs_only(count: usize, prefix: &str) -> String {
    let mut text = String::new();
    for n in 0..count {
        let n = format!("{prefix}{n}");
        write!(
            text,
            "
s3_bucket \"data_{n}\" {{
  name          = \"bench-data-{n}\"
  versioning    = true
  public_access = false

  replicate {{
    to = s3_bucket.copy_{n}
  }}
}}

s3_bucket \"copy_{n}\" {{
  region     = \"us-west-2\"
  name       = \"bench-copy-{n}\"
  versioning = true

  object_lock {{
    mode      = \"governance\"
    retention = \"${{local.days}}d\"
  }}
}}
"
        )
        .expect("a string takes everything");
    }
    text
}

/// Buckets in one block with `for_each`; `count` is a multiple of ten.
pub(crate) fn repeated(count: usize) -> String {
    let tens = count / 10;
    format!(
        "{HEAD}
locals {{
  # A range has at most 1,024 elements.
  names = toset([for n in setproduct(range({tens}), range(10)) : \"${{n[0]}}${{n[1]}}\"])
}}

s3_bucket \"data\" {{
  for_each      = local.names
  name          = \"bench-data-${{each.key}}\"
  versioning    = true
  public_access = false

  noncurrent {{
    expire_after = \"${{local.days}}d\"
  }}
}}
"
    )
}

/// A folder that holds a posture.
pub(crate) fn folder(text: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("main.hcl"), text).expect("a file in it");
    folder
}

/// What a command is given to read the folder.
pub(crate) fn inputs(folder: &TempDir) -> Inputs {
    Inputs {
        dir: folder.path().to_path_buf(),
        ..Inputs::default()
    }
}

/// Text to a posture: evaluated, decoded, ordered.
pub(crate) fn posture(folder: &TempDir) -> Posture {
    let mut sources = Sources::new();
    let (posture, diagnostics) =
        pipeline::open_offline(&inputs(folder), &mut sources, None).expect("a posture without errors");
    assert!(diagnostics.iter().next().is_none(), "{diagnostics:?}");
    posture
}

/// A live state in which nothing exists yet.
pub(crate) fn nothing(posture: &Posture) -> Snapshot {
    let entries = posture
        .desired
        .iter()
        .map(|d| json!({"kind": d.kind, "place": d.place, "ident": d.ident, "seen": "absent"}));
    snapshot(entries.collect())
}

/// What `plan --save-snapshot` gives after an apply of [`pairs`]; of one pair it is kept as a file.
pub(crate) fn settled(count: usize) -> Snapshot {
    const PAIR: &str = include_str!("pair.json");
    let entries = (0..count).flat_map(|n| {
        let text = PAIR.replace("PAIR", &n.to_string());
        serde_json::from_str::<Vec<Json>>(&text).expect("JSON")
    });
    snapshot(entries.collect())
}

fn snapshot(entries: Vec<Json>) -> Snapshot {
    let file = json!({
        "version": 1,
        "tool": env!("CARGO_PKG_VERSION"),
        "taken_at": "2026-01-01T00:00:00Z",
        "accounts": {"main": "111111111111"},
        "entries": entries,
    });
    Snapshot::from_json(&file.to_string()).expect("a snapshot")
}
