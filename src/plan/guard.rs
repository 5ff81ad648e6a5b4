//! The guard: weakening and irreversible changes are refused until they are named.

use super::Plan;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::{Address, Direction};

/// What the user has approved by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Resources whose protection may be weakened.
    pub weaken: Vec<Address>,
    /// Resources that may be changed in ways that can never be undone.
    pub irreversible: Vec<Address>,
}

/// One error for each change that is not approved; none when the plan may run.
pub fn refusals(plan: &Plan, approvals: &Approvals) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let approved = |list: &[Address], address: &Address| list.iter().any(|a| a.covers(address));
    for change in &plan.changes {
        let span = change.desired.as_ref().and_then(|d| d.span);
        for attribute in plan.attributes_of(&change.address) {
            if attribute.direction == Direction::Weakens && !approved(&approvals.weaken, &change.address) {
                let why = attribute.reason.as_deref().unwrap_or("protection goes down");
                diagnostics.push(
                    Diagnostic::error(
                        code::REFUSED,
                        format!(
                            "{}: {} weakens protection: {why}.",
                            change.address, attribute.path
                        ),
                    )
                    .at(span)
                    .remedy(format!(
                        "If that is meant, add --allow-weaken='{}'.",
                        change.address
                    )),
                );
            }
            if let Some(why) = &attribute.irreversible
                && !approved(&approvals.irreversible, &change.address)
            {
                diagnostics.push(
                    Diagnostic::error(
                        code::REFUSED,
                        format!(
                            "{}: {} can never be undone: {why}.",
                            change.address, attribute.path
                        ),
                    )
                    .at(span)
                    .remedy(format!(
                        "If that is meant, add --allow-irreversible='{}'.",
                        change.address
                    )),
                );
            }
        }
    }
    diagnostics
}
