//! Resource blocks: their instances, arguments, account and region.

use super::body::{check_names, evaluate_body};
use super::conditions;
use super::eval::{Scope, evaluate};
use super::expand::{Repetition, keys, repetition};
use super::grammar;
use super::load::Loader;
use super::module::{Run, not_too_deep};
use super::posture::{Lifecycle, ResourceBlock};
use super::references::{self, Reference};
use super::sensitive;
use crate::diag::{Diagnostic, Diagnostics, Severity, code};
use crate::model::convert::convert;
use crate::model::schema::{BlockSchema, EvaluatedBlock};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{Address, Key, Place, Region};
use crate::syntax::ast::{Block, Expr, ExprKind, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Arguments and blocks that every resource has.
const COMMON: &[&str] = &[
    "account",
    "region",
    "for_each",
    "count",
    "depends_on",
    "lifecycle",
];

pub(super) fn evaluate_resource(
    run: &mut Run<'_>,
    block: &Block,
    found: &[Reference],
    loader: &mut Loader<'_>,
) {
    let registry = loader.registry;
    let Some(schema) = registry.schema(&block.kind.text) else {
        return;
    };
    let label = block.labels.first().map_or("", |l| l.text.as_str());
    let repetition = run.scoped(loader, |scope, said| repetition(&block.body, scope, said));
    let mut depends: BTreeSet<Address> = run.origins_of(found);
    depends.extend(run.instance.inherited.iter().cloned());
    check_depends_on(run, block, loader);
    let mut values: Vec<(Option<Key>, Value)> = Vec::new();
    let mut addresses = Vec::new();
    for (key, each) in keys(&repetition) {
        let address = Address {
            modules: run.instance.path.clone(),
            key: key.clone(),
            ..Address::new(&block.kind.text, label)
        };
        let (resource, value) = instance(run, block, schema, &address, (key.as_ref(), each), loader);
        if let Some(mut resource) = resource {
            resource.references = depends.iter().filter(|a| **a != address).cloned().collect();
            loader.resources.push(resource);
        }
        addresses.push(address);
        values.push((key, value));
    }
    let value = match &repetition {
        Repetition::Bad => Value::unknown(Type::Any),
        Repetition::Single => values.into_iter().next().map_or_else(Value::null, |(_, v)| v),
        Repetition::Count(_) => Value::tuple(values.into_iter().map(|(_, v)| v).collect()),
        Repetition::Each(_) => Value::object(
            values
                .into_iter()
                .filter_map(|(key, v)| match key {
                    Some(Key::Name(name)) => Some((name, v)),
                    _ => None,
                })
                .collect(),
        ),
    };
    run.outcome.resources.extend(addresses.iter().cloned());
    run.came_from(&block.kind.text, label, addresses.iter().cloned().collect());
    run.instances
        .insert((block.kind.text.clone(), label.to_owned()), addresses);
    run.values
        .resources
        .entry(block.kind.text.clone())
        .or_default()
        .insert(label.to_owned(), value);
}

/// Binds `each` or `count` for an instance.
pub(super) fn with_instance<T>(
    scope: &Scope<'_>,
    key: Option<&Key>,
    each: Option<Value>,
    work: impl FnOnce(&Scope<'_>) -> T,
) -> T {
    match (key, each) {
        (Some(Key::Name(name)), Some(value)) => {
            let entries = [
                ("key".to_owned(), Value::string(name)),
                ("value".to_owned(), value),
            ];
            scope.with_name("each", Value::object(entries.into()), work)
        }
        (Some(Key::Index(_)), Some(index)) => {
            scope.with_name("count", Value::object([("index".to_owned(), index)].into()), work)
        }
        _ => work(scope),
    }
}

fn instance(
    run: &Run<'_>,
    block: &Block,
    schema: &BlockSchema,
    address: &Address,
    (key, each): (Option<&Key>, Option<Value>),
    loader: &mut Loader<'_>,
) -> (Option<ResourceBlock>, Value) {
    let before = loader.diagnostics.iter().count();
    let accounts: Vec<String> = loader.accounts.iter().map(|(a, _)| a.label.clone()).collect();
    let (body, account, region, lifecycle) = run.scoped(loader, |scope, said| {
        with_instance(scope, key, each.clone(), |scope| {
            let body = evaluate_body(
                &block.body,
                block.header,
                &block.labels,
                schema,
                COMMON,
                scope,
                said,
            );
            let account = account_of(block, &accounts, scope, said);
            let region = region_of(block, scope, said);
            (body, account, region, lifecycle_of(block, said))
        })
    });
    let account = match account {
        Some(label) => label,
        None => loader.default_account(block.header),
    };
    let declared = loader
        .accounts
        .iter()
        .map(|(a, _)| a)
        .find(|a| a.label == account);
    let region = region.or_else(|| declared.and_then(|a| a.region.clone()));
    let failed = loader
        .diagnostics
        .iter()
        .skip(before)
        .any(|d| d.severity == Severity::Error);
    if failed {
        // Nothing that refers to it is wrong for that reason.
        return (None, Value::unknown(Type::Any));
    }
    let value = value_of(schema, &body, address, &account, region.as_ref(), loader);
    let value = not_too_deep(value, block.header, &mut loader.diagnostics);
    run.scoped(loader, |scope, said| {
        with_instance(scope, key, each, |scope| {
            rules(block, &value, address, scope, said)
        });
    });
    let resource = ResourceBlock {
        address: address.clone(),
        kind: block.kind.text.clone(),
        body,
        references: Vec::new(),
        account,
        region,
        lifecycle,
        span: block.header,
    };
    (Some(resource), value)
}

fn rules(block: &Block, value: &Value, address: &Address, scope: &Scope<'_>, said: &mut Diagnostics) {
    for lifecycle in block.body.blocks_of("lifecycle") {
        for rule in lifecycle.body.blocks_of("precondition") {
            let what = format!("A precondition of {address} is not met");
            conditions::check(rule, &what, Severity::Error, scope, said);
        }
        for rule in lifecycle.body.blocks_of("postcondition") {
            let what = format!("A postcondition of {address} is not met");
            scope.with_name("self", value.clone(), |scope| {
                conditions::check(rule, &what, Severity::Error, scope, said);
            });
        }
    }
}

/// `account = account.vault`, or the label as text.
fn account_of(block: &Block, known: &[String], scope: &Scope<'_>, said: &mut Diagnostics) -> Option<String> {
    let attribute = block.body.attribute("account")?;
    let value = evaluate(&attribute.expr, scope, said);
    if value.is_null() || value.is_unknown() {
        return None;
    }
    if sensitive::refused(&value, "The argument \"account\"", attribute.expr.span, said) {
        return None;
    }
    let label = value
        .get("name")
        .and_then(Value::as_str)
        .or_else(|| value.as_str());
    match label {
        Some(label) if known.iter().any(|k| k == label) => Some(label.to_owned()),
        _ => {
            let shown = label.map_or_else(|| "This".to_owned(), |l| format!("\"{l}\""));
            let mut diagnostic = Diagnostic::error(
                code::UNKNOWN_REFERENCE,
                format!("{shown} is not one of the declared accounts."),
            )
            .at(attribute.expr.span);
            diagnostic.remedy =
                Some("Write account = account.NAME, with the label of an account block.".into());
            said.push(diagnostic);
            None
        }
    }
}

fn region_of(block: &Block, scope: &Scope<'_>, said: &mut Diagnostics) -> Option<Region> {
    let attribute = block.body.attribute("region")?;
    let value = evaluate(&attribute.expr, scope, said);
    if value.is_null() || value.is_unknown() {
        return None;
    }
    if sensitive::refused(&value, "The argument \"region\"", attribute.expr.span, said) {
        return None;
    }
    let text = convert(&value, &Type::String).ok();
    match text.as_ref().and_then(Value::as_str).map(str::parse::<Region>) {
        Some(Ok(region)) => Some(region),
        Some(Err(bad)) => {
            said.push(Diagnostic::error(code::INVALID_VALUE, format!("{bad}.")).at(attribute.expr.span));
            None
        }
        None => {
            said.push(Diagnostic::error(code::WRONG_TYPE, "A region is text.").at(attribute.expr.span));
            None
        }
    }
}

fn lifecycle_of(block: &Block, said: &mut Diagnostics) -> Lifecycle {
    let mut out = Lifecycle::default();
    for lifecycle in block.body.blocks_of("lifecycle") {
        check_names(&lifecycle.body, &grammar::lifecycle().schema, false, said);
        for attribute in &lifecycle.body.attributes {
            let expr = &attribute.expr;
            match (attribute.name.text.as_str(), &expr.kind) {
                ("prevent_release", ExprKind::Literal(value)) if value.as_bool().is_some() => {
                    out.prevent_release = value.as_bool() == Some(true);
                }
                ("ignore_changes", ExprKind::Variable(all)) if all == "all" => {
                    out.ignore_changes = vec!["all".to_owned()];
                }
                ("ignore_changes", ExprKind::Tuple(elements)) => {
                    out.ignore_changes = elements.iter().filter_map(|e| argument_path(e, said)).collect();
                }
                ("prevent_release" | "ignore_changes", _) => {
                    let detail = "prevent_release is true or false, ignore_changes a list of argument names or all; neither can be computed.";
                    said.push(Diagnostic::error(code::WRONG_TYPE, detail).at(expr.span));
                }
                // Refused above.
                _ => {}
            }
        }
    }
    out
}

/// `tags` or `object_lock.retention`, as text.
fn argument_path(expr: &Expr, said: &mut Diagnostics) -> Option<String> {
    let path = match &expr.kind {
        ExprKind::Variable(name) => Some(name.clone()),
        ExprKind::Literal(value) => value.as_str().map(str::to_owned),
        ExprKind::Traversal(base, steps) => match &base.kind {
            ExprKind::Variable(name) => steps.iter().try_fold(name.clone(), |path, step| match step {
                Step::Attribute(next) => Some(format!("{path}.{}", next.text)),
                _ => None,
            }),
            _ => None,
        },
        _ => None,
    };
    if path.is_none() {
        said.push(Diagnostic::error(code::WRONG_TYPE, "This is not the name of an argument.").at(expr.span));
    }
    path
}

/// `depends_on` holds references and nothing else; they became edges already.
fn check_depends_on(run: &Run<'_>, block: &Block, loader: &mut Loader<'_>) {
    let Some(attribute) = block.body.attribute("depends_on") else {
        return;
    };
    let ExprKind::Tuple(elements) = &attribute.expr.kind else {
        let detail = "depends_on is a list of references: [s3_bucket.a, module.b].";
        loader
            .diagnostics
            .push(Diagnostic::error(code::WRONG_TYPE, detail).at(attribute.expr.span));
        return;
    };
    for element in elements {
        let mut found = Vec::new();
        references::of_expr(element, &mut found);
        if found.is_empty() {
            let detail = "depends_on holds references, such as s3_bucket.a.";
            loader
                .diagnostics
                .push(Diagnostic::error(code::WRONG_TYPE, detail).at(element.span));
        } else {
            // Says so when there is no such thing.
            run.scoped(loader, |scope, said| evaluate(element, scope, said));
        }
    }
}

/// What references to the instance give: arguments, outputs and where it lives.
fn value_of(
    schema: &BlockSchema,
    body: &EvaluatedBlock,
    address: &Address,
    account: &str,
    region: Option<&Region>,
    loader: &Loader<'_>,
) -> Value {
    let mut entries = arguments(schema, body);
    let declared = loader
        .accounts
        .iter()
        .map(|(a, _)| a)
        .find(|a| a.label == account);
    let id = declared
        .and_then(|a| a.id.clone())
        .or_else(|| loader.inputs.account_ids.get(account).cloned());
    let project = loader.settings.as_ref().map_or("", |s| s.project.as_str());
    // An output that is the same for any account and region does not depend on either, and
    // is known although they are not.
    let outputs_for = |filler_id: &str, filler_region: &str| -> Option<BTreeMap<String, Value>> {
        let place = Place {
            account: account.to_owned(),
            account_id: id.clone().or_else(|| filler_id.parse().ok())?,
            region: region.cloned().or_else(|| filler_region.parse().ok())?,
            project: project.to_owned(),
        };
        Some(loader.registry.outputs(&address.kind, body, &place))
    };
    let first = outputs_for("000000000000", "aa-aaaa-1").unwrap_or_default();
    let settled = id.is_some() && region.is_some();
    let second = if settled {
        first.clone()
    } else {
        outputs_for("999999999999", "zz-zzzz-9").unwrap_or_default()
    };
    for name in loader.registry.output_names(&address.kind) {
        let value = first.get(name).filter(|v| second.get(name) == Some(v)).cloned();
        entries.insert(
            name.to_owned(),
            value.unwrap_or_else(|| Value::unknown(Type::String)),
        );
    }
    let text = |known: Option<&str>| known.map_or_else(|| Value::unknown(Type::String), Value::string);
    entries.insert("address".to_owned(), Value::string(address.to_string()));
    entries.insert("account".to_owned(), Value::string(account));
    entries.insert(
        "account_id".to_owned(),
        text(id.as_ref().map(crate::model::AccountId::as_str)),
    );
    entries
        .entry("region".to_owned())
        .or_insert_with(|| text(region.map(Region::as_str)));
    Value::object(entries)
}

/// Arguments and nested blocks as a value; what is not set is null or empty.
fn arguments(schema: &BlockSchema, body: &EvaluatedBlock) -> BTreeMap<String, Value> {
    let mut entries = BTreeMap::new();
    for attribute in &schema.attributes {
        let value = body.attributes.get(attribute.name);
        let value = value.map_or_else(|| Value::null_of(attribute.ty.clone()), |a| a.value.clone());
        entries.insert(attribute.name.to_owned(), value);
    }
    for nested in &schema.blocks {
        let name = nested.schema.name;
        let blocks = body.blocks.get(name).map_or(&[][..], Vec::as_slice);
        let mut values = blocks.iter().map(|b| Value::object(arguments(&nested.schema, b)));
        let value = if nested.repeated {
            Value::tuple(values.collect())
        } else {
            values.next().unwrap_or_else(Value::null)
        };
        entries.insert(name.to_owned(), value);
    }
    entries
}
