//! The live state as data: what `--snapshot FILE` saves and replays.

use super::objects::Objects;
use crate::diag::{Diagnostic, code};
use crate::kinds::ReadAnswer;
use crate::model::fact::KeyFacts;
use crate::model::{AccountId, Arn, Membership, Observed, Place, Principal};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A moment, RFC 3339 in UTC.
pub type Timestamp = jiff::Timestamp;

const VERSION: u32 = 2;

/// One thing that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its kind.
    pub kind: String,
    /// Where it was looked for.
    pub place: Place,
    /// How the cloud names it.
    pub ident: String,
    /// What was seen: the kind's `Live`, as data.
    pub seen: Observed<Json>,
}

/// Everything that one read of the cloud gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    version: u32,
    /// The version of backstay that made it.
    pub tool: String,
    /// When reading began.
    pub taken_at: Timestamp,
    /// The number of each account.
    pub accounts: BTreeMap<String, AccountId>,
    /// Everybody who can act, by account; empty when no proof was asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub principals: BTreeMap<AccountId, Observed<Vec<Principal>>>,
    /// What their organization lets them do at most, by account; empty when no proof was asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub memberships: BTreeMap<AccountId, Observed<Membership>>,
    /// The keys that copies are under and that no block names, by how the copies name them; empty when no proof was asked
    /// for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<Arn, Observed<KeyFacts>>,
    /// What lies in buckets, as far as proofs need it.
    #[serde(default, skip_serializing_if = "Objects::is_empty")]
    pub objects: Objects,
    entries: Vec<Entry>,
    #[serde(skip)]
    index: BTreeMap<(String, String, String), usize>,
}

impl Snapshot {
    /// An empty snapshot, taken now.
    pub fn new(accounts: BTreeMap<String, AccountId>) -> Self {
        Self {
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").into(),
            taken_at: Timestamp::now(),
            accounts,
            principals: BTreeMap::new(),
            memberships: BTreeMap::new(),
            keys: BTreeMap::new(),
            objects: Objects::default(),
            entries: Vec::new(),
            index: BTreeMap::new(),
        }
    }

    /// Adds what reading one place gave.
    pub fn add(&mut self, kind: &str, place: &Place, answer: ReadAnswer) {
        for (ident, seen) in answer {
            self.index.insert(key(kind, place, &ident), self.entries.len());
            self.entries.push(Entry {
                kind: kind.to_owned(),
                place: place.clone(),
                ident,
                seen,
            });
        }
    }

    /// What was seen of one resource; `None` when it was not looked for.
    pub fn get(&self, kind: &str, place: &Place, ident: &str) -> Option<&Observed<Json>> {
        let at = self.index.get(&key(kind, place, ident))?;
        self.entries.get(*at).map(|e| &e.seen)
    }

    /// Everything that was read.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// As a file.
    ///
    /// # Errors
    /// When something in it is no JSON, which would be a defect.
    pub fn to_json(&self) -> Result<String, Diagnostic> {
        serde_json::to_string_pretty(self)
            .map_err(|e| Diagnostic::error(code::INTERNAL, format!("the snapshot cannot be written: {e}.")))
    }

    /// From a file.
    ///
    /// # Errors
    /// When the text is no snapshot of this version.
    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        let bad = |why: String| {
            Diagnostic::error(code::FILE_UNREADABLE, format!("this is not a snapshot: {why}."))
                .remedy("Make one with `backstay plan --save-snapshot FILE`.")
        };
        let mut snapshot: Self = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        if snapshot.version != VERSION {
            return Err(bad(format!(
                "it has version {}, this program reads version {VERSION}",
                snapshot.version
            )));
        }
        snapshot.index = snapshot
            .entries
            .iter()
            .enumerate()
            .map(|(i, e)| (key(&e.kind, &e.place, &e.ident), i))
            .collect();
        Ok(snapshot)
    }
}

fn key(kind: &str, place: &Place, ident: &str) -> (String, String, String) {
    (kind.to_owned(), place.scope().to_string(), ident.to_owned())
}
