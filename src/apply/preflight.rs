//! Before the first write: whether the credentials may make the writes of the plan at all.

use crate::aws::simulate::{Principal, Verdict, principal, simulate};
use crate::aws::{Cloud, Reader};
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::evidence::permissions::{Kept, Writes};
use crate::kinds::{self, Permission};
use crate::model::{Region, Scope};
use crate::plan::Plan;
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};

/// Resources that are asked about in one call.
const RESOURCES: usize = 10;

/// Calls in flight at once; IAM allows few.
const AT_ONCE: usize = 4;

/// What the preflight found.
#[derive(Debug, Default)]
pub struct Preflight {
    /// One error for each action that the identity's policies do not allow.
    pub denied: Diagnostics,
    /// What could not be found out, and why.
    pub unknown: Vec<String>,
}

/// Who needs a permission.
type Needs = BTreeMap<Permission, BTreeSet<String>>;

/// What an apply needs for what it keeps itself.
const OWN: &str = "backstay's own lock, record or policy";

/// Asks IAM, in each account, about every write of the plan's steps, and about those of the lock, the record and the policy.
pub async fn preflight(plan: &Plan, cloud: &Cloud) -> Preflight {
    let mut found = Preflight::default();
    let by_account = match needed(plan) {
        Ok(by_account) => by_account,
        Err(diagnostic) => {
            found.denied.push(diagnostic);
            return found;
        }
    };
    for (account, needs) in by_account {
        // IAM is asked, which is the same in every region.
        let region = cloud.region(&account).or_else(|| plan_region(plan, &account));
        let reader = region.and_then(|region| {
            let account = account.clone();
            cloud.reader(&Scope { account, region })
        });
        let Some(reader) = reader else {
            continue;
        };
        let caller = cloud.caller(&account).unwrap_or_default();
        match principal(&reader, caller).await {
            Principal::Root => {}
            Principal::Unknown(why) => found.unknown.push(format!("account \"{account}\": {why}")),
            Principal::Identity(identity) => ask(&reader, &account, &identity, &needs, &mut found).await,
        }
    }
    found
}

fn plan_region(plan: &Plan, account: &str) -> Option<Region> {
    let places = plan.changes.iter().map(|change| &change.place);
    places
        .filter(|place| place.account == account)
        .map(|place| place.region.clone())
        .next()
        .or_else(|| "us-east-1".parse().ok())
}

/// What the run takes in each account.
fn needed(plan: &Plan) -> Result<BTreeMap<String, Needs>, Diagnostic> {
    let mut by_account: BTreeMap<String, Needs> = BTreeMap::new();
    let mut add = |account: &str, permission: Permission, who: String| {
        let needs = by_account.entry(account.to_owned()).or_default();
        needs.entry(permission).or_default().insert(who);
    };
    for change in &plan.changes {
        let Some(kind) = kinds::find(&change.kind) else {
            continue;
        };
        for (_, step) in plan.steps_of(&change.address) {
            for permission in kind.needs(&step.op, &change.ident, &change.place)? {
                add(&change.place.account, permission, change.address.to_string());
            }
        }
    }
    let in_force = plan.policies.in_force.as_ref().and_then(|f| f.place.as_ref());
    let elsewhere = in_force.filter(|place| Some(*place) != plan.policies.place.as_ref());
    let elsewhere = elsewhere.and_then(|place| Some((place.bucket(&plan.accounts)?, place.project.clone())));
    let own = Kept {
        project: &plan.project,
        lock: plan.lock.as_ref(),
        evidence: plan.evidence.as_ref(),
        elsewhere: elsewhere.as_slice(),
        partition: plan.changes.first().map_or("aws", |c| c.place.partition()),
    };
    let writes = Writes {
        policy: !plan.policies.changes().is_empty(),
        saved: plan.validity.is_some(),
    };
    for (account, permission) in own.writes(writes) {
        add(&account, permission, OWN.to_owned());
    }
    Ok(by_account)
}

