//! The smallest set of identities that destroys every copy of an asset, how, and what would call for more of them.

use super::Attack;
use super::graph::{May, Node, Step};
use super::smallest::{Smallest, size};
use crate::prove::copy::Copy;
use serde::Serialize;

/// The smallest set of identities that destroys every copy of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Destroying {
    /// By what certainly can be done.
    pub set: Smallest,
    /// How, step by step.
    pub path: Vec<Step>,
    /// What single step, taken away, would call for more identities or make it impossible.
    pub raised_by: Vec<String>,
    /// Whether an even smaller set may exist, since something could not be read or depends on conditions.
    pub maybe: Option<Smallest>,
    /// Copies that no known identity can destroy.
    pub out_of_reach: Vec<String>,
}

impl Attack {
    /// The smallest set of identities that destroys all of these copies.
    pub fn destroying(&self, copies: &[&Copy]) -> Destroying {
        let goals: Vec<Node> = copies.iter().map(|c| Node::Gone(c.id.clone())).collect();
        let set = self.sure.smallest(&self.graph, &goals);
        let out_of_reach = copies
            .iter()
            .filter(|c| !self.sure.together(&self.graph, &Node::Gone(c.id.clone())))
            .map(|c| c.id.clone())
            .collect();
        let (path, raised_by) = match &set {
            Smallest::Set(members) => {
                let path = self.whole_path(members, &goals);
                let raised = self.raised_by(&path, members.len(), &goals);
                (path, raised)
            }
            Smallest::None | Smallest::MoreThan(_) => (Vec::new(), Vec::new()),
        };
        let possible = self.any.smallest(&self.graph, &goals);
        Destroying {
            maybe: (possible != set && size(&possible) < size(&set)).then_some(possible),
            set,
            path,
            raised_by,
            out_of_reach,
        }
    }

    fn whole_path(&self, members: &[Node], goals: &[Node]) -> Vec<Step> {
        let reached = self.graph.leading_to(goals).reach(members, May::SURE);
        let mut path: Vec<Step> = Vec::new();
        for goal in goals {
            for step in self.graph.path(&reached, goal) {
                if !path.contains(step) {
                    path.push(step.clone());
                }
            }
        }
        path
    }

    /// Each permission on the path, taken away by itself.
    fn raised_by(&self, path: &[Step], today: usize, goals: &[Node]) -> Vec<String> {
        let mut raised = Vec::new();
        for step in path.iter().filter(|s| !s.follows) {
            if !raised.contains(&step.because) && self.sure.rises_without(&self.graph, goals, step, today) {
                raised.push(step.because.clone());
            }
        }
        raised
    }
}
