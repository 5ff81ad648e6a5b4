//! Whether an identity may do something: cautious, and wrong only towards "it may".
//!
//! What grants is taken wide (every condition can be met, variables stand for anything), what
//! denies is taken narrow (only unconditional denials that certainly cover what was granted).
//! So "nothing grants it" can be relied on, as far as the documents were read: service control
//! policies and session policies can only take away, and access control lists are judged apart.

use super::estate::Estate;
use crate::access::glob::{covers, intersects};
use crate::model::Arn;
use crate::model::fact::Identity;
use crate::model::policy::{Document, Effect, Match, Principals, Statement};
use std::collections::BTreeSet;
use std::fmt;

/// The statement that grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The document's name, or the bucket whose policy it is.
    pub document: String,
    /// Its `Sid`, or its position from 1.
    pub statement: String,
    /// As the statement names it; `None` for all but what a `NotAction` lists.
    pub action: Option<String>,
    /// As the statement names it; `None` for all but what a `NotResource` lists, and without any.
    pub resource: Option<String>,
    /// True when it grants only under a condition.
    pub conditional: bool,
}

impl Grant {
    /// A lower-case pattern that takes in every action it grants.
    pub fn action_pattern(&self) -> String {
        self.action
            .as_ref()
            .map_or_else(|| "*".to_owned(), |a| a.to_ascii_lowercase())
    }

    /// A pattern that takes in every resource it grants on.
    pub fn resource_pattern(&self) -> String {
        self.resource.as_deref().map_or_else(|| "*".to_owned(), widened)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.conditional {
            " under a condition"
        } else {
            ""
        };
        write!(
            f,
            "{}, statement {}: {} on {}{when}",
            self.document,
            self.statement,
            self.action
                .as_deref()
                .unwrap_or("everything but what NotAction lists"),
            self.resource
                .as_deref()
                .unwrap_or("everything but what NotResource lists"),
        )
    }
}

/// Whether something is granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The first statement that grants it; `None` when nothing that was read does.
    pub granted: Option<Grant>,
}

/// Who asks: an identity, and the buckets whose policies may grant it more.
#[derive(Debug, Clone, Copy)]
pub struct Principal<'a> {
    /// Its documents.
    pub identity: &'a Identity,
    /// Its own name, by which resource policies grant.
    pub arn: Option<&'a Arn>,
    /// Where resource policies are found.
    pub estate: &'a Estate<'a>,
}

/// Whether `who` may do `action` on any resource that `resource` matches. Both may hold wildcards.
pub fn may(who: &Principal<'_>, action: &str, resource: &str) -> Answer {
    Answer {
        granted: grants(who, action, resource).into_iter().next(),
    }
}

/// Every statement that grants `action` on something that `resource` matches.
pub fn grants(who: &Principal<'_>, action: &str, resource: &str) -> Vec<Grant> {
    let action = action.to_ascii_lowercase();
    let own = who
        .identity
        .policies
        .iter()
        .flat_map(|(name, document)| claims(name, document, |_| Some(Cap::Boundary)));
    let given = who.estate.stores().flat_map(|(arn, store)| {
        let policy = store.policy.present();
        policy
            .into_iter()
            .flat_map(move |document| claims(arn.as_str(), document, |s| grantee(s, who.arn)))
    });
    own.chain(given)
        .filter(|claim| claim.meets(&action, resource))
        .filter(|claim| claim.cap == Cap::None || within_boundary(who.identity, claim, &action, resource))
        .filter(|claim| !denied(who.identity, claim, &action, resource))
        .map(|claim| claim.grant)
        .collect()
}

/// What limits a grant besides denials.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cap {
    /// The identity's boundary: its own policies, and grants to the role by name.
    Boundary,
    /// Nothing: grants to the role's sessions, which everybody includes.
    None,
}

/// One pair of an allowed action and resource. `None` stands for everything that a negated list leaves.
struct Claim {
    grant: Grant,
    cap: Cap,
    statement: Statement,
    action: Option<String>,
    resource: Option<String>,
}

impl Claim {
    /// Whether it takes in something of what is asked.
    fn meets(&self, action: &str, resource: &str) -> bool {
        let action_meets = match &self.action {
            Some(pattern) => intersects(pattern, action),
            None => !lowered(&self.statement.actions).any(|p| covers(&p, action)),
        };
        let resource_meets = match (&self.resource, &self.statement.resources) {
            (Some(pattern), _) => intersects(pattern, resource),
            (None, Some(Match::AllBut(set))) => !set.iter().any(|p| certain(p) && covers(p, resource)),
            (None, _) => true,
        };
        action_meets && resource_meets
    }
}

