//! The names of one module, and their values as they become known.

use super::declarations::Declarations;
use super::eval::{Lookup, Names, did_you_mean};
use super::registry::Registry;
use crate::diag::{Diagnostic, code};
use crate::model::types::Type;
use crate::model::value::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The values of a module's names. What has not been evaluated, because it is part of a cycle
/// or failed, is unknown: its error has been reported.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub variables: BTreeMap<String, Value>,
    pub locals: BTreeMap<String, Value>,
    pub modules: BTreeMap<String, Value>,
    /// By kind, then by label.
    pub resources: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The names that a module's expressions see.
pub(super) struct ModuleNames<'a> {
    pub values: &'a Values,
    pub accounts: &'a BTreeMap<String, Value>,
    pub declarations: &'a Declarations,
    pub registry: &'a dyn Registry,
    pub root: &'a Path,
}

impl ModuleNames<'_> {
    fn declared(&self, root: &str) -> Option<Vec<&str>> {
        let d = self.declarations;
        Some(match root {
            "var" => d.variables.keys().map(String::as_str).collect(),
            "local" => d.locals.iter().map(|a| a.name.text.as_str()).collect(),
            "module" => d
                .modules
                .iter()
                .filter_map(|b| b.labels.first())
                .map(|l| l.text.as_str())
                .collect(),
            "account" => self.accounts.keys().map(String::as_str).collect(),
            kind if self.registry.schema(kind).is_some() => d
                .resources
                .iter()
                .filter(|b| b.kind.text == kind)
                .filter_map(|b| b.labels.first())
                .map(|l| l.text.as_str())
                .collect(),
            _ => return None,
        })
    }

    fn value(&self, root: &str, name: &str) -> Option<Value> {
        let v = self.values;
        match root {
            "var" => v.variables.get(name).cloned(),
            "local" => v.locals.get(name).cloned(),
            "module" => v.modules.get(name).cloned(),
            "account" => self.accounts.get(name).cloned(),
            kind => v.resources.get(kind).and_then(|labels| labels.get(name)).cloned(),
        }
    }

    fn refuse(&self, root: &str, name: &str, declared: &[&str]) -> Lookup {
        let what = match root {
            "var" => format!("There is no variable \"{name}\"."),
            "local" => format!("There is no local value \"{name}\"."),
            "module" => format!("There is no module \"{name}\"."),
            "account" => format!("There is no account \"{name}\"."),
            kind => format!("There is no {kind} \"{name}\"."),
        };
        let mut diagnostic = Diagnostic::error(code::UNKNOWN_REFERENCE, what);
        diagnostic.remedy = did_you_mean(name, declared.iter().copied()).or_else(|| match root {
            "var" => Some(format!("Declare it: variable \"{name}\" {{ }}.")),
            "local" => Some(format!("Declare it: locals {{ {name} = … }}.")),
            _ => None,
        });
        Lookup::Refused(Box::new(diagnostic))
    }

    fn path(&self) -> Value {
        let text = |path: &Path| {
            let text = path.to_string_lossy();
            Value::string(if text.is_empty() { "." } else { &text })
        };
        let folder = &self.declarations.folder;
        let module = match folder.strip_prefix(self.root) {
            Ok(inside) => inside.to_path_buf(),
            Err(_) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
        };
        Value::object(BTreeMap::from([
            ("module".to_owned(), text(&module)),
            ("root".to_owned(), text(Path::new("."))),
            ("cwd".to_owned(), text(Path::new("."))),
        ]))
    }
}

impl Names for ModuleNames<'_> {
    fn lookup(&self, root: &str, attribute: Option<&str>) -> Lookup {
        match (root, attribute) {
            ("path", _) => return Lookup::Root(self.path()),
            ("each" | "count" | "self", _) => {
                let detail = match root {
                    "each" => "\"each\" exists only in a block that has for_each.",
                    "count" => "\"count\" exists only in a block that has count.",
                    _ => "\"self\" exists only in a postcondition.",
                };
                return Lookup::Refused(Box::new(Diagnostic::error(code::UNKNOWN_REFERENCE, detail)));
            }
            _ => {}
        }
        if let Some(name) = attribute
            && let Some(value) = self.value(root, name)
        {
            return Lookup::Member(value);
        }
        let Some(declared) = self.declared(root) else {
            return Lookup::Missing;
        };
        match attribute {
            Some(name) if declared.contains(&name) => Lookup::Member(Value::unknown(Type::Any)),
            Some(name) => self.refuse(root, name, &declared),
            None => Lookup::Root(Value::object(
                declared
                    .iter()
                    .map(|name| {
                        let value = self
                            .value(root, name)
                            .unwrap_or_else(|| Value::unknown(Type::Any));
                        ((*name).to_owned(), value)
                    })
                    .collect(),
            )),
        }
    }

    fn roots(&self) -> Vec<String> {
        let mut roots: Vec<String> = ["var", "local", "module", "account", "path"]
            .iter()
            .map(|r| (*r).to_owned())
            .collect();
        roots.extend(self.registry.kinds().into_iter().map(str::to_owned));
        roots
    }
}
