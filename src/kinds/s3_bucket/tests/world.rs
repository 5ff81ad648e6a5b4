//! A bucket that does what it is told: what S3 shows after our writes.

use crate::kinds::s3_bucket::S3Bucket;
use crate::kinds::s3_bucket::live::{Encryption, Live, PublicAccessBlock, VersioningState};
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::spec::{Mode, Ownership};
use crate::kinds::tests::world::World;
use crate::model::Observed;
use crate::model::change::Diff;
use crate::model::fact::{LockMode, LockRetention, ObjectLock, Versioning};

/// A bucket as S3 creates it today, every part of it read.
pub(super) fn fresh(lock: bool) -> Live {
    let state = match lock {
        true => Versioning::Enabled,
        false => Versioning::Never,
    };
    Live {
        name: "acme-uploads".into(),
        region: Some("us-east-1".parse().unwrap()),
        tags: Some(Observed::Absent),
        versioning: Some(Observed::Present(VersioningState {
            state,
            mfa_delete: false,
        })),
        encryption: Some(Observed::Present(Encryption {
            algorithm: "AES256".into(),
            key: None,
            bucket_key: Some(false),
            blocked: vec!["SSE-C".into()],
        })),
        public_access: Some(Observed::Present(PublicAccessBlock::all(true))),
        ownership: Some(Observed::Present(Ownership::BucketOwnerEnforced)),
        lock: Some(match lock {
            true => Observed::Present(ObjectLock { retention: None }),
            false => Observed::Absent,
        }),
        lifecycle: Some(Observed::Absent),
        replication: Some(Observed::Absent),
        policy: Some(Observed::Absent),
        is_empty: Some(true),
        contents: Default::default(),
        destinations: Default::default(),
        aliases: Default::default(),
    }
}

/// The bucket with its versions kept.
pub(super) fn versioned() -> Live {
    Live {
        versioning: Some(Observed::Present(VersioningState {
            state: Versioning::Enabled,
            mfa_delete: false,
        })),
        ..fresh(false)
    }
}

/// The bucket after all writes of a plan.
pub(super) fn applied(have: Option<&Live>, diff: &Diff<Op>) -> Live {
    let mut live = have.cloned().unwrap_or_default();
    for change in &diff.changes {
        write(&mut live, &change.op);
    }
    live
}

fn write(live: &mut Live, op: &Op) {
    match op.clone() {
        Op::Create { lock, tags } => {
            *live = fresh(lock);
            live.tags = Some(Observed::Present(tags));
        }
        Op::PutVersioning { enabled } => {
            live.versioning = Some(Observed::Present(VersioningState {
                state: match enabled {
                    true => Versioning::Enabled,
                    false => Versioning::Suspended,
                },
                mfa_delete: false,
            }));
        }
        Op::PutEncryption { encryption } => live.encryption = Some(Observed::Present(encryption)),
        Op::PutPublicAccess { block } => {
            live.public_access = Some(Observed::Present(PublicAccessBlock::all(block)));
        }
        Op::PutOwnership { ownership } => live.ownership = Some(Observed::Present(ownership)),
        Op::PutTags { tags } if tags.is_empty() => live.tags = Some(Observed::Absent),
        Op::PutTags { tags } => live.tags = Some(Observed::Present(tags)),
        Op::EnableLock => live.lock = Some(Observed::Present(ObjectLock { retention: None })),
        Op::PutRetention { mode, days } => {
            let mode = match mode {
                Mode::Governance => LockMode::Governance,
                Mode::Compliance => LockMode::Compliance,
            };
            live.lock = Some(Observed::Present(ObjectLock {
                retention: Some(LockRetention { mode, days }),
            }));
        }
        Op::PutLifecycle { lifecycle } => live.lifecycle = Some(Observed::Present(lifecycle)),
        Op::PutPolicy { document } if document.statements.is_empty() => live.policy = Some(Observed::Absent),
        Op::PutPolicy { document } => live.policy = Some(Observed::Present(document)),
        Op::PutReplication { replication } => live.replication = Some(Observed::Present(replication)),
    }
}

impl World for S3Bucket {
    fn write(live: Option<Live>, op: &Op) -> Live {
        let mut live = live.unwrap_or_default();
        write(&mut live, op);
        live
    }
}
