//! The least IAM policy for a posture, as a document to attach.

use crate::kinds::Permission;
use crate::model::policy::{Document, Effect, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Groups permissions that name the same resources into one statement each.
pub fn document(permissions: &[Permission]) -> Document {
    let mut resources_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for permission in permissions {
        resources_of
            .entry(permission.action)
            .or_default()
            .insert(&permission.resource);
    }
    let mut actions_of: BTreeMap<BTreeSet<&str>, BTreeSet<&str>> = BTreeMap::new();
    for (action, mut resources) in resources_of {
        if resources.contains("*") {
            resources = BTreeSet::from(["*"]);
        }
        actions_of.entry(resources).or_default().insert(action);
    }
    Document::new(
        actions_of
            .into_iter()
            .map(|(resources, actions)| Statement::new(Effect::Allow, actions, resources)),
    )
}
