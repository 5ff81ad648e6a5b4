//! What survives which disaster, from live facts.
//!
//! [`prove`] is the way in: evidence, identities, objectives and scenarios go in, a [`Proof`]
//! comes out. Nothing here reads a clock, a file or the cloud, and nothing knows a kind.
//!
//! - [`copy`]: what a copy is; `copies`, `objects`, `vaults`, `dumps`: from facts to copies
//! - `copying`: whether those who make copies may
//! - `arrivals`, `locks`, `keys`, `sealed`, `gone`: what of that the objects, keys and policies themselves show
//! - [`attack`]: who can destroy what, alone or together
//! - `column`: which disasters anybody wants to know of
//! - `survive`: one copy against one disaster
//! - `verdict`: what that means for an objective
//! - `proof`: what comes out
//! - [`derivation`]: why a copy is left or not, where that is asked
//! - [`writer`]: what each backup writer can and cannot do
//!
//! A copy counts as surviving only when everything that could take it away was read and does not.

mod arrivals;
pub mod attack;
mod column;
mod copies;
pub mod copy;
mod copying;
pub mod derivation;
mod dumps;
mod gone;
mod keys;
mod locks;
mod objects;
mod proof;
mod sealed;
mod survive;
#[cfg(test)]
pub(crate) mod tests;
mod vaults;
mod verdict;
pub mod writer;

use crate::model::fact::Evidence;
use crate::model::objective::{Objective, Scenario};
use crate::model::{Address, Duration, Unreadable};
use attack::{Attack, Destroying, Everybody, Memberships, Principals, Question, Sources};
pub use column::{Asked, Column};
use copy::{Copy, Mechanism, Reach};
use copying::Copying;
use derivation::{Derivation, Derived};
use gone::Gone;
pub use keys::outside as keys_outside;
pub use proof::{Asset, Cell, CellCopy, Point, Proof, VERSION};
use std::collections::{BTreeMap, BTreeSet};
pub use survive::Survival;
pub use verdict::{Judged, Loss, Verdict};

/// Ages at which loss is told beside the scenario's own: restores are asked for late.
const CURVE: [Duration; 5] = [
    Duration::from_secs(3600),
    Duration::from_days(1),
    Duration::from_days(7),
    Duration::from_days(30),
    Duration::from_days(90),
];

/// Everything that a proof rests on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What was seen of each resource.
    pub evidence: &'a [Evidence],
    /// Who can act, by account.
    pub principals: &'a Principals,
    /// What their organization lets them do at most, by account.
    pub memberships: &'a Memberships,
    /// What is asked for.
    pub objectives: &'a [Objective],
    /// The disasters, built in and declared.
    pub scenarios: &'a [Scenario],
    /// When everything was read, RFC 3339.
    pub read_at: &'a str,
}

/// Proves every asset that an objective protects, and every other one that holds data.
pub fn prove(input: &Input<'_>) -> Proof {
    proved(input, None)
}

/// The same, with the derivation of what becomes of this asset in this scenario. It takes some four times
/// as long and as much memory, as everything that was asked is kept.
pub fn explained(input: &Input<'_>, address: &Address, scenario: &str) -> Proof {
    proved(input, Some((address, scenario)))
}

