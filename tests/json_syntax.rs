//! Postures in JSON syntax: every example, written anew as JSON, gives the same resources, and fits the JSON Schema
//! of the language, which refuses what reading refuses.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "journeys/support/schema.rs"]
mod schema;

use backstay::config::Inputs;
use backstay::diag::{FileId, Sources};
use backstay::pipeline::{self, Posture};
use backstay::report::language;
use backstay::syntax::ast::{Block, Body, Expr, ExprKind, ObjectKey};
use backstay::syntax::{on_deep_stack, parse_body};
use schema::validate;
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments whose text JSON has without a template around it.
const REFERENCES: &[&str] = &["depends_on", "ignore_changes", "iterator", "from", "to"];

struct Converter<'a>(&'a str);

impl Converter<'_> {
    fn text(&self, expr: &Expr) -> &str {
        self.0
            .get(expr.span.start as usize..expr.span.end as usize)
            .unwrap()
    }

    fn body(&self, kind: &str, body: &Body) -> Json {
        let mut out = Map::new();
        for attribute in &body.attributes {
            let name = attribute.name.text.as_str();
            out.insert(name.to_owned(), self.argument(kind, name, &attribute.expr));
        }
        for block in &body.blocks {
            self.block(block, &mut out);
        }
        Json::Object(out)
    }

    fn argument(&self, kind: &str, name: &str, expr: &Expr) -> Json {
        match (kind, name) {
            ("variable", "type") => json!(self.text(expr)),
            ("variable", "default") => literal(expr).unwrap_or_else(|| panic!("{}", self.text(expr))),
            (_, name)
                if REFERENCES.contains(&name) && (kind == "moved" || !["from", "to"].contains(&name)) =>
            {
                match &expr.kind {
                    ExprKind::Tuple(elements) => elements.iter().map(|e| json!(self.text(e))).collect(),
                    _ => json!(self.text(expr)),
                }
            }
            _ => self.expr(expr),
        }
    }

    fn expr(&self, expr: &Expr) -> Json {
        match &expr.kind {
            ExprKind::Tuple(elements) => elements.iter().map(|e| self.expr(e)).collect(),
            // What could be taken for a template stays an expression.
            ExprKind::Literal(_) if !self.text(expr).contains(['$', '%']) => literal(expr).unwrap(),
            _ => json!(format!("${{{}}}", self.text(expr))),
        }
    }

    fn block(&self, block: &Block, out: &mut Map<String, Json>) {
        let kind = block.kind.text.as_str();
        let mut inner = self.body(kind, &block.body);
        for label in block.labels.iter().rev() {
            inner = json!({&label.text: inner});
        }
        let before = out.entry(kind.to_owned()).or_insert_with(|| json!([]));
        before.as_array_mut().unwrap().push(inner);
    }
}

fn literal(expr: &Expr) -> Option<Json> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value.to_json()),
        ExprKind::Tuple(elements) => elements.iter().map(literal).collect(),
        ExprKind::Object(items) => items
            .iter()
            .map(|(key, value)| match key {
                ObjectKey::Name(name) => Some((name.text.clone(), literal(value)?)),
                ObjectKey::Expr(key) => Some((literal(key)?.as_str()?.to_owned(), literal(value)?)),
            })
            .collect::<Option<Map<_, _>>>()
            .map(Json::Object),
        _ => None,
    }
}

fn converted(text: &str) -> Json {
    let (body, said) = on_deep_stack(|| parse_body(text, FileId::NONE)).unwrap();
    assert!(!said.has_errors());
    Converter(text).body("", &body)
}

/// Writes a folder with its modules anew; its other files are kept.
fn convert(from: &Path, to: &Path, found: &mut Vec<(PathBuf, Json)>) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "sandbox" {
            // What the local cloud begins with is no posture.
        } else if path.is_dir() {
            convert(&path, &to.join(name), found);
        } else if name.ends_with(".hcl") {
            let json = converted(&fs::read_to_string(&path).unwrap());
            fs::write(to.join(format!("{name}.json")), json.to_string()).unwrap();
            found.push((path, json));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

fn load(dir: &Path) -> Posture {
    let inputs = Inputs {
        dir: dir.to_owned(),
        ..Inputs::default()
    };
    let mut sources = Sources::new();
    let region = "us-east-1".parse().ok();
    match pipeline::open_offline(&inputs, &mut sources, region.as_ref()) {
        Ok((posture, _)) => posture,
        Err(said) => panic!("{}: {said:#?}", dir.display()),
    }
}

/// What a posture says, without the places.
fn said(posture: &Posture) -> Vec<Json> {
    let resources = posture.desired.iter().map(|d| {
        json!({"address": d.address, "place": d.place, "ident": d.ident, "spec": d.spec, "kept": d.kept_spec})
    });
    let objectives = posture.objectives.iter().map(|o| {
        let mut objective = serde_json::to_value(o).unwrap();
        objective["location"] = Json::Null;
        objective
    });
    resources
        .chain(objectives)
        .chain([json!(posture.outputs), json!(posture.exemptions.len())])
        .collect()
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let all = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|p| p.is_dir()).collect();
    all.sort();
    all
}

