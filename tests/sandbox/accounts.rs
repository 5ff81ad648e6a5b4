//! Several accounts, and IAM in each.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    OwnerOverride, ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus,
};
use backstay::sandbox::DEFAULT_ACCOUNT;
use std::time::Duration;

use super::{allow, assume, bucket, code, config, database, root, s3, sandbox, trusting};

#[tokio::test]
async fn an_assumed_role_works_in_its_account_with_both_emulators() {
    let ours = config(sandbox(), root(DEFAULT_ACCOUNT), "eu-west-2").await;
    let credentials = assume(&ours, "arn:aws:iam::222222222222:role/backstay").await;
    let theirs = config(sandbox(), credentials, "eu-west-2").await;
    let who = aws_sdk_sts::Client::new(&theirs)
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(who.account(), Some("222222222222"));
    assert_eq!(
        who.arn(),
        Some("arn:aws:sts::222222222222:assumed-role/backstay/test")
    );

    let arn = database(&aws_sdk_rds::Client::new(&theirs), "theirs", 1, false).await;
    assert_eq!(arn, "arn:aws:rds:eu-west-2:222222222222:db:theirs");
    let ours_only = aws_sdk_rds::Client::new(&ours)
        .describe_db_instances()
        .send()
        .await
        .unwrap();
    assert!(ours_only.db_instances().is_empty());

    bucket(&s3(&theirs), "theirs-alone", "eu-west-2").await;
    let head = s3(&ours)
        .head_bucket()
        .bucket("theirs-alone")
        .send()
        .await
        .unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(
        code(
            s3(&ours)
                .get_bucket_versioning()
                .bucket("theirs-alone")
                .send()
                .await
        ),
        "AccessDenied"
    );
}

#[tokio::test]
async fn objects_are_copied_into_another_account_and_region() {
    let ours = config(sandbox(), root(DEFAULT_ACCOUNT), "eu-central-1").await;
    let theirs = config(sandbox(), root("222222222222"), "eu-west-1").await;
    let (source, destination) = (s3(&ours), s3(&theirs));
    bucket(&source, "copied-from", "eu-central-1").await;
    bucket(&destination, "copied-to", "eu-west-1").await;
    let iam = aws_sdk_iam::Client::new(&ours);
    let trust = trusting(r#"{"Service":"s3.amazonaws.com"}"#);
    iam.create_role()
        .role_name("copier")
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    let policy = allow("s3:*", "*");
    iam.put_role_policy()
        .role_name("copier")
        .policy_name("copy")
        .policy_document(policy)
        .send()
        .await
        .unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/copier"},
        "Action":["s3:ReplicateObject","s3:ReplicateTags","s3:ObjectOwnerOverrideToBucketOwner"],"Resource":"arn:aws:s3:::copied-to/*"}]}"#;
    destination
        .put_bucket_policy()
        .bucket("copied-to")
        .policy(policy)
        .send()
        .await
        .unwrap();
    let to = Destination::builder()
        .bucket("arn:aws:s3:::copied-to")
        .account("222222222222")
        .access_control_translation(
            AccessControlTranslation::builder()
                .owner(OwnerOverride::Destination)
                .build()
                .unwrap(),
        )
        .build()
        .unwrap();
    let rule = ReplicationRule::builder()
        .id("all")
        .priority(1)
        .status(ReplicationRuleStatus::Enabled)
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .delete_marker_replication(
            DeleteMarkerReplication::builder()
                .status(DeleteMarkerReplicationStatus::Disabled)
                .build(),
        )
        .destination(to)
        .build()
        .unwrap();
    let rules = ReplicationConfiguration::builder()
        .role("arn:aws:iam::111111111111:role/copier")
        .rules(rule)
        .build()
        .unwrap();
    source
        .put_bucket_replication()
        .bucket("copied-from")
        .replication_configuration(rules)
        .send()
        .await
        .unwrap();
    let read_back = source
        .get_bucket_replication()
        .bucket("copied-from")
        .send()
        .await
        .unwrap();
    let rules = read_back.replication_configuration().unwrap().rules();
    assert_eq!(rules[0].destination().unwrap().account(), Some("222222222222"));

    let body = ByteStream::from_static(b"hello");
    source
        .put_object()
        .bucket("copied-from")
        .key("k")
        .body(body)
        .send()
        .await
        .unwrap();
    let arrived = async {
        loop {
            if let Ok(copy) = destination.get_object().bucket("copied-to").key("k").send().await {
                return copy.body.collect().await.unwrap().to_vec();
            }
            tokio::task::yield_now().await;
        }
    };
    let copy = tokio::time::timeout(Duration::from_secs(10), arrived)
        .await
        .unwrap();
    assert_eq!(copy, b"hello");
}

#[tokio::test]
async fn authorization_details_have_the_boundary() {
    let iam = aws_sdk_iam::Client::new(&config(sandbox(), root("333333333333"), "us-east-1").await);
    let policy = iam
        .create_policy()
        .policy_name("limit")
        .policy_document(allow("s3:PutObject", "*"))
        .send();
    let limit = policy.await.unwrap().policy().unwrap().arn().unwrap().to_owned();
    let trust = trusting(r#"{"AWS":"arn:aws:iam::333333333333:root"}"#);
    for (name, boundary) in [("limited", Some(limit.clone())), ("unlimited", None)] {
        let role = iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(&trust);
        role.set_permissions_boundary(boundary).send().await.unwrap();
    }
    let boundaries = async || {
        let details = iam.get_account_authorization_details().send().await.unwrap();
        let of = |r: &aws_sdk_iam::types::RoleDetail| {
            let arn = r
                .permissions_boundary()
                .and_then(|b| b.permissions_boundary_arn());
            (r.role_name().unwrap().to_owned(), arn.map(str::to_owned))
        };
        details.role_detail_list().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(
        boundaries().await,
        [
            ("limited".to_owned(), Some(limit)),
            ("unlimited".to_owned(), None)
        ]
    );
    iam.delete_role_permissions_boundary()
        .role_name("limited")
        .send()
        .await
        .unwrap();
    assert_eq!(
        boundaries().await,
        [("limited".to_owned(), None), ("unlimited".to_owned(), None)]
    );
}
