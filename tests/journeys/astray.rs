//! Keys and vaults that somebody changed behind backstay's back, or that are not what a block takes them for: what holds data is
//! neither forgotten nor protected less.

use crate::support::{Clients, Estate};

const POSTURE: &str = r#"
backstay {
  project = "astray"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

kms_key "k" {
  name = "astray"
}

backup_vault "v" {
  name = "astray"
  lock {
    mode  = "compliance"
    min   = "7d"
    max   = "30d"
    grace = "30d"
  }
}
"#;

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-irreversible=backup_vault.v"];

fn applied() -> Estate {
    let estate = Estate::new(POSTURE);
    estate.run(APPLY).exits(0);
    estate.plan().exits(0);
    estate
}

async fn key(root: &Clients) -> String {
    let key = root
        .kms
        .describe_key()
        .key_id("alias/astray")
        .send()
        .await
        .unwrap();
    key.key_metadata().unwrap().key_id().to_owned()
}

async fn closes(root: &Clients) -> i64 {
    let vault = root.backup.describe_backup_vault().backup_vault_name("astray");
    vault.send().await.unwrap().lock_date().unwrap().secs()
}

#[tokio::test]
async fn a_key_keeps_its_mark_when_its_alias_is_deleted() {
    let estate = applied();
    let root = estate.root();
    let before = key(&root).await;
    let gone = root.kms.delete_alias().alias_name("alias/astray").send().await;
    gone.unwrap();
    let plan = estate.plan().exits(2);
    assert_eq!(plan.changes(), ["kms_key.k: update name"]);
    estate.settle();
    assert_eq!(key(&root).await, before);
    let tags = root
        .kms
        .list_resource_tags()
        .key_id(&before)
        .send()
        .await
        .unwrap();
    let tags: Vec<_> = tags.tags().iter().map(|t| t.tag_key()).collect();
    assert!(
        tags.contains(&"backstay:project") && tags.contains(&"backstay:alias"),
        "{tags:?}"
    );
}

#[tokio::test]
async fn an_alias_that_points_to_a_strangers_key_stops_everything() {
    let estate = applied();
    let root = estate.root();
    let before = key(&root).await;
    let made = root.kms.create_key().send().await.unwrap();
    let strange = made.key_metadata().unwrap().key_id().to_owned();
    let moved = root.kms.update_alias().alias_name("alias/astray");
    moved.target_key_id(&strange).send().await.unwrap();
    let mark = estate.mark();
    estate.run(APPLY).exits(1);
    assert_eq!(estate.written(mark), Vec::<String>::new());
    // Who wants the other key says so by the tag.
    let tag = root
        .kms
        .untag_resource()
        .key_id(&before)
        .tag_keys("backstay:alias");
    tag.send().await.unwrap();
    assert_eq!(
        estate.plan().exits(2).changes().len(),
        1,
        "the old one is released"
    );
}

#[tokio::test]
async fn a_compliance_lock_is_not_replaced_by_one_of_governance() {
    let estate = applied();
    let root = estate.root();
    let before = closes(&root).await;
    let lock = "  lock {\n    mode  = \"compliance\"\n    min   = \"7d\"\n    max   = \"30d\"\n    grace = \"30d\"\n  }\n";
    let gapped = "  air_gapped = true\n  lock {\n    mode = \"compliance\"\n    min  = \"14d\"\n    max  = \"30d\"\n  }\n";
    estate.edit(lock, gapped);
    let mark = estate.mark();
    let plan = estate.run(&["plan"]);
    assert!(plan.stdout.contains("lock.min"), "{}", plan.stdout);
    estate.run(APPLY);
    assert_eq!(estate.written(mark), Vec::<String>::new());
    assert_eq!(closes(&root).await, before);
}

#[tokio::test]
async fn a_lock_closes_on_the_day_that_the_plan_shows() {
    let estate = applied();
    let root = estate.root();
    let before = closes(&root).await;
    estate.edit("grace = \"30d\"", "grace = \"3d\"");
    let plan = estate.plan().exits(2);
    assert_eq!(plan.changes(), ["backup_vault.v: update lock.closes"]);
    estate.run(APPLY).exits(0);
    estate.plan().exits(0);
    let sooner = closes(&root).await;
    assert!(before - sooner >= 26 * 24 * 3600, "{before} {sooner}");
    estate.edit("grace = \"3d\"", "grace = \"300d\"");
    estate.plan().exits(0);
}
