//! What leads to what, as an AND/OR graph: a step needs all of its premises, and what it gives may be
//! given by others too. Everything is monotone: holding more never undoes anything.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Something that an attacker has or has done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Acts as this identity (an ARN).
    Acts(String),
    /// Has a power over many of an account, in words: so that it is said once and not for each of them.
    Power(String),
    /// Has replaced the resource policy of this store or key (an ARN).
    Opened(String),
    /// Has taken away whatever keeps this store's contents from being deleted (an ARN).
    Unlocked(String),
    /// Can change the data of this asset (an address).
    Changes(String),
    /// Has made this key unusable (an ARN).
    KeyGone(String),
    /// Has destroyed this copy (its id).
    Gone(String),
}

impl Node {
    /// In a few words: of an identity, what follows the service.
    pub fn short(&self) -> &str {
        match self {
            Node::Acts(arn) => short_identity(arn),
            Node::Power(x)
            | Node::Opened(x)
            | Node::Unlocked(x)
            | Node::Changes(x)
            | Node::KeyGone(x)
            | Node::Gone(x) => x,
        }
    }
}

/// An identity's ARN from the account number on.
pub(super) fn short_identity(arn: &str) -> &str {
    arn.strip_prefix("arn:aws:iam::").unwrap_or(arn)
}

/// How sure it is that a step can be taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "certainty", content = "why")]
pub enum Certainty {
    /// By the documents that were read.
    Sure,
    /// When this condition is met.
    Depends(String),
    /// This could not be read or understood, so nobody can say that it is impossible.
    Unknown(String),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Step {
    /// All that it needs.
    pub needs: Vec<Node>,
    /// What it gives.
    pub gives: Node,
    /// What is done, and what allows it.
    pub because: String,
    /// Whether it can be taken.
    pub certainty: Certainty,
    /// Whether it follows by itself, so that there is no permission to take away.
    #[serde(skip)]
    pub follows: bool,
}

/// How many candidates times subsets are looked at before the search says "more than".
const PATIENCE: usize = 2_000_000;

/// The steps, indexed.
#[derive(Debug, Default)]
pub struct Graph {
    steps: Vec<Step>,
    names: Vec<Node>,
    ids: HashMap<Node, usize>,
    compiled: Vec<Compiled>,
    /// The steps that need a node.
    uses: Vec<Vec<usize>>,
    /// The steps that need nothing.
    free: Vec<usize>,
}

#[derive(Debug)]
struct Compiled {
    needs: usize,
    gives: usize,
}

/// What follows from something.
#[derive(Debug, Clone)]
pub struct Reached {
    have: Vec<bool>,
    by: Vec<Option<usize>>,
}

/// The smallest sets of identities that reach all goals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Smallest {
    /// One such set; none is smaller.
    Set(Vec<Node>),
    /// No set of known identities does.
    None,
    /// Every set of up to so many was tried.
    MoreThan(usize),
}

impl Graph {
    /// Of these steps.
    pub fn new(steps: Vec<Step>) -> Self {
        let mut graph = Self::default();
        for step in steps {
            let gives = graph.intern(&step.gives);
            let needs: BTreeSet<usize> = step.needs.iter().map(|n| graph.intern(n)).collect();
            let at = graph.steps.len();
            if needs.is_empty() {
                graph.free.push(at);
            }
            for need in &needs {
                if let Some(uses) = graph.uses.get_mut(*need) {
                    uses.push(at);
                }
            }
            graph.compiled.push(Compiled {
                needs: needs.len(),
                gives,
            });
            graph.steps.push(step);
        }
        graph
    }

