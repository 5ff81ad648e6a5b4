//! A role that a service takes on, with all that lets it do its work.

use super::Able;
use crate::access::{
    Caller, Context, Decision, Environment, Guardrails, Known, Policies, Request, Target, Truth, evaluate,
};
use crate::model::fact::Identity;
use crate::model::policy::{Document, Effect};
use crate::model::{AccountId, Arn, Observed, Principal, PrincipalKind, Unreadable};
use crate::prove::attack::{Ids, add_document};

/// A role as its own block shows it.
pub(super) fn principal(arn: &Arn, identity: &Identity) -> Principal {
    let read = |document: &Option<Document>| document.clone().map_or(Observed::Absent, Observed::Present);
    let own = identity.policies.iter();
    let own = own.map(|(name, document)| (name.clone(), Observed::Present(document.clone())));
    let unread = identity.unknown.iter();
    let unread = unread.map(|why: &Unreadable| (why.action.clone(), Observed::Unreadable(why.clone())));
    Principal {
        arn: arn.clone(),
        kind: PrincipalKind::Role,
        id: String::new(),
        trust: match identity.unknown.first() {
            Some(why) if identity.trust.is_none() => Observed::Unreadable(why.clone()),
            _ => read(&identity.trust),
        },
        policies: own.chain(unread).collect(),
        boundary: read(&identity.boundary),
    }
}

/// A role that a service takes on.
#[derive(Clone)]
pub(super) struct Role {
    arn: Arn,
    ids: Ids,
    caller: Caller,
    trust: Policies,
    identity: Policies,
    boundary: Option<Policies>,
    rails: Guardrails,
    context: Context,
    idle: bool,
}

impl Role {
    pub(super) fn new(principal: &Principal, rails: Guardrails, organization: Known) -> Self {
        let ids = Ids::from([(principal.id.clone(), principal.arn.to_string())]);
        let mut identity = Policies::none();
        for (name, document) in &principal.policies {
            add_document(&mut identity, name, document, &ids);
        }
        let documents = |name: &str, document| {
            let mut policies = Policies::none();
            add_document(&mut policies, name, document, &ids);
            policies
        };
        let bounded = !matches!(principal.boundary, Observed::Absent);
        Self {
            trust: documents("its trust", &principal.trust),
            boundary: bounded.then(|| documents("its boundary", &principal.boundary)),
            idle: principal
                .policies
                .iter()
                .all(|(_, document)| allows_nothing(document)),
            caller: Caller::Role {
                arn: principal.arn.clone(),
                session: None,
            },
            context: Context::open()
                .with("aws:SecureTransport", Known::one("true"))
                .with("aws:PrincipalOrgID", organization),
            arn: principal.arn.clone(),
            ids,
            identity,
            rails,
        }
    }

    /// The same one as if its own policies allowed it everything, to ask the other side alone.
    pub(super) fn unasked(self) -> Self {
        Self {
            identity: Policies::everything("what the role is allowed"),
            boundary: None,
            ..self
        }
    }

    pub(super) fn name(&self) -> &str {
        self.arn.resource()
    }

    pub(super) fn account(&self) -> Known {
        let account = self.caller.account();
        account.map_or(Known::Unknown, |account| Known::one(account.as_str()))
    }

    /// A resource's policy, with this role by its name where it is named by its id.
    pub(super) fn documents(&self, policy: &Observed<Document>, of: &Arn) -> Policies {
        let mut policies = Policies::none();
        let name = format!("the policy of {}", of.resource());
        add_document(&mut policies, &name, policy, &self.ids);
        policies
    }

    /// Whether a service may take it on.
    pub(super) fn trusts<const N: usize>(&self, service: &str, known: [(&str, Known); N]) -> Able {
        let caller = Caller::Service(service.to_owned());
        let context = known
            .into_iter()
            .fold(Context::open(), |all, (key, known)| all.with(key, known));
        let request = Request {
            caller: &caller,
            action: "sts:AssumeRole",
            target: Target::One(self.arn.as_str()),
            owner: self.arn.account(),
            context: &context,
        };
        let nobody = Policies::none();
        let environment = Environment {
            resource: Some(&self.trust),
            ..Environment::of(&nobody)
        };
        let decision = evaluate(&request, &environment);
        self.told(&decision, false, || {
            format!("{service} may not assume {}", self.name())
        })
    }

    pub(super) fn may(
        &self,
        action: &str,
        target: Target<'_>,
        owner: Option<&AccountId>,
        policy: &Policies,
        known: &[(&str, Known)],
    ) -> Able {
        let fill = |all: Context, (key, known): &(&str, Known)| all.with(key, known.clone());
        let context = known.iter().fold(self.context.clone(), fill);
        let on = match &target {
            Target::One(on) | Target::Within(on) => (*on).to_owned(),
            Target::Nothing => String::new(),
        };
        let request = Request {
            caller: &self.caller,
            action,
            target,
            owner: owner.cloned(),
            context: &context,
        };
        let environment = Environment {
            resource: Some(policy),
            boundary: self.boundary.as_ref(),
            scps: &self.rails,
            ..Environment::of(&self.identity)
        };
        let decision = evaluate(&request, &environment);
        let unread = matches!(self.rails, Guardrails::Unknown) || owner.is_none();
        self.told(&decision, unread, || {
            format!("{} may not {action} on {on}", self.name())
        })
    }

    fn told(&self, decision: &Decision, unread: bool, never: impl Fn() -> String) -> Able {
        let why = match decision.explain() {
            why if why.is_empty() => "nothing allows it".to_owned(),
            why => why,
        };
        match decision.allowed() {
            Truth::Yes => Able::Certainly,
            Truth::No => Able::Never(format!("{}: {why}", never())),
            Truth::Maybe if unread || !decision.unread.is_empty() => {
                Able::Unknown(format!("it is not known whether {}: {why}", never()))
            }
            Truth::Maybe => Able::Depends(format!("{} unless: {why}", never())),
        }
    }

    /// Whether its policies let it do anything at all.
    pub(super) fn does_anything(&self) -> Able {
        match self.idle {
            true => Able::Never(format!("nothing allows {} anything", self.name())),
            false => Able::Certainly,
        }
    }
}

fn allows_nothing(document: &Observed<Document>) -> bool {
    match document {
        Observed::Present(document) => document.statements.iter().all(|s| s.effect == Effect::Deny),
        Observed::Absent => true,
        Observed::Unreadable(_) => false,
    }
}
