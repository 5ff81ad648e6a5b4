//! Blocks from JSON, for what the language would hand over.

use crate::diag::{Diagnostics, Severity, Sources, Span};
use crate::kinds::Kind;
use crate::kinds::s3_bucket::{S3Bucket, Spec};
use crate::model::convert::convert;
use crate::model::schema::{Attribute, Block, BlockSchema, EvaluatedBlock};
use crate::model::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

fn span() -> Span {
    Span::new(Sources::new().add("test.hcl", "test"), 0..4)
}

/// A block: nested blocks are arrays of objects, whose labels stand under `@`.
fn evaluated(json: &Json, schema: &BlockSchema) -> EvaluatedBlock {
    let mut block = EvaluatedBlock {
        labels: Vec::new(),
        attributes: BTreeMap::new(),
        blocks: BTreeMap::new(),
        span: span(),
    };
    for (key, value) in json.as_object().unwrap() {
        if key == "@" {
            block.labels.push(value.as_str().unwrap().to_owned());
        } else if let Some(nested) = schema.block(key) {
            let all = value.as_array().unwrap();
            let all = all.iter().map(|b| evaluated(b, &nested.schema)).collect();
            block.blocks.insert(key.clone(), all);
        } else {
            let attribute = schema
                .attribute(key)
                .unwrap_or_else(|| panic!("no argument {key}"));
            let value = convert(&Value::from_json(value), &attribute.ty).unwrap();
            let attribute = Attribute {
                value,
                span: span(),
                name_span: span(),
            };
            block.attributes.insert(key.clone(), attribute);
        }
    }
    block
}

/// The decoded block, and what was said of it.
pub(super) fn decoded(json: &Json) -> (Option<Spec>, Diagnostics) {
    let block = evaluated(json, &Spec::schema("s3_bucket"));
    let mut diagnostics = Diagnostics::new();
    let spec = Spec::decode(&block, &mut diagnostics);
    if let Some(spec) = &spec {
        S3Bucket::validate(spec, &super::place(), &block, &mut diagnostics);
    }
    (spec, diagnostics)
}

/// Severity and code of everything that is said of a block.
pub(super) fn said(json: &Json) -> Vec<(Severity, &'static str, String)> {
    let (_, diagnostics) = decoded(json);
    diagnostics
        .iter()
        .map(|d| (d.severity, d.code.id(), d.detail.clone()))
        .collect()
}
