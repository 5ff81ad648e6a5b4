//! The making of a role takes several writes, and can be cut off between any two. The role says by a tag that it
//! is not finished: what it lacks says nothing, since a role without an inline policy is an ordinary one.

use super::live::LiveRole;
use super::write::NewRole;
use crate::kinds::marked::{CREATING_TAG, PROJECT_TAG};
use crate::model::{AttributeChange, Judgement, Place};
use serde_json::Value as Json;

impl NewRole {
    /// The same role, which says that more is written to it before it is finished.
    #[must_use]
    pub fn unfinished(mut self, place: &Place) -> Self {
        self.tags.insert(CREATING_TAG.to_owned(), place.project.clone());
        self
    }
}

impl LiveRole {
    /// Whether it has of its making no more than a part: it says that it is not finished, and all that it may do is
    /// `of_its_making`, the managed policies that it is to get. Whoever may tag can set a tag; what may do anything else
    /// is judged like any other role.
    pub fn is_half_made<'a>(
        &self,
        of_its_making: impl IntoIterator<Item = &'a String>,
        place: &Place,
    ) -> bool {
        let given: Vec<&String> = of_its_making.into_iter().collect();
        let nothing_else = self.attached.iter().all(|policy| given.contains(&&policy.arn));
        self.says_unfinished(place) && self.inline.is_empty() && nothing_else
    }

    /// The end of a making that was cut off; `None` for a role that does not say so. `young` is
    /// [`is_half_made`](Self::is_half_made).
    pub fn finished(&self, young: bool, place: &Place) -> Option<AttributeChange> {
        let mut judgement = Judgement::neutral();
        judgement.reason = Some(match young {
            true => "an apply that created the role was cut off; this one finishes it".to_owned(),
            false => {
                "an apply that created the role was cut off; it is judged like any other, since it may do something \
                 already"
                    .to_owned()
            }
        });
        let mark = Json::from(place.project.as_str());
        self.says_unfinished(place)
            .then(|| AttributeChange::judged(mark_path(), mark, Json::Null, judgement))
    }

    fn says_unfinished(&self, place: &Place) -> bool {
        let ours = |name: &str| self.tags.get(name) == Some(&place.project);
        ours(PROJECT_TAG) && ours(CREATING_TAG)
    }
}

/// The path of the attribute with which a making ends.
pub fn mark_path() -> String {
    format!("tags[{}]", Json::from(CREATING_TAG))
}
