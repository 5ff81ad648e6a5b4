//! Who can destroy what, alone or together.
//!
//! [`Attack`] answers for one copy and one disaster, and for all copies of an asset at once. The
//! steps are made in `steps` from the policy documents that were read; the [`graph`] only follows them.

mod actor;
mod answer;
mod ask;
mod belonging;
mod bits;
mod destroying;
mod ending;
pub mod graph;
mod ledger;
mod names;
mod node;
mod owners;
pub mod smallest;
mod sources;
mod steps;
mod why;

pub(in crate::prove) use actor::{Ids, add as add_document, guardrails};
pub use destroying::Destroying;
pub(in crate::prove) use sources::Sources;
pub(in crate::prove) use why::Question;

use super::copy::{Copy, Encryption, Holder};
use super::survive::Survival;
use crate::access::Guardrails;
use crate::access::assume::Member;
use crate::model::fact::Evidence;
use crate::model::objective::{Holds, Scenario};
use crate::model::{AccountId, Arn, Membership, Observed, Principal};
use graph::{Certainty, Graph, May, Node, Reached, Step, Toward};
use smallest::Powers;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Everybody who can act, by account.
pub type Principals = BTreeMap<AccountId, Observed<Vec<Principal>>>;

/// What their organization lets them do at most, by account.
pub type Memberships = BTreeMap<AccountId, Observed<Membership>>;

/// Everybody, and what binds them.
#[derive(Debug, Clone, Copy)]
pub struct Everybody<'a> {
    /// Who can act.
    pub principals: &'a Principals,
    /// What their organization lets them.
    pub memberships: &'a Memberships,
}

impl<'a> Everybody<'a> {
    /// Everybody who was read, of all accounts.
    pub(in crate::prove) fn known(self) -> impl Iterator<Item = &'a Principal> {
        self.principals.values().filter_map(Observed::present).flatten()
    }

    /// The partition of an account, by whoever was read: accounts of different ones cannot let each other in.
    fn partition(self, account: &AccountId) -> &'a str {
        let of = |known: &'a Observed<Vec<Principal>>| known.present()?.first().map(|p| p.arn.partition());
        let here = self.principals.get(account).and_then(of);
        here.or_else(|| self.principals.values().find_map(of))
            .unwrap_or("aws")
    }
}

/// The steps that are possible in an estate.
#[derive(Debug)]
pub struct Attack {
    graph: Graph,
    /// What everybody alone reaches, for certain and possibly.
    sure: Powers,
    any: Powers,
    /// What everybody of an account together reaches, for certain and possibly.
    accounts: BTreeMap<AccountId, [Reached; 2]>,
    /// Answers that were given: they do not depend on when damage is noticed.
    told: RefCell<BTreeMap<(String, String), Survival>>,
    /// Everybody who is known, by account, its root first.
    actors: BTreeMap<AccountId, Vec<Node>>,
    /// Accounts whose roles and users could not be read, and why.
    unread: BTreeMap<AccountId, String>,
    /// Roles that only services take on, and none that runs code of its customers.
    served: BTreeSet<Node>,
}

/// Everybody who is known, as somebody who may take on roles.
pub(super) fn callers(principals: &Principals) -> Vec<Member> {
    let mut all = Vec::new();
    for (account, known) in principals {
        for principal in known.present().into_iter().flatten() {
            all.push(Member {
                trust: None,
                ..actor::known_actor(account, principal, &actor::Ids::new()).member(&Guardrails::None)
            });
        }
    }
    all
}

impl Attack {
    /// From everything that was seen.
    pub fn new(evidence: &[Evidence], everybody: Everybody<'_>, copies: &[Copy]) -> Self {
        let principals = everybody.principals;
        let mut actors: BTreeMap<AccountId, Vec<Node>> = BTreeMap::new();
        let mut unread = BTreeMap::new();
        let served = everybody.known().filter(|p| actor::is_of_a_service(p));
        let served = served.map(|p| Node::Acts(p.arn.to_string())).collect();
        let accounts: BTreeSet<&AccountId> = copies
            .iter()
            .filter_map(|c| c.domain.account.as_ref())
            .chain(principals.keys())
            .chain(steps::managing(everybody))
            .collect();
        for account in accounts {
            let mut all = vec![Node::Acts(steps::root_of(everybody.partition(account), account))];
            match principals.get(account) {
                Some(Observed::Present(known)) => {
                    all.extend(known.iter().map(|p| Node::Acts(p.arn.to_string())));
                }
                Some(Observed::Unreadable(why)) => {
                    unread.insert(account.clone(), why.why.clone());
                }
                Some(Observed::Absent) | None => {
                    unread.insert(account.clone(), "nobody read its roles and users".to_owned());
                }
            }
            actors.insert(account.clone(), all);
        }
        let graph = Graph::new(steps::make(evidence, everybody, copies));
        let everybody: Vec<Node> = actors.values().flatten().cloned().collect();
        let together = |all: &Vec<Node>| [May::SURE, May::ANY].map(|may| graph.reach(all, may));
        Self {
            sure: Powers::new(&graph, &everybody, May::SURE),
            any: Powers::new(&graph, &everybody, May::ANY),
            accounts: actors.iter().map(|(a, all)| (a.clone(), together(all))).collect(),
            told: RefCell::default(),
            graph,
            actors,
            unread,
            served,
        }
    }

