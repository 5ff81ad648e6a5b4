//! Making a plan: each resource compared by its kind, what nobody declares released.

use super::witness::{among, judged_by_others, not_in_snapshot, settle, witnesses};
use super::{Plan, Policies, ResourceChange, Step, Undiscovered, order};
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::graph::Graph;
use crate::kinds::among::{Among, Resource};
use crate::kinds::{self, AnyKind};
use crate::live::{Entry, Snapshot, Timestamp};
use crate::model::change::{AttributeChange, Diff};
use crate::model::{Account, Action, Address, BucketPlace, Desired, Key, Lock, Observed, Place, Unreadable};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The posture's project.
    pub project: &'a str,
    /// The selected resources.
    pub desired: &'a [Desired],
    /// Every identity that the whole posture declares, so that what a selection leaves out
    /// is not taken for undeclared.
    pub declared: &'a [Desired],
    /// What depends on what.
    pub graph: &'a Graph,
    /// The live state.
    pub snapshot: &'a Snapshot,
    /// The posture's outputs.
    pub outputs: &'a BTreeMap<String, Json>,
    /// How each account is entered.
    pub entrances: &'a [Account],
    /// Where the lease lies that an apply takes.
    pub lock: Option<&'a Lock>,
    /// Where the record of an apply goes.
    pub evidence: Option<&'a BucketPlace>,
    /// The policies, as far as they are known.
    pub policies: &'a Policies,
    /// Whether what nobody declares any more is part of the plan.
    pub undeclared: bool,
}

/// Compares and plans. Resources that could not be read or do not exist and must are errors
/// in the diagnostics, and the plan says what is known besides.
pub fn make(cx: Context<'_>) -> (Plan, Diagnostics) {
    let mut planner = Planner::default();
    let witnesses = witnesses(cx.declared, cx.snapshot);
    match among(&cx.snapshot.accounts, &witnesses) {
        Ok(among) => planner.among = among,
        Err(diagnostic) => planner.diagnostics.push(diagnostic),
    }
    for desired in cx.desired {
        planner.compare(desired, cx.snapshot);
    }
    let declared: BTreeSet<(&str, &Place, &str)> = cx
        .declared
        .iter()
        .map(|d| (d.kind.as_str(), &d.place, d.ident.as_str()))
        .collect();
    let entries = cx.snapshot.entries().iter().filter(|_| cx.undeclared);
    let forgotten: Vec<&Entry> = entries
        .filter(|e| !declared.contains(&(e.kind.as_str(), &e.place, e.ident.as_str())))
        // A block declares it, if not where it is.
        .filter(|e| !planner.unreached.iter().any(|u| u.is(e)))
        .collect();
    let mut named: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for entry in &forgotten {
        *named.entry((&entry.kind, &entry.ident)).or_default() += 1;
    }
    for entry in &forgotten {
        let is_one = named.get(&(&entry.kind, &entry.ident)) == Some(&1);
        planner.release(entry, forgotten_address(entry, is_one));
    }
    let Planner {
        mut changes,
        mut steps,
        unchanged,
        undiscovered,
        diagnostics,
        ..
    } = planner;
    changes.sort_by(|a, b| a.address.cmp(&b.address));
    // A stable sort: the steps of a resource stay in the order of their stages.
    steps.sort_by(|a, b| a.address.cmp(&b.address));
    order::arrange(&mut steps, cx.graph);
    for attribute in steps.iter_mut().flat_map(|step| &mut step.attributes) {
        dated(attribute, cx.snapshot.taken_at);
    }
    let plan = Plan {
        project: cx.project.to_owned(),
        read_at: cx.snapshot.taken_at,
        validity: None,
        accounts: cx.snapshot.accounts.clone(),
        entrances: cx.entrances.to_vec(),
        lock: cx.lock.cloned(),
        evidence: cx.evidence.cloned(),
        policies: cx.policies.clone(),
        witnesses: match judged_by_others(&steps) {
            true => witnesses,
            false => Vec::new(),
        },
        changes,
        steps,
        unchanged,
        undiscovered,
        outputs: cx.outputs.clone(),
    };
    (plan, diagnostics)
}

/// Whether something is as declared, as far as could be read.
pub fn is_settled(desired: &Desired, snapshot: &Snapshot) -> bool {
    let mut planner = Planner::default();
    planner.compare(desired, snapshot);
    planner.changes.is_empty() && !planner.diagnostics.has_errors()
}

