//! What changes are judged by besides their own resource, kept in the plan so that it can be judged again.

use super::Step;
use crate::diag::Diagnostic;
use crate::kinds::among::Among;
use crate::kinds::{self, AnyKind};
use crate::live::{Entry, Snapshot};
use crate::model::{AccountId, Desired, Observed, Unreadable};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What was seen of everything in the posture that [selects](kinds::Kind::SELECTS), whether or not the plan is
/// about it.
pub(super) fn witnesses(declared: &[Desired], snapshot: &Snapshot) -> Vec<Entry> {
    let selects = |kind: &str| kinds::find(kind).is_some_and(AnyKind::selects);
    let seen = snapshot.entries().iter();
    let mut all: Vec<Entry> = seen
        .filter(|e| selects(&e.kind) && e.ident != kinds::UNDISCOVERED)
        .filter_map(|entry| {
            // What does not fit its kind tells nothing of what it selects.
            let seen = settle(kinds::find(&entry.kind)?, &entry.seen).unwrap_or_else(|_| not_in_snapshot());
            Some(Entry {
                seen,
                ..entry.clone()
            })
        })
        .collect();
    let unread = declared
        .iter()
        .filter(|d| selects(&d.kind) && snapshot.get(&d.kind, &d.place, &d.ident).is_none());
    all.extend(unread.map(|desired| Entry {
        kind: desired.kind.clone(),
        place: desired.place.clone(),
        ident: desired.ident.clone(),
        seen: not_in_snapshot(),
    }));
    all
}

/// The rest of the posture, as changes are judged by it.
pub(super) fn among(
    accounts: &BTreeMap<String, AccountId>,
    witnesses: &[Entry],
) -> Result<Among, Diagnostic> {
    let seen = witnesses.iter().filter_map(|entry| {
        let kind = kinds::find(&entry.kind)?;
        Some((kind, &entry.place, entry.ident.as_str(), &entry.seen))
    });
    Among::new(accounts.values(), seen)
}

/// Whether a judgement of these steps can depend on other resources: on what goes by tags.
pub(super) fn judged_by_others(steps: &[Step]) -> bool {
    let mut attributes = steps.iter().flat_map(|step| &step.attributes);
    attributes.any(|attribute| attribute.path.starts_with("tags["))
}

/// What is known of something that nobody looked at.
pub(super) fn not_in_snapshot() -> Observed<Json> {
    Observed::Unreadable(Unreadable {
        action: String::new(),
        why: "it is not in the snapshot".into(),
        denied: false,
    })
}

/// What was seen, without what changes by itself.
pub(super) fn settle(kind: &dyn AnyKind, seen: &Observed<Json>) -> Result<Observed<Json>, Diagnostic> {
    Ok(match seen {
        Observed::Present(have) => Observed::Present(kind.settled(have)?),
        other => other.clone(),
    })
}
