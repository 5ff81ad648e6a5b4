//! KMS keys under their several names. What the local AWS does not refuse is answered from recorded shapes.

use super::wire::{answer, buckets, error, with_bucket, world, xml};
use super::{PROD, VAULT, World, paths, spec};
use aws_sdk_s3::types as sdk;
use backstay::aws::Cloud;
use backstay::kinds::s3_bucket::{Live, S3Bucket, Spec};
use backstay::kinds::{Depth, Kind, ReadContext};
use backstay::model::fact::Facts;
use backstay::model::{Observed, Unreadable};
use serde_json::json;
use wiremock::matchers::{body_partial_json, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn kms(resource: &str) -> String {
    format!("arn:aws:kms:us-east-1:{PROD}:{resource}")
}

fn under(name: &str, key: &str) -> Spec {
    let key = json!({"arn": key.starts_with("arn:").then_some(key), "name": key});
    spec(json!({"name": name, "encryption": {"kms_key": key}}))
}

/// What a bucket says of its key.
async fn shows(server: &MockServer, key: &str) {
    let rule = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>\
         </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    );
    answer(server, "encryption", xml(200, &rule)).await;
}

/// What KMS says of a name, and how often it may be asked.
async fn describes(server: &MockServer, name: &str, template: ResponseTemplate, times: u64) {
    Mock::given(method("POST"))
        .and(header("x-amz-target", "TrentService.DescribeKey"))
        .and(body_partial_json(json!({"KeyId": name})))
        .respond_with(template)
        .expect(times)
        .mount(server)
        .await;
}

fn is(key: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"KeyMetadata": {
        "KeyId": key.rsplit('/').next(), "Arn": key, "KeyManager": "CUSTOMER", "Enabled": true,
    }}))
}

fn refuses(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"__type": code, "message": "no"}))
}

fn unread(world: &World, want: &Spec, seen: &Observed<Live>) -> Vec<Unreadable> {
    let diff = S3Bucket::diff(want, Some(seen.present().unwrap()), &world.place);
    assert!(diff.changes.is_empty(), "{:?}", paths(&diff));
    diff.unreadable
}

#[tokio::test]
async fn an_alias_that_may_not_be_looked_up_is_neither_the_key_nor_another_one() {
    let server = with_bucket().await;
    shows(&server, &kms("key/k")).await;
    describes(&server, &kms("alias/acme"), refuses("AccessDeniedException"), 1).await;
    let world = world(&server).await;
    let want = under("acme", &kms("alias/acme"));
    let unread = unread(&world, &want, &world.read(&want).await);
    assert_eq!(unread.len(), 1);
    assert!(
        unread[0].denied && unread[0].action == "kms:DescribeKey",
        "{unread:?}"
    );
    assert!(unread[0].why.contains("alias/acme"), "{unread:?}");
}

#[tokio::test]
async fn an_alias_that_points_to_nothing_is_said_before_anything_is_made() {
    let server = with_bucket().await;
    shows(&server, &kms("key/k")).await;
    describes(&server, &kms("alias/typo"), refuses("NotFoundException"), 2).await;
    let world = world(&server).await;
    let want = under("acme", "alias/typo");
    let read = world.read(&want).await;
    let diff = S3Bucket::diff(&want, read.present(), &world.place);
    let says = "encryption.kms_key: there is no alias/typo in account 111111111111, region us-east-1";
    assert!(diff.unreadable[0].why.starts_with(says), "{:?}", diff.unreadable);
    assert!(!diff.unreadable[0].denied);
    // One that does not exist yet is not made either.
    Mock::given(method("HEAD"))
        .respond_with(ResponseTemplate::new(404))
        .mount(&server)
        .await;
    let Observed::Unreadable(why) = world.read(&under("other", "alias/typo")).await else {
        panic!("a bucket that cannot be made as declared");
    };
    assert!(why.why.starts_with(says), "{why:?}");
    // A key of the posture is made before it.
    let mut own = serde_json::to_value(under("acme", &kms("alias/typo"))).unwrap();
    own["encryption"]["kms_key"]["address"] = json!("kms_key.typo");
    let own: Spec = serde_json::from_value(own).unwrap();
    let diff = S3Bucket::diff(&own, read.present(), &world.place);
    assert_eq!(
        (paths(&diff), diff.unreadable.len()),
        (vec!["encryption.kms_key"], 0)
    );
}

#[tokio::test]
async fn each_alias_is_looked_up_once_for_all_buckets() {
    let server = MockServer::start().await;
    let names: Vec<String> = (0..20).map(|n| format!("acme-{n}")).collect();
    let listed: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "us-east-1")).collect();
    Mock::given(wiremock::matchers::path("/"))
        .and(method("GET"))
        .respond_with(buckets(&listed, None))
        .mount(&server)
        .await;
    answer(&server, "tagging", error(404, "NoSuchTagSet")).await;
    shows(&server, &kms("key/k")).await;
    describes(&server, &kms("alias/acme"), is(&kms("key/k")), 1).await;
    let world = world(&server).await;
    let wanted: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), Some(under(name, &kms("alias/acme")))))
        .collect();
    let read = world.read_all(&wanted, Depth::Declared, false).await;
    for (name, want) in &wanted {
        let unread = unread(&world, want.as_ref().unwrap(), &read[name]);
        assert!(unread.is_empty(), "{unread:?}");
    }
}

