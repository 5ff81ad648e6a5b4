//! Which statements could allow something: each pair of an action and a resource that is left.

use super::decision::Layer;
use super::evaluate::{Environment, evaluate};
use super::pattern::Pattern;
use super::policy::{Policies, Rule};
use super::principal::Matched;
use super::request::{Request, Target};
use super::truth::Truth;
use crate::model::policy::Effect;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A statement that could allow something of what is asked, and what nothing takes away for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The kind of document it is in.
    pub layer: Layer,
    /// The document's name.
    pub document: Arc<str>,
    /// Its `Sid`, or its place from 1.
    pub statement: String,
    /// As the statement names it; `None` for all but what a `NotAction` lists.
    pub action: Option<String>,
    /// As the statement names it; `None` for all but what a `NotResource` lists, and without any.
    pub resource: Option<String>,
    /// True when it grants only under a condition.
    pub conditional: bool,
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

/// One allowed pair of a layer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    action: Option<String>,
    /// With variables standing for anything.
    resource: Option<String>,
    written: Option<String>,
}

/// Every statement of the caller's own policies or the resource's that could allow something of the request,
/// whose action and target may hold wildcards. What is granted lies in the question, in the statement and in
/// what boundary and session policy allow: where one of these is denied for certain, it is left out.
pub fn grants(request: &Request<'_>, environment: &Environment<'_>) -> Vec<Grant> {
    let limits: Vec<BTreeSet<Claim>> = [environment.boundary, environment.session]
        .into_iter()
        .flatten()
        .map(|policies| limits(policies, request))
        .collect();
    let mut out = Vec::new();
    let grantors = [
        (Layer::Identity, Some(environment.identity)),
        (Layer::Resource, environment.resource),
    ];
    for (layer, policies) in grantors {
        for rule in policies.into_iter().flat_map(|p| &p.rules) {
            if rule.effect != Effect::Allow || meets(rule, request, layer) == Truth::No {
                continue;
            }
            for claim in claims(rule, request) {
                if left(&claim, layer, &limits, request, environment) {
                    out.push(Grant {
                        layer,
                        document: Arc::clone(&rule.document),
                        statement: rule.sid.clone().unwrap_or_else(|| rule.index.to_string()),
                        action: claim.action,
                        resource: claim.written,
                        conditional: rule.is_conditional(),
                    });
                }
            }
        }
    }
    out
}

fn meets(rule: &Rule, request: &Request<'_>, layer: Layer) -> Truth {
    let applied = rule.applies(&request.action.to_ascii_lowercase(), request);
    match applied {
        None => Truth::No,
        // What is left to the account's own policies, those grant.
        Some(applied) if layer == Layer::Resource => {
            let Matched { direct, role, .. } = applied.matched;
            applied.truth.and(direct.or(role))
        }
        Some(applied) => applied.truth,
    }
}

fn claims(rule: &Rule, request: &Request<'_>) -> BTreeSet<Claim> {
    let mut out = BTreeSet::new();
    for action in rule.actions() {
        for resource in rule.resources() {
            out.insert(Claim {
                action: action.map(str::to_owned),
                resource: resource
                    .and_then(|p| p.fill(request))
                    .map(|f| f.text.into_owned()),
                written: resource.map(Pattern::written).map(str::to_owned),
            });
        }
    }
    out
}

fn limits(policies: &Policies, request: &Request<'_>) -> BTreeSet<Claim> {
    let mut out: BTreeSet<Claim> = policies
        .rules
        .iter()
        .filter(|r| r.effect == Effect::Allow && r.speaks_of(&request.action.to_ascii_lowercase()))
        .flat_map(|r| claims(r, request))
        .collect();
    if !policies.unread.is_empty() {
        out.insert(Claim {
            action: None,
            resource: None,
            written: None,
        });
    }
    out
}

/// Whether anything of the claim gets past what limits it. What is granted lies in each of the question, the
/// claim and one claim of every limit, so that a denial of any pair of their actions and resources is enough.
fn left(
    claim: &Claim,
    layer: Layer,
    limits: &[BTreeSet<Claim>],
    request: &Request<'_>,
    environment: &Environment<'_>,
) -> bool {
    let mut chains = vec![vec![claim]];
    // Grants to a role's session are not limited by its boundary; the evaluation knows which are.
    for limit in limits.iter().filter(|_| layer == Layer::Identity) {
        chains = chains
            .iter()
            .flat_map(|chain| {
                let meeting = limit.iter().filter(|l| chain.iter().all(|c| overlaps(l, c)));
                meeting.map(|l| chain.iter().copied().chain([l]).collect())
            })
            .collect();
    }
    chains.iter().any(|chain| possible(chain, request, environment))
}

fn possible(chain: &[&Claim], request: &Request<'_>, environment: &Environment<'_>) -> bool {
    let actions: BTreeSet<&str> = chain
        .iter()
        .filter_map(|c| c.action.as_deref())
        .chain([request.action])
        .collect();
    let resources: BTreeSet<&str> = chain.iter().filter_map(|c| c.resource.as_deref()).collect();
    let targets = || {
        let narrowed = resources.iter().map(|text| Target::Within(text));
        narrowed.chain([request.target.clone()])
    };
    actions.iter().all(|action| {
        targets().all(|target| {
            let narrowed = Request {
                action,
                target,
                ..request.clone()
            };
            evaluate(&narrowed, environment).allowed() != Truth::No
        })
    })
}

fn overlaps(a: &Claim, b: &Claim) -> bool {
    let meet = |a: &Option<String>, b: &Option<String>, lower: bool| match (a, b) {
        (Some(a), Some(b)) if lower => {
            super::glob::intersects(&a.to_ascii_lowercase(), &b.to_ascii_lowercase())
        }
        (Some(a), Some(b)) => super::glob::intersects(a, b),
        _ => true,
    };
    meet(&a.action, &b.action, true) && meet(&a.resource, &b.resource, false)
}
