//! Resources: references, repetition, accounts, schemas.

use crate::fixture::{load_text, output};
use serde_json::json;

fn addresses(list: &[backstay::model::Address]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn references_make_edges_and_values() {
    let posture = load_text(
        r#"
        locals {
          target = store.b
        }
        store "a" {
          name = "a"
          to   = local.target
        }
        store "b" {
          name = "b-${local.suffix}"
          rule {
            prefix = "x"
            after  = "30d"
          }
        }
        locals {
          suffix = upper("z")
        }
        output "arn" {
          value = store.a.to.arn
        }
        output "prefixes" {
          value = store.b.rule[*].prefix
        }
        output "nothing" {
          value = store.b.lock
        }
        "#,
    )
    .posture();
    let a = posture.resources.iter().find(|r| r.address.name == "a").unwrap();
    assert_eq!(addresses(&a.references), ["store.b"]);
    assert_eq!(a.account, "default");
    assert_eq!(output(&posture, "arn"), json!("arn:aws:s3:::b-Z"));
    assert_eq!(output(&posture, "prefixes"), json!(["x"]));
    assert_eq!(output(&posture, "nothing"), json!(null));
}

#[test]
fn for_each_and_count_make_instances() {
    let posture = load_text(
        r#"
        store "each" {
          for_each = toset(["eu", "us"])
          name     = "each-${each.key}"
          to       = store.count[1]
        }
        store "count" {
          count = 2
          name  = "count-${count.index}"
        }
        store "none" {
          count = 0
          name  = "none"
        }
        output "names" {
          value = [for key, s in store.each : "${key}=${s.name}"]
        }
        output "counted" {
          value = store.count[*].name
        }
        "#,
    )
    .posture();
    let all: Vec<_> = posture.resources.iter().map(|r| r.address.to_string()).collect();
    assert_eq!(
        all,
        [
            "store.count[0]",
            "store.count[1]",
            "store.each[\"eu\"]",
            "store.each[\"us\"]"
        ]
    );
    let eu = posture
        .resources
        .iter()
        .find(|r| r.address.to_string().contains("eu"))
        .unwrap();
    assert_eq!(addresses(&eu.references), ["store.count[1]"]);
    assert_eq!(output(&posture, "names"), json!(["eu=each-eu", "us=each-us"]));
    assert_eq!(output(&posture, "counted"), json!(["count-0", "count-1"]));
}

#[test]
fn dynamic_blocks_are_expanded() {
    let posture = load_text(
        r#"
        store "a" {
          name = "a"
          dynamic "rule" {
            for_each = { logs = "7d", tmp = "1d" }
            content {
              prefix = rule.key
              after  = rule.value
            }
          }
          dynamic "rule" {
            for_each = ["x", "y"]
            iterator = it
            content {
              prefix = "${it.key}${it.value}"
            }
          }
        }
        output "prefixes" {
          value = store.a.rule[*].prefix
        }
        "#,
    )
    .posture();
    assert_eq!(output(&posture, "prefixes"), json!(["logs", "tmp", "0x", "1y"]));
}

#[test]
fn accounts_and_regions() {
    let posture = load_text(
        r#"
        account "prod" {
          id     = "111111111111"
          region = "us-east-1"
        }
        account "vault" {
          id          = "222222222222"
          region      = "us-west-2"
          assume_role = "arn:aws:iam::222222222222:role/backstay"
        }
        store "a" {
          name = "a"
        }
        store "b" {
          account = account.vault
          region  = "eu-west-1"
          name    = "b"
        }
        store "c" {
          for_each = { x = account.vault }
          account  = each.value
          name     = "c"
        }
        output "owner" {
          value = store.b.owner
        }
        "#,
    )
    .posture();
    let places: Vec<_> = posture
        .resources
        .iter()
        .map(|r| format!("{} {} {}", r.address, r.account, r.region.as_ref().unwrap()))
        .collect();
    assert_eq!(
        places,
        [
            "store.a prod us-east-1",
            "store.b vault eu-west-1",
            "store.c[\"x\"] vault us-west-2"
        ]
    );
    assert_eq!(posture.default_account.as_deref(), Some("prod"));
    assert_eq!(output(&posture, "owner"), json!("222222222222/b"));
}

#[test]
fn outputs_that_depend_on_the_account_are_unknown_without_it() {
    let posture = load_text(
        "store \"a\" {\n name = \"a\"\n}\noutput \"x\" {\n value = [store.a.arn, store.a.owner]\n}",
    )
    .posture();
    let value = &posture.outputs["x"].value;
    let elements = value.as_sequence().unwrap();
    assert_eq!(elements[0].as_str(), Some("arn:aws:s3:::a"));
    assert!(elements[1].is_unknown());
}

#[test]
fn schema_errors_are_all_reported_with_hints() {
    let loaded = load_text(
        r#"store "a" {
  nmae = "x"
  copies = "many"
  lock {
  }
  lock {
    retention = "1d"
  }
  rule = []
  versioning {
  }
  rul {
  }
}
"#,
    );
    for text in [
        "5: BKS-E0302 The block \"store\" has no argument \"nmae\".",
        "6: BKS-E0202 The argument \"copies\" has the wrong type: a number is required.",
        "7: BKS-E0303 The block \"lock\" needs the argument \"retention\".",
        "9: BKS-E0304 The block \"lock\" may stand only once here.",
        "12: BKS-E0302 In the block \"store\", \"rule\" is a block, not an argument.",
        "13: BKS-E0302 In the block \"store\", \"versioning\" is an argument, not a block.",
        "15: BKS-E0302 The block \"store\" has no nested block \"rul\".",
        "4: BKS-E0303 The block \"store\" needs the argument \"name\".",
    ] {
        loaded.says(text);
    }
    let hints: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter_map(|d| d.remedy.as_deref())
        .collect();
    assert!(hints.contains(&"Did you mean \"name\"?"), "{hints:?}");
    assert!(hints.contains(&"Did you mean \"rule\"?"), "{hints:?}");
}

