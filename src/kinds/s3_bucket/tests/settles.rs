//! Whatever is declared and whatever is there: after an apply there is nothing left to do.

use super::world::{applied, fresh, versioned};
use super::{bucket, place, spec};
use crate::kinds::Depth;
use crate::kinds::s3_bucket::diff::diff;
use crate::kinds::s3_bucket::lifecycle::{Effect, Filter, Lifecycle, Rule, When};
use crate::kinds::s3_bucket::live::{Live, Part, PublicAccessBlock};
use crate::kinds::s3_bucket::spec::*;
use crate::kinds::s3_bucket::{policy, read};
use crate::model::change::{Diff, Direction};
use crate::model::fact::{LockMode, LockRetention, ObjectLock};
use crate::model::policy::{Effect as Verdict, Statement};
use crate::model::{Duration, Observed};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn age() -> impl Strategy<Value = Age> {
    (1u32..400).prop_map(|d| Age::new(d).unwrap())
}

fn prefix() -> impl Strategy<Value = Option<String>> {
    of(prop_oneof![
        Just(String::new()),
        Just("a/".into()),
        Just("a/b/".into())
    ])
}

fn tier() -> impl Strategy<Value = Tier> {
    prop_oneof![
        Just(Tier::StandardIa),
        Just(Tier::GlacierIr),
        Just(Tier::DeepArchive)
    ]
}

fn noncurrent() -> impl Strategy<Value = NoncurrentBlock> {
    (prefix(), of((age(), tier())), age(), of(1u32..5)).prop_map(|(prefix, archive, expire, keep)| {
        NoncurrentBlock {
            prefix,
            archive_after: archive.map(|a| a.0),
            to: archive.map(|a| a.1),
            expire_after: Some(expire),
            keep,
        }
    })
}

fn expire() -> impl Strategy<Value = Vec<ExpireBlock>> {
    vec((prefix(), age()), 0..3).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (prefix, after))| ExpireBlock {
                name: format!("r{n}"),
                prefix,
                after,
                archive_after: None,
                to: None,
            })
            .collect()
    })
}

fn replicate() -> impl Strategy<Value = Vec<ReplicateBlock>> {
    let one = (any::<bool>(), any::<bool>(), of(any::<bool>()), of(any::<bool>()));
    vec(one, 0..3).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (other_account, fast, delete_markers, owner_override))| {
                let account = if other_account {
                    "222222222222"
                } else {
                    "111111111111"
                };
                ReplicateBlock {
                    to: bucket(&format!("acme-dr-{}", n / 2), account, "us-west-2"),
                    account: None,
                    prefix: Some(format!("{n}/")),
                    within: fast.then(|| Duration::from_secs(900)),
                    delete_markers,
                    kms_key: None,
                    role: None,
                    storage_class: None,
                    owner_override,
                }
            })
            .collect()
    })
}

fn lock() -> impl Strategy<Value = Option<ObjectLockBlock>> {
    let mode = prop_oneof![Just(Mode::Governance), Just(Mode::Compliance)];
    of(of((mode, age()))).prop_map(|lock| {
        lock.map(|retention| ObjectLockBlock {
            mode: retention.map(|r| r.0),
            retention: retention.map(|r| r.1),
        })
    })
}

fn ownership() -> impl Strategy<Value = Ownership> {
    prop_oneof![
        Just(Ownership::ObjectWriter),
        Just(Ownership::BucketOwnerPreferred),
        Just(Ownership::BucketOwnerEnforced)
    ]
}

prop_compose! {
    /// A block that passes validation.
    fn specs()(
        versioning in of(any::<bool>()),
        public_access in of(any::<bool>()),
        ownership in of(ownership()),
        encrypted in of(of(any::<bool>())),
        object_lock in lock(),
        noncurrent in of(noncurrent()),
        expire in expire(),
        abort_multipart_after in of(age()),
        replicate in replicate(),
        tags in of(Just([("team".to_owned(), "x".to_owned())].into())),
        contributes in any::<bool>(),
    ) -> Spec {
        let versioned = object_lock.is_some() || !replicate.is_empty();
        let mut spec = Spec {
            versioning: versioning.filter(|on| *on || !versioned),
            public_access, ownership, object_lock, noncurrent, expire, abort_multipart_after, replicate, tags,
            encryption: encrypted.map(|bucket_key| EncryptionBlock { kms_key: None, bucket_key }),
            ..spec()
        };
        if contributes {
            let statement = Statement::new(Verdict::Allow, ["s3:ReplicateObject"], ["arn:aws:s3:::acme-uploads/*"])
                .principal("AWS", "arn:aws:iam::222222222222:role/r");
            policy::accept(&mut spec, statement);
        }
        spec
    }
}

fn foreign_rule() -> impl Strategy<Value = Rule> {
    let effect = prop_oneof![
        (1u32..400).prop_map(|days| Effect::ExpireNoncurrent { days, keep: None }),
        (1u32..400).prop_map(|days| Effect::Expire(When::Days(days))),
        (1u32..30).prop_map(Effect::AbortMultipart),
    ];
    let id = prop_oneof![
        Just("theirs"),
        Just("backstay-noncurrent"),
        Just("backstay-expire-gone")
    ];
    (id, any::<bool>(), prefix(), effect).prop_map(|(id, enabled, prefix, effect)| Rule {
        id: id.into(),
        enabled,
        filter: Filter::prefix(&prefix.unwrap_or_default()),
        effects: [effect].into(),
    })
}

