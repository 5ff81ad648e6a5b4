//! The whole way in one page: read this first.
//!
//! text -> posture ([`open`]) -> desired and graph -> live ([`look`]) -> plan ([`plan`]) or
//! evidence ([`evidence`]). Commands call these and print; nothing here prints.

mod compose;

use crate::aws::{Cloud, Settings};
use crate::check::{Assertion, Drift, Exemption};
use crate::config::{self, Inputs};
use crate::diag::{Diagnostics, Sources};
use crate::graph::Graph;
use crate::kinds::{self, Depth};
use crate::live::{self, Ask, Request, Snapshot};
use crate::model::approval::ApprovalPolicy;
use crate::model::fact::{Evidence, Facts};
use crate::model::objective::{Objective, Scenario};
use crate::model::value::Value;
use crate::model::{
    Account, AccountId, Address, BucketPlace, Desired, Lock, Observed, Place, Region, Scope, Unreadable,
};
use crate::plan::{self, Context, InForce, Plan, Policies, Selection};
use crate::prove::{self, Proof};
use compose::{compose, evaluate, judge, numbers, with_numbers};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A posture that has been read, evaluated, decoded and ordered.
#[derive(Debug)]
pub struct Posture {
    /// The value of the tag `backstay:project`.
    pub project: String,
    /// How each account is entered.
    pub accounts: Vec<Account>,
    /// Where the lease lies that an apply takes.
    pub lock: Option<Lock>,
    /// Where records of applies go; a local folder when absent.
    pub evidence: Option<BucketPlace>,
    /// The policy of approvals that it declares.
    pub policy: Option<ApprovalPolicy>,
    /// Every resource, sorted by address.
    pub desired: Vec<Desired>,
    /// What depends on what.
    pub graph: Graph,
    /// Controls that need not hold.
    pub exemptions: Vec<Exemption>,
    /// Assertions that do not hold.
    pub assertions: Vec<Assertion>,
    /// What is asked for.
    pub objectives: Vec<Objective>,
    /// The disasters: those that every posture knows, then those declared.
    pub scenarios: Vec<Scenario>,
    /// The root's outputs; sensitive ones as null.
    pub outputs: BTreeMap<String, Json>,
    /// Places where undeclared resources of the project are looked for.
    pub places: Vec<Place>,
    /// The same for kinds that know no regions.
    pub homes: Vec<Place>,
}

/// Where the live state comes from.
#[derive(Debug)]
pub enum Live {
    /// The cloud.
    Cloud(Cloud),
    /// A saved snapshot.
    Snapshot(Box<Snapshot>),
}

impl Live {
    fn ids(&self) -> BTreeMap<String, AccountId> {
        match self {
            Live::Cloud(cloud) => cloud.ids(),
            Live::Snapshot(snapshot) => snapshot.accounts.clone(),
        }
    }

    fn region(&self, account: &str) -> Option<Region> {
        match self {
            Live::Cloud(cloud) => cloud.region(account),
            Live::Snapshot(_) => None,
        }
    }
}

/// Reads the posture and enters its accounts (or takes them from a snapshot).
///
/// # Errors
/// Everything that is wrong with the text, or with getting into the accounts.
pub async fn open(
    inputs: &Inputs,
    sources: &mut Sources,
    snapshot: Option<Snapshot>,
) -> Result<(Posture, Live, Diagnostics), Diagnostics> {
    let first = evaluate(inputs, sources, |_| None)?;
    // What is wrong with the text is said before anybody is asked for anything.
    let written = numbers(&first.0);
    let early = match first
        .0
        .accounts
        .iter()
        .all(|a| a.id.is_some() && a.region.is_some())
    {
        true => Some(compose(&first.0, &written, |_| None, sources)?),
        false => None,
    };
    let live = match snapshot {
        Some(snapshot) => Live::Snapshot(Box::new(snapshot)),
        None => Live::Cloud(Cloud::connect(&first.0.accounts, &Settings::default()).await?),
    };
    let ((posture, said), warnings) = match early {
        Some(composed) if live.ids() == written => (composed, first.1),
        _ => {
            let (evaluated, warnings) =
                with_numbers(first, inputs, &live.ids(), sources, |a| live.region(a))?;
            let composed = compose(&evaluated, &live.ids(), |a| live.region(a), sources)?;
            (composed, warnings)
        }
    };
    let mut diagnostics = warnings;
    diagnostics.append(said);
    Ok((posture, live, diagnostics))
}

