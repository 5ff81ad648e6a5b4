//! Whom policies let in from accounts that nobody read: those whom they name, and anybody in the world.

use super::super::ask::{Answer, Asker};
use super::super::ledger::Doing;
use super::{Everybody, Maker, acts};
use crate::model::fact::{Evidence, Facts, ObjectStore};
use crate::model::policy::{Document, Effect, Principals, Statement};
use crate::model::{AccountId, Observed};
use std::collections::BTreeSet;

/// Numbers that stand for an account of the attacker's own. The second is for an estate that has the first.
const OUTSIDE: [&str; 2] = ["099999999990", "099999999980"];

/// Conditions that name whose callers, or on whose behalf, a statement lets in.
const NAMES_ACCOUNTS: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourceaccount",
    "aws:sourcearn",
    "kms:calleraccount",
];

/// Conditions on fixed values of these make a policy not public (Amazon S3 User Guide, "The meaning of public").
const LIMITS: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpcsourceip",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Whom nobody read, and whom a policy lets in.
#[derive(Debug, Default)]
pub(super) struct Outsiders {
    /// Accounts that a trust or the policy of a resource names, with the name.
    pub named: BTreeSet<(AccountId, String)>,
    /// An account of the attacker's own, where a policy may mean everybody.
    pub anybody: Option<AccountId>,
}

impl Outsiders {
    pub(super) fn new(evidence: &[Evidence], everybody: Everybody<'_>) -> Self {
        let trusts = everybody.known().filter_map(|p| p.trust.present());
        let facts = evidence.iter().filter_map(|e| e.facts.present());
        let policies = facts.filter_map(Facts::policy).filter_map(Observed::present);
        let documents: Vec<&Document> = trusts.chain(policies).collect();
        let statements = documents.iter().flat_map(|document| &document.statements);
        let allowed: Vec<&Statement> = statements.filter(|s| s.effect == Effect::Allow).collect();
        let unread =
            |account: &AccountId| !matches!(everybody.principals.get(account), Some(Observed::Present(_)));
        let let_in = allowed.iter().flat_map(|s| {
            let conditions = limiting(s, NAMES_ACCOUNTS);
            s.named("AWS").chain(conditions)
        });
        let named = let_in.chain(documents.iter().flat_map(|document| spared(document)));
        let named = named.filter_map(|name| Some((account(name)?, name.clone())));
        let mut own = OUTSIDE.iter().filter_map(|id| id.parse().ok());
        Self {
            named: named.filter(|(account, _)| unread(account)).collect(),
            anybody: own
                .find(|id| !everybody.principals.contains_key(id))
                .filter(|_| allowed.iter().any(|s| means_everybody(s))),
        }
    }

    /// The accounts that are named.
    pub(super) fn strangers(&self) -> BTreeSet<AccountId> {
        self.named.iter().map(|(account, _)| account.clone()).collect()
    }
}

/// Whether it stands for an account of the attacker's own.
pub(super) fn is_outside(account: &AccountId) -> bool {
    OUTSIDE.contains(&account.as_str())
}

/// The account of a number or an ARN; of a pattern, one that it means. `None` where any will do.
fn account(name: &str) -> Option<AccountId> {
    let part = match name.starts_with("arn:") {
        true => name.split(':').nth(4)?,
        false => name,
    };
    if part.chars().all(|c| c == '*' || c == '?') {
        return None;
    }
    let missing = 13usize.saturating_sub(part.len());
    let filled = part.replacen('*', &"0".repeat(missing), 1).replace('*', "");
    filled.replace('?', "0").parse().ok()
}

/// The values of these keys, in conditions that let in only what has them.
fn limiting<'a>(statement: &'a Statement, keys: &'a [&str]) -> impl Iterator<Item = &'a String> {
    tested(statement, keys, false)
}

/// Whom the denials of a document leave out that lets in everybody: they are meant by that, as if it named them.
fn spared(document: &Document) -> Vec<&String> {
    let lets_in = |s: &Statement| s.effect == Effect::Allow && means_everybody(s);
    if !document.statements.iter().any(lets_in) {
        return Vec::new();
    }
    let denials = document.statements.iter().filter(|s| s.effect == Effect::Deny);
    let left_out = denials.flat_map(|denial| {
        let names = match &denial.principals {
            Some(Principals::AllBut(names)) => names.get("AWS"),
            Some(Principals::Only(_)) | None => None,
        };
        tested(denial, NAMES_ACCOUNTS, true).chain(names.into_iter().flatten())
    });
    left_out.collect()
}

/// The values of these keys, in conditions that ask for them or in those that ask for anything else.
fn tested<'a>(statement: &'a Statement, keys: &'a [&str], negated: bool) -> impl Iterator<Item = &'a String> {
    let operators = statement.conditions.iter();
    let meant = operators.filter(move |(operator, _)| {
        let operator = operator.to_ascii_lowercase();
        operator.contains("not") == negated && !operator.ends_with("null")
    });
    let tests = meant.flat_map(|(_, tests)| tests);
    tests
        .filter(|(key, _)| keys.contains(&key.to_ascii_lowercase().as_str()))
        .flat_map(|(_, values)| values)
}

/// Whether its principals take in people of whom nobody knows.
fn means_everybody(statement: &Statement) -> bool {
    match &statement.principals {
        Some(Principals::AllBut(_)) => true,
        Some(Principals::Only(_)) => statement.named("AWS").any(|name| name == "*"),
        None => false,
    }
}

/// What the block of public access denies where a bucket's policy is public: everybody of other accounts. Those that were
/// read are not taken in, so that the proof is only the stricter for it.
pub(super) fn restriction(store: &ObjectStore) -> Option<Document> {
    let blocked = store.public_access_blocked == Observed::Present(true);
    let grants = store.policy.present().into_iter().flat_map(|d| &d.statements);
    let public = grants.filter(|s| s.effect == Effect::Allow && means_everybody(s));
    let is_public = public.into_iter().any(|s| limiting(s, LIMITS).next().is_none());
    (blocked && is_public).then(|| {
        let denial = || Statement::new(Effect::Deny, ["s3:*"], ["*"]).principal("AWS", "*");
        Document::new([
            denial().when("StringEquals", "aws:PrincipalAccount", OUTSIDE),
            denial().when("Null", "aws:PrincipalAccount", ["true"]),
        ])
    })
}

impl Maker {
    /// Whoever attacks may have an account, and needs none to ask without credentials.
    pub(super) fn anybody(&mut self, asker: &Asker) {
        for who in asker.actors.iter().filter(|a| is_outside(&a.account)) {
            let because = Doing::itself("anybody can have an account of their own");
            self.push(Vec::new(), acts(who), because, Answer::Yes(String::new()));
        }
    }
}