/// Whether the steps of a plan are those that its resources and what was seen of them give, with the same judgements. What
/// a person is shown and signs is the judgement; what is done is the write.
///
/// # Errors
/// The first resource of which that is not so.
pub(super) fn rederive(plan: &Plan) -> Result<(), Address> {
    let first = || {
        plan.changes
            .first()
            .map_or_else(Policies::address, |c| c.address.clone())
    };
    let among = among(&plan.accounts, &plan.witnesses).map_err(|_| first())?;
    for change in &plan.changes {
        let mut planner = Planner {
            among: among.clone(),
            ..Planner::default()
        };
        match &change.desired {
            Some(desired) => planner.compare_with(desired, &change.saw),
            None => {
                let entry = Entry {
                    kind: change.kind.clone(),
                    place: change.place.clone(),
                    ident: change.ident.clone(),
                    seen: change.saw.clone(),
                };
                let told = forgotten_address(&entry, false);
                let is_one = change.address != told;
                planner.release(&entry, forgotten_address(&entry, is_one));
            }
        }
        let attributes = planner.steps.iter_mut().flat_map(|step| &mut step.attributes);
        attributes.for_each(|attribute| dated(attribute, plan.read_at));
        let unordered = |step: &Step| Step {
            after: Vec::new(),
            ..step.clone()
        };
        let steps: Vec<Step> = plan
            .steps_of(&change.address)
            .map(|(_, step)| unordered(step))
            .collect();
        // What could not be planned whole is not saved.
        let is_so = !planner.diagnostics.has_errors()
            && planner.changes == [change.clone()]
            && planner.steps == steps;
        if !is_so {
            return Err(change.address.clone());
        }
    }
    let belongs = |step: &&Step| plan.changes.iter().any(|c| c.address == step.address);
    match plan.steps.iter().find(|step| !belongs(step)) {
        Some(step) => Err(step.address.clone()),
        None => Ok(()),
    }
}

/// Says of something final from which day on it could be taken back, were it applied now.
fn dated(attribute: &mut AttributeChange, now: Timestamp) {
    let (Some(why), Some(days)) = (&mut attribute.irreversible, attribute.final_for) else {
        return;
    };
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    if let Ok(first) = day.checked_add(jiff::Span::new().days(days)) {
        why.push_str(&format!(
            ". Applied on {day}, the first possible removal is on {first}"
        ));
    }
}

#[derive(Default)]
struct Planner {
    among: Among,
    changes: Vec<ResourceChange>,
    steps: Vec<Step>,
    unchanged: usize,
    undiscovered: Vec<Undiscovered>,
    /// What is declared and out of reach there.
    unreached: Vec<Unreached>,
    diagnostics: Diagnostics,
}

struct Unreached {
    kind: String,
    account: String,
    ident: String,
}

impl Unreached {
    fn is(&self, entry: &Entry) -> bool {
        (&self.kind, &self.account, &self.ident) == (&entry.kind, &entry.place.account, &entry.ident)
    }
}

impl Planner {
    fn compare(&mut self, desired: &Desired, snapshot: &Snapshot) {
        match snapshot.get(&desired.kind, &desired.place, &desired.ident) {
            Some(seen) => self.compare_with(desired, seen),
            None => self.compare_with(desired, &not_in_snapshot()),
        }
    }

