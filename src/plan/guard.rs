//! The guard: weakening and irreversible changes are refused until they are approved, by name or, where a
//! policy asks for it, by signatures; and what has a window is refused outside of it.

use super::policy::{Demand, Policies, Source};
use super::select::nearest;
use super::{Plan, ResourceChange, UNDECLARED};
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::live::Timestamp;
use crate::model::approval::{Danger, SshKey};
use crate::model::window::{Windows, next_open};
use crate::model::{Address, AttributeChange, Direction};
use std::collections::BTreeSet;

/// What has been approved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Resources whose protection may be weakened.
    pub weaken: Vec<Address>,
    /// Resources that may be changed in ways that can never be undone.
    pub irreversible: Vec<Address>,
    /// The keys by which this very plan was signed; each signature has been verified.
    pub signers: Vec<SshKey>,
    /// The file of the plan, which is what can be signed; absent when the plan was made just now.
    pub file: Option<String>,
}

/// One error for each thing that keeps the plan from running now; none when it may.
pub fn refusals(plan: &Plan, approvals: &Approvals, now: Timestamp) -> Diagnostics {
    let mut diagnostics = by_name(plan, approvals);
    for demand in plan.demands() {
        diagnostics.extend(unapproved(&demand, approvals));
    }
    diagnostics.extend(outside(plan, now));
    diagnostics
}

/// One error for each address that was approved and is neither in the plan nor declared: a slip of the pen must not pass for
/// an approval. What is declared and needs none is no error, nor what is gone by now: the same command can be run again.
pub fn unmatched(plan: &Plan, approvals: &Approvals, declared: &[Address]) -> Diagnostics {
    let policy = Policies::address();
    let mut known: BTreeSet<&Address> = plan.changes.iter().map(|c| &c.address).collect();
    known.extend(declared);
    known.insert(&policy);
    let flags = [
        ("--allow-weaken", &approvals.weaken),
        ("--allow-irreversible", &approvals.irreversible),
    ];
    let named = flags
        .into_iter()
        .flat_map(|(flag, list)| list.iter().map(move |address| (flag, address)));
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    named
        // What no block declares any more is gone once it is released or removed.
        .filter(|(_, address)| address.name != UNDECLARED && !known.iter().any(|k| address.covers(k)))
        .map(|(flag, address)| {
            let why =
                format!("{flag}='{address}': there is nothing of this name in the plan or the posture.");
            let nearest = nearest(&address.to_string(), &names);
            Diagnostic::error(code::UNKNOWN_ADDRESS, why).remedy(format!("Nothing was changed. {nearest}"))
        })
        .collect()
}

/// One warning for each approval by name of which nothing in the plan makes use: it may be meant for another resource, or for
/// another plan. None for a plan that changes nothing, so that the same command can be run again.
pub fn needless(plan: &Plan, approvals: &Approvals) -> Diagnostics {
    const LOOK: &str = "If it was meant for another resource, look at the plan again. If not, leave it out.";
    if plan.steps.is_empty() && plan.policies.changes().is_empty() {
        return Diagnostics::new();
    }
    let (weak, lasting) = (
        endangered(plan, Danger::Weaken),
        endangered(plan, Danger::Irreversible),
    );
    let covers = |address: &Address, all: &[Address]| all.iter().any(|a| address.covers(a));
    let mut diagnostics = Diagnostics::new();
    for (flag, given, own, other, danger) in [
        (
            "--allow-weaken",
            &approvals.weaken,
            &weak,
            &lasting,
            Danger::Weaken,
        ),
        (
            "--allow-irreversible",
            &approvals.irreversible,
            &lasting,
            &weak,
            Danger::Irreversible,
        ),
    ] {
        for address in given {
            let (why, remedy) = match (covers(address, own), danger) {
                (true, _) if !plan.policies.asks_for_signatures(danger) => continue,
                (true, _) => (
                    "the policy asks for signatures, which no flag replaces",
                    "Leave it out: `backstay approve` gives what is asked for.",
                ),
                (false, _) if covers(address, other) => (
                    "what the plan does to it needs the other flag",
                    "Leave it out, and name it with the flag that the error names.",
                ),
                (false, Danger::Weaken) => ("the plan weakens nothing of it", LOOK),
                (false, _) => ("the plan does nothing to it that can never be undone", LOOK),
            };
            let detail = format!("{flag}='{address}' approves nothing: {why}.");
            diagnostics.push(Diagnostic::warning(code::UNCOUNTED, detail).remedy(remedy));
        }
    }
    diagnostics
}

