//! The second journey: drift, found on a schedule by a machine that reads exit codes and JSON.

use crate::laptop::shop;
use crate::support::{Estate, validate};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::Value as Json;

async fn suspend_versioning(estate: &Estate) {
    let suspended = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    estate
        .root()
        .s3
        .put_bucket_versioning()
        .bucket(estate.fill("dumps-ACCOUNT"))
        .versioning_configuration(suspended)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn codes_and_json_say_the_same() {
    let estate = shop().await;
    let schema = estate.run(&["schema", "plan"]).exits(0).json();
    let fits = |lines: &[Json]| {
        for line in lines {
            assert_eq!(validate(&schema, line), Vec::<String>::new(), "{line:#}");
        }
    };

    let clean = estate.plan().exits(0).lines();
    fits(&clean);
    let types: Vec<_> = clean.iter().map(|l| l["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["version", "change_summary"]);

    suspend_versioning(&estate).await;
    estate.run(&["plan", "--json"]).exits(0);
    let drifted = estate.plan().exits(2).lines();
    fits(&drifted);
    let change = &drifted[1]["change"];
    assert_eq!(change["address"], "s3_bucket.dumps");
    assert_eq!(change["action"], "update");
    assert_eq!(change["location"]["file"], "main.hcl");
    let attribute = &change["attributes"][0];
    assert_eq!(attribute["path"], "versioning");
    assert_eq!(attribute["before"], false);
    assert_eq!(attribute["after"], true);
    assert_eq!(attribute["direction"], "strengthens");
    let summary = &drifted.last().unwrap()["changes"];
    assert_eq!(summary["change"], 1);
    assert_eq!(summary["add"], 0);

    // What cannot be read is an error for machines as well, and said as JSON too.
    estate
        .fault(backstay::sandbox::Fault::error("s3", "GetBucketVersioning", 403, "AccessDenied").on("copy-"));
    let unknown = estate.plan().exits(1).lines();
    fits(&unknown);
    assert!(
        unknown
            .iter()
            .any(|l| l["type"] == "diagnostic" && l["diagnostic"]["code"] == "BKS-E0504"),
        "{unknown:#?}"
    );
    estate.heal();

    // So is a posture that cannot be read at all.
    estate.write("broken.hcl", "s3_bucket \"x\" {\n");
    fits(&estate.plan().exits(1).lines());
}

#[tokio::test]
async fn check_says_clean_drift_failure_and_unknown_by_its_code() {
    let estate = shop().await;
    let schema = estate.run(&["schema", "check"]).exits(0).json();
    let check = ["check", "--format", "json", "--fail-on", "critical"];
    let clean = estate.run(&check).exits(0).json();
    assert_eq!(validate(&schema, &clean), Vec::<String>::new());

    estate
        .root()
        .rds
        .modify_db_instance()
        .db_instance_identifier("app")
        .backup_retention_period(20)
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    let drifted = estate.run(&check).exits(2).json();
    assert_eq!(validate(&schema, &drifted), Vec::<String>::new());

    // Backups lie in this one: what is overwritten there is lost now.
    suspend_versioning(&estate).await;
    let failed = estate.run(&check).exits(3).json();
    assert_eq!(validate(&schema, &failed), Vec::<String>::new());

    estate
        .fault(backstay::sandbox::Fault::error("s3", "GetBucketVersioning", 403, "AccessDenied").on("copy-"));
    let unknown = estate.run(&check).exits(1).json();
    assert_eq!(validate(&schema, &unknown), Vec::<String>::new());
    let statuses: Vec<_> = unknown["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["address"] == "s3_bucket.copy")
        .map(|f| f["status"].as_str().unwrap())
        .collect();
    assert!(statuses.contains(&"unknown"), "{statuses:?}");
    estate.heal();
}
