//! Calls of local modules.

use crate::fixture::{HEAD, folder, inputs, output, run};
use serde_json::json;

const CHILD: &str = r#"
variable "name" {
  type = string
}
variable "to" {
  default = null
}
store "inner" {
  name = "${var.name}-${trimspace(file("${path.module}/suffix.txt"))}"
  to   = var.to
}
output "store" {
  value = store.inner
}
"#;

#[test]
fn modules_have_instances_inputs_and_outputs() {
    let main = format!(
        r#"{HEAD}
        module "pair" {{
          source   = "./modules/child"
          for_each = {{ a = 1, b = 2 }}
          name     = "m${{each.value}}"
          to       = store.target
        }}
        store "target" {{
          name = "t"
        }}
        store "after" {{
          name = module.pair["a"].store.name
        }}
        output "names" {{
          value = [for m in module.pair : m.store.name]
        }}
        "#
    );
    let dir = folder(&[
        ("main.hcl", &main),
        ("modules/child/main.hcl", CHILD),
        ("modules/child/suffix.txt", "x\n"),
    ]);
    let posture = run(&inputs(dir.path())).posture();
    assert_eq!(output(&posture, "names"), json!(["m1-x", "m2-x"]));
    let of = |address: &str| {
        let found = posture
            .resources
            .iter()
            .find(|r| r.address.to_string() == address);
        let found = found.unwrap_or_else(|| panic!("{address}"));
        found
            .references
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("module.pair[\"a\"].store.inner"), ["store.target"]);
    let after = of("store.after");
    assert!(
        after.contains(&"module.pair[\"a\"].store.inner".to_owned()),
        "{after:?}"
    );
}

#[test]
fn what_is_wrong_with_a_call() {
    let check = |call: &str, text: &str| {
        let main = format!("{HEAD}module \"m\" {{\n{call}\n}}\n");
        let dir = folder(&[
            ("main.hcl", &main),
            ("child/main.hcl", CHILD),
            ("child/suffix.txt", ""),
        ]);
        run(&inputs(dir.path())).says(text);
    };
    check(
        "source = \"./child\"",
        "BKS-E0308 The module \"m\" needs a value for its variable \"name\".",
    );
    check(
        "source = \"./child\"\nname = \"x\"\nnmae = 1",
        "The module \"m\" has no variable \"nmae\".",
    );
    check("source = \"./nowhere\"", "There is no folder");
    check("source = \"git::https://example.com/x\"", "is not a local path");
    check("source = \"./${1}\"", "must be plain text");
    check("name = \"x\"", "needs the argument \"source\"");
    check("source = \"./\"", "which it is itself part of");
}

#[test]
fn modules_that_call_each_other_end() {
    let dir = folder(&[
        (
            "main.hcl",
            &format!("{HEAD}module \"a\" {{\n  source = \"./a\"\n}}\n"),
        ),
        ("a/main.hcl", "module \"b\" {\n  source = \"../b\"\n}\n"),
        ("b/main.hcl", "module \"a\" {\n  source = \"../a\"\n}\n"),
    ]);
    run(&inputs(dir.path())).says("BKS-E0306 The module \"a\" calls");
}
