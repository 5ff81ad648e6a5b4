//! `module` blocks: the folder they call, its variables and its outputs.

use super::declarations::Declarations;
use super::eval::{did_you_mean, evaluate};
use super::expand::{Repetition, keys, repetition};
use super::load::Loader;
use super::module::{Instance, Origins, Run, evaluate_module};
use super::references;
use super::resources::with_instance;
use super::variables::Given;
use crate::diag::{Diagnostic, code};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{Address, Key, ModuleStep};
use crate::syntax::ast::{Block, ExprKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// How many modules may be inside one another.
const MAX_DEPTH: usize = 32;

/// Arguments that are not variables of the module.
const RESERVED: &[&str] = &[
    "source",
    "version",
    "for_each",
    "count",
    "depends_on",
    "providers",
];

pub(super) fn evaluate_call(run: &mut Run<'_>, block: &Block, loader: &mut Loader<'_>) {
    let label = block.labels.first().map_or_else(String::new, |l| l.text.clone());
    let value = call(run, block, &label, loader).unwrap_or_else(|| Value::unknown(Type::Any));
    run.values.modules.insert(label, value);
}

fn call(run: &mut Run<'_>, block: &Block, label: &str, loader: &mut Loader<'_>) -> Option<Value> {
    let folder = source(run.instance.declarations, block, loader)?;
    let cycle = run.instance.chain.contains(&folder);
    if cycle || run.instance.chain.len() >= MAX_DEPTH {
        let detail = if cycle {
            format!(
                "The module \"{label}\" calls {}, which it is itself part of.",
                folder.display()
            )
        } else {
            format!("Modules may be {MAX_DEPTH} deep inside one another.")
        };
        loader
            .diagnostics
            .push(Diagnostic::error(code::CYCLE, detail).at(block.header));
        return None;
    }
    let declarations = loader.declarations_of(&folder);
    let not_in_modules = declarations
        .settings
        .iter()
        .chain(&declarations.accounts)
        .chain(&declarations.policies);
    for misplaced in not_in_modules {
        let detail = format!(
            "A block \"{}\" stands in the root folder only, not in a module.",
            misplaced.kind.text
        );
        loader
            .diagnostics
            .push(Diagnostic::error(code::UNKNOWN_BLOCK, detail).at(misplaced.header));
    }
    check_arguments(block, label, &declarations, loader)?;
    let mut inherited: BTreeSet<Address> = run.instance.inherited.as_ref().clone();
    if let Some(depends_on) = block.body.attribute("depends_on") {
        let mut names = Vec::new();
        references::of_expr(&depends_on.expr, &mut names);
        inherited.extend(run.origins_of(&names));
    }
    let inherited: Origins = Arc::new(inherited);
    let repetition = run.scoped(loader, |scope, said| repetition(&block.body, scope, said));
    if matches!(repetition, Repetition::Bad) {
        return None;
    }
    let mut chain = run.instance.chain.clone();
    chain.push(folder);
    let mut origins = BTreeSet::new();
    let mut values = Vec::new();
    for (key, each) in keys(&repetition) {
        let given = inputs(run, block, key.as_ref(), each, loader);
        let mut path = run.instance.path.clone();
        path.push(ModuleStep {
            name: label.to_owned(),
            key: key.clone(),
        });
        let inner = Instance {
            declarations: &declarations,
            path,
            given,
            inherited: Arc::clone(&inherited),
            chain: chain.clone(),
        };
        let outcome = evaluate_module(&inner, loader);
        origins.extend(outcome.origins);
        // `depends_on = [module.x]` waits for all that is in it.
        origins.extend(outcome.resources.iter().cloned());
        run.outcome.resources.extend(outcome.resources);
        let outputs = outcome
            .outputs
            .into_iter()
            .map(|(name, output)| (name, output.value))
            .collect();
        values.push((key, Value::object(outputs)));
    }
    run.came_from("module", label, origins);
    Some(match repetition {
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
        _ => values.into_iter().next().map_or_else(Value::null, |(_, v)| v),
    })
}

/// The folder that a call names: a relative path, as text.
fn source(declarations: &Declarations, block: &Block, loader: &mut Loader<'_>) -> Option<PathBuf> {
    let mut fail = |detail: String, span| {
        loader.diagnostics.push(
            Diagnostic::error(code::INVALID_VALUE, detail)
                .at(span)
                .remedy("source is the path of a folder, such as \"./modules/bucket\"."),
        );
        None
    };
    let Some(attribute) = block.body.attribute("source") else {
        loader.diagnostics.push(
            Diagnostic::error(
                code::MISSING_ATTRIBUTE,
                "The block \"module\" needs the argument \"source\".",
            )
            .at(block.header),
        );
        return None;
    };
    let span = attribute.expr.span;
    let ExprKind::Literal(value) = &attribute.expr.kind else {
        return fail(
            "The source of a module must be plain text, since modules are read before anything is evaluated."
                .into(),
            span,
        );
    };
    let Some(text) = value.as_str() else {
        return fail("The source of a module is text.".into(), span);
    };
    if !(text.starts_with("./") || text.starts_with("../") || text == "." || text == "..") {
        return fail(
            format!(
                "\"{text}\" is not a local path; only local modules are supported, and their path starts with ./ or ../."
            ),
            span,
        );
    }
    let folder = normal(&declarations.folder.join(text));
    if !folder.is_dir() {
        return fail(format!("There is no folder {}.", folder.display()), span);
    }
    Some(folder)
}

/// The path without `.` and, where that is sure, without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        out
    }
}

