//! Lifecycle rules: meaning, ownership and judgement.

use super::world::{applied, fresh, versioned};
use super::{change, directions, plan, spec};
use crate::kinds::s3_bucket::diff::diff;
use crate::kinds::s3_bucket::lifecycle::{Effect, Filter, Lifecycle, Rule, When};
use crate::kinds::s3_bucket::live::Live;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::spec::{Age, ExpireBlock, NoncurrentBlock, Spec, Tier};
use crate::model::Observed;
use crate::model::change::Direction;

fn noncurrent(expire_after: u32) -> Spec {
    Spec {
        noncurrent: Some(NoncurrentBlock {
            prefix: None,
            archive_after: None,
            to: None,
            expire_after: Age::new(expire_after),
            keep: None,
        }),
        ..spec()
    }
}

fn expire(prefix: &str, after: u32) -> Spec {
    Spec {
        expire: vec![ExpireBlock {
            name: "dumps".into(),
            prefix: Some(prefix.into()),
            after: Age::new(after).unwrap(),
            archive_after: None,
            to: None,
        }],
        ..spec()
    }
}

fn rule(id: &str, prefix: &str, effect: Effect) -> Rule {
    Rule {
        id: id.into(),
        enabled: true,
        filter: Filter::prefix(prefix),
        effects: [effect].into(),
    }
}

fn with(rules: Vec<Rule>) -> Live {
    Live {
        lifecycle: Some(Observed::Present(Lifecycle {
            rules,
            minimum_object_size: Some("varies_by_storage_class".into()),
        })),
        ..versioned()
    }
}

fn old(days: u32) -> Effect {
    Effect::ExpireNoncurrent { days, keep: None }
}

fn document(diff: &crate::model::change::Diff<Op>) -> &Lifecycle {
    match &diff.changes[0].op {
        Op::PutLifecycle { lifecycle } => lifecycle,
        other => panic!("{other:?}"),
    }
}

#[test]
fn expiry_order() {
    for (before, after, expected) in [
        (None, 365, Direction::Weakens),
        (Some(365), 30, Direction::Weakens),
        (Some(30), 365, Direction::Strengthens),
    ] {
        let live = with(
            before
                .map(|d| rule("backstay-noncurrent", "", old(d)))
                .into_iter()
                .collect(),
        );
        let diff = plan(&noncurrent(after), &live);
        let change = change(&diff, "noncurrent.expire_after");
        assert_eq!(change.direction, expected, "{before:?} to {after}");
        if let (Some(365), 30) = (before, after) {
            assert_eq!(
                change.reason.as_deref(),
                Some("versions replaced more than 30 days ago can be deleted, before: 365 days")
            );
        }
    }
}

/// Without a past there is nothing that an expiration could take away.
#[test]
fn an_expiration_that_can_reach_nothing_is_neutral() {
    let new = diff(&noncurrent(30), None, &super::place());
    assert_eq!(
        change(&new, "noncurrent.expire_after").direction,
        Direction::Neutral
    );
    let never_versioned = Spec {
        versioning: Some(true),
        ..noncurrent(30)
    };
    let diff = plan(&never_versioned, &fresh(false));
    assert_eq!(
        change(&diff, "noncurrent.expire_after").direction,
        Direction::Neutral
    );
    // Current objects are there all the same.
    let current = plan(&expire("pg/", 90), &fresh(false));
    assert_eq!(
        change(&current, "expire[\"dumps\"].after").direction,
        Direction::Weakens
    );
}

#[test]
fn rules_of_others_survive() {
    let theirs = Rule {
        id: "theirs".into(),
        enabled: false,
        filter: Filter {
            prefix: "a/".into(),
            tags: [("k".to_owned(), "v".to_owned())].into(),
            larger_than: Some(5),
            smaller_than: None,
        },
        effects: [
            Effect::Expire(When::Date("2030-01-01T00:00:00Z".into())),
            Effect::TransitionNoncurrent {
                days: 3,
                class: "GLACIER".into(),
                keep: Some(2),
            },
        ]
        .into(),
    };
    let diff = plan(&noncurrent(30), &with(vec![theirs.clone()]));
    let written = document(&diff);
    assert_eq!(written.rules[0], theirs);
    assert_eq!(written.rules.len(), 2);
    assert_eq!(
        written.minimum_object_size.as_deref(),
        Some("varies_by_storage_class")
    );
}

/// One rule of somebody else, or several, may do what is declared.
#[test]
fn the_same_meaning_is_enough() {
    let want = Spec {
        noncurrent: Some(NoncurrentBlock {
            prefix: None,
            archive_after: Age::new(30),
            to: Some(Tier::GlacierIr),
            expire_after: Age::new(365),
            keep: None,
        }),
        abort_multipart_after: Age::new(7),
        ..spec()
    };
    let archive = Effect::TransitionNoncurrent {
        days: 30,
        class: "GLACIER_IR".into(),
        keep: None,
    };
    let one = with(vec![Rule {
        id: "everything".into(),
        enabled: true,
        filter: Filter::default(),
        effects: [archive.clone(), old(365), Effect::AbortMultipart(7)].into(),
    }]);
    let many = with(vec![
        rule("a", "", archive),
        rule("b", "", Effect::AbortMultipart(7)),
        rule("c", "", old(365)),
    ]);
    for live in [one, many] {
        assert!(plan(&want, &live).changes.is_empty());
    }
}

