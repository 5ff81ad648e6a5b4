//! One instance of a module: its declarations evaluated in the order of their references.

use super::conditions;
use super::declarations::Declarations;
use super::eval::{Env, Lookup, Names as _, Scope, evaluate};
use super::load::Loader;
use super::names::{ModuleNames, Values};
use super::order::{self, Edge};
use super::posture::Output;
use super::references::{self, Reference};
use super::variables::{self, Given};
use super::{approvals, calls, objectives, resources, settings};
use crate::diag::{Diagnostic, Diagnostics, Severity, Span, code};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{Address, ModuleStep};
use crate::syntax::ast::Block;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The resources that a value comes from.
pub(super) type Origins = Arc<BTreeSet<Address>>;

/// What a module is given, and where it is.
pub(super) struct Instance<'a> {
    pub declarations: &'a Declarations,
    /// The calls around it.
    pub path: Vec<ModuleStep>,
    /// Values for its variables, with the resources they come from.
    pub given: BTreeMap<String, (Given, Origins)>,
    /// What everything in it depends on, by `depends_on` of the calls around it.
    pub inherited: Origins,
    /// The folders of the modules around it, itself included.
    pub chain: Vec<std::path::PathBuf>,
}

/// What a module gives to its caller.
#[derive(Default)]
pub(super) struct Outcome {
    pub outputs: BTreeMap<String, Output>,
    /// Every resource that an output comes from.
    pub origins: BTreeSet<Address>,
    /// Every resource inside.
    pub resources: Vec<Address>,
    /// What each root name gives, when somebody wants to know.
    pub names: HashMap<String, Value>,
}

