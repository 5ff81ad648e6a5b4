//! What lies in buckets, as far as a proof needs it: only there it shows whether replicas have arrived, since when a lock
//! holds, and under which keys objects are.

use crate::aws::{Cloud, Reader};
use crate::kinds::objects::{Place, arrived, retentions, sealed};
use crate::model::fact::{Arrival, Evidence, Facts, ObjectStore, Replica, Retention, Sealed};
use crate::model::{Arn, Observed, Unreadable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What of a bucket has arrived in another, by one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrived {
    /// The bucket that is copied.
    pub from: Arn,
    /// The one that it is copied to.
    pub to: Arn,
    /// The rule's prefix.
    pub prefix: String,
    /// What was seen.
    pub seen: Observed<Arrival>,
}

/// What was read of objects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Objects {
    /// Of each rule of replication.
    pub arrived: Vec<Arrived>,
    /// Of each bucket with a lock.
    pub retentions: BTreeMap<Arn, Observed<Vec<Retention>>>,
    /// Of each bucket.
    #[serde(default)]
    pub sealed: BTreeMap<Arn, Observed<Vec<Sealed>>>,
}

impl Objects {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.arrived.is_empty() && self.retentions.is_empty() && self.sealed.is_empty()
    }

    /// Adds what was seen to what is known of buckets.
    pub fn add_to(&self, evidence: &mut [Evidence]) {
        for item in evidence {
            let (Some(arn), Observed::Present(Facts::ObjectStore(store))) = (&item.arn, &mut item.facts)
            else {
                continue;
            };
            store.retentions = self.retentions.get(arn).cloned();
            store.sealed = self.sealed.get(arn).cloned();
            if let Observed::Present(replicas) = &mut store.replicas {
                for replica in replicas {
                    replica.arrived = self.of(arn, replica).cloned();
                }
            }
        }
    }

    fn of(&self, from: &Arn, replica: &Replica) -> Option<&Observed<Arrival>> {
        let found = self
            .arrived
            .iter()
            .find(|a| a.from == *from && a.to == replica.bucket && a.prefix == replica.prefix);
        found.map(|a| &a.seen)
    }
}

/// A bucket of the posture that could be read.
struct Bucket<'a> {
    evidence: &'a Evidence,
    arn: &'a Arn,
    store: &'a ObjectStore,
    reader: Reader,
}

impl Bucket<'_> {
    fn place(&self) -> Place<'_> {
        Place {
            reader: &self.reader,
            region: &self.evidence.scope.region,
            name: &self.store.name,
            owner: &self.store.account,
        }
    }

    /// The rules of replication that are in force.
    fn replicas(&self) -> impl Iterator<Item = &Replica> {
        let all = self.store.replicas.present().into_iter().flatten();
        all.filter(|r| r.enabled && r.bucket != *self.arn)
    }

    /// The prefixes that somebody wants to know of, and all of it.
    fn prefixes(&self) -> Vec<&str> {
        let wanted = self.store.contents.keys().map(String::as_str);
        let all: BTreeSet<&str> = wanted.chain([""]).collect();
        all.into_iter().collect()
    }

    /// For how many days what is written here is locked.
    fn locked(&self) -> Option<u32> {
        let lock = self.store.lock.present()?;
        lock.retention.map(|r| r.days)
    }
}

/// Looks into the buckets: a page of versions for each, and a few calls for the keys of single versions and, where there is a
/// lock, for their retention (`s3:ListBucketVersions`, `s3:GetObjectVersion`, `s3:GetObjectRetention`).
pub async fn objects(cloud: &Cloud, evidence: &[Evidence]) -> Objects {
    let buckets: Vec<Bucket<'_>> = evidence.iter().filter_map(|e| bucket(cloud, e)).collect();
    let pairs = buckets.iter().flat_map(|from| {
        let buckets = &buckets;
        from.replicas().map(move |replica| async move {
            let to = buckets.iter().find(|b| *b.arn == replica.bucket);
            Arrived {
                from: from.arn.clone(),
                to: replica.bucket.clone(),
                prefix: replica.prefix.clone(),
                seen: match to {
                    Some(to) => arrived(from.place(), to.place(), &replica.prefix).await,
                    None => Observed::Unreadable(outside(&replica.bucket)),
                },
            }
        })
    });
    let locked = buckets.iter().filter_map(|bucket| {
        // What comes from a bucket with a lock of its own arrives with that one.
        let theirs = buckets
            .iter()
            .filter(|from| from.replicas().any(|r| r.bucket == *bucket.arn))
            .filter_map(Bucket::locked);
        let days = theirs.chain(bucket.locked()).max()?;
        Some(async move { (bucket.arn.clone(), retentions(bucket.place(), days).await) })
    });
    let under = buckets.iter().map(|bucket| async move {
        (
            bucket.arn.clone(),
            sealed(bucket.place(), &bucket.prefixes()).await,
        )
    });
    let (arrived, retentions, sealed) = futures::join!(
        futures::future::join_all(pairs),
        futures::future::join_all(locked),
        futures::future::join_all(under)
    );
    Objects {
        arrived,
        retentions: retentions.into_iter().collect(),
        sealed: sealed.into_iter().collect(),
    }
}

fn bucket<'a>(cloud: &Cloud, evidence: &'a Evidence) -> Option<Bucket<'a>> {
    let store = evidence.store()?;
    Some(Bucket {
        evidence,
        arn: evidence.arn.as_ref()?,
        store,
        reader: cloud.reader(&evidence.scope)?,
    })
}

fn outside(bucket: &Arn) -> Unreadable {
    Unreadable {
        action: String::new(),
        why: format!(
            "{} is not part of this posture, so nothing in it was read",
            bucket.resource()
        ),
        denied: false,
    }
}
