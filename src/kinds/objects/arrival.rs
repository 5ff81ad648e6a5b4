//! Whether what a bucket holds lies in its replica too.

use super::listing::{Bucket, Page, Version};
use crate::aws::AwsError;
use crate::model::fact::{Arrival, Missing};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Pages of the replica that are read at most: it may hold what others put there, and what the source has deleted.
const PAGES: usize = 4;

/// What is written later than `until` may be on its way.
pub(super) async fn read(
    from: &Bucket<'_>,
    to: &Bucket<'_>,
    prefix: &str,
    until: Timestamp,
) -> Result<Arrival, AwsError> {
    let (source, first) = futures::join!(from.first(prefix), to.first(prefix));
    let source = source.as_ref().as_ref().map_err(Clone::clone)?;
    let mut there = There::default();
    there.take(first.as_ref().as_ref().map_err(Clone::clone)?);
    let last = source.versions.iter().map(|v| &v.key).max();
    for _ in 1..PAGES {
        let Some(next) = there.next.clone() else { break };
        if last.is_none_or(|last| *last < next.key) {
            break;
        }
        let page = to.page(prefix, Some(&next)).await?;
        // A server that hands out the same page for ever has nothing more to say.
        if page.next.as_ref() == Some(&next) {
            break;
        }
        there.take(&page);
    }
    Ok(compare(source, &there, until))
}

/// What was seen of the replica.
#[derive(Default)]
struct There {
    ids: BTreeSet<(String, String)>,
    tags: BTreeSet<(String, String)>,
    one_zone: bool,
    next: Option<super::listing::Marker>,
}

impl There {
    fn take(&mut self, page: &Page) {
        for version in &page.versions {
            self.ids.insert((version.key.clone(), version.id.clone()));
            if let Some(tag) = &version.tag {
                self.tags.insert((version.key.clone(), tag.clone()));
            }
            self.one_zone |= version.one_zone;
        }
        self.next.clone_from(&page.next);
    }

    /// Whether it was read so far that a key not seen is not there.
    fn reaches(&self, key: &str) -> bool {
        self.next.as_ref().is_none_or(|next| key < next.key.as_str())
    }

    /// Copies have the id of what they are copies of. What was written before there were versions has none that could be
    /// told apart, and is known by its contents.
    fn has(&self, version: &Version) -> bool {
        let named = |by: &str| (version.key.clone(), by.to_owned());
        self.ids.contains(&named(&version.id)) && version.id != NONE
            || version.id == NONE
                && version
                    .tag
                    .as_ref()
                    .is_some_and(|tag| self.tags.contains(&named(tag)))
    }
}

/// The id of what was written while no versions were kept.
const NONE: &str = "null";

fn compare(source: &Page, there: &There, until: Timestamp) -> Arrival {
    let mut arrival = Arrival {
        whole: source.next.is_none(),
        one_zone: there.one_zone,
        ..Arrival::default()
    };
    let replaced = replaced(source);
    let mut history_from: Option<Timestamp> = None;
    let mut first: Option<&Version> = None;
    let mut newest: Option<(Timestamp, bool)> = None;
    for version in source.versions.iter().filter(|v| v.written <= until) {
        if !there.reaches(&version.key) {
            arrival.whole = false;
            continue;
        }
        arrival.compared += 1;
        let has = there.has(version);
        // Of two that were written at once, one that is missing is enough.
        newest = match newest {
            Some((at, _)) if at > version.written => newest,
            Some((at, all)) if at == version.written => Some((at, all && has)),
            _ => Some((version.written, has)),
        };
        if has {
            continue;
        }
        if version.current {
            arrival.missing += 1;
            if first.is_none_or(|first| version.written < first.written) {
                first = Some(version);
            }
        } else {
            // One whose successor was not listed was replaced at some time up to now.
            let ended = replaced.get(&(&version.key, version.id.as_str())).copied();
            history_from = history_from.max(Some(ended.unwrap_or(until)));
        }
    }
    arrival.first = first.map(|version| Missing {
        key: version.key.clone(),
        written: version.written.to_string(),
    });
    arrival.history_from = history_from.map(|t| t.to_string());
    arrival.newest = newest.filter(|(_, has)| *has).map(|(at, _)| at.to_string());
    arrival
}

/// When each version was replaced or deleted, by its key and id: when the next of its key was written.
fn replaced(page: &Page) -> BTreeMap<(&String, &str), Timestamp> {
    let mut times: BTreeMap<&String, BTreeSet<Timestamp>> = BTreeMap::new();
    for version in &page.versions {
        times.entry(&version.key).or_default().insert(version.written);
    }
    for (key, at) in &page.deletions {
        times.entry(key).or_default().insert(*at);
    }
    let ended = page.versions.iter().filter_map(|version| {
        let later = times
            .get(&version.key)?
            .range(version.written..)
            .find(|t| **t > version.written);
        Some(((&version.key, version.id.as_str()), *later?))
    });
    ended.collect()
}
