//! The steps: who becomes whom ([`identities`], [`services`], [`administrators`]), who may lift what the organization forbids
//! ([`organization`]), who may destroy which copy ([`stores`], [`buckets`]).
//!
//! What a step needs is asked of the policy documents ([`ask`](super::ask)). The lists of actions are
//! those of the services' authorization references; each is one way to destroy, none needs the others.

mod administrators;
mod buckets;
mod guises;
mod identities;
mod nodes;
mod organization;
mod outsiders;
mod permission;
mod providers;
mod services;
mod stores;

use super::Everybody;
use super::actor::{Actor, Ids, actors, add, rails};
use super::ask::{Answer, Ask, Asker, Guard};
use super::graph::{Certainty, Node, Step};
use super::ledger::{Doing, Ledger};
use super::names::{Names, tells_apart};
use crate::access::{Guardrails, Policies, Target};
use crate::model::fact::{Evidence, Facts, LockMode};
use crate::model::policy::Document;
use crate::model::{AccountId, Address, Arn, Observed};
use crate::prove::copy::{Copy, Holder, Mechanism};
use nodes::{acts, capped, every, loosened, unbound};
pub(super) use nodes::{administrator_of, called, name, root_of};
use outsiders::Outsiders;
use permission::Permission;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

/// Whether nobody, the account's root included, can delete it for now.
pub(super) fn is_locked(copy: &Copy) -> bool {
    matches!(&copy.lock, Observed::Present(lock) if lock.mode == LockMode::Compliance && lock.days > 0)
}

/// The accounts that may lift the organization's policies off those that are bound by them.
pub(super) fn managing(everybody: Everybody<'_>) -> impl Iterator<Item = &AccountId> {
    let bound = everybody.memberships.values().filter_map(Observed::present);
    bound.map(|membership| &membership.management)
}

/// All steps of an estate. Those that the organization's policies forbid are among them too, once somebody has lifted
/// the policies off the account of whoever takes the step.
pub(super) fn make(evidence: &[Evidence], everybody: Everybody<'_>, copies: &[Copy]) -> Vec<Step> {
    let estate = Estate::new(evidence, everybody, copies);
    let mut maker = Maker::new(evidence, copies, &estate.ids);
    let asker = estate.asker();
    let copies: Vec<&Copy> = copies.iter().collect();
    let mut steps = estate.pass(&mut maker, &asker, &copies);
    if estate.rails.is_empty() {
        return steps;
    }
    let mut free = estate.pass(&mut maker, &asker.unbound(), &copies);
    let known: HashSet<&Step> = steps.iter().collect();
    free.retain(|step| !known.contains(step));
    steps.extend(free.into_iter().map(|mut step| {
        estate.bind(&mut step.needs);
        step
    }));
    steps
}

/// Every way to these nodes that was asked about, by the same questions as the steps. Of the copies only those of one asset
/// are gone through, whose nodes these are.
pub(super) fn asked(
    evidence: &[Evidence],
    everybody: Everybody<'_>,
    copies: &[Copy],
    asset: &Address,
    wanted: BTreeSet<Node>,
) -> Ledger {
    let estate = Estate::new(evidence, everybody, copies);
    let mut maker = Maker::new(evidence, copies, &estate.ids);
    let asker = estate.asker().telling_why();
    let copies: Vec<&Copy> = copies.iter().filter(|copy| copy.asset == *asset).collect();
    let mut pass = |asker: &Asker| {
        maker.ledger = Some(Ledger::of(wanted.clone()));
        match wanted.iter().all(|node| matches!(node, Node::Gone(_))) {
            true => estate.destroying(&mut maker, asker, &copies),
            false => estate.all(&mut maker, asker, &copies),
        }
        maker.ledger.take().unwrap_or_default()
    };
    let mut ledger = pass(&asker);
    if !estate.rails.is_empty() {
        ledger.join(pass(&asker.unbound()), |needs| estate.bind(needs));
    }
    ledger.settled()
}

/// All that steps are made from.
struct Estate<'a> {
    evidence: &'a [Evidence],
    everybody: Everybody<'a>,
    copies: &'a [Copy],
    rails: BTreeMap<AccountId, Rc<Guardrails>>,
    outsiders: Outsiders,
    ids: Ids,
}

impl<'a> Estate<'a> {
    fn new(evidence: &'a [Evidence], everybody: Everybody<'a>, copies: &'a [Copy]) -> Self {
        Self {
            evidence,
            everybody,
            copies,
            rails: rails(everybody),
            outsiders: Outsiders::new(evidence, everybody),
            ids: ids(everybody),
        }
    }

    fn asker(&self) -> Asker {
        asker(
            self.evidence,
            self.everybody,
            self.copies,
            &self.rails,
            &self.ids,
            &self.outsiders,
        )
    }