/// What a document allows; `cap` says which statements apply, and what limits them.
fn claims(document: &str, policy: &Document, cap: impl Fn(&Statement) -> Option<Cap>) -> Vec<Claim> {
    let mut out = Vec::new();
    for (n, statement) in policy.statements.iter().enumerate() {
        let Some(cap) = cap(statement).filter(|_| statement.effect == Effect::Allow) else {
            continue;
        };
        let actions: Vec<Option<String>> = match &statement.actions {
            Match::Only(set) => set.iter().cloned().map(Some).collect(),
            Match::AllBut(_) => vec![None],
        };
        let resources: Vec<Option<String>> = match &statement.resources {
            Some(Match::Only(set)) => set.iter().cloned().map(Some).collect(),
            Some(Match::AllBut(_)) | None => vec![None],
        };
        for action in &actions {
            for resource in &resources {
                out.push(Claim {
                    cap,
                    grant: Grant {
                        document: document.to_owned(),
                        statement: statement.sid.clone().unwrap_or_else(|| (n + 1).to_string()),
                        action: action.clone(),
                        resource: resource.clone(),
                        conditional: !statement.conditions.is_empty(),
                    },
                    action: action.as_ref().map(|a| a.to_ascii_lowercase()),
                    resource: resource.as_deref().map(widened),
                    statement: statement.clone(),
                });
            }
        }
    }
    out
}

/// The boundary has to grant it too: something of what is asked, and of what the claim takes in.
fn within_boundary(identity: &Identity, claim: &Claim, action: &str, resource: &str) -> bool {
    let Some(boundary) = &identity.boundary else {
        return true;
    };
    claims("boundary", boundary, |_| Some(Cap::Boundary))
        .iter()
        .any(|limit| {
            limit.meets(action, resource)
                && limit.meets(
                    claim.action.as_deref().unwrap_or("*"),
                    claim.resource.as_deref().unwrap_or("*"),
                )
        })
}

fn denied(identity: &Identity, claim: &Claim, action: &str, resource: &str) -> bool {
    let documents = identity
        .policies
        .iter()
        .map(|(_, d)| d)
        .chain(identity.boundary.as_ref());
    documents
        .flat_map(|d| &d.statements)
        .filter(|s| s.effect == Effect::Deny && s.conditions.is_empty())
        .any(|deny| {
            // What is granted lies in both the claim and the question: covering one is enough.
            let action_denied = |pattern: &str| match &deny.actions {
                Match::Only(_) => lowered(&deny.actions).any(|p| covers(&p, pattern)),
                Match::AllBut(_) => !lowered(&deny.actions).any(|p| intersects(&p, pattern)),
            };
            let resource_denied = |pattern: &str| match &deny.resources {
                Some(Match::Only(set)) => set.iter().any(|p| certain(p) && covers(p, pattern)),
                Some(Match::AllBut(set)) => !set.iter().any(|p| intersects(&widened(p), pattern)),
                None => false,
            };
            (action_denied(action) || claim.action.as_deref().is_some_and(action_denied))
                && (resource_denied(resource) || claim.resource.as_deref().is_some_and(resource_denied))
        })
}

/// How a statement of a resource policy grants to `arn` by itself: by name, or to everybody.
/// A grant to an account only lets that account's own policies decide.
fn grantee(statement: &Statement, arn: Option<&Arn>) -> Option<Cap> {
    let of = |name: &String| match arn {
        _ if name == "*" => Some(Cap::None),
        Some(arn) if name == arn.as_str() => Some(Cap::Boundary),
        Some(arn) if is_session(name, arn) => Some(Cap::None),
        Some(_) | None => None,
    };
    match statement.principals.as_ref()? {
        Principals::Only(map) => {
            let caps: Vec<_> = map.get("AWS")?.iter().filter_map(of).collect();
            caps.iter().find(|c| **c == Cap::None).or(caps.first()).copied()
        }
        // Denying by NotPrincipal is common, allowing by it grants to everybody else.
        Principals::AllBut(map) => {
            let excluded = map
                .get("AWS")
                .is_some_and(|set| set.iter().any(|n| of(n).is_some()));
            (!excluded).then_some(Cap::None)
        }
    }
}

