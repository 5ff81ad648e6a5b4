//! From a folder to a posture: what happens in which order.

use super::declarations::{Declarations, collect};
use super::eval::Env;
use super::files;
use super::inputs::Inputs;
use super::module::{Instance, evaluate_module};
use super::objectives;
use super::posture::{Declared, Exemption, FailedCheck, Posture, ResourceBlock, Settings};
use super::registry::Registry;
use super::settings::{self, Evaluated};
use super::variables;
use crate::diag::{Diagnostic, Diagnostics, Sources, Span, code};
use crate::model::approval::ApprovalPolicy;
use crate::model::objective::{Objective, Scenario};
use crate::model::value::Value;
use crate::model::{Account, Address};
use crate::syntax;
use crate::syntax::ast::{Block, Expr, ExprKind, Step};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads, evaluates and checks the posture in a folder. When the diagnostics hold an error, the
/// posture lacks what is wrong: the rest can still be judged, so that all errors are told at
/// once, and nothing else may be done with it. Texts are added to `sources`, so that
/// diagnostics can quote them.
pub fn load(
    inputs: &Inputs,
    sources: &mut Sources,
    registry: &dyn Registry,
) -> (Option<Posture>, Diagnostics) {
    let work = || {
        let mut loader = Loader::new(inputs, sources, registry);
        let posture = loader.posture();
        let mut diagnostics = loader.diagnostics;
        diagnostics.sort();
        (Some(posture), diagnostics)
    };
    syntax::on_deep_stack(work).unwrap_or_else(|diagnostic| (None, (*diagnostic).into()))
}

/// What is gathered while the modules are walked.
pub(super) struct Loader<'a> {
    pub inputs: &'a Inputs,
    pub registry: &'a dyn Registry,
    pub diagnostics: Diagnostics,
    pub settings: Option<Settings>,
    pub policy: Option<Declared<ApprovalPolicy>>,
    /// With whether it asks to be the default.
    pub accounts: Vec<(Account, bool)>,
    pub account_values: BTreeMap<String, Value>,
    pub resources: Vec<ResourceBlock>,
    pub exemptions: Vec<Exemption>,
    pub failed_checks: Vec<FailedCheck>,
    pub objectives: Vec<Declared<Objective>>,
    pub scenarios: Vec<Declared<Scenario>>,
    sources: &'a mut Sources,
    folders: HashMap<PathBuf, Arc<Declarations>>,
    now: jiff::Timestamp,
    said_no_default: bool,
}

impl<'a> Loader<'a> {
    fn new(inputs: &'a Inputs, sources: &'a mut Sources, registry: &'a dyn Registry) -> Self {
        Self {
            inputs,
            registry,
            diagnostics: Diagnostics::new(),
            settings: None,
            policy: None,
            accounts: Vec::new(),
            account_values: BTreeMap::new(),
            resources: Vec::new(),
            exemptions: Vec::new(),
            failed_checks: Vec::new(),
            objectives: Vec::new(),
            scenarios: Vec::new(),
            sources,
            folders: HashMap::new(),
            now: jiff::Timestamp::now(),
            said_no_default: false,
        }
    }

    fn posture(&mut self) -> Posture {
        let declarations = self.declarations_of(&self.inputs.dir.clone());
        self.check_root(&declarations);
        if declarations.accounts.is_empty() {
            self.ambient_account();
        }
        let env = self.env_of(&declarations);
        let given = variables::given(
            self.inputs,
            &declarations,
            &env,
            self.sources,
            &mut self.diagnostics,
        );
        let instance = Instance {
            declarations: &declarations,
            path: Vec::new(),
            given: given
                .into_iter()
                .map(|(name, given)| (name, (given, Arc::default())))
                .collect(),
            inherited: Arc::default(),
            chain: vec![self.inputs.dir.clone()],
        };
        let outcome = evaluate_module(&instance, self);
        objectives::check(
            &self.objectives,
            &self.scenarios,
            &self.exemptions,
            &mut self.diagnostics,
        );
        let moved = declarations
            .moved
            .iter()
            .filter_map(|block| self.moved(block))
            .collect();
        Posture {
            settings: self.settings.take().unwrap_or_default(),
            policy: self.policy.take(),
            default_account: settings::default_account(&self.accounts),
            accounts: std::mem::take(&mut self.accounts)
                .into_iter()
                .map(|(a, _)| a)
                .collect(),
            resources: std::mem::take(&mut self.resources),
            exemptions: std::mem::take(&mut self.exemptions),
            failed_checks: std::mem::take(&mut self.failed_checks),
            objectives: std::mem::take(&mut self.objectives),
            scenarios: std::mem::take(&mut self.scenarios),
            outputs: outcome.outputs,
            names: outcome.names,
            moved,
        }
    }

