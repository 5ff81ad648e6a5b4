//! The least permissions that a bucket needs.

use super::keys;
use super::live::Part;
use super::op::Op;
use super::read;
use super::role::replication_role;
use super::spec::Spec;
use crate::kinds::keys::DESCRIBE;
use crate::kinds::{Depth, Permission, Purpose, marked, objects};
use crate::model::{Arn, Place};

/// See [`Kind::permissions`](crate::kinds::Kind::permissions).
pub(super) fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
    let bucket = Arn::bucket(place.partition(), &spec.name).to_string();
    let on_bucket = |action: &'static str| Permission {
        action,
        resource: bucket.clone(),
    };
    let anywhere = |action: &'static str| Permission {
        action,
        resource: "*".to_owned(),
    };
    let depth = match purpose {
        Purpose::Check | Purpose::Prove => Depth::Everything,
        Purpose::Plan | Purpose::Apply => Depth::Declared,
    };
    let parts = read::parts(Some(spec), depth);
    let mut all = vec![
        anywhere("s3:ListAllMyBuckets"),
        anywhere(marked::ACTION),
        // HeadBucket, for a bucket that is not in the list.
        on_bucket("s3:ListBucket"),
    ];
    all.extend(parts.iter().map(|part| on_bucket(part.read_action())));
    // For an apply, whether one that was left half made holds anything.
    let looks = depth.everything() && !spec.looked_into.0.is_empty();
    if looks || matches!(purpose, Purpose::Apply | Purpose::Prove) {
        all.push(on_bucket(objects::LIST));
    }
    // Rules and locks that nobody declared count in a proof as well.
    if purpose == Purpose::Prove {
        all.push(Permission {
            action: objects::RETENTION,
            resource: format!("{bucket}/*"),
        });
    }
    // Asked only when an alias is named or seen, and which key that is isn't known before.
    if keys::names_any(spec) || purpose.reads_everything() {
        all.push(anywhere(DESCRIBE));
    }
    if purpose == Purpose::Apply {
        all.push(on_bucket("s3:CreateBucket"));
        // CreateBucket with tags asks for this besides.
        all.push(on_bucket("s3:TagResource"));
        for part in &parts {
            // Versioning may be read only for what depends on it.
            let written = match part {
                Part::Versioning => spec.wants_versioning().is_some(),
                Part::Lock => spec.object_lock.is_some(),
                _ => true,
            };
            if written {
                all.push(on_bucket(part.write_action()));
            }
        }
        if spec.object_lock.is_some() {
            // CreateBucket with object lock asks for these two besides.
            all.push(on_bucket("s3:PutBucketVersioning"));
            all.push(on_bucket("s3:PutBucketObjectLockConfiguration"));
        }
        if spec.policy.is_some() {
            all.push(on_bucket("s3:DeleteBucketPolicy"));
        }
        if !spec.replicate.is_empty() {
            all.push(Permission {
                action: "iam:PassRole",
                resource: replication_role(spec, place).to_string(),
            });
        }
    }
    all.sort();
    all.dedup();
    all
}

/// See [`Kind::needs`](crate::kinds::Kind::needs).
pub(super) fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
    let bucket = Arn::bucket(place.partition(), ident);
    let on_bucket = |action| Permission::new(action, bucket.as_str());
    let part = match op {
        Op::Create { lock, .. } => {
            // With tags and with object lock, creation asks for these besides.
            let mut all = vec![on_bucket("s3:CreateBucket"), on_bucket("s3:TagResource")];
            if *lock {
                all.extend([Part::Versioning, Part::Lock].map(|part| on_bucket(part.write_action())));
            }
            return all;
        }
        Op::PutPolicy { document } if document.statements.is_empty() => {
            return vec![on_bucket("s3:DeleteBucketPolicy")];
        }
        Op::PutReplication { replication } => {
            let passed = Permission::new("iam:PassRole", replication.role.as_str());
            return vec![on_bucket(Part::Replication.write_action()), passed];
        }
        Op::PutVersioning { .. } => Part::Versioning,
        Op::PutEncryption { .. } => Part::Encryption,
        Op::PutPublicAccess { .. } => Part::PublicAccess,
        Op::PutOwnership { .. } => Part::Ownership,
        Op::PutTags { .. } => Part::Tags,
        Op::EnableLock | Op::PutRetention { .. } => Part::Lock,
        Op::PutLifecycle { .. } => Part::Lifecycle,
        Op::PutPolicy { .. } => Part::Policy,
    };
    vec![on_bucket(part.write_action())]
}
