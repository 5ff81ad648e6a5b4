//! The fewest identities that reach something together, exactly.

use super::bits::Bits;
use super::graph::{Graph, May, Node, Reached, Step, Toward};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// How many subsets are looked at before the search says "more than".
const PATIENCE: usize = 20_000;

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

/// What each of some identities reaches by itself.
#[derive(Debug)]
pub struct Powers {
    may: May,
    /// Each with all that follows from it.
    each: Vec<(usize, Bits)>,
    /// Where each stands there.
    place: HashMap<usize, usize>,
    all: Bits,
}

impl Powers {
    /// Of these candidates.
    pub fn new(graph: &Graph, candidates: &[Node], may: May) -> Self {
        let ids: Vec<usize> = candidates.iter().filter_map(|c| graph.id(c)).collect();
        // Those who become one another, in a ring or otherwise, reach the same.
        let mut known: HashMap<usize, Bits> = HashMap::new();
        for id in &ids {
            if known.contains_key(id) {
                continue;
            }
            let have = graph.spread(&[*id], may).have;
            for other in graph.alike(*id, may, &have) {
                known.insert(other, have.clone());
            }
        }
        let power = |id: &usize| Some((*id, known.get(id)?.clone()));
        Self {
            may,
            place: ids.iter().enumerate().map(|(n, id)| (*id, n)).collect(),
            each: ids.iter().filter_map(power).collect(),
            all: graph.spread(&ids, may).have,
        }
    }

    /// What one of them reaches; `None` for whom no step knows.
    pub fn reaches(&self, graph: &Graph, who: &Node, goal: &Node) -> bool {
        let (Some(who), Some(goal)) = (graph.id(who), graph.id(goal)) else {
            return false;
        };
        let power = self.place.get(&who).and_then(|n| self.each.get(*n));
        power.is_some_and(|(_, power)| power.has(goal))
    }

    /// Whether all of them together reach it.
    pub fn together(&self, graph: &Graph, goal: &Node) -> bool {
        graph.id(goal).is_some_and(|goal| self.all.has(goal))
    }

    /// The smallest set from which all `goals` follow.
    ///
    /// A candidate from which nothing follows that matters and does not follow from another one can be left
    /// out: whatever a set does with it, the set does with the other in its place. What matters are the goals,
    /// and what a step on the way to them needs together with something else.
    pub fn smallest(&self, graph: &Graph, goals: &[Node]) -> Smallest {
        let Some(asked) = Asked::new(graph, goals, self) else {
            return Smallest::None;
        };
        asked.search(&self.each)
    }

    /// How many it takes when steps of one reason are taken away; `None` when it takes no more than `today`.
    pub fn rises_without(&self, graph: &Graph, goals: &[Node], step: &Step, today: usize) -> bool {
        let Some(mut asked) = Asked::new(graph, goals, self) else {
            return false;
        };
        asked.may = graph.without(self.may, step);
        let needs: Vec<usize> = step.needs.iter().filter_map(|n| graph.id(n)).collect();
        // Whoever reaches not all that the step needs alone may still use it together with others.
        let uses = |power: &Bits| needs.iter().any(|n| power.has(*n));
        let spared: Vec<(usize, Bits)> = self
            .each
            .iter()
            .filter(|(_, power)| !uses(power))
            .cloned()
            .collect();
        if size(&asked.search(&spared)) <= today {
            return false;
        }
        let mut all = spared;
        for (id, _) in self.each.iter().filter(|(_, power)| uses(power)) {
            let reached = asked.reached(&[*id]);
            if today == 1 && reached.have.covers(&asked.goals) {
                return false;
            }
            all.push((*id, reached.have));
        }
        size(&asked.search(&all)) > today
    }
}

/// How many identities; a number that is more than any for none.
pub(super) fn size(set: &Smallest) -> usize {
    match set {
        Smallest::Set(members) => members.len(),
        Smallest::MoreThan(n) => n.saturating_add(1),
        Smallest::None => usize::MAX,
    }
}

/// One question: the goals, and what bears on them.
struct Asked<'g> {
    graph: &'g Graph,
    may: May,
    goals: Bits,
    toward: Toward<'g>,
}

impl<'g> Asked<'g> {
    /// `None` when all candidates together do not reach the goals.
    fn new(graph: &'g Graph, goals: &[Node], powers: &Powers) -> Option<Self> {
        let ids: Option<Vec<usize>> = goals.iter().map(|g| graph.id(g)).collect();
        let ids = ids?;
        let mut wanted = Bits::of(graph.size());
        for id in &ids {
            wanted.insert(*id);
        }
        if !powers.all.covers(&wanted) {
            return None;
        }
        Some(Self {
            graph,
            may: powers.may,
            goals: wanted,
            toward: graph.toward(&ids),
        })
    }

    /// What tells candidates apart.
    fn matters(&self) -> Bits {
        let mut matters = self.goals.clone();
        for node in self.graph.joint(&self.toward.relevant) {
            matters.insert(node);
        }
        matters
    }

