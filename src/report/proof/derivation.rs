//! Why a copy is left or not, as lines: the steps that destroy it, or every way to do that with what it lacks.

use super::explain::Lines;
use crate::prove::attack::graph::{Certainty, Node};
use crate::prove::derivation::{Attacked, Could, Missing, Refused, Refuted, Source, Taken, Way};
use std::collections::BTreeMap;

/// So many names stand in a line.
const NAMES: usize = 5;

/// So many ways to one thing, those alike taken together.
const WAYS: usize = 20;

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
        true => "whoever holds no credential of those that were read".to_owned(),
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
            several => (several_of(several), alike_body.clone()),
        };
        match lines.is_empty() {
            true => out.line(depth + 1, &format!("{names}: nothing that was read leads there")),
            false => out.line(depth + 1, &format!("{names}:")),
        }
        for line in lines {
            out.line(depth + 2, &line);
        }
    }
    if let Some(more) = beyond(bodies.len(), PARAGRAPHS) {
        out.line(depth + 1, &more);
    }
}

fn several_of(missing: &[&Missing]) -> String {
    let all = missing.iter().map(|missing| &missing.node);
    match all.clone().all(|node| matches!(node, Node::Acts(_))) {
        true => format!("acting as {}", listed(&all.map(Node::name).collect::<Vec<_>>())),
        false => listed(&all.map(Node::gerund).collect::<Vec<_>>()),
    }
}

/// Every way to something; its own name is written as `own`, where that is given. Ways that lead to the same words are told of
/// together.
fn body(missing: &Missing, all: &Refuted, own: Option<&str>) -> Vec<String> {
    let name = missing.node.name();
    let own = own.filter(|_| matches!(missing.node, Node::Acts(_)));
    let call = |text: &str| own.map_or_else(|| text.to_owned(), |own| text.replace(&name, own));
    let mut told: Vec<(Vec<String>, Told)> = Vec::new();
    for way in &missing.ways {
        let how = Told::new(way);
        // Of what follows for each of many in the same words, their names are told.
        let does = match &how {
            Told::Each(_, one) => one.clone(),
            _ => call(&way.does),
        };
        match told.iter_mut().find(|(_, known)| known.is_alike(&how)) {
            Some((all, _)) => all.push(does),
            None => told.push((vec![does], how)),
        }
    }
    // Whom nothing allows it comes last.
    told.sort_by_key(|(_, how)| *how == Told::Nobody);
    let more = beyond(told.len(), WAYS);
    let lines = told.into_iter().take(WAYS).flat_map(|(does, how)| match how {
        Told::Each(words, _) => vec![format!("{}: {}", listed(&does), call(&words))],
        Told::Follows(after) => vec![format!("{}: {}", listed(&does), call(&after))],
        Told::People(people) => std::iter::once(format!("who {}:", listed(&does)))
            .chain(people.iter().map(|line| format!("  {}", call(line))))
            .collect(),
        Told::Nobody => vec![format!(
            "nobody of the {} identities of {} accounts {}",
            all.identities,
            all.accounts,
            listed(&does)
        )],
    });
    lines.chain(more).collect()
}

/// What there is to say of a way.
#[derive(PartialEq)]
enum Told {
    /// It follows from something that is lacking.
    Follows(String),
    /// It follows from acting as somebody: in words, and who.
    Each(String, String),
    /// Who could, and to whom it is forbidden.
    People(Vec<String>),
    /// Nothing allows it anybody.
    Nobody,
}

impl Told {
    fn new(way: &Way) -> Self {
        if way.could.is_empty() && way.refused.is_empty() {
            return Self::Nobody;
        }
        if way.could.iter().any(|could| could.who.is_some()) || !way.refused.is_empty() {
            return Self::People(people(way));
        }
        let after: Vec<String> = way
            .could
            .iter()
            .map(|could| format!("only after {}{}", all_of(&could.lacks), doubt(&could.certainty)))
            .collect();
        let after = listed(&after);
        let lacks = way.could.iter().flat_map(|could| &could.lacks);
        let mut meant = lacks.filter(|node| matches!(node, Node::Acts(_)));
        match meant.find(|node| way.does.contains(&node.name())) {
            Some(one) => {
                let words = format!("{}, {after}", way.does).replace(&one.name(), THAT_ONE);
                Self::Each(words, one.name())
            }
            None => Self::Follows(after),
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Each(words, _), Self::Each(others, _)) => words == others,
            (one, other) => one == other,
        }
    }
}

fn people(way: &Way) -> Vec<String> {
    // Those who lack the same, besides to be reached themselves, stand in one line.
    let mut alike: Vec<(String, Vec<&Could>)> = Vec::new();
    for could in &way.could {
        let lacks = lacking(could);
        match alike.iter_mut().find(|(known, _)| *known == lacks) {
            Some((_, all)) => all.push(could),
            None => alike.push((lacks, vec![could])),
        }
    }
    let mut lines: Vec<String> = alike
        .iter()
        .take(NAMES)
        .map(|(lacks, all)| {
            let names: Vec<String> = all.iter().map(|could| allowed(could)).collect();
            let sources = all.iter().take(NAMES).flat_map(|could| &could.rests_on);
            format!("{}: {lacks}{}", listed(&names), read(sources))
        })
        .collect();
    lines.extend(beyond(alike.len(), NAMES));
    let mut by: Vec<(&[String], Vec<&Refused>)> = Vec::new();
    for refused in &way.refused {
        match by.iter_mut().find(|(known, _)| *known == refused.by) {
            Some((_, all)) => all.push(refused),
            None => by.push((&refused.by, vec![refused])),
        }
    }
    lines.extend(by.iter().take(NAMES).map(|(by, all)| {
        let names: Vec<String> = all.iter().map(|refused| refused.who.clone()).collect();
        let sources = all.iter().take(NAMES).flat_map(|refused| &refused.rests_on);
        format!("forbidden to {}: {}{}", listed(&names), listed(by), read(sources))
    }));
    lines.extend(beyond(by.len(), NAMES));
    lines
}

/// What somebody lacks who may.
fn lacking(could: &Could) -> String {
    let is_own = |node: &&Node| matches!(node, Node::Acts(_)) && Some(node.name()) == could.who;
    let (own, more): (Vec<&Node>, Vec<&Node>) = could.lacks.iter().partition(is_own);
    let doubt = doubt(&could.certainty);
    match (own.is_empty(), more.is_empty()) {
        (_, true) => format!("out of reach{doubt}"),
        (true, false) => format!("only after {}{doubt}", all_of(more)),
        (false, false) => format!("out of reach, and only after {}{doubt}", all_of(more)),
    }
}

fn all_of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> String {
    let all: Vec<String> = nodes.into_iter().map(Node::gerund).collect();
    all.join(" and ")
}

fn allowed(could: &Could) -> String {
    let who = could.who.as_deref().unwrap_or("whoever can");
    match could.by.is_empty() {
        true => who.to_owned(),
        false => format!("{who} ({})", could.by),
    }
}

fn doubt(certainty: &Certainty) -> String {
    match certainty {
        Certainty::Sure => String::new(),
        Certainty::Depends(why) => format!(", if {why}"),
        Certainty::Unknown(why) => format!(", which is not known: {why}"),
    }
}

fn beyond(all: usize, shown: usize) -> Option<String> {
    let more = all.checked_sub(shown).filter(|more| *more > 0)?;
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
        .map(|(at, what)| format!("{}, read {at}", what.join(", ")))
        .collect();
    format!(" [{}]", parts.join("; "))
}
