//! A bucket that no block declares any more.

use super::tag_path;
use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::marked::{CREATING_TAG, PROJECT_TAG};
use crate::kinds::s3_bucket::live::{Live, Part};
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::order;
use crate::model::change::{Action, AttributeChange, Diff, Stage};
use crate::model::{Judgement, Place};
use serde_json::Value as Json;

/// See [`Kind::release`](crate::kinds::Kind::release): the mark goes, everything else stays.
pub(in crate::kinds::s3_bucket) fn release(have: &Live, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    diff.action = Action::Release;
    match have.tags.as_ref().map(|t| t.known()) {
        Some(Ok(tags)) => {
            let mut left = tags.cloned().unwrap_or_default();
            if left.get(PROJECT_TAG) == Some(&place.project) {
                left.remove(PROJECT_TAG);
                left.remove(CREATING_TAG);
                left.remove(GUARD_TAG);
                let change = AttributeChange::judged(
                    tag_path(PROJECT_TAG),
                    place.project.as_str().into(),
                    Json::Null,
                    order::noted(
                        Judgement::neutral(),
                        "the bucket, its objects and its settings stay; backstay no longer looks at it",
                    ),
                );
                diff.push(Stage::Remove, Op::PutTags { tags: left }, [change]);
            } else {
                diff.action = Action::NoOp;
            }
        }
        Some(Err(unknown)) => diff.unreadable.push(unknown.clone()),
        None => diff.unreadable.push(Part::Tags.not_read()),
    }
    diff
}