/// Whether `name` is a session of the role `role`: `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
fn is_session(name: &str, role: &Arn) -> bool {
    let Ok(session) = name.parse::<Arn>() else {
        return false;
    };
    let role_name = role.resource().rsplit('/').next().unwrap_or("");
    session.service() == "sts"
        && session.account() == role.account()
        && session
            .resource()
            .strip_prefix("assumed-role/")
            .and_then(|rest| rest.split('/').next())
            == Some(role_name)
}

/// Whether a statement's actions take in `action`, which holds no wildcard.
pub fn lists(actions: &Match, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let listed = lowered(actions).any(|pattern| covers(&pattern, &action));
    match actions {
        Match::Only(_) => listed,
        Match::AllBut(_) => !listed,
    }
}

fn lowered(actions: &Match) -> impl Iterator<Item = String> + '_ {
    listed(actions).iter().map(|a| a.to_ascii_lowercase())
}

fn listed(list: &Match) -> &BTreeSet<String> {
    match list {
        Match::Only(set) | Match::AllBut(set) => set,
    }
}

/// The pattern with every policy variable standing for anything.
pub fn widened(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, inside)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = inside.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// Without variables, of which nobody knows what they will stand for.
fn certain(pattern: &str) -> bool {
    !pattern.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(policy: &str, boundary: Option<&str>) -> Identity {
        let parse = |s: &str| {
            Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{s}]}}"#))
                .expect("a policy of the test")
        };
        Identity {
            name: "w".into(),
            trust: None,
            policies: vec![("inline".into(), parse(policy))],
            boundary: boundary.map(parse),
            unknown: Vec::new(),
            writer: None,
        }
    }

    fn asked(policy: &str, boundary: Option<&str>, action: &str, resource: &str) -> bool {
        let estate = Estate::default();
        let who = Principal {
            identity: &identity(policy, boundary),
            arn: None,
            estate: &estate,
        };
        may(&who, action, resource).granted.is_some()
    }

    const PUT: &str = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/pg/*"}"#;

    #[test]
    fn only_what_is_listed_is_granted() {
        assert!(asked(PUT, None, "s3:PutObject", "*"));
        assert!(asked(PUT, None, "S3:putobject", "arn:aws:s3:::b/pg/1"));
        assert!(!asked(PUT, None, "s3:GetObject", "*"));
        assert!(!asked(PUT, None, "s3:PutObject", "arn:aws:s3:::other/*"));
    }

    #[test]
    fn negated_lists_grant_the_rest() {
        let but_iam = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
        assert!(asked(but_iam, None, "s3:GetObject", "*"));
        assert!(!asked(but_iam, None, "iam:PassRole", "*"));
        let elsewhere = r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}"#;
        assert!(asked(elsewhere, None, "s3:GetObject", "*"));
        assert!(!asked(elsewhere, None, "s3:GetObject", "arn:aws:s3:::b/pg/*"));
    }

    #[test]
    fn a_boundary_takes_away_and_never_gives() {
        let all = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
        assert!(!asked(all, Some(PUT), "s3:GetObject", "*"));
        assert!(asked(all, Some(PUT), "s3:PutObject", "*"));
        assert!(!asked(PUT, Some(all), "s3:GetObject", "*"));
        let other = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}"#;
        assert!(!asked(PUT, Some(other), "s3:PutObject", "*"));
    }

    #[test]
    fn denials_count_only_when_they_are_certain() {
        let with = |deny: &str| format!(r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}},{deny}"#);
        let whole = with(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#);
        assert!(!asked(&whole, None, "s3:GetObject", "*"));
        let part = with(r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#);
        assert!(asked(&part, None, "s3:GetObject", "*"));
        assert!(!asked(&part, None, "s3:GetObject", "arn:aws:s3:::b/x"));
        let sometimes = with(
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
        );
        assert!(asked(&sometimes, None, "s3:GetObject", "*"));
        let variable = with(r#"{"Effect":"Deny","Action":"s3:*","Resource":"${aws:username}*"}"#);
        assert!(asked(&variable, None, "s3:GetObject", "*"));
        let rest = with(r#"{"Effect":"Deny","NotAction":"s3:PutObject","Resource":"*"}"#);
        assert!(!asked(&rest, None, "s3:GetObject", "*"));
    }

    #[test]
    fn variables_are_taken_wide_where_they_grant() {
        let own =
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*"}"#;
        assert!(asked(own, None, "s3:GetObject", "arn:aws:s3:::b/anybody/x"));
        assert!(!asked(own, None, "s3:GetObject", "arn:aws:s3:::c/*"));
    }
}
