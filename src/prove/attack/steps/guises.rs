//! Under which other names somebody may act: as whom it makes, as which it renames a user, as which session it opens.

use super::super::actor::{Actor, Standing};
use super::super::ask::{Answer, Asker};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::super::names::{Names, federated};
use super::identities::above;
use super::{Everybody, Maker, acts, every, name, own};
use crate::access::{Caller, Target};
use crate::model::{AccountId, Arn, PrincipalKind};
use std::collections::{BTreeMap, BTreeSet};

const RENAMES: &str = "iam:UpdateUser";
const FEDERATES: &str = "sts:GetFederationToken";

/// Making somebody new with any permission takes all of these.
const MAKES: &[&[&str]] = &[
    &["iam:CreateRole", "iam:PutRolePolicy"],
    &["iam:CreateRole", "iam:AttachRolePolicy"],
    &["iam:CreateUser", "iam:CreateAccessKey", "iam:PutUserPolicy"],
    &["iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy"],
    &["iam:CreateUser", "iam:CreateLoginProfile", "iam:PutUserPolicy"],
    &["iam:CreateUser", "iam:CreateLoginProfile", "iam:AttachUserPolicy"],
];

/// What makes somebody without any permission, and lets its maker act as that one: a role's trust is given with it.
const MAKES_ROLE: &[&[&str]] = &[&["iam:CreateRole"]];
const MAKES_USER: &[&[&str]] = &[
    &["iam:CreateUser", "iam:CreateAccessKey"],
    &["iam:CreateUser", "iam:CreateLoginProfile"],
];

/// Everybody who can act, and every user under other names and in other sessions.
pub(super) fn joined(asker: Asker, everybody: Everybody<'_>, names: &Names) -> Asker {
    let guises = of(&asker, everybody, names);
    asker.joined_by(guises)
}

/// Every user under every name that it may be given, and every session that it may open.
fn of(asker: &Asker, everybody: Everybody<'_>, names: &Names) -> Vec<Actor> {
    let mut all = Vec::new();
    let alone = asker.actors.iter().filter(|a| a.stands_alone());
    let renames = |who: &&Actor| {
        !asker
            .ask(&own(who, RENAMES, Target::Within(&every("user", who))))
            .is_no()
    };
    let renamed: BTreeSet<&AccountId> = alone.filter(renames).map(|who| &who.account).collect();
    let users: Vec<&Actor> = asker.actors.iter().filter(|a| is_known_user(a)).collect();
    let taken: BTreeSet<&Arn> = users.iter().map(|user| &user.arn).collect();
    let accounts: BTreeSet<&AccountId> = users.iter().map(|user| &user.account).collect();
    let chosen = accounts.into_iter().map(|account| {
        let partition = everybody.partition(account);
        let free = names.users(partition, account).into_iter();
        let free: Vec<Arn> = free.filter(|name| !taken.contains(name)).collect();
        (account, (free, names.federated(partition, account)))
    });
    let chosen: BTreeMap<&AccountId, (Vec<Arn>, BTreeSet<Arn>)> = chosen.collect();
    for user in users.iter().copied() {
        let Some((free, sessions)) = chosen.get(&user.account) else {
            continue;
        };
        if renamed.contains(&user.account) {
            all.extend(free.iter().map(|name| user.renamed(name)));
        }
        let partition = user.arn.partition();
        let any = format!("{}*", federated(partition, &user.account));
        if !asker.ask(&own(user, FEDERATES, Target::Within(&any))).is_no() {
            all.extend(sessions.iter().map(|name| user.federated(name)));
        }
    }
    all
}

fn renames_all(account: &AccountId) -> Node {
    Node::Power(format!("renames all users of {account}"))
}

fn renamed<'a>(asker: &'a Asker, account: &'a AccountId) -> impl Iterator<Item = &'a Actor> {
    let renamed = asker.actors.iter().filter(|a| a.standing == Standing::Renamed);
    renamed.filter(move |a| a.account == *account)
}

fn is_known_user(who: &Actor) -> bool {
    who.standing == Standing::Known && who.kind == PrincipalKind::User
}

