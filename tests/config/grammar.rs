//! What `config::grammar` says of the language's blocks is what evaluation takes: an argument it
//! names is known, any other is refused.

use super::fixture::{Loaded, load_text};
use backstay::config::grammar;
use backstay::model::schema::BlockSchema;

/// A block with these lines in it, in a posture of its own.
fn refused(schema: &BlockSchema, inside: &str) -> Vec<String> {
    let labels = if schema.labels.is_empty() { "" } else { " \"x\"" };
    let loaded = load_text(&format!("{}{labels} {{\n{inside}\n}}\n", schema.name));
    names_refused(&loaded)
}

fn names_refused(loaded: &Loaded) -> Vec<String> {
    let said = loaded.diagnostics.iter().map(|d| d.detail.clone());
    said.filter(|d| {
        d.contains("has no argument") || d.contains("has no nested block") || d.contains("arguments only")
    })
    .collect()
}

#[test]
fn arguments_that_are_described_are_known() {
    for schema in grammar::unschematic() {
        for argument in &schema.attributes {
            let said = refused(schema, &format!("{} = null", argument.name));
            assert!(said.is_empty(), "{}.{}: {said:?}", schema.name, argument.name);
        }
        for block in &schema.blocks {
            let arguments = block
                .schema
                .attributes
                .iter()
                .map(|a| format!("{} = null\n", a.name));
            let inside = format!("{} {{\n{}}}", block.schema.name, arguments.collect::<String>());
            let said = refused(schema, &inside);
            assert!(said.is_empty(), "{}.{}: {said:?}", schema.name, block.schema.name);
        }
    }
}

#[test]
fn what_is_not_described_is_refused() {
    for schema in grammar::unschematic() {
        // Any name may stand there.
        let is_open = ["locals", "module"].contains(&schema.name);
        if !is_open {
            let said = refused(schema, "zz_none = 1");
            assert_eq!(said.len(), 1, "{}: {said:?}", schema.name);
        }
        let said = refused(schema, "zz_none {\n}");
        assert_eq!(said.len(), 1, "{}: {said:?}", schema.name);
    }
    for (inside, wanted) in [
        ("zz_none = 1", 1),
        ("zz_none {\n}", 1),
        ("prevent_release = true", 0),
    ] {
        let text = format!("store \"x\" {{\n  name = \"n\"\n  lifecycle {{\n{inside}\n}}\n}}\n");
        assert_eq!(names_refused(&load_text(&text)).len(), wanted, "{inside}");
    }
}
