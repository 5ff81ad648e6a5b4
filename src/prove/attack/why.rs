//! Why a copy is left, or how it is destroyed: the same graph as for its fate, and for what is out of reach every question that
//! was asked on the way to it.

use super::graph::{Graph, May, Node, Reached};
use super::ledger::{Asked, Ledger};
use super::sources::Sources;
use super::steps::{self, is_locked};
use super::{Attack, with};
use crate::model::Address;
use crate::model::objective::{Holds, Scenario};
use crate::prove::copy::{Copy, Holder};
use crate::prove::derivation::{Attacked, Closed, Could, Done, Missing, Refused, Refuted, Taken, Way};
use std::collections::{BTreeMap, BTreeSet};

/// What comes of one state of a copy, before the questions are asked again.
enum Outcome {
    Taken(Taken),
    /// What attackers hold, and what they reach by it, with all that is lacking.
    Lacking(Vec<(Vec<Node>, Reached, Vec<Node>)>),
}

/// Everything that is asked about one asset in one disaster.
pub(in crate::prove) struct Question<'a> {
    pub asset: &'a Address,
    pub live: &'a Copy,
    pub scenario: &'a Scenario,
    pub sources: Sources<'a>,
}

impl Attack {
    /// What attackers come to in each of these states of an asset's copies.
    pub(in crate::prove) fn derive(&self, states: &[Copy], question: &Question<'_>) -> Vec<Attacked> {
        let attackers = self.attackers(question.live, question.scenario);
        let goals: Vec<Node> = states.iter().map(|state| Node::Gone(state.id.clone())).collect();
        let outcomes: Vec<Outcome> = goals
            .iter()
            .map(|goal| self.outcome(goal, &attackers, &question.sources))
            .collect();
        let lacking = outcomes.iter().flat_map(|outcome| match outcome {
            Outcome::Taken(_) => Vec::new(),
            Outcome::Lacking(all) => all.iter().flat_map(|(_, _, lacking)| lacking.clone()).collect(),
        });
        let wanted: BTreeSet<Node> = goals.iter().cloned().chain(lacking).collect();
        let asked = |copies: &[Copy], wanted: BTreeSet<Node>| {
            let sources = &question.sources;
            steps::asked(
                sources.evidence,
                sources.everybody,
                copies,
                question.asset,
                wanted,
            )
        };
        let ledger = asked(question.sources.copies, wanted);
        let bare = bare(question, states, |copies| {
            asked(copies, goals.iter().cloned().collect())
        });
        states
            .iter()
            .zip(outcomes)
            .map(|(state, outcome)| {
                let (taken, refuted) = match outcome {
                    Outcome::Taken(taken) => (Some(taken), Vec::new()),
                    Outcome::Lacking(all) => {
                        let each = all.into_iter();
                        let refuted = each.map(|lacking| self.refuted(lacking, &ledger, &question.sources));
                        (None, refuted.collect())
                    }
                };
                Attacked {
                    state: state.id.clone(),
                    closed: closed(state, &ledger, &bare, &question.sources),
                    taken,
                    refuted,
                }
            })
            .collect()
    }

    /// Whoever may be the attacker, each with all that it holds.
    fn attackers(&self, live: &Copy, scenario: &Scenario) -> Vec<Vec<Node>> {
        let known = |node: &Node| self.actors.values().flatten().any(|actor| actor == node);
        let named = scenario.identities.iter().map(|arn| Node::Acts(arn.to_string()));
        let named: Vec<Node> = named.filter(known).collect();
        match scenario.holds {
            Some(Holds::Account) => {
                let account = live.domain.account.as_ref();
                let all = account.and_then(|account| self.actors.get(account));
                vec![
                    named
                        .into_iter()
                        .chain(all.into_iter().flatten().cloned())
                        .collect(),
                ]
            }
            Some(Holds::Writer) => {
                let writers = self.writers(live, &named);
                writers.map(|writer| with(&named, writer)).collect()
            }
            None => vec![named],
        }
    }

    fn outcome(&self, goal: &Node, attackers: &[Vec<Node>], sources: &Sources<'_>) -> Outcome {
        let toward = self.graph.leading_to(std::slice::from_ref(goal));
        let falls = |may: May| {
            let reached = attackers.iter().map(move |held| (held, may));
            let reached = reached.map(|(held, may)| (held, toward.reach(held, may)));
            let falls = reached.filter(|(_, reached)| self.graph.has(reached, goal));
            falls.collect::<Vec<_>>()
        };
        let any = falls(May::ANY);
        let sure = if any.is_empty() {
            Vec::new()
        } else {
            falls(May::SURE)
        };
        if let Some((held, reached)) = sure.first().or(any.first()) {
            let done = self.graph.path(reached, goal).into_iter().map(|step| Done {
                step: step.clone(),
                rests_on: sources.of(step.needs.iter().chain([&step.gives])),
            });
            return Outcome::Taken(Taken {
                holding: (*held).clone(),
                others: any.len().saturating_sub(1),
                steps: done.collect(),
            });
        }
        let all: BTreeSet<&Node> = attackers.iter().flatten().collect();
        let reached = self.graph.reach(all.iter().copied(), May::ANY);
        if !self.graph.has(&reached, goal) {
            let lacking = self.graph.lacking(&reached, goal);
            let all = all.into_iter().cloned().collect();
            return Outcome::Lacking(vec![(all, reached, lacking)]);
        }
        // Together they could, and each is alone: those who lack the same are told of once.
        let mut kinds: BTreeMap<Vec<Node>, (Vec<Node>, Reached)> = BTreeMap::new();
        for held in attackers {
            let reached = self.graph.reach(held, May::ANY);
            let lacking = self.graph.lacking(&reached, goal);
            kinds.entry(lacking).or_insert_with(|| (held.clone(), reached));
        }
        let kinds = kinds.into_iter();
        Outcome::Lacking(
            kinds
                .map(|(lacking, (held, reached))| (held, reached, lacking))
                .collect(),
        )
    }

