//! The graph as a picture: Graphviz, Mermaid and SVG.

use super::{Edge, Graph};
use crate::diag::escape;
use crate::model::Address;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Graphviz (`dot -Tsvg`).
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph backstay {\n  rankdir = \"LR\"\n  node [shape = \"box\"]\n");
    for address in graph.addresses() {
        let _ = writeln!(out, "  {}", quoted(address));
    }
    for address in graph.addresses() {
        for (to, edge) in graph.direct(address) {
            let style = match edge {
                Edge::Declared => "",
                Edge::Derived => " [style = \"dashed\"]",
            };
            let _ = writeln!(out, "  {} -> {}{style}", quoted(address), quoted(&to));
        }
    }
    out.push_str("}\n");
    out
}

fn quoted(address: &Address) -> String {
    format!(
        "\"{}\"",
        escape::line(&address.to_string())
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
    )
}

/// Mermaid, as GitHub and GitLab render it in markdown.
pub fn mermaid(graph: &Graph) -> String {
    let ids: BTreeMap<&Address, String> = graph
        .addresses()
        .enumerate()
        .map(|(i, a)| (a, format!("n{i}")))
        .collect();
    let mut out = String::from("flowchart LR\n");
    for (address, id) in &ids {
        let _ = writeln!(out, "  {id}[\"{}\"]", escaped(&address.to_string()));
    }
    for (address, id) in &ids {
        for (to, edge) in graph.direct(address) {
            let arrow = match edge {
                Edge::Declared => "-->",
                Edge::Derived => "-.->",
            };
            if let Some(to) = ids.get(&to) {
                let _ = writeln!(out, "  {id} {arrow} {to}");
            }
        }
    }
    out
}

/// A self-contained SVG: columns by depth, what depends on nothing at the left.
pub fn svg(graph: &Graph) -> String {
    const ROW: usize = 44;
    const BOX: usize = 28;
    const GAP: usize = 80;
    let mut columns: BTreeMap<usize, Vec<Address>> = BTreeMap::new();
    for (address, depth) in graph.depth() {
        columns.entry(depth).or_default().push(address);
    }
    let mut boxes: BTreeMap<Address, (usize, usize, usize)> = BTreeMap::new();
    let (mut x, mut height) = (20, 0);
    for column in columns.values() {
        let width = column
            .iter()
            .map(|a| a.to_string().chars().count())
            .max()
            .unwrap_or(0)
            * 8
            + 20;
        for (row, address) in column.iter().enumerate() {
            boxes.insert(address.clone(), (x, 20 + row * ROW, width));
        }
        height = height.max(column.len() * ROW + 40);
        x += width + GAP;
    }
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{x}\" height=\"{height}\" \
         font-family=\"monospace\" font-size=\"13\">\n<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" \
         markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0,0L8,4L0,8z\"/></marker></defs>\n"
    );
    for (address, (bx, by, _)) in &boxes {
        for (to, edge) in graph.direct(address) {
            let Some((tx, ty, tw)) = boxes.get(&to) else {
                continue;
            };
            let dashed = match edge {
                Edge::Declared => "",
                Edge::Derived => " stroke-dasharray=\"4 3\"",
            };
            let _ = writeln!(
                out,
                "<line x1=\"{bx}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#555\"{dashed} marker-end=\"url(#a)\"/>",
                by + BOX / 2,
                tx + tw,
                ty + BOX / 2,
            );
        }
    }
    for (address, (bx, by, width)) in &boxes {
        let _ = writeln!(
            out,
            "<rect x=\"{bx}\" y=\"{by}\" width=\"{width}\" height=\"{BOX}\" rx=\"4\" fill=\"#eef3fa\" stroke=\"#345\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            bx + 10,
            by + 18,
            escaped(&address.to_string()),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// For SVG, and for Mermaid, which takes the same entities between quotes.
fn escaped(text: &str) -> String {
    escape::html(text)
}
