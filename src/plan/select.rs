//! `--target` and `--exclude`: which part of a posture a plan is about.

use crate::diag::{Diagnostic, Diagnostics, code};
use crate::graph::Graph;
use crate::model::{Address, Desired};
use std::collections::BTreeSet;

/// Which resources a command is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these and what they depend on; all when empty.
    pub targets: Vec<Address>,
    /// Not these, nor what depends on them.
    pub excludes: Vec<Address>,
}

impl Selection {
    /// True when the command is about the whole posture.
    pub fn is_everything(&self) -> bool {
        self.targets.is_empty() && self.excludes.is_empty()
    }

    /// The selected part of `desired`.
    ///
    /// # Errors
    /// When an address matches nothing.
    pub fn apply(&self, desired: Vec<Desired>, graph: &Graph) -> Result<Vec<Desired>, Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        for address in self.targets.iter().chain(&self.excludes) {
            if !desired.iter().any(|d| address.covers(&d.address)) {
                let names: Vec<String> = desired.iter().map(|d| d.address.to_string()).collect();
                diagnostics.push(
                    Diagnostic::error(code::UNKNOWN_ADDRESS, format!("{address} matches no resource."))
                        .remedy(nearest(&address.to_string(), &names)),
                );
            }
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let named = |list: &[Address], a: &Address| list.iter().any(|l| l.covers(a));
        let kept: BTreeSet<Address> = if self.targets.is_empty() {
            desired.iter().map(|d| d.address.clone()).collect()
        } else {
            desired
                .iter()
                .filter(|d| named(&self.targets, &d.address))
                .flat_map(|d| {
                    let mut all = graph.needs(&d.address);
                    all.insert(d.address.clone());
                    all
                })
                .collect()
        };
        Ok(desired
            .into_iter()
            .filter(|d| kept.contains(&d.address))
            .filter(|d| {
                !named(&self.excludes, &d.address)
                    && !graph.needs(&d.address).iter().any(|n| named(&self.excludes, n))
            })
            .collect())
    }
}

/// What somebody may have meant who named something that is not there.
pub(super) fn nearest(name: &str, names: &[String]) -> String {
    names
        .iter()
        .map(|n| (strsim::jaro_winkler(n, name), n))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(
            || "`backstay show` lists every address.".to_owned(),
            |(_, n)| format!("Did you mean {n}?"),
        )
}