/// Something that is evaluated as one.
enum Item<'a> {
    Settings(&'a Block),
    Policy(&'a Block),
    Account(&'a Block),
    Variable(&'a str),
    Local(&'a crate::syntax::Attribute),
    Module(&'a Block),
    Resource(&'a Block),
    Output(&'a Block),
    Exemption(&'a Block),
    Objective(&'a Block),
    Scenario(&'a Block),
}

pub(super) fn label(block: &Block) -> &str {
    block.labels.first().map_or("", |l| l.text.as_str())
}

impl Item<'_> {
    /// The reference that names it.
    fn name(&self) -> (String, String) {
        let (root, name) = match self {
            Item::Settings(_) => ("backstay", ""),
            Item::Policy(_) => ("policy", ""),
            Item::Account(block) => ("account", label(block)),
            Item::Variable(name) => ("var", *name),
            Item::Local(attribute) => ("local", attribute.name.text.as_str()),
            Item::Module(block) => ("module", label(block)),
            Item::Resource(block) => (block.kind.text.as_str(), label(block)),
            Item::Output(block) => ("output", label(block)),
            Item::Exemption(block) => ("exempt", label(block)),
            Item::Objective(block) => ("objective", label(block)),
            Item::Scenario(block) => ("scenario", label(block)),
        };
        (root.to_owned(), name.to_owned())
    }

    fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        match self {
            Item::Variable(_) => {}
            Item::Local(attribute) => references::of_expr(&attribute.expr, &mut found),
            Item::Settings(block)
            | Item::Policy(block)
            | Item::Account(block)
            | Item::Module(block)
            | Item::Resource(block)
            | Item::Output(block)
            | Item::Objective(block)
            | Item::Scenario(block)
            | Item::Exemption(block) => references::of_body(&block.body, &mut found),
        }
        found
    }
}

fn items(declarations: &Declarations) -> Vec<Item<'_>> {
    let d = declarations;
    let mut items = Vec::new();
    items.extend(d.settings.iter().take(1).map(Item::Settings));
    items.extend(d.policies.iter().take(1).map(Item::Policy));
    items.extend(d.accounts.iter().map(Item::Account));
    items.extend(d.variables.keys().map(|name| Item::Variable(name)));
    items.extend(d.locals.iter().map(Item::Local));
    items.extend(d.resources.iter().map(Item::Resource));
    items.extend(d.modules.iter().map(Item::Module));
    items.extend(d.outputs.iter().map(Item::Output));
    items.extend(d.exemptions.iter().map(Item::Exemption));
    items.extend(d.objectives.iter().map(Item::Objective));
    items.extend(d.scenarios.iter().map(Item::Scenario));
    items
}

/// Evaluates a module and everything it calls. Resources are added to the loader's.
pub(super) fn evaluate_module(instance: &Instance<'_>, loader: &mut Loader<'_>) -> Outcome {
    let items = items(instance.declarations);
    let index: HashMap<(String, String), usize> = items
        .iter()
        .enumerate()
        .map(|(i, item)| (item.name(), i))
        .collect();
    let found: Vec<Vec<Reference>> = items.iter().map(Item::references).collect();
    let edges = edges(&items, &found, &index);
    let (order, cycles) = order::sort(&edges, |i| items.get(i).map_or_else(String::new, shown));
    for cycle in cycles {
        loader.diagnostics.push(cycle);
    }
    let mut run = Run {
        instance,
        values: Values::default(),
        origins: HashMap::new(),
        instances: HashMap::new(),
        outcome: Outcome::default(),
        env: loader.env_of(instance.declarations),
    };
    for i in order {
        if let (Some(item), Some(references)) = (items.get(i), found.get(i)) {
            run.item(item, references, loader);
        }
    }
    run.conditions(loader);
    if loader.inputs.keep_names && instance.path.is_empty() {
        run.outcome.names = run.names(loader);
    }
    run.outcome
}

fn shown(item: &Item<'_>) -> String {
    let (root, name) = item.name();
    if name.is_empty() {
        root
    } else {
        format!("{root}.{name}")
    }
}

fn edges(
    items: &[Item<'_>],
    found: &[Vec<Reference>],
    index: &HashMap<(String, String), usize>,
) -> Vec<Vec<Edge>> {
    let mut by_root: HashMap<&str, Vec<usize>> = HashMap::new();
    for ((root, _), i) in index {
        by_root.entry(root.as_str()).or_default().push(*i);
    }
    let first: Vec<(usize, Span)> = items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| match item {
            Item::Settings(block) | Item::Account(block) => Some((i, block.header)),
            _ => None,
        })
        .collect();
    items
        .iter()
        .zip(found)
        .map(|(item, references)| {
            let mut edges = Vec::new();
            for reference in references {
                let targets: Vec<usize> = match &reference.attribute {
                    Some(attribute) => index
                        .get(&(reference.root.clone(), attribute.clone()))
                        .copied()
                        .into_iter()
                        .collect(),
                    None => by_root.get(reference.root.as_str()).cloned().unwrap_or_default(),
                };
                edges.extend(targets.into_iter().map(|to| Edge {
                    to,
                    span: reference.span,
                }));
            }
            // The project and the accounts have a say in every resource.
            if matches!(item, Item::Resource(_) | Item::Module(_)) {
                edges.extend(first.iter().map(|(to, span)| Edge { to: *to, span: *span }));
            }
            edges
        })
        .collect()
}

/// How deep the value of a name may be. A chain of names could make a value of any depth, and
/// everything that walks values needs stack for each level.
const MAX_DEPTH: u16 = 256;

pub(super) fn not_too_deep(value: Value, span: Span, diagnostics: &mut Diagnostics) -> Value {
    if value.depth() <= MAX_DEPTH {
        return value;
    }
    let detail = format!(
        "The value is nested {} levels deep; {MAX_DEPTH} are allowed.",
        value.depth()
    );
    diagnostics.push(Diagnostic::error(code::TOO_DEEP, detail).at(span));
    Value::unknown(Type::Any)
}

/// A module while it is evaluated.
pub(super) struct Run<'a> {
    pub instance: &'a Instance<'a>,
    pub values: Values,
    /// Where values come from, by the reference that names them.
    origins: HashMap<(String, String), Origins>,
    /// The addresses of a resource block's instances, by kind and label.
    pub instances: HashMap<(String, String), Vec<Address>>,
    pub outcome: Outcome,
    pub env: Env,
}

impl Run<'_> {
    /// The module's names with all that they give.
    fn names(&self, loader: &Loader<'_>) -> HashMap<String, Value> {
        let names = ModuleNames {
            values: &self.values,
            accounts: &loader.account_values,
            declarations: self.instance.declarations,
            registry: loader.registry,
            root: &loader.inputs.dir,
        };
        let give = |root: String| match names.lookup(&root, None) {
            Lookup::Root(value) => Some((root, value)),
            _ => None,
        };
        names.roots().into_iter().filter_map(give).collect()
    }

    /// Runs `work` with the module's names.
    pub(super) fn scoped<T>(
        &self,
        loader: &mut Loader<'_>,
        work: impl FnOnce(&Scope<'_>, &mut Diagnostics) -> T,
    ) -> T {
        let names = ModuleNames {
            values: &self.values,
            accounts: &loader.account_values,
            declarations: self.instance.declarations,
            registry: loader.registry,
            root: &loader.inputs.dir,
        };
        work(&Scope::new(&names, &self.env), &mut loader.diagnostics)
    }

    /// The resources that references lead to, through whatever is between.
    pub(super) fn origins_of(&self, references: &[Reference]) -> BTreeSet<Address> {
        let mut out = BTreeSet::new();
        for reference in references {
            let Some(attribute) = &reference.attribute else {
                let below = self
                    .origins
                    .iter()
                    .filter(|((root, _), _)| *root == reference.root);
                below.for_each(|(_, origins)| out.extend(origins.iter().cloned()));
                continue;
            };
            let name = (reference.root.clone(), attribute.clone());
            let Some(origins) = self.origins.get(&name) else {
                continue;
            };
            match (&reference.key, self.instances.get(&name)) {
                (Some(key), Some(instances)) => {
                    let named = instances.iter().filter(|a| a.key.as_ref() == Some(key));
                    out.extend(named.cloned());
                }
                _ => out.extend(origins.iter().cloned()),
            }
        }
        out
    }

    pub(super) fn came_from(&mut self, root: &str, name: &str, origins: BTreeSet<Address>) {
        if !origins.is_empty() {
            self.origins
                .insert((root.to_owned(), name.to_owned()), Arc::new(origins));
        }
    }

    fn item(&mut self, item: &Item<'_>, found: &[Reference], loader: &mut Loader<'_>) {
        match item {
            Item::Settings(block) => {
                let settings = self.scoped(loader, |scope, said| settings::settings(block, scope, said));
                loader.settings = settings;
            }
            Item::Policy(block) => {
                let policy = self.scoped(loader, |scope, said| approvals::policy(block, scope, said));
                loader.policy = policy;
            }
            Item::Account(block) => {
                let ids = &loader.inputs.account_ids;
                let evaluated = self.scoped(loader, |scope, said| settings::account(block, ids, scope, said));
                loader.add_account(evaluated);
            }
            Item::Variable(name) => self.variable(name, loader),
            Item::Local(attribute) => {
                let value = self.scoped(loader, |scope, said| evaluate(&attribute.expr, scope, said));
                let value = not_too_deep(value, attribute.expr.span, &mut loader.diagnostics);
                self.came_from("local", &attribute.name.text, self.origins_of(found));
                self.values.locals.insert(attribute.name.text.clone(), value);
            }
            Item::Resource(block) => resources::evaluate_resource(self, block, found, loader),
            Item::Module(block) => calls::evaluate_call(self, block, loader),
            Item::Output(block) => self.output(block, found, loader),
            Item::Exemption(block) => {
                let exemption = self.scoped(loader, |scope, said| settings::exemption(block, scope, said));
                loader.exemptions.extend(exemption);
            }
            Item::Objective(block) => {
                let objective = self.scoped(loader, |scope, said| objectives::objective(block, scope, said));
                loader.objectives.extend(objective);
            }
            Item::Scenario(block) => {
                let scenario = self.scoped(loader, |scope, said| objectives::scenario(block, scope, said));
                loader.scenarios.extend(scenario);
            }
        }
    }

    fn variable(&mut self, name: &str, loader: &mut Loader<'_>) {
        let Some(variable) = self.instance.declarations.variables.get(name) else {
            return;
        };
        let given = self.instance.given.get(name);
        let value = variables::settle(
            variable,
            given.map(|(g, _)| g),
            &self.env,
            &mut loader.diagnostics,
        );
        if let Some((_, origins)) = given {
            self.came_from("var", name, origins.as_ref().clone());
        }
        self.values.variables.insert(name.to_owned(), value);
    }

    fn output(&mut self, block: &Block, found: &[Reference], loader: &mut Loader<'_>) {
        let Some(value) = block.body.attribute("value") else {
            let detail = "The block \"output\" needs the argument \"value\".";
            loader
                .diagnostics
                .push(Diagnostic::error(code::MISSING_ATTRIBUTE, detail).at(block.header));
            return;
        };
        let read = |name: &str, run: &Self, loader: &mut Loader<'_>| -> Option<Value> {
            let attribute = block.body.attribute(name)?;
            Some(run.scoped(loader, |scope, said| evaluate(&attribute.expr, scope, said)))
        };
        let sensitive = read("sensitive", self, loader).and_then(|v| v.as_bool()) == Some(true);
        let description = read("description", self, loader).and_then(|v| v.as_str().map(str::to_owned));
        let result = self.scoped(loader, |scope, said| evaluate(&value.expr, scope, said));
        let result = not_too_deep(result, value.expr.span, &mut loader.diagnostics);
        for rule in block.body.blocks_of("precondition") {
            let what = format!("A precondition of the output \"{}\"", label(block));
            self.scoped(loader, |scope, said| {
                conditions::check(rule, &what, Severity::Error, scope, said)
            });
        }
        if result.contains_sensitive() && !sensitive && self.instance.path.is_empty() {
            loader.diagnostics.push(
                Diagnostic::error(
                    code::CONFLICT,
                    format!("The output \"{}\" shows a sensitive value.", label(block)),
                )
                .at(value.expr.span)
                .remedy("Add sensitive = true to it, or wrap what is no secret in nonsensitive()."),
            );
        }
        self.outcome.origins.extend(self.origins_of(found));
        let output = Output {
            value: result.marked_if(sensitive),
            description,
        };
        self.outcome.outputs.insert(label(block).to_owned(), output);
    }

    /// Validations and checks come last: they may look at everything.
    fn conditions(&self, loader: &mut Loader<'_>) {
        for (name, variable) in &self.instance.declarations.variables {
            for rule in &variable.validations {
                let what = format!("The value of the variable \"{name}\" is not valid");
                self.scoped(loader, |scope, said| {
                    conditions::check(rule, &what, Severity::Error, scope, said)
                });
            }
        }
        self.checks(loader);
    }
}
