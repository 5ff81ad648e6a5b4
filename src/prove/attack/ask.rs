//! Whether somebody may do something, as attack paths need it: yes for certain, only under a
//! condition, not known, or no. The answer is [`access`](crate::access)'s, read against the owner:
//! what an attacker chooses is chosen well, a part that can be destroyed is enough, and only what is
//! denied in every case is impossible.

use super::actor::{Actor, Standing};
pub(super) use super::answer::{Answer, Denial};
use super::belonging;
use super::owners::is_for_owners_alone;
use crate::access::{
    Context, Decision, Environment, Guardrails, Known, Layer, Open, Policies, Reason, Request,
};
use crate::access::{Target, Truth, anywhere, evaluate};
use crate::model::AccountId;
use crate::model::policy::{Document, Effect, Statement};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// What guards a resource besides what its callers may do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guard<'a> {
    /// Its service knows no policy of resources, or it has none.
    None,
    /// This policy.
    Policy(&'a Policies),
    /// A policy of the attacker's making, in place of its own.
    Opened,
}

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    pub who: &'a Actor,
    pub action: &'static str,
    pub on: Target<'a>,
    /// Whose the resource is.
    pub owner: &'a AccountId,
    pub guard: Guard<'a>,
}

/// Everybody's own statements on one action: `None` for those that nothing of their own allows it.
type Powers = Vec<Option<Policies>>;

/// Everybody, and what is known of the circumstances.
#[derive(Debug)]
pub(super) struct Asker {
    pub actors: Vec<Actor>,
    pub context: Context,
    /// Whether the organization's policies bind.
    bound: bool,
    /// Whether those who may not are told too, with what forbids it.
    pub tells_why: bool,
    opened: Policies,
    powers: RefCell<HashMap<&'static str, Rc<Powers>>>,
    /// The accounts in which the organization's policies limit an action.
    limited: RefCell<HashMap<&'static str, BTreeSet<AccountId>>>,
}

impl Asker {
    /// Of these, within what their organization lets them.
    pub(super) fn new(mut actors: Vec<Actor>) -> Self {
        for (place, actor) in actors.iter_mut().enumerate() {
            actor.place = place;
        }
        let everybody = Statement::new(Effect::Allow, ["*"], ["*"]).principal("AWS", "*");
        Self {
            actors,
            bound: true,
            tells_why: false,
            // Nothing keeps an attacker from using TLS.
            context: Context::open().with("aws:SecureTransport", Known::one("true")),
            opened: Policies::none().with("a policy of its own making", &Document::new([everybody])),
            powers: RefCell::default(),
            limited: RefCell::default(),
        }
    }

    /// The same with more who can act.
    pub(super) fn joined_by(self, more: Vec<Actor>) -> Self {
        Self::new(self.actors.into_iter().chain(more).collect())
    }

    /// The same, telling of those who may not what forbids it.
    pub(super) fn telling_why(self) -> Self {
        Self {
            tells_why: true,
            ..self
        }
    }

    /// The same once everybody is rid of the organization's policies. Only what these could have changed is asked again.
    pub(super) fn unbound(self) -> Self {
        Self { bound: false, ..self }
    }

