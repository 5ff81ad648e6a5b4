//! Putting the declared policy in force, after everything else of the plan is done.

use super::audit::{Enacted, Journal};
use crate::diag::Diagnostic;
use crate::evidence::policy;
use crate::plan::Plan;

impl Journal {
    /// Puts the policy that the posture declares in force, when it is another one than before. A posture
    /// without a policy puts one in force that asks for nothing.
    ///
    /// # Errors
    /// When another one is in force by now, or it cannot be written.
    pub async fn enact(&self, plan: &Plan) -> Result<Enacted, Diagnostic> {
        if plan.policies.changes().is_empty() {
            return Ok(Enacted::Unchanged);
        }
        let declared = plan.policies.declared.clone().unwrap_or_default();
        let before = plan.policies.in_force.as_ref();
        policy::replace(self.writer(), &plan.project, self.id(), before, &declared)
            .await
            .map(|policy| Enacted::Now(Box::new(policy)))
    }
}