    fn compare_with(&mut self, desired: &Desired, seen: &Observed<Json>) {
        let Some(kind) = kinds::find(&desired.kind) else {
            self.diagnostics.push(unknown_kind(&desired.kind));
            return;
        };
        let have = match seen {
            Observed::Present(have) => Some(have),
            Observed::Absent => None,
            Observed::Unreadable(why) => {
                self.unreadable(desired, why);
                self.changes
                    .push(change_of(desired, Action::NoOp, seen.clone(), Diff::new()));
                return;
            }
        };
        let resource = Resource {
            place: &desired.place,
            ident: &desired.ident,
            want: Some(desired.wanted(have.is_some())),
            have,
        };
        let judged = kinds::guarded::diff(kind, desired, have).and_then(|mut diff| {
            self.among.judge(kind, resource, &mut diff)?;
            Ok(diff)
        });
        let diff = match judged {
            Ok(diff) => diff,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic.at(desired.span));
                return;
            }
        };
        if let Some(what) = &diff.missing {
            self.diagnostics.push(
                Diagnostic::error(
                    code::NOT_FOUND,
                    format!(
                        "{} ({}) does not exist in {}.",
                        desired.address,
                        desired.ident,
                        desired.place.scope()
                    ),
                )
                .at(desired.span)
                .remedy(what.clone()),
            );
        }
        for why in &diff.unreadable {
            self.unreadable(desired, why);
        }
        if diff.out_of_reach {
            self.unreached.push(Unreached {
                kind: desired.kind.clone(),
                account: desired.place.account.clone(),
                ident: desired.ident.clone(),
            });
            for finding in &diff.findings {
                let detail = format!("{}: {}.", desired.address, finding.why.trim_end_matches('.'));
                self.diagnostics
                    .push(Diagnostic::error(code::NOT_OURS, detail).at(desired.span));
            }
        }
        let quiet = diff.changes.is_empty()
            && diff.findings.is_empty()
            && diff.unreadable.is_empty()
            && diff.missing.is_none();
        if quiet {
            self.unchanged += 1;
            return;
        }
        let settled = match settle(kind, seen) {
            Ok(settled) => settled,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic.at(desired.span));
                return;
            }
        };
        let action = match (diff.changes.is_empty(), have) {
            (true, _) => Action::NoOp,
            (false, None) => Action::Create,
            (false, Some(_)) => Action::Update,
        };
        self.add_steps(kind, &desired.address, &diff);
        self.changes.push(change_of(desired, action, settled, diff));
    }

    fn unreadable(&mut self, desired: &Desired, why: &Unreadable) {
        let remedy = if why.denied && !why.action.is_empty() {
            format!(
                "Allow {} for the identity in use; `backstay permissions` prints the least policy.",
                why.action
            )
        } else {
            "What could not be read is never counted as clean; fix the cause and run again.".to_owned()
        };
        self.diagnostics.push(
            Diagnostic::error(code::UNREADABLE, format!("{}: {}.", desired.address, why.why))
                .at(desired.span)
                .remedy(remedy),
        );
    }

    fn release(&mut self, entry: &Entry, address: Address) {
        if let (kinds::UNDISCOVERED, Observed::Unreadable(why)) = (entry.ident.as_str(), &entry.seen) {
            self.diagnostics.push(
                Diagnostic::warning(
                    code::UNREADABLE,
                    format!(
                        "{} in {}: what the project owns and no block declares any more could not be looked for: {}.",
                        entry.kind,
                        entry.place.scope(),
                        why.why
                    ),
                )
                .remedy("What is declared was read; allow the action to find what was forgotten too."),
            );
            self.undiscovered.push(Undiscovered {
                kind: entry.kind.clone(),
                place: entry.place.clone(),
                why: why.clone(),
            });
            return;
        }
        let (Some(kind), Observed::Present(have)) = (kinds::find(&entry.kind), &entry.seen) else {
            return;
        };
        let guarded = match kinds::guarded::is_guarded(kind, have) {
            Ok(guarded) => guarded,
            Err(diagnostic) => return self.diagnostics.push(diagnostic),
        };
        let released = kind
            .release(&entry.ident, have, &entry.place)
            .map(|diff| {
                if guarded {
                    kinds::guarded::kept(&entry.ident)
                } else {
                    diff
                }
            })
            .and_then(|mut diff| {
                let resource = Resource {
                    place: &entry.place,
                    ident: &entry.ident,
                    want: None,
                    have: Some(have),
                };
                self.among.judge(kind, resource, &mut diff)?;
                settle(kind, &entry.seen).map(|saw| (diff, saw))
            });
        if guarded {
            let refusal = kinds::guarded::refusal(&entry.kind, &entry.ident, &entry.place);
            self.diagnostics.push(refusal);
        }
        match released {
            Ok((diff, saw)) if diff.action != Action::NoOp || guarded => {
                self.add_steps(kind, &address, &diff);
                self.changes.push(ResourceChange {
                    address,
                    kind: entry.kind.clone(),
                    place: entry.place.clone(),
                    ident: entry.ident.clone(),
                    action: diff.action,
                    desired: None,
                    saw,
                    findings: diff.findings,
                    unreadable: diff.unreadable,
                    missing: None,
                });
            }
            Ok(_) => {}
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
    }

    fn add_steps(&mut self, kind: &dyn AnyKind, address: &Address, diff: &Diff<Json>) {
        let mut changes: Vec<_> = diff.changes.iter().collect();
        changes.sort_by_key(|c| c.stage);
        for change in changes {
            let what = kind.describe(&change.op).unwrap_or_else(|_| "write".into());
            self.steps.push(Step {
                address: address.clone(),
                what,
                stage: change.stage,
                op: change.op.clone(),
                after: Vec::new(),
                attributes: change.attributes.clone(),
            });
        }
    }
}

fn change_of(desired: &Desired, action: Action, saw: Observed<Json>, diff: Diff<Json>) -> ResourceChange {
    ResourceChange {
        address: desired.address.clone(),
        kind: desired.kind.clone(),
        place: desired.place.clone(),
        ident: desired.ident.clone(),
        action,
        desired: Some(desired.clone()),
        saw,
        findings: diff.findings,
        unreadable: diff.unreadable,
        missing: diff.missing,
    }
}

/// The address of what no block declares. Names are unique in a place alone, so that one of several is told by its place too.
fn forgotten_address(entry: &Entry, is_one: bool) -> Address {
    let name = match is_one {
        true => entry.ident.clone(),
        false => format!("{} in {}", entry.ident, entry.place.scope()),
    };
    Address {
        key: Some(Key::Name(name)),
        ..Address::new(entry.kind.clone(), super::UNDECLARED)
    }
}

fn unknown_kind(kind: &str) -> Diagnostic {
    Diagnostic::error(code::INTERNAL, format!("there is no kind named {kind}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::Judgement;

    #[test]
    fn what_is_final_says_when_it_ends() {
        let judged = |judgement: Judgement| {
            let mut change = AttributeChange::judged("a", Json::Null, Json::Null, judgement);
            dated(&mut change, "2026-12-31T23:59:59Z".parse().unwrap());
            change.irreversible
        };
        let lock = Judgement::strengthens().irreversible("nobody can delete");
        assert_eq!(judged(lock.clone()).unwrap(), "nobody can delete");
        assert_eq!(
            judged(lock.final_for(60)).unwrap(),
            "nobody can delete. Applied on 2026-12-31, the first possible removal is on 2027-03-01"
        );
        assert_eq!(judged(Judgement::strengthens().final_for(60)), None);
    }
}
