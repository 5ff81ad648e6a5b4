//! Who can act: everybody who was read, above them whoever administers an account, and whom that one could make.

use super::Everybody;
use super::belonging::{self, Belonging};
use super::names::Names;
use super::steps::{administrator_of, root_of};
use crate::access::assume::Member;
use crate::access::{Caller, Guardrails, Policies};
use crate::model::policy::{Document, Effect, Principals as Named};
use crate::model::{AccountId, Arn, Membership, Observed, Principal, PrincipalKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// How somebody came to what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// By the documents that were read.
    Known,
    /// The same one, without the policies that deny it something.
    Loosened,
    /// The same user under another name, by which it is the caller.
    Renamed,
    /// A session of the same user, under a name of its choice.
    Federated,
    /// Nobody yet: whoever may make users or roles could make it, without any permission of its own.
    Bare,
    /// The same one, with every permission that its boundary leaves it.
    Capped,
    /// The same one, after an administrator gave it every permission.
    Rewritten,
    /// Nobody yet: an administrator could make it, with every permission, under a name that a policy names.
    Made,
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
    /// What its organization lets it do at most.
    pub rails: Rc<Guardrails>,
    /// Which one that is.
    pub belonging: Rc<Belonging>,
    /// Services that its trust names.
    pub services: BTreeSet<String>,
    /// Identity providers that its trust names.
    pub providers: BTreeSet<String>,
    /// Which of its own policies deny it something: those that lie in it, and those that are attached.
    pub denying: Denying,
}

/// Which policies of somebody deny it something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Denying {
    pub inline: bool,
    pub attached: bool,
}

impl Actor {
    /// As somebody who may take on roles and be taken on, within these policies of its organization.
    pub(super) fn member(&self, rails: &Guardrails) -> Member {
        Member {
            caller: self.caller.clone(),
            identity: (*self.identity).clone(),
            boundary: self.boundary.as_deref().cloned(),
            trust: self.trust.as_deref().cloned(),
            scps: rails.clone(),
        }
    }

    /// The same one, without what its own policies deny it; `None` for who is denied nothing. What the same policies allow
    /// is kept: it may have been used before.
    pub(super) fn loosened(&self) -> Option<Self> {
        (self.denying != Denying::default()).then(|| Self {
            identity: Rc::new(self.identity.without_denials()),
            ..self.guise(Standing::Loosened, self.caller.clone())
        })
    }

    /// The same user once it is renamed.
    pub(super) fn renamed(&self, name: &Arn) -> Self {
        self.guise(Standing::Renamed, Caller::User(name.clone()))
    }

    /// A session that the same user opens under this name.
    pub(super) fn federated(&self, name: &Arn) -> Self {
        self.guise(Standing::Federated, session(name, &self.arn))
    }

    fn guise(&self, standing: Standing, caller: Caller) -> Self {
        Self {
            account: self.account.clone(),
            arn: self.arn.clone(),
            kind: self.kind,
            caller,
            standing,
            place: 0,
            identity: Rc::clone(&self.identity),
            boundary: self.boundary.clone(),
            trust: None,
            rails: Rc::clone(&self.rails),
            belonging: Rc::clone(&self.belonging),
            services: BTreeSet::new(),
            providers: BTreeSet::new(),
            denying: Denying::default(),
        }
    }

