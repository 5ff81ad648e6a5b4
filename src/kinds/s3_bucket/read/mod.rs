//! Reading buckets: one list for the account, then for each bucket only what is asked for.

pub(super) mod calls;
mod contents;
mod discovery;
mod existence;

use super::keys;
use super::live::{Live, Part, Seen, SeenDestination};
use super::spec::Spec;
use crate::aws::{AwsError, Reader};
use crate::kinds::{Depth, ReadContext, UNDISCOVERED};
use crate::model::fact::Contents;
use crate::model::{Observed, Place, Region};
use aws_sdk_s3::Client;
use existence::{Account, Existence};
use std::collections::{BTreeMap, BTreeSet};

/// The settings that are read of a bucket.
pub(super) fn parts(spec: Option<&Spec>, depth: Depth) -> BTreeSet<Part> {
    let Some(spec) = spec else {
        return BTreeSet::from([Part::Tags]);
    };
    if depth.everything() {
        return BTreeSet::from(Part::ALL);
    }
    let wants = [
        // Always: they tell whose the bucket is.
        (Part::Tags, true),
        (
            Part::Versioning,
            spec.wants_versioning().is_some() || spec.wants_lifecycle(),
        ),
        (Part::Encryption, spec.encryption.is_some()),
        (Part::PublicAccess, spec.public_access.is_some()),
        (Part::Ownership, spec.ownership.is_some()),
        // With a lock, versioning can't be suspended.
        (
            Part::Lock,
            spec.object_lock.is_some() || spec.versioning == Some(false),
        ),
        (Part::Lifecycle, spec.wants_lifecycle()),
        (Part::Replication, !spec.replicate.is_empty()),
        (Part::Policy, spec.wants_policy()),
    ];
    wants
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(part, _)| part)
        .collect()
}

/// See [`Kind::read`](crate::kinds::Kind::read).
pub(super) async fn read(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<Live>> {
    if wanted.is_empty() && !cx.discover {
        return BTreeMap::new();
    }
    let account = async {
        if wanted.is_empty() {
            return None;
        }
        Some(existence::account(cx.reader, cx.place).await)
    };
    let found = async {
        if !cx.discover {
            return Ok(BTreeMap::new());
        }
        discovery::discover(cx.reader, cx.place).await
    };
    let (account, found) = futures::join!(account, found);
    let mut all = BTreeMap::new();
    if let Some(account) = account {
        let account: &Account = &account;
        // One for all buckets: making a client costs as much as a call.
        let home = &cx.reader.clients().s3(&cx.place.region);
        let reads = wanted.iter().map(|(name, spec)| async move {
            let observed = one(&cx, home, account, name, spec.as_ref()).await;
            (name.clone(), observed)
        });
        all.extend(futures::future::join_all(reads).await);
    }
    match found {
        Ok(found) => {
            for (name, tags) in found {
                all.entry(name.clone()).or_insert_with(|| {
                    Observed::Present(Live {
                        name,
                        region: Some(cx.place.region.clone()),
                        tags: Some(Observed::Present(tags)),
                        ..Live::default()
                    })
                });
            }
        }
        Err(error) => {
            all.insert(UNDISCOVERED.to_owned(), Observed::Unreadable(error.unreadable()));
        }
    }
    all
}

async fn one(
    cx: &ReadContext<'_>,
    home: &Client,
    account: &Account,
    name: &str,
    spec: Option<&Spec>,
) -> Observed<Live> {
    let region = match existence::existence(cx.reader, home, cx.place, account, name).await {
        Existence::Ours(region) => region,
        Existence::Nowhere => return absent(cx, spec).await,
        Existence::Unknown(why) => return Observed::Unreadable(why),
    };
    let elsewhere = region.as_ref().is_some_and(|r| *r != cx.place.region);
    if elsewhere && !cx.depth.everything() {
        // Nothing of it is compared.
        return Observed::Present(Live {
            name: name.to_owned(),
            region,
            ..Live::default()
        });
    }
    let bucket = Bucket {
        reader: cx.reader,
        client: match &region {
            Some(region) if elsewhere => cx.reader.clients().s3(region),
            _ => home.clone(),
        },
        name,
        owner: cx.place.account_id.as_str(),
    };
    let parts = parts(spec, cx.depth);
    let Some(mut live) = bucket.read(&parts).await else {
        return absent(cx, spec).await;
    };
    live.region = region;
    if live.says_unfinished() {
        // Anybody who may tag could say so; that there is nothing to lose takes looking.
        live.is_empty = bucket.is_empty().await;
    }
    live.aliases = keys::resolve(cx, spec, &live).await;
    if cx.depth.everything() {
        live.destinations = destinations(cx.reader, home, cx.place, account, &live).await;
        let prefixes = spec.into_iter().flat_map(|s| &s.looked_into.0);
        live.contents = bucket.contents(prefixes).await;
    }
    Observed::Present(live)
}

/// A bucket that is to be made under a key has to be able to: one that cannot be used, or whose alias points to nothing, would be made
/// and then left unencrypted.
async fn absent(cx: &ReadContext<'_>, spec: Option<&Spec>) -> Observed<Live> {
    let Some(spec) = spec else {
        return Observed::Absent;
    };
    let mut live = Live::default();
    live.aliases = keys::resolve(cx, Some(spec), &live).await;
    match keys::out_of_use(spec, &live, cx.place).pop() {
        Some(why) => Observed::Unreadable(why),
        None => Observed::Absent,
    }
}

/// One bucket, as reads see it.
struct Bucket<'a> {
    reader: &'a Reader,
    client: Client,
    name: &'a str,
    owner: &'a str,
}

