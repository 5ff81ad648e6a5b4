//! Saved plans: two lines of JSON, a head and the plan. The head holds the digest of the
//! second line's bytes, so a plan that was altered by one byte is refused.

use super::{Plan, order, planner};
use crate::diag::{Diagnostic, code};
use crate::graph::Graph;
use crate::model::Place;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Head {
    backstay_plan: u32,
    tool: String,
    sha256: String,
}

/// A plan as the text of a file.
///
/// # Errors
/// When something in it is no JSON, which would be a defect.
pub fn store(plan: &Plan) -> Result<String, Diagnostic> {
    let defect =
        |e: serde_json::Error| Diagnostic::error(code::INTERNAL, format!("the plan cannot be written: {e}."));
    let body = serde_json::to_string(plan).map_err(defect)?;
    let head = serde_json::to_string(&Head {
        backstay_plan: VERSION,
        tool: env!("CARGO_PKG_VERSION").into(),
        sha256: sha256(&body),
    })
    .map_err(defect)?;
    Ok(format!("{head}\n{body}\n"))
}

/// What a plan is known by: the digest that its file holds.
///
/// # Errors
/// When something in it is no JSON, which would be a defect.
pub fn digest(plan: &Plan) -> Result<String, Diagnostic> {
    let body = serde_json::to_string(plan)
        .map_err(|e| Diagnostic::error(code::INTERNAL, format!("the plan cannot be written: {e}.")))?;
    Ok(sha256(&body))
}

/// A plan from the text of a file.
///
/// # Errors
/// When it is truncated, altered, or of another version.
pub fn load(text: &str) -> Result<Plan, Diagnostic> {
    load_with_digest(text).map(|(plan, _)| plan)
}

/// A plan from the text of a file, and the digest of its very bytes, which is what is approved.
///
/// # Errors
/// As [`load`].
pub fn load_with_digest(text: &str) -> Result<(Plan, String), Diagnostic> {
    let bad = |why: String| {
        Diagnostic::error(code::BAD_PLAN, why).remedy("Make a new one with `backstay plan -out FILE`.")
    };
    let (head, body) = text
        .split_once('\n')
        .ok_or_else(|| bad("It is truncated or not a plan at all.".into()))?;
    let head: Head = serde_json::from_str(head).map_err(|e| bad(format!("It is not a plan: {e}.")))?;
    if head.backstay_plan != VERSION {
        return Err(bad(format!(
            "It has version {}, and this program reads version {VERSION}.",
            head.backstay_plan
        )));
    }
    let body = body
        .strip_suffix('\n')
        .ok_or_else(|| bad("It is truncated: its last line does not end.".into()))?;
    if sha256(body) != head.sha256 {
        return Err(bad(
            "Its content does not match its digest: it is truncated or was altered.".into(),
        ));
    }
    let plan: Plan =
        serde_json::from_str(body).map_err(|e| bad(format!("It does not fit this version: {e}.")))?;
    // One plan is one text: nothing stands in it that nobody is shown, and its digest is one, too.
    if serde_json::to_string(&plan).ok().as_deref() != Some(body) {
        return Err(bad(
            "It does not fit this version: it is not written as this program writes it.".into(),
        ));
    }
    sound(&plan).map_err(bad)?;
    Ok((plan, head.sha256))
}

/// Whether a plan is one that this program would have made of what it says was declared and seen. The digest keeps
/// accidents out; whoever writes a file can write a digest, too.
///
/// # Errors
/// A sentence.
fn sound(plan: &Plan) -> Result<(), String> {
    // Steps are looked up by their resource, and their resource by its address.
    if !plan.steps.is_sorted_by(|a, b| a.address <= b.address)
        || !plan.changes.is_sorted_by(|a, b| a.address < b.address)
    {
        return Err("It does not fit this version: its steps are not sorted.".into());
    }
    if let Err(address) = order::check(&plan.steps, &Graph::default()) {
        return Err(format!(
            "A step of {address} waits for what never comes, or for too little: its order was altered."
        ));
    }
    placed(plan)?;
    if let Err(address) = planner::rederive(plan) {
        return Err(format!(
            "What it would do to {address} is not what was planned for it: it was altered, or made by another build of \
             this version."
        ));
    }
    match plan.validity {
        None => Err("It does not say how long it is valid: it was altered.".into()),
        Some(validity) if validity.from < plan.read_at => {
            Err("It was saved before anything was read for it: it was altered.".into())
        }
        Some(_) => Ok(()),
    }
}

/// Whether everything lies in the accounts that the plan says, and belongs to its project.
fn placed(plan: &Plan) -> Result<(), String> {
    let places = plan.changes.iter().map(|c| &c.place);
    let mut places = places.chain(plan.witnesses.iter().map(|w| &w.place));
    let ours = |p: &Place| p.project == plan.project && plan.accounts.get(&p.account) == Some(&p.account_id);
    if let Some(place) = places.find(|place| !ours(place)) {
        return Err(format!(
            "Something in it lies in account {} and belongs to the project \"{}\", which the plan is not about: it was altered.",
            place.account_id, place.project
        ));
    }
    let kept = plan
        .evidence
        .as_ref()
        .and_then(|evidence| Some(evidence.policy_of(&plan.project, plan.accounts.get(&evidence.account)?)));
    // Where there is no policy, no place of one is written down either.
    match plan.policies.is_none() || kept == plan.policies.place {
        true => Ok(()),
        false => Err("Its policy is kept where its evidence block does not say: it was altered.".into()),
    }
}

fn sha256(body: &str) -> String {
    hex::encode(Sha256::digest(body))
}
