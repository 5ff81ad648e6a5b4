//! `lifecycle { prevent_release = true }`: a mark on the object itself, so that a plan still refuses to let
//! go of it when the block that said so is gone. There is no state file that could remember it.
//!
//! The mark is a tag, set and compared like tags that a block declares. It is lifted by a block without
//! `prevent_release`, which makes it say so; a deleted block lifts nothing.

use super::AnyKind;
use super::marked::PROJECT_TAG;
use crate::diag::{Diagnostic, code};
use crate::model::change::{AttributeChange, Diff, Direction};
use crate::model::{Desired, Finding, Observed, Place, Unreadable};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The tag of an object that must not be released.
pub const GUARD_TAG: &str = "backstay:prevent-release";

const GUARDED: &str = "true";
const LIFTED: &str = "false";

/// Whether something live carries the mark, or may: its tags could not be read.
///
/// # Errors
/// When the stored live state is not the kind's.
pub fn is_guarded(kind: &dyn AnyKind, have: &Json) -> Result<bool, Diagnostic> {
    Ok(match kind.tags(have)? {
        Observed::Present(tags) => marked(&tags),
        Observed::Absent => false,
        Observed::Unreadable(_) => true,
    })
}

fn marked(tags: &BTreeMap<String, String>) -> bool {
    tags.get(GUARD_TAG).is_some_and(|v| v == GUARDED)
}

/// Adds the mark to a spec. What holds data gets the project's mark too: it may have existed before, and
/// only what carries that mark is found again.
pub(super) fn mark(kind: &dyn AnyKind, spec: &mut Json, place: &Place) {
    set(spec, GUARD_TAG, GUARDED);
    if kind.holds_data() {
        set(spec, PROJECT_TAG, &place.project);
    }
}

pub(super) fn set(spec: &mut Json, key: &str, value: &str) {
    let Some(spec) = spec.as_object_mut() else { return };
    let tags = spec.entry("tags").or_insert(Json::Null);
    if tags.is_null() {
        *tags = Json::Object(serde_json::Map::new());
    }
    if let Some(tags) = tags.as_object_mut() {
        tags.insert(key.to_owned(), Json::from(value));
    }
}

/// Compares a resource with what is live, its mark included.
///
/// # Errors
/// When the stored spec or live state is not the kind's.
pub fn diff(kind: &dyn AnyKind, desired: &Desired, have: Option<&Json>) -> Result<Diff<Json>, Diagnostic> {
    let wanted = desired.wanted(have.is_some());
    let declared = wanted.get("tags").and_then(|tags| tags.get(GUARD_TAG)).is_some();
    let tags = match have {
        Some(have) => kind.tags(have)?,
        None => Observed::Absent,
    };
    let live = !declared && tags.present().is_some_and(marked);
    let mut diff = if live {
        let mut lifted = wanted.clone();
        set(&mut lifted, GUARD_TAG, LIFTED);
        kind.diff(&lifted, have, &desired.place)?
    } else {
        kind.diff(wanted, have, &desired.place)?
    };
    let path = format!("tags[{}]", Json::from(GUARD_TAG));
    let attributes = diff.changes.iter_mut().flat_map(|c| &mut c.attributes);
    attributes.filter(|a| a.path == path).for_each(judge);
    if let Some(have) = have.filter(|_| declared && kind.holds_data() && !diff.out_of_reach) {
        anothers(kind, have, desired, &mut diff)?;
    }
    if let Observed::Unreadable(why) = tags {
        unknown_marks(&mut diff, &why);
    }
    Ok(diff)
}

/// What is changed has to say first whether it is guarded, and under which policy of approvals it stands.
fn unknown_marks(diff: &mut Diff<Json>, why: &Unreadable) {
    let told = diff.unreadable.iter().any(|other| other.action == why.action);
    if !diff.changes.is_empty() && !told {
        diff.unreadable.push(Unreadable {
            why: format!(
                "{}; its tags say under which policy of approvals it stands, so that nothing of it is changed without them",
                why.why
            ),
            ..why.clone()
        });
    }
}

/// What another project has marked as its own is not taken from it.
fn anothers(
    kind: &dyn AnyKind,
    have: &Json,
    desired: &Desired,
    diff: &mut Diff<Json>,
) -> Result<(), Diagnostic> {
    let tags = kind.tags(have)?;
    let owner = tags.present().and_then(|tags| tags.get(PROJECT_TAG));
    let owner = owner.filter(|p| **p != desired.place.project);
    if let Some(owner) = owner {
        diff.out_of_reach = true;
        diff.findings.push(Finding {
            path: format!("tags[{}]", Json::from(PROJECT_TAG)),
            want: desired.place.project.as_str().into(),
            have: owner.as_str().into(),
            why: format!(
                "the project \"{owner}\" has marked it as its own, and prevent_release would take it over"
            ),
        });
        diff.changes.clear();
    }
    Ok(())
}

fn judge(change: &mut AttributeChange) {
    let (direction, reason) = if change.after == GUARDED {
        (
            Direction::Strengthens,
            "a plan refuses to release it, even when its block is gone",
        )
    } else {
        (Direction::Weakens, "it may be released once its block is gone")
    };
    change.direction = direction;
    change.reason = Some(reason.to_owned());
}

/// What a plan finds of something guarded that no block declares any more: nothing that it could do.
pub fn kept(ident: &str) -> Diff<Json> {
    let mut diff = Diff::new();
    diff.findings.push(Finding {
        path: format!("tags[{}]", Json::from(GUARD_TAG)),
        want: Json::Null,
        have: GUARDED.into(),
        why: format!(
            "no block declares {ident} any more, and prevent_release keeps a plan from letting it go"
        ),
    });
    diff
}

/// Why something that no block declares any more stays where it is.
pub fn refusal(kind: &str, ident: &str, place: &Place) -> Diagnostic {
    Diagnostic::error(
        code::RELEASE_PREVENTED,
        format!(
            "The {kind} \"{ident}\" in {} was declared with prevent_release, and no block declares it any more.",
            place.scope()
        ),
    )
    .remedy(format!(
        "Declare it again as it was. To let go of it, first apply its block without prevent_release, then delete the \
         block. Whoever cannot do that may remove the tag {GUARD_TAG} from it."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ALL;
    use crate::model::types::Type;

    /// The mark is a tag like any other: a kind without them could not be guarded.
    #[test]
    fn every_kind_takes_tags() {
        for kind in ALL {
            let tags = kind.schema().attribute("tags");
            assert_eq!(
                tags.map(|t| (&t.ty, t.required)),
                Some((&Type::map(Type::String), false)),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn only_what_a_role_is_made_of_keeps_its_own_mark() {
        let place = Place {
            account: "a".into(),
            account_id: "111111111111".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
            project: "acme".into(),
        };
        let marked = |kind: &str, mut spec: Json| {
            mark(crate::kinds::find(kind).unwrap(), &mut spec, &place);
            spec
        };
        assert_eq!(
            marked("s3_bucket", serde_json::json!({ "name": "x", "tags": null })),
            serde_json::json!({ "name": "x", "tags": { GUARD_TAG: "true", PROJECT_TAG: "acme" } })
        );
        assert_eq!(
            marked("writer_role", serde_json::json!({ "tags": { "a": "b" } })),
            serde_json::json!({ "tags": { "a": "b", GUARD_TAG: "true" } })
        );
    }
}