fn proved(input: &Input<'_>, asked_why: Option<(&Address, &str)>) -> Proof {
    let seen = by_arn(input.evidence);
    let everybody = Everybody {
        principals: input.principals,
        memberships: input.memberships,
    };
    let copying = Copying::new(input.evidence, everybody);
    let gone = Gone::new(input.evidence, everybody);
    let mut assets: Vec<(&Evidence, Result<Vec<Copy>, Unreadable>)> = input
        .evidence
        .iter()
        .filter_map(|e| Some((e, with_backups(e, copies::of(e, &seen)?, &seen, &copying, &gone))))
        .collect();
    // What only holds copies of others is shown as theirs, unless somebody asks for it by name.
    let replicas: BTreeSet<String> = assets
        .iter()
        .flat_map(|(_, copies)| copies.iter().flatten())
        .filter(|c| c.mechanism == Mechanism::ObjectReplica && c.unknown.is_none())
        .map(|c| c.holder.arn().to_string())
        .collect();
    let asked: BTreeSet<&Address> = input.objectives.iter().flat_map(|o| &o.protects).collect();
    let missing: Vec<Asset> = missing(input, &asked);
    assets.retain(|(e, _)| {
        asked.contains(&e.subject)
            || !e
                .arn
                .as_ref()
                .is_some_and(|arn| replicas.contains(&arn.to_string()))
    });
    let all: Vec<Copy> = assets
        .iter()
        .flat_map(|(_, copies)| copies.iter().flatten())
        .flat_map(|copy| std::iter::once(copy.clone()).chain(copy.unlocked()))
        .collect();
    let attack = Attack::new(input.evidence, everybody, &all);
    let mut proved: Vec<Asset> = assets
        .into_iter()
        .filter(|(e, copies)| copies.is_ok() || asked.contains(&e.subject))
        .map(|(evidence, copies)| asset(evidence, copies, input, &attack))
        .chain(missing)
        .collect();
    proved.sort_by(|a, b| a.address.cmp(&b.address));
    let derivation = asked_why.and_then(|(address, scenario)| {
        let asset = proved.iter().find(|a| a.address == *address)?;
        let scenario = input.scenarios.iter().find(|s| s.name == scenario)?;
        let sources = Sources {
            evidence: input.evidence,
            everybody,
            copies: &all,
            read_at: input.read_at,
        };
        derive(asset, scenario, sources, &attack)
    });
    Proof {
        derivation,
        version: VERSION,
        read_at: input.read_at.to_owned(),
        scenarios: column::all(input.scenarios, input.objectives),
        writers: writer::all(input.evidence, everybody, &attack),
        unprotected: proved
            .iter()
            .map(|a| &a.address)
            .filter(|a| !asked.contains(a))
            .cloned()
            .collect(),
        assets: proved,
    }
}

fn with_backups(
    evidence: &Evidence,
    copies: Result<Vec<Copy>, Unreadable>,
    seen: &copies::ByArn<'_>,
    copying: &Copying<'_>,
    gone: &Gone<'_>,
) -> Result<Vec<Copy>, Unreadable> {
    let all = copying.evidence;
    let all_of_them = kept_elsewhere(evidence, copies?, seen, copying).into_iter();
    let settled = all_of_them
        .map(|copy| sealed::settle(keys::settle(copy, all), all))
        .map(|copy| gone.told(copying.settle(copy)));
    Ok(numbered(settled.collect()))
}

/// What becomes of a copy is told by its id: where two have one, as replicas by several rules do, the second gets a number.
fn numbered(mut copies: Vec<Copy>) -> Vec<Copy> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for copy in &mut copies {
        let so_far = known.entry(copy.id.clone()).or_default();
        *so_far += 1;
        if *so_far > 1 {
            copy.id = format!("{}#{so_far}", copy.id);
        }
    }
    copies
}

/// With what lies in vaults and dumps of it.
fn kept_elsewhere(
    evidence: &Evidence,
    mut copies: Vec<Copy>,
    seen: &copies::ByArn<'_>,
    copying: &Copying<'_>,
) -> Vec<Copy> {
    let live = copies.iter().find(|c| c.mechanism == Mechanism::Live).cloned();
    if let (Some(arn), Some(live)) = (&evidence.arn, live) {
        copies.extend(vaults::of(arn, &live, copying));
        copies.extend(dumps::of(&live, copying.evidence, seen));
    }
    copies
}

/// Everything that was seen, by its name.
fn by_arn(evidence: &[Evidence]) -> copies::ByArn<'_> {
    evidence
        .iter()
        .filter_map(|e| Some((e.arn.as_ref()?, e)))
        .collect()
}

/// Assets that are asked for and do not exist, or whose evidence nobody has.
fn missing(input: &Input<'_>, asked: &BTreeSet<&Address>) -> Vec<Asset> {
    asked
        .iter()
        .filter_map(|address| {
            let evidence = input.evidence.iter().find(|e| e.subject == **address);
            let why = match evidence.map(|e| e.facts.known()) {
                None => "nobody looked for it",
                Some(Ok(None)) => "it does not exist",
                Some(Ok(Some(_)) | Err(_)) => return None,
            };
            Some(Asset {
                address: (*address).clone(),
                unreadable: Some(Unreadable {
                    action: String::new(),
                    why: why.into(),
                    denied: false,
                }),
                copies: Vec::new(),
                cells: Vec::new(),
                rules: BTreeMap::new(),
                destroying: Destroying::nothing(),
            })
        })
        .collect()
}

