//! What tests use beside AWS: the record, faults, reset, the end.

use aws_sdk_s3::types::{Tag, Tagging};
use backstay::sandbox::{DEFAULT_ACCOUNT, Fault, Options, Sandbox};

use super::{bucket, code, config, root, s3, sandbox};

#[tokio::test]
async fn requests_are_recorded_and_faults_strike() {
    let s3 = s3(&config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await);
    bucket(&s3, "struck", "eu-central-1").await;
    let remote = sandbox().remote();
    remote
        .fault(
            &Fault::error("s3", "GetBucketPolicy", 403, "AccessDenied")
                .on("struck")
                .times(1),
        )
        .unwrap();
    remote
        .fault(
            &Fault::error("s3", "PutBucketTagging", 503, "SlowDown")
                .on("struck")
                .times(1),
        )
        .unwrap();
    assert_eq!(
        code(s3.get_bucket_policy().bucket("struck").send().await),
        "AccessDenied"
    );
    assert_eq!(
        code(s3.get_bucket_policy().bucket("struck").send().await),
        "NoSuchBucketPolicy"
    );
    // The SDK retries what S3 asks to slow down for.
    let tag = Tag::builder().key("a").value("b").build().unwrap();
    let tagging = Tagging::builder().tag_set(tag).build().unwrap();
    s3.put_bucket_tagging()
        .bucket("struck")
        .tagging(tagging)
        .send()
        .await
        .unwrap();

    let requests = remote.requests().unwrap();
    let seen: Vec<_> = requests
        .iter()
        .filter(|r| r.resource == "struck")
        .map(|r| (r.operation.as_str(), r.write, r.status, r.fault))
        .collect();
    assert_eq!(
        seen,
        [
            ("CreateBucket", true, 200, false),
            ("PutBucketVersioning", true, 200, false),
            ("GetBucketPolicy", false, 403, true),
            ("GetBucketPolicy", false, 404, false),
            ("PutBucketTagging", true, 503, true),
            ("PutBucketTagging", true, 204, false),
        ]
    );
    let one = requests.iter().find(|r| r.resource == "struck").unwrap();
    assert_eq!(
        (
            one.account.as_str(),
            one.region.as_str(),
            one.answered_by.as_str()
        ),
        (DEFAULT_ACCOUNT, "eu-central-1", "ministack")
    );
}

#[tokio::test]
async fn cut_off_reset_and_gone() {
    let own = Sandbox::start(&Options::default(), &mut |_| {}).unwrap();
    let client = s3(&config(&own, root(DEFAULT_ACCOUNT), "us-east-1").await);
    own.remote().fault(&Fault::cut_off_after(1)).unwrap();
    client.create_bucket().bucket("first").send().await.unwrap();
    assert!(client.create_bucket().bucket("second").send().await.is_err());
    assert!(client.list_buckets().send().await.is_err());
    own.remote().clear_faults().unwrap();
    let names = client.list_buckets().send().await.unwrap();
    assert_eq!(
        names
            .buckets()
            .iter()
            .filter_map(|b| b.name())
            .collect::<Vec<_>>(),
        ["first"]
    );

    own.remote().reset().unwrap();
    assert_eq!(own.remote().requests().unwrap(), []);
    assert!(client.list_buckets().send().await.unwrap().buckets().is_empty());
    own.remote().clear_requests().unwrap();
    client.list_buckets().send().await.unwrap();
    assert_eq!(own.remote().requests().unwrap()[0].number, 1);

    let remote = own.remote().clone();
    assert!(remote.is_up());
    drop(own);
    assert!(!remote.is_up());
}
