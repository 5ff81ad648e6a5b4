//! Whether somebody may do something, as attack paths need it: yes for certain, only under a
//! condition, not known, or no. Grants are taken wide and denials narrow: a denial counts only when
//! it certainly covers the whole request.

use crate::access::glob::covers;
use crate::model::policy::{Document, Effect, Match, Principals, Statement};
use crate::model::{AccountId, Arn, Observed, Principal};
use std::collections::{BTreeSet, HashMap};

/// One question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// Who asks.
    pub who: &'a Principal,
    /// The account it belongs to.
    pub from: &'a AccountId,
    /// What it would do.
    pub action: &'a str,
    /// On what.
    pub resource: &'a Arn,
    /// Whose that is.
    pub owner: &'a AccountId,
    /// The resource's own policy; `None` when it has none, or it is replaced.
    pub policy: Option<&'a Observed<Document>>,
    /// Whether the resource's policy must itself allow, in the same account too (keys, trust).
    pub strict: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing grants it, or something forbids it.
    No,
    /// By this statement.
    Yes(String),
    /// Under this condition, by this statement.
    If(String, String),
    /// This could not be read.
    Unknown(String),
}

impl Answer {
    fn rank(&self) -> u8 {
        match self {
            Answer::Yes(_) => 0,
            Answer::If(..) => 1,
            Answer::Unknown(_) => 2,
            Answer::No => 3,
        }
    }

    /// Both are needed.
    pub(super) fn and(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::If(a, by), Answer::If(b, _)) if a != b => Answer::If(format!("{a} and {b}"), by),
            (a, b) if a.rank() >= b.rank() => a,
            (_, b) => b,
        }
    }

    /// Either is enough.
    fn or(self, other: Answer) -> Answer {
        if self.rank() <= other.rank() { self } else { other }
    }
}

/// Answers, and remembers what an identity's own documents say.
#[derive(Debug, Default)]
pub(super) struct Asker {
    own: HashMap<(String, String, String), Answer>,
}

impl Asker {
    pub(super) fn ask(&mut self, ask: &Ask<'_>) -> Answer {
        let identity = self.identity(ask);
        let Some(policy) = ask.policy else {
            return if ask.from == ask.owner || !ask.strict {
                identity
            } else {
                Answer::No
            };
        };
        let document = match policy {
            Observed::Present(document) => document,
            Observed::Absent if ask.strict => return Answer::No,
            Observed::Absent => {
                return if ask.from == ask.owner {
                    identity
                } else {
                    Answer::No
                };
            }
            Observed::Unreadable(why) => {
                let unknown = Answer::Unknown(why.why.clone());
                // A policy that nobody read may grant by itself, or forbid what the identity has.
                return match (ask.from == ask.owner, &identity) {
                    (false, Answer::No) => Answer::No,
                    (true, Answer::No) if ask.strict => Answer::No,
                    _ => unknown,
                };
            }
        };
        let resource = in_policy(document, ask);
        if resource.denied {
            return Answer::No;
        }
        match (ask.from == ask.owner, ask.strict) {
            (true, false) => identity.or(capped(resource.by_name, ask)),
            // The policy names the principal, or leaves it to the account, whose own policies decide.
            (true, true) => capped(resource.by_name, ask).or(resource.by_account.and(identity)),
            (false, _) => resource.by_name.or(resource.by_account).and(identity),
        }
    }

    fn identity(&mut self, ask: &Ask<'_>) -> Answer {
        // The id, since one ARN may stand for two: as it is, and with its policies rewritten.
        let key = (
            format!("{} {}", ask.who.arn, ask.who.id),
            ask.action.to_owned(),
            ask.resource.to_string(),
        );
        if let Some(known) = self.own.get(&key) {
            return known.clone();
        }
        let answer = of_identity(ask);
        self.own.insert(key, answer.clone());
        answer
    }
}

fn of_identity(ask: &Ask<'_>) -> Answer {
    let mut best = Answer::No;
    let mut hidden = None;
    for (name, document) in &ask.who.policies {
        match document {
            Observed::Present(document) => {
                for (n, statement) in document.statements.iter().enumerate() {
                    if !concerns(statement, ask) {
                        continue;
                    }
                    match statement.effect {
                        Effect::Deny if certain(statement, ask) => return Answer::No,
                        Effect::Deny => {}
                        Effect::Allow => best = best.or(granted(statement, name, n)),
                    }
                }
            }
            Observed::Absent => {}
            Observed::Unreadable(why) => hidden = Some(why.why.clone()),
        }
    }
    if let (Answer::No, Some(why)) = (&best, hidden) {
        best = Answer::Unknown(why);
    }
    capped(best, ask)
}

/// What a boundary leaves.
fn capped(answer: Answer, ask: &Ask<'_>) -> Answer {
    if answer == Answer::No {
        return answer;
    }
    match &ask.who.boundary {
        Observed::Absent => answer,
        Observed::Unreadable(why) => answer.and(Answer::Unknown(why.why.clone())),
        Observed::Present(boundary) => {
            let mut left = Answer::No;
            for (n, statement) in boundary.statements.iter().enumerate() {
                if !concerns(statement, ask) {
                    continue;
                }
                match statement.effect {
                    Effect::Deny if certain(statement, ask) => return Answer::No,
                    Effect::Deny => {}
                    Effect::Allow => left = left.or(granted(statement, "the boundary", n)),
                }
            }
            match left {
                Answer::Yes(_) => answer,
                other => answer.and(other),
            }
        }
    }
}

