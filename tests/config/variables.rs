//! Variables: where values come from, types, validation, sensitivity.

use crate::fixture::{HEAD, folder, inputs, load_text, output, run};
use serde_json::json;

const DECLARED: &str = r#"
variable "a" {
  default = "default"
}
variable "n" {
  type    = list(number)
  default = []
}
output "a" {
  value = var.a
}
output "n" {
  value = var.n
}
"#;

#[test]
fn stronger_sources_win() {
    let dir = folder(&[("main.hcl", &format!("{HEAD}{DECLARED}"))]);
    let mut given = inputs(dir.path());
    assert_eq!(output(&run(&given).posture(), "a"), json!("default"));
    given.env.insert("BACKSTAY_VAR_a".into(), "env".into());
    given.env.insert("BACKSTAY_VAR_n".into(), "[1, \"2\"]".into());
    given.env.insert("BACKSTAY_VAR_other".into(), "ignored".into());
    let posture = run(&given).posture();
    assert_eq!(output(&posture, "a"), json!("env"));
    assert_eq!(output(&posture, "n"), json!([1, 2]));
    std::fs::write(dir.path().join("b.auto.bsvars"), "a = \"auto b\"").unwrap();
    std::fs::write(dir.path().join("a.auto.bsvars"), "a = \"auto a\"").unwrap();
    assert_eq!(output(&run(&given).posture(), "a"), json!("auto b"));
    let file = dir.path().join("x.bsvars.json");
    std::fs::write(&file, r#"{"a": "file ${x}"}"#).unwrap();
    given.var_files.push(file);
    assert_eq!(output(&run(&given).posture(), "a"), json!("file ${x}"));
    given.vars = vec![("a".into(), "first".into()), ("a".into(), "last".into())];
    assert_eq!(output(&run(&given).posture(), "a"), json!("last"));
    given.vars = vec![("b".into(), "x".into())];
    run(&given).says("BKS-E0309 -var gives a value for \"b\"");
}

#[test]
fn types_defaults_and_nulls() {
    let posture = load_text(
        r#"
        variable "o" {
          type = object({
            name = string
            days = optional(number, 7)
            tags = optional(map(string))
          })
          default = { name = 1 }
        }
        variable "strict" {
          nullable = false
          default  = "d"
        }
        output "o" {
          value = var.o
        }
        "#,
    )
    .posture();
    assert_eq!(
        output(&posture, "o"),
        json!({"name": "1", "days": 7, "tags": null})
    );
    load_text("variable \"x\" {\n  type = number\n  default = \"y\"\n}\n")
        .says("6: BKS-E0202 The value of the variable \"x\" is not number: a number is required.");
    load_text("variable \"x\" {\n}\n").says("BKS-E0308 The variable \"x\" has no value.");
    load_text("variable \"x\" {\n  type = strin\n}\n").says("There is no type \"strin\".");
}

#[test]
fn validation_shows_the_value_unless_it_is_secret() {
    let text = |sensitive: &str| {
        format!(
            "variable \"x\" {{\n  default = 5\n  {sensitive}\n  validation {{\n    condition = var.x > 7\n    error_message = \"Too small.\"\n  }}\n}}\n"
        )
    };
    let loaded = load_text(&text(""));
    loaded.says("8: BKS-E0206 The value of the variable \"x\" is not valid: Too small.");
    let remedy = |loaded: &crate::fixture::Loaded| loaded.diagnostics.iter().find_map(|d| d.remedy.clone());
    assert_eq!(remedy(&loaded).as_deref(), Some("Here var.x is 5."));
    assert_eq!(remedy(&load_text(&text("sensitive = true"))), None);
}

#[test]
fn sensitive_outputs_must_say_so() {
    let text = "variable \"x\" {\n  default = \"s\"\n  sensitive = true\n}\noutput \"o\" {\n  value = \"a-${var.x}\"\n}\n";
    load_text(text).says("BKS-E0402 The output \"o\" shows a sensitive value.");
    let posture = load_text(&text.replace("value =", "sensitive = true\n  value =")).posture();
    assert!(posture.outputs["o"].value.is_sensitive());
}

#[test]
fn durations_and_sizes_are_types() {
    const TYPED: &str = r#"
variable "reach" {
  type    = duration
  default = "30d"
}
variable "limits" {
  type = object({
    size  = optional(size, "20GiB")
    waits = list(duration)
  })
  default = { waits = ["15m", "1d12h"] }
}
output "reach" {
  value = var.reach
}
output "limits" {
  value = var.limits
}
"#;
    let dir = folder(&[("main.hcl", &format!("{HEAD}{TYPED}"))]);
    let mut given = inputs(dir.path());
    let posture = run(&given).posture();
    // The text as it was written, so that it can stand wherever an argument takes one.
    assert_eq!(output(&posture, "reach"), json!("30d"));
    assert_eq!(
        output(&posture, "limits"),
        json!({"size": "20GiB", "waits": ["15m", "1d12h"]})
    );
    given.vars = vec![("reach".into(), "soon".into())];
    run(&given).says("The value of the variable \"reach\" is not a duration: \"soon\" is not a duration");
    given.vars = vec![("limits".into(), "{ waits = [\"1d\", \"x\"] }".into())];
    run(&given).says("\"x\" is not a duration");
    given.vars = vec![("limits".into(), "{ waits = [], size = \"20\" }".into())];
    run(&given).says("\"20\" is not a size");
}
