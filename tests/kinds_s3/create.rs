//! Buckets that do not exist yet.

use super::{PROD, VAULT, World, paths, requests, sandbox, spec, to};
use backstay::kinds::s3_bucket::{S3Bucket, Spec};
use backstay::kinds::{Depth, Kind};
use backstay::model::Observed;
use backstay::model::change::Action;
use backstay::model::desired::Contribution;
use backstay::model::fact::{Facts, LockMode, Versioning};
use serde_json::json;

#[tokio::test]
async fn a_pair_is_created_settles_and_is_read_in_eight_calls() {
    let east = World::new(PROD, "us-east-1").await;
    let west = World::new(PROD, "us-west-2").await;
    let replica = spec(json!({"name": "pair-dr", "versioning": true,
        "object_lock": {"mode": "governance", "retention": "30d"}}));
    let source = spec(
        json!({"name": "pair-src", "versioning": true, "public_access": false,
        "replicate": [{"to": to("pair-dr", PROD, "us-west-2"), "within": "15m"}]}),
    );
    assert_eq!(west.apply(&replica).await.action, Action::Create);
    assert_eq!(east.apply(&source).await.action, Action::Create);

    let before = requests("pair-").len();
    assert!(east.plan(&source).await.changes.is_empty());
    assert!(west.plan(&replica).await.changes.is_empty());
    let made = requests("pair-").split_off(before);
    // Tags, versioning, public access, replication; tags, versioning, lock. Listing buckets and roles is
    // one call each for the whole account.
    assert_eq!(made.len(), 7, "{made:#?}");
    assert!(made.iter().all(|r| !r.write));
}

#[tokio::test]
async fn everything_at_once() {
    let east = World::new(PROD, "us-east-1").await;
    let west = World::new(PROD, "eu-west-1").await;
    west.apply(&spec(json!({"name": "whole-dr", "versioning": true})))
        .await;
    let want = spec(json!({
        "name": "whole-src",
        "public_access": false,
        "ownership": "bucket_owner_enforced",
        "encryption": {"kms_key": null, "bucket_key": false},
        "noncurrent": {"archive_after": "30d", "to": "glacier_ir", "expire_after": "366d", "keep": 3},
        "expire": [{"name": "dumps", "prefix": "pg/", "after": "90d"},
            {"name": "logs", "prefix": "logs/", "after": "200d", "archive_after": "30d", "to": "standard_ia"}],
        "abort_multipart_after": "7d",
        "policy": {"statement": [{"sid": "NoDelete", "effect": "Deny", "actions": ["s3:DeleteBucket"],
            "not_actions": [], "resources": [], "not_resources": [], "not_principals": [], "condition": [],
            "principals": [{"type": "AWS", "identifiers": ["*"]}]}]},
        "replicate": [
            {"to": to("whole-dr", PROD, "eu-west-1"), "prefix": "a/", "within": "15m"},
            {"to": to("whole-dr", PROD, "eu-west-1"), "prefix": "b/", "delete_markers": true,
                "storage_class": "standard_ia"}],
        "tags": {"team": "storage"},
    }));
    east.apply(&want).await;
    let live = east.live(&want).await;
    let tags = live.tags.unwrap().present().unwrap().clone();
    assert_eq!(
        (tags["backstay:project"].as_str(), tags["team"].as_str()),
        ("acme", "storage")
    );
}

