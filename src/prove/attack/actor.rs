//! Who can act: everybody who was read, and above them whoever administers an account.

use super::steps::{administrator_of, root_of};
use crate::access::assume::Member;
use crate::access::{Caller, Guardrails, Policies};
use crate::model::policy::{Document, Principals as Named};
use crate::model::{AccountId, Arn, Observed, Principal, PrincipalKind};
use std::collections::HashMap;
use std::rc::Rc;

/// How somebody came to what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// By the documents that were read.
    Known,
    /// The same one, after an administrator gave it every permission.
    Rewritten,
    /// Whoever may change what everybody in the account may do.
    Administrator,
    /// The root of the account.
    Root,
}

/// Somebody who can act.
#[derive(Debug)]
pub(super) struct Actor {
    pub account: AccountId,
    pub arn: Arn,
    pub kind: PrincipalKind,
    pub caller: Caller,
    pub standing: Standing,
    /// Where it stands in [`Asker::actors`](super::ask::Asker::actors).
    pub place: usize,
    pub identity: Rc<Policies>,
    pub boundary: Option<Rc<Policies>>,
    /// Who may become it; `None` for users, and where it is nobody's business here.
    pub trust: Option<Rc<Policies>>,
}

impl Actor {
    /// As somebody who may take on roles and be taken on.
    pub(super) fn member(&self) -> Member {
        Member {
            caller: self.caller.clone(),
            identity: (*self.identity).clone(),
            boundary: self.boundary.as_deref().cloned(),
            trust: self.trust.as_deref().cloned(),
            scps: Guardrails::None,
        }
    }
}

/// Everybody who is known; of every account its root, and who may become anybody. Of one account the
/// administrator stands before those whose policies it rewrites.
pub(super) fn actors<'a>(
    accounts: impl IntoIterator<Item = &'a AccountId>,
    known: impl Fn(&AccountId) -> &'a [Principal],
    ids: &Ids,
) -> Vec<Actor> {
    let everything = Rc::new(Policies::everything("everything"));
    let mut all = Vec::new();
    for account in accounts {
        if let Ok(arn) = root_of(account).parse::<Arn>() {
            all.push(Actor {
                account: account.clone(),
                arn,
                kind: PrincipalKind::User,
                caller: Caller::Root(account.clone()),
                standing: Standing::Root,
                place: 0,
                identity: Rc::clone(&everything),
                boundary: None,
                trust: None,
            });
        }
        if let Ok(arn) = administrator_of(account).parse::<Arn>() {
            all.push(Actor {
                account: account.clone(),
                caller: caller(PrincipalKind::Role, &arn),
                arn,
                kind: PrincipalKind::Role,
                standing: Standing::Administrator,
                place: 0,
                identity: Rc::clone(&everything),
                boundary: None,
                trust: None,
            });
        }
        for principal in known(account) {
            all.push(known_actor(account, principal, ids));
        }
        for principal in known(account) {
            all.push(Actor {
                account: account.clone(),
                arn: principal.arn.clone(),
                kind: principal.kind,
                caller: caller(principal.kind, &principal.arn),
                standing: Standing::Rewritten,
                place: 0,
                identity: Rc::clone(&everything),
                boundary: None,
                trust: None,
            });
        }
    }
    all
}

pub(super) fn known_actor(account: &AccountId, principal: &Principal, ids: &Ids) -> Actor {
    let mut identity = Policies::none();
    for (name, document) in &principal.policies {
        add(&mut identity, name, document, ids);
    }
    let layer = |name: &str, document: &Observed<Document>| {
        let mut policies = Policies::none();
        add(&mut policies, name, document, ids);
        Rc::new(policies)
    };
    let is_role = principal.kind == PrincipalKind::Role;
    Actor {
        account: account.clone(),
        arn: principal.arn.clone(),
        kind: principal.kind,
        caller: caller(principal.kind, &principal.arn),
        standing: Standing::Known,
        place: 0,
        identity: Rc::new(identity),
        boundary: match &principal.boundary {
            Observed::Absent => None,
            other => Some(layer("the boundary", other)),
        },
        trust: is_role.then(|| layer("its trust", &principal.trust)),
    }
}

fn caller(kind: PrincipalKind, arn: &Arn) -> Caller {
    match kind {
        PrincipalKind::Role => Caller::Role {
            arn: arn.clone(),
            session: None,
        },
        PrincipalKind::User => Caller::User(arn.clone()),
    }
}

/// Unique ids of those who exist: a policy that names one means its bearer, and any other means nobody.
pub(super) type Ids = HashMap<String, String>;

/// Takes a document in as it was observed.
pub(super) fn add(policies: &mut Policies, name: &str, document: &Observed<Document>, ids: &Ids) {
    match document {
        Observed::Present(document) => policies.add(name, &by_name(document, ids)),
        Observed::Absent => {}
        Observed::Unreadable(why) => policies.add_unread(format!("{name} ({})", why.why)),
    }
}

fn by_name(document: &Document, ids: &Ids) -> Document {
    let mut document = document.clone();
    for statement in &mut document.statements {
        let Some(Named::Only(map) | Named::AllBut(map)) = &mut statement.principals else {
            continue;
        };
        if let Some(names) = map.get_mut("AWS") {
            *names = names
                .iter()
                .map(|name| ids.get(name).unwrap_or(name).clone())
                .collect();
        }
    }
    document
}
