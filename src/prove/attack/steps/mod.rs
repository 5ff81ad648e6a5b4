//! The steps: who becomes whom ([`identities`]), who may destroy which copy ([`stores`]).
//!
//! What a step needs is asked of the policy documents ([`ask`]). The lists of actions are those of
//! the services' authorization references; each is one way to destroy, none needs the others.

mod identities;
mod stores;

use super::Principals;
use super::ask::{Answer, Ask, Asker};
use super::graph::{Certainty, Node, Step, short_identity};
use crate::model::fact::{Evidence, Facts, LockMode};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{AccountId, Arn, Observed, Principal, PrincipalKind};
use crate::prove::copy::Copy;
use std::collections::{BTreeMap, BTreeSet};

/// The root of an account.
pub(super) fn root_of(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// Somebody who may change what anybody in the account may do, and so may do everything there.
fn administrator_of(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:role/who-may-change-every-policy")
}

/// Whether nobody, the account's root included, can delete it for now.
pub(super) fn is_locked(copy: &Copy) -> bool {
    matches!(&copy.lock, Observed::Present(lock) if lock.mode == LockMode::Compliance && lock.days > 0)
}

/// All steps of an estate.
pub(super) fn make(evidence: &[Evidence], principals: &Principals, copies: &[Copy]) -> Vec<Step> {
    let mut maker = Maker {
        steps: Vec::new(),
        asker: Asker::default(),
        actors: actors(principals, copies),
        policies: BTreeMap::new(),
    };
    for item in evidence {
        let (Some(arn), Some(facts)) = (&item.arn, item.facts.present()) else {
            continue;
        };
        if let Some(policy) = policy_of(facts) {
            maker.policies.insert(arn, policy);
            if let Facts::Key(key) = facts {
                // Copies name the key itself, the posture its alias; a replica has a policy of its own.
                maker.policies.insert(&key.arn, policy);
            }
        }
    }
    maker.roots();
    maker.becoming();
    maker.escalating();
    for copy in copies {
        maker.destroying(copy);
    }
    maker.keys(copies);
    maker.steps
}

fn policy_of(facts: &Facts) -> Option<&Observed<Document>> {
    match facts {
        Facts::ObjectStore(store) => Some(&store.policy),
        Facts::Key(key) => Some(&key.policy),
        Facts::Vault(vault) => Some(&vault.policy),
        _ => None,
    }
}

/// Everybody who is known; of every account its root, and who may become anybody.
fn actors(principals: &Principals, copies: &[Copy]) -> Vec<(AccountId, Principal)> {
    let mut accounts: BTreeSet<&AccountId> = principals.keys().collect();
    accounts.extend(copies.iter().filter_map(|c| c.domain.account.as_ref()));
    let everything = || {
        vec![(
            "everything".to_owned(),
            Observed::Present(Document::new([Statement::new(Effect::Allow, ["*"], ["*"])])),
        )]
    };
    let mut all = Vec::new();
    for account in accounts {
        for arn in [root_of(account), administrator_of(account)] {
            let Ok(arn) = arn.parse::<Arn>() else { continue };
            all.push((
                account.clone(),
                Principal {
                    arn,
                    kind: PrincipalKind::User,
                    id: account.to_string(),
                    trust: Observed::Absent,
                    policies: everything(),
                    boundary: Observed::Absent,
                },
            ));
        }
        let known = principals.get(account).and_then(Observed::present);
        for principal in known.into_iter().flatten() {
            all.push((account.clone(), principal.clone()));
            // Who administers the account gives anybody in it any permission, and then meets trusts and
            // policies elsewhere that name just that one.
            all.push((
                account.clone(),
                Principal {
                    id: format!("{REWRITTEN}{}", principal.id),
                    policies: everything(),
                    boundary: Observed::Absent,
                    ..principal.clone()
                },
            ));
        }
    }
    all
}

struct Maker<'a> {
    steps: Vec<Step>,
    asker: Asker,
    actors: Vec<(AccountId, Principal)>,
    /// Resource policies that were looked for, by the resource.
    policies: BTreeMap<&'a Arn, &'a Observed<Document>>,
}

/// Marks somebody whose policies an administrator has rewritten.
const REWRITTEN: &str = "rewritten ";

fn is_rewritten(principal: &Principal) -> bool {
    principal.id.starts_with(REWRITTEN)
}

fn acts(principal: &Principal) -> Node {
    if is_rewritten(principal) {
        Node::Acts(format!("{} with policies rewritten", principal.arn))
    } else {
        Node::Acts(principal.arn.to_string())
    }
}

fn name(arn: &Arn) -> String {
    short_identity(arn.as_str()).to_owned()
}

impl Maker<'_> {
    fn push(&mut self, needs: Vec<Node>, gives: Node, because: String, answer: Answer) {
        if needs.contains(&gives) {
            return;
        }
        let (certainty, by) = match answer {
            Answer::No => return,
            Answer::Yes(by) => (Certainty::Sure, by),
            Answer::If(condition, by) => (Certainty::Depends(condition), by),
            Answer::Unknown(why) => (Certainty::Unknown(why), String::new()),
        };
        let because = if by.is_empty() {
            because
        } else {
            format!("{because} ({by})")
        };
        self.steps.push(Step {
            needs,
            gives,
            because,
            certainty,
        });
    }

    fn own(&mut self, who: &Principal, from: &AccountId, action: &str, resource: &Arn) -> Answer {
        self.asker.ask(&Ask {
            who,
            from,
            action,
            resource,
            owner: from,
            policy: None,
            strict: false,
        })
    }
}
