//! Seeds.

use backstay::sandbox::{DEFAULT_ACCOUNT, Seed};

use super::{code, config, root, s3, sandbox};

#[tokio::test]
async fn a_seed_makes_what_it_says_and_can_be_applied_again() {
    let seed = Seed::parse(
        r#"
        rds_instance "seeded" {
          region = "ca-central-1"
          retention = 0
          tags = { team = "core" }
        }
        s3_bucket "seeded-uploads" {
          account = "444444444444"
          region = "ca-central-1"
          versioning = true
          public_access_block = false
          objects = ["a/1", "b"]
        }
        iam_role "seeded" {
          account = "444444444444"
          policies = { read = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}]}" }
        }
        iam_user "seeded" { account = "444444444444" }
        "#,
    )
    .unwrap();
    for _ in 0..2 {
        seed.apply(&sandbox().endpoint()).await.unwrap();
    }
    let theirs = config(sandbox(), root("444444444444"), "ca-central-1").await;
    let objects = s3(&theirs)
        .list_objects_v2()
        .bucket("seeded-uploads")
        .send()
        .await
        .unwrap();
    assert_eq!(
        objects
            .contents()
            .iter()
            .filter_map(|o| o.key())
            .collect::<Vec<_>>(),
        ["a/1", "b"]
    );
    let block = s3(&theirs)
        .get_public_access_block()
        .bucket("seeded-uploads")
        .send()
        .await;
    assert_eq!(code(block), "NoSuchPublicAccessBlockConfiguration");
    let iam = aws_sdk_iam::Client::new(&theirs);
    iam.get_role_policy()
        .role_name("seeded")
        .policy_name("read")
        .send()
        .await
        .unwrap();
    iam.get_user().user_name("seeded").send().await.unwrap();
    let rds = aws_sdk_rds::Client::new(&config(sandbox(), root(DEFAULT_ACCOUNT), "ca-central-1").await);
    let found = rds
        .describe_db_instances()
        .db_instance_identifier("seeded")
        .send()
        .await
        .unwrap();
    assert_eq!(found.db_instances()[0].backup_retention_period(), Some(0));
    assert_eq!(found.db_instances()[0].tag_list()[0].value(), Some("core"));
}

#[tokio::test]
async fn a_seed_that_a_service_refuses_says_what_the_service_said() {
    let seed = Seed::parse("s3_bucket \"Not_A_Name\" {\n  account = \"444444444444\"\n}").unwrap();
    let said = seed.apply(&sandbox().endpoint()).await.unwrap_err();
    assert!(
        said.detail
            .starts_with("The seed's s3_bucket \"Not_A_Name\" could not be made: InvalidBucketName: "),
        "{}",
        said.detail
    );
    for insides in ["ServiceError", "{", "\n"] {
        assert!(!said.detail.contains(insides), "{}", said.detail);
    }
}
