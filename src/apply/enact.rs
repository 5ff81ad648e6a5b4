//! Putting the declared policy in force, after everything else of the plan is done; the first one before it.

use super::audit::{Enacted, Journal};
use super::lock::writer;
use crate::aws::Cloud;
use crate::diag::Diagnostic;
use crate::evidence::policy::{self, Found, Next};
use crate::evidence::{StoreWriter, governing};
use crate::model::PolicyPlace;
use crate::plan::{InForce, Plan};

impl Journal {
    /// Before anything is written that says of itself under which policy it stands, that one lies where it will say: the first
    /// that is declared, or on a move the one in force. So a mark that leads nowhere is never the trace of an apply that was
    /// cut off.
    ///
    /// # Errors
    /// When another one is in force by now, or it cannot be written; then nothing of the plan was.
    pub async fn found(&self, plan: &Plan, cloud: &Cloud) -> Result<Enacted, Diagnostic> {
        let policies = &plan.policies;
        if policies.place.is_none() {
            return Ok(Enacted::Unchanged);
        }
        let Some(before) = &policies.in_force else {
            return match policies.declared {
                Some(_) => self.enact(plan, cloud).await,
                None => Ok(Enacted::Unchanged),
            };
        };
        let there = match policies.moved() {
            Some(_) => policy::read(self.writer().store(), &plan.project).await?,
            None => return Ok(Enacted::Unchanged),
        };
        if !matches!(there, Some(Found::Policy(_))) {
            let next = Next {
                project: &plan.project,
                apply: self.id(),
                before: None,
                policy: &before.policy,
                moved_to: None,
            };
            policy::replace(self.writer(), next).await?;
        }
        Ok(Enacted::Unchanged)
    }

    /// Puts the policy that the posture declares in force, when it is another one than before. A posture
    /// without a policy puts one in force that asks for nothing.
    ///
    /// # Errors
    /// When another one is in force by now, or it cannot be written.
    pub async fn enact(&self, plan: &Plan, cloud: &Cloud) -> Result<Enacted, Diagnostic> {
        let policies = &plan.policies;
        if policies.changes().is_empty() {
            return Ok(Enacted::Unchanged);
        }
        let declared = policies.declared.clone().unwrap_or_default();
        let before = policies.in_force.as_ref();
        let next = Next {
            project: &plan.project,
            apply: self.id(),
            before,
            policy: &declared,
            moved_to: None,
        };
        let policy = match (policies.moved(), before.and_then(|b| b.place.as_ref())) {
            (Some((from, to)), _) => self.moves(next, from, to, cloud).await?,
            // Where it is, whether or not the posture still names the bucket.
            (None, Some(place)) => {
                let there = open(cloud, place).await?;
                let next = Next {
                    project: &place.project,
                    ..next
                };
                let policy = policy::replace(&there, next).await?;
                InForce {
                    place: Some(place.clone()),
                    ..policy
                }
            }
            (None, None) => InForce {
                place: policies.place.clone(),
                ..policy::replace(self.writer(), next).await?
            },
        };
        Ok(Enacted::Now(Box::new(policy)))
    }

    /// To the new place first: between both writes the old one is in force.
    async fn moves(
        &self,
        next: Next<'_>,
        from: &PolicyPlace,
        to: &PolicyPlace,
        cloud: &Cloud,
    ) -> Result<InForce, Diagnostic> {
        let there = policy::read(self.writer().store(), next.project).await?;
        let policy = match there {
            // Somebody has brought the same one there.
            Some(Found::Policy(policy)) if policy.policy.changes(next.policy).is_empty() => policy,
            // It was brought there before anything was written.
            Some(Found::Policy(there))
                if next
                    .before
                    .is_some_and(|b| b.policy.changes(&there.policy).is_empty()) =>
            {
                let next = Next {
                    before: Some(&there),
                    ..next
                };
                policy::replace(self.writer(), next).await?
            }
            _ => policy::replace(self.writer(), Next { before: None, ..next }).await?,
        };
        let word = Next {
            project: &from.project,
            moved_to: Some(to),
            ..next
        };
        policy::replace(&open(cloud, from).await?, word).await?;
        Ok(InForce {
            place: Some(to.clone()),
            ..policy
        })
    }
}

async fn open(cloud: &Cloud, place: &PolicyPlace) -> Result<StoreWriter, Diagnostic> {
    writer(cloud, &governing::bucket(cloud, place)?).await
}
