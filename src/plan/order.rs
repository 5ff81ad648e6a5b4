//! The order of steps: stages within a resource, edges between resources, barriers for
//! what must come last.

use super::{Step, StepId};
use crate::graph::{Edge, Graph};
use crate::model::Address;
use crate::model::change::Stage;
use std::collections::BTreeMap;

/// Fills in `after` of every step. The steps of a resource stand together and in order.
///
/// - A step runs after the step before it of the same resource.
/// - It runs after every step of a same or earlier stage of what its resource was declared
///   to depend on, and of an earlier stage of what it depends on through a contribution.
///   As only strictly earlier stages are followed against the declared direction, there
///   can be no cycle.
/// - A lock runs after every step of an earlier stage of its component.
/// - A removal runs after everything that is no removal.
pub(super) fn arrange(steps: &mut [Step], graph: &Graph) {
    let mut of: BTreeMap<Address, Vec<(StepId, Stage)>> = BTreeMap::new();
    for (id, step) in steps.iter().enumerate() {
        of.entry(step.address.clone()).or_default().push((id, step.stage));
    }
    let group_of = graph.components();
    let mut members: BTreeMap<usize, Vec<(StepId, Stage)>> = BTreeMap::new();
    for (address, own) in &of {
        if let Some(group) = group_of.get(address) {
            members.entry(*group).or_default().extend(own);
        }
    }
    let lasting: Vec<StepId> = ids(steps.iter().enumerate().map(|(i, s)| (i, s.stage)), |s| {
        s < Stage::Remove
    });
    let mut needs: BTreeMap<Address, Vec<(Address, Edge)>> = BTreeMap::new();
    for address in of.keys() {
        let mut all: Vec<_> = graph
            .needs(address)
            .into_iter()
            .map(|a| (a, Edge::Declared))
            .collect();
        all.extend(
            graph
                .direct(address)
                .into_iter()
                .filter(|(_, edge)| *edge == Edge::Derived),
        );
        needs.insert(address.clone(), all);
    }
    for (id, step) in steps.iter_mut().enumerate() {
        let mut after: Vec<StepId> = Vec::new();
        let own = of.get(&step.address).map_or(&[][..], Vec::as_slice);
        after.extend(own.iter().map(|(i, _)| *i).rfind(|i| *i < id));
        for (other, edge) in needs.get(&step.address).map_or(&[][..], Vec::as_slice) {
            let theirs = of.get(other).map_or(&[][..], Vec::as_slice);
            after.extend(ids(theirs.iter().copied(), |stage| match edge {
                Edge::Declared => stage <= step.stage,
                Edge::Derived => stage < step.stage,
            }));
        }
        if step.stage == Stage::Lock
            && let Some(group) = group_of.get(&step.address)
        {
            let all = members.get(group).map_or(&[][..], Vec::as_slice);
            after.extend(ids(all.iter().copied(), |stage| stage < Stage::Lock));
        }
        if step.stage == Stage::Remove {
            after.extend(&lasting);
        }
        after.sort_unstable();
        after.dedup();
        after.retain(|other| *other != id);
        step.after = after;
    }
}

/// Whether an order that a file gives can be kept to, and waits for at least as much as the graph asks. An empty one asks
/// for what holds of any: a resource's own steps one after the other, and removals last.
///
/// # Errors
/// The step that has to wait for itself, or for nothing that there is, or that would not wait.
pub(super) fn check(steps: &[Step], graph: &Graph) -> Result<(), Address> {
    let mut least = steps.to_vec();
    arrange(&mut least, graph);
    let waits = |(step, least): (&Step, &Step)| {
        step.after.iter().all(|other| *other < steps.len())
            && least.after.iter().all(|other| step.after.contains(other))
    };
    if let Some((step, _)) = steps.iter().zip(&least).find(|pair| !waits(*pair)) {
        return Err(step.address.clone());
    }
    let mut done = vec![false; steps.len()];
    let mut left: Vec<StepId> = (0..steps.len()).collect();
    while let Some(first) = left.first().copied() {
        let before = left.len();
        left.retain(|id| {
            let ready = steps
                .get(*id)
                .is_some_and(|s| s.after.iter().all(|a| done.get(*a) == Some(&true)));
            if ready && let Some(is) = done.get_mut(*id) {
                *is = true;
            }
            !ready
        });
        if left.len() == before {
            return Err(steps
                .get(first)
                .map_or_else(|| Address::new("", ""), |s| s.address.clone()));
        }
    }
    Ok(())
}

fn ids(steps: impl Iterator<Item = (StepId, Stage)>, keep: impl Fn(Stage) -> bool) -> Vec<StepId> {
    steps
        .filter(|(_, stage)| keep(*stage))
        .map(|(id, _)| id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::DerivedEdge;
    use crate::model::{Desired, Place};
    use proptest::prelude::*;
    use serde_json::Value as Json;

    const STAGES: [Stage; 5] = [
        Stage::Identity,
        Stage::Create,
        Stage::Access,
        Stage::Replicate,
        Stage::Lock,
    ];

    fn desired(i: usize, needs: Vec<usize>) -> Desired {
        Desired {
            address: Address::new("k", format!("r{i}")),
            kind: "k".into(),
            place: Place {
                account: "a".into(),
                account_id: "111111111111".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
                project: "p".into(),
            },
            ident: format!("r{i}"),
            spec: Json::Null,
            kept_spec: None,
            depends_on: needs
                .into_iter()
                .map(|n| Address::new("k", format!("r{n}")))
                .collect(),
            span: None,
            location: None,
        }
    }

    proptest! {
        /// Whatever the declared edges (downwards, so acyclic), the derived ones (any) and the
        /// stages: every step can run, and locks run last within their component.
        #[test]
        fn steps_never_wait_in_a_circle(
            declared in proptest::collection::vec((1usize..8, 0usize..8), 0..12),
            derived in proptest::collection::vec((0usize..8, 0usize..8), 0..12),
            stages in proptest::collection::vec(proptest::collection::vec(0usize..5, 0..4), 8),
        ) {
            let resources: Vec<_> = (0..8)
                .map(|i| desired(i, declared.iter().filter(|(a, b)| *a == i && *b < i).map(|(_, b)| *b).collect()))
                .collect();
            let derived: Vec<_> = derived
                .into_iter()
                .filter(|(a, b)| a != b)
                .map(|(a, b)| DerivedEdge {
                    from: Address::new("k", format!("r{a}")),
                    to: Address::new("k", format!("r{b}")),
                })
                .collect();
            let graph = Graph::build(&resources, &derived).unwrap();
            let mut steps = Vec::new();
            for (i, mut own) in stages.into_iter().enumerate() {
                own.sort_unstable();
                for stage in own {
                    steps.push(Step {
                        address: Address::new("k", format!("r{i}")),
                        what: String::new(),
                        stage: STAGES[stage],
                        op: Json::Null,
                        after: vec![],
                        attributes: vec![],
                    });
                }
            }
            arrange(&mut steps, &graph);
            let mut done = vec![false; steps.len()];
            loop {
                let ready: Vec<_> = (0..steps.len())
                    .filter(|i| !done[*i] && steps[*i].after.iter().all(|a| done[*a]))
                    .collect();
                if ready.is_empty() {
                    break;
                }
                for i in ready {
                    done[i] = true;
                }
            }
            prop_assert!(done.iter().all(|d| *d));
        }
    }
}
