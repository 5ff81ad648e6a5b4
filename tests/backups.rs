//! Keys, vaults, backup plans and copies of databases from declared to settled, through the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should panic"
)]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use backstay::aws::Cloud;
use backstay::diag::{Diagnostics, FileId, Span};
use backstay::kinds::backup_plan::BackupPlan;
use backstay::kinds::backup_vault::BackupVault;
use backstay::kinds::kms_key::KmsKey;
use backstay::kinds::rds_instance::RdsInstance;
use backstay::kinds::{Depth, Kind, ReadContext, WriteContext};
use backstay::model::change::Action;
use backstay::model::schema::{Attribute, Block, EvaluatedBlock};
use backstay::model::value::Value;
use backstay::model::{Observed, Place};
use backstay::sandbox::{DEFAULT_ACCOUNT, Options, ROOT_SECRET, Sandbox};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// It ends with the process.
fn sandbox() -> &'static Sandbox {
    static RUNNING: OnceLock<Sandbox> = OnceLock::new();
    RUNNING.get_or_init(|| Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap())
}

fn place() -> Place {
    Place {
        account: "main".into(),
        account_id: DEFAULT_ACCOUNT.parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        project: "acme".into(),
    }
}

async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(sandbox().endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(DEFAULT_ACCOUNT, ROOT_SECRET, None, None, "test"))
        .load()
        .await
}

/// A block from JSON: objects in lists are nested blocks, `label` is one, everything else is an argument.
fn block(json: &Json) -> EvaluatedBlock {
    let span = Span::new(FileId::NONE, 0..0);
    let mut block = EvaluatedBlock {
        labels: json
            .get("label")
            .and_then(Json::as_str)
            .map(str::to_owned)
            .into_iter()
            .collect(),
        attributes: BTreeMap::new(),
        blocks: BTreeMap::new(),
        span,
    };
    for (name, value) in json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "label")
    {
        let nested = value
            .as_array()
            .filter(|v| v.iter().all(Json::is_object) && !v.is_empty());
        if let Some(all) = nested {
            let all = all.iter().map(self::block).collect();
            block.blocks.insert(name.clone(), all);
        } else {
            let attribute = Attribute {
                value: Value::from_json(value),
                span,
                name_span: span,
            };
            block.attributes.insert(name.clone(), attribute);
        }
    }
    block
}

fn spec<K: Kind>(json: &Json) -> K::Spec {
    let mut diagnostics = Diagnostics::new();
    let block = block(json);
    let spec = K::Spec::decode(&block, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:?}"));
    K::validate(&spec, &place(), &block, &mut diagnostics);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    spec
}

/// What is seen now, by sessions that remember nothing.
async fn seen<K: Kind>(spec: &K::Spec) -> Observed<K::Live> {
    let place = place();
    let cloud = Cloud::of([("main".to_owned(), place.account_id.clone(), config().await)]);
    let reader = cloud.reader(&place.scope()).unwrap();
    let cx = ReadContext {
        reader: &reader,
        place: &place,
        depth: Depth::Declared,
        discover: false,
    };
    let ident = K::ident(spec, &place);
    K::read(cx, &[(ident.clone(), Some(spec.clone()))])
        .await
        .remove(&ident)
        .unwrap()
}

/// Runs every write twice, as a run that was cut off and started again does, and gives what was done.
async fn settle<K: Kind>(json: &Json) -> (Action, Vec<String>) {
    let place = place();
    let spec = spec::<K>(json);
    let live = seen::<K>(&spec).await;
    let diff = K::diff(&spec, live.known().unwrap(), &place);
    assert!(
        diff.unreadable.is_empty() && diff.findings.is_empty(),
        "{:?}",
        diff.findings
    );
    let cloud = Cloud::of([("main".to_owned(), place.account_id.clone(), config().await)]);
    let writer = cloud.writer(&place.scope()).unwrap();
    let cx = WriteContext {
        writer: &writer,
        place: &place,
    };
    let ident = K::ident(&spec, &place);
    for change in diff.changes.iter().flat_map(|c| [c, c]) {
        K::apply(cx, &ident, &change.op).await.unwrap();
    }
    let live = seen::<K>(&spec).await;
    let again = K::diff(&spec, live.known().unwrap(), &place);
    let left: Vec<_> = again.changes.iter().flat_map(|c| &c.attributes).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(again.findings.is_empty(), "{:?}", again.findings);
    (
        diff.action,
        diff.changes.iter().map(|c| K::describe(&c.op)).collect(),
    )
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:{DEFAULT_ACCOUNT}:{resource}")
}