/// The session of the bucket's account is not asked: it may not know the other account's keys.
#[tokio::test]
async fn a_key_of_another_account_of_the_posture_is_looked_up_there() {
    let (server, vault) = (with_bucket().await, MockServer::start().await);
    let theirs = |resource: &str| format!("arn:aws:kms:us-east-1:{VAULT}:{resource}");
    shows(&server, &theirs("key/k")).await;
    describes(
        &server,
        &theirs("alias/acme"),
        refuses("AccessDeniedException"),
        0,
    )
    .await;
    describes(&vault, &theirs("alias/acme"), is(&theirs("key/k")), 1).await;
    let world = world(&server).await;
    let there = world.config.to_builder().endpoint_url(vault.uri()).build();
    let cloud = Cloud::of([
        (
            "prod".to_owned(),
            world.place.account_id.clone(),
            world.config.clone(),
        ),
        ("vault".to_owned(), VAULT.parse().unwrap(), there),
    ]);
    let mut place = world.place.clone();
    place.account = "prod".to_owned();
    let reader = cloud.reader(&place.scope()).unwrap();
    let cx = ReadContext {
        reader: &reader,
        place: &place,
        depth: Depth::Declared,
        discover: false,
    };
    let want = under("acme", &theirs("alias/acme"));
    let read = S3Bucket::read(cx, &[("acme".to_owned(), Some(want.clone()))]).await;
    let unread = unread(&world, &want, &read["acme"]);
    assert!(unread.is_empty(), "{unread:?}");
}

/// A key's ARN needs nobody's word for what it names, and one for whether it can be used.
#[tokio::test]
async fn a_name_that_says_it_is_asked_only_for_its_state() {
    let server = with_bucket().await;
    shows(&server, "k").await;
    let world = world(&server).await;
    let want = under("acme", &kms("key/k"));
    assert!(unread(&world, &want, &world.read(&want).await).is_empty());
    let asked = server.received_requests().await.unwrap();
    let of_kms: Vec<_> = asked
        .iter()
        .filter_map(|r| r.headers.get("x-amz-target"))
        .collect();
    assert_eq!(of_kms, ["TrentService.DescribeKey"]);
}

/// Puts a key's name on a bucket, as others do.
async fn encrypt_by_hand(world: &World, bucket: &str, key: &str) {
    let default = sdk::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(sdk::ServerSideEncryption::AwsKms)
        .kms_master_key_id(key)
        .build()
        .unwrap();
    let rule = sdk::ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .build();
    let rules = sdk::ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    let call = world.s3().put_bucket_encryption().bucket(bucket);
    call.server_side_encryption_configuration(rules)
        .send()
        .await
        .unwrap();
}

async fn point(world: &World, alias: &str, key: &str, again: bool) {
    let kms = world.writer().clients().kms(&world.place.region);
    if again {
        let call = kms.update_alias().alias_name(alias).target_key_id(key);
        call.send().await.unwrap();
    } else {
        let call = kms.create_alias().alias_name(alias).target_key_id(key);
        call.send().await.unwrap();
    }
}

#[tokio::test]
async fn every_form_of_a_key_settles_until_its_alias_points_elsewhere() {
    let world = World::new(PROD, "us-east-1").await;
    let kms = world.writer().clients().kms(&world.place.region);
    let mut keys = Vec::new();
    for _ in 0..2 {
        let made = kms.create_key().send().await.unwrap();
        let made = made.key_metadata().unwrap();
        keys.push((made.key_id().to_owned(), made.arn().unwrap().to_owned()));
    }
    let [(id, arn), (other, _)] = keys.as_slice() else {
        panic!("two keys")
    };
    point(&world, "alias/forms", id, false).await;
    world.create_by_hand("forms").await;
    let alias = self::kms("alias/forms");
    let forms = [arn.as_str(), id, &alias, "alias/forms"];
    for have in forms {
        encrypt_by_hand(&world, "forms", have).await;
        for want in forms {
            let diff = world.plan(&under("forms", want)).await;
            assert!(
                diff.changes.is_empty() && diff.unreadable.is_empty(),
                "{want} and {have}: {diff:?}"
            );
        }
    }
    // What it becomes by our own hand is settled, too.
    world.apply(&under("forms", &alias)).await;
    encrypt_by_hand(&world, "forms", arn).await;
    point(&world, "alias/forms", other, true).await;
    let diff = world.plan(&under("forms", &alias)).await;
    assert_eq!(paths(&diff), ["encryption.kms_key"]);
}

/// A proof must not take a customer's key for one that nobody can delete.
#[tokio::test]
async fn facts_name_the_key_itself() {
    let server = with_bucket().await;
    shows(&server, "alias/acme").await;
    describes(&server, &kms("alias/acme"), is(&kms("key/k")), 1).await;
    let world = world(&server).await;
    let want = spec(json!({"name": "acme"}));
    let read = world
        .read_all(&[("acme".to_owned(), Some(want))], Depth::Everything, false)
        .await;
    let Facts::ObjectStore(store) = S3Bucket::facts(None, read["acme"].present().unwrap(), &world.place)
    else {
        panic!("a bucket is an object store");
    };
    assert_eq!(store.encryption, Observed::Present(kms("key/k")));
}