    /// All steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    fn intern(&mut self, node: &Node) -> usize {
        if let Some(id) = self.ids.get(node) {
            return *id;
        }
        let id = self.names.len();
        self.names.push(node.clone());
        self.uses.push(Vec::new());
        self.ids.insert(node.clone(), id);
        id
    }

    /// What follows from holding these. Only steps that `may` be taken are.
    pub fn reach<'n>(
        &self,
        from: impl IntoIterator<Item = &'n Node>,
        may: impl Fn(&Step) -> bool,
    ) -> Reached {
        let start: Vec<usize> = from
            .into_iter()
            .filter_map(|n| self.ids.get(n).copied())
            .collect();
        self.spread(&start, &may)
    }

    fn spread(&self, start: &[usize], may: &dyn Fn(&Step) -> bool) -> Reached {
        let mut reached = Reached {
            have: vec![false; self.names.len()],
            by: vec![None; self.names.len()],
        };
        let mut missing: Vec<usize> = self.compiled.iter().map(|c| c.needs).collect();
        let mut queue: Vec<usize> = Vec::new();
        for node in start {
            if let Some(have) = reached.have.get_mut(*node)
                && !std::mem::replace(have, true)
            {
                queue.push(*node);
            }
        }
        let take = |at: usize, reached: &mut Reached, queue: &mut Vec<usize>| {
            let (Some(step), Some(compiled)) = (self.steps.get(at), self.compiled.get(at)) else {
                return;
            };
            if !may(step) {
                return;
            }
            if let Some(have) = reached.have.get_mut(compiled.gives)
                && !std::mem::replace(have, true)
            {
                if let Some(by) = reached.by.get_mut(compiled.gives) {
                    *by = Some(at);
                }
                queue.push(compiled.gives);
            }
        };
        for at in &self.free {
            take(*at, &mut reached, &mut queue);
        }
        while let Some(node) = queue.pop() {
            for at in self.uses.get(node).into_iter().flatten() {
                let Some(left) = missing.get_mut(*at) else {
                    continue;
                };
                *left = left.saturating_sub(1);
                if *left == 0 {
                    take(*at, &mut reached, &mut queue);
                }
            }
        }
        reached
    }

    /// Whether something has been reached.
    pub fn has(&self, reached: &Reached, node: &Node) -> bool {
        self.ids
            .get(node)
            .and_then(|id| reached.have.get(*id))
            .is_some_and(|have| *have)
    }

    /// The steps that led to something, premises first.
    pub fn path(&self, reached: &Reached, goal: &Node) -> Vec<&Step> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut stack: Vec<(usize, bool)> = self.ids.get(goal).map(|id| (*id, false)).into_iter().collect();
        while let Some((node, done)) = stack.pop() {
            let Some(at) = reached.by.get(node).copied().flatten() else {
                continue;
            };
            let Some(step) = self.steps.get(at) else { continue };
            if done {
                order.push(step);
                continue;
            }
            if !seen.insert(node) {
                continue;
            }
            stack.push((node, true));
            for need in step.needs.iter().rev() {
                stack.extend(self.ids.get(need).map(|id| (*id, false)));
            }
        }
        order
    }

    /// The smallest set of `candidates` from which all `goals` follow, exactly.
    ///
    /// A candidate from which nothing follows that does not follow from another one can be left
    /// out: whatever a set does with it, the set does with the other in its place.
    pub fn smallest(&self, candidates: &[Node], goals: &[Node], may: impl Fn(&Step) -> bool) -> Smallest {
        let may: &dyn Fn(&Step) -> bool = &may;
        let goal_ids: Option<Vec<usize>> = goals.iter().map(|g| self.ids.get(g).copied()).collect();
        let Some(goal_ids) = goal_ids else {
            return Smallest::None;
        };
        let reaches = |start: &[usize]| {
            let reached = self.spread(start, may);
            goal_ids
                .iter()
                .all(|g| reached.have.get(*g).is_some_and(|have| *have))
        };
        let all: Vec<usize> = candidates
            .iter()
            .filter_map(|c| self.ids.get(c).copied())
            .collect();
        if !reaches(&all) {
            return Smallest::None;
        }
        if reaches(&[]) {
            return Smallest::Set(Vec::new());
        }
        let strong = self.undominated(&all, may);
        let mut tried = 0usize;
        for size in 1..=strong.len() {
            match self.subsets(&strong, size, &mut tried, &reaches) {
                Found::Set(ids) => {
                    let names = ids.iter().filter_map(|id| self.names.get(*id).cloned());
                    return Smallest::Set(names.collect());
                }
                Found::Nothing => {}
                Found::Tired => return Smallest::MoreThan(size.saturating_sub(1)),
            }
        }
        Smallest::None
    }

    fn undominated(&self, all: &[usize], may: &dyn Fn(&Step) -> bool) -> Vec<usize> {
        // Of identities that can do the same, the first by name stands for all.
        let mut by_power: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for id in all {
            let reached = self.spread(&[*id], may);
            let mut power: Vec<usize> = (0..reached.have.len())
                .filter(|i| reached.have.get(*i).is_some_and(|h| *h))
                .collect();
            if power.len() == 1 && self.uses.get(*id).is_none_or(Vec::is_empty) {
                continue;
            }
            // Being oneself is no power over anything unless a step needs it together with others.
            if !self.needed_with_others(*id) {
                power.retain(|p| p != id);
            }
            by_power.entry(power).or_insert(*id);
        }
        let sets: Vec<(BTreeSet<usize>, usize)> = by_power
            .into_iter()
            .map(|(power, id)| (power.into_iter().collect(), id))
            .collect();
        sets.iter()
            .enumerate()
            .filter(|(i, (power, _))| {
                !sets
                    .iter()
                    .enumerate()
                    .any(|(j, (other, _))| j != *i && other.len() > power.len() && power.is_subset(other))
            })
            .map(|(_, (_, id))| *id)
            .collect()
    }

    fn needed_with_others(&self, id: usize) -> bool {
        self.uses
            .get(id)
            .into_iter()
            .flatten()
            .any(|at| self.compiled.get(*at).is_some_and(|c| c.needs > 1))
    }

    fn subsets(
        &self,
        from: &[usize],
        size: usize,
        tried: &mut usize,
        reaches: &dyn Fn(&[usize]) -> bool,
    ) -> Found {
        let cost = self.steps.len().max(1);
        let mut chosen: Vec<usize> = (0..size).collect();
        loop {
            *tried = tried.saturating_add(1);
            if tried.saturating_mul(cost) > PATIENCE.saturating_mul(200) {
                return Found::Tired;
            }
            let set: Vec<usize> = chosen.iter().filter_map(|i| from.get(*i).copied()).collect();
            if reaches(&set) {
                return Found::Set(set);
            }
            if !advance(&mut chosen, from.len()) {
                return Found::Nothing;
            }
        }
    }
}

