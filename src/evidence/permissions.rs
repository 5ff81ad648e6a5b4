//! What backstay needs for the things that it keeps itself: its lease, its records, the policy in force.

use super::policy;
use crate::kinds::Permission;
use crate::model::{Arn, BucketPlace, Lock};

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
                let versions = self.on_bucket(place, "s3:ListBucketVersions");
                let policy = self.on_key(place, &policy::key(self.project), &["s3:GetObject"]);
                policy.into_iter().chain([versions])
            })
            .collect()
    }

    /// What an apply writes: the lease, the record, the policy at its end.
    pub fn writes(&self) -> Vec<Needed> {
        let lock = self.lock.into_iter().flat_map(|lock| {
            let actions = ["s3:PutObject", "s3:DeleteObject"];
            self.on_key(&lock.place, &lock.key, &actions)
        });
        let evidence = self.evidence.into_iter().flat_map(|place| {
            let policy = policy::key(self.project);
            ["audit/*", &policy].map(|key| self.on_key(place, key, &["s3:PutObject"]))
        });
        lock.chain(evidence.flatten()).collect()
    }

    /// What an apply needs: its writes, and the reads that lead to them.
    pub fn to_apply(&self) -> Vec<Needed> {
        let lock = self.lock.into_iter();
        let lock = lock.flat_map(|lock| self.on_key(&lock.place, &lock.key, &["s3:GetObject"]));
        let audit = self.evidence.into_iter();
        let audit = audit.flat_map(|place| self.on_key(place, "audit/*", &["s3:GetObject"]));
        let reads = self.to_plan().into_iter().chain(lock).chain(audit);
        reads.chain(self.writes()).collect()
    }

    /// Permissions on one of our own keys, in the account of its bucket.
    fn on_key(&self, place: &BucketPlace, key: &str, actions: &[&'static str]) -> Vec<Needed> {
        let object = format!("{}/{}{key}", self.arn(place), place.prefix);
        let mut needed = vec![self.on_bucket(place, "s3:ListBucket")];
        needed.extend(actions.iter().map(|action| {
            let resource = object.clone();
            (place.account.clone(), Permission { action, resource })
        }));
        needed
    }

    fn on_bucket(&self, place: &BucketPlace, action: &'static str) -> Needed {
        let resource = self.arn(place).to_string();
        (place.account.clone(), Permission { action, resource })
    }

    fn arn(&self, place: &BucketPlace) -> Arn {
        Arn::bucket(self.partition, &place.bucket)
    }
}
