//! Why a copy is left or not, as lines: the steps that destroy it, or every way to do that with what it lacks.

use super::explain::Lines;
use crate::prove::attack::graph::{Certainty, Node};
use crate::prove::derivation::{Attacked, Could, Missing, Refuted, Source, Taken, Way};
use std::collections::BTreeMap;

/// So many names stand in a line.
const NAMES: usize = 5;

/// So many things that are out of reach are told of.
const PARAGRAPHS: usize = 40;

/// Stands for the name of each of several who are alike.
const THAT_ONE: &str = "that one";

/// What attackers come to in one state of a copy.
pub(super) fn attacked(attacked: &Attacked, is_whole: bool, depth: usize, out: &mut Lines) {
    let depth = match is_whole {
        true => depth,
        false => {
            out.line(depth, "of what has outlasted its lock:");
            depth + 1
        }
    };
    for closed in &attacked.closed {
        let ways = listed(&closed.ways);
        out.line(depth, &format!("{}: {ways}{}", closed.by, read(&closed.rests_on)));
    }
    if let Some(by) = &attacked.taken {
        taken(by, depth, out);
    }
    for why in &attacked.refuted {
        refuted(why, depth, out);
    }
}

fn taken(taken: &Taken, depth: usize, out: &mut Lines) {
    let others = match taken.others {
        0 => String::new(),
        1 => ", as one other may".to_owned(),
        others => format!(", as {others} others may"),
    };
    out.line(
        depth,
        &format!("{} destroys it{others}:", holding(&taken.holding)),
    );
    for done in &taken.steps {
        let text = format!(
            "{}{}{}",
            done.step.because,
            doubt(&done.step.certainty),
            read(&done.rests_on)
        );
        out.line(depth + 1, &text);
    }
}

fn holding(held: &[Node]) -> String {
    let names: Vec<String> = held.iter().map(Node::name).collect();
    match names.is_empty() {
        true => "whoever holds nothing of what was read".to_owned(),
        false => format!("whoever holds {}", listed(&names)),
    }
}

fn refuted(refuted: &Refuted, depth: usize, out: &mut Lines) {
    out.line(
        depth,
        &format!(
            "out of reach of {}, by every way that was asked about:",
            holding(&refuted.holding)
        ),
    );
    // Who is nobody's to become but for the same reasons is told of together.
    let mut bodies: Vec<(Vec<String>, Vec<&Missing>)> = Vec::new();
    let mut places: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for missing in &refuted.missing {
        let body = body(missing, refuted, Some(THAT_ONE));
        let at = *places.entry(body.clone()).or_insert(bodies.len());
        match bodies.get_mut(at) {
            Some((_, alike)) => alike.push(missing),
            None => bodies.push((body, vec![missing])),
        }
    }
    for (alike_body, alike) in bodies.iter().take(PARAGRAPHS) {
        let (names, lines) = match alike.as_slice() {
            [one] => (one.node.gerund(), body(one, refuted, None)),
            several => {
                let names: Vec<String> = several.iter().map(|m| m.node.gerund()).collect();
                (listed(&names), alike_body.clone())
            }
        };
        match lines.is_empty() {
            true => out.line(depth + 1, &format!("{names}: nothing that was read leads there")),
            false => out.line(depth + 1, &format!("{names}:")),
        }
        for line in lines {
            out.line(depth + 2, &line);
        }
    }
    if let Some(more) = bodies.len().checked_sub(PARAGRAPHS).filter(|more| *more > 0) {
        out.line(depth + 1, &format!("and {more} more (-json has all)"));
    }
}

/// Every way to something; its own name is written as `own`, where that is given.
fn body(missing: &Missing, all: &Refuted, own: Option<&str>) -> Vec<String> {
    let name = missing.node.name();
    let own = own.filter(|_| matches!(missing.node, Node::Acts(_)));
    let call = |text: &str| own.map_or_else(|| text.to_owned(), |own| text.replace(&name, own));
    let mut lines = Vec::new();
    let mut nobody = Vec::new();
    for way in &missing.ways {
        let does = call(&way.does);
        if way.could.is_empty() && way.refused.is_empty() {
            nobody.push(does);
        } else if way.could.iter().all(|could| could.who.is_none()) && way.refused.is_empty() {
            let after: Vec<String> = way.could.iter().map(|could| after(could)).collect();
            lines.push(format!("{does}: {}", listed(&after)));
        } else {
            lines.push(format!("who {does}:"));
            lines.extend(people(way).into_iter().map(|line| format!("  {}", call(&line))));
        }
    }
    if !nobody.is_empty() {
        lines.push(format!(
            "nobody of the {} identities of {} accounts {}",
            all.identities,
            all.accounts,
            listed(&nobody)
        ));
    }
    lines
}

/// Who could, and to whom it is forbidden.
fn people(way: &Way) -> Vec<String> {
    let mut lines = Vec::new();
    let is_itself = |could: &&Could| {
        let one = match could.lacks.as_slice() {
            [one] => Some(one.name()),
            _ => None,
        };
        could.certainty == Certainty::Sure && one == could.who
    };
    let (plain, more): (Vec<&Could>, Vec<&Could>) = way.could.iter().partition(is_itself);
    if !plain.is_empty() {
        let names: Vec<String> = plain.iter().map(|could| allowed(could)).collect();
        let sources = plain.iter().take(NAMES).flat_map(|could| &could.rests_on);
        lines.push(format!("{}, out of reach{}", listed(&names), read(sources)));
    }
    for could in more.iter().take(NAMES) {
        lines.push(format!("{}: {}{}", allowed(could), after(could), read(&could.rests_on)));
    }
    lines.extend(beyond(more.len()));
    for refused in way.refused.iter().take(NAMES) {
        let by = refused.by.join(", and ");
        lines.push(format!(
            "forbidden to {}: {by}{}",
            refused.who,
            read(&refused.rests_on)
        ));
    }
    lines.extend(beyond(way.refused.len()));
    lines
}

fn allowed(could: &Could) -> String {
    let who = could.who.as_deref().unwrap_or("whoever can");
    match could.by.is_empty() {
        true => who.to_owned(),
        false => format!("{who} ({})", could.by),
    }
}

fn after(could: &Could) -> String {
    let lacks: Vec<String> = could.lacks.iter().map(Node::gerund).collect();
    format!("only after {}{}", lacks.join(" and "), doubt(&could.certainty))
}

fn doubt(certainty: &Certainty) -> String {
    match certainty {
        Certainty::Sure => String::new(),
        Certainty::Depends(why) => format!(", if {why}"),
        Certainty::Unknown(why) => format!(", which is not known: {why}"),
    }
}

fn beyond(all: usize) -> Option<String> {
    let more = all.checked_sub(NAMES).filter(|more| *more > 0)?;
    Some(format!("and {more} more (-json has all)"))
}

fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
    let more = names.len().saturating_sub(shown.len());
    match more {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// Where it was read, and when.
fn read<'s>(sources: impl IntoIterator<Item = &'s Source>) -> String {
    let mut by_time: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources {
        let at = by_time.entry(&source.read_at).or_default();
        if !at.contains(&source.what.as_str()) {
            at.push(&source.what);
        }
    }
    if by_time.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = by_time
        .into_iter()
        .map(|(at, what)| format!("{}, read {at}", what.join(" and ")))
        .collect();
    format!(" [{}]", parts.join("; "))
}