/// Reads one part when it is asked for; a part whose absence has a code of its own is `Absent`.
macro_rules! part {
    ($bucket:expr, $parts:expr, $part:ident, $read:ident) => {
        async {
            if !$parts.contains(&Part::$part) {
                return None;
            }
            let _permit = $bucket.reader.permit().await;
            Some(calls::$read(&$bucket.client, $bucket.name, $bucket.owner).await)
        }
    };
}

impl Bucket<'_> {
    /// Whether nothing lies in it; `None` when that cannot be read.
    async fn is_empty(&self) -> Option<bool> {
        let _permit = self.reader.permit().await;
        contents::is_empty(&self.client, self.name, self.owner).await.ok()
    }

    /// `None` when the bucket turned out to be gone.
    async fn read(&self, parts: &BTreeSet<Part>) -> Option<Live> {
        let (tags, versioning, encryption, public_access, ownership, lock, lifecycle, replication, policy) = futures::join!(
            part!(self, parts, Tags, tags),
            part!(self, parts, Versioning, versioning),
            part!(self, parts, Encryption, encryption),
            part!(self, parts, PublicAccess, public_access),
            part!(self, parts, Ownership, ownership),
            part!(self, parts, Lock, lock),
            part!(self, parts, Lifecycle, lifecycle),
            part!(self, parts, Replication, replication),
            part!(self, parts, Policy, policy),
        );
        Some(Live {
            name: self.name.to_owned(),
            region: None,
            tags: seen(tags)?,
            versioning: seen(versioning)?,
            encryption: seen(encryption)?,
            public_access: seen(public_access)?,
            ownership: seen(ownership)?,
            lock: seen(lock)?,
            lifecycle: seen(lifecycle)?,
            replication: seen(replication)?,
            policy: seen(policy)?,
            destinations: BTreeMap::new(),
            is_empty: None,
            contents: BTreeMap::new(),
            aliases: BTreeMap::new(),
        })
    }
}

impl Bucket<'_> {
    /// What lies under each of these. A list that cannot be had is never an empty one.
    async fn contents(
        &self,
        prefixes: impl Iterator<Item = &String>,
    ) -> BTreeMap<String, Observed<Contents>> {
        let looks = prefixes.map(|prefix| async move {
            let _permit = self.reader.permit().await;
            let seen = match contents::read(&self.client, self.name, self.owner, prefix).await {
                Ok(contents) => Observed::Present(contents),
                Err(error) => Observed::Unreadable(error.unreadable()),
            };
            (prefix.clone(), seen)
        });
        futures::future::join_all(looks).await.into_iter().collect()
    }
}

/// What a call says of a setting; `None` when it says that there is no bucket.
fn seen<T>(answer: Option<Result<T, AwsError>>) -> Option<Seen<T>> {
    Some(match answer {
        None => None,
        Some(Ok(value)) => Some(Observed::Present(value)),
        // The bucket's absence must not be taken for a setting's.
        Some(Err(error)) if error.code == "NoSuchBucket" => return None,
        // S3 names what is not configured; a bare 404 is of something between us and it.
        Some(Err(error)) if error.is_not_found() && error.code != "NotFound" => Some(Observed::Absent),
        Some(Err(error)) => Some(Observed::Unreadable(error.unreadable())),
    })
}

/// Where the destinations of replication are, for proofs: from the account's list for nothing, else asked.
async fn destinations(
    reader: &Reader,
    home: &Client,
    place: &Place,
    account: &Account,
    live: &Live,
) -> BTreeMap<String, SeenDestination> {
    let rules = live
        .replication
        .as_ref()
        .and_then(|r| r.present())
        .map(|r| &r.rules);
    let names: BTreeSet<&str> = rules
        .into_iter()
        .flatten()
        .filter_map(|rule| rule.destination.bucket.rsplit(':').next())
        .collect();
    let looks = names.into_iter().map(|name| async move {
        let ours: Option<&Option<Region>> = account.as_ref().ok().and_then(|all| all.get(name));
        let seen = match ours {
            Some(Some(region)) => SeenDestination {
                region: Some(region.clone()),
                account: Some(place.account_id.clone()),
            },
            ours => SeenDestination {
                region: existence::region(reader, home, name).await,
                account: ours.map(|_| place.account_id.clone()),
            },
        };
        (name.to_owned(), seen)
    });
    futures::future::join_all(looks).await.into_iter().collect()
}
