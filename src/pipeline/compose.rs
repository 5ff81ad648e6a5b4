//! From text to a posture: evaluated, decoded by its kinds, ordered.

use super::Posture;
use crate::check::{Assertion, Exemption, Severity};
use crate::config::{self, Inputs};
use crate::diag::{Diagnostic, Diagnostics, Sources, code};
use crate::graph::{DerivedEdge, Graph};
use crate::kinds::{self, Declared, Kinds, governed};
use crate::model::objective::{Objective, scenarios};
use crate::model::{Account, AccountId, Address, BucketPlace, Lock, Place, PolicyPlace, Region};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The accounts' numbers as far as blocks give them; where none does, one that is visibly none.
pub(super) fn numbers(posture: &config::Posture) -> BTreeMap<String, AccountId> {
    let placeholder: Option<AccountId> = "000000000000".parse().ok();
    let number = |a: &Account| Some((a.label.clone(), a.id.clone().or_else(|| placeholder.clone())?));
    posture.accounts.iter().filter_map(number).collect()
}

pub(super) type Evaluated = (config::Posture, Diagnostics);

/// Evaluates again when numbers of accounts have become known that no block gives: ARNs are made
/// of them.
pub(super) fn with_numbers(
    first: Evaluated,
    inputs: &Inputs,
    ids: &BTreeMap<String, AccountId>,
    sources: &mut Sources,
    region_of: impl Fn(&str) -> Option<Region>,
) -> Result<Evaluated, Diagnostics> {
    if first.0.accounts.iter().all(|account| account.id.is_some()) {
        return Ok(first);
    }
    let known = Inputs {
        account_ids: ids.clone(),
        ..inputs.clone()
    };
    *sources = Sources::new();
    evaluate(&known, sources, region_of)
}

/// Evaluates the text. When something in it is wrong, the kinds judge the rest, so that one run
/// tells all that has to be corrected.
pub(super) fn evaluate(
    inputs: &Inputs,
    sources: &mut Sources,
    region_of: impl Fn(&str) -> Option<Region>,
) -> Result<Evaluated, Diagnostics> {
    let (posture, diagnostics) = config::load(inputs, sources, &Kinds);
    match posture {
        Some(posture) => judge((posture, diagnostics), region_of, sources),
        None => Err(diagnostics),
    }
}

/// Everything that is wrong with what was loaded, when something is.
pub(super) fn judge(
    (mut posture, mut diagnostics): Evaluated,
    region_of: impl Fn(&str) -> Option<Region>,
    sources: &Sources,
) -> Result<Evaluated, Diagnostics> {
    if diagnostics.has_errors() {
        // What refers to something wrong is not judged: it would be blamed for the other's fault.
        let sound: BTreeSet<Address> = posture.resources.iter().map(|r| r.address.clone()).collect();
        posture
            .resources
            .retain(|r| r.region.is_some() && r.references.iter().all(|a| sound.contains(a)));
        if let Err(more) = compose(&posture, &numbers(&posture), region_of, sources) {
            // A value is unknown here because what it is made of is wrong.
            diagnostics.append(
                more.into_iter()
                    .filter(|d| d.code != code::UNKNOWN_VALUE)
                    .collect(),
            );
        }
    }
    diagnostics.sort();
    diagnostics.into_result(posture)
}

/// From what evaluated to resources and their order. Every kind judges what is its own.
///
/// # Errors
/// Everything that a kind refuses, and cycles.
pub(super) fn compose(
    evaluated: &config::Posture,
    ids: &BTreeMap<String, AccountId>,
    region_of: impl Fn(&str) -> Option<Region>,
    sources: &Sources,
) -> Result<(Posture, Diagnostics), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let project = evaluated.settings.project.clone();
    let lock = lock(evaluated, &mut diagnostics);
    let evidence = evaluated.settings.evidence.as_ref();
    let evidence = evidence.and_then(|kept| keep(kept, evaluated, &mut diagnostics));
    let governed = governed(evaluated, evidence.as_ref(), ids, &mut diagnostics);
    let homes: BTreeMap<&str, Place> = evaluated
        .accounts
        .iter()
        .filter_map(|account| home(account, &project, ids, &region_of))
        .collect();
    let declared: Vec<Declared> = evaluated
        .resources
        .iter()
        .filter_map(|block| {
            let Some(home) = homes.get(block.account.as_str()) else {
                diagnostics.push(no_region(block));
                return None;
            };
            Some(Declared {
                address: block.address.clone(),
                place: Place {
                    region: block.region.clone().unwrap_or_else(|| home.region.clone()),
                    ..home.clone()
                },
                home: home.region.clone(),
                body: &block.body,
                ignored: block.lifecycle.ignore_changes.clone(),
                guarded: block.lifecycle.prevent_release,
                governed: governed.clone(),
                depends_on: block.references.clone(),
                span: block.span,
                location: sources.location(block.span),
            })
        })
        .collect();
    let resources = kinds::decode(&declared, &mut diagnostics);
    let derived: Vec<DerivedEdge> = resources
        .derived
        .into_iter()
        .map(|(from, to)| DerivedEdge { from, to })
        .collect();
    let graph = match Graph::build(&resources.desired, &derived) {
        Ok(graph) => graph,
        Err(cycles) => {
            diagnostics.append(cycles);
            Graph::default()
        }
    };
    diagnostics.sort();
    let places: BTreeSet<Place> = resources.desired.iter().map(|d| d.place.clone()).collect();
    let posture = Posture {
        desired: resources.desired,
        graph,
        exemptions: evaluated
            .exemptions
            .iter()
            .map(|e| exemption(e, sources))
            .collect(),
        assertions: evaluated
            .failed_checks
            .iter()
            .map(|failed| Assertion {
                name: failed.name.clone(),
                severity: severity(failed.severity),
                message: failed.message.clone(),
                location: Some(sources.location(failed.span)),
            })
            .collect(),
        objectives: evaluated
            .objectives
            .iter()
            .map(|declared| Objective {
                location: Some(sources.location(declared.span)),
                ..declared.what.clone()
            })
            .collect(),
        scenarios: scenarios()
            .into_iter()
            .chain(evaluated.scenarios.iter().map(|s| s.what.clone()))
            .collect(),
        outputs: evaluated
            .outputs
            .iter()
            .map(|(name, output)| {
                let hidden = output.value.is_sensitive();
                (
                    name.clone(),
                    if hidden {
                        Json::Null
                    } else {
                        output.value.to_json()
                    },
                )
            })
            .collect(),
        places: places
            .into_iter()
            .chain(homes.values().cloned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        homes: homes.into_values().collect(),
        accounts: evaluated.accounts.clone(),
        lock,
        evidence,
        policy: evaluated.policy.as_ref().map(|p| p.what.clone()),
        project,
    };
    diagnostics.into_result(posture)
}

