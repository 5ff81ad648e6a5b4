//! Who can become whom: trust policies and identity policies as a graph.

use super::decision::Decision;
use super::evaluate::{Environment, Guardrails, evaluate};
use super::policy::Policies;
use super::principal::Name;
use super::request::{Caller, Context, Request, Target};
use super::truth::{Mode, Truth};
use crate::model::Arn;
use crate::model::policy::Effect;
use std::collections::{BTreeMap, BTreeSet};

const ASSUME: &str = "sts:AssumeRole";

/// A user or role of the estate, with its documents.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who it is.
    pub caller: Caller,
    /// What is attached to it.
    pub identity: Policies,
    /// Its permission boundary.
    pub boundary: Option<Policies>,
    /// Who may become it; `None` for users.
    pub trust: Option<Policies>,
    /// Service control policies of its account.
    pub scps: Guardrails,
}

/// A way from one caller to a role.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Who takes the role on.
    pub from: Caller,
    /// The role.
    pub to: Caller,
    /// Why it works; never a plain denial.
    pub decision: Decision,
}

/// Who can become whom. Cycles are as good as anything else.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    edges: Vec<Edge>,
    out: BTreeMap<Caller, Vec<usize>>,
}

impl Graph {
    /// Tries every pair that the trust policies leave open.
    ///
    /// Beside the members, outsiders whom a trust policy names are tried: services, identity providers,
    /// other accounts (taken to allow their own people everything), everybody.
    pub fn new(members: &[Member], context: &Context) -> Self {
        let mut graph = Self::between(members, members, context);
        let theirs = Policies::everything("another account's own policies");
        let known: BTreeSet<&Caller> = members.iter().map(|m| &m.caller).collect();
        for target in members {
            let (Some(trust), Caller::Role { arn, .. }) = (&target.trust, &target.caller) else {
                continue;
            };
            for outsider in outsiders(trust, arn, &known) {
                graph.try_edge(
                    &outsider,
                    &target.caller,
                    arn,
                    trust,
                    Environment::of(&theirs),
                    context,
                );
            }
        }
        graph
    }

    /// Tries every one of `from` with every role of `into`.
    pub fn between(from: &[Member], into: &[Member], context: &Context) -> Self {
        let mut graph = Self::default();
        let narrow: Vec<(&Member, Policies, bool)> = from
            .iter()
            .map(|m| {
                let identity = m.identity.narrowed(&[ASSUME]);
                let could = identity.could_allow(ASSUME);
                (m, identity, could)
            })
            .collect();
        for target in into {
            let (Some(trust), Caller::Role { arn, .. }) = (&target.trust, &target.caller) else {
                continue;
            };
            if !trust.could_allow(ASSUME) {
                continue;
            }
            for (member, identity, could) in &narrow {
                // Outside of the account both sides must allow, inside of it the trust has to mean the caller.
                let same = member.caller.account() == arn.account();
                let possible = match (*could, same) {
                    (true, _) => trust.could_allow_to(ASSUME, &member.caller),
                    (false, true) => trust.could_allow_alone(ASSUME, &member.caller),
                    (false, false) => false,
                };
                if !possible {
                    continue;
                }
                let environment = Environment {
                    identity,
                    boundary: member.boundary.as_ref(),
                    scps: &member.scps,
                    ..Environment::of(identity)
                };
                graph.try_edge(&member.caller, &target.caller, arn, trust, environment, context);
            }
        }
        graph
    }

    fn try_edge<'a>(
        &mut self,
        from: &'a Caller,
        to: &Caller,
        role: &Arn,
        trust: &'a Policies,
        environment: Environment<'a>,
        context: &Context,
    ) {
        let actions: &[&str] = match from {
            Caller::Federated(_) => &["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"],
            _ => &["sts:AssumeRole"],
        };
        for action in actions {
            let request = Request {
                caller: from,
                action,
                target: Target::One(role.as_str()),
                owner: role.account(),
                context,
            };
            let decision = evaluate(
                &request,
                &Environment {
                    resource: Some(trust),
                    ..environment
                },
            );
            if decision.allowed() != Truth::No {
                self.out.entry(from.clone()).or_default().push(self.edges.len());
                self.edges.push(Edge {
                    from: from.clone(),
                    to: to.clone(),
                    decision,
                });
            }
        }
    }

    /// Every way.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Everybody whom somebody can become, through any number of roles, with the ways of a shortest chain.
    /// Read with [`super::Over`], nobody else can be reached; with [`super::Under`], all of these can.
    pub fn reach<M: Mode>(&self, from: &Caller) -> BTreeMap<&Caller, Vec<&Edge>> {
        let mut found: BTreeMap<&Caller, Vec<&Edge>> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([(from, Vec::new())]);
        while let Some((at, chain)) = queue.pop_front() {
            for edge in self
                .out
                .get(at)
                .into_iter()
                .flatten()
                .filter_map(|n| self.edges.get(*n))
            {
                if !edge.decision.read::<M>().holds() || edge.to == *from || found.contains_key(&edge.to) {
                    continue;
                }
                let mut chain = chain.clone();
                chain.push(edge);
                found.insert(&edge.to, chain.clone());
                queue.push_back((&edge.to, chain));
            }
        }
        found
    }

    /// Everybody who has a way of their own to the role.
    pub fn into_role<M: Mode>(&self, role: &Caller) -> Vec<&Edge> {
        let is = |e: &&Edge| e.to == *role && e.decision.read::<M>().holds();
        self.edges.iter().filter(is).collect()
    }
}

/// Whom a trust policy lets in from outside of the estate.
fn outsiders(trust: &Policies, role: &Arn, known: &BTreeSet<&Caller>) -> BTreeSet<Caller> {
    let mut out = BTreeSet::new();
    for rule in trust.rules.iter().filter(|r| r.effect == Effect::Allow) {
        let Some(names) = &rule.names else { continue };
        if names.negated {
            out.insert(Caller::Someone(None));
            continue;
        }
        for name in &names.list {
            let caller = match name {
                Name::Everybody | Name::Opaque(_) => Caller::Someone(None),
                // Inside its own account, the identities that were read are all there are.
                Name::Account(account) if role.account().as_ref() == Some(account) => continue,
                Name::Account(account) => Caller::Someone(Some(account.clone())),
                Name::Service(service) => Caller::Service(service.clone()),
                Name::Federated(provider) => Caller::Federated(provider.clone()),
                Name::Gone(_) => continue,
                Name::Arn(text) => match text.parse::<Arn>() {
                    Ok(arn) if arn.account() != role.account() && arn.resource().starts_with("user/") => {
                        Caller::User(arn)
                    }
                    Ok(arn) if arn.account() != role.account() => Caller::Role { arn, session: None },
                    _ => continue,
                },
            };
            if !known.contains(&caller) {
                out.insert(caller);
            }
        }
    }
    if !trust.unread.is_empty() {
        out.insert(Caller::Someone(None));
    }
    out
}
