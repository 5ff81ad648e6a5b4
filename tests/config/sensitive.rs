//! What is sensitive stops before it shows.

use crate::fixture::{Loaded, folder, inputs, load_text, run};

const SECRET: &str = "hunter2";

fn with_secret(text: &str) -> Loaded {
    load_text(&format!(
        "variable \"secret\" {{\n  default   = \"{SECRET}\"\n  sensitive = true\n}}\n{text}\n"
    ))
}

/// All that is said, without the text around it.
fn words(loaded: &Loaded) -> String {
    let all = loaded.diagnostics.iter();
    all.map(|d| format!("{} {:?} {:?}\n", d.detail, d.remedy, d.related))
        .collect()
}

#[test]
fn no_argument_takes_what_is_sensitive() {
    let store = |inside: &str| format!("store \"a\" {{\n  name = \"a\"\n{inside}\n}}");
    for (why, text) in [
        ("an argument", "store \"a\" {\n  name = var.secret\n}".to_owned()),
        ("a template", "store \"a\" {\n  name = \"a-${var.secret}\"\n}".to_owned()),
        ("a map's value", store("tags = { team = var.secret }")),
        ("a map's key", store("tags = { (var.secret) = \"x\" }")),
        ("a merged map", store("tags = merge({ a = \"b\" }, { c = var.secret })")),
        ("a policy's text", store("tags = { policy = jsonencode({ a = [var.secret] }) }")),
        ("a condition", store("copies = var.secret == \"x\" ? 1 : 2")),
        ("a digest", store("tags = { sum = sha256(var.secret) }")),
        ("a wrong type", store("copies = var.secret")),
        ("a list", store("peers = [var.secret]")),
        ("a nested block", store("rule {\n  prefix = var.secret\n}")),
        ("a nested block's number", store("rule {\n  prefix = \"a\"\n  after = var.secret\n}")),
        (
            "a dynamic block",
            store("dynamic \"rule\" {\n  for_each = [var.secret]\n  content {\n    prefix = rule.value\n  }\n}"),
        ),
        ("the account", store("account = var.secret")),
        ("the region", store("region = var.secret")),
        ("a local", format!("locals {{\n  x = [var.secret]\n}}\n{}", store("tags = { a = local.x[0] }"))),
        ("a number", "variable \"n\" {\n  default = 3\n  sensitive = true\n}\nstore \"a\" {\n  name = \"a\"\n  copies = var.n\n}".to_owned()),
        ("the severity of a check", "check \"c\" {\n  severity = var.secret\n  assert {\n    condition = true\n    error_message = \"x\"\n  }\n}".to_owned()),
        ("a setting", "account \"a\" {\n  id = var.secret\n}".to_owned()),
    ] {
        let loaded = with_secret(&text);
        loaded.says("BKS-E0207");
        assert!(!words(&loaded).contains(SECRET), "{why}: {}", words(&loaded));
        let errors = loaded.diagnostics.iter().count();
        assert_eq!(errors, 1, "{why}: {}", loaded.said());
        let remedy = loaded.diagnostics.iter().find_map(|d| d.remedy.clone());
        assert!(remedy.unwrap().contains("nonsensitive("), "{why}");
    }
}

#[test]
fn the_place_of_it_is_named() {
    with_secret("store \"a\" {\n  name = \"a\"\n  rule {\n    prefix = var.secret\n  }\n}")
        .says("11: BKS-E0207 The argument \"prefix\" of the block \"rule\" is sensitive.");
}

#[test]
fn how_many_and_which_there_are_would_show() {
    for text in [
        "store \"a\" {\n  for_each = sensitive(toset([\"x\"]))\n  name = each.key\n}",
        "store \"a\" {\n  for_each = toset([var.secret])\n  name = each.key\n}",
        "store \"a\" {\n  for_each = { (var.secret) = 1 }\n  name = \"a\"\n}",
        "store \"a\" {\n  count = var.secret == \"x\" ? 1 : 0\n  name = \"a\"\n}",
        "store \"a\" {\n  name = \"a\"\n  dynamic \"rule\" {\n    for_each = sensitive([\"x\"])\n    content {\n      prefix = rule.value\n    }\n  }\n}",
    ] {
        let loaded = with_secret(text);
        loaded.says("BKS-E0205");
        assert!(!words(&loaded).contains(SECRET), "{}", words(&loaded));
    }
}

