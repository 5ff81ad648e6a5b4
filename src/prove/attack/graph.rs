//! What leads to what, as an AND/OR graph: a step needs all of its premises, and what it gives may be
//! given by others too. Everything is monotone: holding more never undoes anything.

use super::bits::Bits;
pub use super::node::Node;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// How sure it is that a step can be taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
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

/// Which steps are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    unsure: bool,
    /// Without what is done for this reason.
    without: Option<usize>,
}

impl May {
    /// Those that certainly can be.
    pub const SURE: Self = Self {
        unsure: false,
        without: None,
    };
    /// Those that are not ruled out.
    pub const ANY: Self = Self {
        unsure: true,
        without: None,
    };

    fn take(self, step: &Compiled) -> bool {
        (step.sure || self.unsure) && self.without != Some(step.reason)
    }
}

/// The steps, indexed.
#[derive(Debug, Default)]
pub struct Graph {
    steps: Vec<Step>,
    names: Vec<Node>,
    ids: HashMap<Node, usize>,
    compiled: Vec<Compiled>,
    /// The steps that need a node.
    uses: Vec<Vec<usize>>,
    /// The steps that give a node.
    gives: Vec<Vec<usize>>,
    /// The steps that need nothing.
    free: Vec<usize>,
}

#[derive(Debug)]
struct Compiled {
    needs: Vec<usize>,
    gives: usize,
    sure: bool,
    /// Steps of one reason stand and fall together.
    reason: usize,
}

/// What follows from something.
#[derive(Debug, Clone)]
pub struct Reached {
    pub(super) have: Bits,
    /// The step that gave each node; [`NOTHING`] for what was held or not reached.
    by: Vec<usize>,
}

const NOTHING: usize = usize::MAX;

/// The part of a graph that leads to some goals.
#[derive(Debug)]
pub(super) struct Toward<'g> {
    graph: &'g Graph,
    goals: Vec<usize>,
    /// Everything that may take part in reaching them.
    pub(super) relevant: Bits,
    /// The steps that need a node.
    uses: Vec<Vec<usize>>,
    /// The steps that need nothing.
    free: Vec<usize>,
}

impl Toward<'_> {
    /// What follows from holding these, until every goal does.
    pub(super) fn reach(&self, from: &[Node], may: May) -> Reached {
        let start: Vec<usize> = from.iter().filter_map(|n| self.graph.id(n)).collect();
        self.spread(&start, may)
    }

    /// The same by number.
    pub(super) fn spread(&self, start: &[usize], may: May) -> Reached {
        self.graph.follow(&self.uses, &self.free, start, may, &self.goals)
    }
}

impl Graph {
    /// Of these steps.
    pub fn new(steps: Vec<Step>) -> Self {
        let mut graph = Self::default();
        let mut reasons: HashMap<String, usize> = HashMap::new();
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
            if let Some(by) = graph.gives.get_mut(gives) {
                by.push(at);
            }
            let next = reasons.len();
            let reason = *reasons.entry(step.because.clone()).or_insert(next);
            graph.compiled.push(Compiled {
                needs: needs.into_iter().collect(),
                gives,
                sure: step.certainty == Certainty::Sure,
                reason,
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
        self.gives.push(Vec::new());
        self.ids.insert(node.clone(), id);
        id
    }

    pub(super) fn id(&self, node: &Node) -> Option<usize> {
        self.ids.get(node).copied()
    }

    pub(super) fn name(&self, id: usize) -> Option<&Node> {
        self.names.get(id)
    }

    pub(super) fn size(&self) -> usize {
        self.names.len()
    }

    /// The same steps without those of one step's reason.
    pub(super) fn without(&self, may: May, step: &Step) -> May {
        let reason = self
            .id(&step.gives)
            .and_then(|gives| self.gives.get(gives))
            .into_iter()
            .flatten()
            .find(|at| self.steps.get(**at).is_some_and(|s| s.because == step.because))
            .and_then(|at| self.compiled.get(*at))
            .map(|c| c.reason);
        May {
            without: reason,
            ..may
        }
    }

    /// The part that leads to these nodes.
    pub(super) fn toward(&self, goals: &[usize]) -> Toward<'_> {
        let mut relevant = Bits::of(self.size());
        let mut queue: Vec<usize> = goals.to_vec();
        for goal in goals {
            relevant.insert(*goal);
        }
        let mut steps: Vec<usize> = Vec::new();
        while let Some(node) = queue.pop() {
            for at in self.gives.get(node).into_iter().flatten() {
                steps.push(*at);
                for need in self.compiled.get(*at).into_iter().flat_map(|c| &c.needs) {
                    if relevant.insert(*need) {
                        queue.push(*need);
                    }
                }
            }
        }
        // In the order of the whole graph, so that the same path is found.
        steps.sort_unstable();
        steps.dedup();
        let mut uses = vec![Vec::new(); self.size()];
        let mut free = Vec::new();
        for at in steps {
            let needs = self
                .compiled
                .get(at)
                .map(|c| c.needs.as_slice())
                .unwrap_or_default();
            if needs.is_empty() {
                free.push(at);
            }
            for need in needs {
                if let Some(uses) = uses.get_mut(*need) {
                    uses.push(at);
                }
            }
        }
        Toward {
            graph: self,
            goals: goals.to_vec(),
            relevant,
            uses,
            free,
        }
    }

    /// The same by name.
    pub(super) fn leading_to(&self, goals: &[Node]) -> Toward<'_> {
        let ids: Vec<usize> = goals.iter().filter_map(|g| self.id(g)).collect();
        self.toward(&ids)
    }

