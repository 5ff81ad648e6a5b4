//! Settings of one value.

use super::world::{applied, fresh, versioned};
use super::{arn, change, directions, place, plan, spec};
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::s3_bucket::diff::{diff, release};
use crate::kinds::s3_bucket::live::{Encryption, Live, Part, PublicAccessBlock, VersioningState};
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::spec::{EncryptionBlock, ObjectLockBlock, Ownership, Spec};
use crate::model::change::{Action, Direction, Stage};
use crate::model::fact::Versioning;
use crate::model::schema::Reference;
use crate::model::{Observed, Unreadable};
use std::collections::BTreeMap;

#[test]
fn nothing_declared_is_nothing_to_do() {
    for live in [fresh(false), fresh(true), versioned(), Live::default()] {
        let diff = plan(&spec(), &live);
        assert_eq!(diff.action, Action::NoOp);
        assert!(diff.changes.is_empty() && diff.unreadable.is_empty() && diff.findings.is_empty());
    }
}

#[test]
fn a_missing_bucket_is_created_whole() {
    let want = Spec {
        public_access: Some(false),
        ownership: Some(Ownership::BucketOwnerEnforced),
        object_lock: Some(ObjectLockBlock {
            mode: None,
            retention: None,
        }),
        tags: Some(BTreeMap::from([("team".into(), "storage".into())])),
        ..spec()
    };
    let made = diff(&want, None, &place());
    assert_eq!(made.action, Action::Create);
    let stages: Vec<Stage> = made.changes.iter().map(|c| c.stage).collect();
    assert!(stages.is_sorted());
    let Op::Create { lock, tags } = &made.changes[0].op else {
        panic!("creation comes first");
    };
    assert!(*lock);
    assert_eq!(tags[PROJECT_TAG], "acme");
    assert_eq!(tags["team"], "storage");
    // What locks by being declared keeps versions, too, and a new bucket has no weaker past.
    assert!(
        made.changes
            .iter()
            .any(|c| c.op == Op::PutVersioning { enabled: true })
    );
    assert!(directions(&made).iter().all(|(_, d)| *d != Direction::Weakens));
    assert!(plan(&want, &applied(None, &made)).changes.is_empty());
}

#[test]
fn versioning() {
    let live = |state| Live {
        versioning: Some(Observed::Present(VersioningState {
            state,
            mfa_delete: false,
        })),
        ..fresh(false)
    };
    let want = |versioning| Spec {
        versioning: Some(versioning),
        ..spec()
    };
    for (state, wanted, expected) in [
        (Versioning::Never, true, Some(Direction::Strengthens)),
        (Versioning::Suspended, true, Some(Direction::Strengthens)),
        (Versioning::Enabled, true, None),
        (Versioning::Enabled, false, Some(Direction::Weakens)),
        (Versioning::Suspended, false, None),
        (Versioning::Never, false, None),
    ] {
        let diff = plan(&want(wanted), &live(state));
        let got = directions(&diff).first().map(|(_, d)| *d);
        assert_eq!(got, expected, "{state:?} to {wanted}");
        assert!(super::attributes(&diff).iter().all(|a| a.irreversible.is_none()));
    }
}

#[test]
fn what_cannot_be_switched_is_a_finding() {
    let mfa = Live {
        versioning: Some(Observed::Present(VersioningState {
            state: Versioning::Suspended,
            mfa_delete: true,
        })),
        ..fresh(false)
    };
    let on = Spec {
        versioning: Some(true),
        ..spec()
    };
    let off = Spec {
        versioning: Some(false),
        ..spec()
    };
    for (want, have) in [(&on, &mfa), (&off, &fresh(true))] {
        let diff = plan(want, have);
        assert!(diff.changes.is_empty());
        assert_eq!(diff.findings[0].path, "versioning");
    }
}

#[test]
fn encryption_keeps_what_is_not_declared() {
    let key = "arn:aws:kms:us-east-1:111111111111:key/abc";
    let want = Spec {
        encryption: Some(EncryptionBlock {
            kms_key: Some(arn(key)),
            bucket_key: None,
        }),
        ..spec()
    };
    let have = Live {
        encryption: Some(Observed::Present(Encryption {
            algorithm: "AES256".into(),
            key: None,
            bucket_key: Some(true),
            blocked: vec!["SSE-C".into()],
        })),
        ..fresh(false)
    };
    let diff = plan(&want, &have);
    // One more permission to read, and one more way to destroy: not comparable.
    assert_eq!(directions(&diff), [("encryption.kms_key", Direction::Weakens)]);
    let Op::PutEncryption { encryption } = &diff.changes[0].op else {
        panic!("one write");
    };
    assert_eq!(
        (encryption.bucket_key, encryption.blocked.as_slice()),
        (Some(true), ["SSE-C".to_owned()].as_slice())
    );
    // The same key by its id alone.
    let by_id = Live {
        encryption: Some(Observed::Present(Encryption {
            algorithm: "aws:kms".into(),
            key: Some("abc".into()),
            bucket_key: None,
            blocked: Vec::new(),
        })),
        ..fresh(false)
    };
    assert!(plan(&want, &by_id).changes.is_empty());
    // Back to S3's own keys.
    let plain = Spec {
        encryption: Some(EncryptionBlock {
            kms_key: None,
            bucket_key: None,
        }),
        ..spec()
    };
    assert_eq!(
        change(&plan(&plain, &by_id), "encryption.kms_key").direction,
        Direction::Weakens
    );
    assert!(plan(&plain, &fresh(false)).changes.is_empty());
}