    /// The steps by the answers of one asker.
    fn pass(&self, maker: &mut Maker, asker: &Asker, copies: &[&Copy]) -> Vec<Step> {
        self.all(maker, asker, copies);
        std::mem::take(&mut maker.steps)
    }

    fn all(&self, maker: &mut Maker, asker: &Asker, copies: &[&Copy]) {
        maker.unknown(&self.outsiders.strangers(), self.everybody);
        maker.anybody(asker);
        maker.vouched(self.everybody, asker);
        maker.roots(asker);
        maker.becoming(asker);
        maker.escalating(asker);
        maker.unbinding(self.everybody, asker, &self.ids);
        self.destroying(maker, asker, copies);
    }

    /// Those that destroy, or take away what protects.
    fn destroying(&self, maker: &mut Maker, asker: &Asker, copies: &[&Copy]) {
        maker.asked.clear();
        for copy in copies {
            maker.destroying(copy, asker);
        }
        maker.keys(copies, asker);
    }

    /// That whoever acts there is rid of the organization's policies.
    fn bind(&self, needs: &mut Vec<Node>) {
        let bound: BTreeSet<Node> = needs.iter().filter_map(|n| unbound(n, &self.rails)).collect();
        needs.extend(bound);
    }
}

/// Unique ids of everybody who was read.
fn ids(everybody: Everybody<'_>) -> Ids {
    everybody
        .known()
        .map(|p| (p.id.clone(), p.arn.to_string()))
        .collect()
}

/// Everybody who can act in the accounts that bear on the copies. Of outsiders nobody was read: somebody there may be
/// whoever is let in.
fn asker(
    evidence: &[Evidence],
    everybody: Everybody<'_>,
    copies: &[Copy],
    rails: &BTreeMap<AccountId, Rc<Guardrails>>,
    ids: &Ids,
    outsiders: &Outsiders,
) -> Asker {
    let mut accounts: BTreeSet<&AccountId> = everybody.principals.keys().collect();
    accounts.extend(copies.iter().filter_map(|c| c.domain.account.as_ref()));
    accounts.extend(managing(everybody));
    accounts.extend(outsiders.named.iter().map(|(account, _)| account));
    accounts.extend(&outsiders.anybody);
    let facts = evidence.iter().filter_map(|e| e.facts.present());
    let policies = facts.filter_map(Facts::policy).filter_map(Observed::present);
    let trusts = everybody.known().filter_map(|p| p.trust.present());
    let levels = everybody.memberships.values().filter_map(Observed::present);
    let limits = levels.flat_map(|m| m.levels.iter().flat_map(|l| &l.policies));
    let limits = limits.filter_map(|(_, document)| document.present());
    let own = everybody
        .known()
        .flat_map(|p| p.policies.iter().map(|(_, own)| own).chain([&p.boundary]));
    let all = policies.chain(trusts).chain(limits);
    let documents: Vec<&Document> = all.chain(own.filter_map(Observed::present)).collect();
    let names = Names::of(&documents, outsiders.named.iter().map(|(_, name)| name));
    let mut all = actors(&accounts, everybody, rails, ids, &names);
    let nobody = |account| Actor::anonymous(everybody.partition(account), account);
    all.extend(outsiders.anybody.iter().map(nobody));
    let asker = match documents.into_iter().any(tells_apart) {
        true => guises::joined(Asker::new(all), everybody, &names),
        false => Asker::new(all),
    };
    // Most are denied something, and few may take that off.
    if rails.is_empty() && !identities::may_loosen(&asker) {
        return asker;
    }
    let undenied = asker.actors.iter().filter_map(Actor::loosened).collect();
    asker.joined_by(undenied)
}

/// Buckets that lock nothing, with the id of the data as it serves in them.
fn suspendable(copies: &[Copy]) -> BTreeMap<Arn, String> {
    let of = |copy: &Copy| match &copy.holder {
        Holder::Bucket { arn, .. } => Some(arn.clone()),
        _ => None,
    };
    let locking: BTreeSet<Arn> = copies
        .iter()
        .filter(|c| c.lock.present().is_some())
        .filter_map(of)
        .collect();
    let live = copies.iter().filter(|c| c.mechanism == Mechanism::Live);
    live.filter_map(|copy| Some((of(copy)?, copy.id.clone())))
        .filter(|(arn, _)| !locking.contains(arn))
        .collect()
}

/// The ids of old versions; of what is locked, those whose lock has ended.
fn versions(copies: &[Copy]) -> BTreeMap<Address, String> {
    let all = copies.iter().filter(|c| c.mechanism == Mechanism::Versions);
    let (held, free): (Vec<&Copy>, Vec<&Copy>) = all.partition(|c| c.lock.present().is_some());
    held.into_iter()
        .chain(free)
        .map(|copy| (copy.asset.clone(), copy.id.clone()))
        .collect()
}