#[test]
fn a_rule_that_is_switched_off_does_nothing() {
    let mut off = rule("backstay-noncurrent", "", old(365));
    off.enabled = false;
    let diff = plan(&noncurrent(365), &with(vec![off]));
    let change = change(&diff, "noncurrent.expire_after");
    assert!(change.before.is_null());
    assert_eq!(change.direction, Direction::Weakens);
    assert_eq!(document(&diff).rules.len(), 1);
}

#[test]
fn our_rules_that_nobody_declares_go() {
    let live = with(vec![
        rule("backstay-expire-old", "x/", Effect::Expire(When::Days(3))),
        rule("backstay-noncurrent", "", old(365)),
    ]);
    let diff = plan(&noncurrent(365), &live);
    assert_eq!(directions(&diff), [("expire[\"old\"]", Direction::Strengthens)]);
    assert!(
        plan(&noncurrent(365), &applied(Some(&live), &diff))
            .changes
            .is_empty()
    );
}

/// A rule of somebody else that deletes sooner makes the declaration untrue.
#[test]
fn a_rule_that_defeats_ours_is_a_finding() {
    let sooner = with(vec![rule("theirs", "", old(7))]);
    let diff = plan(&noncurrent(365), &sooner);
    assert_eq!(diff.findings[0].path, "noncurrent.expire_after");
    assert!(diff.findings[0].why.contains("\"theirs\""));
    // Ours is no further loss then.
    assert_eq!(
        change(&diff, "noncurrent.expire_after").direction,
        Direction::Neutral
    );
    // A narrower rule is an exception, not a defeat.
    let narrower = with(vec![rule("theirs", "tmp/", old(7))]);
    assert!(plan(&noncurrent(365), &narrower).findings.is_empty());
}

#[test]
fn a_wider_prefix_reaches_more() {
    let live = with(vec![rule(
        "backstay-expire-dumps",
        "pg/",
        Effect::Expire(When::Days(90)),
    )]);
    let wider = plan(&expire("", 90), &live);
    assert_eq!(
        change(&wider, "expire[\"dumps\"].prefix").direction,
        Direction::Weakens
    );
    let narrower = plan(&expire("pg/old/", 90), &live);
    assert_eq!(
        change(&narrower, "expire[\"dumps\"].prefix").direction,
        Direction::Strengthens
    );
}

#[test]
fn keeping_fewer_is_less() {
    let keep = |n| Effect::ExpireNoncurrent {
        days: 30,
        keep: Some(n),
    };
    let live = with(vec![rule("backstay-noncurrent", "", keep(5))]);
    let mut want = noncurrent(30);
    want.noncurrent.as_mut().unwrap().keep = Some(3);
    assert_eq!(
        directions(&plan(&want, &live)),
        [("noncurrent.keep", Direction::Weakens)]
    );
}

/// Wire form and back: whatever a rule says, S3 is told the same.
#[test]
fn rules_survive_the_wire() {
    use crate::kinds::s3_bucket::lifecycle::wire;
    use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
    let filters = [
        Filter::default(),
        Filter::prefix("a/"),
        Filter {
            tags: [("k".to_owned(), "v".to_owned())].into(),
            ..Filter::default()
        },
        Filter {
            larger_than: Some(1),
            ..Filter::default()
        },
        Filter {
            prefix: "a".into(),
            tags: [("k".to_owned(), "v".to_owned()), ("l".to_owned(), "w".to_owned())].into(),
            larger_than: Some(1),
            smaller_than: Some(9),
        },
    ];
    let effects = [
        Effect::Expire(When::Days(3)),
        Effect::Expire(When::Date("2030-01-01T00:00:00Z".into())),
        Effect::ExpireDeleteMarkers,
        Effect::Transition {
            when: When::Days(3),
            class: "GLACIER".into(),
        },
        Effect::ExpireNoncurrent {
            days: 3,
            keep: Some(4),
        },
        Effect::TransitionNoncurrent {
            days: 3,
            class: "A_CLASS_OF_TOMORROW".into(),
            keep: None,
        },
        Effect::AbortMultipart(7),
    ];
    for filter in &filters {
        for effect in &effects {
            let lifecycle = Lifecycle {
                rules: vec![Rule {
                    id: "x".into(),
                    enabled: false,
                    filter: filter.clone(),
                    effects: [effect.clone()].into(),
                }],
                minimum_object_size: None,
            };
            let written = wire::write(&lifecycle).unwrap();
            let answer = GetBucketLifecycleConfigurationOutput::builder()
                .set_rules(Some(written.rules))
                .build();
            assert_eq!(wire::read(&answer), lifecycle);
        }
    }
}

/// A creation that was cut off is finished without approvals where there is nothing to lose, and only there: whoever may
/// tag can say that a bucket is being created.
#[test]
fn a_bucket_that_says_it_is_being_created_has_to_be_empty() {
    let want = expire("", 30);
    for (is_empty, expected) in [
        (Some(true), Direction::Neutral),
        (Some(false), Direction::Weakens),
        (None, Direction::Weakens),
    ] {
        let tags = ["backstay:project", "backstay:creating"].map(|name| (name.to_owned(), "acme".to_owned()));
        let have = Live {
            tags: Some(Observed::Present(tags.into())),
            is_empty,
            ..versioned()
        };
        let diff = plan(&want, &have);
        let expires: Vec<Direction> = directions(&diff)
            .into_iter()
            .filter(|(path, _)| path.starts_with("expire"))
            .map(|(_, direction)| direction)
            .collect();
        assert!(!expires.is_empty());
        assert!(
            expires.iter().all(|d| *d == expected),
            "{is_empty:?}: {expires:?}"
        );
        // The mark goes either way.
        assert_eq!(
            change(&diff, "tags[\"backstay:creating\"]").direction,
            Direction::Neutral
        );
    }
}