    fn search(&self, candidates: &[(usize, Bits)]) -> Smallest {
        if self.reached(&[]).have.covers(&self.goals) {
            return Smallest::Set(Vec::new());
        }
        // The first of the most powerful stands for all who do it alone.
        let alone = candidates.iter().filter(|(_, power)| power.covers(&self.goals));
        let most = alone.rev().max_by_key(|(_, power)| power.len());
        if let Some((id, _)) = most {
            return Smallest::Set(self.names(&[*id]));
        }
        let strong = self.undominated(candidates);
        let mut tried = 0usize;
        for size in 2..=strong.len() {
            let mut chosen: Vec<usize> = (0..size).collect();
            loop {
                tried = tried.saturating_add(1);
                if tried > PATIENCE {
                    return Smallest::MoreThan(size.saturating_sub(1));
                }
                let set: Vec<usize> = chosen.iter().filter_map(|i| strong.get(*i).copied()).collect();
                if self.reached(&set).have.covers(&self.goals) {
                    return Smallest::Set(self.names(&set));
                }
                if !advance(&mut chosen, strong.len()) {
                    break;
                }
            }
        }
        Smallest::None
    }

    fn reached(&self, set: &[usize]) -> Reached {
        self.toward.spread(set, self.may)
    }

    fn names(&self, ids: &[usize]) -> Vec<Node> {
        ids.iter()
            .filter_map(|id| self.graph.name(*id).cloned())
            .collect()
    }

    fn undominated(&self, candidates: &[(usize, Bits)]) -> Vec<usize> {
        // Of identities that can do the same, the first stands for all.
        let matters = self.matters();
        let mut by_power: BTreeMap<Bits, usize> = BTreeMap::new();
        for (id, power) in candidates {
            let power = power.and(&matters);
            if power.len() > 0 {
                by_power.entry(power).or_insert(*id);
            }
        }
        let sets: Vec<(Bits, usize)> = by_power.into_iter().collect();
        let mut strong: Vec<usize> = sets
            .iter()
            .filter(|(power, id)| {
                !sets
                    .iter()
                    .any(|(other, of)| of != id && other.covers(power) && other != power)
            })
            .map(|(_, id)| *id)
            .collect();
        strong.sort_by_key(|id| candidates.iter().position(|(c, _)| c == id));
        strong
    }
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
    use crate::prove::attack::graph::Certainty;
    use proptest::prelude::*;

    fn smallest(graph: &Graph, candidates: &[Node], goals: &[Node]) -> Smallest {
        Powers::new(graph, candidates, May::ANY).smallest(graph, goals)
    }

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
        let Smallest::Set(set) = smallest(&graph, &all, &goals) else {
            panic!("no set");
        };
        assert_eq!(set.len(), 1);
        let reached = graph.reach([&acts("a")], May::ANY);
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
        let found = smallest(&graph, &all, &[gone("1")]);
        assert_eq!(found, Smallest::Set(vec![acts("a"), acts("b")]));
        assert_eq!(smallest(&graph, &all[..1], &[gone("1")]), Smallest::None);
    }

    #[test]
    fn what_nobody_can_destroy_has_no_set() {
        let graph = Graph::new(vec![step(&[acts("a")], gone("1"))]);
        let found = smallest(&graph, &[acts("a")], &[gone("1"), gone("2")]);
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
                let reached = graph.reach(set, May::ANY);
                goals.iter().all(|g| graph.has(&reached, g))
            };
            let brute = (0u32..64).filter(|m| reaches(*m)).map(u32::count_ones).min();
            match smallest(&graph, &all, &goals) {
                Smallest::Set(set) => prop_assert_eq!(Some(set.len() as u32), brute),
                Smallest::None => prop_assert_eq!(None, brute),
                Smallest::MoreThan(_) => prop_assert!(false, "gave up on six identities"),
            }
        }

        /// Those who become one another reach what each reaches alone.
        #[test]
        fn powers_are_what_each_reaches(steps in any_steps()) {
            let graph = Graph::new(steps);
            let all: Vec<Node> = (0..6).map(|i| acts(&i.to_string())).collect();
            let powers = Powers::new(&graph, &all, May::ANY);
            for (id, power) in &powers.each {
                prop_assert_eq!(power, &graph.spread(&[*id], May::ANY).have);
            }
            let known = all.iter().filter(|n| graph.id(n).is_some());
            prop_assert_eq!(powers.each.len(), known.count());
        }

        /// The part that leads to a goal leads there as the whole does.
        #[test]
        fn a_part_finds_the_same_path(steps in any_steps(), from in 0usize..6) {
            let graph = Graph::new(steps);
            let (from, goal) = (acts(&from.to_string()), gone("0"));
            let whole = graph.reach([&from], May::ANY);
            let part = graph.leading_to(std::slice::from_ref(&goal)).reach(&[from], May::ANY);
            prop_assert_eq!(graph.has(&whole, &goal), graph.has(&part, &goal));
            prop_assert_eq!(graph.path(&whole, &goal), graph.path(&part, &goal));
        }

        /// Holding more never reaches less.
        #[test]
        fn reach_is_monotone(steps in any_steps(), more in 0usize..6) {
            let graph = Graph::new(steps);
            let less = graph.reach([&acts("0")], May::ANY);
            let extra = acts(&more.to_string());
            let all = graph.reach([&acts("0"), &extra], May::ANY);
            prop_assert!(all.have.covers(&less.have));
        }
    }
}
