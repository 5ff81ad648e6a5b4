//! The JSON Schema of the language: of a posture in JSON syntax, `*.hcl.json`.
//!
//! Made from the same schemas as the reference pages. It is as strict as reading is about names and about what is
//! required; a value may be an expression in a template wherever one is taken, so that it is never stricter.

use crate::config::{self, grammar};
use crate::kinds;
use crate::model::schema::{AttributeSchema, BlockSchema, NestedSchema};
use crate::model::types::Type;
use serde_json::{Map, Value as Json, json};

/// The schema.
pub fn schema() -> Json {
    let mut top = Map::new();
    top.insert("//".to_owned(), json!({"description": "A comment."}));
    let mut definitions = Map::new();
    definitions.insert(
        "expression".to_owned(),
        json!({
            "description": "A text with a template, such as \"${var.days}\".",
            "type": "string",
            "pattern": "[$%]\\{",
        }),
    );
    for kind in kinds::ALL {
        let name = kind.name();
        definitions.insert(
            name.to_owned(),
            resource(kind.schema(), first_sentence(kind.doc())),
        );
        top.insert(name.to_owned(), labelled(kind.schema().labels.len(), name));
    }
    for block in config::schemas().into_iter().chain(grammar::unschematic()) {
        definitions.insert(block.name.to_owned(), body(block, is_open(block.name)));
        top.insert(block.name.to_owned(), labelled(block.labels.len(), block.name));
    }
    definitions.insert("lifecycle".to_owned(), body(&grammar::lifecycle().schema, false));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A backstay posture in JSON syntax (*.hcl.json)",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// Whether a block takes arguments of any name.
fn is_open(block: &str) -> bool {
    ["locals", "module"].contains(&block)
}

/// A block with that many labels, which are the keys of objects, or an array of such.
fn labelled(labels: usize, definition: &str) -> Json {
    let mut one = json!({"$ref": format!("#/$defs/{definition}")});
    for _ in 0..labels {
        one = json!({"type": "object", "additionalProperties": one_or_more(one)});
    }
    one_or_more(one)
}

fn one_or_more(one: Json) -> Json {
    json!({"anyOf": [one, {"type": "array", "items": one}]})
}

fn body(schema: &BlockSchema, open: bool) -> Json {
    object(schema, schema.doc, &[], Vec::new(), open)
}

fn resource(schema: &BlockSchema, doc: String) -> Json {
    let mut extra = vec![(
        "lifecycle".to_owned(),
        one_or_more(json!({"$ref": "#/$defs/lifecycle"})),
    )];
    extra.extend(dynamic(schema).map(|made| ("dynamic".to_owned(), made)));
    object(schema, &doc, grammar::common(), extra, false)
}

/// `dynamic` for each nested block; an array may make blocks of one type twice.
fn dynamic(schema: &BlockSchema) -> Option<Json> {
    if schema.blocks.is_empty() {
        return None;
    }
    let made = schema.blocks.iter().map(|nested| {
        let own = grammar::dynamic();
        let content = one_or_more(nested_body(nested));
        let one = object(own, own.doc, &[], vec![("content".to_owned(), content)], false);
        (nested.schema.name.to_owned(), one_or_more(one))
    });
    let made: Map<String, Json> = made.collect();
    Some(one_or_more(
        json!({"type": "object", "properties": made, "additionalProperties": false}),
    ))
}

fn nested_body(nested: &NestedSchema) -> Json {
    let extra = dynamic(&nested.schema).map(|made| ("dynamic".to_owned(), made));
    object(
        &nested.schema,
        nested.schema.doc,
        &[],
        extra.into_iter().collect(),
        false,
    )
}

fn object(
    schema: &BlockSchema,
    doc: &str,
    common: &[AttributeSchema],
    extra: Vec<(String, Json)>,
    open: bool,
) -> Json {
    let mut properties = Map::new();
    properties.insert("//".to_owned(), json!({"description": "A comment."}));
    for attribute in schema.attributes.iter().chain(common) {
        properties.insert(attribute.name.to_owned(), argument(attribute));
    }
    // A required block may be made by `dynamic`, so that only arguments are asked for.
    let required: Vec<&str> = schema
        .attributes
        .iter()
        .filter(|a| a.required)
        .map(|a| a.name)
        .collect();
    for nested in &schema.blocks {
        let mut one = nested_body(nested);
        for _ in nested.schema.labels {
            one = json!({"type": "object", "additionalProperties": one_or_more(one)});
        }
        properties.insert(nested.schema.name.to_owned(), one_or_more(one));
    }
    properties.extend(extra);
    json!({
        "description": words(doc),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": open,
    })
}

fn argument(attribute: &AttributeSchema) -> Json {
    let mut out = match attribute.words {
        [] => value(&attribute.ty),
        known if matches!(attribute.ty, Type::String) => either(json!({"enum": known})),
        known => either(json!({"type": "array", "items": either(json!({"enum": known}))})),
    };
    if let Some(out) = out.as_object_mut() {
        let text = format!("{} Takes {}.", words(attribute.doc), attribute.accepts);
        out.insert("description".to_owned(), text.into());
    }
    out
}

/// A value, or a template that gives one, or null.
fn either(plain: Json) -> Json {
    json!({"anyOf": [plain, {"$ref": "#/$defs/expression"}, {"type": "null"}]})
}

/// What is converted to the type.
fn value(ty: &Type) -> Json {
    match ty {
        // A text is a template in any case.
        Type::String => json!({"type": ["string", "number", "boolean", "null"]}),
        Type::Number => either(json!({"anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": "^-?[0-9]"},
        ]})),
        Type::Bool => either(json!({"enum": [true, false, "true", "false"]})),
        Type::List(element) | Type::Set(element) => either(json!({"type": "array", "items": value(element)})),
        Type::Map(element) => either(json!({"type": "object", "additionalProperties": value(element)})),
        _ => json!({}),
    }
}

fn words(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_sentence(doc: &str) -> String {
    let paragraph = doc.trim().split("\n\n").next().unwrap_or("");
    words(paragraph)
}
