//! What backstay needs for the things that it keeps itself: its lease, its records, the policy in force.

use super::policy;
use crate::kinds::Permission;
use crate::model::{Arn, BucketPlace, Lock};

/// The keys of records.
const RECORDS: &str = "audit/*";

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
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
}

impl Kept<'_> {
    /// What a plan needs, to know which approvals it takes.
    pub fn to_plan(&self) -> Vec<Needed> {
        let evidence = self.evidence.into_iter();
        evidence
            .flat_map(|place| {
                let lists =
                    ["s3:ListBucket", "s3:ListBucketVersions"].map(|list| self.on_bucket(place, list));
                let policy = self.on_key(place, &policy::key(self.project), &["s3:GetObject"]);
                policy.into_iter().chain(lists)
            })
            .collect()
    }

    /// What an apply writes: the lease, the record, and at its end the policy if it changes.
    pub fn writes(&self, policy: bool) -> Vec<Needed> {
        let lock = self.lock.into_iter().flat_map(|lock| {
            let actions = ["s3:PutObject", "s3:DeleteObject"];
            self.on_key(&lock.place, &lock.key, &actions)
        });
        let keys = policy.then(|| policy::key(self.project)).into_iter();
        let keys: Vec<String> = keys.chain([RECORDS.to_owned()]).collect();
        let evidence = self.evidence.into_iter().flat_map(|place| {
            let each = keys.iter().map(|key| self.on_key(place, key, &["s3:PutObject"]));
            each.collect::<Vec<_>>()
        });
        lock.chain(evidence.flatten()).collect()
    }

    /// What an apply needs: its writes, and the reads that lead to them.
    pub fn to_apply(&self) -> Vec<Needed> {
        let lock = self.lock.map(|lock| (&lock.place, lock.key.as_str()));
        let records = self.evidence.map(|place| (place, RECORDS));
        let reads = lock.into_iter().chain(records).flat_map(|(place, key)| {
            let object = self.on_key(place, key, &["s3:GetObject"]);
            object.into_iter().chain([self.on_bucket(place, "s3:ListBucket")])
        });
        let reads = self.to_plan().into_iter().chain(reads);
        reads.chain(self.writes(true)).collect()
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