#[test]
fn every_example_says_the_same_in_json_and_fits_the_schema() {
    let schema = language::schema();
    assert!(examples().len() > 3);
    for example in examples() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        convert(&example, folder.path(), &mut files);
        for (path, json) in &files {
            assert_eq!(
                validate(&schema, json),
                Vec::<String>::new(),
                "{}",
                path.display()
            );
        }
        let (hcl, json) = (said(&load(&example)), said(&load(folder.path())));
        assert_eq!(hcl, json, "{}", example.display());
    }
}

/// What examples do not have: dynamic blocks, lifecycle, moved, nested blocks of the language.
#[test]
fn blocks_within_blocks_are_read() {
    let hcl = r#"
backstay {
  project = "p"
}
account "main" {
  id     = "111122223333"
  region = "us-east-1"
}
variable "days" {
  type    = map(number)
  default = ["a"]
  validation {
    condition     = true
    error_message = "x"
  }
}
"#;
    let hcl = hcl.replace("map(number)", "list(string)");
    let rest = r#"
s3_bucket "b" {
  name       = "acme-b"
  versioning = true
  dynamic "object_lock" {
    for_each = toset(["governance"])
    iterator = it
    content {
      mode      = it.value
      retention = "30d"
    }
  }
  lifecycle {
    ignore_changes = [tags]
    precondition {
      condition     = length(var.days) == 1
      error_message = "x"
    }
  }
}
rds_instance "main" {
  identifier = "main"
  pitr {
    retention = "7d"
  }
}
moved {
  from = s3_bucket.a
  to   = s3_bucket.b
}
objective "o" {
  protects = [rds_instance.main]
  rpo      = "< 5m"
  survives = ["region_outage"]
  copies {
    total = 2
  }
  publish {
    rpo = "1h"
  }
}
check "c" {
  severity = "high"
  assert {
    condition     = true
    error_message = "x"
  }
}
output "o" {
  value = s3_bucket.b.arn
}
"#;
    let text = format!("{hcl}{rest}");
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(one.path().join("main.hcl"), &text).unwrap();
    let json = converted(&text);
    fs::write(other.path().join("main.hcl.json"), json.to_string()).unwrap();
    assert_eq!(validate(&language::schema(), &json), Vec::<String>::new());
    assert_eq!(said(&load(one.path())), said(&load(other.path())));
}

#[test]
fn what_reading_refuses_the_schema_refuses() {
    let schema = language::schema();
    let bucket = |inside: Json| json!({"s3_bucket": {"b": inside}});
    for (wrong, what) in [
        (json!({"s3_buckt": {}}), "a block that there is not"),
        (
            bucket(json!({"name": "x", "versionning": true})),
            "an argument that there is not",
        ),
        (bucket(json!({})), "an argument that is missing"),
        (
            bucket(json!({"name": "x", "versioning": "yes"})),
            "a word for a boolean",
        ),
        (
            bucket(json!({"name": "x", "object_lock": {"mode": "strict", "retention": "1d"}})),
            "a word that it does not know",
        ),
        (
            bucket(json!({"name": "x", "lifecycle": {"prevent_destroy": true}})),
            "an argument of a nested block",
        ),
        (
            json!({"backstay": {"project": "p", "lock": {"buckt": "x"}}}),
            "a nested block of the language",
        ),
        (json!([]), "an array at the top"),
    ] {
        assert!(!validate(&schema, &wrong).is_empty(), "{what}");
    }
    let right = bucket(json!({"name": "${var.name}", "versioning": "${var.on}", "//": "why"}));
    assert_eq!(validate(&schema, &right), Vec::<String>::new());
}
