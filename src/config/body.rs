//! A block's body against its schema: evaluated, converted, complete.

use super::eval::{Scope, did_you_mean, evaluate};
use super::expand::{Instances, each_of};
use super::sensitive;
use crate::diag::{Code, Diagnostic, Diagnostics, Span, code};
use crate::model::convert::convert;
use crate::model::schema::{Attribute, BlockSchema, EvaluatedBlock, NestedSchema};
use crate::model::types::Type;
use crate::model::value::{Value, View};
use crate::syntax::ast::{Block, Body, Name};
use std::collections::BTreeMap;

/// Evaluates a body. `apart` names arguments and blocks that somebody else deals with.
/// What is wrong is reported and left out.
pub(super) fn evaluate_body(
    body: &Body,
    header: Span,
    labels: &[Name],
    schema: &BlockSchema,
    apart: &[&str],
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> EvaluatedBlock {
    check_labels(labels, header, schema, diagnostics);
    let mut out = EvaluatedBlock {
        labels: labels.iter().map(|l| l.text.clone()).collect(),
        attributes: BTreeMap::new(),
        blocks: BTreeMap::new(),
        span: header,
    };
    let mut named: Vec<&str> = Vec::new();
    for attribute in &body.attributes {
        let name = attribute.name.text.as_str();
        if apart.contains(&name) {
            continue;
        }
        named.push(name);
        let Some(wanted) = schema.attribute(name) else {
            unknown_argument(&attribute.name, schema, apart, diagnostics);
            continue;
        };
        let value = evaluate(&attribute.expr, scope, diagnostics);
        if value.is_null() {
            named.pop();
            continue;
        }
        let (span, name_span) = (attribute.expr.span, attribute.name.span);
        let what = format!("The argument \"{name}\" of the block \"{}\"", schema.name);
        if sensitive::refused(&value, &what, span, diagnostics) {
            continue;
        }
        match fitted(&value, &wanted.ty) {
            Ok(value) => {
                out.attributes.insert(
                    name.to_owned(),
                    Attribute {
                        value,
                        span,
                        name_span,
                    },
                );
            }
            Err(cause) => diagnostics.push(
                Diagnostic::error(
                    code::WRONG_TYPE,
                    format!("The argument \"{name}\" has the wrong type: {cause}."),
                )
                .at(span)
                .remedy(format!("{name} takes {}.", wanted.accepts)),
            ),
        }
    }
    for block in &body.blocks {
        if !apart.contains(&block.kind.text.as_str()) {
            nested(block, schema, apart, scope, &mut out, diagnostics);
        }
    }
    check_complete(body, header, schema, &named, &out, diagnostics);
    out
}

/// Converts to the schema's type. References stand where any type is taken: of those only
/// what is known is kept, and lists of them need not have one type.
fn fitted(value: &Value, ty: &Type) -> Result<Value, String> {
    match ty {
        Type::Any => Ok(known_part(value)),
        Type::List(element) | Type::Set(element) if matches!(**element, Type::Any) => match value
            .as_sequence()
        {
            Some(elements) => {
                Ok(Value::tuple(elements.iter().map(known_part).collect()).marked_if(value.is_sensitive()))
            }
            None if value.is_unknown() => Ok(value.clone()),
            None => Err(format!(
                "a list is required, but this is {}",
                crate::model::convert::with_article(&value.ty())
            )),
        },
        _ => convert(value, ty).map_err(|cause| cause.to_string()),
    }
}

/// A resource's value without the attributes that only an apply decides.
fn known_part(value: &Value) -> Value {
    match value.view() {
        View::Object(entries) if entries.contains_key("address") => {
            let known = entries.iter().filter(|(_, v)| v.is_wholly_known());
            Value::object(known.map(|(k, v)| (k.clone(), v.clone())).collect())
                .marked_if(value.is_sensitive())
        }
        _ => value.clone(),
    }
}

fn check_labels(labels: &[Name], header: Span, schema: &BlockSchema, diagnostics: &mut Diagnostics) {
    if labels.len() == schema.labels.len() {
        return;
    }
    let wanted = match schema.labels {
        [] => "no label".to_owned(),
        [one] => format!("one label ({one})"),
        more => format!("{} labels ({})", more.len(), more.join(", ")),
    };
    let detail = format!(
        "The block \"{}\" takes {wanted}, but has {}.",
        schema.name,
        labels.len()
    );
    diagnostics.push(Diagnostic::error(code::BAD_LABELS, detail).at(header));
}

fn unknown(code: Code, what: &str, name: &Name, schema: &BlockSchema, known: Vec<&str>) -> Diagnostic {
    let detail = format!("The block \"{}\" has no {what} \"{}\".", schema.name, name.text);
    let mut diagnostic = Diagnostic::error(code, detail).at(name.span);
    diagnostic.remedy = did_you_mean(&name.text, known.iter().copied())
        .or_else(|| (!known.is_empty()).then(|| format!("It has: {}.", known.join(", "))));
    diagnostic
}

fn unknown_argument(name: &Name, schema: &BlockSchema, apart: &[&str], diagnostics: &mut Diagnostics) {
    if schema.block(&name.text).is_some() {
        diagnostics.push(
            Diagnostic::error(
                code::UNKNOWN_ATTRIBUTE,
                format!(
                    "In the block \"{}\", \"{}\" is a block, not an argument.",
                    schema.name, name.text
                ),
            )
            .at(name.span)
            .remedy(format!("Write {} {{ … }} without the =.", name.text)),
        );
        return;
    }
    let known = schema
        .attributes
        .iter()
        .map(|a| a.name)
        .chain(apart.iter().copied())
        .collect();
    diagnostics.push(unknown(code::UNKNOWN_ATTRIBUTE, "argument", name, schema, known));
}

fn unknown_block(name: &Name, schema: &BlockSchema, apart: &[&str], diagnostics: &mut Diagnostics) {
    if schema.attribute(&name.text).is_some() {
        let detail = format!(
            "In the block \"{}\", \"{}\" is an argument, not a block.",
            schema.name, name.text
        );
        let diagnostic = Diagnostic::error(code::UNKNOWN_ATTRIBUTE, detail).at(name.span);
        return diagnostics.push(diagnostic.remedy(format!("Write {} = ….", name.text)));
    }
    let blocks = schema.blocks.iter().map(|b| b.schema.name);
    let known = blocks.chain(apart.iter().copied()).collect();
    diagnostics.push(unknown(
        code::UNKNOWN_ATTRIBUTE,
        "nested block",
        name,
        schema,
        known,
    ));
}

/// Refuses what `schema` does not name, here and in nested blocks, without evaluating anything.
/// `open` says that arguments may have any name.
pub(super) fn check_names(body: &Body, schema: &BlockSchema, open: bool, diagnostics: &mut Diagnostics) {
    for attribute in body.attributes.iter().filter(|_| !open) {
        if schema.attribute(&attribute.name.text).is_none() {
            unknown_argument(&attribute.name, schema, &[], diagnostics);
        }
    }
    for block in &body.blocks {
        match schema.block(&block.kind.text) {
            Some(wanted) => check_names(&block.body, &wanted.schema, false, diagnostics),
            None => unknown_block(&block.kind, schema, &[], diagnostics),
        }
    }
}

fn nested(
    block: &Block,
    schema: &BlockSchema,
    apart: &[&str],
    scope: &Scope<'_>,
    out: &mut EvaluatedBlock,
    diagnostics: &mut Diagnostics,
) {
    if block.kind.text == "dynamic" && schema.block("dynamic").is_none() {
        return dynamic(block, schema, scope, out, diagnostics);
    }
    let Some(wanted) = schema.block(&block.kind.text) else {
        return unknown_block(&block.kind, schema, apart, diagnostics);
    };
    let evaluated = evaluate_body(
        &block.body,
        block.header,
        &block.labels,
        &wanted.schema,
        &[],
        scope,
        diagnostics,
    );
    add_block(wanted, evaluated, out, diagnostics);
}

fn add_block(
    wanted: &NestedSchema,
    evaluated: EvaluatedBlock,
    out: &mut EvaluatedBlock,
    diagnostics: &mut Diagnostics,
) {
    let name = wanted.schema.name;
    let before = out.blocks.entry(name.to_owned()).or_default();
    if !wanted.repeated
        && let Some(first) = before.first()
    {
        diagnostics.push(
            Diagnostic::error(
                code::DUPLICATE,
                format!("The block \"{name}\" may stand only once here."),
            )
            .at(evaluated.span)
            .related(first.span, "first one here"),
        );
        return;
    }
    before.push(evaluated);
}

/// `dynamic "name" { for_each = …, iterator = x, labels = […], content { … } }`.
fn dynamic(
    block: &Block,
    schema: &BlockSchema,
    scope: &Scope<'_>,
    out: &mut EvaluatedBlock,
    diagnostics: &mut Diagnostics,
) {
    let mut fail =
        |code: Code, span: Span, detail: String| diagnostics.push(Diagnostic::error(code, detail).at(span));
    let [label] = block.labels.as_slice() else {
        return fail(
            code::BAD_LABELS,
            block.header,
            "A dynamic block takes one label, the type of the blocks it makes.".into(),
        );
    };
    let Some(wanted) = schema.block(&label.text) else {
        let known = schema.blocks.iter().map(|b| b.schema.name).collect();
        diagnostics.push(unknown(
            code::UNKNOWN_ATTRIBUTE,
            "nested block",
            label,
            schema,
            known,
        ));
        return;
    };
    for attribute in &block.body.attributes {
        if !["for_each", "iterator", "labels"].contains(&attribute.name.text.as_str()) {
            fail(
                code::UNKNOWN_ATTRIBUTE,
                attribute.name.span,
                format!("A dynamic block has no argument \"{}\".", attribute.name.text),
            );
        }
    }
    let Some(content) = block.body.blocks_of("content").next() else {
        return fail(
            code::MISSING_ATTRIBUTE,
            block.header,
            "A dynamic block needs a content block.".into(),
        );
    };
    let Some(for_each) = block.body.attribute("for_each") else {
        return fail(
            code::MISSING_ATTRIBUTE,
            block.header,
            "A dynamic block needs for_each.".into(),
        );
    };
    let iterator = match block
        .body
        .attribute("iterator")
        .map(|a| (&a.expr.kind, a.expr.span))
    {
        None => label.text.clone(),
        Some((crate::syntax::ExprKind::Variable(name), _)) => name.clone(),
        Some((_, span)) => return fail(code::EVALUATION, span, "The iterator is a plain name.".into()),
    };
    let collection = evaluate(&for_each.expr, scope, diagnostics);
    let Instances::Known(pairs) = each_of(&collection, for_each.expr.span, false, diagnostics) else {
        return;
    };
    for (key, value) in pairs {
        let each = Value::object(BTreeMap::from([
            ("key".to_owned(), key),
            ("value".to_owned(), value),
        ]));
        scope.with_name(&iterator, each, |scope| {
            let labels = dynamic_labels(block, scope, diagnostics);
            let evaluated = evaluate_body(
                &content.body,
                block.header,
                &labels,
                &wanted.schema,
                &[],
                scope,
                diagnostics,
            );
            add_block(wanted, evaluated, out, diagnostics);
        });
    }
}

fn dynamic_labels(block: &Block, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Vec<Name> {
    let Some(attribute) = block.body.attribute("labels") else {
        return Vec::new();
    };
    let span = attribute.expr.span;
    let value = evaluate(&attribute.expr, scope, diagnostics);
    if sensitive::refused(&value, "The labels of a dynamic block", span, diagnostics) {
        return Vec::new();
    }
    let texts = value.as_sequence().unwrap_or(&[]).iter();
    texts
        .filter_map(|v| {
            v.as_str().map(|text| Name {
                text: text.to_owned(),
                span,
            })
        })
        .collect()
}

fn check_complete(
    body: &Body,
    header: Span,
    schema: &BlockSchema,
    named: &[&str],
    out: &EvaluatedBlock,
    diagnostics: &mut Diagnostics,
) {
    for attribute in schema
        .attributes
        .iter()
        .filter(|a| a.required && !named.contains(&a.name))
    {
        let detail = format!(
            "The block \"{}\" needs the argument \"{}\".",
            schema.name, attribute.name
        );
        diagnostics.push(
            Diagnostic::error(code::MISSING_ATTRIBUTE, detail)
                .at(header)
                .remedy(format!("{} takes {}.", attribute.name, attribute.accepts)),
        );
    }
    for block in schema.blocks.iter().filter(|b| b.required) {
        let name = block.schema.name;
        let written = body.blocks_of(name).next().is_some() || out.blocks.contains_key(name);
        if !written {
            let detail = format!("The block \"{}\" needs a block \"{name}\".", schema.name);
            diagnostics.push(Diagnostic::error(code::MISSING_ATTRIBUTE, detail).at(header));
        }
    }
}