    /// What the organization lets somebody do.
    pub(super) fn rails<'a>(&self, who: &'a Actor) -> &'a Guardrails {
        match self.bound {
            true => &who.rails,
            false => &Guardrails::None,
        }
    }

    /// Whether the answer is not the one that was given within the organization's policies.
    pub(super) fn is_new(&self, who: &Actor, action: &'static str) -> bool {
        if self.bound {
            return true;
        }
        if let Some(known) = self.limited.borrow().get(action) {
            return known.contains(&who.account);
        }
        let all: BTreeMap<&AccountId, &Guardrails> = self
            .actors
            .iter()
            .map(|a| (&a.account, a.rails.as_ref()))
            .collect();
        let limited = all.into_iter().filter(|(_, rails)| rails.limit(action));
        let limited: BTreeSet<AccountId> = limited.map(|(account, _)| account.clone()).collect();
        let is_limited = limited.contains(&who.account);
        self.limited.borrow_mut().insert(action, limited);
        is_limited
    }

    fn powers(&self, action: &'static str) -> Rc<Powers> {
        if let Some(known) = self.powers.borrow().get(action) {
            return Rc::clone(known);
        }
        let own = |actor: &Actor| {
            let could = actor.has_documents() && actor.identity.could_allow(action);
            could.then(|| actor.identity.narrowed(&[action]))
        };
        let powers: Rc<Powers> = Rc::new(self.actors.iter().map(own).collect());
        self.powers.borrow_mut().insert(action, Rc::clone(&powers));
        powers
    }

    /// Those whom something that was read could let do it.
    pub(super) fn candidates(
        &self,
        action: &'static str,
        owner: &AccountId,
        guard: Guard<'_>,
    ) -> Vec<&Actor> {
        self.candidates_with(action, &[], owner, guard)
    }

    /// The same where the answer hangs on further actions too.
    pub(super) fn candidates_with(
        &self,
        action: &'static str,
        others: &[&'static str],
        owner: &AccountId,
        guard: Guard<'_>,
    ) -> Vec<&Actor> {
        let powers = self.powers(action);
        let resource = self.resource(guard).filter(|r| r.could_allow(action));
        let alone = is_for_owners_alone(action);
        let could = |who: &&Actor| {
            let own = !who.has_documents() || powers.get(who.place).is_some_and(Option::is_some);
            match (who.account == *owner, resource) {
                (true, None) => own,
                (true, Some(policy)) => own || policy.could_allow_alone(action, &who.caller),
                (false, _) if alone => false,
                (false, Some(policy)) => own && policy.could_allow_to(action, &who.caller),
                (false, None) => false,
            }
        };
        let anew = |who: &&Actor| {
            std::iter::once(&action)
                .chain(others)
                .any(|action| self.is_new(who, action))
        };
        self.actors.iter().filter(could).filter(anew).collect()
    }

    fn resource<'g>(&'g self, guard: Guard<'g>) -> Option<&'g Policies> {
        match guard {
            Guard::None => None,
            Guard::Policy(policy) => Some(policy),
            Guard::Opened => Some(&self.opened),
        }
    }

    /// Each of these with its answer to `ask`, without those who may not unless somebody wants to know why.
    ///
    /// Somebody with rewritten policies, or newly made, is looked at only where the administrator who rewrote them could not
    /// do it in person: where a policy names just that one.
    pub(super) fn each<'a>(
        &'a self,
        of: impl IntoIterator<Item = &'a Actor>,
        ask: impl Fn(&'a Actor) -> Answer,
    ) -> Vec<(&'a Actor, Answer)> {
        let mut can: BTreeMap<&AccountId, bool> = BTreeMap::new();
        let mut out = Vec::new();
        for who in of {
            let above = can.get(&who.account).copied().unwrap_or(false);
            if who.is_of_an_administrator() && above {
                continue;
            }
            let answer = ask(who);
            if who.standing == Standing::Administrator {
                can.insert(&who.account, matches!(answer, Answer::Yes(_)));
            }
            if self.tells_why || !answer.is_no() {
                out.push((who, answer));
            }
        }
        out
    }

    /// Whether `who` may do it to any part of what is asked about.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Answer {
        self.with(ask, |request, environment| {
            let enough = |d: &Decision| matches!(read(d, ask.who), Answer::Yes(_));
            self.told(&anywhere(request, environment, enough), ask.who)
        })
        .unwrap_or(Answer::NO)
    }

    /// Whether `who` may do it to everything that is asked about alike; `None` when that differs.
    pub(super) fn alike(&self, ask: &Ask<'_>) -> Option<Answer> {
        self.with(ask, |request, environment| {
            let decision = evaluate(request, environment);
            (!decision.is_partial()).then(|| self.told(&decision, ask.who))
        })
        .unwrap_or(Some(Answer::NO))
    }

    fn told(&self, decision: &Decision, who: &Actor) -> Answer {
        match read(decision, who) {
            Answer::No(_) if self.tells_why => Answer::No(denials(decision)),
            answer => answer,
        }
    }

    /// A root's account alone does not say in which partition its name lies.
    fn context_of(&self, who: &Actor) -> Cow<'_, Context> {
        if who.standing != Standing::Root || who.arn.partition() == "aws" {
            return Cow::Borrowed(&self.context);
        }
        let name = Known::one(who.arn.as_str());
        Cow::Owned(self.context.clone().with("aws:PrincipalArn", name))
    }

    /// `None` when nothing could allow it.
    fn with<T>(&self, ask: &Ask<'_>, then: impl FnOnce(&Request<'_>, &Environment<'_>) -> T) -> Option<T> {
        let who = ask.who;
        let resource = self.resource(ask.guard);
        let powers = self.powers(ask.action);
        let own = powers.get(who.place).and_then(Option::as_ref);
        if who.has_documents()
            && own.is_none()
            && !resource.is_some_and(|r| r.could_allow_alone(ask.action, &who.caller))
        {
            return None;
        }
        let identity = own.unwrap_or(&who.identity);
        let request = Request {
            caller: &who.caller,
            action: ask.action,
            target: ask.on.clone(),
            owner: Some(ask.owner.clone()),
            context: &self.context_of(who),
        };
        let environment = Environment {
            boundary: who.boundary.as_deref(),
            resource,
            scps: self.rails(who),
            ..Environment::of(identity)
        };
        Some(then(&request, &environment))
    }
}

