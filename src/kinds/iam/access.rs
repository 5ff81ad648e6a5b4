//! What one policy document gives that another does not.
//!
//! This compares documents piece by piece (principal, action, resource, conditions) and
//! never guesses: what cannot be shown to be covered counts as gained, and a Deny that
//! cannot be shown to remain counts as lost. A document split into other statements of the
//! same meaning compares as equal.

use crate::access::narrowing::account;
use crate::model::AccountId;
use crate::model::policy::{Document, Effect, Match, Principals, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The difference in access between two documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// What the second allows and the first does not.
    pub gained: Vec<String>,
    /// What the first denies and the second does not.
    pub undenied: Vec<String>,
    /// Whether the second allows less or denies more somewhere.
    pub narrower: bool,
}

impl Difference {
    /// True when the second document gives more than the first anywhere.
    pub fn is_broader(&self) -> bool {
        !self.gained.is_empty() || !self.undenied.is_empty()
    }
}

/// What `after` gives that `before` does not, and the reverse.
pub fn compare(before: &Document, after: &Document) -> Difference {
    let exchange = exchange(before, after);
    Difference {
        narrower: exchange.is_narrower(),
        gained: words(&exchange.gained),
        undenied: words(&exchange.undenied),
    }
}

/// The same piece by piece.
pub fn exchange(before: &Document, after: &Document) -> Exchange {
    exchanged(before, after, Root::IsEverybody)
}

/// The same of the policy of a resource, where a grant to an account's root is another one than a
/// grant to a role of the account.
pub fn compare_resource(before: &Document, after: &Document) -> Exchange {
    exchanged(before, after, Root::IsItself)
}

/// Both ways in which two documents differ.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// What the second allows and the first does not.
    pub gained: Vec<Piece>,
    /// What the first allows and the second does not.
    pub lost: Vec<Piece>,
    /// What the first denies and the second does not.
    pub undenied: Vec<Piece>,
    /// What the second denies and the first does not.
    pub denied: Vec<Piece>,
}

impl Exchange {
    /// Whether the second allows less or denies more somewhere.
    pub fn is_narrower(&self) -> bool {
        !self.lost.is_empty() || !self.denied.is_empty()
    }

    /// The same without the grants that `implied` says already, and whether there were such.
    pub fn beside(self, implied: &[Statement]) -> (Self, bool) {
        let implied = Document::new(implied.iter().cloned());
        let all = self.gained.len();
        let gained = beyond(&self.gained, &implied);
        let follows = gained.len() < all;
        (Self { gained, ..self }, follows)
    }
}

fn exchanged(before: &Document, after: &Document, root: Root) -> Exchange {
    let (old, new) = (pieces(before), pieces(after));
    let only = |these: &[Piece], others: &[Piece], effect| {
        let all = uncovered(these, others, effect, root).into_iter();
        all.cloned().collect()
    };
    Exchange {
        gained: only(&new, &old, Effect::Allow),
        lost: only(&old, &new, Effect::Allow),
        undenied: only(&old, &new, Effect::Deny),
        denied: only(&new, &old, Effect::Deny),
    }
}

/// The grants among `pieces` that are none of what `document` grants.
fn beyond(these: &[Piece], document: &Document) -> Vec<Piece> {
    let all = uncovered(these, &pieces(document), Effect::Allow, Root::IsItself).into_iter();
    all.cloned().collect()
}

/// What an account's root means where it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    /// All that the account lets act, as in a trust policy.
    IsEverybody,
    /// Nobody else.
    IsItself,
}

/// The pieces of `these` that no piece of `others` covers.
fn uncovered<'a>(these: &'a [Piece], others: &[Piece], effect: Effect, root: Root) -> Vec<&'a Piece> {
    these
        .iter()
        .filter(|p| p.effect == effect)
        .filter(|p| !others.iter().any(|o| o.effect == effect && o.covers(p, root)))
        .collect()
}

/// Each once.
pub fn words<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> Vec<String> {
    let each: BTreeSet<String> = pieces.into_iter().map(ToString::to_string).collect();
    each.into_iter().collect()
}