struct InPolicy {
    denied: bool,
    /// What it grants to the principal itself, or to everybody.
    by_name: Answer,
    /// What it leaves to the principal's account.
    by_account: Answer,
}

fn in_policy(document: &Document, ask: &Ask<'_>) -> InPolicy {
    let mut found = InPolicy {
        denied: false,
        by_name: Answer::No,
        by_account: Answer::No,
    };
    for (n, statement) in document.statements.iter().enumerate() {
        if !concerns(statement, ask) {
            continue;
        }
        let (named, of_account) = principals(statement, ask);
        match statement.effect {
            Effect::Deny if (named || of_account) && certain(statement, ask) => found.denied = true,
            Effect::Deny => {}
            Effect::Allow => {
                let answer = granted(statement, "the resource's policy", n);
                if named {
                    found.by_name = found.by_name.or(answer.clone());
                }
                if of_account {
                    found.by_account = found.by_account.or(answer);
                }
            }
        }
    }
    found
}

/// Whether it names the principal or everybody, and whether it names its account.
fn principals(statement: &Statement, ask: &Ask<'_>) -> (bool, bool) {
    let own = ask.who.arn.to_string();
    let root = format!("arn:aws:iam::{}:root", ask.from);
    let account = ask.from.to_string();
    let is = |name: &str| name == "*" || name == own || name == ask.who.id;
    let is_account = |name: &str| name == root || name == account;
    match &statement.principals {
        None => (false, false),
        Some(Principals::Only(map)) => {
            let names = || map.get("AWS").into_iter().flatten();
            (names().any(|n| is(n)), names().any(|n| is_account(n)))
        }
        Some(Principals::AllBut(map)) => {
            let mut names = map.get("AWS").into_iter().flatten();
            let all_others = !names.any(|n| is(n) || is_account(n));
            (all_others, false)
        }
    }
}

fn granted(statement: &Statement, document: &str, n: usize) -> Answer {
    let sid = statement.sid.clone().unwrap_or_else(|| format!("{}", n + 1));
    let by = format!("{document}, statement {sid}");
    match condition(statement) {
        None => Answer::Yes(by),
        Some(condition) => Answer::If(condition, by),
    }
}

fn condition(statement: &Statement) -> Option<String> {
    let parts: Vec<String> = statement
        .conditions
        .iter()
        .flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                format!("{key} {operator} {}", values.join(" or "))
            })
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Whether a denial surely covers the request: no condition but one on the principal that is met.
fn certain(statement: &Statement, ask: &Ask<'_>) -> bool {
    statement.conditions.iter().all(|(operator, keys)| {
        keys.iter().all(|(key, values)| {
            let on_principal = key.eq_ignore_ascii_case("aws:PrincipalArn");
            let negated = ["ArnNotLike", "ArnNotEquals", "StringNotEquals", "StringNotLike"];
            on_principal
                && negated.iter().any(|o| operator.eq_ignore_ascii_case(o))
                && !values.iter().any(|v| covers(v, &ask.who.arn.to_string()))
        })
    })
}

fn concerns(statement: &Statement, ask: &Ask<'_>) -> bool {
    // Names of actions ignore case.
    let wanted = ask.action.to_ascii_lowercase();
    let named = |set: &BTreeSet<String>| set.iter().any(|a| covers(&a.to_ascii_lowercase(), &wanted));
    let action = match &statement.actions {
        Match::Only(set) => named(set),
        Match::AllBut(set) => !named(set),
    };
    if !action {
        return false;
    }
    let resource = ask.resource.to_string();
    match &statement.resources {
        None => true,
        Some(Match::Only(set)) => set.iter().any(|r| overlaps(r, &resource, statement.effect)),
        Some(Match::AllBut(set)) => !set.iter().any(|r| covers(r, &resource)),
    }
}

/// The resource of a question stands for everything below it: a grant on a part is enough to
/// destroy a part, a denial has to cover all of it.
fn overlaps(pattern: &str, resource: &str, effect: Effect) -> bool {
    if pattern.contains("${") {
        return effect == Effect::Allow;
    }
    if covers(pattern, resource) {
        return true;
    }
    let wide = resource.ends_with("/*") || resource.ends_with(":any") || resource.ends_with("/any");
    let stem = resource.trim_end_matches("any").trim_end_matches('*');
    effect == Effect::Allow && wide && pattern.starts_with(stem)
}

/// Whether a trust lets a service run code under the role.
pub(super) fn trusts_service(trust: &Document, service: &str) -> bool {
    trust.statements.iter().any(|s| {
        s.effect == Effect::Allow
            && matches!(&s.principals, Some(Principals::Only(map))
                if map.get("Service").into_iter().flatten().any(|n| n == service || n == "*"))
    })
}
