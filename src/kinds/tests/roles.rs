//! What IAM shows of roles after our writes, for the kinds that are roles.

use crate::kinds::iam::PROJECT_TAG;
use crate::kinds::iam::live::{LivePolicy, LiveRole, Settings};
use crate::kinds::iam::write::NewRole;
use crate::kinds::testing::place;
use crate::model::Observed;
use crate::model::policy::{Document, Effect, Statement};
use std::collections::BTreeMap;

/// A managed policy's text, by its ARN: what its name says, with `s3:` before it.
pub(in crate::kinds) fn managed(arn: &str) -> LivePolicy {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let (effect, action) = match name.strip_prefix("deny-") {
        Some(action) => (Effect::Deny, action),
        None => (Effect::Allow, name),
    };
    LivePolicy {
        arn: arn.to_owned(),
        document: Some(Observed::Present(Document::new([Statement::new(
            effect,
            [format!("s3:{action}")],
            ["*"],
        )]))),
    }
}

/// The role after a creation; one that is there already is adopted.
pub(in crate::kinds) fn created(there: Option<LiveRole>, name: &str, new: &NewRole) -> LiveRole {
    let mut role = there.unwrap_or_else(|| LiveRole {
        name: name.to_owned(),
        path: new.path.clone(),
        arn: format!("arn:aws:iam::111111111111:role{}{name}", new.path),
        trust: Observed::Absent,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        boundary: None,
        tags: new
            .tags
            .clone()
            .into_iter()
            .chain([(PROJECT_TAG.to_owned(), place().project)])
            .collect(),
        settings: Some(Observed::Present(Settings {
            description: new.description.clone().unwrap_or_default(),
            max_session: new.max_session.unwrap_or(3600),
        })),
    });
    role.trust = Observed::Present(new.trust.clone());
    role.boundary = new.boundary.as_deref().map(managed).or(role.boundary);
    role
}

pub(in crate::kinds) fn settled(role: &mut LiveRole, description: String, max_session: u32) {
    role.settings = Some(Observed::Present(Settings {
        description,
        max_session,
    }));
}