    fn refuted(
        &self,
        (holding, reached, lacking): (Vec<Node>, Reached, Vec<Node>),
        ledger: &Ledger,
        sources: &Sources<'_>,
    ) -> Refuted {
        let missing = lacking.into_iter().map(|node| Missing {
            ways: ledger
                .ways(&node)
                .iter()
                .map(|asked| way(asked, &node, &self.graph, &reached, sources))
                .collect(),
            node,
        });
        let missing = missing.collect();
        let known = sources
            .everybody
            .principals
            .values()
            .filter_map(|known| known.present());
        Refuted {
            holding,
            missing,
            identities: sources.everybody.known().count(),
            accounts: known.count(),
        }
    }
}

fn way(asked: &Asked, gives: &Node, graph: &Graph, reached: &Reached, sources: &Sources<'_>) -> Way {
    let could = asked.open.iter().map(|open| Could {
        who: open.who.clone(),
        by: open.by.clone(),
        certainty: open.certainty.clone(),
        lacks: open
            .needs
            .iter()
            .filter(|need| !graph.has(reached, need))
            .cloned()
            .collect(),
        rests_on: sources.of(open.needs.iter().chain([gives])),
    });
    let refused = asked.refused.iter().map(|refused| Refused {
        who: refused.who.clone(),
        by: refused.denials.iter().map(|denial| denial.says.clone()).collect(),
        rests_on: sources.of(refused.needs.iter().chain([gives])),
    });
    Way {
        does: asked.does.clone(),
        could: could.collect(),
        refused: refused.collect(),
    }
}

/// What would be asked of the same copies without locks, and then without versions too.
struct Bare {
    unlocked: Ledger,
    overwritable: Ledger,
}

fn bare(question: &Question<'_>, states: &[Copy], asked: impl Fn(&[Copy]) -> Ledger) -> Bare {
    let without = |change: fn(&mut Copy)| {
        let all = question.sources.copies.iter().cloned();
        let mut all: Vec<Copy> = all.collect();
        all.iter_mut()
            .filter(|copy| copy.asset == *question.asset)
            .for_each(change);
        asked(&all)
    };
    let unlocked = match states.iter().any(is_locked) {
        true => without(unlock),
        false => Ledger::default(),
    };
    Bare {
        unlocked,
        overwritable: without(|copy| {
            unlock(copy);
            if let Holder::Bucket { overwritable, .. } = &mut copy.holder {
                *overwritable = true;
            }
        }),
    }
}

fn unlock(copy: &mut Copy) {
    copy.lock = crate::model::Observed::Absent;
}

/// The ways to a copy's end that how it is kept closes to everybody.
fn closed(state: &Copy, ledger: &Ledger, bare: &Bare, sources: &Sources<'_>) -> Vec<Closed> {
    let gone = Node::Gone(state.id.clone());
    let says = |ledger: &Ledger| -> Vec<String> {
        let ways = ledger.ways(&gone).iter();
        ways.map(|way| way.does.clone()).collect()
    };
    let mut known = says(ledger);
    let mut more = |by: String, ledger: &Ledger| {
        let mut ways = says(ledger);
        ways.retain(|way| !known.contains(way));
        known.extend(ways.iter().cloned());
        // What takes more than the same way as things are goes without saying.
        let shortest = ways.clone();
        ways.retain(|way| {
            !shortest
                .iter()
                .any(|short| short != way && way.contains(short.as_str()))
        });
        (!ways.is_empty()).then(|| Closed {
            by,
            ways,
            rests_on: sources.of([&gone]),
        })
    };
    let days = state.lock.present().map_or(0, |lock| lock.days);
    let lock = format!(
        "for {days} days from writing, its lock in compliance mode refuses it to everybody, the account's root included"
    );
    let versions = "it keeps versions, so that this destroys nothing".to_owned();
    let locked = is_locked(state).then(|| more(lock, &bare.unlocked)).flatten();
    locked
        .into_iter()
        .chain(more(versions, &bare.overwritable))
        .collect()
}