#[test]
fn what_is_no_secret_can_be_said_so() {
    let posture = with_secret(
        "store \"a\" {\n  name = nonsensitive(substr(sha256(var.secret), 0, 8))\n  copies = nonsensitive(length(var.secret))\n}",
    )
    .posture();
    assert_eq!(posture.resources.len(), 1);
    // Besides arguments it may stand anywhere.
    with_secret(
        "store \"a\" {\n  name = \"a\"\n  lifecycle {\n    precondition {\n      condition = length(var.secret) > 3\n      error_message = \"Too short.\"\n    }\n  }\n}\n\
         output \"o\" {\n  value = var.secret\n  sensitive = true\n}",
    )
    .posture();
}

/// Messages quote what does not fit, and so do the excerpts beside them.
#[test]
fn what_fails_on_a_secret_does_not_tell_it() {
    for text in [
        "locals {\n  x = tonumber(var.secret)\n}",
        "locals {\n  x = jsondecode(var.secret)\n}",
        "locals {\n  x = timeadd(var.secret, \"1h\")\n}",
        "locals {\n  x = file(var.secret)\n}",
        "locals {\n  x = regex(\"(\", var.secret)\n}",
        "locals {\n  x = regex(var.secret, \"b\")\n}",
        "locals {\n  x = parseint(var.secret, 10)\n}",
        "locals {\n  x = cidrhost(var.secret, 1)\n}",
        "locals {\n  x = formatdate(var.secret, \"2020\")\n}",
        "locals {\n  x = var.secret + 1\n}",
        "locals {\n  x = { a = 1 }[var.secret]\n}",
        "locals {\n  x = { (var.secret) = 1 }.a\n}",
        "locals {\n  x = lookup({ a = 1 }, var.secret)\n}",
        "locals {\n  x = index([\"a\"], var.secret)\n}",
        "locals {\n  x = zipmap([var.secret], [])\n}",
        "locals {\n  x = one([var.secret, var.secret])\n}",
        "locals {\n  x = yamldecode(\"[${var.secret}\")\n}",
        "locals {\n  x = base64decode(var.secret)\n}",
        "check \"c\" {\n  assert {\n    condition = var.secret == \"x\"\n    error_message = \"It is ${var.secret}.\"\n  }\n}",
    ] {
        let loaded = with_secret(text);
        assert!(!loaded.diagnostics.is_empty(), "{text}");
        assert!(!words(&loaded).contains(SECRET), "{text}: {}", words(&loaded));
    }
}

#[test]
fn a_value_that_is_given_wrongly_is_not_shown() {
    let declared = "variable \"x\" {\n  type = map(number)\n  sensitive = true\n}\n";
    for (origin, value) in [
        ("-var", "{ a = \"hunter2\" }"),
        ("-var", "{ a = hunter2( }"),
        ("-var", "{ a = hunter2() }"),
        ("file", "{ a = \"hunter2\" }"),
    ] {
        let mut files = vec![("main.hcl", format!("{}{declared}", crate::fixture::HEAD))];
        if origin == "file" {
            files.push(("x.auto.bsvars", format!("x = {value}\n")));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let dir = folder(&files);
        let mut inputs = inputs(dir.path());
        if origin == "-var" {
            inputs.vars.push(("x".to_owned(), value.to_owned()));
        }
        let loaded = run(&inputs);
        assert!(loaded.diagnostics.has_errors(), "{origin} {value}");
        let shown: Vec<_> = loaded
            .diagnostics
            .iter()
            .map(|d| (words(&loaded), d.span.map(|s| loaded.sources.location(s).file)))
            .collect();
        assert!(
            !format!("{shown:?}").contains(SECRET),
            "{origin} {value}: {shown:?}"
        );
        let elsewhere = |file: &Option<String>| file.as_ref().is_some_and(|f| !f.ends_with("main.hcl"));
        assert!(
            !shown.iter().any(|(_, file)| elsewhere(file)),
            "{origin} {value}: {shown:?}"
        );
    }
}
