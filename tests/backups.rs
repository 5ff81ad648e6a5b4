//! Keys, vaults and backup plans from declared to settled, through the sandbox. What it lacks (access policies of
//! vaults, tags of plans, the region's settings) is left to the unit tests of each kind.

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

#[tokio::test]
async fn a_plan_settles_and_its_selection_is_made_anew() {
    let plan = |resource: &str| {
        json!({
            "name": "daily",
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
