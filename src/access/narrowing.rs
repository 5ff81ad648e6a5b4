//! Whether the conditions of a trust narrow down whom it names.

use crate::model::policy::Statement;
use crate::model::{AccountId, Arn};
use std::collections::BTreeSet;

/// The account of a name that a statement gives, as far as the name says it.
pub fn account(name: &str) -> Option<AccountId> {
    name.parse::<AccountId>()
        .ok()
        .or_else(|| name.parse::<Arn>().ok()?.account())
}

/// Values that every request must match one of, of conditions on a key that `is_key` accepts.
/// Negated operators and those that a missing key satisfies narrow nothing down.
pub fn required<'a>(
    statement: &'a Statement,
    is_key: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = &'a BTreeSet<String>> {
    const POSITIVE: &[&str] = &[
        "stringequals",
        "stringequalsignorecase",
        "stringlike",
        "arnequals",
        "arnlike",
        "foranyvalue:stringequals",
        "foranyvalue:stringlike",
    ];
    statement
        .conditions
        .iter()
        .filter(|(operator, _)| POSITIVE.contains(&operator.to_ascii_lowercase().as_str()))
        .flat_map(|(_, keys)| keys)
        .filter(move |(key, _)| is_key(&key.to_ascii_lowercase()))
        .map(|(_, values)| values)
}

/// Whether a condition on one of `keys` narrows down who is meant.
pub fn narrowed(statement: &Statement, keys: &[&str]) -> bool {
    required(statement, |key| keys.contains(&key))
        .any(|values| !values.is_empty() && values.iter().all(|v| !v.starts_with('*')))
}

/// Whether `sub` has to name more than an organisation. A value that begins with a wildcard, or whose
/// wildcard stands before the repository's name ends, lets others in.
pub fn subject_pinned(statement: &Statement) -> bool {
    required(statement, |key| key.ends_with(":sub"))
        .any(|values| !values.is_empty() && values.iter().all(|v| pins(v)))
}

fn pins(subject: &str) -> bool {
    match subject.strip_prefix("repo:") {
        // `repo:ORG/REPO:…`: a wildcard may stand only behind the repository.
        Some(rest) => match rest.split_once(':') {
            Some((repository, _)) => repository.contains('/') && !repository.contains(['*', '?']),
            None => !rest.contains(['*', '?']),
        },
        None => !subject.contains(['*', '?']),
    }
}

#[cfg(test)]
mod tests {
    use super::pins;

    #[test]
    fn a_subject_pins_when_it_names_the_repository() {
        for (subject, pinned) in [
            ("repo:acme/app:ref:refs/heads/main", true),
            ("repo:acme/app:environment:prod", true),
            ("repo:acme/app:*", true),
            ("repo:acme/*", false),
            ("repo:acme/*:ref:refs/heads/main", false),
            ("repo:acme/app*", false),
            ("repo:*", false),
            ("*", false),
            ("system:serviceaccount:ns:backup", true),
            ("system:serviceaccount:*:backup", false),
        ] {
            assert_eq!(pins(subject), pinned, "{subject}");
        }
    }
}
