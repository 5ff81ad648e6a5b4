//! An identity with all that could grant it something, asked so that the answer errs towards "it may" only.
//!
//! "Nothing grants it" can be relied on as far as the documents were read: service control policies and
//! session policies can only take away, and access control lists are judged apart.

use super::decision::{Decision, Layer};
use super::evaluate::{Environment, Guardrails, evaluate};
use super::grants::{Grant, grants};
use super::policy::Policies;
use super::request::{Caller, Context, Known, Request, Target};
use crate::model::fact::{Identity, KeyFacts, ObjectStore};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{AccountId, Arn, Observed};

/// An identity, and the buckets and keys whose policies may grant it more.
#[derive(Debug, Clone)]
pub struct Holder {
    caller: Caller,
    identity: Policies,
    boundary: Option<Policies>,
    stores: Vec<Store>,
    keys: Vec<Store>,
    context: Context,
    rails: Guardrails,
}

#[derive(Debug, Clone)]
struct Store {
    arn: Arn,
    owner: AccountId,
    policy: Policies,
}

impl Holder {
    /// From what was read; documents that could not be are not among them, and have to be asked for apart.
    pub fn new<'a>(
        identity: &Identity,
        arn: Option<&Arn>,
        stores: impl IntoIterator<Item = (&'a Arn, &'a ObjectStore)>,
    ) -> Self {
        let mut own = Policies::none();
        for (name, document) in &identity.policies {
            own.add(name, document);
        }
        let stores = stores.into_iter().filter_map(|(arn, store)| {
            let Observed::Present(document) = &store.policy else {
                return None;
            };
            Some(Store {
                arn: arn.clone(),
                owner: store.account.clone(),
                policy: Policies::none().with(arn.as_str(), document),
            })
        });
        Self {
            caller: match arn {
                Some(arn) => Caller::Role {
                    arn: arn.clone(),
                    session: None,
                },
                None => Caller::Someone(None),
            },
            identity: own,
            boundary: identity
                .boundary
                .as_ref()
                .map(|document| Policies::none().with("boundary", document)),
            stores: stores.collect(),
            keys: Vec::new(),
            // Nothing keeps anybody from using TLS.
            context: Context::open().with("aws:SecureTransport", Known::one("true")),
            rails: Guardrails::None,
        }
    }

    /// The same where an organization lets it no more than this. What is granted is told without it, as it could be lifted;
    /// what is decided takes it in.
    #[must_use]
    pub fn bound_by(mut self, rails: Guardrails) -> Self {
        self.rails = rails;
        self
    }

    /// The same with keys whose policies may grant it more.
    #[must_use]
    pub fn with_keys<'a>(mut self, keys: impl IntoIterator<Item = &'a KeyFacts>) -> Self {
        let read = keys.into_iter().filter_map(|key| {
            Some(Store {
                arn: key.arn.clone(),
                owner: key.account.clone(),
                policy: Policies::none().with(&key_name(key), key.policy.present()?),
            })
        });
        self.keys.extend(read);
        self
    }

    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Every statement that grants `action` on something that `resource` matches. Both may hold wildcards.
    pub fn grants(&self, action: &str, resource: &str) -> Vec<Grant> {
        self.all(action, resource, None)
    }

    /// Every statement that grants `action` on anything, leaving out what does not get beyond `actions` on
    /// `resources`.
    pub fn grants_besides<A: Into<String>, R: Into<String>>(
        &self,
        action: &str,
        actions: impl IntoIterator<Item = A>,
        resources: impl IntoIterator<Item = R>,
    ) -> Vec<Grant> {
        // What is meant to be possible is taken away, as a session policy would; whatever is left is more.
        let rest = Document::new([
            Statement::new(Effect::Allow, ["*"], ["*"]),
            Statement::new(Effect::Deny, actions, resources),
        ]);
        let rest = Policies::none().with("what is meant", &rest);
        self.all(action, "*", Some(&rest))
    }

    /// What it may do to everything in a bucket that was seen, or to the bucket itself, the bucket's policy
    /// included, when it fills in the request as `sent` says.
    pub fn decide(&self, action: &str, bucket: &Arn, target: Target<'_>, sent: &[(&str, &str)]) -> Decision {
        let store = self.stores.iter().find(|s| s.arn == *bucket);
        let fill = |context: Context, (key, value): &(&str, &str)| context.with(key, Known::one(*value));
        let context = sent.iter().fold(self.context.clone(), fill);
        let request = Request {
            owner: store.map(|s| s.owner.clone()).or_else(|| self.caller.account()),
            context: &context,
            ..self.request(action, target)
        };
        let environment = Environment {
            resource: store.map(|s| &s.policy),
            scps: &self.rails,
            ..self.environment(None)
        };
        evaluate(&request, &environment)
    }

    /// What it may do with a key, the key's policy included, when this is known of the request. A policy that
    /// could not be read may allow and may deny.
    pub fn decide_with(&self, action: &str, key: &KeyFacts, context: &[(&str, Known)]) -> Decision {
        let policy = match &key.policy {
            Observed::Present(document) => Policies::none().with(&key_name(key), document),
            // There is no key without a policy.
            Observed::Absent | Observed::Unreadable(_) => {
                Policies::unread(format!("the policy of {}", key_name(key)))
            }
        };
        let fill = |all: Context, (name, known): &(&str, Known)| all.with(name, known.clone());
        let context = context.iter().fold(self.context.clone(), fill);
        let request = Request {
            owner: Some(key.account.clone()),
            context: &context,
            ..self.request(action, Target::One(key.arn.as_str()))
        };
        let environment = Environment {
            resource: Some(&policy),
            scps: &self.rails,
            ..self.environment(None)
        };
        evaluate(&request, &environment)
    }

    fn request<'a>(&'a self, action: &'a str, target: Target<'a>) -> Request<'a> {
        Request {
            caller: &self.caller,
            action,
            target,
            owner: self.caller.account(),
            context: &self.context,
        }
    }

    fn environment<'a>(&'a self, session: Option<&'a Policies>) -> Environment<'a> {
        Environment {
            boundary: self.boundary.as_ref(),
            session,
            ..Environment::of(&self.identity)
        }
    }

    fn all(&self, action: &str, resource: &str, session: Option<&Policies>) -> Vec<Grant> {
        let request = self.request(action, Target::Within(resource));
        let own = self.environment(session);
        let mut all = grants(&request, &own);
        let guarded = match action.starts_with("kms:") {
            true => &self.keys,
            false => &self.stores,
        };
        for store in guarded {
            let request = Request {
                owner: Some(store.owner.clone()),
                ..request.clone()
            };
            let environment = Environment {
                resource: Some(&store.policy),
                ..own
            };
            let given = grants(&request, &environment);
            all.extend(given.into_iter().filter(|g| g.layer == Layer::Resource));
        }
        all
    }
}

/// How a key is named: by its alias where it has one.
fn key_name(key: &KeyFacts) -> String {
    match key.alias.is_empty() {
        true => key.arn.resource().to_owned(),
        false => format!("alias/{}", key.alias),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::iter::empty;

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
            declared_trust: None,
            dumps: None,
        }
    }

    fn asked(policy: &str, boundary: Option<&str>, action: &str, resource: &str) -> bool {
        !Holder::new(&identity(policy, boundary), None, empty())
            .grants(action, resource)
            .is_empty()
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