/// Reads the posture without the cloud. Accounts whose number no block gives have none, and
/// what depends on it is left out.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn open_offline(
    inputs: &Inputs,
    sources: &mut Sources,
    fallback: Option<&Region>,
) -> Result<(Posture, Diagnostics), Diagnostics> {
    let first = evaluate(inputs, sources, |_| fallback.cloned())?;
    let ids = numbers(&first.0);
    let (evaluated, warnings) = with_numbers(first, inputs, &ids, sources, |_| fallback.cloned())?;
    let (posture, said) = compose(&evaluated, &ids, |_| fallback.cloned(), sources)?;
    let mut diagnostics = warnings;
    diagnostics.append(said);
    Ok((posture, diagnostics))
}

/// Looks at a posture without the cloud, as [`open_offline`] does: what its names give, and all that is
/// wrong with it. What depends on values that a run is given is unknown.
pub fn examine(
    inputs: &Inputs,
    sources: &mut Sources,
    fallback: Option<&Region>,
) -> (HashMap<String, Value>, Diagnostics) {
    let wanted = Inputs {
        keep_names: true,
        ..inputs.clone()
    };
    let (posture, mut diagnostics) = config::load(&wanted, sources, &kinds::Kinds);
    let Some(mut posture) = posture else {
        return (HashMap::new(), diagnostics);
    };
    let names = std::mem::take(&mut posture.names);
    let region_of = |_: &str| fallback.cloned();
    match judge((posture, diagnostics), region_of, sources) {
        Ok((posture, said)) => {
            let composed = compose(&posture, &numbers(&posture), region_of, sources);
            diagnostics = said;
            diagnostics.append(composed.map_or_else(|wrong| wrong, |(_, said)| said));
        }
        Err(wrong) => diagnostics = wrong,
    }
    (names, diagnostics)
}

/// What the names of a folder give (`var`, `local`, each kind, …), without the cloud, with whatever
/// was wrong with the rest of it.
pub fn names(inputs: &Inputs, sources: &mut Sources) -> (HashMap<String, Value>, Diagnostics) {
    let wanted = Inputs {
        keep_names: true,
        ..inputs.clone()
    };
    let (posture, diagnostics) = config::load(&wanted, sources, &kinds::Kinds);
    (posture.map(|p| p.names).unwrap_or_default(), diagnostics)
}

/// Reads what is selected, or takes the snapshot as it is.
pub async fn look(
    posture: &Posture,
    selected: &[Desired],
    whole: bool,
    depth: Depth,
    live: &Live,
) -> (Snapshot, Diagnostics) {
    match live {
        Live::Snapshot(snapshot) => (snapshot.as_ref().clone(), Diagnostics::new()),
        Live::Cloud(cloud) => {
            // What goes by tags is looked at beside what is selected: by it changes are judged.
            let selects = |d: &&Desired| kinds::find(&d.kind).is_some_and(|kind| kind.selects());
            let chosen: BTreeSet<&Address> = selected.iter().map(|d| &d.address).collect();
            let beside = posture.desired.iter().filter(selects);
            let beside = beside.filter(|d| !chosen.contains(&d.address));
            let asks: Vec<Ask> = selected.iter().chain(beside).map(Ask::from).collect();
            let request = Request {
                asks: &asks,
                discover: if whole { &posture.places } else { &[] },
                homes: if whole { &posture.homes } else { &[] },
                depth,
            };
            live::read(cloud, request).await
        }
    }
}

