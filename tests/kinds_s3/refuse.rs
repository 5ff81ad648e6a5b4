//! What cannot be read, is somebody else's, or fails for a moment.

use super::{PROD, VAULT, World, paths, requests, sandbox, spec};
use backstay::aws::Class;
use backstay::kinds::s3_bucket::Op;
use backstay::kinds::{Depth, UNDISCOVERED};
use backstay::model::Observed;
use backstay::sandbox::{Fault, Outcome};
use serde_json::json;

#[tokio::test]
async fn a_name_taken_by_another_account() {
    let theirs = World::new(VAULT, "us-east-1").await;
    theirs.create_by_hand("taken-name").await;
    let world = World::new(PROD, "us-east-1").await;
    let want = spec(json!({"name": "taken-name", "versioning": true}));
    let Observed::Unreadable(why) = world.read(&want).await else {
        panic!("it is not ours to read");
    };
    assert!(why.why.contains("taken by another account"), "{}", why.why);
    // Nor can it be created by a plan that did not see it.
    let create = Op::Create {
        lock: false,
        tags: Default::default(),
    };
    let refused = world.write("taken-name", &create).await.unwrap_err();
    assert_eq!(refused.code, "BucketAlreadyExists");
}

#[tokio::test]
async fn another_region_is_never_created_again() {
    World::new(PROD, "eu-west-1")
        .await
        .create_by_hand("moved-away")
        .await;
    let world = World::new(PROD, "us-east-1").await;
    let diff = world
        .plan(&spec(json!({"name": "moved-away", "versioning": true})))
        .await;
    assert!(diff.changes.is_empty());
    assert_eq!(
        (diff.findings[0].path.as_str(), &diff.findings[0].have),
        ("region", &json!("eu-west-1"))
    );
}

#[tokio::test]
async fn denied_on_one_setting_hides_that_setting_only() {
    let world = World::new(PROD, "us-east-1").await;
    world.create_by_hand("deny-one").await;
    let remote = sandbox().remote();
    for operation in ["GetBucketReplication", "GetBucketVersioning"] {
        remote
            .fault(&Fault::error("s3", operation, 403, "AccessDenied").on("deny-one"))
            .unwrap();
    }
    let want = spec(json!({"name": "deny-one", "versioning": true, "public_access": true}));
    let diff = world.plan(&want).await;
    assert_eq!(diff.unreadable.len(), 1);
    assert_eq!(diff.unreadable[0].action, "s3:GetBucketVersioning");
    assert!(diff.unreadable[0].denied);
    assert!(!paths(&diff).contains(&"versioning"));
}

/// Who may not list all buckets is told by each bucket itself.
#[tokio::test]
async fn without_the_list_each_bucket_is_asked() {
    let world = World::new(PROD, "sa-east-1").await;
    let there = spec(json!({"name": "nolist-there", "versioning": true}));
    world.apply(&there).await;
    let fault = Fault {
        operation: Some("ListBuckets".into()),
        account: Some("333333333333".into()),
        ..Fault::error("s3", "ListBuckets", 403, "AccessDenied")
    };
    sandbox().remote().fault(&fault).unwrap();
    let other = World::new("333333333333", "sa-east-1").await;
    other.create_by_hand("nolist-own").await;
    assert!(matches!(
        other.read(&spec(json!({"name": "nolist-own"}))).await,
        Observed::Present(_)
    ));
    assert_eq!(
        other.read(&spec(json!({"name": "nolist-nowhere"}))).await,
        Observed::Absent
    );
    // Refused and not listed may be ours or not: unknown, and never absent.
    let Observed::Unreadable(why) = other.read(&there).await else {
        panic!("unknown");
    };
    assert!(
        why.denied && why.why.contains("could the account's buckets be listed"),
        "{}",
        why.why
    );
}

#[tokio::test]
async fn a_discovery_that_is_denied_is_said() {
    let world = World::new("444444444444", "us-east-1").await;
    let fault = Fault {
        account: Some("444444444444".into()),
        ..Fault::error("tagging", "GetResources", 403, "AccessDeniedException")
    };
    sandbox().remote().fault(&fault).unwrap();
    let found = world.read_all(&[], Depth::Declared, true).await;
    let Some(Observed::Unreadable(why)) = found.get(UNDISCOVERED) else {
        panic!("{found:?}");
    };
    assert_eq!((why.action.as_str(), why.denied), ("tag:GetResources", true));
}

/// S3's passing refusals are waited out; others are not.
#[tokio::test]
async fn only_what_passes_is_waited_for() {
    let world = World::new(PROD, "us-east-1").await;
    world.create_by_hand("passing").await;
    let remote = sandbox().remote();
    let conflict = Fault::error("s3", "PutBucketVersioning", 409, "OperationAborted").on("passing");
    remote.fault(&conflict.times(2)).unwrap();
    world
        .write("passing", &Op::PutVersioning { enabled: true })
        .await
        .unwrap();
    let tries = |operation: &str| {
        requests("passing")
            .iter()
            .filter(|r| r.operation == operation)
            .count()
    };
    assert_eq!(tries("PutBucketVersioning"), 3);
    let refusal = Fault::error("s3", "PutPublicAccessBlock", 403, "AccessDenied").on("passing");
    remote.fault(&refusal).unwrap();
    let refused = world
        .write("passing", &Op::PutPublicAccess { block: true })
        .await
        .unwrap_err();
    assert_eq!((refused.class, tries("PutPublicAccessBlock")), (Class::Denied, 1));
    assert_eq!(refused.action, "s3:PutBucketPublicAccessBlock");
}

/// The answer to a write is lost after it was carried out; the client's own retry finds it done.
#[tokio::test]
async fn a_lost_answer_creates_nothing_twice() {
    let world = World::new(PROD, "eu-central-1").await;
    let fault = Fault {
        outcome: Outcome::ResetAfter,
        ..Fault::error("s3", "CreateBucket", 500, "").on("lost-answer")
    };
    sandbox().remote().fault(&fault.times(1)).unwrap();
    world
        .apply(&spec(json!({"name": "lost-answer", "versioning": true})))
        .await;
    let created = requests("lost-answer")
        .into_iter()
        .filter(|r| r.operation == "CreateBucket");
    assert_eq!(created.map(|r| r.status).collect::<Vec<_>>().len(), 2);
}
