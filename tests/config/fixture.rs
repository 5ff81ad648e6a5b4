//! A folder of files, and kinds that need no cloud.

use backstay::config::{Inputs, Posture, Registry, load};
use backstay::diag::{Diagnostics, Sources};
use backstay::model::schema::{Block as _, BlockSchema, EvaluatedBlock, Reference};
use backstay::model::value::Value;
use backstay::model::{Duration, Place};
use std::collections::BTreeMap;
use std::path::Path;

backstay::block! {
    /// A store.
    #[labels(label)]
    struct StoreBlock {
        /// Its name.
        name: String,
        /// Whether versions are kept.
        versioning: Option<bool>,
        /// How many.
        copies: Option<u32>,
        /// Labels.
        tags: Option<BTreeMap<String, String>>,
        /// Where it is copied to.
        to: Option<Reference>,
        /// Others.
        peers: Option<Vec<Reference>>,
        /// Rules.
        rule: Vec<RuleBlock>,
        /// A lock.
        lock: Option<LockBlock>,
    }
}

backstay::block! {
    /// A rule.
    struct RuleBlock {
        /// What it is for.
        prefix: String,
        /// How long.
        after: Option<Duration>,
    }
}

backstay::block! {
    /// A lock.
    struct LockBlock {
        /// How long.
        retention: Duration,
    }
}

pub(crate) struct Kinds(BlockSchema);

impl Registry for Kinds {
    fn schema(&self, kind: &str) -> Option<&BlockSchema> {
        (kind == "store").then_some(&self.0)
    }
    fn kinds(&self) -> Vec<&str> {
        vec!["store"]
    }
    fn outputs(&self, _: &str, body: &EvaluatedBlock, place: &Place) -> BTreeMap<String, Value> {
        let name = body
            .attributes
            .get("name")
            .and_then(|a| a.value.as_str())
            .unwrap_or("");
        BTreeMap::from([
            ("arn".to_owned(), Value::string(format!("arn:aws:s3:::{name}"))),
            (
                "owner".to_owned(),
                Value::string(format!("{}/{name}", place.account_id)),
            ),
        ])
    }
    fn output_names(&self, _: &str) -> Vec<&str> {
        vec!["arn", "owner"]
    }
}

pub(crate) fn kinds() -> Kinds {
    Kinds(StoreBlock::schema("store"))
}

pub(crate) const HEAD: &str = "backstay {\n  project = \"test\"\n}\n";

/// Writes files into a new folder.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

pub(crate) fn inputs(dir: &Path) -> Inputs {
    Inputs {
        dir: dir.to_path_buf(),
        ..Inputs::default()
    }
}

pub(crate) struct Loaded {
    pub(crate) posture: Option<Posture>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) sources: Sources,
}

pub(crate) fn run(inputs: &Inputs) -> Loaded {
    let mut sources = Sources::new();
    let (posture, diagnostics) = load(inputs, &mut sources, &kinds());
    Loaded {
        posture,
        diagnostics,
        sources,
    }
}

/// Loads one file below the usual head.
pub(crate) fn load_text(text: &str) -> Loaded {
    let dir = folder(&[("main.hcl", &format!("{HEAD}{text}"))]);
    run(&inputs(dir.path()))
}

impl Loaded {
    #[track_caller]
    pub(crate) fn posture(self) -> Posture {
        let said = self.said();
        self.posture.unwrap_or_else(|| panic!("{said}"))
    }

    /// One line for each diagnostic: `line: code detail`.
    pub(crate) fn said(&self) -> String {
        let line = |d: &backstay::diag::Diagnostic| {
            let place = d.span.map_or(0, |s| self.sources.location(s).line);
            format!("{place}: {} {}", d.code.id(), d.detail)
        };
        self.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        let said = self.said();
        assert!(said.contains(text), "{text:?} is not in:\n{said}");
    }
}

/// The value of an output as JSON.
#[track_caller]
pub(crate) fn output(posture: &Posture, name: &str) -> serde_json::Value {
    posture.outputs[name].value.to_json()
}
