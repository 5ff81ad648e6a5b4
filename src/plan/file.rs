//! Saved plans: two lines of JSON, a head and the plan. The head holds the digest of the
//! second line's bytes, so a plan that was altered by one byte is refused.

use super::{Plan, order, planner};
use crate::diag::{Diagnostic, code};
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
    // The steps of a resource are looked up by this order; out of it, some would not be seen.
    if !plan.steps.is_sorted_by(|a, b| a.address <= b.address) {
        return Err(bad(
            "It does not fit this version: its steps are not sorted.".into()
        ));
    }
    if let Err(address) = order::check(&plan.steps) {
        return Err(bad(format!(
            "A step of {address} waits for what never comes, or for too little: its order was altered."
        )));
    }
    // The digest keeps accidents out; whoever writes a file can write a digest, too.
    if let Err(address) = planner::rederive(&plan) {
        return Err(bad(format!(
            "What it would do to {address} is not what was planned for it: it was altered, or made by another build of \
             this version."
        )));
    }
    if plan.validity.is_none() {
        return Err(bad("It does not say how long it is valid: it was altered.".into()));
    }
    Ok((plan, head.sha256))
}

fn sha256(body: &str) -> String {
    hex::encode(Sha256::digest(body))
}
