//! The language server, over its standard input and output as an editor speaks to it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "editor/client.rs"]
mod client;

use client::{Editor, place};
use serde_json::{Value as Json, json};

const MAIN: &str = r#"backstay {
  project = "shop"
}

variable "days" {
  type    = duration
  default = "30d"
}

account "main" {
  id     = "111122223333"
  region = "us-east-1"
}

locals {
  name = "shop-uploads"
}

s3_bucket "uploads" {
  name       = local.name
  versioning = true
}

rds_instance "main" {
  identifier = "main"
  pitr {
    retention = var.days
  }
}

module "more" {
  source = "./modules/more"
  bucket = s3_bucket.uploads.name
}

output "where" {
  value = module.more.arn
}
"#;

const MODULE: &str = r#"variable "bucket" {
  type = string
}

s3_bucket "copies" {
  name = "${var.bucket}-copies"
}

output "arn" {
  value = s3_bucket.copies.arn
}
"#;

fn posture() -> Editor {
    Editor::start(
        &[("main.hcl", MAIN), ("modules/more/main.hcl", MODULE)],
        json!({"textDocument": {"completion": {"completionItem": {"snippetSupport": true}}}}),
    )
}

/// Line and column (from 0) right behind the first occurrence of a text.
fn behind(text: &str, needle: &str) -> (u32, u32) {
    let at = text.find(needle).unwrap() + needle.len();
    let before = text.get(..at).unwrap();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
    (u32::try_from(line).unwrap(), u32::try_from(column).unwrap())
}

fn messages(diagnostics: &[Json]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| format!("{} {}", d["code"].as_str().unwrap(), d["range"]["start"]["line"]))
        .collect()
}

#[test]
fn a_session_begins_and_ends_properly() {
    let editor = posture();
    assert_eq!(editor.capabilities["hoverProvider"], true);
    assert_eq!(editor.capabilities["positionEncoding"], "utf-16");
    assert!(editor.quit().success());
}

#[test]
fn what_is_wrong_is_shown_while_typing() {
    let mut editor = posture();
    editor.open("main.hcl");
    assert_eq!(editor.diagnostics("main.hcl", 1), Vec::<Json>::new());

    // A name that nothing has: at once, at its place, with what was meant.
    let (line, column) = behind(MAIN, "local.name");
    editor.change("main.hcl", 2, [line, column, line, column], "s");
    let said = editor.diagnostics("main.hcl", 2);
    assert_eq!(messages(&said), [format!("BKS-E0305 {line}")]);
    assert!(
        said[0]["message"]
            .as_str()
            .unwrap()
            .contains("local value \"names\""),
        "{said:#?}"
    );

    // Broken syntax, as it is while somebody types.
    editor.change("main.hcl", 3, [line, column - 10, line, column + 1], "");
    let said = editor.diagnostics("main.hcl", 3);
    assert!(
        !said.is_empty() && said.iter().all(|d| d["severity"] == 1),
        "{said:#?}"
    );

    // Mended, the file is clean again.
    editor.change(
        "main.hcl",
        4,
        [line, column - 10, line, column - 10],
        "local.name",
    );
    assert_eq!(editor.diagnostics("main.hcl", 4), Vec::<Json>::new());
    assert!(editor.quit().success());
}

#[test]
fn texts_that_are_not_saved_count_across_files() {
    let mut editor = posture();
    editor.open("main.hcl");
    editor.open("modules/more/main.hcl");
    assert_eq!(editor.diagnostics("modules/more/main.hcl", 1), Vec::<Json>::new());
    editor.diagnostics("main.hcl", 1);
    // The variable gets another name in the module only: its use there is wrong.
    editor.change("modules/more/main.hcl", 2, [5, 15, 5, 21], "basket");
    let said = editor.diagnostics("modules/more/main.hcl", 2);
    assert_eq!(messages(&said), ["BKS-E0305 5"]);
    // Now the call is wrong, which is in another file.
    editor.change("modules/more/main.hcl", 3, [0, 10, 0, 16], "basket");
    assert_eq!(editor.diagnostics("modules/more/main.hcl", 3), Vec::<Json>::new());
    let (line, _) = behind(MAIN, "  bucket");
    let said = editor.diagnostics("main.hcl", 1);
    assert!(
        said.iter().any(|d| d["range"]["start"]["line"] == line),
        "{said:#?}"
    );
    assert!(editor.quit().success());
}

