//! Whom a trust lets in by the token of an identity provider: anybody in the world, or whoever runs the provider.

use super::super::actor::{Actor, Standing};
use super::super::ask::{Answer, Asker, read};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::{Everybody, Maker, acts, administrator_of, name};
use crate::access::narrowing::required;
use crate::access::{
    Caller, Context, Environment, Known, Policies, Request, Target, Truth, evaluate, takes_in,
};
use crate::model::policy::{Document, Effect, Principals, Statement};
use crate::model::{AccountId, Arn};
use std::collections::{BTreeMap, BTreeSet};

const BY_TOKEN: &str = "sts:AssumeRoleWithWebIdentity";

/// Issuers of which anybody gets a token, by host, and whether that is by signing in to an application whose id is the
/// audience. Of the others whoever asks for a token says what audience it has.
const OPEN: &[(&str, bool)] = &[
    ("accounts.google.com", true),
    ("graph.facebook.com", true),
    ("www.amazon.com", true),
    ("cognito-identity.amazonaws.com", true),
    ("token.actions.githubusercontent.com", false),
    ("gitlab.com", false),
    ("app.terraform.io", false),
    ("agent.buildkite.com", false),
];

/// Issuers of one tenant each, which a vendor runs outside of its customers' accounts.
const OF_TENANTS: &[&str] = &[
    "token.actions.githubusercontent.com/",
    "api.bitbucket.org/",
    "oidc.circleci.com/org/",
    "oidc.vercel.com/",
    "sts.windows.net/",
    "login.microsoftonline.com/",
];

/// Claims that say for which application a token is.
const APPLICATION: &[&str] = &["aud", "oaud", "azp", "app_id"];

/// Claims that say nothing of whose token it is.
const NOBODYS: &[&str] = &["amr", "iss", "jti"];

/// Who gets a token that a statement accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    /// Whom the statement means.
    Meant,
    Anybody,
    /// Whoever may sign in to these applications.
    OfApplication(String),
    /// Whoever runs the issuer.
    Issuer,
}

impl Maker {
    /// Roles that whoever attacks acts as by a token.
    pub(super) fn vouched(&mut self, everybody: Everybody<'_>, asker: &Asker) {
        let trusts = everybody
            .known()
            .filter_map(|p| Some((&p.arn, p.trust.present()?)));
        let trusts: BTreeMap<&Arn, &Document> = trusts.collect();
        for role in asker.actors.iter().filter(|a| a.standing == Standing::Known) {
            let statements = trusts.get(&role.arn).into_iter().flat_map(|d| &d.statements);
            let accepting = statements
                .filter(|s| s.effect == Effect::Allow && takes_in(&s.actions, BY_TOKEN) != Truth::No);
            for statement in accepting {
                for provider in providers(statement) {
                    self.by_token(role, statement, &provider, everybody, asker);
                }
            }
        }
    }

    fn by_token(
        &mut self,
        role: &Actor,
        statement: &Statement,
        provider: &str,
        everybody: Everybody<'_>,
        asker: &Asker,
    ) {
        let issuer = issuer(provider);
        let holder = holder(statement, issuer);
        if holder == Holder::Meant {
            return;
        }
        let Some(answer) = accepts(role, statement, provider, asker) else {
            return;
        };
        let does = Doing::itself(format!(
            "a token of {issuer} lets its holder act as {}",
            name(&role.arn)
        ));
        match holder {
            Holder::Meant => {}
            Holder::Anybody => self.push(Vec::new(), acts(role), does, answer),
            Holder::OfApplication(ids) => {
                let signs = format!("the attacker may sign in to {ids} by {issuer}");
                self.push(Vec::new(), acts(role), does, answer.only_if(signs.as_str()));
            }
            Holder::Issuer => {
                let others = everybody.principals.keys().filter(|a| **a != role.account);
                for account in others {
                    let runs = format!("whoever administers {account} runs {issuer}");
                    let needs = vec![administrator(everybody, account)];
                    self.push(
                        needs,
                        acts(role),
                        does.clone(),
                        answer.clone().only_if(runs.as_str()),
                    );
                }
            }
        }
    }
}

fn administrator(everybody: Everybody<'_>, account: &AccountId) -> Node {
    Node::Acts(administrator_of(everybody.partition(account), account))
}

/// The providers that a statement names. Of those whom it does not name, an open one.
fn providers(statement: &Statement) -> BTreeSet<String> {
    let open = || {
        OPEN.iter()
            .take(1)
            .map(|(issuer, _)| (*issuer).to_owned())
            .collect()
    };
    match &statement.principals {
        None => BTreeSet::new(),
        Some(Principals::AllBut(_)) => open(),
        Some(Principals::Only(_)) => {
            let is_everybody = |kind| statement.named(kind).any(|name| name == "*");
            match is_everybody("AWS") || is_everybody("Federated") {
                true => open(),
                false => statement.named("Federated").cloned().collect(),
            }
        }
    }
}

/// The host and path of a provider, by its ARN or name.
fn issuer(provider: &str) -> &str {
    provider
        .split_once(":oidc-provider/")
        .map_or(provider, |(_, issuer)| issuer)
}

