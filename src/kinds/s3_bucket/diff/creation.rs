//! A creation takes many writes, and can be cut off between any two. The bucket says by a tag that it is
//! not finished, so that the rest of its declaration is judged as it was when nothing was there: rules
//! that expire objects take nothing away from a bucket that nobody has been told to use.

use super::{Comparison, tag_path};
use crate::kinds::marked::{CREATING_TAG, PROJECT_TAG};
use crate::kinds::s3_bucket::live::Tags;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::order;
use crate::kinds::s3_bucket::spec::Ownership;
use crate::model::Judgement;
use crate::model::change::{AttributeChange, Change, Direction, Stage};
use serde_json::Value as Json;

impl Comparison<'_> {
    /// Whether it is being created: not there yet, or left by an apply that did not come to its end.
    pub(super) fn is_young(&self) -> bool {
        self.is_new() || self.unfinished().is_some()
    }

    /// The tags of a bucket of this project whose creation was cut off. It has to be empty: a tag can be set by whoever
    /// may tag, and what holds something has something to lose.
    fn unfinished(&self) -> Option<&Tags> {
        self.marked()
            .filter(|_| self.have.is_some_and(|live| live.is_empty == Some(true)))
    }

    /// The tags of a bucket of this project that says it is being created.
    fn marked(&self) -> Option<&Tags> {
        let tags = self.have?.tags.as_ref()?.present()?;
        let ours = |name: &str| tags.get(name) == Some(&self.place.project);
        (ours(PROJECT_TAG) && ours(CREATING_TAG)).then_some(tags)
    }

    /// Judges what belongs to a creation, and marks its beginning and its end.
    pub(super) fn creation(&mut self) {
        let young = self.is_young();
        if !young && self.marked().is_none() {
            return;
        }
        let mut harmless = false;
        for change in self.diff.changes.iter_mut().flat_map(|c| &mut c.attributes) {
            // Nothing is stored yet, so nothing can be lost.
            if young && change.direction == Direction::Weakens {
                change.direction = Direction::Neutral;
                change.reason = None;
                change.incomparable = false;
                harmless = true;
            }
        }
        if let Some(tags) = self.marked() {
            let note = match young {
                true => "an apply that created the bucket was cut off; this one finishes it",
                false => {
                    "an apply that created the bucket was cut off; it is judged like any other, since it is not \
                     known to be empty"
                }
            };
            let mut left = tags.clone();
            left.extend(self.want.tags.clone().unwrap_or_default());
            left.remove(CREATING_TAG);
            let change = AttributeChange::judged(
                tag_path(CREATING_TAG),
                self.place.project.as_str().into(),
                Json::Null,
                order::noted(Judgement::neutral(), note),
            );
            self.diff.push(Stage::Lock, Op::PutTags { tags: left }, [change]);
            return;
        }
        // Only where the rest would have to be approved: others can be finished without a mark.
        let expires = self.want.object_lock.is_some() || !self.want.expire.is_empty();
        let opens = self.want.public_access == Some(true)
            || (self.want.ownership).is_some_and(|o| o != Ownership::BucketOwnerEnforced);
        let needs_approval = harmless || opens || (expires && self.want.wants_lifecycle());
        if !needs_approval {
            return;
        }
        let mut finished = None;
        for change in &mut self.diff.changes {
            if let Op::Create { tags, .. } = &mut change.op {
                finished = Some(tags.clone());
                tags.insert(CREATING_TAG.to_owned(), self.place.project.clone());
            }
        }
        self.diff.changes.extend(finished.map(|tags| Change {
            op: Op::PutTags { tags },
            stage: Stage::Lock,
            attributes: Vec::new(),
        }));
    }
}