async fn ask(reader: &Reader, account: &str, identity: &str, needs: &Needs, found: &mut Preflight) {
    let calls = calls(needs);
    let asked = futures::stream::iter(calls).map(|(actions, resources)| async move {
        let actions: Vec<&str> = actions.into_iter().collect();
        simulate(reader, identity, &actions, &resources).await
    });
    let mut refused: BTreeMap<(String, Verdict), BTreeSet<String>> = BTreeMap::new();
    let mut depends = BTreeSet::new();
    let mut unasked = None;
    for answer in asked.buffered(AT_ONCE).collect::<Vec<_>>().await {
        match answer {
            Ok(decisions) => {
                for decision in decisions {
                    match decision.verdict {
                        Verdict::Allowed => {}
                        Verdict::Depends => {
                            depends.insert(decision.action);
                        }
                        verdict @ (Verdict::NotAllowed | Verdict::Denied) => {
                            let key = (decision.action, verdict);
                            refused.entry(key).or_default().insert(decision.resource);
                        }
                    }
                }
            }
            Err(error) => unasked = Some(error),
        }
    }
    for ((action, verdict), resources) in refused {
        found
            .denied
            .push(diagnostic(account, identity, &action, verdict, &resources, needs));
    }
    if !depends.is_empty() {
        let actions: Vec<String> = depends.into_iter().collect();
        found.unknown.push(format!(
            "account \"{account}\": conditions decide on {}",
            actions.join(", ")
        ));
    }
    if let Some(error) = unasked {
        found.unknown.push(format!("account \"{account}\": {error}"));
    }
}

/// Resources that need the same actions are asked about together.
fn calls(needs: &Needs) -> Vec<(BTreeSet<&str>, Vec<&str>)> {
    let mut actions_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for permission in needs.keys() {
        actions_of
            .entry(&permission.resource)
            .or_default()
            .insert(permission.action);
    }
    let mut resources_of: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (resource, actions) in actions_of {
        resources_of.entry(actions).or_default().push(resource);
    }
    let mut calls = Vec::new();
    for (actions, resources) in resources_of {
        for some in resources.chunks(RESOURCES) {
            calls.push((actions.clone(), some.to_vec()));
        }
    }
    calls
}

fn diagnostic(
    account: &str,
    identity: &str,
    action: &str,
    verdict: Verdict,
    resources: &BTreeSet<String>,
    needs: &Needs,
) -> Diagnostic {
    let addresses: BTreeSet<String> = needs
        .iter()
        .filter(|(p, _)| p.action.eq_ignore_ascii_case(action) && resources.contains(&p.resource))
        .flat_map(|(_, addresses)| addresses.iter().cloned())
        .collect();
    let list = |names: &BTreeSet<String>| {
        let first: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
        match names.len().saturating_sub(first.len()) {
            0 => first.join(", "),
            more => format!("{} and {more} more", first.join(", ")),
        }
    };
    let why = match verdict {
        Verdict::Denied => "a policy denies",
        _ => "no policy of the identity allows",
    };
    let who = if addresses.is_empty() {
        String::new()
    } else {
        format!(" {} it.", needed_by(&list(&addresses), addresses.len()))
    };
    Diagnostic::error(
        code::PREFLIGHT,
        format!(
            "account \"{account}\": {why} {action} on {} to {identity}.{who}",
            list(resources)
        ),
    )
    .remedy(
        "Nothing was changed. Allow it (`backstay permissions -for apply` prints the least policy). Only the identity's \
         own policies were asked: where the resource's policy allows it, go on with --no-preflight.",
    )
}

fn needed_by(who: &str, count: usize) -> String {
    format!("{who} {}", if count == 1 { "needs" } else { "need" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_with_the_same_needs_share_a_call() {
        let mut needs = Needs::new();
        for n in 0..12 {
            for action in ["s3:PutBucketTagging", "s3:PutBucketVersioning"] {
                let resource = format!("arn:aws:s3:::b{n:02}");
                needs.insert(Permission { action, resource }, BTreeSet::new());
            }
        }
        let resource = "*".to_owned();
        needs.insert(
            Permission {
                action: "iam:CreateRole",
                resource,
            },
            BTreeSet::new(),
        );
        let sizes: Vec<(usize, usize)> = calls(&needs).iter().map(|(a, r)| (a.len(), r.len())).collect();
        assert_eq!(sizes, [(1, 1), (2, 10), (2, 2)]);
    }
}