#[test]
fn blocks_arguments_words_and_references_are_proposed() {
    let mut editor = posture();
    editor.open("main.hcl");
    let lines = u32::try_from(MAIN.lines().count()).unwrap();

    let top = editor.proposed("main.hcl", lines, 0);
    for wanted in ["s3_bucket", "rds_instance", "variable", "objective", "moved"] {
        assert!(top.iter().any(|l| l == wanted), "{wanted}: {top:?}");
    }

    let (line, column) = behind(MAIN, "versioning = true\n");
    editor.change("main.hcl", 2, [line, column, line, column], "  \n");
    let inside = editor.proposed("main.hcl", line, 2);
    for wanted in ["tags", "object_lock", "for_each", "lifecycle", "dynamic"] {
        assert!(inside.iter().any(|l| l == wanted), "{wanted}: {inside:?}");
    }
    assert!(
        !inside.iter().any(|l| l == "versioning"),
        "it is set already: {inside:?}"
    );

    // In a nested block only its own members.
    editor.change(
        "main.hcl",
        3,
        [line, 0, line, 2],
        "  object_lock {\n    mode = \"\"\n    \n  }",
    );
    let nested = editor.proposed("main.hcl", line + 2, 4);
    assert!(nested.iter().any(|l| l == "retention"), "{nested:?}");
    assert!(
        !nested.iter().any(|l| l == "mode" || l == "for_each"),
        "{nested:?}"
    );
    let words = editor.proposed("main.hcl", line + 1, 12);
    assert_eq!(words, ["governance", "compliance"]);

    // References, from the root on.
    editor.change("main.hcl", 4, [line + 1, 11, line + 1, 13], "var.");
    assert_eq!(editor.proposed("main.hcl", line + 1, 15), ["days"]);
    editor.change("main.hcl", 5, [line + 1, 11, line + 1, 15], "s3_bucket.uploads.");
    let attributes = editor.proposed("main.hcl", line + 1, 29);
    for wanted in ["arn", "name", "versioning"] {
        assert!(attributes.iter().any(|l| l == wanted), "{wanted}: {attributes:?}");
    }
    editor.change("main.hcl", 6, [line + 1, 11, line + 1, 29], "module.more.");
    assert_eq!(editor.proposed("main.hcl", line + 1, 23), ["arn"]);
    editor.change("main.hcl", 7, [line + 1, 11, line + 1, 23], "");
    let all = editor.proposed("main.hcl", line + 1, 11);
    for wanted in [
        "\"compliance\"",
        "var.days",
        "s3_bucket.uploads",
        "cidrsubnet",
        "account.main",
    ] {
        assert!(all.iter().any(|l| l == wanted), "{wanted}: {all:?}");
    }
    assert!(editor.quit().success());
}

/// What is inserted depends on what the editor can do with it.
#[test]
fn a_block_is_inserted_whole() {
    for (snippets, wanted) in [
        (true, "s3_bucket \"${1:name}\" {\n  $0\n}"),
        (false, "s3_bucket \"name\" {\n  \n}"),
    ] {
        let capability =
            json!({"textDocument": {"completion": {"completionItem": {"snippetSupport": snippets}}}});
        let mut editor = Editor::start(&[("main.hcl", "s3_b\n")], capability);
        editor.open("main.hcl");
        let items = editor.at("textDocument/completion", "main.hcl", 0, 4);
        let items = items.as_array().unwrap();
        let item = items.iter().find(|i| i["label"] == "s3_bucket").unwrap();
        assert_eq!(item["textEdit"]["newText"], wanted);
        assert_eq!(
            item["textEdit"]["range"],
            json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 4}})
        );
        assert!(editor.quit().success());
    }
}

