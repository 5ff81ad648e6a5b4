//! Under which names somebody new could act: those that policies tell apart, and one that no policy tells apart.

use crate::access::{glob, name_like};
use crate::model::policy::{Document, Effect, Match, Principals, Statement};
use crate::model::{AccountId, Arn};
use std::collections::BTreeSet;

/// Names that policies give, as patterns. Which name a pattern means is looked for; whether a policy really means it is asked
/// of that policy.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Of ARNs.
    arns: BTreeSet<String>,
    /// Of users' names, as patterns of their ARNs.
    users: BTreeSet<String>,
    /// Of the ids of federated users, as patterns of their ARNs.
    federated: BTreeSet<String>,
}

impl Names {
    /// Those of these documents, and these.
    pub(super) fn of<'n>(documents: &[&Document], patterns: impl Iterator<Item = &'n String>) -> Self {
        let mut all = Self::default();
        documents.iter().for_each(|document| all.read(document));
        patterns.for_each(|pattern| all.add(pattern));
        all
    }

    /// Those that a document gives its callers, in its conditions or where it lets them in. AWS shows a deleted one by its id,
    /// so that whoever is let in by name is there, or is whoever gets that name.
    fn read(&mut self, document: &Document) {
        for statement in &document.statements {
            for (key, values) in statement.conditions.values().flatten() {
                match key.to_ascii_lowercase().as_str() {
                    "aws:principalarn" => values.iter().for_each(|value| self.add(value)),
                    "aws:username" => self.users.extend(values.iter().map(|name| format!("*/{name}"))),
                    "aws:userid" => {
                        let name = |value: &String| value.rsplit(':').next().map(|name| format!("*/{name}"));
                        self.federated.extend(values.iter().filter_map(name));
                    }
                    _ => {}
                }
            }
            if statement.effect == Effect::Allow {
                let names = statement.named("AWS").filter(|name| name.starts_with("arn:"));
                names.for_each(|name| self.add(name));
            }
        }
    }

    /// One more pattern. A session of a role may be opened by whoever makes the role.
    fn add(&mut self, pattern: &str) {
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        if let ["arn", partition, "sts", region, account, resource] = parts.as_slice()
            && let Some(("assumed-role", session)) = resource.split_once('/')
        {
            let role = session.split('/').next().unwrap_or_default();
            self.arns
                .insert(format!("arn:{partition}:iam:{region}:{account}:role/{role}"));
        }
        // A pattern of an ARN that ends early goes on.
        let rest = ":*".repeat(6usize.saturating_sub(parts.len()));
        if !rest.is_empty() {
            self.arns.insert(format!("{pattern}{rest}"));
        }
        self.arns.insert(pattern.to_owned());
    }

    /// Roles of an account, one for each way in which policies tell them apart. Left out is what such a pattern alone tells of
    /// somebody who bears the name `taken` already.
    pub(super) fn roles(&self, partition: &str, account: &AccountId, taken: &str) -> BTreeSet<Arn> {
        let prefix = Arn::iam(partition, account, "role/").to_string();
        chosen(&prefix, self.arns.iter(), taken)
    }

    /// The same of users.
    pub(super) fn users(&self, partition: &str, account: &AccountId) -> BTreeSet<Arn> {
        let prefix = Arn::iam(partition, account, "user/").to_string();
        chosen(&prefix, self.arns.iter().chain(&self.users), "")
    }

    /// The same of sessions that users open for others.
    pub(super) fn federated(&self, partition: &str, account: &AccountId) -> BTreeSet<Arn> {
        let prefix = federated(partition, account);
        chosen(&prefix, self.arns.iter().chain(&self.federated), "")
    }
}

/// What the ARNs of an account's federated users begin with.
pub(super) fn federated(partition: &str, account: &AccountId) -> String {
    format!("arn:{partition}:sts::{account}:federated-user/")
}

/// One name for each pattern, one for as many others as go together with it, and one that none means.
fn chosen<'p>(prefix: &str, patterns: impl Iterator<Item = &'p String>, taken: &str) -> BTreeSet<Arn> {
    let all = format!("{prefix}*");
    let is_open = |pattern: &&str| pattern.contains(['*', '?', '$']);
    let meant: BTreeSet<&str> = patterns.map(String::as_str).collect();
    let (open, exact): (Vec<&str>, Vec<&str>) = meant.into_iter().partition(is_open);
    let means_some = |pattern: &&str| {
        let meets = pattern.contains('$') || glob::intersects(pattern, &all);
        meets && name_like(prefix, &[pattern]).is_some()
    };
    let open: Vec<&str> = open.into_iter().filter(means_some).collect();
    let exact = exact.into_iter().filter(|name| name.starts_with(prefix));
    let mut found: BTreeSet<String> = exact.filter_map(|name| name_like(prefix, &[name])).collect();
    found.extend(name_like(prefix, &[]));
    for pattern in open.iter().filter(|pattern| !glob::covers(pattern, taken)) {
        found.extend(name_like(prefix, &[pattern]));
        let mut together = vec![*pattern];
        for other in open.iter().filter(|other| *other != pattern) {
            together.push(other);
            if name_like(prefix, &together).is_none() {
                together.pop();
            }
        }
        found.extend(name_like(prefix, &together));
    }
    found.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Whether a document may tell apart who acts and under which name or as what kind of caller that one does.
pub(super) fn tells_apart(document: &Document) -> bool {
    document.statements.iter().any(by_caller)
}

fn by_caller(statement: &Statement) -> bool {
    const KEYS: [&str; 4] = [
        "aws:principalarn",
        "aws:username",
        "aws:userid",
        "aws:principaltype",
    ];
    let mut conditions = statement.conditions.values().flatten();
    let by_key = |key: &str| KEYS.contains(&key.to_ascii_lowercase().as_str());
    let by_variable = |values: &BTreeSet<String>| values.iter().any(|value| value.contains("${"));
    let of_variable = match &statement.resources {
        Some(Match::Only(list) | Match::AllBut(list)) => by_variable(list),
        None => false,
    };
    let by_name = match &statement.principals {
        Some(Principals::AllBut(_)) => true,
        Some(Principals::Only(_)) => statement
            .named("AWS")
            .any(|name| name.contains(":user/") || name.contains(":federated-user/")),
        None => false,
    };
    by_name || of_variable || conditions.any(|(key, values)| by_key(key) || by_variable(values))
}