fn asset(
    evidence: &Evidence,
    copies: Result<Vec<Copy>, Unreadable>,
    input: &Input<'_>,
    attack: &Attack,
) -> Asset {
    let (copies, unreadable) = match copies {
        Ok(copies) => (copies, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let objectives: Vec<&Objective> = input
        .objectives
        .iter()
        .filter(|o| o.protects.contains(&evidence.subject))
        .collect();
    let cells = match copies.iter().find(|c| c.mechanism == Mechanism::Live) {
        Some(live) => input
            .scenarios
            .iter()
            .map(|scenario| cell(&copies, live, scenario, &objectives, attack))
            .collect(),
        None => Vec::new(),
    };
    let lasting: Vec<Copy> = copies.iter().map(Copy::lasting).collect();
    let owner = copies::account_of(evidence);
    let counted = verdict::Counted {
        copies: &copies,
        unread: unreadable.as_ref(),
        ends: &|key| attack.ends(owner.as_ref(), key),
    };
    let rules = objectives
        .iter()
        .map(|o| (o.name.clone(), verdict::of_copies(&o.copies, &counted)))
        .filter(|(_, judged)| !judged.is_empty())
        .collect();
    let destroying = match unreadable {
        Some(_) => Destroying::nothing(),
        None => attack.destroying(&lasting.iter().collect::<Vec<_>>()),
    };
    Asset {
        address: evidence.subject.clone(),
        unreadable,
        cells,
        rules,
        destroying,
        copies,
    }
}

/// `None` where nothing is known of the asset.
fn derive(asset: &Asset, scenario: &Scenario, sources: Sources<'_>, attack: &Attack) -> Option<Derivation> {
    let live = asset.copies.iter().find(|c| c.mechanism == Mechanism::Live)?;
    let met: Vec<Vec<Copy>> = asset
        .copies
        .iter()
        .map(|copy| survive::attacked_as(copy, live, scenario))
        .collect();
    let states: Vec<Copy> = met.iter().flatten().cloned().collect();
    let question = Question {
        asset: &asset.address,
        live,
        scenario,
        sources,
    };
    let mut attacked = match states.is_empty() {
        true => Vec::new(),
        false => attack.derive(&states, &question),
    }
    .into_iter();
    let copies = asset.copies.iter().zip(met).map(|(copy, met)| Derived {
        copy: copy.id.clone(),
        outlives: survive::outlives(copy, live, scenario),
        attacked: attacked.by_ref().take(met.len()).collect(),
    });
    Some(Derivation {
        address: asset.address.clone(),
        scenario: scenario.name.clone(),
        copies: copies.collect(),
    })
}

fn cell(
    copies: &[Copy],
    live: &Copy,
    scenario: &Scenario,
    objectives: &[&Objective],
    attack: &Attack,
) -> Cell {
    let at = |age: Duration| -> Vec<(&Copy, Survival)> {
        copies
            .iter()
            .map(|copy| (copy, survive::judge(copy, live, scenario, age, attack)))
            .collect()
    };
    let least = |cells: &[(&Copy, Survival)], age: Duration| {
        let left = cells.iter().filter(|(_, s)| *s == Survival::Survives);
        verdict::least(left.map(|(copy, _)| verdict::loss(copy, scenario, age)))
    };
    let cells = at(scenario.noticed_after);
    let loss = least(&cells, scenario.noticed_after);
    let reaches: Vec<Option<Reach>> = cells
        .iter()
        .map(|(copy, s)| (*s == Survival::Survives).then(|| survive::reach(copy, live, scenario, attack))?)
        .collect();
    let reach = reaches.iter().flatten().max().copied();
    let left = verdict::Left {
        cells: &cells,
        loss,
        reach,
    };
    let judged = objectives
        .iter()
        .filter(|o| o.survives.contains(&scenario.name))
        .map(|o| (o.name.clone(), verdict::of_scenario(o, scenario, &left)))
        .collect();
    let curve = if scenario.is_logical() {
        CURVE
            .iter()
            .map(|age| Point {
                age: *age,
                loss: least(&at(*age), *age),
            })
            .collect()
    } else {
        Vec::new()
    };
    Cell {
        scenario: scenario.name.clone(),
        loss,
        reach,
        curve,
        judged,
        copies: cells
            .into_iter()
            .zip(reaches)
            .map(|((copy, survival), reach)| CellCopy {
                copy: copy.id.clone(),
                loss: verdict::loss(copy, scenario, scenario.noticed_after),
                survival,
                reach,
            })
            .collect(),
    }
}