#[test]
fn a_hover_explains_with_units_and_shows_values() {
    let mut editor = posture();
    editor.open("main.hcl");
    // Values are there once the posture has been evaluated.
    editor.diagnostics("main.hcl", 1);
    let mut hover = |needle: &str| -> String {
        let (line, column) = behind(MAIN, needle);
        let said = editor.at("textDocument/hover", "main.hcl", line, column);
        said["contents"]["value"].as_str().unwrap_or("").to_owned()
    };
    let retention = hover("retention");
    assert!(
        retention.contains("a duration in whole days, \"1d\" to \"35d\""),
        "{retention}"
    );
    let variable = hover("var.days");
    assert!(
        variable.contains("variable \"days\"") && variable.contains("\"30d\""),
        "{variable}"
    );
    let bucket = hover("s3_bucket");
    assert!(bucket.contains("bucket"), "{bucket}");
    let local = hover("local.name");
    assert!(local.contains("\"shop-uploads\""), "{local}");
    assert_eq!(hover("\"30d"), "", "a literal needs no explanation");
    assert!(editor.quit().success());
}

#[test]
fn declarations_and_uses_are_found() {
    let mut editor = posture();
    editor.open("main.hcl");
    let folder = editor.path("");
    let mut go = |needle: &str| -> String {
        let (line, column) = behind(MAIN, needle);
        let found = editor.at("textDocument/definition", "main.hcl", line, column);
        if found.is_null() {
            String::new()
        } else {
            place(&found, &folder)
        }
    };
    assert_eq!(go("local.na"), "main.hcl:15:2");
    assert_eq!(go("var.da"), "main.hcl:4:10");
    assert_eq!(go("s3_bucket.upl"), "main.hcl:18:11");
    assert_eq!(go("./modules"), "modules/more/main.hcl:0:0");
    assert_eq!(go("module.more.ar"), "modules/more/main.hcl:8:8");
    assert_eq!(go("  bucket"), "modules/more/main.hcl:0:10");
    assert_eq!(go("\"30d"), "");

    let (line, column) = behind(MAIN, "s3_bucket \"upl");
    let uses = editor.at("textDocument/references", "main.hcl", line, column);
    let uses: Vec<String> = uses
        .as_array()
        .unwrap()
        .iter()
        .map(|l| place(l, &folder))
        .collect();
    assert_eq!(uses, ["main.hcl:18:11", "main.hcl:32:21"]);

    let uri = editor.uri("main.hcl");
    let symbols = editor.request(
        "textDocument/documentSymbol",
        json!({"textDocument": {"uri": uri}}),
    );
    let names: Vec<&str> = symbols
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "backstay",
            "variable days",
            "account main",
            "locals",
            "s3_bucket uploads",
            "rds_instance main",
            "module more",
            "output where"
        ]
    );
    assert!(editor.quit().success());
}

#[test]
fn a_file_is_formatted() {
    let text = "locals {\n  a = 1\n  long   =   2\n}\n";
    let mut editor = Editor::start(&[("main.hcl", text)], json!({}));
    editor.open("main.hcl");
    let uri = editor.uri("main.hcl");
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let edits = editor.request(
        "textDocument/formatting",
        json!({"textDocument": {"uri": uri}, "options": options}),
    );
    assert_eq!(edits[0]["newText"], "  a    = 1\n  long = 2\n");
    assert_eq!(edits[0]["range"]["start"]["line"], 1);
    assert!(editor.quit().success());
}

