//! What `permissions` prints is enough, for reading and for writing, where IAM is enforced.

use crate::laptop::{SHOP, SHOP_SEED};
use crate::support::Estate;

/// Makes a role in the account that may do exactly what is printed, and runs as it from then on.
async fn as_somebody_who_may(estate: Estate, purpose: &str) -> Estate {
    let printed = estate
        .run(&["permissions", "--for", purpose, "--account", "prod"])
        .exits(0)
        .stdout;
    let root = estate.root();
    let trust = estate.fill(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::ACCOUNT:root"},"Action":"sts:AssumeRole"}]}"#,
    );
    root.iam
        .create_role()
        .role_name(purpose)
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    root.iam
        .put_role_policy()
        .role_name(purpose)
        .policy_name(purpose)
        .policy_document(estate.fill(&printed))
        .send()
        .await
        .unwrap();
    let role = estate.fill(&format!("arn:aws:iam::ACCOUNT:role/{purpose}"));
    let session = root.assume(&role).await.unwrap();
    estate.signed_by(&session)
}

#[tokio::test]
async fn apply_and_check_work_with_exactly_what_is_printed() {
    let estate = Estate::strict(SHOP);
    estate.seed(SHOP_SEED).await;

    let estate = as_somebody_who_may(estate, "check").await;
    let before = estate.run(&["check", "--format", "json"]);
    assert!(matches!(before.code, Some(2 | 3)), "{before:#?}");
    assert_eq!(before.json()["summary"]["unknown"], 0, "{before:#?}");
    let mark = estate.mark();
    estate.run(&["apply", "--auto-approve"]).exits(1);
    let done: Vec<_> = estate
        .asked(mark)
        .into_iter()
        .filter(|r| r.write && r.status == 200)
        .collect();
    assert!(done.is_empty(), "{done:#?}");

    let estate = as_somebody_who_may(estate.plain(), "plan").await;
    estate.plan().exits(2);

    let estate = as_somebody_who_may(estate.plain(), "apply").await;
    estate.settle();
}