    /// Of what follows from a node, all that leads back to it by itself, the node included: the same follows from each.
    pub(super) fn alike(&self, node: usize, may: May, follows: &Bits) -> Vec<usize> {
        let mut seen = Bits::of(self.size());
        seen.insert(node);
        let mut found = Vec::new();
        let mut queue = vec![node];
        while let Some(node) = queue.pop() {
            found.push(node);
            let steps = self.gives.get(node).into_iter().flatten();
            for step in steps.filter_map(|at| self.compiled.get(*at)) {
                if let [need] = step.needs.as_slice()
                    && may.take(step)
                    && follows.has(*need)
                    && seen.insert(*need)
                {
                    queue.push(*need);
                }
            }
        }
        found
    }

    /// Of these nodes, those that a step needs together with others.
    pub(super) fn joint(&self, among: &Bits) -> Vec<usize> {
        let together = |at: &usize| {
            let step = self.compiled.get(*at);
            step.is_some_and(|c| c.needs.len() > 1 && among.has(c.gives))
        };
        (0..self.size())
            .filter(|node| among.has(*node))
            .filter(|node| self.uses.get(*node).is_some_and(|uses| uses.iter().any(together)))
            .collect()
    }

    /// What follows from holding these, by steps that may be taken.
    pub fn reach<'n>(&self, from: impl IntoIterator<Item = &'n Node>, may: May) -> Reached {
        let start: Vec<usize> = from.into_iter().filter_map(|n| self.id(n)).collect();
        self.spread(&start, may)
    }

    /// The same by number.
    pub(super) fn spread(&self, start: &[usize], may: May) -> Reached {
        self.follow(&self.uses, &self.free, start, may, &[])
    }

    /// By these steps alone, until all of `goals` are reached if there are any.
    fn follow(
        &self,
        uses: &[Vec<usize>],
        free: &[usize],
        start: &[usize],
        may: May,
        goals: &[usize],
    ) -> Reached {
        let mut reached = Reached {
            have: Bits::of(self.size()),
            by: vec![NOTHING; self.size()],
        };
        let mut queue: Vec<usize> = start
            .iter()
            .copied()
            .filter(|node| reached.have.insert(*node))
            .collect();
        for at in free {
            queue.extend(self.take(*at, may, &mut reached));
        }
        while let Some(node) = queue.pop() {
            for at in uses.get(node).into_iter().flatten() {
                let Some(new) = self.take(*at, may, &mut reached) else {
                    continue;
                };
                // What led to them is known by now, and no later step changes it.
                if goals.contains(&new) && goals.iter().all(|goal| reached.have.has(*goal)) {
                    return reached;
                }
                queue.push(new);
            }
        }
        reached
    }

    /// What a step gives anew, if it can be taken.
    fn take(&self, at: usize, may: May, reached: &mut Reached) -> Option<usize> {
        let step = self.compiled.get(at)?;
        if reached.have.has(step.gives) || !may.take(step) || !step.needs.iter().all(|n| reached.have.has(*n))
        {
            return None;
        }
        reached.have.insert(step.gives);
        if let Some(by) = reached.by.get_mut(step.gives) {
            *by = at;
        }
        Some(step.gives)
    }

    /// All that would have to be reached first for a goal that is not, the goal included and the nearest first.
    pub(super) fn lacking(&self, reached: &Reached, goal: &Node) -> Vec<Node> {
        let Some(goal) = self.id(goal) else {
            return vec![goal.clone()];
        };
        let mut seen = Bits::of(self.size());
        seen.insert(goal);
        let mut order = vec![goal];
        let mut next = 0;
        while let Some(node) = order.get(next).copied() {
            next += 1;
            let steps = self.gives.get(node).into_iter().flatten();
            for step in steps.filter_map(|at| self.compiled.get(*at)) {
                let missing = step.needs.iter().filter(|need| !reached.have.has(**need));
                order.extend(missing.filter(|need| seen.insert(**need)));
            }
        }
        order.iter().filter_map(|id| self.name(*id).cloned()).collect()
    }

    /// Whether something has been reached.
    pub fn has(&self, reached: &Reached, node: &Node) -> bool {
        self.id(node).is_some_and(|id| reached.have.has(id))
    }

    /// The steps that led to something, premises first.
    pub fn path(&self, reached: &Reached, goal: &Node) -> Vec<&Step> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut stack: Vec<(usize, bool)> = self.id(goal).map(|id| (id, false)).into_iter().collect();
        while let Some((node, done)) = stack.pop() {
            let at = reached.by.get(node).copied().unwrap_or(NOTHING);
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
                stack.extend(self.id(need).map(|id| (id, false)));
            }
        }
        order
    }
}
