//! Whom policies let do what, asked of one request after the other: the way of judging policies that the
//! kinds do not use, to hold theirs against. Conditions are those that the tests write.

use crate::model::policy::{Document, Effect, Match, Principals, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// One request.
#[derive(Debug, Clone, Copy)]
pub(in crate::kinds) struct Request<'a> {
    /// Who, by ARN; nobody in particular where only identity policies are asked.
    pub principal: &'a str,
    /// In lower case.
    pub action: &'a str,
    pub resource: &'a str,
    /// Condition keys in lower case, with their values.
    pub context: &'a [(&'a str, &'a str)],
}

/// What documents say to a request, the more protective first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::kinds) enum Says {
    No,
    Nothing,
    Yes,
}

/// Documents that are asked.
pub(in crate::kinds) struct Asked(Vec<Statement>);

impl Asked {
    pub(in crate::kinds) fn of<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Self {
        let statements = documents.into_iter().flat_map(|d| &d.statements);
        Self(statements.map(Statement::canonical).collect())
    }

    /// What they say together.
    pub(in crate::kinds) fn say(&self, request: Request<'_>) -> Says {
        let said = self
            .0
            .iter()
            .filter(|s| applies(s, request))
            .map(|s| match s.effect {
                Effect::Deny => Says::No,
                Effect::Allow => Says::Yes,
            });
        said.reduce(|one, other| match (one, other) {
            (Says::Yes, Says::Yes) => Says::Yes,
            _ => Says::No,
        })
        .unwrap_or(Says::Nothing)
    }
}

fn applies(statement: &Statement, request: Request<'_>) -> bool {
    let listed = |list: &Match, text: &str| match list {
        Match::Only(all) => all.iter().any(|p| is_like(p, text)),
        Match::AllBut(all) => !all.iter().any(|p| is_like(p, text)),
    };
    let named = |map: &BTreeMap<String, BTreeSet<String>>| {
        let mut names = map.values().flatten();
        names.any(|n| n == "*" || n == request.principal)
    };
    let principal = match &statement.principals {
        None => true,
        Some(Principals::Only(map)) => named(map),
        Some(Principals::AllBut(map)) => !named(map),
    };
    let holds = statement.conditions.iter().all(|(operator, keys)| {
        keys.iter()
            .all(|(key, values)| condition(operator, key, values, request))
    });
    principal
        && listed(&statement.actions, request.action)
        && statement
            .resources
            .as_ref()
            .is_none_or(|r| listed(r, request.resource))
        && holds
}

fn condition(operator: &str, key: &str, values: &BTreeSet<String>, request: Request<'_>) -> bool {
    let asked = match key {
        "aws:principalarn" => Some(request.principal),
        key => request.context.iter().find(|(k, _)| *k == key).map(|(_, v)| *v),
    };
    let any = |asked: &str| values.iter().any(|v| is_like(v, asked));
    match operator {
        "stringequals" | "stringlike" | "arnequals" | "arnlike" | "bool" => asked.is_some_and(any),
        "stringnotequals" | "arnnotequals" | "arnnotlike" => !asked.is_some_and(any),
        "null" => values.contains(if asked.is_none() { "true" } else { "false" }),
        other => panic!("no test writes {other}"),
    }
}

/// Whether a text is like a pattern of `*` and `?`.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let mut left = text.chars();
            loop {
                if is_like(rest.as_str(), left.as_str()) {
                    return true;
                }
                if left.next().is_none() {
                    return false;
                }
            }
        }
        Some(wanted) => {
            let mut chars = text.chars();
            let first = chars.next();
            first.is_some_and(|c| wanted == '?' || wanted == c) && is_like(rest.as_str(), chars.as_str())
        }
    }
}

#[test]
fn requests_are_answered() {
    let root = "arn:aws:iam::111111111111:root";
    let all = Document::new([
        Statement::new(Effect::Allow, ["S3:Get*"], ["arn:aws:s3:::b/?/*"]).principal("AWS", "111111111111"),
        Statement::new(Effect::Deny, ["s3:*"], ["arn:aws:s3:::b/x/*"])
            .principal("AWS", "*")
            .when("ArnNotEquals", "aws:PrincipalArn", [root]),
    ]);
    let ask = |principal, action, resource| {
        let context = &[];
        Asked::of([&all]).say(Request {
            principal,
            action,
            resource,
            context,
        })
    };
    assert_eq!(ask(root, "s3:getobject", "arn:aws:s3:::b/x/1"), Says::Yes);
    assert_eq!(ask(root, "s3:getobject", "arn:aws:s3:::b/xy/1"), Says::Nothing);
    assert_eq!(ask(root, "s3:putobject", "arn:aws:s3:::b/x/1"), Says::Nothing);
    assert_eq!(ask("other", "s3:getobject", "arn:aws:s3:::b/x/1"), Says::No);
    assert_eq!(ask("other", "s3:getobject", "arn:aws:s3:::b/y/1"), Says::Nothing);
}
