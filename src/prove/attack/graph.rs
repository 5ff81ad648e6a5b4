//! What leads to what, as an AND/OR graph: a step needs all of its premises, and what it gives may be
//! given by others too. Everything is monotone: holding more never undoes anything.

use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Something that an attacker has or has done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Acts as this identity (an ARN).
    Acts(String),
    /// Has a power over many of an account, in words: so that it is said once and not for each of them.
    Power(String),
    /// Has lifted the organization's policies off this account.
    Unbound(String),
    /// Has replaced the resource policy of this store or key (an ARN).
    Opened(String),
    /// Has taken away the resource policy of this store (an ARN).
    Stripped(String),
    /// Has taken away whatever keeps this store's contents from being deleted (an ARN).
    Unlocked(String),
    /// Has suspended versioning in this bucket (an ARN).
    Suspended(String),
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
            | Node::Unbound(x)
            | Node::Opened(x)
            | Node::Stripped(x)
            | Node::Unlocked(x)
            | Node::Suspended(x)
            | Node::Changes(x)
            | Node::KeyGone(x)
            | Node::Gone(x) => x,
        }
    }
}

/// An identity's ARN from the account number on.
pub(super) fn short_identity(arn: &str) -> &str {
    let rest = arn
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"));
    rest.filter(|(partition, _)| !partition.contains(':'))
        .map_or(arn, |(_, identity)| identity)
}

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
}

/// A set of nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn of(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    /// Whether it is new there.
    pub(super) fn insert(&mut self, at: usize) -> bool {
        let mask = 1 << (at % 64);
        match self.0.get_mut(at / 64) {
            Some(word) if *word & mask == 0 => {
                *word |= mask;
                true
            }
            _ => false,
        }
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & b == *b)
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|w| w.count_ones()).sum()
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

    /// Everything that may take part in reaching the goals.
    pub(super) fn before(&self, goals: &[usize]) -> Bits {
        let mut relevant = Bits::of(self.size());
        let mut queue: Vec<usize> = goals.to_vec();
        for goal in goals {
            relevant.insert(*goal);
        }
        while let Some(node) = queue.pop() {
            for at in self.gives.get(node).into_iter().flatten() {
                for need in self.compiled.get(*at).into_iter().flat_map(|c| &c.needs) {
                    if relevant.insert(*need) {
                        queue.push(*need);
                    }
                }
            }
        }
        relevant
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
        self.spread(&start, may, None)
    }

    /// As far as it may lead to the goals.
    pub(super) fn toward(&self, from: &[Node], may: May, within: &Bits) -> Reached {
        let start: Vec<usize> = from.iter().filter_map(|n| self.id(n)).collect();
        self.spread(&start, may, Some(within))
    }

    /// Everything that may take part in reaching these.
    pub(super) fn leading_to(&self, goals: &[Node]) -> Bits {
        let ids: Vec<usize> = goals.iter().filter_map(|g| self.id(g)).collect();
        self.before(&ids)
    }

    /// The same by number; only nodes of `within` are looked at.
    pub(super) fn spread(&self, start: &[usize], may: May, within: Option<&Bits>) -> Reached {
        let mut reached = Reached {
            have: Bits::of(self.size()),
            by: vec![NOTHING; self.size()],
        };
        let mut queue: Vec<usize> = start
            .iter()
            .copied()
            .filter(|node| reached.have.insert(*node))
            .collect();
        for at in &self.free {
            self.take(*at, may, within, &mut reached, &mut queue);
        }
        while let Some(node) = queue.pop() {
            for at in self.uses.get(node).into_iter().flatten() {
                self.take(*at, may, within, &mut reached, &mut queue);
            }
        }
        reached
    }

    fn take(
        &self,
        at: usize,
        may: May,
        within: Option<&Bits>,
        reached: &mut Reached,
        queue: &mut Vec<usize>,
    ) {
        let Some(step) = self.compiled.get(at) else {
            return;
        };
        if reached.have.has(step.gives)
            || within.is_some_and(|within| !within.has(step.gives))
            || !(step.sure || may.unsure)
            || may.without == Some(step.reason)
            || !step.needs.iter().all(|n| reached.have.has(*n))
        {
            return;
        }
        reached.have.insert(step.gives);
        if let Some(by) = reached.by.get_mut(step.gives) {
            *by = at;
        }
        queue.push(step.gives);
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
