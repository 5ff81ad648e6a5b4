//! An order in which everything comes after what it refers to.

use crate::diag::{Diagnostic, Span, code};

/// One reference from an item to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// The item that is referred to.
    pub to: usize,
    /// Where the reference stands.
    pub span: Span,
}

/// The items in an order that respects `edges`, or a diagnostic for each cycle.
/// Items of a cycle are left out of the order.
pub(super) fn sort(edges: &[Vec<Edge>], name: impl Fn(usize) -> String) -> (Vec<usize>, Vec<Diagnostic>) {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    let mut cycles = Vec::new();
    let mut broken = vec![false; edges.len()];
    for root in 0..edges.len() {
        if states.get(root) != Some(&State::New) {
            continue;
        }
        // (item, next edge, the edge that led here); explicit, as chains may be long.
        let mut path: Vec<(usize, usize, Option<Edge>)> = vec![(root, 0, None)];
        while let Some((item, next, _)) = path.last_mut() {
            let item = *item;
            if let Some(state) = states.get_mut(item) {
                *state = State::Open;
            }
            let Some(edge) = edges.get(item).and_then(|e| e.get(*next)).copied() else {
                if let Some(state) = states.get_mut(item) {
                    *state = State::Done;
                }
                if broken.get(item) != Some(&true) {
                    order.push(item);
                }
                path.pop();
                continue;
            };
            *next += 1;
            match states.get(edge.to) {
                Some(State::New) => path.push((edge.to, 0, Some(edge))),
                Some(State::Open) => {
                    let start = path.iter().position(|(i, ..)| *i == edge.to).unwrap_or(0);
                    let members = path.get(start..).unwrap_or(&[]);
                    for (member, ..) in members {
                        if let Some(mark) = broken.get_mut(*member) {
                            *mark = true;
                        }
                    }
                    cycles.push(describe(members, edge, &name));
                }
                _ => {}
            }
        }
    }
    (order, cycles)
}

fn describe(
    members: &[(usize, usize, Option<Edge>)],
    last: Edge,
    name: &impl Fn(usize) -> String,
) -> Diagnostic {
    let mut names: Vec<String> = members.iter().map(|(item, ..)| name(*item)).collect();
    names.push(name(last.to));
    let mut hops: Vec<Span> = members
        .iter()
        .skip(1)
        .filter_map(|(_, _, edge)| edge.map(|e| e.span))
        .collect();
    hops.push(last.span);
    let mut diagnostic = Diagnostic::error(code::CYCLE, format!("{}.", names.join(" -> ")))
        .at(hops.first().copied())
        .remedy("Remove one of these references, or move what both need into a local or variable.");
    for (place, span) in hops.iter().enumerate().skip(1) {
        let (from, to) = (names.get(place), names.get(place + 1));
        if let (Some(from), Some(to)) = (from, to) {
            diagnostic = diagnostic.related(*span, format!("{from} refers to {to} here"));
        }
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    fn edges(list: &[&[usize]]) -> Vec<Vec<Edge>> {
        let span = Span {
            file: FileId::NONE,
            start: 0,
            end: 0,
        };
        list.iter()
            .map(|to| to.iter().map(|to| Edge { to: *to, span }).collect())
            .collect()
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let (order, cycles) = sort(&edges(&[&[1, 2], &[2], &[]]), |i| i.to_string());
        assert_eq!(order, [2, 1, 0]);
        assert!(cycles.is_empty());
    }

    #[test]
    fn cycles_name_the_whole_path() {
        let (order, cycles) = sort(&edges(&[&[1], &[2], &[0], &[]]), |i| format!("n{i}"));
        assert_eq!(order, [3]);
        assert_eq!(cycles[0].detail, "n0 -> n1 -> n2 -> n0.");
        assert_eq!(cycles[0].related.len(), 2);
        let (_, own) = sort(&edges(&[&[0]]), |_| "local.a".into());
        assert_eq!(own[0].detail, "local.a -> local.a.");
    }

    #[test]
    fn long_chains_need_no_stack() {
        let list: Vec<Vec<Edge>> = (0..200_000usize)
            .map(|i| edges(&[&[i + 1]]).remove(0))
            .chain([Vec::new()])
            .collect();
        assert_eq!(sort(&list, |i| i.to_string()).0.len(), 200_001);
    }
}