/// Reads a decision against the owner.
pub(super) fn read(decision: &Decision, who: &Actor) -> Answer {
    let by = || granting(decision, who);
    match decision.allowed() {
        Truth::No => Answer::NO,
        Truth::Yes => Answer::Yes(by()),
        Truth::Maybe => {
            if let Some(unread) = decision.unread.first() {
                return Answer::Unknown(format!("{unread} could not be read"));
            }
            let open = decision.reasons.iter().flat_map(|r| &r.open);
            if let Some(why) = open.filter_map(|o| belonging::unread(o, &who.belonging)).next() {
                let says = format!(
                    "the organization of {} could not be read: {}",
                    who.account, why.why
                );
                return Answer::Unknown(says);
            }
            let open = doubts(decision, who);
            if open.is_empty() {
                Answer::Yes(by())
            } else {
                Answer::If(open.join(" and "), by())
            }
        }
    }
}

/// What forbids it: the statements that deny it, or else what limits the caller and does not allow it. Nothing where nothing
/// grants it.
fn denials(decision: &Decision) -> Vec<Denial> {
    let denying = decision.deciding().into_iter().map(|reason| Denial {
        layer: reason.layer,
        says: format!("{}, denies it", reason.place()),
    });
    let granted = |layer| {
        let mut allows = decision.reasons.iter().filter(|r| r.effect == Effect::Allow);
        allows.any(|r| r.layer == layer && r.applies != Truth::No)
    };
    let limits = decision.lacking.iter().filter(|layer| {
        let limits = [Layer::Boundary, Layer::Session, Layer::Scp, Layer::Rcp].contains(layer);
        limits && (granted(Layer::Identity) || granted(Layer::Resource))
    });
    let lacking = limits.map(|layer| Denial {
        layer: *layer,
        says: format!("nothing in {layer} allows it"),
    });
    match decision.denied {
        Truth::Yes => denying.collect(),
        _ => lacking.collect(),
    }
}

/// The statements that grant, one of the caller's and one of the resource's.
fn granting(decision: &Decision, who: &Actor) -> String {
    let first = |layer: Layer| {
        let of = |r: &&Reason| r.layer == layer && r.effect == Effect::Allow;
        let sure = decision.reasons.iter().filter(of).max_by_key(|r| r.applies);
        sure.map(Reason::place)
    };
    // Of those above the documents there is nothing to say.
    let own = first(Layer::Identity).filter(|_| who.has_documents());
    let parts: Vec<String> = own.into_iter().chain(first(Layer::Resource)).collect();
    parts.join(" and ")
}

/// What has to be so for it to work, besides what the attacker can arrange.
fn doubts(decision: &Decision, who: &Actor) -> Vec<String> {
    let met = |o: &Open| belonging::met(o, &who.belonging);
    let open = |effect: Effect| {
        decision
            .reasons
            .iter()
            .filter(move |r| r.effect == effect && r.applies == Truth::Maybe)
    };
    let mut out = Vec::new();
    if decision.granted != Truth::Yes {
        for layer in [Layer::Identity, Layer::Boundary, Layer::Session, Layer::Resource] {
            let of_layer = |r: &&Reason| r.layer == layer;
            let sure = |r: &Reason| r.effect == Effect::Allow && r.applies == Truth::Yes;
            if decision.reasons.iter().filter(of_layer).any(sure) {
                continue;
            }
            // The easiest of several grants.
            let grants = open(Effect::Allow).filter(of_layer).map(|r| {
                let left: Vec<String> = r
                    .open
                    .iter()
                    .filter(|o| !is_chosen(o) && met(o) != Some(true))
                    .map(said)
                    .collect();
                left
            });
            out.extend(grants.min_by_key(Vec::len).unwrap_or_default());
        }
    }
    if decision.denied != Truth::No {
        // Of a denial's conditions one that does not hold is enough.
        let escaped = |o: &Open| is_chosen(o) || met(o) == Some(false);
        let denials = open(Effect::Deny).filter(|r| !r.open.iter().any(escaped));
        out.extend(denials.map(|r| {
            let on: Vec<String> = r.open.iter().map(said).collect();
            let on = on.join(" and ");
            format!("the request escapes {}, which denies it where {on}", r.place())
        }));
    }
    out
}

/// Parts of the request that its sender fills in.
fn is_chosen(open: &Open) -> bool {
    const CHOSEN: &[&str] = &[
        "s3:x-amz-",
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:versionid",
        "s3:authtype",
        "s3:signatureversion",
        "s3:object-lock-",
        "aws:requesttag/",
        "aws:tagkeys",
        "aws:useragent",
        "aws:referer",
        "sts:rolesessionname",
    ];
    let Open::Condition { key, .. } = open else {
        return false;
    };
    let key = key.to_ascii_lowercase();
    CHOSEN.iter().any(|start| key.starts_with(start))
}

/// A clause, of which can also be said that it is not so.
fn said(open: &Open) -> String {
    match open {
        Open::Condition {
            operator,
            key,
            values,
        } => format!("the request has {key} {operator} {}", values.join(" or ")),
        Open::Caller => "whoever asks is meant by it".to_owned(),
        Open::Resources => "what is stored is meant by it".to_owned(),
        Open::Actions => "the action is meant by it".to_owned(),
    }
}