#[test]
fn a_key_in_another_account_isolates_where_the_posture_declares_it() {
    let key = arn("arn:aws:kms:us-east-1:222222222222:key/abc");
    let declared = Reference {
        address: Some("kms_key.vault".parse().unwrap()),
        ..key.clone()
    };
    for (key, direction, incomparable) in [
        (declared, Direction::Strengthens, false),
        (key, Direction::Weakens, true),
    ] {
        let want = Spec {
            encryption: Some(EncryptionBlock {
                kms_key: Some(key),
                bucket_key: None,
            }),
            ..spec()
        };
        let diff = plan(&want, &fresh(false));
        let change = change(&diff, "encryption.kms_key");
        assert_eq!((change.direction, change.incomparable), (direction, incomparable));
    }
}

#[test]
fn public_access_is_four_blocks() {
    let have = |block| Live {
        public_access: Some(block),
        ..fresh(false)
    };
    let want = |public| Spec {
        public_access: Some(public),
        ..spec()
    };
    let three = PublicAccessBlock {
        restrict_public_buckets: false,
        ..PublicAccessBlock::all(true)
    };
    for (block, public, expected) in [
        (Observed::Absent, false, Some(Direction::Strengthens)),
        (Observed::Present(three), false, Some(Direction::Strengthens)),
        (Observed::Present(PublicAccessBlock::all(true)), false, None),
        (Observed::Present(three), true, Some(Direction::Weakens)),
        (Observed::Absent, true, None),
    ] {
        let diff = plan(&want(public), &have(block.clone()));
        let got = directions(&diff).first().map(|(_, d)| *d);
        assert_eq!(got, expected, "{block:?} to {public}");
    }
}

#[test]
fn ownership_and_tags() {
    let mut have = fresh(false);
    have.ownership = Some(Observed::Present(Ownership::BucketOwnerEnforced));
    have.tags = Some(Observed::Present(BTreeMap::from([
        ("theirs".into(), "1".into()),
        ("team".into(), "old".into()),
    ])));
    let want = Spec {
        ownership: Some(Ownership::BucketOwnerPreferred),
        tags: Some(BTreeMap::from([("team".into(), "new".into())])),
        ..spec()
    };
    let diff = plan(&want, &have);
    assert_eq!(change(&diff, "ownership").direction, Direction::Weakens);
    assert_eq!(change(&diff, "tags[\"team\"]").before, "old");
    let tags = diff.changes.iter().find_map(|c| match &c.op {
        Op::PutTags { tags } => Some(tags.clone()),
        _ => None,
    });
    // Replacing the tags must not drop those of others.
    assert_eq!(tags.unwrap()["theirs"], "1");
}

#[test]
fn denied_is_never_absent() {
    let denied = Unreadable {
        action: Part::Versioning.read_action().into(),
        why: "denied".into(),
        denied: true,
    };
    let have = Live {
        versioning: Some(Observed::Unreadable(denied.clone())),
        ..fresh(false)
    };
    let want = Spec {
        versioning: Some(true),
        public_access: Some(true),
        ..spec()
    };
    let diff = plan(&want, &have);
    assert_eq!(diff.unreadable, [denied]);
    // The rest is compared all the same.
    assert_eq!(directions(&diff), [("public_access", Direction::Weakens)]);
}

#[test]
fn another_region_or_project_is_left_alone() {
    let want = Spec {
        versioning: Some(true),
        ..spec()
    };
    let elsewhere = Live {
        region: Some("eu-west-1".parse().unwrap()),
        ..fresh(false)
    };
    let theirs = Live {
        tags: Some(Observed::Present(BTreeMap::from([(
            PROJECT_TAG.into(),
            "other".into(),
        )]))),
        ..fresh(false)
    };
    for (have, path) in [(elsewhere, "region"), (theirs, "tags[\"backstay:project\"]")] {
        let diff = plan(&want, &have);
        assert!(diff.changes.is_empty());
        assert_eq!(diff.findings[0].path, path);
    }
}

#[test]
fn releasing_takes_off_the_mark_and_nothing_else() {
    let have = Live {
        tags: Some(Observed::Present(BTreeMap::from([
            (PROJECT_TAG.into(), "acme".into()),
            ("theirs".into(), "1".into()),
        ]))),
        ..Live::default()
    };
    let diff = release(&have, &place());
    assert_eq!(diff.action, Action::Release);
    let tags = BTreeMap::from([("theirs".to_owned(), "1".to_owned())]);
    assert_eq!(diff.changes[0].op, Op::PutTags { tags });
    let after = applied(Some(&have), &diff);
    assert_eq!(release(&after, &place()).action, Action::NoOp);
}