/// One thing that a list names, or the complement of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    One(String),
    AllBut(BTreeSet<String>),
}

/// One action on one resource by one principal.
#[derive(Debug, Clone)]
pub struct Piece {
    effect: Effect,
    /// Kind and name; `None` in identity policies.
    principal: Option<(String, Term)>,
    action: Term,
    resource: Option<Term>,
    conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

fn pieces(document: &Document) -> Vec<Piece> {
    document.statements.iter().flat_map(split).collect()
}

fn split(statement: &Statement) -> Vec<Piece> {
    let statement = statement.canonical();
    let principals: Vec<Option<(String, Term)>> = match &statement.principals {
        None => vec![None],
        Some(Principals::Only(map)) => map
            .iter()
            .flat_map(|(kind, names)| names.iter().map(|n| Some((kind.clone(), Term::One(n.clone())))))
            .collect(),
        Some(Principals::AllBut(map)) => map
            .iter()
            .map(|(kind, names)| Some((kind.clone(), Term::AllBut(names.clone()))))
            .collect(),
    };
    let resources: Vec<Option<Term>> = match &statement.resources {
        None => vec![None],
        Some(list) => terms(list).into_iter().map(Some).collect(),
    };
    let mut pieces = Vec::new();
    for principal in &principals {
        for action in terms(&statement.actions) {
            for resource in &resources {
                pieces.push(Piece {
                    effect: statement.effect,
                    principal: principal.clone(),
                    action: action.clone(),
                    resource: resource.clone(),
                    conditions: statement.conditions.clone(),
                });
            }
        }
    }
    pieces
}

fn terms(list: &Match) -> Vec<Term> {
    match list {
        Match::Only(set) => set.iter().cloned().map(Term::One).collect(),
        Match::AllBut(set) => vec![Term::AllBut(set.clone())],
    }
}

impl Piece {
    /// Whether one of these actions, which are in lower case, is among what it is about.
    pub fn is_about(&self, actions: &[&str]) -> bool {
        actions.iter().any(|action| match &self.action {
            Term::One(pattern) => glob_covers(pattern, action),
            Term::AllBut(others) => !others.iter().any(|pattern| glob_covers(pattern, action)),
        })
    }

    /// Whether it says nothing of who it is about, in whatever circumstances.
    pub fn is_for_everybody(&self) -> bool {
        match &self.principal {
            Some((_, Term::One(name))) => name == "*",
            Some((_, Term::AllBut(_))) => true,
            None => false,
        }
    }

    /// Whether it holds in some circumstances only.
    pub fn is_conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Whether it is about somebody who is in none of these accounts, or of whom that is not known. A service of AWS is
    /// in none and nobody's.
    pub fn is_outside(&self, accounts: &BTreeSet<AccountId>) -> bool {
        match &self.principal {
            None => false,
            Some((kind, _)) if kind == "Service" => false,
            Some((_, Term::One(name))) => account(name).is_none_or(|a| !accounts.contains(&a)),
            Some((_, Term::AllBut(_))) => true,
        }
    }

