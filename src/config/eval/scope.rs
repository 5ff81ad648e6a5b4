//! The names that an expression can see.

use super::{Value, did_you_mean, failed};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use std::collections::HashMap;
use std::path::PathBuf;

/// What the root of a reference stands for.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// The value of the root name.
    Root(Value),
    /// The value of `root.attribute`: the attribute is used up.
    Member(Value),
    /// There is no such root.
    Missing,
    /// There is such a root, but not this attribute of it, or it may not be used here.
    Refused(Box<Diagnostic>),
}

/// Resolves root names, such as `var` and `local`.
pub trait Names {
    /// The value of `root`. `attribute` is the plain attribute that follows it, for those
    /// who would rather not build a value of everything below the root.
    fn lookup(&self, root: &str, attribute: Option<&str>) -> Lookup;

    /// Every root name, for suggestions.
    fn roots(&self) -> Vec<String>;
}

/// No names at all.
#[derive(Debug, Clone, Copy)]
pub struct NoNames;

impl Names for NoNames {
    fn lookup(&self, _root: &str, _attribute: Option<&str>) -> Lookup {
        Lookup::Missing
    }

    fn roots(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<S: std::hash::BuildHasher> Names for HashMap<String, Value, S> {
    fn lookup(&self, root: &str, _attribute: Option<&str>) -> Lookup {
        self.get(root).cloned().map_or(Lookup::Missing, Lookup::Root)
    }

    fn roots(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// What functions may ask about the world. It is fixed for a run, so that results are too.
#[derive(Debug, Clone)]
pub struct Env {
    /// Where relative paths of file functions start: the folder of the module.
    pub folder: PathBuf,
    /// Where they start when there is nothing at the first place: the root's folder, which
    /// `path.module` is relative to.
    pub root: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// The time that `timestamp` and `plantimestamp` give.
    pub now: jiff::Timestamp,
}

impl Env {
    /// For a folder, with the time `now`.
    pub fn new(folder: impl Into<PathBuf>, now: jiff::Timestamp) -> Self {
        let folder = folder.into();
        Self {
            root: folder.clone(),
            folder,
            home: None,
            now,
        }
    }
}

/// Root names and the names that `for` binds. Nested scopes borrow the outer one.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    names: &'a dyn Names,
    /// What functions may ask.
    pub env: &'a Env,
    bound: Option<&'a Bound<'a>>,
    /// How many templates deep `templatefile` and `templatestring` are.
    pub(super) templates: usize,
}

/// One name that a `for` binds.
struct Bound<'a> {
    name: &'a str,
    value: Value,
    outer: Option<&'a Bound<'a>>,
}

impl<'a> Scope<'a> {
    /// A scope of root names.
    pub fn new(names: &'a dyn Names, env: &'a Env) -> Self {
        Self {
            names,
            env,
            bound: None,
            templates: 0,
        }
    }

    /// This scope, for a template that is rendered inside `outer`.
    pub(super) fn deeper_than(self, outer: &Scope<'_>) -> Self {
        Self {
            templates: outer.templates + 1,
            ..self
        }
    }

    /// The value of `root.attribute`, for messages; `None` when it has none.
    pub(in crate::config) fn value_of(&self, root: &str, attribute: &str) -> Option<Value> {
        match self.names.lookup(root, Some(attribute)) {
            Lookup::Member(value) => Some(value),
            Lookup::Root(value) => value.get(attribute).cloned(),
            Lookup::Missing | Lookup::Refused(_) => None,
        }
    }

    /// Runs `body` with one more name.
    pub(in crate::config) fn with_name<T>(
        &self,
        name: &str,
        value: Value,
        body: impl FnOnce(&Scope<'_>) -> T,
    ) -> T {
        self.with([Some((name, value)), None], body)
    }

    /// Runs `body` with the names of a `for` bound.
    pub(super) fn with<T>(
        &self,
        bindings: [Option<(&str, Value)>; 2],
        body: impl FnOnce(&Scope<'_>) -> T,
    ) -> T {
        let [first, second] = bindings;
        let outer = first.map(|(name, value)| Bound {
            name,
            value,
            outer: self.bound,
        });
        let outer_ref = outer.as_ref().or(self.bound);
        let inner = second.map(|(name, value)| Bound {
            name,
            value,
            outer: outer_ref,
        });
        let scope = Scope {
            bound: inner.as_ref().or(outer_ref),
            ..*self
        };
        body(&scope)
    }

    /// The value of a root name, and whether `attribute` has been taken into account.
    pub(super) fn root(
        &self,
        name: &str,
        attribute: Option<&str>,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> (Value, bool) {
        let mut bound = self.bound;
        while let Some(binding) = bound {
            if binding.name == name {
                return (binding.value.clone(), false);
            }
            bound = binding.outer;
        }
        match self.names.lookup(name, attribute) {
            Lookup::Root(value) => (value, false),
            Lookup::Member(value) => (value, true),
            Lookup::Refused(diagnostic) => {
                diagnostics.push(diagnostic.at(span));
                (failed(), true)
            }
            Lookup::Missing => {
                let roots = self.names.roots();
                let mut diagnostic = Diagnostic::error(
                    code::UNKNOWN_REFERENCE,
                    format!("There is nothing named \"{name}\" here."),
                )
                .at(span);
                diagnostic.remedy = did_you_mean(name, roots.iter().map(String::as_str));
                diagnostics.push(diagnostic);
                (failed(), true)
            }
        }
    }
}
