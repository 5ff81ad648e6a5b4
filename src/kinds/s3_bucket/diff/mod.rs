//! What has to change about a bucket.

mod creation;
mod lock;
mod release;
mod rules;
mod settings;

pub(super) use release::release;

use super::keys;
use super::live::{Live, Part, Seen};
use super::op::Op;
use super::spec::Spec;
use crate::kinds::marked::PROJECT_TAG;
use crate::model::change::{Action, AttributeChange, Diff, Stage};
use crate::model::{Finding, Judgement, Place, Unreadable};
use serde_json::Value as Json;

/// All that is known while a bucket is compared.
struct Comparison<'a> {
    want: &'a Spec,
    /// `None` when the bucket does not exist.
    have: Option<&'a Live>,
    place: &'a Place,
    diff: Diff<Op>,
}

/// See [`Kind::diff`](crate::kinds::Kind::diff).
pub(super) fn diff(want: &Spec, have: Option<&Live>, place: &Place) -> Diff<Op> {
    let mut c = Comparison {
        want,
        have,
        place,
        diff: Diff::new(),
    };
    if let Some(finding) = have.and_then(|live| out_of_reach(want, live, place)) {
        c.diff.findings.push(finding);
        c.diff.out_of_reach = true;
        return c.diff;
    }
    if let Some(live) = have {
        for unknown in keys::out_of_use(want, live, place) {
            c.unreadable(unknown);
        }
    }
    c.create();
    // Before versioning, whose first moment it has to precede where no versions can be there yet.
    c.lifecycle();
    c.versioning();
    c.encryption();
    c.public_access();
    c.ownership();
    c.tags();
    c.lock();
    c.policy();
    c.replication();
    c.done()
}

/// A bucket that is not the one that is meant: another region's, or another project's.
fn out_of_reach(want: &Spec, live: &Live, place: &Place) -> Option<Finding> {
    if let Some(region) = live.region.as_ref().filter(|r| **r != place.region) {
        return Some(Finding {
            path: "region".to_owned(),
            want: place.region.as_str().into(),
            have: region.as_str().into(),
            why: format!(
                "the bucket {} exists in {region}, and a bucket can never move. Declare `region = \"{region}\"`, \
                 or choose another name. Nothing of it was compared or changed.",
                want.name
            ),
        });
    }
    let tags = live.tags.as_ref()?.present()?;
    let owner = tags.get(PROJECT_TAG).filter(|p| **p != place.project)?;
    Some(Finding {
        path: format!("tags[\"{PROJECT_TAG}\"]"),
        want: place.project.as_str().into(),
        have: owner.as_str().into(),
        why: format!(
            "the bucket {} is managed by the project \"{owner}\". Two projects that manage one bucket undo each \
             other's work: remove it from one of them, then remove the tag by hand. Nothing of it was changed.",
            want.name
        ),
    })
}

impl<'a> Comparison<'a> {
    fn is_new(&self) -> bool {
        self.have.is_none()
    }

    /// The live value of a setting that has to be compared; `None` when it is not known, which is noted.
    fn seen<T>(&mut self, part: Part, of: fn(&Live) -> &Seen<T>) -> Option<Option<&'a T>> {
        let Some(live) = self.have else {
            return Some(None);
        };
        let unknown = match of(live).as_ref().map(|o| o.known()) {
            Some(Ok(value)) => return Some(value),
            Some(Err(unknown)) => unknown.clone(),
            None => part.not_read(),
        };
        self.unreadable(unknown);
        None
    }

    fn unreadable(&mut self, unknown: Unreadable) {
        if !self.diff.unreadable.contains(&unknown) {
            self.diff.unreadable.push(unknown);
        }
    }

    fn create(&mut self) {
        if !self.is_new() {
            return;
        }
        let mut tags = self.want.tags.clone().unwrap_or_default();
        tags.insert(PROJECT_TAG.to_owned(), self.place.project.clone());
        let lock = self.want.object_lock.is_some();
        let plain =
            |path: &str, value: Json| AttributeChange::judged(path, Json::Null, value, Judgement::neutral());
        let mut attributes = vec![
            plain("name", self.want.name.as_str().into()),
            plain("region", self.place.region.as_str().into()),
        ];
        attributes.extend(
            tags.iter()
                .map(|(key, value)| plain(&tag_path(key), value.as_str().into())),
        );
        if lock {
            let judgement = Judgement::strengthens();
            attributes.push(AttributeChange::judged(
                "object_lock",
                false.into(),
                true.into(),
                judgement,
            ));
        }
        self.diff
            .push(Stage::Create, Op::Create { lock, tags }, attributes);
    }

    fn done(mut self) -> Diff<Op> {
        self.creation();
        self.diff.changes.sort_by_key(|c| c.stage);
        self.diff.action = match (self.is_new(), self.diff.changes.is_empty()) {
            (true, _) => Action::Create,
            (false, true) => Action::NoOp,
            (false, false) => Action::Update,
        };
        self.diff
    }
}

fn tag_path(key: &str) -> String {
    format!("tags[{}]", Json::from(key))
}