#[test]
fn references_to_nothing_and_cycles() {
    let loaded = load_text(
        "store \"a\" {\n  name = store.b.name\n}\nstore \"b\" {\n  name = local.c\n}\nlocals {\n  c = store.a.name\n}\nstore \"d\" {\n  name = store.aa.name\n}\n",
    );
    loaded.says("11: BKS-E0306 local.c -> store.a -> store.b -> local.c.");
    loaded.says("14: BKS-E0305 There is no store \"aa\".");
    let cycle = loaded
        .diagnostics
        .iter()
        .find(|d| d.code.id() == "BKS-E0306")
        .unwrap();
    assert_eq!(cycle.related.len(), 2);
    assert_eq!(loaded.diagnostics.iter().count(), 2, "{}", loaded.said());
}

#[test]
fn for_each_must_be_known_and_public() {
    for (value, text) in [
        ("[\"a\"]", "The value of for_each is a tuple."),
        ("sensitive(toset([\"a\"]))", "is sensitive"),
        (
            "store.b.owner == \"\" ? toset([\"a\"]) : toset([])",
            "only an apply decides",
        ),
        ("toset([1])", "The set holds a number"),
        ("null", "is null"),
    ] {
        let source = format!(
            "store \"b\" {{\n name = \"b\"\n}}\nstore \"a\" {{\n for_each = {value}\n name = \"a\"\n}}\n"
        );
        load_text(&source).says(text);
    }
    load_text("store \"a\" {\n count = -1\n name = \"a\"\n}\n").says("The count is -1.");
    load_text("store \"a\" {\n count = 1.5\n name = \"a\"\n}\n").says("The count is 1.5.");
}