/// `None` where there is none.
fn read(policy: &Observed<Document>, ids: &Ids) -> Option<Policies> {
    if matches!(policy, Observed::Absent) {
        return None;
    }
    let mut policies = Policies::none();
    add(&mut policies, "its policy", policy, ids);
    Some(policies)
}

struct Maker {
    steps: Vec<Step>,
    /// Resource policies that were looked for, by the resource; `None` for what has none.
    policies: BTreeMap<Arn, Option<Policies>>,
    /// What was already asked of a store: several copies lie in one.
    asked: BTreeSet<Node>,
    /// Who may replace the policy of a vault, by their place among the actors.
    openers: BTreeMap<Arn, BTreeSet<usize>>,
    /// Buckets in which versioning may be suspended, with the id of the data as it serves in them.
    suspendable: BTreeMap<Arn, String>,
    /// The ids of old versions, by what they are versions of; of what is locked, those whose lock has ended.
    versions: BTreeMap<Address, String>,
    /// Of keys that were read, whether their material is not of KMS's own making.
    foreign: BTreeMap<Arn, bool>,
    /// Recovery points that the point-in-time backups of databases are.
    continuous: BTreeMap<Arn, Arn>,
    /// What lies in vaults, by what it was made of.
    vaults: BTreeMap<Address, Vec<Copy>>,
    /// Buckets of which a block of public access keeps others out whom the policy means.
    restricted: BTreeSet<Arn>,
    /// What was asked, where somebody wants to know.
    ledger: Option<Ledger>,
}

impl Maker {
    fn new(evidence: &[Evidence], copies: &[Copy], ids: &Ids) -> Self {
        let mut policies = BTreeMap::new();
        let mut foreign = BTreeMap::new();
        let mut restricted = BTreeSet::new();
        for item in evidence {
            let (Some(arn), Some(facts)) = (&item.arn, item.facts.present()) else {
                continue;
            };
            let Some(policy) = facts.policy() else { continue };
            // Copies name the key itself, the posture its alias; a replica has a policy of its own.
            let key = match facts {
                Facts::Key(key) => {
                    foreign.insert(key.arn.clone(), !key.can_rotate);
                    Some(&key.arn)
                }
                _ => None,
            };
            for arn in std::iter::once(arn).chain(key) {
                policies.insert(arn.clone(), read(policy, ids));
            }
            let restriction = match facts {
                Facts::ObjectStore(store) => outsiders::restriction(store),
                _ => None,
            };
            if let (Some(restriction), Some(Some(read))) = (restriction, policies.get_mut(arn)) {
                read.add("the public access block", &restriction);
                restricted.insert(arn.clone());
            }
        }
        Self {
            steps: Vec::new(),
            policies,
            asked: BTreeSet::new(),
            openers: BTreeMap::new(),
            suspendable: suspendable(copies),
            versions: versions(copies),
            foreign,
            continuous: stores::continuous(evidence),
            vaults: stores::in_vaults(copies),
            restricted,
            ledger: None,
        }
    }

    /// Whoever is attacked may lead to accounts in which nobody has looked.
    fn unknown(&mut self, strangers: &BTreeSet<AccountId>, everybody: Everybody<'_>) {
        for account in strangers {
            let why = format!("who can act in {account}, which a policy lets in, is not known");
            self.push(
                Vec::new(),
                Node::Acts(administrator_of(everybody.partition(account), account)),
                Doing::itself(format!("somebody acts in {account}")),
                Answer::Unknown(why),
            );
        }
    }

    fn push(&mut self, needs: Vec<Node>, gives: Node, doing: Doing, answer: Answer) {
        if needs.contains(&gives) {
            return;
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.note(&needs, &gives, &doing, &answer);
        }
        let (certainty, by) = match answer {
            Answer::No(_) => return,
            Answer::Yes(by) => (Certainty::Sure, by),
            Answer::If(condition, by) => (Certainty::Depends(condition), by),
            Answer::Unknown(why) => (Certainty::Unknown(why), String::new()),
        };
        let follows = by.is_empty() && certainty == Certainty::Sure;
        let because = if by.is_empty() {
            doing.to_string()
        } else {
            format!("{doing} ({by})")
        };
        self.steps.push(Step {
            needs,
            gives,
            because,
            certainty,
            follows,
        });
    }

    /// The policy of a resource: what was read, or that nobody looked.
    fn guard(&self, resource: &Arn) -> Option<Policies> {
        match self.policies.get(resource) {
            Some(found) => found.clone(),
            None => Some(Policies::unread(format!(
                "the policy of {} (nobody looked for it)",
                resource.resource()
            ))),
        }
    }
}

/// A question on something of the caller's own account, whose service knows no policies of resources.
fn own<'a>(who: &'a Actor, action: &'static str, on: Target<'a>) -> Ask<'a> {
    Ask {
        who,
        action,
        on,
        owner: &who.account,
        guard: Guard::None,
    }
}
