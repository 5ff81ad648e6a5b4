//! Whether what a bucket holds lies in its replica too.

use super::listing::{Bucket, Page, Version};
use crate::aws::AwsError;
use crate::model::fact::{Arrival, Missing};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Pages of the replica that are read at most: it may hold what others put there, and what the source has deleted.
const PAGES: usize = 4;

/// What is written later than `until` may be on its way. Of a bucket with more than a page the first one is compared, and
/// one of each of a few folders that lie behind it.
pub(super) async fn read(
    from: &Bucket<'_>,
    to: &Bucket<'_>,
    prefix: &str,
    until: Timestamp,
) -> Result<Arrival, AwsError> {
    let mut tally = Tally::new(until);
    let Some(after) = under(from, to, prefix, &mut tally).await? else {
        return Ok(tally.arrival());
    };
    for folder in from.behind(prefix, &after).await? {
        under(from, to, &folder, &mut tally).await?;
        tally.arrival.folders.push(folder);
    }
    Ok(tally.arrival())
}

/// Compares the first page under a prefix; where the next one begins, when there is one.
async fn under(
    from: &Bucket<'_>,
    to: &Bucket<'_>,
    prefix: &str,
    tally: &mut Tally,
) -> Result<Option<String>, AwsError> {
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
    tally.compare(source, &there);
    Ok(source.next.as_ref().map(|next| next.key.clone()))
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

/// What was found so far.
struct Tally {
    arrival: Arrival,
    until: Timestamp,
    /// The oldest current version that is missing.
    first: Option<Version>,
    history_from: Option<Timestamp>,
    /// When the newest was written, and whether it is there.
    newest: Option<(Timestamp, bool)>,
}

impl Tally {
    fn new(until: Timestamp) -> Self {
        Self {
            arrival: Arrival {
                whole: true,
                ..Arrival::default()
            },
            until,
            first: None,
            history_from: None,
            newest: None,
        }
    }

    fn compare(&mut self, source: &Page, there: &There) {
        self.arrival.whole &= source.next.is_none();
        self.arrival.one_zone |= there.one_zone;
        let replaced = replaced(source);
        let until = self.until;
        for version in source.versions.iter().filter(|v| v.written <= until) {
            if !there.reaches(&version.key) {
                self.arrival.whole = false;
                continue;
            }
            self.arrival.compared += 1;
            let has = there.has(version);
            self.tell_newest(version.written, has);
            if has {
                continue;
            }
            if version.current {
                self.arrival.missing += 1;
                if self
                    .first
                    .as_ref()
                    .is_none_or(|first| version.written < first.written)
                {
                    self.first = Some(version.clone());
                }
            } else {
                // One whose successor was not listed was replaced at some time up to now.
                let ended = replaced.get(&(&version.key, version.id.as_str())).copied();
                self.history_from = self.history_from.max(Some(ended.unwrap_or(until)));
            }
        }
    }

    /// Of two that were written at once, one that is missing is enough.
    fn tell_newest(&mut self, written: Timestamp, has: bool) {
        self.newest = match self.newest {
            Some((at, _)) if at > written => self.newest,
            Some((at, all)) if at == written => Some((at, all && has)),
            _ => Some((written, has)),
        };
    }

    fn arrival(self) -> Arrival {
        Arrival {
            first: self.first.map(|version| Missing {
                key: version.key,
                written: version.written.to_string(),
            }),
            history_from: self.history_from.map(|t| t.to_string()),
            newest: self.newest.filter(|(_, has)| *has).map(|(at, _)| at.to_string()),
            ..self.arrival
        }
    }
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