/// What the plan weakens, or changes in a way that can never be undone.
fn endangered(plan: &Plan, danger: Danger) -> Vec<Address> {
    let is = |attribute: &AttributeChange| match danger {
        Danger::Weaken => attribute.direction == Direction::Weakens,
        Danger::Irreversible => attribute.irreversible.is_some(),
        Danger::Disruptive => attribute.disruptive.is_some(),
    };
    let addresses = plan.changes.iter().map(|change| &change.address);
    let mut all: Vec<Address> = addresses
        .filter(|address| plan.attributes_of(address).any(is))
        .cloned()
        .collect();
    if plan.policies.changes().iter().any(is) {
        all.push(Policies::address());
    }
    all
}

/// What has to be named on the command line and is not. Signatures say it better.
fn by_name(plan: &Plan, approvals: &Approvals) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let approved = |list: &[Address], address: &Address| list.iter().any(|a| a.covers(address));
    let weaken_by_name = !plan.policies.asks_for_signatures(Danger::Weaken);
    let irreversible_by_name = !plan.policies.asks_for_signatures(Danger::Irreversible);
    for change in &plan.changes {
        for attribute in plan.attributes_of(&change.address) {
            if weaken_by_name
                && attribute.direction == Direction::Weakens
                && !approved(&approvals.weaken, &change.address)
            {
                diagnostics.push(weakening(&change.address, attribute).at(span(change)));
            }
            if let Some(why) = &attribute.irreversible
                && irreversible_by_name
                && !approved(&approvals.irreversible, &change.address)
            {
                diagnostics.push(
                    Diagnostic::error(
                        code::REFUSED,
                        format!(
                            "{}: {} can never be undone: {why}.",
                            change.address, attribute.path
                        ),
                    )
                    .at(span(change))
                    .remedy(format!(
                        "If that is meant, add --allow-irreversible='{}'.",
                        change.address
                    )),
                );
            }
        }
    }
    let address = Policies::address();
    if !plan.policies.in_force_asks() && !approved(&approvals.weaken, &address) {
        let changes = plan.policies.changes();
        let weaker = changes.iter().filter(|c| c.direction == Direction::Weakens);
        diagnostics.extend(weaker.map(|attribute| weakening(&address, attribute)));
    }
    diagnostics
}

fn span(change: &ResourceChange) -> Option<crate::diag::Span> {
    change.desired.as_ref().and_then(|d| d.span)
}

fn weakening(address: &Address, attribute: &AttributeChange) -> Diagnostic {
    let why = attribute.reason.as_deref().unwrap_or("protection goes down");
    Diagnostic::error(
        code::REFUSED,
        format!("{address}: {} weakens protection: {why}.", attribute.path),
    )
    .remedy(format!("If that is meant, add --allow-weaken='{address}'."))
}

