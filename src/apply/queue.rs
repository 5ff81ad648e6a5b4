//! Which steps may run now: each finished step frees what waited for it, so that the whole order
//! costs as much as it has edges, however many steps there are.

use crate::plan::{Step, StepId};
use std::collections::BTreeSet;

/// The steps of a plan that have not been started.
#[derive(Debug)]
pub(super) struct Queue {
    /// Of each step, how many that it waits for have not succeeded yet.
    waits: Vec<usize>,
    /// Of each step, those that wait for it.
    waiting: Vec<Vec<StepId>>,
    /// Those that wait for nothing more; the first in the plan goes first.
    ready: BTreeSet<StepId>,
    /// Those that will never run.
    skipped: BTreeSet<StepId>,
}

impl Queue {
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut waiting = vec![Vec::new(); steps.len()];
        let mut waits = Vec::with_capacity(steps.len());
        let mut ready = BTreeSet::new();
        for (id, step) in steps.iter().enumerate() {
            let after: BTreeSet<StepId> = step.after.iter().copied().collect();
            for other in &after {
                if let Some(theirs) = waiting.get_mut(*other) {
                    theirs.push(id);
                }
            }
            // A step that waits for one that does not exist counts it too, and so never runs.
            waits.push(after.len());
            if after.is_empty() {
                ready.insert(id);
            }
        }
        Self {
            waits,
            waiting,
            ready,
            skipped: BTreeSet::new(),
        }
    }

    /// Takes a step that may run.
    pub(super) fn next(&mut self) -> Option<StepId> {
        self.ready.pop_first()
    }

    /// A step succeeded.
    pub(super) fn done(&mut self, id: StepId) {
        for other in self.waiting.get(id).into_iter().flatten() {
            let Some(waits) = self.waits.get_mut(*other) else {
                continue;
            };
            *waits = waits.saturating_sub(1);
            if *waits == 0 && !self.skipped.contains(other) {
                self.ready.insert(*other);
            }
        }
    }

    /// A step failed: everything that will therefore never run, each with the step that it waited for.
    pub(super) fn failed(&mut self, id: StepId) -> Vec<(StepId, StepId)> {
        let mut lost = Vec::new();
        let mut broken = vec![id];
        while let Some(id) = broken.pop() {
            for other in self.waiting.get(id).into_iter().flatten() {
                if self.skipped.insert(*other) {
                    lost.push((*other, id));
                    broken.push(*other);
                }
            }
        }
        lost.sort_unstable();
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::model::change::Stage;

    fn queue(after: &[&[StepId]]) -> Queue {
        let steps: Vec<Step> = after
            .iter()
            .map(|after| Step {
                address: Address::new("k", "r"),
                what: String::new(),
                stage: Stage::Create,
                op: serde_json::Value::Null,
                after: after.to_vec(),
                attributes: vec![],
            })
            .collect();
        Queue::new(&steps)
    }

    fn all(queue: &mut Queue) -> Vec<StepId> {
        std::iter::from_fn(|| queue.next()).collect()
    }

    #[test]
    fn a_step_runs_once_all_that_it_waits_for_are_done() {
        let mut queue = queue(&[&[], &[], &[0, 1], &[2, 0]]);
        assert_eq!(all(&mut queue), [0, 1]);
        queue.done(1);
        assert_eq!(all(&mut queue), [0; 0]);
        queue.done(0);
        assert_eq!(all(&mut queue), [2]);
        queue.done(2);
        assert_eq!(all(&mut queue), [3]);
    }

    #[test]
    fn a_failure_takes_along_what_depends_on_it_and_nothing_else() {
        let mut queue = queue(&[&[], &[], &[0], &[2, 1], &[1]]);
        assert_eq!(all(&mut queue), [0, 1]);
        assert_eq!(queue.failed(0), [(2, 0), (3, 2)]);
        queue.done(1);
        assert_eq!(all(&mut queue), [4]);
        assert_eq!(queue.failed(4), []);
    }

    #[test]
    fn a_step_that_waits_for_one_that_does_not_exist_never_runs() {
        let mut queue = queue(&[&[7], &[]]);
        assert_eq!(all(&mut queue), [1]);
        queue.done(1);
        assert_eq!(all(&mut queue), [0; 0]);
    }
}