    fn check_root(&mut self, declarations: &Declarations) {
        let empty = declarations.resources.is_empty() && declarations.modules.is_empty();
        match declarations.settings.as_slice() {
            // A folder without files has been reported as such.
            [] if empty && self.diagnostics.has_errors() => {}
            [] => self.diagnostics.push(
                Diagnostic::error(
                    code::MISSING_ATTRIBUTE,
                    "The posture has no backstay block, so its project has no name.",
                )
                // The root's files are the first that were read.
                .at(self.sources.ids().next().map(|file| Span::new(file, 0..0)))
                .remedy("Add: backstay { project = \"name\" } on lines of its own."),
            ),
            several => self.only_once("backstay", several),
        }
        self.only_once("policy", &declarations.policies);
    }

    fn only_once(&mut self, kind: &str, blocks: &[Block]) {
        if let [first, rest @ ..] = blocks {
            for block in rest {
                let detail = format!("The block \"{kind}\" may stand only once.");
                self.diagnostics.push(
                    Diagnostic::error(code::DUPLICATE, detail)
                        .at(block.header)
                        .related(first.header, "first one here"),
                );
            }
        }
    }

    /// The account that the ambient credentials lead to.
    fn ambient_account(&mut self) {
        let label = "default".to_owned();
        let id = self.inputs.account_ids.get(&label).cloned();
        let account = Account {
            label,
            id,
            region: None,
            profile: None,
            assume_role: None,
        };
        let value = settings::value_of(&account);
        self.add_account(Some(Evaluated {
            account,
            value,
            default: true,
        }));
    }

    pub(super) fn add_account(&mut self, evaluated: Option<Evaluated>) {
        if let Some(Evaluated {
            account,
            value,
            default,
        }) = evaluated
        {
            self.account_values.insert(account.label.clone(), value);
            self.accounts.push((account, default));
        }
    }

    /// The label of the default account; says once when there is none.
    pub(super) fn default_account(&mut self, place: Span) -> String {
        if let Some(label) = settings::default_account(&self.accounts) {
            return label;
        }
        if !self.said_no_default && !self.diagnostics.has_errors() {
            self.said_no_default = true;
            let labels: Vec<&str> = self.accounts.iter().map(|(a, _)| a.label.as_str()).collect();
            let detail = format!(
                "This resource names no account, and it is not clear which of {} is meant.",
                labels.join(", ")
            );
            self.diagnostics.push(
                Diagnostic::error(code::MISSING_ATTRIBUTE, detail)
                    .at(place)
                    .remedy("Add default = true to one account block, or account = account.NAME here."),
            );
        }
        String::new()
    }

    /// The declarations of a folder; each is read once.
    pub(super) fn declarations_of(&mut self, folder: &Path) -> Arc<Declarations> {
        if let Some(known) = self.folders.get(folder) {
            return Arc::clone(known);
        }
        let bodies = files::bodies(
            folder,
            self.registry,
            &self.inputs.unsaved,
            self.sources,
            &mut self.diagnostics,
        );
        let collected = collect(folder.to_path_buf(), bodies, self.registry, &mut self.diagnostics);
        let declarations = Arc::new(collected);
        self.folders
            .insert(folder.to_path_buf(), Arc::clone(&declarations));
        declarations
    }

    /// What functions may ask in a folder's expressions.
    pub(super) fn env_of(&self, declarations: &Declarations) -> Env {
        let home = self.inputs.env.get("HOME").map(PathBuf::from);
        Env {
            home,
            root: self.inputs.dir.clone(),
            ..Env::new(&declarations.folder, self.now)
        }
    }

    /// `moved { from = s3_bucket.a, to = s3_bucket.b }`.
    fn moved(&mut self, block: &Block) -> Option<(Address, Address)> {
        let mut end = |name: &str| -> Option<Address> {
            let attribute = block.body.attribute(name);
            let address = attribute
                .and_then(|a| address_text(&a.expr))
                .and_then(|text| text.parse().ok());
            if address.is_none() {
                let span = attribute.map_or(block.header, |a| a.expr.span);
                let detail = format!("A moved block needs \"{name}\", an address such as s3_bucket.a.");
                self.diagnostics
                    .push(Diagnostic::error(code::INVALID_VALUE, detail).at(span));
            }
            address
        };
        let (from, to) = (end("from"), end("to"));
        Some((from?, to?))
    }
}

/// An address that is written as a reference.
fn address_text(expr: &Expr) -> Option<String> {
    let ExprKind::Traversal(base, steps) = &expr.kind else {
        return None;
    };
    let ExprKind::Variable(root) = &base.kind else {
        return None;
    };
    steps.iter().try_fold(root.clone(), |text, step| match step {
        Step::Attribute(name) => Some(format!("{text}.{}", name.text)),
        Step::Index(
            Expr {
                kind: ExprKind::Literal(key),
                ..
            },
            _,
        ) => Some(format!("{text}[{}]", key.to_json())),
        _ => None,
    })
}
