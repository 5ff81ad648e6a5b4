//! Buckets that were there before, and what others do to them.

use super::{PROD, World, paths, spec};
use aws_sdk_s3::types as sdk;
use backstay::kinds::s3_bucket::S3Bucket;
use backstay::kinds::{Depth, Kind};
use backstay::model::Observed;
use backstay::model::change::{Action, Direction};
use serde_json::json;

async fn rules(world: &World, name: &str, rules: Vec<sdk::LifecycleRule>) {
    let configuration = sdk::BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .unwrap();
    world
        .s3()
        .put_bucket_lifecycle_configuration()
        .bucket(name)
        .lifecycle_configuration(configuration)
        .send()
        .await
        .unwrap();
}

fn abort(id: &str, prefix: &str, days: i32) -> sdk::LifecycleRule {
    sdk::LifecycleRule::builder()
        .id(id)
        .status(sdk::ExpirationStatus::Enabled)
        .filter(sdk::LifecycleRuleFilter::builder().prefix(prefix).build())
        .abort_incomplete_multipart_upload(
            sdk::AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days)
                .build(),
        )
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_conforms_is_left_alone_and_not_even_tagged() {
    let world = World::new(PROD, "us-east-1").await;
    world.create_by_hand("adopt-clean").await;
    rules(&world, "adopt-clean", vec![abort("theirs", "", 7)]).await;
    let want = spec(json!({"name": "adopt-clean", "abort_multipart_after": "7d"}));
    let diff = world.plan(&want).await;
    assert_eq!((diff.action, paths(&diff).len()), (Action::NoOp, 0));
}

#[tokio::test]
async fn rules_of_others_survive() {
    let world = World::new(PROD, "us-east-1").await;
    world.create_by_hand("adopt-rules").await;
    rules(&world, "adopt-rules", vec![abort("theirs", "tmp/", 3)]).await;
    let want = spec(json!({"name": "adopt-rules", "abort_multipart_after": "7d"}));
    world.apply(&want).await;
    let live = world.live(&want).await;
    let rules = live.lifecycle.unwrap();
    let ids: Vec<_> = serde_json::to_value(rules.present().unwrap()).unwrap()["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["theirs", "backstay-abort-multipart"]);
}

/// One setting changed by hand with another client: exactly that attribute is named.
#[tokio::test]
async fn drift_is_named_exactly() {
    let world = World::new(PROD, "us-east-1").await;
    let want = spec(
        json!({"name": "adopt-drift", "versioning": true, "public_access": false,
        "noncurrent": {"expire_after": "90d"}, "tags": {"team": "storage"}}),
    );
    world.apply(&want).await;
    let suspended = sdk::VersioningConfiguration::builder()
        .status(sdk::BucketVersioningStatus::Suspended)
        .build();
    world
        .s3()
        .put_bucket_versioning()
        .bucket("adopt-drift")
        .versioning_configuration(suspended)
        .send()
        .await
        .unwrap();
    let diff = world.plan(&want).await;
    assert_eq!(paths(&diff), ["versioning"]);
    assert_eq!(diff.changes[0].attributes[0].direction, Direction::Strengthens);
    world.apply(&want).await;
    world
        .s3()
        .delete_public_access_block()
        .bucket("adopt-drift")
        .send()
        .await
        .unwrap();
    assert_eq!(paths(&world.plan(&want).await), ["public_access"]);
    world.apply(&want).await;
    world
        .s3()
        .delete_bucket_lifecycle()
        .bucket("adopt-drift")
        .send()
        .await
        .unwrap();
    assert_eq!(paths(&world.plan(&want).await), ["noncurrent.expire_after"]);
    world.apply(&want).await;
    world
        .s3()
        .delete_bucket_tagging()
        .bucket("adopt-drift")
        .send()
        .await
        .unwrap();
    assert_eq!(paths(&world.plan(&want).await), ["tags[\"team\"]"]);
}

#[tokio::test]
async fn object_lock_on_an_existing_bucket() {
    let world = World::new(PROD, "us-east-1").await;
    world.create_by_hand("adopt-lock").await;
    let want = spec(json!({"name": "adopt-lock", "object_lock": {"mode": "governance", "retention": "2d"}}));
    let diff = world.apply(&want).await;
    assert_eq!(
        paths(&diff),
        [
            "versioning",
            "object_lock",
            "object_lock.mode",
            "object_lock.retention"
        ]
    );
}

#[tokio::test]
async fn the_policy_of_others_is_kept() {
    let world = World::new(PROD, "us-east-1").await;
    world.create_by_hand("adopt-policy").await;
    let theirs = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs", "Effect": "Deny",
        "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::adopt-policy"}]});
    world
        .s3()
        .put_bucket_policy()
        .bucket("adopt-policy")
        .policy(theirs.to_string())
        .send()
        .await
        .unwrap();
    let mut want = spec(json!({"name": "adopt-policy"}));
    let ours = json!({"Sid": "Writer", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject",
        "Resource": "arn:aws:s3:::adopt-policy/*"});
    assert!(S3Bucket::accept(&mut want, serde_json::from_value(ours).unwrap()));
    world.apply(&want).await;
    let live = world.live(&want).await;
    let policy = serde_json::to_value(live.policy.unwrap().present().unwrap()).unwrap();
    assert_eq!(policy["Statement"][0]["Sid"], "Theirs");
    assert!(
        policy["Statement"][1]["Sid"]
            .as_str()
            .unwrap()
            .starts_with("BackstayWriter")
    );
}

/// No longer declared: found again by its tag, released, and then nobody's.
#[tokio::test]
async fn what_was_created_is_found_and_released() {
    let world = World::new(PROD, "ap-south-1").await.of_project("release");
    let want = spec(json!({"name": "release-me", "versioning": true, "tags": {"team": "x"}}));
    world.apply(&want).await;
    world.create_by_hand("release-not-ours").await;
    let found = world.read_all(&[], Depth::Declared, true).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), ["release-me"]);
    let Observed::Present(live) = &found["release-me"] else {
        panic!("{found:?}");
    };
    let diff = S3Bucket::release("release-me", live, &world.place);
    assert_eq!(diff.action, Action::Release);
    for change in &diff.changes {
        world.write("release-me", &change.op).await.unwrap();
    }
    assert!(world.read_all(&[], Depth::Declared, true).await.is_empty());
    // It is still there, as it was.
    let live = world.live(&want).await;
    assert_eq!(live.tags.unwrap().present().unwrap()["team"], "x");
}