/// An editor counts UTF-16 units unless both agree on bytes.
#[test]
fn columns_are_counted_as_agreed() {
    let text = "backstay {\n  project = \"é𝄞\" + nothing.there\n}\n";
    for (offered, column) in [(json!(["utf-16"]), 20), (json!(["utf-8", "utf-16"]), 23)] {
        let capabilities = json!({"general": {"positionEncodings": offered}});
        let mut editor = Editor::start(&[("main.hcl", text)], capabilities);
        editor.open("main.hcl");
        let said = editor.diagnostics("main.hcl", 1);
        let starts: Vec<&Json> = said.iter().map(|d| &d["range"]["start"]["character"]).collect();
        assert!(starts.iter().any(|c| **c == column), "{said:#?}");
        assert!(editor.quit().success());
    }
}

/// However long the evaluation takes, who types is answered at once: the answer overtakes it.
#[test]
fn requests_do_not_wait_for_the_evaluation() {
    let blocks: String = (0..1500)
        .map(|i| format!("s3_bucket \"b{i}\" {{\n  name = \"${{local.x}}-{i}\"\n}}\n"))
        .collect();
    let text = format!("backstay {{\n  project = \"p\"\n}}\nlocals {{\n  x = \"y\"\n}}\n{blocks}");
    let mut editor = Editor::start(&[("main.hcl", &text)], json!({}));
    editor.open("main.hcl");
    editor.change("main.hcl", 2, [4, 2, 4, 2], "z = 1\n  ");
    let proposed = editor.proposed("main.hcl", 8, 18);
    assert!(proposed.iter().any(|l| l == "z"), "{proposed:?}");
    assert!(!editor.has_diagnostics("main.hcl", 2));
    editor.diagnostics("main.hcl", 2);
    assert!(editor.quit().success());
}

#[test]
fn variables_without_a_value_are_no_fault_of_the_text() {
    let text = "backstay {\n  project = var.name\n}\nvariable \"name\" {\n  type = string\n}\n";
    let mut editor = Editor::start(&[("main.hcl", text)], json!({}));
    editor.open("main.hcl");
    let said = editor.diagnostics("main.hcl", 1);
    assert!(said.iter().all(|d| d["severity"] == 3), "{said:#?}");
    assert!(editor.quit().success());
}

/// A file that belongs to no posture is looked at alone.
#[test]
fn a_file_of_no_posture_is_parsed() {
    let mut editor = Editor::start(
        &[("module/main.hcl", "locals {\n  a = var.x\n  b = \n}\n")],
        json!({}),
    );
    editor.open("module/main.hcl");
    let said = editor.diagnostics("module/main.hcl", 1);
    assert!(said.iter().all(|d| d["range"]["start"]["line"] == 2), "{said:#?}");
    assert!(!said.is_empty());
    editor.change("module/main.hcl", 2, [2, 6, 2, 6], "1");
    assert_eq!(editor.diagnostics("module/main.hcl", 2), Vec::<Json>::new());
    assert!(editor.quit().success());
}

#[test]
fn what_cannot_be_answered_is_said() {
    let mut editor = posture();
    let answer = editor.ask("textDocument/rename", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "{answer:#}");
    let answer = editor.ask("textDocument/hover", json!({"position": 7}));
    assert_eq!(answer["error"]["code"], -32602, "{answer:#}");
    // A document that nobody has opened, and a place that does not exist.
    assert_eq!(editor.at("textDocument/hover", "never.hcl", 0, 0), Json::Null);
    editor.open("main.hcl");
    assert_eq!(
        editor.at("textDocument/hover", "main.hcl", 9999, 9999),
        Json::Null
    );
    editor.notify("textDocument/didChange", json!({"nonsense": true}));
    editor.notify("$/cancelRequest", json!({"id": 1}));
    assert!(editor.quit().success());
}

#[test]
fn an_editor_that_vanishes_ends_the_server() {
    let (status, said) = posture().vanish(b"");
    assert_eq!((status.code(), said.as_str()), (Some(1), ""));
    let (status, said) = posture().vanish(b"Content-Length: 5\r\n\r\n{nope");
    assert_eq!(status.code(), Some(1), "{said}");
}