/// Reads what a proof needs beside what is declared: who can act in the accounts of the posture, what their organization
/// lets them, the keys that no block names, and what lies in buckets. A snapshot says it itself.
pub async fn look_at_everyone(posture: &Posture, live: &Live, snapshot: &mut Snapshot) {
    if let Live::Cloud(cloud) = live {
        let everyone = live::everyone(cloud, &posture.homes);
        let memberships = live::memberships(cloud, &posture.homes);
        // What was found says what else there is to look at. What is wrong with it is said where it is used.
        let (mut found, _) = evidence(&posture.desired, snapshot);
        let stored = async {
            let objects = live::objects(cloud, &found).await;
            // Only objects tell all the keys that they are under.
            objects.add_to(&mut found);
            let wanted = prove::keys_outside(&found);
            (live::keys(cloud, &posture.homes, &wanted).await, objects)
        };
        let (everyone, memberships, (keys, objects)) = futures::join!(everyone, memberships, stored);
        snapshot.principals = everyone;
        snapshot.memberships = memberships;
        snapshot.keys = keys;
        snapshot.objects = objects;
    }
}

/// What survives which disaster; of one asset in one of them, where that is asked, why.
pub fn proof(
    posture: &Posture,
    evidence: &[Evidence],
    snapshot: &Snapshot,
    asked_why: Option<(&Address, &str)>,
) -> Proof {
    let mut evidence = evidence.to_vec();
    snapshot.objects.add_to(&mut evidence);
    evidence.extend(keys_outside(posture, snapshot));
    let input = prove::Input {
        evidence: &evidence,
        principals: &snapshot.principals,
        memberships: &snapshot.memberships,
        objectives: &posture.objectives,
        scenarios: &posture.scenarios,
        read_at: &snapshot.taken_at.to_string(),
    };
    match asked_why {
        Some((address, scenario)) => prove::explained(&input, address, scenario),
        None => prove::prove(&input),
    }
}

/// The keys that no block names, as evidence. Only proofs look at them: nobody declared how they should be.
fn keys_outside(posture: &Posture, snapshot: &Snapshot) -> Vec<Evidence> {
    let keys = snapshot.keys.iter().filter_map(|(arn, seen)| {
        let owner = arn.account()?;
        let home = posture.homes.iter().find(|home| home.account_id == owner);
        Some(Evidence {
            subject: kinds::keys::address(arn),
            location: None,
            scope: Scope {
                account: home.map_or_else(|| owner.to_string(), |home| home.account.clone()),
                region: arn.region()?,
            },
            arn: Some(arn.clone()),
            read_at: snapshot.taken_at.to_string(),
            facts: seen.clone().map(|key| Facts::Key(Box::new(key))),
            declared: None,
        })
    });
    keys.collect()
}

/// Compares what is selected with the live state. `in_force` is the policy of the last apply, for a
/// plan that is to be applied.
///
/// # Errors
/// When the selection names something that is not there.
pub fn plan(
    posture: &Posture,
    selection: &Selection,
    snapshot: &Snapshot,
    in_force: Option<InForce>,
) -> Result<(Plan, Diagnostics), Diagnostics> {
    let desired = selection.apply(posture.desired.clone(), &posture.graph)?;
    let evidence = posture.evidence.as_ref();
    let policies = Policies {
        in_force,
        declared: posture.policy.clone(),
        place: evidence.and_then(|e| compose::policy_place(e, &posture.project, &snapshot.accounts)),
    };
    Ok(plan::make(Context {
        project: &posture.project,
        desired: &desired,
        declared: &posture.desired,
        graph: &posture.graph,
        snapshot,
        outputs: &posture.outputs,
        entrances: &posture.accounts,
        lock: posture.lock.as_ref(),
        evidence: posture.evidence.as_ref(),
        policies: &policies,
        undeclared: selection.is_everything(),
    }))
}