    /// The steps.
    #[cfg(test)]
    pub(in crate::prove) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How an identity gets to act as another one, or as whoever administers an account, by what is surest;
    /// empty when nothing that was read lets it.
    pub fn becomes(&self, who: &Arn) -> Vec<&Step> {
        let me = Node::Acts(who.to_string());
        for may in [May::SURE, May::ANY] {
            let reached = self.graph.reach([&me], may);
            // As whom anybody acts is nobody that this one becomes.
            let free = self.graph.reach(std::iter::empty(), may);
            let others = self.graph.steps().iter().map(|s| &s.gives);
            let paths = others
                .filter(|n| matches!(n, Node::Acts(_)) && **n != me && !self.graph.has(&free, n))
                .map(|n| self.graph.path(&reached, n))
                .filter(|path| !path.is_empty());
            if let Some(path) = paths.min_by_key(Vec::len) {
                return path;
            }
        }
        Vec::new()
    }

    /// What becomes of a copy when the scenario's attacker acts.
    pub fn on(&self, copy: &Copy, live: &Copy, scenario: &Scenario) -> Survival {
        let question = (copy.id.clone(), scenario.name.clone());
        if let Some(known) = self.told.borrow().get(&question) {
            return known.clone();
        }
        let answer = self.answer(copy, live, scenario);
        self.told.borrow_mut().insert(question, answer.clone());
        answer
    }

