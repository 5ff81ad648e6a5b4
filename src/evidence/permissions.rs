//! What backstay needs for the things that it keeps itself: its lease, its records, the policy in force.

use super::policy;
use crate::kinds::Permission;
use crate::model::{Arn, BucketPlace, Lock};

/// The keys of records.
const RECORDS: &str = "audit/*";

/// The keys of marks of plans that were applied.
const APPLIED: &str = "applied/*";

/// A permission, and the label of the account in which it is needed.
pub type Needed = (String, Permission);

/// Of whom something is kept, and where.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// The project.
    pub project: &'a str,
    /// Where the lease lies.
    pub lock: Option<&'a Lock>,
    /// Where records go, and the policy in force.
    pub evidence: Option<&'a BucketPlace>,
    /// Where else the policy in force is kept, or was, and by which project.
    pub elsewhere: &'a [(BucketPlace, String)],
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
}

/// What an apply writes of its own beside the lease and its record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Writes {
    /// Another policy comes into force, or it moves.
    pub policy: bool,
    /// It is of a saved plan, which leaves a mark once it was applied.
    pub saved: bool,
}

impl Kept<'_> {
    /// What a plan needs, to know which approvals it takes.
    pub fn to_plan(&self) -> Vec<Needed> {
        let read = |(place, key): (&BucketPlace, String)| {
            let lists = ["s3:ListBucket", "s3:ListBucketVersions"].map(|list| self.on_bucket(place, list));
            let policy = self.on_key(place, &key, &["s3:GetObject"]);
            policy.into_iter().chain(lists).collect::<Vec<_>>()
        };
        self.policies().into_iter().flat_map(read).collect()
    }

    /// The objects that a policy in force may be in.
    fn policies(&self) -> Vec<(&BucketPlace, String)> {
        let own = self.evidence.map(|place| (place, policy::key(self.project)));
        let elsewhere = self.elsewhere.iter();
        let elsewhere = elsewhere.map(|(place, project)| (place, policy::key(project)));
        own.into_iter().chain(elsewhere).collect()
    }

    /// What an apply writes: the lease, the record, and at its end what else there is. A policy that moves is written to its
    /// new place, and at the old one goes a word where it is.
    pub fn writes(&self, what: Writes) -> Vec<Needed> {
        let lock = self.lock.into_iter().flat_map(|lock| {
            let actions = ["s3:PutObject", "s3:DeleteObject"];
            self.on_key(&lock.place, &lock.key, &actions)
        });
        let kept = [Some(RECORDS), what.saved.then_some(APPLIED)];
        let kept = kept.into_iter().flatten().map(str::to_owned);
        let mut keys: Vec<(&BucketPlace, String)> = match self.evidence {
            Some(place) => kept.map(|key| (place, key)).collect(),
            None => Vec::new(),
        };
        if what.policy {
            keys.extend(self.policies());
        }
        let put = |(place, key): (&BucketPlace, String)| self.on_key(place, &key, &["s3:PutObject"]);
        lock.chain(keys.into_iter().flat_map(put)).collect()
    }

    /// What an apply needs: its writes, and the reads that lead to them.
    pub fn to_apply(&self) -> Vec<Needed> {
        let lock = self.lock.map(|lock| (&lock.place, lock.key.as_str()));
        let evidence = self.evidence.into_iter();
        let records = evidence.flat_map(|place| [RECORDS, APPLIED].map(|key| (place, key)));
        let reads = lock.into_iter().chain(records).flat_map(|(place, key)| {
            let object = self.on_key(place, key, &["s3:GetObject"]);
            object.into_iter().chain([self.on_bucket(place, "s3:ListBucket")])
        });
        let reads = self.to_plan().into_iter().chain(reads);
        let all = Writes {
            policy: true,
            saved: true,
        };
        reads.chain(self.writes(all)).collect()
    }

    /// Permissions on one of our own keys, in the account of its bucket.
    fn on_key(&self, place: &BucketPlace, key: &str, actions: &[&'static str]) -> Vec<Needed> {
        let object = format!("{}/{}{key}", self.arn(place), place.prefix);
        let on_object = |action: &&'static str| {
            let permission = Permission::new(action, object.as_str());
            (place.account.clone(), permission)
        };
        actions.iter().map(on_object).collect()
    }

    fn on_bucket(&self, place: &BucketPlace, action: &'static str) -> Needed {
        let permission = Permission::new(action, self.arn(place));
        (place.account.clone(), permission)
    }

    fn arn(&self, place: &BucketPlace) -> Arn {
        Arn::bucket(self.partition, &place.bucket)
    }
}