fn holder(statement: &Statement, issuer: &str) -> Holder {
    // Who runs a provider of SAML nobody can read, and most run outside of AWS.
    if issuer.contains(":saml-provider/") || OF_TENANTS.iter().any(|start| issuer.starts_with(start)) {
        return Holder::Meant;
    }
    let Some((_, signs_in)) = OPEN.iter().find(|(open, _)| *open == issuer) else {
        return Holder::Issuer;
    };
    let claim = |key: &str| key.strip_prefix(issuer)?.strip_prefix(':').map(str::to_owned);
    let says = |key: &str, list: &[&str]| claim(key).is_some_and(|claim| list.contains(&claim.as_str()));
    let whose = |key: &str| claim(key).is_some() && !says(key, APPLICATION) && !says(key, NOBODYS);
    let owned = |values: &&BTreeSet<String>| !values.is_empty() && values.iter().all(|v| names_owner(v));
    if required(statement, whose).any(|values| owned(&values)) {
        return Holder::Meant;
    }
    let mut applications = required(statement, |key| says(key, APPLICATION));
    let application =
        applications.find(|values| !values.is_empty() && values.iter().all(|v| !v.contains('*')));
    match application.filter(|_| *signs_in) {
        Some(ids) => Holder::OfApplication(ids.iter().cloned().collect::<Vec<_>>().join(" or ")),
        None => Holder::Anybody,
    }
}

/// Whether a claim's value says whose it is: it is exact, or a wildcard stands only behind the owner's whole name (`repo:ORG/`).
fn names_owner(value: &str) -> bool {
    let Some((fixed, _)) = value.split_once(['*', '?']) else {
        return !value.is_empty();
    };
    fixed
        .split_once(':')
        .is_some_and(|(_, owner)| owner.contains(['/', ':']))
}

/// Whether a token that meets the statement is accepted; `None` when it is not.
fn accepts(role: &Actor, statement: &Statement, provider: &str, asker: &Asker) -> Option<Answer> {
    let trust = role.trust.as_deref()?;
    let start = format!("{}:", issuer(provider).to_ascii_lowercase());
    let tests = statement.conditions.values().flatten();
    let claims = tests.filter(|(key, _)| key.to_ascii_lowercase().starts_with(&start));
    let fill = |context: Context, (key, values): (&String, &BTreeSet<String>)| match values.first() {
        Some(value) => context.with(key, Known::one(value.replace(['*', '?'], "x"))),
        None => context,
    };
    let request = Request {
        caller: &Caller::Federated(provider.to_owned()),
        action: BY_TOKEN,
        target: Target::One(role.arn.as_str()),
        owner: Some(role.account.clone()),
        context: &claims.fold(asker.context.clone(), fill),
    };
    let nothing = Policies::none();
    let environment = Environment {
        resource: Some(trust),
        ..Environment::of(&nothing)
    };
    let answer = read(&evaluate(&request, &environment), role);
    (!answer.is_no()).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(provider: &str, conditions: &[(&str, &str, &str)]) -> Statement {
        let nothing = Vec::<String>::new();
        let start = Statement::new(Effect::Allow, [BY_TOKEN], nothing).principal("Federated", provider);
        conditions
            .iter()
            .fold(start, |s, (operator, key, value)| s.when(operator, key, [*value]))
    }

    #[test]
    fn a_token_is_anybodys_unless_a_claim_says_whose() {
        const GITHUB: &str = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com";
        const SUB: &str = "token.actions.githubusercontent.com:sub";
        const AUD: &str = "token.actions.githubusercontent.com:aud";
        const POOL: &str = "cognito-identity.amazonaws.com:aud";
        let of = |provider: &str, conditions: &[(&str, &str, &str)]| {
            holder(&statement(provider, conditions), issuer(provider))
        };
        for (subject, expected) in [
            ("repo:acme/app:ref:refs/heads/main", Holder::Meant),
            ("repo:acme/app:*", Holder::Meant),
            ("repo:acme/*", Holder::Meant),
            ("repo:acme*", Holder::Anybody),
            ("repo:*", Holder::Anybody),
            ("*:ref:refs/heads/main", Holder::Anybody),
        ] {
            let found = of(GITHUB, &[("StringLike", SUB, subject)]);
            assert_eq!(found, expected, "{subject}");
        }
        assert_eq!(
            of(GITHUB, &[("StringEquals", AUD, "sts.amazonaws.com")]),
            Holder::Anybody
        );
        assert_eq!(
            of(GITHUB, &[("StringNotEquals", SUB, "repo:acme/app:x")]),
            Holder::Anybody
        );
        let owner = "token.actions.githubusercontent.com:repository_owner";
        assert_eq!(of(GITHUB, &[("StringEquals", owner, "acme")]), Holder::Meant);
        let google = "accounts.google.com";
        assert_eq!(of(google, &[]), Holder::Anybody);
        assert_eq!(
            of(
                google,
                &[("StringEquals", "accounts.google.com:aud", "app.example")]
            ),
            Holder::OfApplication("app.example".into())
        );
        assert_eq!(
            of(google, &[("StringEquals", "accounts.google.com:sub", "1000")]),
            Holder::Meant
        );
        let cognito = "cognito-identity.amazonaws.com";
        let amr = (
            "ForAnyValue:StringLike",
            "cognito-identity.amazonaws.com:amr",
            "authenticated",
        );
        assert_eq!(of(cognito, &[amr]), Holder::Anybody);
        assert_eq!(
            of(cognito, &[amr, ("StringEquals", POOL, "us-east-1:pool")]),
            Holder::OfApplication("us-east-1:pool".into())
        );
        let cluster = "arn:aws:iam::222222222222:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC";
        assert_eq!(of(cluster, &[]), Holder::Issuer);
        assert_eq!(
            of("arn:aws:iam::222222222222:saml-provider/okta", &[]),
            Holder::Meant
        );
        let tenant = "arn:aws:iam::222222222222:oidc-provider/oidc.circleci.com/org/1";
        assert_eq!(of(tenant, &[]), Holder::Meant);
    }
}