/// Why a rule's signatures are not all there.
fn unapproved(demand: &Demand<'_>, approvals: &Approvals) -> Option<Diagnostic> {
    let rule = demand.rule;
    let given = rule.counted(&approvals.signers);
    let wanted = usize::try_from(rule.approvals).unwrap_or(usize::MAX);
    if given.len() >= wanted {
        return None;
    }
    let names = |keys: &[&SshKey]| -> String {
        let names: BTreeSet<String> = keys.iter().map(|key| key.shown()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let given_by = match given.as_slice() {
        [] => String::new(),
        some => format!(", by {}", names(some)),
    };
    let left: Vec<&SshKey> = rule.from.iter().filter(|key| !given.contains(key)).collect();
    let detail = format!(
        "{}. {} asks for {wanted} {} of {} {}; {} of {wanted} {} there{given_by}.",
        held(demand),
        rule_of(demand),
        if wanted == 1 { "approval" } else { "approvals" },
        rule.from.len(),
        if rule.from.len() == 1 { "key" } else { "keys" },
        given.len(),
        if given.len() == 1 { "is" } else { "are" },
    );
    let remedy = match &approvals.file {
        Some(file) => format!(
            "Nothing was changed. Any {} of these can give {}: {}. Each of them runs `backstay approve {file} --key KEY`, \
             then `backstay apply {file}`. No flag takes the place of an approval.",
            wanted - given.len(),
            if wanted - given.len() == 1 { "it" } else { "them" },
            names(&left)
        ),
        None => "Nothing was changed. Only a saved plan can be approved: `backstay plan -out FILE`, then \
                 `backstay approve FILE --key KEY` by each of them, then `backstay apply FILE`."
            .to_owned(),
    };
    Some(Diagnostic::error(code::UNAPPROVED, detail).remedy(remedy))
}

/// What it is that needs something.
fn held(demand: &Demand<'_>) -> String {
    let (one, many) = match demand.danger {
        Danger::Weaken => ("change weakens protection", "changes weaken protection"),
        Danger::Irreversible => ("change can never be undone", "changes can never be undone"),
        Danger::Disruptive => ("change interrupts something", "changes interrupt something"),
    };
    format!(
        "{} {}",
        demand.changes,
        if demand.changes == 1 { one } else { many }
    )
}

fn rule_of(demand: &Demand<'_>) -> String {
    let whose = match demand.source {
        Source::InForce => "The policy in force",
        Source::Declared => "The policy that the posture declares",
    };
    format!("{whose} ({})", demand.danger.as_str())
}

/// What is not in its window now: one error for each rule, with the moment when all are open.
fn outside(plan: &Plan, now: Timestamp) -> Diagnostics {
    let demands = plan.demands();
    let windows: Vec<&Windows> = demands.iter().map(|d| &d.rule.window).collect();
    let when = match next_open(windows.iter().copied(), now) {
        Some(next) => format!("Run it again from {next:.0} on, when everything in the plan may be done."),
        None => never(&demands).to_owned(),
    };
    demands
        .iter()
        .filter(|demand| !demand.rule.window.is_open(now))
        .map(|demand| {
            let next = next_open(std::iter::once(&demand.rule.window), now);
            let next = next.map_or_else(String::new, |next| {
                format!(" The window opens next at {next:.0}.")
            });
            Diagnostic::error(
                code::OUTSIDE_WINDOW,
                format!(
                    "{}. {} allows that only {}, and it is {now:.0}.{next}",
                    held(demand),
                    rule_of(demand),
                    demand.rule.window,
                ),
            )
            .remedy(format!("Nothing was changed. {when}"))
        })
        .collect()
}

/// What to do when windows never meet. A part of the plan helps only where it is not one kind of change that is under two.
fn never(demands: &[Demand<'_>]) -> &'static str {
    let meet = |danger: Danger| {
        let same = demands.iter().filter(|d| d.danger == danger);
        next_open(same.map(|d| &d.rule.window), Timestamp::UNIX_EPOCH).is_some()
    };
    if Danger::ALL.into_iter().all(meet) {
        "The windows of what is in the plan never meet: make a plan for a part of it with -target."
    } else {
        "The window of the policy in force and the one that the posture declares never meet, so that nothing of this kind can be \
         done: declare the one in force again, and change it in an apply of its own."
    }
}

#[cfg(test)]
mod tests;
