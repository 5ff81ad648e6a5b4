//! What was asked on the way to some nodes, with the answers: only where somebody wants to know why something cannot be done.

use super::actor::Actor;
use super::ask::{Answer, Denial};
use super::graph::{Certainty, Node};
use super::steps::called;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

/// Who does what.
#[derive(Debug, Clone)]
pub(super) struct Doing {
    who: Option<String>,
    does: String,
    /// Further permissions that it takes, which tell apart two ways of doing the same.
    with: &'static [&'static str],
}

impl Doing {
    /// Somebody does this.
    pub(super) fn by(who: &Actor, does: impl Into<String>) -> Self {
        Self {
            who: Some(called(who)),
            does: does.into(),
            with: &[],
        }
    }

    /// The same, with further permissions.
    pub(super) fn with(self, with: &'static [&'static str]) -> Self {
        Self { with, ..self }
    }

    /// What is done, whoever does it.
    fn way(&self) -> String {
        match self.with {
            [] => self.does.clone(),
            with => format!("{}, with {}", self.does, with.join(" and ")),
        }
    }

    /// This follows, or is done by whoever has what it needs.
    pub(super) fn itself(does: impl Into<String>) -> Self {
        Self {
            who: None,
            does: does.into(),
            with: &[],
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Some(who) => write!(f, "{who} {}", self.does),
            None => f.write_str(&self.does),
        }
    }
}

/// Somebody who may, or something that follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Open {
    pub who: Option<String>,
    pub needs: Vec<Node>,
    pub by: String,
    pub certainty: Certainty,
}

/// Somebody whom something forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub who: String,
    pub needs: Vec<Node>,
    pub denials: Vec<Denial>,
}

/// One way to a node, whoever takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub does: String,
    pub open: Vec<Open>,
    pub refused: Vec<Refused>,
}

/// All ways to the nodes that are wanted, in the order in which they were asked about.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    wanted: BTreeSet<Node>,
    ways: BTreeMap<Node, Vec<Asked>>,
    /// Where each way to a node stands there, by what is done.
    places: BTreeMap<Node, HashMap<String, usize>>,
}

impl Ledger {
    pub(super) fn of(wanted: BTreeSet<Node>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// Whether the ways to it are.
    pub(super) fn wants(&self, node: &Node) -> bool {
        self.wanted.contains(node)
    }

    /// The ways to a node.
    pub(super) fn ways(&self, to: &Node) -> &[Asked] {
        self.ways.get(to).map(Vec::as_slice).unwrap_or_default()
    }

    /// That a way was asked about, whoever may.
    pub(super) fn ask(&mut self, gives: &Node, doing: &Doing) -> Option<&mut Asked> {
        if !self.wanted.contains(gives) {
            return None;
        }
        let ways = self.ways.entry(gives.clone()).or_default();
        let places = self.places.entry(gives.clone()).or_default();
        let does = doing.way();
        let at = *places.entry(does.clone()).or_insert(ways.len());
        if at == ways.len() {
            ways.push(Asked {
                does,
                open: Vec::new(),
                refused: Vec::new(),
            });
        }
        ways.get_mut(at)
    }

    /// One answer.
    pub(super) fn note(&mut self, needs: &[Node], gives: &Node, doing: &Doing, answer: &Answer) {
        let Some(way) = self.ask(gives, doing) else { return };
        let (certainty, by) = match answer.clone() {
            Answer::No(denials) => {
                // Of somebody who was changed by others, as what.
                let who = needs
                    .iter()
                    .find(|need| matches!(need, Node::Acts(_)))
                    .map(Node::name);
                let who = who.filter(|_| doing.who.is_some() && !denials.is_empty());
                let refused = who.map(|who| Refused {
                    who,
                    needs: needs.to_vec(),
                    denials,
                });
                way.refused.extend(refused);
                return;
            }
            Answer::Yes(by) => (Certainty::Sure, by),
            Answer::If(why, by) => (Certainty::Depends(why), by),
            Answer::Unknown(why) => (Certainty::Unknown(why), String::new()),
        };
        let open = Open {
            who: doing.who.clone(),
            needs: needs.to_vec(),
            by,
            certainty,
        };
        way.open.push(open);
    }

    /// The same with each answer once.
    pub(super) fn settled(mut self) -> Self {
        for way in self.ways.values_mut().flatten() {
            let mut known = HashSet::new();
            way.open.retain(|open| known.insert(open.clone()));
            let mut known = HashSet::new();
            way.refused
                .retain(|refused| known.insert((refused.who.clone(), refused.denials.clone())));
        }
        self
    }

    /// Takes in what is possible once something more is done, which `more` adds to what it needs.
    pub(super) fn join(&mut self, freed: Self, more: impl Fn(&mut Vec<Node>)) {
        for (node, ways) in freed.ways {
            let known = self.ways.entry(node).or_default();
            for mut way in ways {
                let at = known.iter().position(|k| k.does == way.does);
                let Some(same) = at.and_then(|at| known.get_mut(at)) else {
                    way.open.iter_mut().for_each(|open| more(&mut open.needs));
                    known.push(way);
                    continue;
                };
                let bound: HashSet<&Open> = same.open.iter().collect();
                way.open.retain(|open| !bound.contains(open));
                way.open.iter_mut().for_each(|open| more(&mut open.needs));
                same.open.extend(way.open);
            }
        }
    }
}
