//! What the root and the administrators of an account may do with everybody in it.

use super::super::actor::{Actor, Standing};
use super::super::ask::{Answer, Ask, Asker, Guard};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::identities::{
    LOOSENS_GROUP, LOOSENS_ROLE, LOOSENS_USER, REWRITES_GROUP, REWRITES_POLICY, REWRITES_ROLE, REWRITES_USER,
    TAKES_ROLE, TAKES_USER,
};
use super::outsiders::is_outside;
use super::{Maker, acts, every, name, own};
use crate::access::{Guardrails, Target};
use crate::model::PrincipalKind;

impl Maker {
    /// The root of an account may become anybody in it: it can reset every credential and rewrite every trust. So may
    /// whoever administers it. Only the organization can keep them from it.
    pub(super) fn roots(&mut self, asker: &Asker) {
        let above: Vec<&Actor> = asker
            .actors
            .iter()
            .filter(|a| matches!(a.standing, Standing::Root | Standing::Administrator))
            .collect();
        let others = asker.actors.iter().filter(|a| a.standing != Standing::Root);
        for who in others.filter(|a| !is_outside(&a.account)) {
            let account = &who.account;
            for above in above.iter().filter(|a| a.account == *account) {
                let bound = !matches!(asker.rails(above), Guardrails::None);
                let answer = match bound {
                    true => takes_over(above, who, asker),
                    false => Answer::Yes(String::new()),
                };
                let mut needs = vec![acts(above)];
                let changed = [
                    Standing::Rewritten,
                    Standing::Loosened,
                    Standing::Capped,
                    Standing::Renamed,
                    Standing::Federated,
                ];
                if bound && changed.contains(&who.standing) {
                    // To write its policies is one thing, to act as it another.
                    needs.push(Node::Acts(who.arn.to_string()));
                }
                let does = format!("who administers {account} can act as {}", name(&who.arn));
                self.push(needs, acts(who), Doing::itself(does), answer);
            }
        }
    }
}

/// Whether somebody with every permission that the organization leaves may get to act as somebody else of the account, or
/// to give that one every permission. Any action that takes part in a way there is taken for enough.
fn takes_over(above: &Actor, who: &Actor, asker: &Asker) -> Answer {
    let (makes, takes, rewrites, loosens) = match who.kind {
        PrincipalKind::Role => ("iam:CreateRole", TAKES_ROLE, REWRITES_ROLE, LOOSENS_ROLE),
        PrincipalKind::User => ("iam:CreateUser", TAKES_USER, REWRITES_USER, LOOSENS_USER),
    };
    let [policies, groups, roles, users] = ["policy", "group", "role", "user"].map(|kind| every(kind, who));
    let one = Target::One(who.arn.as_str());
    let on = |actions: &[&'static str], target: &Target<'_>| -> Vec<Answer> {
        let ask = |action: &&'static str| asker.ask(&own(above, action, target.clone()));
        actions.iter().map(ask).collect()
    };
    let mut ways = Vec::new();
    match who.standing {
        Standing::Made if !who.takes_on_roles() => {
            // Some user opens the session.
            let users = Target::Within(&users);
            let user = on(&["iam:CreateUser"], &users).into_iter();
            let user = user.chain(on(REWRITES_USER, &users)).fold(Answer::NO, Answer::or);
            ways.extend(
                on(&["sts:GetFederationToken"], &one)
                    .into_iter()
                    .map(|may| may.and(user.clone())),
            );
        }
        Standing::Made | Standing::Bare => ways.extend(on(&[makes], &one)),
        Standing::Renamed => ways.extend(on(&["iam:UpdateUser"], &one)),
        // The user opens it, who is needed besides.
        Standing::Federated => {}
        Standing::Known => {
            ways.extend(on(&[makes, "iam:PassRole"], &one));
            ways.extend(on(takes, &one));
            ways.extend(who.trust.as_deref().map(|trust| {
                asker.ask(&Ask {
                    guard: Guard::Policy(trust),
                    ..own(above, "sts:AssumeRole", one.clone())
                })
            }));
        }
        Standing::Rewritten | Standing::Capped => ways.extend(on(rewrites, &one)),
        Standing::Loosened => {
            ways.extend(on(&loosens, &one));
            ways.extend(on(LOOSENS_GROUP, &Target::Within(&groups)));
        }
        // Whoever has been given every permission: anybody will do.
        Standing::Administrator | Standing::Root => {
            let roles = Target::Within(&roles);
            ways.extend(on(&["iam:CreateRole"], &roles));
            ways.extend(on(REWRITES_ROLE, &roles));
            ways.extend(on(REWRITES_USER, &Target::Within(&users)));
        }
    }
    if matches!(who.standing, Standing::Rewritten | Standing::Administrator) {
        ways.extend(on(REWRITES_POLICY, &Target::Within(&policies)));
        ways.extend(on(REWRITES_GROUP, &Target::Within(&groups)));
    }
    ways.into_iter().fold(Answer::NO, Answer::or)
}