fn key(name: &str) -> Json {
    json!({
        "name": name,
        "administrators": [format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/admin")],
        "users": [format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/backup")],
        "rotation": "365d",
        "tags": {"team": "data"},
    })
}

#[tokio::test]
async fn a_key_settles_and_comes_back() {
    let (action, _) = settle::<KmsKey>(&key("settles")).await;
    assert_eq!(action, Action::Create);
    let (action, _) = settle::<KmsKey>(&key("settles")).await;
    assert_eq!(action, Action::NoOp);
    let kms = aws_sdk_kms::Client::new(&config().await);
    let keys = kms.list_aliases().send().await.unwrap();
    let id = keys
        .aliases()
        .iter()
        .find(|a| a.alias_name() == Some("alias/settles"));
    let id = id.and_then(|a| a.target_key_id()).unwrap().to_owned();
    kms.schedule_key_deletion()
        .key_id(&id)
        .pending_window_in_days(7)
        .send()
        .await
        .unwrap();
    let (action, done) = settle::<KmsKey>(&key("settles")).await;
    assert_eq!(
        (action, done),
        (Action::Update, vec!["bring the key back".to_owned()])
    );
    let now = kms.describe_key().key_id("alias/settles").send().await.unwrap();
    let now = now.key_metadata().unwrap();
    assert_eq!((now.key_id(), now.enabled()), (id.as_str(), true));
}

/// An alias that was deleted behind backstay's back is given to its key again, and no other key is made.
#[tokio::test]
async fn a_key_that_lost_its_alias_gets_it_back() {
    settle::<KmsKey>(&key("nameless")).await;
    let kms = aws_sdk_kms::Client::new(&config().await);
    let id = || async {
        let key = kms.describe_key().key_id("alias/nameless").send().await.unwrap();
        key.key_metadata().unwrap().key_id().to_owned()
    };
    let before = id().await;
    let gone = kms.delete_alias().alias_name("alias/nameless").send().await;
    gone.unwrap();
    let (action, done) = settle::<KmsKey>(&key("nameless")).await;
    assert_eq!(
        (action, done),
        (Action::Update, vec!["give the key its alias back".to_owned()])
    );
    assert_eq!(id().await, before);
}

#[tokio::test]
async fn a_compliance_lock_closes_when_the_plan_says() {
    let vault = |min: &str, grace: &str| json!({"name": "closing", "lock": [{"mode": "compliance", "min": min, "max": "400d", "grace": grace}]});
    let backup = aws_sdk_backup::Client::new(&config().await);
    let closes = || async {
        let vault = backup
            .describe_backup_vault()
            .backup_vault_name("closing")
            .send()
            .await;
        vault.unwrap().lock_date().unwrap().secs()
    };
    let day = 24 * 3600;
    settle::<BackupVault>(&vault("14d", "300d")).await;
    let first = closes().await;
    let (action, _) = settle::<BackupVault>(&vault("14d", "300d")).await;
    assert_eq!(action, Action::NoOp);
    // Another retention puts nothing off, and a longer time of grace neither.
    settle::<BackupVault>(&vault("15d", "300d")).await;
    assert!((first - day..=first).contains(&closes().await));
    let (action, _) = settle::<BackupVault>(&vault("15d", "350d")).await;
    assert_eq!(action, Action::NoOp);
    // A shorter one alone brings it forward.
    settle::<BackupVault>(&vault("15d", "30d")).await;
    assert!(first - closes().await >= 269 * day);
    // And no declaration of something else takes the lock back.
    let gapped = json!({"name": "closing", "air_gapped": true,
        "lock": [{"mode": "compliance", "min": "20d", "max": "400d"}]});
    let spec = spec::<BackupVault>(&gapped);
    let live = seen::<BackupVault>(&spec).await;
    let diff = BackupVault::diff(&spec, live.known().unwrap(), &place());
    assert!(diff.changes.is_empty() && !diff.findings.is_empty());
}

#[tokio::test]
async fn what_a_vault_declares_off_is_taken_off() {
    let vault = |deny: bool| json!({"name": "open", "deny_delete": deny});
    let (_, done) = settle::<BackupVault>(&vault(true)).await;
    assert_eq!(done, ["create the vault", "set the access policy"]);
    let (_, done) = settle::<BackupVault>(&vault(false)).await;
    assert_eq!(done, ["remove the access policy"]);
}

#[tokio::test]
async fn a_vault_takes_a_key_by_its_alias_and_is_locked() {
    settle::<KmsKey>(&key("vaulted")).await;
    let vault = |min: &str| {
        json!({
            "name": "vaulted",
            "kms_key": arn("kms", "alias/vaulted"),
            "lock": [{"mode": "governance", "min": min, "max": "400d"}],
        })
    };
    let (action, done) = settle::<BackupVault>(&vault("14d")).await;
    assert_eq!(action, Action::Create);
    assert_eq!(done, ["create the vault", "lock the vault in governance mode"]);
    let (action, _) = settle::<BackupVault>(&vault("14d")).await;
    assert_eq!(action, Action::NoOp);
    let (action, _) = settle::<BackupVault>(&vault("30d")).await;
    assert_eq!(action, Action::Update);
}

/// RDS shows the key's own ARN, and is told it; in the region of the copy.
#[tokio::test]
async fn a_copy_of_a_database_takes_a_key_by_its_alias() {
    let config = config().await;
    let rds = aws_sdk_rds::Client::new(&config);
    let made = rds
        .create_db_instance()
        .db_instance_identifier("aliased")
        .db_instance_class("db.t3.micro")
        .engine("postgres")
        .allocated_storage(20)
        .master_username("owner")
        .master_user_password("not-a-secret")
        .backup_retention_period(7)
        .storage_encrypted(true);
    made.send().await.unwrap();
    let west = config.to_builder().region(Region::new("us-west-2")).build();
    let kms = aws_sdk_kms::Client::new(&west);
    let key = kms.create_key().send().await.unwrap();
    let key = key.key_metadata().unwrap();
    let alias = kms.create_alias().alias_name("alias/copies");
    alias.target_key_id(key.key_id()).send().await.unwrap();
    let database = |key: &str| {
        json!({
            "identifier": "aliased",
            "pitr": [{"retention": "7d"}],
            "replicate": [{"region": "us-west-2", "retention": "14d", "kms_key": key}],
        })
    };
    let (action, done) = settle::<RdsInstance>(&database("alias/copies")).await;
    assert_eq!(action, Action::Update);
    assert_eq!(done, ["copy automated backups to us-west-2"]);
    let backups = aws_sdk_rds::Client::new(&west).describe_db_instance_automated_backups();
    let backups = backups.db_instance_identifier("aliased").send().await.unwrap();
    assert_eq!(backups.db_instance_automated_backups()[0].kms_key_id(), key.arn());
    for same in [
        key.arn().unwrap(),
        key.key_id(),
        &format!("arn:aws:kms:us-west-2:{DEFAULT_ACCOUNT}:alias/copies"),
    ] {
        let (action, _) = settle::<RdsInstance>(&database(same)).await;
        assert_eq!(action, Action::NoOp, "{same}");
    }
}

#[tokio::test]
async fn a_vault_is_not_planned_under_an_alias_that_points_to_nothing() {
    let vault = json!({"name": "keyless", "kms_key": arn("kms", "alias/typo")});
    let Observed::Unreadable(why) = seen::<BackupVault>(&spec::<BackupVault>(&vault)).await else {
        panic!("a vault that cannot be made as declared");
    };
    assert!(why.why.starts_with("kms_key: there is no alias/typo"), "{why:?}");
}

#[tokio::test]
async fn a_vault_is_not_planned_under_a_key_that_cannot_be_used() {
    let kms = aws_sdk_kms::Client::new(&config().await);
    let made = kms.create_key().send().await.unwrap();
    let key = made.key_metadata().unwrap();
    let off = kms.disable_key().key_id(key.key_id()).send().await;
    off.unwrap();
    let vault = json!({"name": "keyless", "kms_key": key.arn().unwrap()});
    let Observed::Unreadable(why) = seen::<BackupVault>(&spec::<BackupVault>(&vault)).await else {
        panic!("a vault that nothing could be kept in");
    };
    assert!(why.why.contains("is disabled. Enable it"), "{why:?}");
}

#[tokio::test]
async fn a_vault_with_a_policy_and_an_air_gapped_one_settle() {
    let vault = |more: Json| {
        let mut vault = json!({
            "name": "receiving",
            "receives_from": ["222222222222", "o-abcdefghij"],
            "kms_key": arn("kms", "key/k"),
            "deny_delete": true,
            "guardians": [format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/guardian")],
            "tags": {"team": "data"},
        });
        vault
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        vault
    };
    let (action, done) = settle::<BackupVault>(&vault(json!({}))).await;
    assert_eq!(action, Action::Create);
    assert_eq!(done, ["create the vault", "set the access policy"]);
    let (action, _) = settle::<BackupVault>(&vault(json!({}))).await;
    assert_eq!(action, Action::NoOp);
    let (_, done) = settle::<BackupVault>(&vault(json!({"receives_from": ["222222222222"]}))).await;
    assert_eq!(done, ["set the access policy"]);
    let (_, done) = settle::<BackupVault>(&vault(json!({"tags": {"team": "storage"}}))).await;
    assert_eq!(done, ["set the access policy", "set tags"]);
    let gapped = json!({
        "name": "gapped",
        "air_gapped": true,
        "lock": [{"mode": "compliance", "min": "7d", "max": "35d"}],
    });
    let (_, done) = settle::<BackupVault>(&gapped).await;
    assert_eq!(done, ["create the air-gapped vault"]);
    let (action, _) = settle::<BackupVault>(&gapped).await;
    assert_eq!(action, Action::NoOp);
}

#[tokio::test]
async fn a_plan_settles_and_its_selection_is_made_anew() {
    let plan = |resource: &str| {
        json!({
            "name": "daily",
            "tags": {"team": "data"},
            "rule": [{
                "label": "daily",
                "vault": arn("backup", "backup-vault:main"),
                "schedule": "cron(0 3 ? * * *)",
                "delete_after": "35d",
                "copy": [{
                    "to": "arn:aws:backup:us-west-2:222222222222:backup-vault:away",
                    "delete_after": "90d",
                }],
            }],
            "selection": [{
                "label": "data",
                "role": format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/backup"),
                "resources": [arn("rds", resource)],
                "tag": [{"key": "backup", "value": "daily"}],
                "condition": [{"test": "StringEquals", "key": "env", "value": "prod"}],
            }],
        })
    };
    let (action, _) = settle::<BackupPlan>(&plan("db:app")).await;
    assert_eq!(action, Action::Create);
    let (action, _) = settle::<BackupPlan>(&plan("db:app")).await;
    assert_eq!(action, Action::NoOp);
    let (action, done) = settle::<BackupPlan>(&plan("db:other")).await;
    assert_eq!(action, Action::Update);
    assert_eq!(done, ["make the selection data, then remove the old one"]);
}
