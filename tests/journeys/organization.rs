//! An organization that keeps an account's own administrators from the copies in it.

use crate::support::Estate;
use aws_sdk_organizations::types::PolicyType;
use serde_json::Value as Json;

const POSTURE: &str = r#"
backstay {
  project = "bound"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

MANAGED

s3_bucket "uploads" {
  name       = "bound-ACCOUNT"
  versioning = true
}

objective "core" {
  protects     = [s3_bucket.uploads]
  survives     = ["credential_compromise"]
  tested_every = null
}
"#;

const MANAGEMENT: &str = r#"account "management" {
  id          = "VAULT"
  region      = "us-east-1"
  assume_role = "arn:aws:iam::VAULT:role/audit"
}"#;

const SEED: &str = r#"
iam_role "audit" {
  account = "VAULT"
  trust   = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::ACCOUNT:root\"},\"Action\":\"sts:AssumeRole\"}]}"
  policies = {
    looks = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"organizations:Describe*\",\"organizations:List*\",\"iam:Get*\"],\"Resource\":\"*\"}]}"
  }
}
"#;

const KEEP: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Resource":"*","Action":[
    "s3:DeleteObjectVersion","s3:PutLifecycleConfiguration","s3:PutBucketPolicy","s3:PutBucketVersioning",
    "s3:UpdateObjectEncryption",
    "organizations:LeaveOrganization"]}]}"#;

/// The verdict on the versions when the whole account is taken over, with how many identities it takes to destroy them.
fn versions(estate: &Estate, exit: i32) -> (String, Json) {
    let proof = estate.run(&["prove", "--json"]).exits(exit).json();
    let asset = &proof["assets"][0];
    let cells = asset["cells"].as_array().unwrap();
    let cell = cells
        .iter()
        .find(|c| c["scenario"] == "credential_compromise")
        .unwrap();
    let copies = cell["copies"].as_array().unwrap();
    let copy = copies
        .iter()
        .find(|c| c["copy"].as_str().unwrap().contains("versions"));
    (
        copy.unwrap()["survival"].as_str().unwrap().to_owned(),
        asset["destroying"].clone(),
    )
}

#[tokio::test]
async fn what_the_organization_forbids_nobody_of_the_account_can_do() {
    let mut estate = Estate::new("");
    // The account that manages, and one that it makes.
    let organizations = estate.root_of(&estate.vault).organizations;
    organizations.create_organization().send().await.unwrap();
    let made = organizations
        .create_account()
        .account_name("prod")
        .email("prod@example.com")
        .send()
        .await
        .unwrap();
    estate.account = made
        .create_account_status()
        .unwrap()
        .account_id()
        .unwrap()
        .to_owned();
    estate.seed(SEED).await;
    estate.write("main.hcl", &POSTURE.replace("MANAGED", ""));
    // The emulator gives a new account no policy, which would deny it everything.
    organizations
        .attach_policy()
        .policy_id("p-FullAWSAccess")
        .target_id(&estate.account)
        .send()
        .await
        .unwrap();
    estate.settle();
    assert_eq!(versions(&estate, 3).0, "lost");

    let policy = organizations
        .create_policy()
        .name("keep")
        .description("keeps versions")
        .content(KEEP)
        .r#type(PolicyType::ServiceControlPolicy)
        .send()
        .await
        .unwrap();
    let id = policy.policy().unwrap().policy_summary().unwrap().id().unwrap();
    organizations
        .attach_policy()
        .policy_id(id)
        .target_id(&estate.account)
        .send()
        .await
        .unwrap();
    // Only the management account can read the policy, and nobody asked it: what may be forbidden is not counted.
    assert_eq!(versions(&estate, 3).0, "lost");

    estate.write("main.hcl", &POSTURE.replace("MANAGED", MANAGEMENT));
    let (survival, destroying) = versions(&estate, 0);
    assert_eq!(survival, "survives", "{destroying:#}");
    let path = destroying["path"].to_string();
    assert!(path.contains("detach the organization's policies"), "{path}");

    // The role that audits may also detach, and production may become it.
    let iam = estate.root_of(&estate.vault).iam;
    iam.put_role_policy()
        .role_name("audit")
        .policy_name("too-much")
        .policy_document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"organizations:DetachPolicy","Resource":"*"}]}"#,
        )
        .send()
        .await
        .unwrap();
    assert_eq!(versions(&estate, 3).0, "lost");
}

#[test]
fn permissions_name_what_reading_takes() {
    let estate = Estate::new(&POSTURE.replace("MANAGED", ""));
    estate
        .run(&["permissions", "--for", "check"])
        .exits(0)
        .prints("organizations:DescribeOrganization")
        .prints("organizations:ListPoliciesForTarget");
}
