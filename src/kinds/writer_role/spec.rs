//! What a `writer_role` block declares.

use crate::block;
use crate::kinds::iam::{limits, writer_path};
use crate::model::fact::Dump;
use crate::model::schema::Reference;
use crate::model::{Arn, Duration, Place};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

block! {
    /// A role that can write new backups and do nothing else.
    #[labels(label)]
    pub struct Spec {
        /// The role's name; `backstay-<project>-<label>` when left out.
        pub name: Option<String>,
        /// The buckets to write to. The policy of a bucket of this posture gets the statements that keep the
        /// writer from reading and deleting.
        pub writes_to: Vec<Reference>,
        /// The keys to write under, such as `pg/`; every key when left out.
        pub prefix: Option<String>,
        /// The database that is dumped, such as `rds_instance.app`. What the writer puts under `prefix` then
        /// counts as a copy of it, as fresh as the newest object there.
        pub dumps: Option<Reference>,
        /// With `dumps`: how long after one dump the next one is begun at the latest, such as `1d`.
        pub every: Option<Duration>,
        /// Who may assume the role; at least one.
        pub trust: Vec<Trust>,
        /// The ARN of the key that the buckets are encrypted with, when it is not S3's own.
        pub kms_key: Option<Reference>,
        /// Whether the writer may also decrypt, which S3 wants of multipart uploads under a key of KMS. It
        /// can still not read objects; `backstay prove` says that it can decrypt all the same.
        pub multipart_decrypt: Option<bool>,
        /// Whether the bucket refuses to overwrite an object: the writer has to send `If-None-Match: *`.
        pub append_only: Option<bool>,
        /// Longest session, 1h to 12h; an hour when the role is created without it.
        pub max_session: Option<Duration>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
    }
}

block! {
    /// One way to assume the role: exactly one of `github`, `role_arn`, `service` and `oidc`.
    pub struct Trust {
        /// A workflow of GitHub Actions: `acme/app:ref:refs/heads/main` or `acme/app:environment:prod`. The
        /// account's provider for token.actions.githubusercontent.com must exist.
        pub github: Option<String>,
        /// A role or user, by reference or ARN.
        pub role_arn: Option<Reference>,
        /// With `role_arn`: what a third party has to send, 2 to 1224 characters.
        pub external_id: Option<String>,
        /// A service of AWS, such as `ecs-tasks.amazonaws.com`.
        pub service: Option<String>,
        /// Any other provider of OpenID Connect.
        pub oidc: Option<Oidc>,
    }
}

block! {
    /// An identity of a provider of OpenID Connect.
    pub struct Oidc {
        /// The ARN of the provider, which must exist.
        pub provider: Arn,
        /// What the token's `aud` has to be.
        pub audience: String,
        /// What the token's `sub` has to be, exactly.
        pub subject: String,
    }
}

/// Longest name that IAM takes, and how much of one that is too long is kept before its digest.
const LONGEST: usize = 64;
const KEPT: usize = 55;

impl Spec {
    /// The role's name. One made of project and label that is too long for IAM ends in a digest.
    pub fn role_name(&self, place: &Place) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let whole = format!("backstay-{}-{}", place.project, self.label);
        if whole.chars().count() <= LONGEST && limits::bad_name(&whole).is_none() {
            return whole;
        }
        let clean = whole
            .chars()
            .filter(|c| limits::bad_name(&c.to_string()).is_none());
        let digest = hex::encode(Sha256::digest(&whole));
        let tail: String = digest.chars().take(8).collect();
        format!("{}-{tail}", clean.take(KEPT).collect::<String>())
    }

    /// The role's ARN.
    pub fn role_arn(&self, place: &Place) -> Arn {
        role_arn(&self.role_name(place), place)
    }

    /// What it dumps, and how often.
    pub(super) fn dump(&self) -> Option<Dump> {
        Some(Dump {
            of: self.dumps.as_ref()?.address.clone()?,
            every: self.every?,
        })
    }

    /// Up to which keys: the prefix, or nothing.
    pub(super) fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or("")
    }

    /// The buckets' ARNs.
    pub(super) fn buckets(&self) -> impl Iterator<Item = &Arn> {
        self.writes_to.iter().filter_map(|r| r.arn.as_ref())
    }
}

/// The ARN of a writer's role.
pub(super) fn role_arn(name: &str, place: &Place) -> Arn {
    let resource = format!("role{}{name}", writer_path(place));
    Arn::iam(place.partition(), &place.account_id, &resource)
}

/// The name of a writer's boundary.
pub(super) fn boundary_name(role: &str) -> String {
    format!("{role}{BOUNDARY}")
}

/// What the name of a boundary ends in.
pub(super) const BOUNDARY: &str = "-boundary";

/// The ARN of a writer's boundary.
pub(super) fn boundary_arn(role: &str, place: &Place) -> Arn {
    let resource = format!("policy{}{}", writer_path(place), boundary_name(role));
    Arn::iam(place.partition(), &place.account_id, &resource)
}