/// Enters the accounts that a saved plan was made for.
///
/// # Errors
/// When they cannot be entered, or are others.
pub async fn reconnect(plan: &Plan) -> Result<Cloud, Diagnostics> {
    Cloud::connect(&plan.entrances, &Settings::default()).await
}

/// What rules look at: all that is known of each resource, whatever was declared.
pub fn evidence(desired: &[Desired], snapshot: &Snapshot) -> (Vec<Evidence>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut all = Vec::new();
    for resource in desired {
        let Some(kind) = kinds::find(&resource.kind) else {
            continue;
        };
        let seen = snapshot.get(&resource.kind, &resource.place, &resource.ident);
        let facts = match seen {
            Some(Observed::Present(live)) => match kind.facts(Some(&resource.spec), live, &resource.place) {
                Ok(facts) => Observed::Present(facts),
                // Said as an error, and never taken for a resource that is not there.
                Err(diagnostic) => {
                    let why = diagnostic.detail.clone();
                    diagnostics.push(diagnostic.at(resource.span));
                    Observed::Unreadable(Unreadable {
                        action: String::new(),
                        why,
                        denied: false,
                    })
                }
            },
            Some(Observed::Absent) => Observed::Absent,
            Some(Observed::Unreadable(why)) => Observed::Unreadable(why.clone()),
            None => Observed::Unreadable(Unreadable {
                action: String::new(),
                why: "it is not in the snapshot".into(),
                denied: false,
            }),
        };
        let declared = match facts.present() {
            Some(_) => Ok(None),
            None => kind.declared(&resource.spec, &resource.place),
        };
        let declared = match declared {
            Ok(declared) => declared.map(Box::new),
            Err(diagnostic) => {
                diagnostics.push(diagnostic.at(resource.span));
                continue;
            }
        };
        all.push(Evidence {
            subject: resource.address.clone(),
            location: resource.location.clone(),
            scope: resource.place.scope(),
            arn: kind.arn(&resource.ident, &resource.place),
            read_at: snapshot.taken_at.to_string(),
            facts,
            declared,
        });
    }
    (all, diagnostics)
}

/// What the plan found of each selected resource, as the rules take it; what is as declared is
/// said too. Undeclared resources of the project are drift.
pub fn drift(desired: &[Desired], plan: &Plan) -> Vec<Drift> {
    let differs: BTreeSet<&Address> = plan.changes.iter().map(|c| &c.address).collect();
    let read_at = plan.read_at.to_string();
    let as_declared = desired
        .iter()
        .filter(|d| !differs.contains(&d.address))
        .map(|resource| Drift {
            location: resource.location.clone(),
            ..Drift::none(resource.address.clone(), &read_at)
        });
    let differing = plan.changes.iter().map(|change| {
        let mut unreadable = change.unreadable.clone();
        if let Observed::Unreadable(why) = &change.saw {
            unreadable.push(why.clone());
        }
        Drift {
            action: change.action,
            attributes: plan.attributes_of(&change.address).cloned().collect(),
            unsettable: change.findings.clone(),
            unreadable,
            missing: change.missing.clone(),
            location: change.desired.as_ref().and_then(|d| d.location.clone()),
            ..Drift::none(change.address.clone(), &read_at)
        }
    });
    let mut undiscovered: BTreeMap<&str, Drift> = BTreeMap::new();
    for place in &plan.undiscovered {
        let address = Address::new(place.kind.clone(), plan::UNDECLARED);
        let of_kind = undiscovered.entry(&place.kind);
        let of_kind = of_kind.or_insert_with(|| Drift::none(address, &read_at));
        of_kind.undiscovered.push(Unreadable {
            why: format!("in {}: {}", place.place.scope(), place.why.why),
            ..place.why.clone()
        });
    }
    as_declared
        .chain(differing)
        .chain(undiscovered.into_values())
        .collect()
}