    /// Whoever asks without credentials. It counts as of an account of the attacker's own, who may do so.
    pub(super) fn anonymous(partition: &str, account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            arn: Arn::iam(partition, account, "role/nobody"),
            kind: PrincipalKind::Role,
            caller: Caller::Anonymous,
            standing: Standing::Made,
            place: 0,
            identity: Rc::new(Policies::everything("everything")),
            boundary: None,
            trust: None,
            rails: Rc::default(),
            belonging: Rc::new(Observed::Absent),
            services: BTreeSet::new(),
            providers: BTreeSet::new(),
            denying: Denying::default(),
        }
    }

    /// Whether its own documents decide what it may.
    pub(super) fn has_documents(&self) -> bool {
        matches!(
            self.standing,
            Standing::Known | Standing::Loosened | Standing::Renamed | Standing::Federated | Standing::Bare
        )
    }

    /// Whether it may ask for roles: whoever signs, but for federated users (AWS STS API Reference, `GetFederationToken`).
    pub(super) fn takes_on_roles(&self) -> bool {
        self.caller.has_identity() && !matches!(self.caller, Caller::FederatedUser { .. })
    }

    /// Whether it acts by what it has without being an administrator's: read, or changed by whoever may change just it.
    pub(super) fn stands_alone(&self) -> bool {
        self.has_documents() || self.standing == Standing::Capped
    }

    /// Whether it has every permission that its organization leaves it.
    pub(super) fn is_all_powerful(&self) -> bool {
        !self.stands_alone()
    }

    /// Whether it is somebody else as an administrator could have it.
    pub(super) fn is_of_an_administrator(&self) -> bool {
        matches!(self.standing, Standing::Rewritten | Standing::Made)
    }
}

/// What the organization leaves each account. What nobody may read is left out: it never grants, so that the proof is
/// only the stricter for it.
pub(super) fn rails(everybody: Everybody<'_>) -> BTreeMap<AccountId, Rc<Guardrails>> {
    let bound = everybody
        .memberships
        .iter()
        .map(|(account, membership)| (account.clone(), Rc::new(guardrails(membership))));
    bound
        .filter(|(_, rails)| matches!(**rails, Guardrails::Levels(_)))
        .collect()
}

/// An account's guardrails as they were seen.
pub(in crate::prove) fn guardrails(membership: &Observed<Membership>) -> Guardrails {
    match membership {
        Observed::Absent => Guardrails::None,
        Observed::Present(membership) => levels(membership),
        Observed::Unreadable(_) => Guardrails::Unknown,
    }
}

fn levels(membership: &Membership) -> Guardrails {
    let level = |level: &crate::model::Level| {
        let mut policies = Policies::none();
        for (name, document) in &level.policies {
            let name = format!("service control policy {name} of {}", level.target);
            add(&mut policies, &name, document, &Ids::new());
        }
        policies
    };
    Guardrails::Levels(membership.levels.iter().map(level).collect())
}

