//! The logic of AWS: which documents must allow, and which denials win.
//!
//! From "Policy evaluation logic" of the IAM User Guide. One denial anywhere wins. Within an account the
//! identity's or the resource's policy suffices, but keys and trust policies must allow by themselves or
//! hand over to the account; across accounts both sides must allow. Boundaries, session policies and the
//! organization's policies never grant.

use super::decision::{Decision, Layer, Reason};
use super::policy::Policies;
use super::principal::Matched;
use super::request::{Caller, Request};
use super::truth::Truth;
use crate::model::policy::Effect;

/// Policies of the organization: every level must allow.
#[derive(Debug, Clone, Default)]
pub enum Guardrails {
    /// The account is in no organization, or nothing is limited there.
    #[default]
    None,
    /// Nobody could read them: they may deny anything.
    Unknown,
    /// From the root down to the account; one entry for each level.
    Levels(Vec<Policies>),
}

impl Guardrails {
    /// Whether they may keep somebody from the action on something.
    pub fn limit(&self, action: &str) -> bool {
        match self {
            Self::None => false,
            Self::Unknown => true,
            Self::Levels(levels) => !levels.iter().all(|level| level.leaves(action)),
        }
    }
}

/// The documents that bear on a request.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    /// What is attached to the caller.
    pub identity: &'a Policies,
    /// The caller's permission boundary.
    pub boundary: Option<&'a Policies>,
    /// What the session was narrowed to when it was opened.
    pub session: Option<&'a Policies>,
    /// The policy of the resource: bucket, key, vault, or a role's trust. `None` when it has none.
    pub resource: Option<&'a Policies>,
    /// Service control policies of the caller's account.
    pub scps: &'a Guardrails,
    /// Resource control policies of the resource's account.
    pub rcps: &'a Guardrails,
}

impl<'a> Environment<'a> {
    /// Identity policies and nothing else.
    pub fn of(identity: &'a Policies) -> Self {
        Self {
            identity,
            boundary: None,
            session: None,
            resource: None,
            scps: &Guardrails::None,
            rcps: &Guardrails::None,
        }
    }
}

/// What one layer says.
#[derive(Clone, Copy)]
struct Said {
    allow: Truth,
    deny: Truth,
    direct: Truth,
    role: Truth,
}

impl Said {
    const YES: Self = Self {
        allow: Truth::Yes,
        deny: Truth::No,
        direct: Truth::Yes,
        role: Truth::Yes,
    };
    const NO: Self = Self {
        allow: Truth::No,
        deny: Truth::No,
        direct: Truth::No,
        role: Truth::No,
    };
}

struct Asking<'a> {
    request: &'a Request<'a>,
    action: String,
    reasons: Vec<Reason>,
    notes: Vec<String>,
    unread: Vec<String>,
}

impl Asking<'_> {
    fn ask(&mut self, layer: Layer, policies: &Policies) -> Said {
        let mut said = Said::NO;
        for rule in &policies.rules {
            let Some(applied) = rule.applies(&self.action, self.request) else {
                continue;
            };
            // A resource policy means nobody where it names nobody; a trust or bucket policy always does.
            let matched = if layer == Layer::Resource {
                applied.matched
            } else {
                Matched::default()
            };
            match rule.effect {
                Effect::Deny => said.deny = said.deny.or(applied.truth),
                Effect::Allow => {
                    if layer == Layer::Resource {
                        said.allow = said.allow.or(applied.truth.and(matched.any()));
                        said.direct = said.direct.or(applied.truth.and(matched.direct));
                        said.role = said.role.or(applied.truth.and(matched.role));
                    } else {
                        said.allow = said.allow.or(applied.truth);
                    }
                }
            }
            self.reasons.push(Reason {
                layer,
                document: rule.document.clone(),
                statement: rule.index,
                sid: rule.sid.clone(),
                effect: rule.effect,
                applies: applied.truth,
                open: applied.open,
            });
        }
        for name in &policies.unread {
            self.notes
                .push(format!("{name} could not be read: it may allow and it may deny"));
            self.unread.push(name.clone());
            said.allow = said.allow.or(Truth::Maybe);
            said.deny = said.deny.or(Truth::Maybe);
            said.direct = said.direct.or(Truth::Maybe);
            said.role = said.role.or(Truth::Maybe);
        }
        said
    }

    fn decided(mut self, granted: Truth, denied: Truth, lacking: Vec<Layer>) -> Decision {
        self.notes.sort();
        self.notes.dedup();
        Decision {
            granted,
            denied,
            reasons: self.reasons,
            notes: self.notes,
            lacking,
            unread: self.unread,
        }
    }

    fn limit(&mut self, layer: Layer, policies: Option<&Policies>) -> Said {
        policies.map_or(Said::YES, |p| self.ask(layer, p))
    }

    fn guardrails(&mut self, layer: Layer, rails: &Guardrails) -> Said {
        match rails {
            Guardrails::None => Said::YES,
            Guardrails::Unknown => {
                self.notes.push(format!("{layer} could not be read"));
                Said {
                    allow: Truth::Maybe,
                    ..Said::YES
                }
            }
            Guardrails::Levels(levels) => levels.iter().fold(Said::YES, |so_far, level| {
                let said = self.ask(layer, level);
                Said {
                    allow: so_far.allow.and(said.allow),
                    deny: so_far.deny.or(said.deny),
                    ..so_far
                }
            }),
        }
    }
}