prop_compose! {
    fn lives()(
        kept in any::<bool>(),
        lock in of(of((any::<bool>(), 1u32..400))),
        public in any::<bool>(),
        ownership in ownership(),
        rules in vec(foreign_rule(), 0..3),
    ) -> Live {
        let mut live = if kept { versioned() } else { fresh(lock.is_some()) };
        live.lock = Some(match lock {
            None => Observed::Absent,
            Some(retention) => Observed::Present(ObjectLock {
                retention: retention.map(|(compliance, days)| LockRetention {
                    mode: if compliance { LockMode::Compliance } else { LockMode::Governance },
                    days,
                }),
            }),
        });
        live.public_access = Some(Observed::Present(PublicAccessBlock::all(!public)));
        live.ownership = Some(Observed::Present(ownership));
        let mut seen = std::collections::BTreeSet::new();
        let rules: Vec<Rule> = rules.into_iter().filter(|r| seen.insert(r.id.clone())).collect();
        live.lifecycle = Some(match rules.is_empty() {
            true => Observed::Absent,
            false => Observed::Present(Lifecycle { rules, minimum_object_size: None }),
        });
        live
    }
}

/// Nothing to write, and nothing said that writing could have settled.
fn settled(diff: &Diff<crate::kinds::s3_bucket::Op>) -> bool {
    diff.changes.is_empty() && diff.unreadable.is_empty()
}

proptest! {
    #[test]
    fn an_apply_leaves_nothing_to_do(want in specs(), have in of(lives())) {
        let first = diff(&want, have.as_ref(), &place());
        let after = applied(have.as_ref(), &first);
        let second = diff(&want, Some(&after), &place());
        prop_assert!(settled(&second), "{:#?}", second.changes);
    }

    /// Killed between any two writes: what is left to do then is enough.
    #[test]
    fn an_apply_that_was_cut_short_converges(want in specs(), have in of(lives()), written in 1usize..9) {
        let mut first = diff(&want, have.as_ref(), &place());
        first.changes.truncate(written);
        let half = applied(have.as_ref(), &first);
        let rest = diff(&want, Some(&half), &place());
        let after = applied(Some(&half), &rest);
        prop_assert!(settled(&diff(&want, Some(&after), &place())));
    }

    /// A plan reads enough: what is not asked for makes no difference.
    #[test]
    fn what_is_not_declared_need_not_be_read(want in specs(), have in lives()) {
        let mut part = have.clone();
        let parts = read::parts(Some(&want), Depth::Declared);
        for unread in Part::ALL.into_iter().filter(|p| !parts.contains(p)) {
            match unread {
                Part::Tags => part.tags = None,
                Part::Versioning => part.versioning = None,
                Part::Encryption => part.encryption = None,
                Part::PublicAccess => part.public_access = None,
                Part::Ownership => part.ownership = None,
                Part::Lock => part.lock = None,
                Part::Lifecycle => part.lifecycle = None,
                Part::Replication => part.replication = None,
                Part::Policy => part.policy = None,
            }
        }
        prop_assert_eq!(diff(&want, Some(&part), &place()), diff(&want, Some(&have), &place()));
    }

    /// Whatever weakens says why, and a bucket that is not there has nothing to lose.
    #[test]
    fn weakening_is_explained(want in specs(), have in of(lives())) {
        let diff = diff(&want, have.as_ref(), &place());
        for attribute in diff.changes.iter().flat_map(|c| &c.attributes) {
            if attribute.direction == Direction::Weakens {
                prop_assert!(attribute.reason.is_some(), "{}", attribute.path);
                prop_assert!(have.is_some(), "{}", attribute.path);
            }
        }
    }

    /// Undoing a change of one setting never strengthens as the change did.
    #[test]
    fn there_and_back_are_not_both_gains(a in specs(), b in specs(), have in lives()) {
        let at_a = applied(Some(&have), &diff(&a, Some(&have), &place()));
        let there = diff(&b, Some(&at_a), &place());
        let back = diff(&a, Some(&applied(Some(&at_a), &there)), &place());
        for one in there.changes.iter().flat_map(|c| &c.attributes) {
            for other in back.changes.iter().flat_map(|c| &c.attributes) {
                if one.path == other.path && one.before == other.after && one.after == other.before {
                    let both = one.direction == Direction::Strengthens && other.direction == Direction::Strengthens;
                    prop_assert!(!both, "{}: {} and back", one.path, one.after);
                }
            }
        }
    }

    /// Specs, live states and writes are stored in plans and snapshots.
    #[test]
    fn data_survives_storage(want in specs(), have in lives()) {
        let ops: Vec<_> = diff(&want, Some(&have), &place()).changes.into_iter().map(|c| c.op).collect();
        let stored = serde_json::to_value((&want, &have, &ops)).unwrap();
        prop_assert_eq!(serde_json::from_value::<(Spec, Live, Vec<_>)>(stored).unwrap(), (want, have, ops));
    }
}