/// Everybody who is known; of every account its root, and who may become anybody. Of one account the
/// administrator stands before those whose policies it rewrites and those whom it could make under names of its choice.
pub(super) fn actors(
    accounts: &BTreeSet<&AccountId>,
    everybody: Everybody<'_>,
    rails: &BTreeMap<AccountId, Rc<Guardrails>>,
    ids: &Ids,
    names: &Names,
) -> Vec<Actor> {
    let everything = Rc::new(Policies::everything("everything"));
    let nothing = Rc::new(Policies::none());
    let unlimited = Rc::new(Guardrails::None);
    let mut all = Vec::new();
    for account in accounts {
        let partition = everybody.partition(account);
        let belonging = Rc::new(belonging::of(account, everybody));
        let rails = rails.get(*account).unwrap_or(&unlimited);
        let known = everybody.principals.get(*account).and_then(Observed::present);
        let known = known.map(Vec::as_slice).unwrap_or_default();
        let above = |arn: Arn, kind: PrincipalKind, standing: Standing| Actor {
            account: (*account).clone(),
            caller: match standing {
                Standing::Root => Caller::Root((*account).clone()),
                _ => caller(kind, &arn),
            },
            arn,
            kind,
            standing,
            place: 0,
            identity: Rc::clone(&everything),
            boundary: None,
            trust: None,
            rails: Rc::clone(rails),
            belonging: Rc::clone(&belonging),
            services: BTreeSet::new(),
            providers: BTreeSet::new(),
            denying: Denying::default(),
        };
        if let Ok(arn) = root_of(partition, account).parse() {
            all.push(above(arn, PrincipalKind::User, Standing::Root));
        }
        if let Ok(arn) = administrator_of(partition, account).parse() {
            all.push(above(arn, PrincipalKind::Role, Standing::Administrator));
        }
        for principal in known {
            let as_read = Actor {
                rails: Rc::clone(rails),
                belonging: Rc::clone(&belonging),
                ..known_actor(account, principal, ids)
            };
            if as_read.boundary.is_some() {
                all.push(Actor {
                    boundary: as_read.boundary.clone(),
                    ..above(principal.arn.clone(), principal.kind, Standing::Capped)
                });
            }
            all.push(as_read);
        }
        for principal in known {
            all.push(above(principal.arn.clone(), principal.kind, Standing::Rewritten));
        }
        let taken: BTreeSet<&Arn> = known.iter().map(|principal| &principal.arn).collect();
        let roles = names.roles(partition, account, &administrator_of(partition, account));
        let roles = roles.into_iter().map(|arn| (arn, PrincipalKind::Role));
        let users = names.users(partition, account).into_iter();
        let users = users.map(|arn| (arn, PrincipalKind::User));
        let free: Vec<_> = roles
            .chain(users)
            .filter(|(arn, _)| !taken.contains(arn))
            .collect();
        for (arn, kind) in &free {
            all.push(above(arn.clone(), *kind, Standing::Made));
            all.push(Actor {
                identity: Rc::clone(&nothing),
                ..above(arn.clone(), *kind, Standing::Bare)
            });
        }
        if let Some((user, _)) = free.iter().find(|(_, kind)| *kind == PrincipalKind::User) {
            all.extend(names.federated(partition, account).into_iter().map(|arn| Actor {
                caller: session(&arn, user),
                ..above(arn, PrincipalKind::User, Standing::Made)
            }));
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
        rails: Rc::default(),
        belonging: Rc::new(Observed::Absent),
        services: trusted(principal, "Service"),
        providers: trusted(principal, "Federated"),
        denying: denying(principal),
    }
}

/// Whom a role's trust names, of one kind.
fn trusted(principal: &Principal, kind: &str) -> BTreeSet<String> {
    let statements = principal.trust.present().into_iter().flat_map(|t| &t.statements);
    statements.flat_map(|s| s.named(kind)).cloned().collect()
}

/// Services that act as a role of their customer without running anything that the customer has written.
const RUNS_NOTHING: &[&str] = &[
    "s3.amazonaws.com",
    "backup.amazonaws.com",
    "rds.amazonaws.com",
    "monitoring.rds.amazonaws.com",
];

/// Whether only a service acts as this one, and none that runs what its customers have written.
pub(super) fn is_of_a_service(principal: &Principal) -> bool {
    if principal.arn.resource().starts_with("role/aws-service-role/") {
        return true;
    }
    let Some(trust) = principal.trust.present() else {
        return false;
    };
    let quiet = |names: &BTreeSet<String>| names.iter().all(|name| RUNS_NOTHING.contains(&name.as_str()));
    let allowed = || trust.statements.iter().filter(|s| s.effect == Effect::Allow);
    principal.kind == PrincipalKind::Role
        && allowed().next().is_some()
        && allowed().all(|s| match &s.principals {
            Some(Named::Only(map)) => map.iter().all(|(kind, names)| kind == "Service" && quiet(names)),
            Some(Named::AllBut(_)) | None => false,
        })
}

fn denying(principal: &Principal) -> Denying {
    let denies = |document: &Observed<Document>| {
        let statements = document.present().into_iter().flat_map(|d| &d.statements);
        statements.into_iter().any(|s| s.effect == Effect::Deny)
    };
    let is_attached = |name: &str| name.starts_with("arn:");
    let some = |attached: bool| {
        let own = principal.policies.iter();
        own.filter(|(name, _)| is_attached(name) == attached)
            .any(|(_, document)| denies(document))
    };
    Denying {
        inline: some(false),
        attached: some(true),
    }
}

fn session(name: &Arn, user: &Arn) -> Caller {
    Caller::FederatedUser {
        session: name.clone(),
        user: user.clone(),
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
pub(in crate::prove) type Ids = HashMap<String, String>;

/// Takes a document in as it was observed.
pub(in crate::prove) fn add(policies: &mut Policies, name: &str, document: &Observed<Document>, ids: &Ids) {
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
