//! Names that patterns of policies mean: whoever makes somebody new chooses one of them.

use std::collections::{HashSet, VecDeque};

/// Stands in a name that nobody bears and no policy singles out.
const NEW: &str = "some-name-x7";

/// A name behind `prefix` (`arn:aws:iam::111111111111:role/`) that all of these patterns mean at once, with the prefix: one
/// that nobody bears, where there is such a one. `None` when they mean no such name.
///
/// A variable in a pattern stands for any text, and case is ignored, as some operators do: whether a policy means the name
/// is for [`evaluate`](super::evaluate) to say.
pub fn name_like(prefix: &str, patterns: &[&str]) -> Option<String> {
    let new = format!("{prefix}*{NEW}*");
    let marked: Vec<&str> = patterns.iter().copied().chain([new.as_str()]).collect();
    search(prefix, &marked).or_else(|| search(prefix, patterns))
}

/// A pattern with its policy variables as wildcards.
fn readings(pattern: &str) -> Vec<char> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, inside)) = rest.split_once("${") {
        let Some((_, after)) = inside.split_once('}') else {
            break;
        };
        out.push_str(before);
        out.push('*');
        rest = after;
    }
    out.push_str(rest);
    out.chars().collect()
}

/// A pattern, and how far into it a text may have come.
#[derive(Debug, Clone)]
struct Automaton {
    pattern: Vec<char>,
}

/// Places in a pattern, in order.
type Places = Vec<usize>;

impl Automaton {
    fn start(&self) -> Places {
        self.closed([0])
    }

    /// With the places behind stars, which may stand for nothing.
    fn closed(&self, from: impl IntoIterator<Item = usize>) -> Places {
        let mut out = Places::new();
        for mut at in from {
            out.push(at);
            while self.pattern.get(at) == Some(&'*') {
                at += 1;
                out.push(at);
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    fn after(&self, places: &Places, next: char) -> Places {
        let step = |at: &usize| match self.pattern.get(*at)? {
            '*' => Some(*at),
            '?' => Some(at + 1),
            c => c.eq_ignore_ascii_case(&next).then_some(at + 1),
        };
        self.closed(places.iter().filter_map(step))
    }

    fn ends(&self, places: &Places) -> bool {
        places.contains(&self.pattern.len())
    }

    /// What can come next: the characters that stand there, and one for the wildcards.
    fn next<'a>(&'a self, places: &'a Places) -> impl Iterator<Item = char> + 'a {
        let stands = places.iter().filter_map(|at| self.pattern.get(*at));
        stands.map(|c| if matches!(c, '*' | '?') { 'x' } else { *c })
    }
}

/// Whether names of IAM may hold it (IAM API Reference, `path` and `RoleName`).
fn is_of_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c)
}

/// The shortest such name, by going through all patterns at once.
fn search(prefix: &str, patterns: &[&str]) -> Option<String> {
    let all: Vec<Automaton> = patterns
        .iter()
        .map(|p| Automaton { pattern: readings(p) })
        .collect();
    let step = |states: &[Places], c: char| -> Option<Vec<Places>> {
        let next = all.iter().zip(states).map(|(a, places)| a.after(places, c));
        let next: Vec<Places> = next.collect();
        next.iter().all(|places| !places.is_empty()).then_some(next)
    };
    let mut start: Vec<Places> = all.iter().map(Automaton::start).collect();
    for c in prefix.chars() {
        start = step(&start, c)?;
    }
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, String::new())]);
    while let Some((states, name)) = queue.pop_front() {
        let whole = all.iter().zip(&states).all(|(a, places)| a.ends(places));
        if whole && !name.is_empty() && !name.ends_with('/') {
            return Some(format!("{prefix}{name}"));
        }
        let mut next: Vec<char> = all.iter().zip(&states).flat_map(|(a, p)| a.next(p)).collect();
        next.sort_unstable();
        next.dedup();
        for c in next.into_iter().filter(|c| is_of_names(*c)) {
            if c == '/' && (name.is_empty() || name.ends_with('/')) {
                continue;
            }
            if let Some(after) = step(&states, c).filter(|after| seen.insert(after.clone())) {
                queue.push_back((after, format!("{name}{c}")));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::glob::intersects;
    use proptest::prelude::*;

    const ROLE: &str = "arn:aws:iam::111111111111:role/";

    #[test]
    fn a_name_is_found_that_all_patterns_mean() {
        for (patterns, name) in [
            (&[][..], Some("some-name-x7")),
            (&["arn:aws:iam::111111111111:role/deploy"][..], Some("deploy")),
            (&["*:role/deploy-*"], Some("deploy-some-name-x7")),
            (&["arn:aws:iam::*:*deploy*"], Some("deploysome-name-x7")),
            (&["arn:aws:iam::111111111111:*/admin"], Some("some-name-x7/admin")),
            (
                &["arn:aws:iam::111111111111:role*/admin"],
                Some("some-name-x7/admin"),
            ),
            (&["arn:aws:iam::${aws:PrincipalAccount}:role/a?"], Some("ax")),
            (&["*:role/a*", "*b"], Some("asome-name-x7b")),
            (&["*:role/a*", "*:role/b*"], None),
            (&["arn:aws:iam::111111111111:user/*"], None),
            (&["arn:aws:iam::222222222222:role/*"], None),
            (&["arn:aws:iam::111111111111:role/"], None),
        ] {
            let name = name.map(|name| format!("{ROLE}{name}"));
            assert_eq!(name_like(ROLE, patterns), name, "{patterns:?}");
        }
    }

    proptest! {
        /// Every pattern means the name that is found, and two of one alphabet have one whenever they meet.
        #[test]
        fn it_is_found_when_there_is_one(a in "[ab*?]{1,6}", b in "[ab*?]{1,6}") {
            let found = name_like("", &[&a, &b]);
            prop_assert!(found.iter().all(|name| intersects(&a, name) && intersects(&b, name)));
            prop_assert_eq!(found.is_some(), intersects(&a, &b));
        }
    }
}