enum Found {
    Set(Vec<usize>),
    Nothing,
    Tired,
}

/// The next combination in order; false after the last.
fn advance(chosen: &mut [usize], of: usize) -> bool {
    let size = chosen.len();
    for i in (0..size).rev() {
        let Some(at) = chosen.get(i).copied() else {
            return false;
        };
        if at + size - i < of {
            for (offset, slot) in chosen.iter_mut().skip(i).enumerate() {
                *slot = at + 1 + offset;
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn acts(name: &str) -> Node {
        Node::Acts(name.into())
    }

    fn gone(name: &str) -> Node {
        Node::Gone(name.into())
    }

    fn step(needs: &[Node], gives: Node) -> Step {
        Step {
            needs: needs.to_vec(),
            gives,
            because: "test".into(),
            certainty: Certainty::Sure,
            follows: false,
        }
    }

    #[test]
    fn one_who_becomes_another_is_enough() {
        let graph = Graph::new(vec![
            step(&[acts("a")], acts("b")),
            step(&[acts("b")], gone("1")),
            step(&[acts("c")], gone("2")),
            step(&[acts("b")], acts("c")),
        ]);
        let all = [acts("a"), acts("b"), acts("c")];
        let goals = [gone("1"), gone("2")];
        let Smallest::Set(set) = graph.smallest(&all, &goals, |_| true) else {
            panic!("no set");
        };
        assert_eq!(set.len(), 1);
        let reached = graph.reach([&acts("a")], |_| true);
        let path: Vec<_> = graph
            .path(&reached, &gone("2"))
            .into_iter()
            .map(|s| s.gives.clone())
            .collect();
        assert_eq!(path, [acts("b"), acts("c"), gone("2")]);
    }

    #[test]
    fn two_who_must_act_together() {
        let graph = Graph::new(vec![
            step(&[acts("a")], Node::Opened("x".into())),
            step(&[acts("b"), Node::Opened("x".into())], gone("1")),
        ]);
        let all = [acts("a"), acts("b"), acts("c")];
        let found = graph.smallest(&all, &[gone("1")], |_| true);
        assert_eq!(found, Smallest::Set(vec![acts("a"), acts("b")]));
        assert_eq!(graph.smallest(&all[..1], &[gone("1")], |_| true), Smallest::None);
    }

    #[test]
    fn what_nobody_can_destroy_has_no_set() {
        let graph = Graph::new(vec![step(&[acts("a")], gone("1"))]);
        let found = graph.smallest(&[acts("a")], &[gone("1"), gone("2")], |_| true);
        assert_eq!(found, Smallest::None);
    }

    fn any_steps() -> impl Strategy<Value = Vec<Step>> {
        let node = prop_oneof![
            (0..6usize).prop_map(|i| acts(&i.to_string())),
            (0..3usize).prop_map(|i| Node::Opened(i.to_string())),
            (0..3usize).prop_map(|i| gone(&i.to_string())),
        ];
        let one =
            (prop::collection::vec(node.clone(), 1..3), node).prop_map(|(needs, gives)| step(&needs, gives));
        prop::collection::vec(one, 0..18)
    }

    proptest! {
        /// The search agrees with trying every subset of the identities.
        #[test]
        fn smallest_is_smallest(steps in any_steps()) {
            let graph = Graph::new(steps);
            let all: Vec<Node> = (0..6).map(|i| acts(&i.to_string())).collect();
            let goals = [gone("0"), gone("1")];
            let reaches = |mask: u32| {
                let set: Vec<&Node> =
                    all.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0).map(|(_, n)| n).collect();
                let reached = graph.reach(set, |_| true);
                goals.iter().all(|g| graph.has(&reached, g))
            };
            let brute = (0u32..64).filter(|m| reaches(*m)).map(u32::count_ones).min();
            match graph.smallest(&all, &goals, |_| true) {
                Smallest::Set(set) => prop_assert_eq!(Some(set.len() as u32), brute),
                Smallest::None => prop_assert_eq!(None, brute),
                Smallest::MoreThan(_) => prop_assert!(false, "gave up on six identities"),
            }
        }

        /// Holding more never reaches less.
        #[test]
        fn reach_is_monotone(steps in any_steps(), more in 0usize..6) {
            let graph = Graph::new(steps);
            let less = graph.reach([&acts("0")], |_| true);
            let extra = acts(&more.to_string());
            let all = graph.reach([&acts("0"), &extra], |_| true);
            for (a, b) in less.have.iter().zip(&all.have) {
                prop_assert!(!a || *b);
            }
        }
    }
}