#[tokio::test]
async fn facts_say_what_is_there() {
    let east = World::new(PROD, "us-east-1").await;
    let west = World::new(PROD, "us-west-2").await;
    west.apply(&spec(
        json!({"name": "facts-dr", "object_lock": {"mode": "compliance", "retention": "10d"}}),
    ))
    .await;
    let want = spec(json!({"name": "facts-src", "noncurrent": {"expire_after": "30d"},
        "replicate": [{"to": to("facts-dr", PROD, "us-west-2"), "within": "15m"}]}));
    east.apply(&want).await;
    let everything = async |world: &World, name: &str| {
        let wanted = [(name.to_owned(), Some(want.clone()))];
        let mut all = world.read_all(&wanted, Depth::Everything, false).await;
        match all.remove(name).unwrap() {
            Observed::Present(live) => match S3Bucket::facts(None, &live, &world.place) {
                Facts::ObjectStore(store) => *store,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let source = everything(&east, "facts-src").await;
    assert_eq!(source.versioning, Observed::Present(Versioning::Enabled));
    assert_eq!(source.lock, Observed::Absent);
    assert_eq!(source.expiries.present().unwrap()[0].noncurrent_days, Some(30));
    let copy = &source.replicas.present().unwrap()[0];
    // Found in the account's list, for nothing.
    assert_eq!(copy.region.as_ref().unwrap().as_str(), "us-west-2");
    assert_eq!(copy.account.as_ref().unwrap().as_str(), PROD);
    assert_eq!((copy.within_minutes, copy.delete_markers), (Some(15), false));
    let replica = everything(&west, "facts-dr").await;
    let retention = replica.lock.present().unwrap().retention.unwrap();
    assert_eq!((retention.mode, retention.days), (LockMode::Compliance, 10));
}

#[tokio::test]
async fn another_account_is_replicated_to() {
    let prod = World::new(PROD, "us-east-1").await;
    let vault = World::new(VAULT, "us-west-2").await;
    let source = spec(json!({"name": "cross-src",
        "replicate": [{"to": to("cross-dr", VAULT, "us-west-2")}]}));
    let mut replica =
        spec(json!({"name": "cross-dr", "object_lock": {"mode": "governance", "retention": "1d"}}));
    for contribution in S3Bucket::contributions(&source, "src", &prod.place) {
        if let Contribution::Statement { on, statement } = contribution {
            assert_eq!(on.to_string(), "s3_bucket.dr");
            assert!(S3Bucket::accept(&mut replica, *statement));
        }
    }
    prod.role(&source).await;
    vault.apply(&replica).await;
    prod.apply(&source).await;
}

/// Cut off between any two writes and run again: it converges and creates nothing twice.
#[tokio::test]
async fn killed_anywhere_it_goes_on() {
    let world = World::new(PROD, "us-east-1").await;
    world
        .apply(&spec(json!({"name": "kill-dr", "versioning": true})))
        .await;
    let want = |n: usize| -> Spec {
        spec(json!({"name": format!("kill-{n}"), "public_access": false,
            "object_lock": {"mode": "compliance", "retention": "1d"}, "noncurrent": {"expire_after": "30d"},
            "abort_multipart_after": "3d", "replicate": [{"to": to("kill-dr", PROD, "us-east-1")}]}))
    };
    let steps = world.plan(&want(0)).await.changes.len();
    assert!(steps > 4);
    for done in 0..steps {
        let want = want(done);
        world.role(&want).await;
        let first = world.plan(&want).await;
        for change in first.changes.iter().take(done) {
            world.write(&want.name, &change.op).await.unwrap();
        }
        world.apply(&want).await;
        let created = requests(&want.name)
            .iter()
            .filter(|r| r.operation == "CreateBucket")
            .count();
        assert_eq!(created, 1);
    }
}

/// The connection breaks after the write was carried out: writing again does no harm.
#[tokio::test]
async fn every_write_can_be_repeated() {
    let world = World::new(PROD, "us-east-1").await;
    world
        .apply(&spec(json!({"name": "twice-dr", "versioning": true})))
        .await;
    let want = spec(
        json!({"name": "twice-src", "public_access": false, "ownership": "bucket_owner_enforced",
        "encryption": {}, "object_lock": {"mode": "governance", "retention": "1d"},
        "noncurrent": {"expire_after": "30d"}, "tags": {"a": "b"},
        "replicate": [{"to": to("twice-dr", PROD, "us-east-1")}]}),
    );
    world.role(&want).await;
    for change in world.plan(&want).await.changes {
        world.write(&want.name, &change.op).await.unwrap();
        world.write(&want.name, &change.op).await.unwrap();
    }
    assert_eq!(paths(&world.plan(&want).await), Vec::<&str>::new());
    assert!(sandbox().remote().is_up());
}
