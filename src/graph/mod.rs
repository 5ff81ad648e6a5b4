//! The order of things: which resource needs which.
//!
//! Two kinds of edge. A *declared* one comes from a reference or `depends_on`; those must
//! not form a cycle. A *derived* one comes from what one resource contributes to another
//! (a writer's deny statements in a bucket's policy) and may run against a declared one;
//! the stages of the writes keep both satisfiable (see [`crate::plan`]).

pub mod picture;

use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::{Address, Desired};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::unionfind::UnionFind;
use petgraph::visit::{Dfs, EdgeFiltered, EdgeRef};
use std::collections::{BTreeMap, BTreeSet};

/// Where an edge comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A reference or `depends_on`.
    Declared,
    /// A contribution to another resource.
    Derived,
}

/// The resources of a posture and what each depends on.
#[derive(Debug, Default)]
pub struct Graph {
    graph: DiGraph<Address, Edge>,
    nodes: BTreeMap<Address, NodeIndex>,
}

/// What a resource depends on because of a contribution: the bucket on the role it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedEdge {
    /// The one that waits.
    pub from: Address,
    /// The one that has to be there first.
    pub to: Address,
}

impl Graph {
    /// Builds the graph.
    ///
    /// # Errors
    /// For each cycle of declared edges, with every resource on it and its place.
    pub fn build(resources: &[Desired], derived: &[DerivedEdge]) -> Result<Self, Diagnostics> {
        let mut graph = DiGraph::new();
        let nodes: BTreeMap<Address, NodeIndex> = resources
            .iter()
            .map(|r| (r.address.clone(), graph.add_node(r.address.clone())))
            .collect();
        for resource in resources {
            let Some(from) = nodes.get(&resource.address) else {
                continue;
            };
            for to in resource.depends_on.iter().filter_map(|a| nodes.get(a)) {
                graph.update_edge(*from, *to, Edge::Declared);
            }
        }
        for edge in derived {
            if let (Some(from), Some(to)) = (nodes.get(&edge.from), nodes.get(&edge.to))
                && graph.find_edge(*from, *to).is_none()
            {
                graph.add_edge(*from, *to, Edge::Derived);
            }
        }
        let built = Self { graph, nodes };
        let cycles = built.cycles(resources);
        cycles.into_result(built).map(|(graph, _)| graph)
    }

    fn cycles(&self, resources: &[Desired]) -> Diagnostics {
        let declared = EdgeFiltered::from_fn(&self.graph, |e| *e.weight() == Edge::Declared);
        let spans: BTreeMap<&Address, _> = resources.iter().map(|r| (&r.address, r.span)).collect();
        let mut diagnostics = Diagnostics::new();
        for component in tarjan_scc(&declared) {
            let loops = component
                .first()
                .is_some_and(|n| component.len() > 1 || self.graph.find_edge(*n, *n).is_some());
            if !loops {
                continue;
            }
            let path = self.cycle_path(&component);
            let names: Vec<_> = path.iter().map(ToString::to_string).collect();
            let mut diagnostic = Diagnostic::error(
                code::CYCLE,
                format!(
                    "{} -> {}.",
                    names.join(" -> "),
                    names.first().cloned().unwrap_or_default()
                ),
            )
            .at(path.first().and_then(|a| spans.get(a).copied().flatten()))
            .remedy("Take one of these references out, or write the name instead of the reference.");
            for address in path.iter().skip(1) {
                if let Some(Some(span)) = spans.get(address) {
                    diagnostic = diagnostic.related(*span, format!("{address} is on the cycle"));
                }
            }
            diagnostics.push(diagnostic);
        }
        diagnostics
    }

    /// One simple cycle through a strongly connected component.
    fn cycle_path(&self, component: &[NodeIndex]) -> Vec<Address> {
        let inside: BTreeSet<_> = component.iter().copied().collect();
        let mut path: Vec<NodeIndex> = Vec::new();
        let mut at = component
            .iter()
            .copied()
            .min_by_key(|n| self.graph.node_weight(*n).cloned());
        while let Some(node) = at {
            if let Some(start) = path.iter().position(|n| *n == node) {
                path.drain(..start);
                break;
            }
            path.push(node);
            at = self
                .graph
                .edges(node)
                .filter(|e| *e.weight() == Edge::Declared && inside.contains(&e.target()))
                .map(|e| e.target())
                .min();
        }
        path.iter()
            .filter_map(|n| self.graph.node_weight(*n).cloned())
            .collect()
    }