    fn answer(&self, copy: &Copy, live: &Copy, scenario: &Scenario) -> Survival {
        let named: Vec<Node> = scenario
            .identities
            .iter()
            .map(|arn| Node::Acts(arn.to_string()))
            .collect();
        let account = live.domain.account.as_ref();
        if let Some(stranger) = named
            .iter()
            .find(|n| !self.actors.values().flatten().any(|a| a == *n))
        {
            let why = format!(
                "what {}, whom the scenario names, may do was not read",
                stranger.short()
            );
            let others: Vec<Node> = named.iter().filter(|n| *n != stranger).cloned().collect();
            return self.against(copy, account, &others).and(Survival::Unknown(why));
        }
        match scenario.holds {
            Some(Holds::Account) if account.is_none() => {
                Survival::Unknown("whose account is attacked is not known".into())
            }
            Some(Holds::Account) if named.is_empty() => {
                let together = account.and_then(|a| self.accounts.get(a));
                match together {
                    Some(reached) => self.judged(copy, account, reached),
                    None => self.unseen(copy, account),
                }
            }
            Some(Holds::Account) => {
                let mut held = named;
                held.extend(
                    account
                        .and_then(|a| self.actors.get(a))
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
                self.against(copy, account, &held)
            }
            Some(Holds::Writer) => self.any_writer(copy, live, &named),
            None => self.against(copy, account, &named),
        }
    }

    fn against(&self, copy: &Copy, attacked: Option<&AccountId>, held: &[Node]) -> Survival {
        let toward = self.graph.leading_to(&[Node::Gone(copy.id.clone())]);
        self.within(copy, attacked, held, &toward)
    }

    fn within(
        &self,
        copy: &Copy,
        attacked: Option<&AccountId>,
        held: &[Node],
        toward: &Toward<'_>,
    ) -> Survival {
        let reached = [May::SURE, May::ANY].map(|may| toward.reach(held, may));
        self.judged(copy, attacked, &reached)
    }

    fn judged(&self, copy: &Copy, attacked: Option<&AccountId>, [sure, any]: &[Reached; 2]) -> Survival {
        let goal = Node::Gone(copy.id.clone());
        if self.graph.has(sure, &goal) {
            Survival::Lost(self.last_step(sure, &goal))
        } else if self.graph.has(any, &goal) {
            self.in_doubt(any, &goal)
        } else {
            self.unseen(copy, attacked)
        }
    }

    /// An account whose roles nobody could read may hold one that others can become.
    fn unseen(&self, copy: &Copy, attacked: Option<&AccountId>) -> Survival {
        let is_keyless =
            copy.encryption == Observed::Present(Encryption::Service) && copy.other_keys.is_empty();
        if steps::is_locked(copy) && is_keyless {
            return Survival::Survives;
        }
        let theirs: Vec<AccountId> = copy.keys().filter_map(Arn::account).collect();
        let accounts = [copy.domain.account.as_ref(), attacked];
        let unread = accounts
            .into_iter()
            .flatten()
            .chain(&theirs)
            .find_map(|account| Some((account, self.unread.get(account)?)));
        match unread {
            Some((account, why)) => {
                Survival::Unknown(format!("who can act in {account} is not known: {why}"))
            }
            None if matches!(copy.encryption, Observed::Unreadable(_)) => {
                Survival::Unknown("with what key it is encrypted is not known".into())
            }
            None if copy.domain.account.is_none() => {
                Survival::Unknown("whose account it lies in is not known".into())
            }
            None => Survival::Survives,
        }
    }

    /// One credential that may change the data, whichever it is. Rows are changed with passwords of the database, which
    /// nobody can see: whoever of its account holds one may be the one, or somebody who holds nothing else.
    fn any_writer(&self, copy: &Copy, live: &Copy, named: &[Node]) -> Survival {
        let account = live.domain.account.as_ref();
        let is_database = matches!(live.holder, Holder::Database { .. });
        let gone = Node::Gone(copy.id.clone());
        let toward = self.graph.leading_to(std::slice::from_ref(&gone));
        let mut worst = self.unseen(copy, account);
        let mut doubts: Vec<Survival> = Vec::new();
        let mut destroys = Vec::new();
        let mut writers = 0usize;
        for actor in self.writers(live, named) {
            writers += 1;
            let fate = match named.is_empty() {
                true => self.alone(actor, &gone, &toward),
                false => self.within(copy, account, &with(named, actor), &toward),
            };
            match fate {
                Survival::Lost(_) => destroys.push(actor.short().to_owned()),
                // Many of them hang on the same.
                other if doubts.contains(&other) => {}
                other => {
                    worst = worst.and(other.clone());
                    doubts.push(other);
                }
            }
        }
        if destroys.is_empty() {
            return worst;
        }
        let names = listed(&destroys);
        if destroys.len() == writers && matches!(worst, Survival::Survives) && !is_database {
            return Survival::Lost(format!(
                "everybody who can change the data can delete it too: {names}"
            ));
        }
        let more = match is_database {
            true => ", who may hold a password of the database",
            false => "",
        };
        Survival::Conditional(format!("the credential is not one of these{more}: {names}")).and(worst)
    }

    /// Whoever may change the data, with what the scenario names besides.
    fn writers<'a>(&'a self, live: &'a Copy, named: &'a [Node]) -> impl Iterator<Item = &'a Node> {
        let account = live.domain.account.as_ref();
        let is_database = matches!(live.holder, Holder::Database { .. });
        let goal = Node::Changes(live.asset.to_string());
        let everybody = self.actors.iter().flat_map(move |(of, all)| {
            // People, and what runs in the database's account.
            let inside = is_database && Some(of) == account;
            all.iter()
                .map(move |actor| (actor, inside && !self.served.contains(actor)))
        });
        let is_root = |node: &Node| matches!(node, Node::Acts(arn) if arn.ends_with(":root"));
        let writes = move |actor: &Node| match named.is_empty() {
            true => self.any.reaches(&self.graph, actor, &goal),
            false => self
                .graph
                .has(&self.graph.reach(&with(named, actor), May::ANY), &goal),
        };
        everybody
            .filter(move |(actor, holds)| !is_root(actor) && (*holds || writes(actor)))
            .map(|(actor, _)| actor)
    }

    /// What becomes of a copy by one identity: how far each gets by itself is known. What nobody read is not in it.
    fn alone(&self, actor: &Node, gone: &Node, toward: &Toward<'_>) -> Survival {
        if !self.any.reaches(&self.graph, actor, gone) {
            return Survival::Survives;
        }
        match self.sure.reaches(&self.graph, actor, gone) {
            true => Survival::Lost(format!("{} destroys it", actor.short())),
            false => self.in_doubt(&toward.reach(std::slice::from_ref(actor), May::ANY), gone),
        }
    }

    fn last_step(&self, reached: &Reached, goal: &Node) -> String {
        let path = self.graph.path(reached, goal);
        path.last()
            .map_or_else(|| "it can be destroyed".to_owned(), |step| step.because.clone())
    }

    fn in_doubt(&self, reached: &Reached, goal: &Node) -> Survival {
        let path = self.graph.path(reached, goal);
        let doubt = path.iter().map(|step| &step.certainty).max();
        match doubt {
            Some(Certainty::Unknown(why)) => Survival::Unknown(why.clone()),
            Some(Certainty::Depends(why)) => Survival::Conditional(format!("it is not so that {why}")),
            _ => Survival::Unknown("it may be destroyed".into()),
        }
    }
}

fn with(named: &[Node], actor: &Node) -> Vec<Node> {
    named.iter().chain([actor]).cloned().collect()
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