/// Bucket policies cannot lock the account's root out of the bucket's policy itself.
const ROOT_ALWAYS: [&str; 3] = [
    "s3:getbucketpolicy",
    "s3:putbucketpolicy",
    "s3:deletebucketpolicy",
];

/// Answers a request with all that bears on it.
pub fn evaluate(request: &Request<'_>, environment: &Environment<'_>) -> Decision {
    let mut asking = Asking {
        request,
        action: request.action.to_ascii_lowercase(),
        reasons: Vec::new(),
        notes: Vec::new(),
        unread: Vec::new(),
    };
    let caller = request.caller;
    let trust = asking.action.starts_with("sts:assumerole");
    let must_allow = environment.resource.is_some() && (trust || asking.action.starts_with("kms:"));
    let root = matches!(caller, Caller::Root(_));
    if root && trust {
        asking
            .notes
            .push("the root user of an account cannot assume roles".to_owned());
        return asking.decided(Truth::No, Truth::Yes, Vec::new());
    }
    let same = same_account(request);

    let identity = match caller {
        Caller::Root(_) => Said::YES,
        _ if !caller.has_identity() => Said::NO,
        _ => asking.ask(Layer::Identity, environment.identity),
    };
    let (boundary, session) = if root {
        (Said::YES, Said::YES)
    } else {
        (
            asking.limit(Layer::Boundary, environment.boundary),
            asking.limit(Layer::Session, environment.session),
        )
    };
    let scps = if exempt(caller) {
        Said::YES
    } else {
        asking.guardrails(Layer::Scp, environment.scps)
    };
    let rcps = asking.guardrails(Layer::Rcp, environment.rcps);
    let mut resource = match environment.resource {
        Some(policies) => asking.ask(Layer::Resource, policies),
        None => Said::NO,
    };
    if root && same == Truth::Yes && ROOT_ALWAYS.contains(&asking.action.as_str()) {
        asking.reasons.retain(|r| r.layer != Layer::Resource);
        resource = Said::NO;
    }

    let caps = boundary.allow.and(session.allow);
    let own = identity.allow.and(caps);
    let by_resource = resource.direct.or(resource.role.and(caps));
    let granted = if caller.has_identity() {
        let inside = if must_allow {
            by_resource.or(resource.allow.and(own))
        } else {
            by_resource.or(own)
        };
        let across = resource.allow.and(own);
        match same {
            Truth::Yes => inside,
            Truth::No => across,
            Truth::Maybe => inside.join(across),
        }
    } else {
        resource.direct
    };
    let allow = granted.and(scps.allow).and(rcps.allow);
    let deny = Truth::any([identity, boundary, session, scps, rcps, resource].map(|said| said.deny));

    let mut lacking = Vec::new();
    for (layer, said, counts) in [
        (
            Layer::Identity,
            identity,
            caller.has_identity() && granted != Truth::Yes,
        ),
        (
            Layer::Resource,
            resource,
            environment.resource.is_some() && granted != Truth::Yes,
        ),
        (Layer::Boundary, boundary, granted != Truth::Yes),
        (Layer::Session, session, granted != Truth::Yes),
        (Layer::Scp, scps, true),
        (Layer::Rcp, rcps, true),
    ] {
        if counts && said.allow != Truth::Yes {
            lacking.push(layer);
        }
    }
    for (policies, _) in environment.resource.iter().map(|p| (*p, ())) {
        asking.notes.extend(policies.notes().iter().cloned());
    }
    asking.notes.extend(environment.identity.notes().iter().cloned());
    asking.decided(allow, deny, lacking)
}

/// Roles that a service owns stand outside of service control policies, as do those who are of no account.
fn exempt(caller: &Caller) -> bool {
    match caller {
        Caller::Role { arn, .. } => arn.resource().starts_with("role/aws-service-role/"),
        _ => !caller.has_identity(),
    }
}

fn same_account(request: &Request<'_>) -> Truth {
    match (request.caller.account(), request.owner()) {
        (Some(caller), Some(owner)) => (caller == owner).into(),
        // Somebody of any account in the world is a stranger.
        (None, Some(_)) => Truth::No,
        (_, None) => Truth::Maybe,
    }
}
