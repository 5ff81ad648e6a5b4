//! Replication rules: meaning, ownership and judgement.

use super::world::{applied, versioned};
use super::{bucket, change, directions, plan, spec};
use crate::kinds::s3_bucket::live::Live;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::replication::{Replication, Rule};
use crate::kinds::s3_bucket::spec::{ReplicateBlock, Spec};
use crate::model::change::{Diff, Direction, Stage};
use crate::model::schema::Reference;
use crate::model::{Duration, Observed};

pub(super) fn to(name: &str) -> ReplicateBlock {
    ReplicateBlock {
        to: bucket(name, "111111111111", "us-west-2"),
        account: None,
        prefix: None,
        within: None,
        delete_markers: None,
        kms_key: None,
        role: None,
        storage_class: None,
        owner_override: None,
    }
}

fn replicating(blocks: Vec<ReplicateBlock>) -> Spec {
    Spec {
        replicate: blocks,
        ..spec()
    }
}

fn document(diff: &Diff<Op>) -> &Replication {
    let found = diff.changes.iter().find_map(|c| match &c.op {
        Op::PutReplication { replication } => Some(replication),
        _ => None,
    });
    found.expect("a replication document")
}

fn with(replication: Replication) -> Live {
    Live {
        replication: Some(Observed::Present(replication)),
        ..versioned()
    }
}

/// The bucket as it is after a plan of this.
fn settled(spec: &Spec) -> Live {
    let have = versioned();
    applied(Some(&have), &plan(spec, &have))
}

#[test]
fn a_rule_says_all_that_s3_wants() {
    let block = ReplicateBlock {
        within: Some(Duration::from_secs(900)),
        ..to("acme-dr")
    };
    let diff = plan(&replicating(vec![block]), &versioned());
    assert_eq!(diff.changes[0].stage, Stage::Replicate);
    assert_eq!(change(&diff, "replicate.to").direction, Direction::Strengthens);
    let written = document(&diff);
    assert_eq!(
        written.role,
        "arn:aws:iam::111111111111:role/backstay/acme/backstay-acme-acme-uploads-replication"
    );
    let rule = &written.rules[0];
    assert_eq!((rule.id.as_str(), rule.priority), ("backstay-acme-dr", Some(1)));
    assert!(!rule.delete_markers && rule.destination.metrics);
    assert_eq!(rule.destination.within_minutes, Some(15));
    assert_eq!(rule.destination.account, None);
}

