//! What holds for any two declarations of a bucket and any state that they leave, on data alone: the
//! writes are those of the plan, carried out by `world`. Covered are versioning, public access,
//! ownership, locks, both kinds of expiry and tags; policies and replication are covered by `laws`, and
//! against a server by `tests/journeys/crash.rs`.

use super::world::applied;
use super::{directions, place, spec};
use crate::kinds::s3_bucket::diff::diff;
use crate::kinds::s3_bucket::live::Live;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::spec::{
    Age, ExpireBlock, Mode, NoncurrentBlock, ObjectLockBlock, Ownership, Spec,
};
use crate::model::change::{Diff, Direction};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

const AGES: [u32; 4] = [1, 7, 30, 365];

fn age() -> impl Strategy<Value = Age> {
    select(&AGES[..]).prop_map(|days| Age::new(days).unwrap())
}

/// Governance alone: nothing of a model should be able to become final.
fn lock() -> impl Strategy<Value = ObjectLockBlock> {
    age().prop_map(|retention| ObjectLockBlock {
        mode: Some(Mode::Governance),
        retention: Some(retention),
    })
}

fn any_spec() -> impl Strategy<Value = Spec> {
    let ownerships = [
        Ownership::BucketOwnerEnforced,
        Ownership::BucketOwnerPreferred,
        Ownership::ObjectWriter,
    ];
    let expire = of((select(vec!["", "logs/"]), age()));
    (
        of(any::<bool>()),
        of(any::<bool>()),
        of(select(ownerships.to_vec())),
        of(lock()),
        of((age(), of(1_u32..5))),
        expire,
        of(select(vec!["core", "data"])),
    )
        .prop_map(
            |(versioning, public, ownership, lock, noncurrent, expire, team)| Spec {
                // A bucket that locks cannot do without versions; the declaration is refused before a plan.
                versioning: versioning.filter(|on| *on || lock.is_none()),
                public_access: public,
                ownership,
                object_lock: lock,
                noncurrent: noncurrent.map(|(after, keep)| NoncurrentBlock {
                    prefix: None,
                    archive_after: None,
                    to: None,
                    expire_after: Some(after),
                    keep,
                }),
                expire: expire
                    .map(|(prefix, after)| ExpireBlock {
                        name: "old".into(),
                        prefix: Some(prefix.into()),
                        after,
                        archive_after: None,
                        to: None,
                    })
                    .into_iter()
                    .collect(),
                tags: team.map(|team| [("team".to_owned(), team.to_owned())].into()),
                ..spec()
            },
        )
}

fn compare(want: &Spec, have: Option<&Live>) -> Diff<Op> {
    diff(want, have, &place())
}

/// What is there when an apply is ended after so many writes.
fn cut_off(have: Option<&Live>, whole: &Diff<Op>, writes: usize) -> Live {
    let mut done = whole.clone();
    done.changes.truncate(writes);
    applied(have, &done)
}

/// The attributes in which `live` protects less than `want` says.
fn less(want: &Spec, live: &Live) -> BTreeSet<String> {
    directions(&compare(want, Some(live)))
        .into_iter()
        .filter(|(_, direction)| *direction == Direction::Strengthens)
        .map(|(path, _)| path.to_owned())
        .collect()
}

fn weakens(diff: &Diff<Op>) -> bool {
    directions(diff).iter().any(|(_, d)| *d == Direction::Weakens)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::with_cases(2000) })]

    /// A creation that is cut off anywhere is finished without approvals, and then nothing differs.
    #[test]
    fn a_creation_converges_from_every_prefix(want in any_spec()) {
        let whole = compare(&want, None);
        prop_assert!(!weakens(&whole));
        for writes in 1..=whole.changes.len() {
            let left = cut_off(None, &whole, writes);
            let rest = compare(&want, Some(&left));
            prop_assert!(!weakens(&rest), "after {writes}: {:?}", directions(&rest));
            let end = applied(Some(&left), &rest);
            let again = compare(&want, Some(&end));
            prop_assert!(again.changes.is_empty(), "after {writes}: {:?}", again.changes);
        }
    }

    /// A change that is cut off anywhere converges, and on its way no attribute is less protected than
    /// at both ends.
    #[test]
    fn a_change_converges_from_every_prefix_and_never_dips(before in any_spec(), after in any_spec()) {
        let start = applied(None, &compare(&before, None));
        let whole = compare(&after, Some(&start));
        for writes in 0..=whole.changes.len() {
            let left = cut_off(Some(&start), &whole, writes);
            let dips: Vec<_> = less(&before, &left).intersection(&less(&after, &left)).cloned().collect();
            prop_assert!(dips.is_empty(), "after {writes}: {dips:?}");
            let end = applied(Some(&left), &compare(&after, Some(&left)));
            let again = compare(&after, Some(&end));
            prop_assert!(again.changes.is_empty(), "after {writes}: {:?}", again.changes);
        }
    }

    /// What needs no approval lowers nothing of what was declared before. Versions are kept: rules
    /// about versions take nothing from a bucket that never had any, and going back would be a gain.
    #[test]
    fn without_approvals_nothing_is_lowered(before in any_spec(), after in any_spec()) {
        let before = Spec { versioning: Some(true), ..before };
        let start = applied(None, &compare(&before, None));
        let whole = compare(&after, Some(&start));
        prop_assume!(!weakens(&whole));
        let end = applied(Some(&start), &whole);
        prop_assert_eq!(less(&before, &end), BTreeSet::new());
    }
}