    /// What `address` depends on directly, and through which kind of edge.
    pub fn direct(&self, address: &Address) -> Vec<(Address, Edge)> {
        let Some(node) = self.nodes.get(address) else {
            return Vec::new();
        };
        let mut out: Vec<_> = self
            .graph
            .edges(*node)
            .filter_map(|e| Some((self.graph.node_weight(e.target())?.clone(), *e.weight())))
            .collect();
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    /// Everything that `address` depends on through declared edges, itself left out.
    pub fn needs(&self, address: &Address) -> BTreeSet<Address> {
        let declared = EdgeFiltered::from_fn(&self.graph, |e| *e.weight() == Edge::Declared);
        let mut out = BTreeSet::new();
        if let Some(start) = self.nodes.get(address) {
            let mut search = Dfs::new(&declared, *start);
            while let Some(node) = search.next(&declared) {
                if node != *start
                    && let Some(found) = self.graph.node_weight(node)
                {
                    out.insert(found.clone());
                }
            }
        }
        out
    }

    /// Groups of resources that are tied by any edge: address to a group's number.
    pub fn components(&self) -> BTreeMap<Address, usize> {
        let mut groups = UnionFind::new(self.graph.node_count());
        for edge in self.graph.edge_references() {
            groups.union(edge.source().index(), edge.target().index());
        }
        self.nodes
            .iter()
            .map(|(address, node)| (address.clone(), groups.find(node.index())))
            .collect()
    }

    /// Every address, sorted.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.nodes.keys()
    }

    /// How many steps away from what depends on nothing; cycles through derived edges are cut.
    pub fn depth(&self) -> BTreeMap<Address, usize> {
        let declared = EdgeFiltered::from_fn(&self.graph, |e| *e.weight() == Edge::Declared);
        let mut depth = BTreeMap::new();
        // Tarjan gives components in reverse topological order: dependencies first.
        for component in tarjan_scc(&declared) {
            for node in component {
                let Some(address) = self.graph.node_weight(node) else {
                    continue;
                };
                let below = self
                    .graph
                    .edges(node)
                    .filter(|e| *e.weight() == Edge::Declared)
                    .filter_map(|e| depth.get(self.graph.node_weight(e.target())?).copied())
                    .map(|d: usize| d + 1)
                    .max();
                depth.insert(address.clone(), below.unwrap_or(0));
            }
        }
        depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Place;

    fn resource(address: &str, needs: &[&str]) -> Desired {
        Desired {
            address: address.parse().unwrap(),
            kind: "s3_bucket".into(),
            place: Place {
                account: "prod".into(),
                account_id: "111111111111".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
                project: "p".into(),
            },
            ident: address.into(),
            spec: serde_json::Value::Null,
            kept_spec: None,
            depends_on: needs.iter().map(|n| n.parse().unwrap()).collect(),
            span: None,
            location: None,
        }
    }

    #[test]
    fn a_cycle_names_its_whole_path() {
        let resources = [
            resource("k.a", &["k.b"]),
            resource("k.b", &["k.c"]),
            resource("k.c", &["k.a"]),
            resource("k.d", &["k.a"]),
        ];
        let diagnostics = Graph::build(&resources, &[]).unwrap_err();
        let details: Vec<_> = diagnostics.iter().map(|d| d.detail.clone()).collect();
        assert_eq!(details, ["k.a -> k.b -> k.c -> k.a."]);
    }

    #[test]
    fn a_derived_edge_may_run_against_a_declared_one() {
        let resources = [resource("k.role", &["k.bucket"]), resource("k.bucket", &[])];
        let derived = [DerivedEdge {
            from: "k.bucket".parse().unwrap(),
            to: "k.role".parse().unwrap(),
        }];
        let graph = Graph::build(&resources, &derived).unwrap();
        assert_eq!(graph.needs(&"k.role".parse().unwrap()).len(), 1);
        assert_eq!(graph.needs(&"k.bucket".parse().unwrap()).len(), 0);
        let groups: BTreeSet<_> = graph.components().into_values().collect();
        assert_eq!(groups.len(), 1);
    }
}
