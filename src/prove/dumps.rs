//! Logical dumps: what backup writers are declared to put into buckets, as copies of what they dump.
//!
//! That a dump is declared proves nothing. How fresh it is and how far it goes back is taken from the objects that
//! were seen under the writer's prefix; without them it is not known whether there is anything.

use super::copies::{ByArn, ZERO, account_of, ground, lag};
use super::copy::{Copy, Domain, Grade, Ground, History, Holder, Mechanism, Reach, Staleness};
use super::locks;
use super::objects::{encryption, object_replica, overlap, replaced_days, store_grounds, unseen};
use crate::model::fact::{
    Contents, Dump, Evidence, Expiry, Facts, ObjectStore, Replica, Versioning, WriteTarget,
};
use crate::model::{Address, Arn, Duration, Observed, Unreadable};

/// What a dump may take from its beginning to its end, upload included, and be late: a tenth of the time
/// between two, and an hour at least. A job that takes longer is told apart from one that has stopped by
/// declaring a longer `every`.
fn grace(every: Duration) -> Duration {
    const HOUR: u64 = 3600;
    Duration::from_secs((every.as_secs() / 10).max(HOUR))
}

fn add(a: Duration, b: Duration) -> Duration {
    Duration::from_secs(a.as_secs().saturating_add(b.as_secs()))
}

/// A writer of dumps and one place that it writes them to.
#[derive(Clone, Copy)]
struct Written<'a> {
    writer: Writer<'a>,
    dump: &'a Dump,
    target: &'a WriteTarget,
}

/// Somebody who is declared to write, there or not.
#[derive(Clone, Copy)]
struct Writer<'a> {
    evidence: &'a Evidence,
    targets: &'a [WriteTarget],
    dumps: Option<&'a Dump>,
}

fn writers(all: &[Evidence]) -> impl Iterator<Item = Writer<'_>> {
    all.iter().filter_map(|evidence| match evidence.told()? {
        (Facts::Identity(identity), _) => Some(Writer {
            evidence,
            targets: identity.writer.as_deref()?,
            dumps: identity.dumps.as_ref(),
        }),
        _ => None,
    })
}

/// One for each bucket that a writer dumps the asset into, and for each bucket that those are copied to.
/// `live` is the asset as it serves.
pub(super) fn of(live: &Copy, all: &[Evidence], seen: &ByArn<'_>) -> Vec<Copy> {
    let mut copies: Vec<Copy> = Vec::new();
    for writer in writers(all) {
        let Some(dump) = writer.dumps.filter(|d| d.of == live.asset) else {
            continue;
        };
        for target in writer.targets {
            let written = Written { writer, dump, target };
            let there = seen.get(&target.bucket).copied();
            let is_gone = |evidence: &Evidence| evidence.facts == Observed::Absent;
            if is_gone(writer.evidence) && there.is_some_and(is_gone) {
                continue;
            }
            let store = there.and_then(|e| Some((e, e.store()?)));
            let copy = match store {
                Some((there, store)) => written.copy(live, there, store, written.doubt(all)),
                None => written.unseen(live, there),
            };
            let replicas = store.into_iter().flat_map(|(there, store)| {
                let of = store.replicas.present().into_iter().flatten();
                of.filter(|r| r.enabled && r.bucket != target.bucket)
                    .filter_map(|r| written.replica(&copy, there, r, all, seen))
                    .collect::<Vec<_>>()
            });
            let replicas: Vec<Copy> = replicas.collect();
            for copy in std::iter::once(copy).chain(replicas) {
                // Two writers of the same keys write one copy; the longer of two promises is the safe one.
                match copies.iter_mut().find(|c| c.id == copy.id) {
                    Some(known) if known.staleness.promised < copy.staleness.promised => *known = copy,
                    Some(_) => {}
                    None => copies.push(copy),
                }
            }
        }
    }
    copies
}

