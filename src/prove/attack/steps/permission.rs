//! One permission asked of everybody, and a step for each who has it.

use super::super::actor::Actor;
use super::super::ask::{Answer, Asker, Guard};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::{Maker, acts};
use crate::model::AccountId;
use std::collections::BTreeSet;

/// A permission of whoever has it.
pub(super) struct Permission<'a> {
    action: &'static str,
    /// Further actions on which the answer hangs.
    with: &'static [&'static str],
    owner: &'a AccountId,
    guard: Guard<'a>,
    /// What else has to be so.
    only_if: Option<&'a str>,
}

impl<'a> Permission<'a> {
    pub(super) fn to(action: &'static str, owner: &'a AccountId, guard: Guard<'a>) -> Self {
        Self {
            action,
            with: &[],
            owner,
            guard,
            only_if: None,
        }
    }

    pub(super) fn with(self, with: &'static [&'static str]) -> Self {
        Self { with, ..self }
    }

    pub(super) fn only_if(self, only_if: Option<&'a str>) -> Self {
        Self { only_if, ..self }
    }
}

impl Maker {
    /// Whether somebody wants to know of the ways to this.
    pub(super) fn wants(&self, node: &Node) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| ledger.wants(node))
    }

    /// That it is asked who does it, whoever may.
    pub(super) fn asks(&mut self, gives: &Node, doing: Doing) {
        if let Some(ledger) = &mut self.ledger {
            ledger.ask(gives, &doing);
        }
    }

    /// A step for each who has the permission, of all that is needed besides, what it gives and what is done. Their places
    /// among the actors.
    pub(super) fn each<'a>(
        &mut self,
        asker: &'a Asker,
        may: &Permission<'_>,
        (also, gives, does): (&[Node], &Node, &str),
        ask: impl Fn(&'a Actor) -> Answer,
    ) -> BTreeSet<usize> {
        let candidates = asker.candidates_with(may.action, may.with, may.owner, may.guard);
        let found = asker.each(candidates, ask).into_iter();
        let found = found.map(|(who, answer)| (who, answer.only_if(may.only_if)));
        self.take_in(found.collect(), (also, gives, does), may.with)
    }

    /// The same of those who were asked.
    pub(super) fn take_in(
        &mut self,
        found: Vec<(&Actor, Answer)>,
        (also, gives, does): (&[Node], &Node, &str),
        with: &'static [&'static str],
    ) -> BTreeSet<usize> {
        self.asks(gives, Doing::itself(does).with(with));
        let mut can = BTreeSet::new();
        for (who, answer) in found {
            if !answer.is_no() {
                can.insert(who.place);
            }
            let needs = std::iter::once(acts(who)).chain(also.iter().cloned()).collect();
            self.push(needs, gives.clone(), Doing::by(who, does).with(with), answer);
        }
        can
    }
}
