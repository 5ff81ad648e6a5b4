//! Object lock.

use super::world::{applied, fresh, versioned};
use super::{attributes, change, plan, spec};
use crate::kinds::s3_bucket::diff::diff;
use crate::kinds::s3_bucket::live::Live;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::spec::{Age, Mode, ObjectLockBlock, Spec};
use crate::model::Observed;
use crate::model::change::{Direction, Stage};
use crate::model::fact::{LockMode, LockRetention, ObjectLock};

fn want(mode: Mode, days: u32) -> Spec {
    Spec {
        object_lock: Some(ObjectLockBlock {
            mode: Some(mode),
            retention: Age::new(days),
        }),
        ..spec()
    }
}

fn locked(mode: LockMode, days: u32) -> Live {
    Live {
        lock: Some(Observed::Present(ObjectLock {
            retention: Some(LockRetention { mode, days }),
        })),
        ..fresh(true)
    }
}

#[test]
fn enabling_on_what_exists_can_never_be_undone() {
    let diff = plan(&want(Mode::Governance, 30), &versioned());
    let enable = change(&diff, "object_lock");
    assert!(
        enable
            .irreversible
            .as_ref()
            .unwrap()
            .contains("versioning can never be suspended")
    );
    assert_eq!(enable.direction, Direction::Strengthens);
    // The capability comes early, so that a locked source may copy here; governance is no final step.
    assert!(diff.changes.iter().all(|c| c.stage == Stage::Protect));
    assert!(change(&diff, "object_lock.mode").irreversible.is_none());
}

#[test]
fn a_new_bucket_is_able_to_lock_from_the_start() {
    let made = diff(&want(Mode::Governance, 30), None, &super::place());
    assert!(matches!(made.changes[0].op, Op::Create { lock: true, .. }));
    assert!(!made.changes.iter().any(|c| c.op == Op::EnableLock));
    assert!(attributes(&made).iter().all(|a| a.irreversible.is_none()));
}

#[test]
fn compliance_comes_last_and_says_when_it_ends() {
    for have in [None, Some(fresh(true)), Some(locked(LockMode::Governance, 30))] {
        let diff = diff(&want(Mode::Compliance, 30), have.as_ref(), &super::place());
        let last = diff.changes.last().unwrap();
        assert_eq!(last.stage, Stage::Lock);
        let said: Vec<_> = last
            .attributes
            .iter()
            .filter_map(|a| a.irreversible.as_ref())
            .collect();
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("30 days after it was written"), "{said:?}");
    }
}

/// The product order: any component that falls is a weakening.
#[test]
fn retention_order() {
    use LockMode::{Compliance, Governance};
    for (before, after, weakens, is_final) in [
        ((Compliance, 30), (Mode::Compliance, 60), false, true),
        ((Compliance, 60), (Mode::Compliance, 30), true, false),
        ((Compliance, 30), (Mode::Governance, 60), true, false),
        ((Governance, 60), (Mode::Compliance, 30), true, true),
        ((Governance, 30), (Mode::Governance, 60), false, false),
        ((Governance, 60), (Mode::Governance, 30), true, false),
    ] {
        let diff = plan(&want(after.0, after.1), &locked(before.0, before.1));
        let all = attributes(&diff);
        let fell = all.iter().any(|a| a.direction == Direction::Weakens);
        assert_eq!(fell, weakens, "{before:?} to {after:?}");
        assert!(
            all.iter()
                .all(|a| a.direction != Direction::Weakens || a.reason.is_some())
        );
        assert_eq!(
            all.iter().any(|a| a.irreversible.is_some()),
            is_final,
            "{before:?} to {after:?}"
        );
    }
}

#[test]
fn capability_alone_leaves_a_retention_as_it_is() {
    let want = Spec {
        object_lock: Some(ObjectLockBlock {
            mode: None,
            retention: None,
        }),
        ..spec()
    };
    assert!(plan(&want, &locked(LockMode::Governance, 7)).changes.is_empty());
    let made = plan(&want, &versioned());
    assert_eq!(made.changes.len(), 1);
    assert!(
        plan(&want, &applied(Some(&versioned()), &made))
            .changes
            .is_empty()
    );
}