impl Maker {
    /// Whoever may make somebody with any permission administers the account.
    pub(super) fn making(&mut self, who: &Actor, asker: &Asker) {
        let anew = |together: &&&[&'static str]| together.iter().any(|action| asker.is_new(who, action));
        for together in MAKES.iter().filter(anew) {
            let mut all = Answer::Yes(String::new());
            for action in *together {
                let made = if action.contains("Role") { "role" } else { "user" };
                all = asker
                    .ask(&own(who, action, Target::Within(&every(made, who))))
                    .and(all);
                if all.is_no() {
                    break;
                }
            }
            let because = Doing::by(who, format!("may {}", together.join(" and ")));
            self.push(vec![acts(who)], above(who), because, all);
        }
    }

    /// Whoever may make users or roles acts as them, under names of its choice.
    pub(super) fn making_bare(&mut self, who: &Actor, asker: &Asker) {
        for (kind, word, ways) in [
            (PrincipalKind::Role, "role", MAKES_ROLE),
            (PrincipalKind::User, "user", MAKES_USER),
        ] {
            let every = every(word, who);
            let any = |action: &&'static str| asker.ask(&own(who, action, Target::Within(&every)));
            for together in ways.iter().filter(|way| way.iter().any(|a| asker.is_new(who, a))) {
                if together.iter().any(|action| any(action).is_no()) && self.ledger.is_none() {
                    continue;
                }
                let made = asker.actors.iter().filter(|a| a.standing == Standing::Bare);
                for made in made.filter(|a| a.kind == kind && a.account == who.account) {
                    let one = Target::One(made.arn.as_str());
                    let may = together
                        .iter()
                        .map(|action| asker.ask(&own(who, action, one.clone())));
                    let may = may.fold(Answer::Yes(String::new()), |all, one| one.and(all));
                    let does = format!("may {} and make {}", together.join(" and "), name(&made.arn));
                    self.push(vec![acts(who)], acts(made), Doing::by(who, does), may);
                }
            }
        }
    }

    /// A user who is renamed keeps what it may do, but for what hangs on its name.
    pub(super) fn renaming(&mut self, who: &Actor, asker: &Asker) {
        if !asker.is_new(who, RENAMES) {
            return;
        }
        if let Some(answer) = asker.alike(&own(who, RENAMES, Target::Within(&every("user", who)))) {
            let because = Doing::by(who, format!("may {RENAMES} on all users of {}", who.account));
            self.push(vec![acts(who)], renames_all(&who.account), because, answer);
            return;
        }
        for user in renamed(asker, &who.account) {
            let Caller::User(new) = &user.caller else { continue };
            // IAM asks for the permission on both names (IAM API Reference, `UpdateUser`).
            let on = |arn: &Arn| asker.ask(&own(who, RENAMES, Target::One(arn.as_str())));
            let because = Doing::by(who, format!("may {RENAMES} on {}", name(&user.arn)));
            let needs = vec![acts(who), Node::Acts(user.arn.to_string())];
            self.push(needs, acts(user), because, on(&user.arn).and(on(new)));
        }
    }

    /// What the power to rename everybody of an account leads to.
    pub(super) fn renamed(&mut self, account: &AccountId, asker: &Asker) {
        for user in renamed(asker, account) {
            let because = Doing::itself(format!("so it renames {}", name(&user.arn)));
            let needs = vec![renames_all(account), Node::Acts(user.arn.to_string())];
            self.push(needs, acts(user), because, Answer::Yes(String::new()));
        }
    }

    /// A user opens sessions under names of its choice.
    pub(super) fn federating(&mut self, who: &Actor, asker: &Asker) {
        if !is_known_user(who) || !asker.is_new(who, FEDERATES) {
            return;
        }
        let sessions = asker.actors.iter().filter(|a| a.standing == Standing::Federated);
        for opened in sessions.filter(|a| a.arn == who.arn) {
            let Caller::FederatedUser { session, .. } = &opened.caller else {
                continue;
            };
            let answer = asker.ask(&own(who, FEDERATES, Target::One(session.as_str())));
            let because = Doing::by(who, format!("may {FEDERATES} for {}", session.resource()));
            self.push(vec![acts(who)], acts(opened), because, answer);
        }
    }
}
