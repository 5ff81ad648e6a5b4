//! Under which policy of approvals something stands: a mark on the object itself, so that a posture that names another place
//! for its policy, or none, still meets the one that is in force. There is no state file that could remember it.
//!
//! The mark is a tag, set like tags that a block declares, wherever a posture declares both a policy and a bucket in which
//! it is kept. It stays when the posture does so no more, and when the resource is released: only whoever changes tags
//! without backstay takes it off.

use super::AnyKind;
use super::guarded::set;
use crate::diag::{Diagnostic, code};
use crate::model::PolicyPlace;
use serde_json::Value as Json;

/// The tag that says where the policy is kept.
pub const POLICY_TAG: &str = "backstay:policy";

/// The most characters of a tag's value, in any service.
pub const LONGEST: usize = 256;

/// Adds the mark to a spec.
pub(super) fn mark(spec: &mut Json, place: &PolicyPlace) {
    set(spec, POLICY_TAG, &place.to_string());
}

/// Where the policy is kept under which something live stands, as it says itself.
///
/// # Errors
/// When the stored live state is not the kind's, or the mark says nothing that can be read.
pub fn place(kind: &dyn AnyKind, have: &Json) -> Result<Option<PolicyPlace>, Diagnostic> {
    // Where they could not be read, nothing of it is changed (`guarded::diff`).
    let tags = kind.tags(have)?;
    let Some(text) = tags.present().and_then(|tags| tags.get(POLICY_TAG)) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|why| {
        Diagnostic::error(
            code::POLICY_UNKNOWN,
            format!("The tag {POLICY_TAG} of a {} says where its policy is kept, and {why}.", kind.name()),
        )
        .remedy("Nothing was changed. Find out who changed the tag; without it the resource stands under the posture's policy alone.")
    })
}
