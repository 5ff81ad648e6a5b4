//! Reference pages, generated from what the code declares so that they can't go stale: one for each kind,
//! and the table of diagnostics.

use crate::config::eval::functions;
use crate::diag::code;
use crate::kinds::AnyKind;
use crate::model::schema::{AttributeSchema, BlockSchema, NestedSchema};
use std::fmt::Write;

/// The page of a kind, `docs/reference/<name>.md`.
pub fn kind(kind: &dyn AnyKind) -> String {
    let schema = kind.schema();
    let mut out = format!("# {}\n\n{}\n", kind.name(), kind.doc().trim());
    out.push_str("\n## Arguments\n\n");
    if let Some(label) = schema.labels.first() {
        let _ = writeln!(out, "The block's label ({label}) is its name in the posture.\n");
    }
    out.push_str(
        "Those that [every resource takes](../language.md#resources) (`account`, `region`, `for_each`, `count`, \
         `depends_on`) are not repeated here.\n\n",
    );
    members(&mut out, schema, "");
    nested(&mut out, schema, "");
    let outputs = kind.output_names();
    if !outputs.is_empty() {
        let _ = writeln!(
            out,
            "\n## Attributes\n\nOther blocks can refer to every argument, and to these as `{}.NAME.…`:\n",
            kind.name()
        );
        for output in outputs {
            let _ = writeln!(out, "- **`{}`**: {}", output.name, sentence(output.doc));
        }
    }
    out
}

/// The page of a block that belongs to the language and not to a kind; `guide` says where it is shown at work.
pub fn block(schema: &BlockSchema, guide: &str) -> String {
    let (name, doc) = (schema.name, sentence(schema.doc));
    let mut out = format!("# {name}\n\n{doc}\n\n{guide}\n\n## Arguments\n\n");
    members(&mut out, schema, "");
    nested(&mut out, schema, "");
    out
}

/// The members of blocks that belong to the language and not to a kind, as a part of a page.
pub fn blocks(schemas: &[&BlockSchema]) -> String {
    let mut out = String::new();
    for schema in schemas {
        let labels: String = schema.labels.iter().map(|_| " \"name\"").collect();
        let _ = writeln!(out, "### `{}{labels}`\n\n{}\n", schema.name, sentence(schema.doc));
        members(&mut out, schema, schema.name);
        nested(&mut out, schema, schema.name);
        out.push('\n');
    }
    out
}

/// The page of functions, `docs/reference/functions.md`.
pub fn functions() -> String {
    let mut out = "\
# Functions

They have the names, arguments and results of Terraform 1.11's; what one does is said in
[its documentation](https://developer.hashicorp.com/terraform/language/functions). `core::` may stand before a name.
`base64gunzip`, `cidrcontains` and `urldecode` are OpenTofu's; the assumptions say what is known of a value that
is not known yet. `backstay console` shows what a call gives.
"
    .to_owned();
    for (group, functions) in functions::GROUPS {
        let _ = writeln!(out, "\n## {group}\n");
        for function in *functions {
            let _ = writeln!(out, "- `{}`", function.usage());
        }
    }
    out.push_str("\n## Expressions that may fail\n\n");
    for (_, usage) in functions::LAZY {
        let _ = writeln!(out, "- `{usage}`");
    }
    out.push_str("\n## Left out\n\n");
    for (name, why) in functions::LEFT_OUT {
        let _ = writeln!(out, "- `{name}`: {why}.");
    }
    out
}

/// The page of diagnostics, `docs/errors.md`.
pub fn errors() -> String {
    let mut out = "\
# Errors

Every message of backstay has a code that keeps its meaning for good. Generated from the table in `src/diag/code.rs`.

An error names the place in the posture or the resource in the cloud, says why, and says what to do. All errors of a run are
shown at once. None of them leaves anything half-written but those of an apply, which say what was done and what was not.
"
    .to_owned();
    for code in code::ALL {
        let _ = write!(
            out,
            "\n## {}\n\n**{}**\n\n{}\n",
            code.id(),
            code.summary(),
            code.explanation()
        );
    }
    out
}

/// Arguments, and a line for each nested block.
fn members(out: &mut String, schema: &BlockSchema, path: &str) {
    for attribute in &schema.attributes {
        argument(out, attribute);
    }
    for block in &schema.blocks {
        let name = block.schema.name;
        let anchor = anchor(&join(path, name));
        let _ = writeln!(
            out,
            "- **[`{name}`](#{anchor})** ({}): {}",
            how_often(block),
            sentence(block.schema.doc)
        );
    }
}

fn argument(out: &mut String, attribute: &AttributeSchema) {
    let required = if attribute.required { " (required)" } else { "" };
    let _ = writeln!(
        out,
        "- **`{}`**{required}: {}\n  *Takes {}.*",
        attribute.name,
        sentence(attribute.doc),
        attribute.accepts
    );
}

/// A section for each block inside, and for those inside them.
fn nested(out: &mut String, schema: &BlockSchema, path: &str) {
    for block in &schema.blocks {
        let path = join(path, block.schema.name);
        let labels: String = block.schema.labels.iter().map(|l| format!(" \"{l}\"")).collect();
        let _ = writeln!(out, "\n### `{path}`\n");
        if !labels.is_empty() {
            let _ = writeln!(
                out,
                "Written with a label: `{}{labels} {{ … }}`.\n",
                block.schema.name
            );
        }
        members(out, &block.schema, &path);
        nested(out, &block.schema, &path);
    }
}

fn how_often(block: &NestedSchema) -> &'static str {
    match (block.required, block.repeated) {
        (true, _) => "block, required",
        (false, true) => "block, may stand more than once",
        (false, false) => "block",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// As GitHub makes anchors of headings: dots and backticks go, underscores stay.
fn anchor(heading: &str) -> String {
    heading.chars().filter(|c| *c != '.').collect()
}

/// Doc comments come with the line breaks and the space of the source.
fn sentence(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn every_argument_of_every_kind_is_on_its_page() {
        fn check(page: &str, schema: &BlockSchema) {
            for attribute in &schema.attributes {
                assert!(
                    page.contains(&format!("**`{}`**", attribute.name)),
                    "{}",
                    attribute.name
                );
                assert!(!sentence(attribute.doc).is_empty(), "{}", attribute.name);
                assert!(page.contains(&attribute.accepts));
            }
            for block in &schema.blocks {
                assert!(!sentence(block.schema.doc).is_empty(), "{}", block.schema.name);
                check(page, &block.schema);
            }
        }
        for kind in kinds::ALL {
            check(&super::kind(*kind), kind.schema());
        }
    }

    #[test]
    fn nested_blocks_are_linked_to_their_sections() {
        let page = kind(kinds::find("s3_bucket").unwrap());
        assert!(page.contains("[`statement`](#policystatement)"));
        assert!(page.contains("### `policy.statement`\n"));
        assert!(page.contains("### `policy.statement.condition`\n"));
    }

    #[test]
    fn every_code_has_its_section() {
        let page = errors();
        for code in code::ALL {
            assert!(page.contains(&format!("\n## {}\n\n**{}**", code.id(), code.summary())));
        }
    }
}
