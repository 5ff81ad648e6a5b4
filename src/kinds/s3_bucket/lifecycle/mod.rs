//! Lifecycle rules: what they say, and when two documents say the same.
//!
//! S3 keeps one document for each bucket and replaces it whole, so everything that a rule can
//! hold is modelled: rules of others have to survive our writes unchanged.

mod change;
mod wanted;
pub(super) mod wire;

pub(super) use change::{Circumstances, diff};

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rules whose id begins so are backstay's; all others belong to somebody else.
pub(super) const OURS: &str = "backstay-";

/// Which objects a rule is about. Legacy `Prefix` and every spelling of "all" become one form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Filter {
    /// Keys that begin so; empty for all.
    pub prefix: String,
    /// Objects that carry all of these tags.
    pub tags: BTreeMap<String, String>,
    /// Objects of more bytes than this.
    pub larger_than: Option<i64>,
    /// Objects of fewer bytes than this.
    pub smaller_than: Option<i64>,
}

impl Filter {
    /// Keys that begin so, and nothing else.
    pub fn prefix(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..Self::default()
        }
    }

    /// True when tags or sizes narrow it further.
    pub fn narrowed(&self) -> bool {
        !self.tags.is_empty() || self.larger_than.is_some() || self.smaller_than.is_some()
    }

    /// True when every object that `other` is about is among this filter's.
    pub fn covers(&self, other: &Filter) -> bool {
        !self.narrowed() && other.prefix.starts_with(&self.prefix)
    }
}

/// When something happens to a current object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many days after it was written.
    Days(u32),
    /// From this day on, RFC 3339.
    Date(String),
}

/// One thing that a rule does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Deletes current objects.
    Expire(When),
    /// Deletes delete markers that hide nothing any more.
    ExpireDeleteMarkers,
    /// Moves current objects.
    Transition {
        /// When.
        when: When,
        /// Where to, as S3 spells it.
        class: String,
    },
    /// Deletes replaced versions for good.
    ExpireNoncurrent {
        /// Days after they were replaced.
        days: u32,
        /// How many are kept whatever their age.
        keep: Option<u32>,
    },
    /// Moves replaced versions.
    TransitionNoncurrent {
        /// Days after they were replaced.
        days: u32,
        /// Where to, as S3 spells it.
        class: String,
        /// How many stay where they are, whatever their age.
        keep: Option<u32>,
    },
    /// Gives up on multipart uploads after so many days.
    AbortMultipart(u32),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name within the bucket.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which objects it is about.
    pub filter: Filter,
    /// What it does; a set, as S3 gives the order no meaning.
    pub effects: BTreeSet<Effect>,
}

impl Rule {
    /// Whether backstay wrote it.
    pub fn is_ours(&self) -> bool {
        self.id.starts_with(OURS)
    }

    /// What it does to what, rule by rule no more: two documents with the same atoms mean the same.
    fn atoms(&self) -> impl Iterator<Item = (&Filter, &Effect)> {
        self.effects
            .iter()
            .filter(|_| self.enabled)
            .map(|effect| (&self.filter, effect))
    }

    /// Days until a current object is deleted.
    pub fn current_days(&self) -> Option<u32> {
        self.effects.iter().find_map(|e| match e {
            Effect::Expire(When::Days(days)) => Some(*days),
            _ => None,
        })
    }

    /// Whether current objects are deleted, by age or from a day on.
    pub fn expires_current(&self) -> bool {
        self.effects.iter().any(|e| matches!(e, Effect::Expire(_)))
    }

    /// Days until a replaced version is deleted, and how many are kept.
    pub fn noncurrent(&self) -> Option<(u32, Option<u32>)> {
        self.effects.iter().find_map(|e| match e {
            Effect::ExpireNoncurrent { days, keep } => Some((*days, *keep)),
            _ => None,
        })
    }
}

/// All rules of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lifecycle {
    /// In the order given.
    pub rules: Vec<Rule>,
    /// Which small objects are moved; sent back as it was read.
    pub minimum_object_size: Option<String>,
}