#[test]
fn lifecycle_depends_on_exempt_and_moved() {
    let posture = load_text(
        r#"
        store "a" {
          name       = "a"
          depends_on = [store.b]
          lifecycle {
            ignore_changes  = [tags, lock.retention]
            prevent_release = true
            precondition {
              condition     = 1 < 2
              error_message = "never"
            }
          }
        }
        store "b" {
          name = "b"
        }
        exempt "x" {
          control  = "BKS-S3-001"
          resource = store.a
          reason   = "a test"
          owner    = "me"
          expires  = "2030-01-31"
        }
        moved {
          from = store.old["k"]
          to   = store.a
        }
        "#,
    )
    .posture();
    let a = posture.resources.iter().find(|r| r.address.name == "a").unwrap();
    assert_eq!(addresses(&a.references), ["store.b"]);
    assert_eq!(a.lifecycle.ignore_changes, ["tags", "lock.retention"]);
    assert!(a.lifecycle.prevent_release);
    assert_eq!(posture.exemptions[0].resource.to_string(), "store.a");
    assert_eq!(posture.exemptions[0].expires.to_string(), "2030-01-31");
    assert_eq!(posture.moved[0].0.to_string(), "store.old[\"k\"]");
}

/// A typing error would exempt from nothing, and nobody would see it.
#[test]
fn an_exemption_names_a_disaster_that_there_is() {
    let exempt = |scenario: &str| {
        load_text(&format!(
            r#"
            store "a" {{
              name = "a"
            }}
            scenario "stolen_laptop" {{
              summary  = "stolen"
              destroys = "data"
            }}
            exempt "x" {{
              control  = "BKS-OBJ-001"
              resource = store.a
              scenario = "{scenario}"
              reason   = "a test"
              owner    = "me"
              expires  = "2030-01-31"
            }}
            "#
        ))
    };
    for known in ["ransomware", "stolen_laptop"] {
        assert_eq!(
            exempt(known).posture().exemptions[0].scenario.as_deref(),
            Some(known)
        );
    }
    let wrong = exempt("ransomwear");
    wrong.says("exempt \"x\" is for \"ransomwear\", which is no scenario.");
    let remedy = |loaded: &crate::fixture::Loaded| loaded.diagnostics.iter().find_map(|d| d.remedy.clone());
    assert_eq!(remedy(&wrong).as_deref(), Some("Did you mean \"ransomware\"?"));
    assert!(
        remedy(&exempt("meteor"))
            .unwrap()
            .contains("backstay prove --scenarios")
    );
}

#[test]
fn json_files_are_the_same_language() {
    let dir = crate::fixture::folder(&[(
        "main.hcl.json",
        r#"{
          "backstay": {"project": "test"},
          "locals": {"n": 2},
          "store": {"a": {"name": "a-${local.n}", "lock": {"retention": "1d"}, "rule": [{"prefix": "x"}, {"prefix": "y"}]}},
          "output": {"o": {"value": "${store.a.rule[*].prefix}"}}
        }"#,
    )]);
    let posture = crate::fixture::run(&crate::fixture::inputs(dir.path())).posture();
    assert_eq!(
        posture.resources[0].body.attributes["name"].value.as_str(),
        Some("a-2")
    );
    assert_eq!(output(&posture, "o"), json!(["x", "y"]));
}

#[test]
fn ten_thousand_blocks_with_references() {
    let mut text = String::from("store \"r0\" {\n  name = \"r0\"\n}\n");
    for i in 1..10_000 {
        text.push_str(&format!(
            "store \"r{i}\" {{\n  name = \"${{store.r{}.name}}\"\n  to = store.r{}\n}}\n",
            i - 1,
            i / 2
        ));
    }
    let posture = load_text(&text).posture();
    assert_eq!(posture.resources.len(), 10_000);
    assert!(
        posture
            .resources
            .iter()
            .all(|r| r.body.attributes["name"].value.as_str() == Some("r0"))
    );
}