fn check_arguments(
    block: &Block,
    label: &str,
    declarations: &Declarations,
    loader: &mut Loader<'_>,
) -> Option<()> {
    let before = loader.diagnostics.iter().count();
    for attribute in &block.body.attributes {
        let name = attribute.name.text.as_str();
        if RESERVED.contains(&name) || declarations.variables.contains_key(name) {
            continue;
        }
        let mut diagnostic = Diagnostic::error(
            code::UNKNOWN_ATTRIBUTE,
            format!("The module \"{label}\" has no variable \"{name}\"."),
        )
        .at(attribute.name.span);
        diagnostic.remedy = did_you_mean(name, declarations.variables.keys().map(String::as_str));
        loader.diagnostics.push(diagnostic);
    }
    for nested in &block.body.blocks {
        let detail = format!(
            "The block \"module\" has no nested block \"{}\".",
            nested.kind.text
        );
        loader
            .diagnostics
            .push(Diagnostic::error(code::UNKNOWN_ATTRIBUTE, detail).at(nested.header));
    }
    for (name, variable) in &declarations.variables {
        if variable.default.is_none() && block.body.attribute(name).is_none() {
            loader.diagnostics.push(
                Diagnostic::error(
                    code::MISSING_VARIABLE,
                    format!("The module \"{label}\" needs a value for its variable \"{name}\"."),
                )
                .at(block.header)
                .related(variable.name.span, "declared here without a default"),
            );
        }
    }
    (loader.diagnostics.iter().count() == before).then_some(())
}

fn inputs(
    run: &Run<'_>,
    block: &Block,
    key: Option<&Key>,
    each: Option<Value>,
    loader: &mut Loader<'_>,
) -> BTreeMap<String, (Given, Origins)> {
    let mut given = BTreeMap::new();
    for attribute in &block.body.attributes {
        if RESERVED.contains(&attribute.name.text.as_str()) {
            continue;
        }
        let value = run.scoped(loader, |scope, said| {
            with_instance(scope, key, each.clone(), |scope| {
                evaluate(&attribute.expr, scope, said)
            })
        });
        let mut found = Vec::new();
        references::of_expr(&attribute.expr, &mut found);
        let origins = Arc::new(run.origins_of(&found));
        given.insert(
            attribute.name.text.clone(),
            (
                Given {
                    value,
                    span: Some(attribute.expr.span),
                },
                origins,
            ),
        );
    }
    given
}