    /// Whether every request that `narrow` is about is one that `self` is about.
    fn covers(&self, narrow: &Piece, root: Root) -> bool {
        let principal = match (&self.principal, &narrow.principal) {
            (None, None) => true,
            (Some((broad_kind, broad)), Some((kind, name))) => {
                let everybody = broad_kind == "AWS" && *broad == Term::One("*".into());
                everybody || (broad_kind == kind && covers_principal(broad, name, root))
            }
            _ => false,
        };
        let resource = match (&self.resource, &narrow.resource) {
            (None, None) => true,
            (Some(broad), Some(narrow)) => covers_term(broad, narrow),
            _ => false,
        };
        principal
            && covers_term(&self.action, &narrow.action)
            && resource
            && covers_conditions(&self.conditions, &narrow.conditions)
    }
}

/// Wildcards mean nothing in the name of a principal.
fn covers_principal(broad: &Term, narrow: &Term, root: Root) -> bool {
    if let (Term::One(broad), Term::One(narrow)) = (broad, narrow) {
        let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
        let whole = root == Root::IsEverybody && broad.ends_with(":root") && narrow.starts_with("arn:");
        return broad == narrow || (whole && account(broad) == account(narrow));
    }
    covers_term(broad, narrow)
}

fn covers_term(broad: &Term, narrow: &Term) -> bool {
    match (broad, narrow) {
        (Term::One(broad), Term::One(narrow)) => glob_covers(broad, narrow),
        (Term::One(broad), Term::AllBut(_)) => broad == "*",
        (Term::AllBut(excluded), Term::One(narrow)) => !excluded.iter().any(|e| may_overlap(e, narrow)),
        (Term::AllBut(excluded), Term::AllBut(also)) => excluded.is_subset(also),
    }
}

/// Fewer conditions mean more requests. Of a condition's values any one may match, so fewer
/// values mean fewer requests; for negated operators (`StringNotEquals`) it is the reverse.
fn covers_conditions(
    broad: &BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    narrow: &BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
) -> bool {
    broad.iter().all(|(operator, keys)| {
        keys.iter().all(
            |(key, values)| match narrow.get(operator).and_then(|k| k.get(key)) {
                None => false,
                Some(narrow) if operator.contains("not") => values.is_subset(narrow),
                Some(narrow) => narrow.is_subset(values),
            },
        )
    })
}

/// Whether every text that the pattern `narrow` matches is matched by `broad`. A wildcard of
/// `narrow` is only matched by `*`.
fn glob_covers(broad: &str, narrow: &str) -> bool {
    let (broad, narrow): (Vec<char>, Vec<char>) = (broad.chars().collect(), narrow.chars().collect());
    // Positions of `broad` that can be reached after each character of `narrow`.
    let mut reach = closure(&broad, BTreeSet::from([0]));
    for c in narrow {
        let mut next = BTreeSet::new();
        for at in reach {
            match broad.get(at) {
                Some('*') => {
                    next.insert(at);
                }
                Some('?') if c != '*' => {
                    next.insert(at + 1);
                }
                Some(b) if *b == c => {
                    next.insert(at + 1);
                }
                _ => {}
            }
        }
        reach = closure(&broad, next);
    }
    reach.contains(&broad.len())
}

/// A `*` may stand for nothing.
fn closure(pattern: &[char], mut reach: BTreeSet<usize>) -> BTreeSet<usize> {
    let mut todo: Vec<usize> = reach.iter().copied().collect();
    while let Some(at) = todo.pop() {
        if pattern.get(at) == Some(&'*') && reach.insert(at + 1) {
            todo.push(at + 1);
        }
    }
    reach
}

/// Whether some text might match both patterns; true when in doubt.
fn may_overlap(a: &str, b: &str) -> bool {
    let literal = |p: &str| p.split(['*', '?']).next().unwrap_or("").to_owned();
    let wild = |p: &str| p.contains(['*', '?']);
    match (wild(a), wild(b)) {
        (false, false) => a == b,
        (true, false) => glob_covers(a, b),
        (false, true) => glob_covers(b, a),
        (true, true) => {
            let (a, b) = (literal(a), literal(b));
            a.starts_with(&b) || b.starts_with(&a)
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::One(name) => f.write_str(name),
            Term::AllBut(set) => {
                let names: Vec<_> = set.iter().map(String::as_str).collect();
                write!(f, "everything but {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.action)?;
        if let Some((_, name)) = &self.principal {
            write!(f, " by {name}")?;
        }
        if let Some(resource) = &self.resource {
            write!(f, " on {resource}")?;
        }
        let keys: BTreeSet<&str> = self
            .conditions
            .values()
            .flat_map(|keys| keys.keys().map(String::as_str))
            .collect();
        if !keys.is_empty() {
            let keys: Vec<_> = keys.into_iter().collect();
            write!(f, " when {}", keys.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statements: &str) -> Document {
        Document::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#
        ))
        .unwrap()
    }

    const PUT: &str = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/pg/*"}"#;

    #[test]
    fn nothing_is_gained_by_saying_the_same_otherwise() {
        let whole = document(
            r#"{"Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload"],"Resource":["arn:aws:s3:::b/*"]}"#,
        );
        let split = document(
            r#"{"Effect":"Allow","Action":"S3:putobject","Resource":"arn:aws:s3:::b/*"},
               {"Effect":"Allow","Action":"s3:AbortMultipartUpload","Resource":"arn:aws:s3:::b/*"}"#,
        );
        assert_eq!(compare(&whole, &split), Difference::default());
        assert_eq!(compare(&split, &whole), Difference::default());
    }

    #[test]
    fn each_way_of_gaining_is_seen() {
        let before = document(&format!(
            r#"{PUT},{{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}}"#
        ));
        for (why, after) in [
            (
                "another action",
                r#"{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/pg/*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#,
            ),
            (
                "a wider action",
                r#"{"Effect":"Allow","Action":"s3:Put*","Resource":"arn:aws:s3:::b/pg/*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#,
            ),
            (
                "a wider resource",
                r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#,
            ),
            (
                "all but one",
                r#"{"Effect":"Allow","NotAction":"s3:PutObject","Resource":"arn:aws:s3:::b/pg/*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#,
            ),
            ("a Deny less", PUT),
            (
                "a narrower Deny",
                r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/pg/*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#,
            ),
            (
                "a condition on the Deny",
                r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/pg/*"},{"Effect":"Deny","Action":"s3:Get*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            ),
        ] {
            assert!(compare(&before, &document(after)).is_broader(), "{why}");
        }
    }

    #[test]
    fn less_is_narrower_and_no_gain() {
        let before = document(
            r#"{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}"#,
        );
        for after in [
            PUT.to_owned(),
            format!(r#"{PUT},{{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/x"}}"#),
            PUT.replace(
                "\"Effect\"",
                r#""Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}},"Effect""#,
            ),
        ] {
            let difference = compare(&before, &document(&after));
            assert!(!difference.is_broader(), "{after}");
            assert!(difference.narrower, "{after}");
        }
    }

    #[test]
    fn trust_gains_by_principals_and_by_lost_conditions() {
        let trust = |principal: &str, condition: &str| {
            document(&format!(
                r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}{condition}}}"#
            ))
        };
        let role = r#"{"AWS":"arn:aws:iam::111111111111:role/ci"}"#;
        let id = r#","Condition":{"StringEquals":{"sts:ExternalId":"x9"}}"#;
        let before = trust(role, id);
        for after in [
            trust(r#"{"AWS":"111111111111"}"#, id),
            trust(r#""*""#, id),
            trust(role, ""),
            trust(
                role,
                r#","Condition":{"StringEquals":{"sts:ExternalId":["x9","y"]}}"#,
            ),
            trust(r#"{"Service":"ec2.amazonaws.com"}"#, id),
        ] {
            assert!(compare(&before, &after).is_broader(), "{after:?}");
        }
        assert!(!compare(&trust(r#"{"AWS":"111111111111"}"#, ""), &before).is_broader());
        assert_eq!(
            compare(&before, &trust(role, "")).gained,
            ["sts:assumerole by arn:aws:iam::111111111111:role/ci"]
        );
    }

    #[test]
    fn negated_conditions_grow_by_losing_values() {
        let document = |values: &str| {
            document(&format!(
                r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{"ArnNotLike":{{"aws:PrincipalArn":{values}}}}}}}"#
            ))
        };
        // One more exception to a Deny is one more that may.
        assert!(compare(&document(r#"["a"]"#), &document(r#"["a","b"]"#)).is_broader());
        assert!(!compare(&document(r#"["a","b"]"#), &document(r#"["a"]"#)).is_broader());
    }

    #[test]
    fn patterns_cover_patterns() {
        for (broad, narrow, covers) in [
            ("*", "s3:*", true),
            ("s3:Put*", "s3:PutObject*", true),
            ("s3:PutObject*", "s3:Put*", false),
            ("a?c", "abc", true),
            ("a?c", "a*c", false),
            ("a*c", "a?c", true),
            ("a*b*c", "aXbYc", true),
            ("a*b", "a", false),
            ("", "", true),
        ] {
            assert_eq!(glob_covers(broad, narrow), covers, "{broad} over {narrow}");
        }
    }
}
