//! What grants an identity something: the evaluator of [`access`](crate::access), asked so that it errs
//! towards "it may" only.
//!
//! "Nothing grants it" can be relied on as far as the documents were read: service control policies and
//! session policies can only take away, and access control lists are judged apart.

use super::estate::Estate;
use crate::access::{self, Caller, Context, Environment, Grant, Layer, Policies, Request, Target};
use crate::model::Arn;
use crate::model::fact::Identity;
use crate::model::policy::{Document, Effect, Statement};

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

/// Every statement that grants `action` on something that `resource` matches. Both may hold wildcards.
pub fn grants(who: &Principal<'_>, action: &str, resource: &str) -> Vec<Grant> {
    besides(who, action, resource, None)
}

/// The same, leaving out what does not get beyond `actions` on `resources`.
pub fn grants_besides<A: Into<String>, R: Into<String>>(
    who: &Principal<'_>,
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
    besides(who, action, "*", Some(&rest))
}

fn besides(who: &Principal<'_>, action: &str, resource: &str, session: Option<&Policies>) -> Vec<Grant> {
    let mut identity = Policies::none();
    for (name, document) in &who.identity.policies {
        identity.add(name, document);
    }
    let boundary = who
        .identity
        .boundary
        .as_ref()
        .map(|document| Policies::none().with("boundary", document));
    let caller = match who.arn {
        Some(arn) => Caller::Role {
            arn: arn.clone(),
            session: None,
        },
        None => Caller::Someone(None),
    };
    let context = Context::open();
    let own = Environment {
        boundary: boundary.as_ref(),
        session,
        ..Environment::of(&identity)
    };
    let request = Request {
        caller: &caller,
        action,
        target: Target::Within(resource),
        owner: who.arn.and_then(Arn::account),
        context: &context,
    };
    let mut all = access::grants(&request, &own);
    for (arn, store) in who.estate.stores() {
        let Some(document) = store.policy.present() else {
            continue;
        };
        let policy = Policies::none().with(arn.as_str(), document);
        let given = access::grants(
            &Request {
                owner: Some(store.account.clone()),
                ..request.clone()
            },
            &Environment {
                resource: Some(&policy),
                ..own
            },
        );
        all.extend(given.into_iter().filter(|g| g.layer == Layer::Resource));
    }
    all
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
        !grants(&who, action, resource).is_empty()
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