/// S3 takes neither an id nor a bare alias as the key of copies.
#[test]
fn the_key_of_copies_is_sent_by_its_arn() {
    let west = |resource: &str| format!("arn:aws:kms:us-west-2:111111111111:{resource}");
    for (name, sent) in [
        ("alias/x", west("alias/x")),
        (
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            west("key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (&west("key/k"), west("key/k")),
    ] {
        let key = Reference {
            address: None,
            arn: name.parse().ok(),
            name: Some(name.to_owned()),
            region: None,
            account: None,
        };
        let block = ReplicateBlock {
            kms_key: Some(key),
            ..to("acme-dr")
        };
        let want = replicating(vec![block]);
        let rule = document(&plan(&want, &versioned())).rules[0].clone();
        assert_eq!(rule.destination.replica_key, Some(sent), "{name}");
    }
}

#[test]
fn another_account_owns_its_copies() {
    let block = ReplicateBlock {
        to: bucket("acme-dr", "222222222222", "us-west-2"),
        ..to("acme-dr")
    };
    let diff = plan(&replicating(vec![block.clone()]), &versioned());
    let destination = &document(&diff).rules[0].destination;
    assert!(destination.owner_override);
    assert_eq!(destination.account.as_deref(), Some("222222222222"));
    let given_up = ReplicateBlock {
        owner_override: Some(false),
        ..block.clone()
    };
    let weaker = plan(&replicating(vec![given_up]), &settled(&replicating(vec![block])));
    assert_eq!(
        directions(&weaker),
        [("replicate.owner_override", Direction::Weakens)]
    );
}

#[test]
fn each_attribute_has_its_order() {
    let plain = replicating(vec![to("acme-dr")]);
    let fast = replicating(vec![ReplicateBlock {
        within: Some(Duration::from_secs(900)),
        ..to("acme-dr")
    }]);
    let deleting = replicating(vec![ReplicateBlock {
        delete_markers: Some(true),
        ..to("acme-dr")
    }]);
    for (before, after, path, direction) in [
        (&plain, &fast, "replicate.within", Direction::Strengthens),
        (&fast, &plain, "replicate.within", Direction::Weakens),
        (&plain, &deleting, "replicate.delete_markers", Direction::Weakens),
        (
            &deleting,
            &plain,
            "replicate.delete_markers",
            Direction::Strengthens,
        ),
    ] {
        assert_eq!(directions(&plan(after, &settled(before))), [(path, direction)]);
    }
}

#[test]
fn another_destination_is_a_loss_and_a_gain() {
    let diff = plan(
        &replicating(vec![to("acme-new")]),
        &settled(&replicating(vec![to("acme-dr")])),
    );
    assert_eq!(change(&diff, "replicate.to").direction, Direction::Strengthens);
    assert_eq!(
        change(&diff, "replicate[\"acme-dr\"]").direction,
        Direction::Weakens
    );
    assert_eq!(document(&diff).rules.len(), 1);
}

fn foreign(plain: &Spec, id: &str) -> Rule {
    let live = settled(plain);
    let mut rule = live.replication.unwrap().present().unwrap().rules[0].clone();
    rule.id = id.into();
    rule
}

#[test]
fn a_rule_of_somebody_else_may_do_what_is_declared() {
    let want = replicating(vec![to("acme-dr")]);
    let mut theirs = foreign(&want, "terraform-1");
    theirs.destination.within_minutes = Some(15);
    theirs.destination.storage_class = Some("GLACIER".into());
    let role = document(&plan(&want, &versioned())).role.clone();
    let live = with(Replication {
        role,
        rules: vec![theirs],
    });
    // Neither the delay nor the class is declared, so they may be what they are.
    assert!(plan(&want, &live).changes.is_empty());
    let strict = replicating(vec![ReplicateBlock {
        delete_markers: Some(true),
        ..to("acme-dr")
    }]);
    let diff = plan(&strict, &live);
    let rules = &document(&diff).rules;
    assert_eq!(rules.len(), 2);
    // Where both copy one object, ours has to win.
    assert!(rules[1].priority > rules[0].priority);
}

#[test]
fn a_new_role_for_rules_of_others_is_a_risk() {
    let want = replicating(vec![to("acme-dr")]);
    let live = with(Replication {
        role: "arn:aws:iam::111111111111:role/theirs".into(),
        rules: vec![foreign(&replicating(vec![to("acme-other")]), "theirs")],
    });
    let diff = plan(&want, &live);
    assert_eq!(change(&diff, "replicate.role").direction, Direction::Weakens);
    assert_eq!(document(&diff).rules.len(), 2);
}

#[test]
fn rules_of_the_first_version_get_a_priority() {
    let want = replicating(vec![to("acme-dr")]);
    let mut old = foreign(&replicating(vec![to("acme-other")]), "old");
    old.priority = None;
    old.delete_markers = true;
    let live = with(Replication {
        role: document(&plan(&want, &versioned())).role.clone(),
        rules: vec![old],
    });
    let diff = plan(&want, &live);
    let priorities: Vec<_> = document(&diff).rules.iter().map(|r| r.priority).collect();
    assert_eq!(priorities, [Some(1), Some(2)]);
    assert!(document(&diff).rules[0].delete_markers);
}

#[test]
fn the_first_block_wins_and_the_order_alone_counts() {
    let prefixed = |prefix: &str| ReplicateBlock {
        prefix: Some(prefix.into()),
        ..to("acme-dr")
    };
    let both = replicating(vec![prefixed("a/"), prefixed("")]);
    let live = settled(&both);
    let rules = live
        .replication
        .as_ref()
        .unwrap()
        .present()
        .unwrap()
        .rules
        .clone();
    assert!(rules[0].priority > rules[1].priority && rules[0].prefix == "a/");
    // One more block changes no priority of the others.
    let mut three = both.clone();
    three.replicate.push(to("acme-third"));
    let added = plan(&three, &live);
    assert!(
        directions(&added)
            .iter()
            .all(|(path, _)| path.contains("acme-third"))
    );
    // Another order does.
    let swapped = replicating(vec![prefixed(""), prefixed("a/")]);
    let diff = plan(&swapped, &live);
    assert_eq!(directions(&diff), [("replicate", Direction::Neutral)]);
    assert!(plan(&swapped, &applied(Some(&live), &diff)).changes.is_empty());
}

#[test]
fn rules_survive_the_wire() {
    use crate::kinds::s3_bucket::replication::wire;
    let mut rule = foreign(&replicating(vec![to("acme-dr")]), "x");
    let mut all = vec![rule.clone()];
    rule.tags = [("k".to_owned(), "v".to_owned())].into();
    all.push(rule.clone());
    rule.prefix = "p/".into();
    rule.kms_objects = true;
    rule.replica_modifications = true;
    rule.destination.replica_key = Some("arn:aws:kms:us-west-2:111111111111:key/k".into());
    rule.destination.storage_class = Some("STANDARD_IA".into());
    rule.destination.owner_override = true;
    rule.destination.account = Some("222222222222".into());
    rule.destination.within_minutes = Some(15);
    rule.destination.metrics = true;
    all.push(rule);
    let replication = Replication {
        role: "arn:aws:iam::111111111111:role/r".into(),
        rules: all,
    };
    assert_eq!(wire::read(&wire::write(&replication).unwrap()), replication);
}