/// Where something of backstay's own is kept: in an account of the posture.
fn keep(
    kept: &config::Kept,
    evaluated: &config::Posture,
    diagnostics: &mut Diagnostics,
) -> Option<BucketPlace> {
    let label = kept.account.clone().or_else(|| evaluated.default_account.clone());
    let known = label.filter(|label| evaluated.accounts.iter().any(|a| a.label == *label));
    if known.is_none() {
        let detail = match &kept.account {
            Some(label) => format!("\"{label}\" is not one of the declared accounts."),
            None => format!(
                "It is not clear which account owns the bucket \"{}\".",
                kept.bucket
            ),
        };
        diagnostics.push(
            Diagnostic::error(code::UNKNOWN_REFERENCE, detail)
                .at(evaluated.settings.span)
                .remedy("Write account = account.NAME in the block, with the label of an account block."),
        );
    }
    Some(BucketPlace {
        account: known?,
        bucket: kept.bucket.clone(),
        prefix: kept.prefix.clone(),
    })
}

/// Where the policy is kept that the posture declares, as its resources will say it; `None` when that is this machine.
fn governed(
    evaluated: &config::Posture,
    evidence: Option<&BucketPlace>,
    ids: &BTreeMap<String, AccountId>,
    diagnostics: &mut Diagnostics,
) -> Option<PolicyPlace> {
    evaluated.policy.as_ref()?;
    let place = policy_place(evidence?, &evaluated.settings.project, ids)?;
    let length = place.to_string().len();
    if length > governed::LONGEST {
        let detail = format!(
            "Where the policy is kept is written on each resource, as a tag of at most {} characters, and it takes {length}.",
            governed::LONGEST
        );
        diagnostics.push(
            Diagnostic::error(code::INVALID_VALUE, detail)
                .at(evaluated.settings.span)
                .remedy("Shorten `prefix` of the evidence block, or the project's name."),
        );
        return None;
    }
    Some(place)
}

/// A place of a policy by its account's number.
pub(super) fn policy_place(
    place: &BucketPlace,
    project: &str,
    ids: &BTreeMap<String, AccountId>,
) -> Option<PolicyPlace> {
    Some(place.policy_of(project, ids.get(&place.account)?))
}

fn lock(evaluated: &config::Posture, diagnostics: &mut Diagnostics) -> Option<Lock> {
    let lock = evaluated.settings.lock.as_ref()?;
    let project = &evaluated.settings.project;
    Some(Lock {
        place: keep(&lock.kept, evaluated, diagnostics)?,
        key: lock.key.clone().unwrap_or_else(|| format!("lock/{project}.json")),
        ttl: lock.ttl,
    })
}

fn home<'a>(
    account: &'a Account,
    project: &str,
    ids: &BTreeMap<String, AccountId>,
    region_of: impl Fn(&str) -> Option<Region>,
) -> Option<(&'a str, Place)> {
    let place = Place {
        account: account.label.clone(),
        account_id: ids.get(&account.label)?.clone(),
        region: account.region.clone().or_else(|| region_of(&account.label))?,
        project: project.to_owned(),
    };
    Some((account.label.as_str(), place))
}

fn no_region(block: &config::ResourceBlock) -> Diagnostic {
    Diagnostic::error(
        code::MISSING_ATTRIBUTE,
        format!(
            "{} has no region: neither it nor account \"{}\" names one.",
            block.address, block.account
        ),
    )
    .at(block.span)
    .remedy("Set `region` in the account block, or AWS_REGION, or a region in the AWS profile.")
}

fn severity(written: config::CheckSeverity) -> Severity {
    match written {
        config::CheckSeverity::Low => Severity::Low,
        config::CheckSeverity::Medium => Severity::Medium,
        config::CheckSeverity::High => Severity::High,
        config::CheckSeverity::Critical => Severity::Critical,
    }
}

fn exemption(block: &config::Exemption, sources: &Sources) -> Exemption {
    Exemption {
        name: block.name.clone(),
        control: block.control.clone(),
        resource: Some(block.resource.clone()),
        scenario: block.scenario.clone(),
        reason: block.reason.clone(),
        owner: block.owner.clone(),
        expires: block.expires,
        location: Some(sources.location(block.span)),
    }
}
