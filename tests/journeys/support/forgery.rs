//! What whoever can write a plan's file would write.

use backstay::plan::{self, Plan};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// The plan in a file, as JSON.
pub(crate) fn body(file: &str) -> Json {
    let (_, body) = file.split_once('\n').unwrap();
    serde_json::from_str(body).unwrap()
}

/// A file for this plan, with the digest that fits: as the program itself would write it, where it is a plan at all.
pub(crate) fn file_of(body: Json) -> String {
    if let Ok(plan) = serde_json::from_value::<Plan>(body.clone()) {
        return plan::store(&plan).unwrap();
    }
    let body = body.to_string();
    let digest = hex::encode(Sha256::digest(&body));
    let head = serde_json::json!({ "backstay_plan": 2, "tool": "0.1.0", "sha256": digest });
    format!("{head}\n{body}\n")
}

/// A plan's file with a change in it.
pub(crate) fn forged(file: &str, change: impl FnOnce(&mut Json)) -> String {
    let mut body = body(file);
    change(&mut body);
    file_of(body)
}