/// Whoever else writes under the same keys, and not the same thing: whose the newest object is cannot be told.
fn others<'a>(written: &Written<'_>, all: &'a [Evidence]) -> Option<&'a Address> {
    let mine = written.target;
    let overlap =
        |theirs: &WriteTarget| theirs.bucket == mine.bucket && overlap(&theirs.prefix, &mine.prefix);
    writers(all)
        .filter(|other| other.evidence.subject != written.writer.evidence.subject)
        .filter(|other| other.dumps.is_none_or(|d| d.of != written.dump.of))
        .find(|other| other.targets.iter().any(overlap))
        .map(|other| &other.evidence.subject)
}

impl Written<'_> {
    /// The longest time from the state in one dump to the end of the next.
    fn gap(&self) -> Duration {
        add(self.dump.every, grace(self.dump.every))
    }

    fn id(&self) -> String {
        let name = self.target.bucket.resource();
        format!("{}/dump_{name}/{}", self.dump.of, self.target.prefix)
    }

    fn declared(&self) -> Ground {
        let (bucket, prefix) = (self.target.bucket.resource(), &self.target.prefix);
        let every = self.dump.every;
        let says = format!(
            "{} is declared to dump it into {bucket}/{prefix}* every {every}",
            self.writer.evidence.subject
        );
        ground(self.writer.evidence, says)
    }

    /// Why the objects under its keys do not show what it writes.
    fn doubt(&self, all: &[Evidence]) -> Option<String> {
        if let Some((_, Some(why))) = self.writer.evidence.told() {
            return Some(format!(
                "{why}, so whether anybody writes these dumps is not known"
            ));
        }
        let other = others(self, all)?;
        Some(format!(
            "{other} writes under the same keys, so whose the newest object is cannot be told"
        ))
    }

    /// In a bucket of which nothing is known.
    fn unseen(&self, live: &Copy, there: Option<&Evidence>) -> Copy {
        let unreadable = || unseen(&self.target.bucket, there);
        Copy {
            id: self.id(),
            mechanism: Mechanism::LogicalDump,
            domain: Domain {
                account: there.and_then(account_of),
                region: there.map(|e| e.scope.region.clone()),
                zonal: None,
            },
            encryption: Observed::Unreadable(unreadable()),
            history: Observed::Unreadable(unreadable()),
            staleness: Staleness::UNKNOWN,
            lock: Observed::Unreadable(unreadable()),
            holder: Holder::Bucket {
                arn: self.target.bucket.clone(),
                overwritable: true,
            },
            grade: Grade::Unknown,
            grounds: vec![self.declared()],
            unknown: Some(unreadable().why),
            ..live.clone()
        }
    }

    fn copy(&self, live: &Copy, there: &Evidence, store: &ObjectStore, doubt: Option<String>) -> Copy {
        let versioned = matches!(store.versioning, Observed::Present(Versioning::Enabled));
        let mut grounds = vec![self.declared()];
        grounds.push(ground(there, self.said(&self.contents(store))));
        grounds.extend(store_grounds(there, store));
        let promise = Promise {
            late_after: self.gap(),
            is_kept: true,
            source: ZERO,
        };
        let found = match doubt {
            Some(doubt) => Found::unknown(doubt),
            None => self.found(there, store, &promise),
        };
        Copy {
            id: self.id(),
            mechanism: Mechanism::LogicalDump,
            domain: Domain {
                account: account_of(there),
                region: Some(there.scope.region.clone()),
                zonal: store.one_zone.present().copied(),
            },
            encryption: encryption(there, store),
            history: found.history,
            staleness: found.staleness,
            lock: locks::of(there, store),
            holder: Holder::Bucket {
                arn: self.target.bucket.clone(),
                overwritable: !versioned,
            },
            bound: None,
            unusable: found.unusable,
            unknown: found.unknown,
            partial: None,
            replaced_days: replaced_days(store, &self.target.prefix),
            prefix: self.target.prefix.clone(),
            grade: found.grade,
            grounds,
            ..live.clone()
        }
    }

    /// What was seen under the prefix, or why nothing can be said.
    fn contents<'a>(&self, store: &'a ObjectStore) -> Result<&'a Contents, String> {
        match store.contents.get(&self.target.prefix) {
            Some(Observed::Present(contents)) => Ok(contents),
            Some(Observed::Unreadable(why)) => Err(format!(
                "the objects of {} could not be listed: {}",
                store.name, why.why
            )),
            Some(Observed::Absent) | None => Err(format!("nobody looked at the objects of {}", store.name)),
        }
    }

    fn said(&self, seen: &Result<&Contents, String>) -> String {
        let prefix = &self.target.prefix;
        match seen {
            Err(why) => why.clone(),
            Ok(contents) => match (&contents.newest, &contents.oldest) {
                (Some(newest), Some(oldest)) => format!(
                    "{} objects lie under {prefix}*, the newest of {newest}, the oldest of {oldest}{}",
                    contents.points,
                    if contents.whole {
                        ""
                    } else {
                        "; there are more that were not listed"
                    }
                ),
                _ => format!("no object that holds anything lies under {prefix}*"),
            },
        }
    }

    /// By the objects in a bucket, read as part of `there`.
    fn found(&self, there: &Evidence, store: &ObjectStore, promise: &Promise) -> Found {
        let contents = match self.contents(store) {
            Ok(contents) => contents,
            Err(why) => return Found::unknown(why),
        };
        let age = |text: &Option<String>| lag(&there.read_at, text.as_deref());
        let (Some(newest), Some(oldest)) = (age(&contents.newest), age(&contents.oldest)) else {
            let nothing = format!("no dump lies under {}/{}*", store.name, self.target.prefix);
            return match (&contents.newest, contents.whole) {
                (Some(odd), _) => {
                    Found::unknown(format!("the newest dump is of no time before it was read: {odd}"))
                }
                (None, true) => Found::nothing(nothing),
                (None, false) => Found::unknown(format!("{nothing} as far as it was listed")),
            };
        };
        let newest = newest.max(promise.source);
        let fresh = newest <= promise.late_after;
        if !fresh && !contents.whole {
            return Found::unknown(format!(
                "the newest dump that was listed is {newest} old, and there are more that were not listed"
            ));
        }
        // What comes next may come as late as is promised, whatever came before.
        let spacing = contents.longest_gap.unwrap_or(ZERO).max(self.gap());
        let history = self.kept(contents, store).map(|kept| {
            let reach = kept.map_or(oldest, |kept| oldest.min(kept));
            History::even(Reach::For(reach), spacing)
        });
        Found {
            history: history.map_or_else(Observed::Unreadable, Observed::Present),
            staleness: Staleness {
                // Who is late keeps no promise: what counts is what is there.
                promised: (fresh && promise.is_kept).then_some(promise.late_after),
                measured: Some(newest),
                expected: Some(promise.late_after),
            },
            unusable: None,
            unknown: None,
            grade: match fresh {
                true => Grade::Evidenced,
                false => Grade::Configured,
            },
        }
    }

    /// How long a dump is kept by rules and versioning for certain; `None` for as long as anybody wants.
    /// A lock keeps it longer at best, and not what was written before there was one.
    ///
    /// # Errors
    /// What could not be read.
    fn kept(&self, contents: &Contents, store: &ObjectStore) -> Result<Option<Duration>, Unreadable> {
        let versioning = match &store.versioning {
            Observed::Present(versioning) => *versioning,
            Observed::Absent => Versioning::Never,
            Observed::Unreadable(why) => return Err(why.clone()),
        };
        let rules: &[Expiry] = match &store.expiries {
            Observed::Present(rules) => rules,
            Observed::Absent => &[],
            Observed::Unreadable(why) => return Err(why.clone()),
        };
        let touching = || rules.iter().filter(|r| overlap(&r.prefix, &self.target.prefix));
        let current = touching().filter_map(|r| r.current_days).min();
        let noncurrent = touching().filter_map(|r| r.noncurrent_days).min();
        let days = |days: u32| Duration::from_days(days);
        if versioning != Versioning::Enabled {
            return Ok(match (contents.points, current) {
                // As far as anybody can tell, the next dump takes its place.
                (0 | 1, _) => Some(ZERO),
                (_, current) => current.map(days),
            });
        }
        // What was listed in part may have been written over where nobody looked.
        let replaced = contents.overwritten || !contents.whole;
        Ok(match (current, noncurrent) {
            (_, None) => None,
            (_, Some(noncurrent)) if replaced => Some(days(noncurrent)),
            (None, Some(_)) => None,
            // A dump under a key of its own expires, and is then kept as an old version.
            (Some(current), Some(noncurrent)) => Some(days(current.saturating_add(noncurrent))),
        })
    }

    /// What replication makes of the dumps; `None` when it leaves them out.
    fn replica(
        &self,
        copy: &Copy,
        there: &Evidence,
        replica: &Replica,
        all: &[Evidence],
        seen: &ByArn<'_>,
    ) -> Option<Copy> {
        if !overlap(&replica.prefix, &self.target.prefix) {
            return None;
        }
        let name = replica.bucket.resource();
        let made = object_replica(there, replica, seen, copy);
        let place = seen.get(&replica.bucket).and_then(|e| Some((*e, e.store()?)));
        let found = match place {
            _ if copy.unknown.is_some() => Found::unknown(copy.unknown.clone().unwrap_or_default()),
            None => Found::unknown(unseen(&replica.bucket, seen.get(&replica.bucket).copied()).why),
            Some((place, store)) => {
                let within = made.staleness.promised;
                let promise = Promise {
                    late_after: add(self.gap(), within.unwrap_or(ZERO)),
                    is_kept: within.is_some(),
                    // It is never newer than what it is made of.
                    source: copy.staleness.measured.unwrap_or(ZERO),
                };
                match self.also_arrives(there, &replica.bucket, all) {
                    Some(other) => Found::unknown(format!(
                        "{other} puts other things under the same keys of {name}, so whose the newest object is cannot be told"
                    )),
                    None => self.found(place, store, &promise),
                }
            }
        };
        let whole = self.target.prefix.starts_with(&replica.prefix);
        let mut grounds = vec![self.declared()];
        grounds.extend(place.map(|(place, store)| ground(place, self.said(&self.contents(store)))));
        grounds.extend(made.grounds.iter().cloned());
        Some(Copy {
            id: format!("{}/replica_{name}", copy.id.trim_end_matches('/')),
            mechanism: Mechanism::LogicalDump,
            history: found.history,
            staleness: found.staleness,
            unusable: found.unusable,
            unknown: found.unknown,
            partial: made.partial.clone().filter(|_| !whole),
            replaced_days: place.and_then(|(_, store)| replaced_days(store, &self.target.prefix)),
            prefix: self.target.prefix.clone(),
            grade: found.grade,
            grounds,
            ..made
        })
    }

    /// Who else's objects come to lie under the same keys of a replica.
    fn also_arrives<'a>(&self, from: &Evidence, to: &Arn, all: &'a [Evidence]) -> Option<&'a Address> {
        let copied = all.iter().filter(|e| e.subject != from.subject).find(|e| {
            let replicas = e.store().and_then(|s| s.replicas.present());
            let comes = |r: &Replica| r.enabled && r.bucket == *to && overlap(&r.prefix, &self.target.prefix);
            replicas.is_some_and(|all| all.iter().any(comes))
        });
        let target = WriteTarget {
            bucket: to.clone(),
            prefix: self.target.prefix.clone(),
        };
        copied.map(|e| &e.subject).or_else(|| {
            let there = Written {
                target: &target,
                ..*self
            };
            others(&there, all)
        })
    }
}

/// How new the newest dump of a bucket has to be.
struct Promise {
    /// Older than this it is late.
    late_after: Duration,
    /// Whether anybody promises that.
    is_kept: bool,
    /// How old the newest is of those that these are copies of.
    source: Duration,
}

/// What is said of a dump by what was found of it.
struct Found {
    history: Observed<History>,
    staleness: Staleness,
    unusable: Option<String>,
    unknown: Option<String>,
    grade: Grade,
}

impl Found {
    fn nothing(why: String) -> Self {
        Self {
            unusable: Some(why.clone()),
            unknown: None,
            grade: Grade::Configured,
            ..Self::unknown(why)
        }
    }

    fn unknown(why: String) -> Self {
        Self {
            history: Observed::Unreadable(Unreadable {
                action: "s3:ListBucketVersions".into(),
                why: why.clone(),
                denied: false,
            }),
            staleness: Staleness::UNKNOWN,
            unusable: None,
            unknown: Some(why),
            grade: Grade::Unknown,
        }
    }
}
