//! Roles, writers and databases from declared to settled, through the sandbox: what is applied
//! leaves nothing to plan, what is run again changes nothing, and what is undeclared goes.

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
use aws_sdk_s3::primitives::ByteStream;
use backstay::aws::Cloud;
use backstay::diag::{Diagnostics, FileId, Span};
use backstay::kinds::iam_role::IamRole;
use backstay::kinds::rds_instance::RdsInstance;
use backstay::kinds::writer_role::WriterRole;
use backstay::kinds::{Depth, Kind, ReadContext, WriteContext};
use backstay::model::change::{Action, Diff};
use backstay::model::desired::Contribution;
use backstay::model::policy::Document;
use backstay::model::schema::{Attribute, Block, EvaluatedBlock};
use backstay::model::value::Value;
use backstay::model::{Observed, Place};
use backstay::sandbox::{DEFAULT_ACCOUNT, Options, ROOT_SECRET, Sandbox};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// With enforcement. It ends with the process.
fn sandbox() -> &'static Sandbox {
    static RUNNING: OnceLock<Sandbox> = OnceLock::new();
    RUNNING.get_or_init(|| Sandbox::start(&Options { auth: true }, &mut |line| eprintln!("{line}")).unwrap())
}

fn place(project: &str) -> Place {
    Place {
        account: "main".into(),
        account_id: DEFAULT_ACCOUNT.parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        project: project.into(),
    }
}

async fn config(credentials: Credentials) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(sandbox().endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .load()
        .await
}

async fn root() -> SdkConfig {
    config(Credentials::new(DEFAULT_ACCOUNT, ROOT_SECRET, None, None, "test")).await
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let path_style = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
    aws_sdk_s3::Client::from_conf(path_style.build())
}

/// A block from JSON: objects in lists are nested blocks, everything else is an argument.
fn block(json: &Json) -> EvaluatedBlock {
    let span = Span::new(FileId::NONE, 0..0);
    let mut block = EvaluatedBlock {
        labels: vec!["pgdump".into()],
        attributes: BTreeMap::new(),
        blocks: BTreeMap::new(),
        span,
    };
    for (name, value) in json.as_object().unwrap() {
        let nested = value
            .as_array()
            .filter(|v| v.iter().all(|v| v.is_object()) && !v.is_empty());
        match nested {
            Some(all) if name != "writes_to" => {
                block
                    .blocks
                    .insert(name.clone(), all.iter().map(self::block).collect());
            }
            _ => {
                let value = Value::from_json(value);
                let attribute = Attribute {
                    value,
                    span,
                    name_span: span,
                };
                block.attributes.insert(name.clone(), attribute);
            }
        }
    }
    block
}

fn spec<K: Kind>(json: &Json) -> K::Spec {
    let mut diagnostics = Diagnostics::new();
    let block = block(json);
    let spec = K::Spec::decode(&block, &mut diagnostics).unwrap_or_else(|| panic!("{diagnostics:?}"));
    K::validate(&spec, &place("any"), &block, &mut diagnostics);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    spec
}

/// What is seen now, by sessions that remember nothing.
async fn seen<K: Kind>(
    place: &Place,
    wanted: &[(String, Option<K::Spec>)],
) -> BTreeMap<String, Observed<K::Live>> {
    let cloud = Cloud::of([("main".to_owned(), place.account_id.clone(), root().await)]);
    let reader = cloud.reader(&place.scope()).unwrap();
    let cx = ReadContext {
        reader: &reader,
        place,
        depth: Depth::Declared,
        discover: true,
    };
    K::read(cx, wanted).await
}

async fn plan<K: Kind>(place: &Place, spec: &K::Spec) -> Diff<K::Op> {
    let ident = K::ident(spec, place);
    let seen = seen::<K>(place, &[(ident.clone(), Some(spec.clone()))]).await;
    match seen.get(&ident).unwrap() {
        Observed::Present(live) => K::diff(spec, Some(live), place),
        Observed::Absent => K::diff(spec, None, place),
        Observed::Unreadable(why) => panic!("{why:?}"),
    }
}

async fn run<K: Kind>(place: &Place, ident: &str, op: &K::Op) {
    let cloud = Cloud::of([("main".to_owned(), place.account_id.clone(), root().await)]);
    let writer = cloud.writer(&place.scope()).unwrap();
    let cx = WriteContext {
        writer: &writer,
        place,
    };
    K::apply(cx, ident, op)
        .await
        .unwrap_or_else(|e| panic!("{}: {e}", K::describe(op)));
}

/// Applies what is declared, each step twice, and checks that nothing is left to do.
async fn settle<K: Kind>(place: &Place, spec: &K::Spec) -> Diff<K::Op> {
    let diff = plan::<K>(place, spec).await;
    for change in &diff.changes {
        for _ in 0..2 {
            run::<K>(place, &K::ident(spec, place), &change.op).await;
        }
    }
    let after = plan::<K>(place, spec).await;
    let left: Vec<_> = after.changes.iter().flat_map(|c| &c.attributes).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(after.action, Action::NoOp);
    diff
}

/// Removes what nobody declares any more and checks that it is gone.
async fn forget<K: Kind>(place: &Place, ident: &str) {
    let seen = seen::<K>(place, &[]).await;
    let Some(Observed::Present(live)) = seen.get(ident) else {
        panic!("{ident} was not found: {:?}", seen.keys())
    };
    let diff = K::release(ident, live, place);
    assert_eq!(diff.action, Action::Remove);
    for change in &diff.changes {
        for _ in 0..2 {
            run::<K>(place, ident, &change.op).await;
        }
    }
    assert!(!self::seen::<K>(place, &[]).await.contains_key(ident));
}

#[tokio::test]
async fn a_role_is_made_changed_and_removed() {
    let place = place("roles");
    let limit = aws_sdk_iam::Client::new(&root().await)
        .create_policy()
        .policy_name("roles-limit")
        .policy_document(
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
            .to_string(),
        )
        .send()
        .await
        .unwrap();
    let limit = limit.policy().unwrap().arn().unwrap().to_owned();
    let declared = |actions: Json| {
        json!({
            "name": "roles-restore", "description": "Restores.", "max_session": "2h", "boundary": limit,
            "managed_policies": [limit], "tags": {"team": "db"},
            "trust": [{"principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}]}],
            "statement": [{"actions": actions, "resources": ["arn:aws:s3:::dumps/*"]}],
        })
    };
    let made = settle::<IamRole>(&place, &spec::<IamRole>(&declared(json!(["s3:GetObject"])))).await;
    assert_eq!(made.action, Action::Create);
    let more = spec::<IamRole>(&declared(json!(["s3:GetObject", "s3:GetObjectVersion"])));
    let changed = settle::<IamRole>(&place, &more).await;
    let paths: Vec<_> = changed
        .changes
        .iter()
        .flat_map(|c| c.attributes.iter().map(|a| a.path.as_str()))
        .collect();
    assert_eq!(paths, ["policy"]);
    forget::<IamRole>(&place, "roles-restore").await;
}

/// The code that a call was refused with.
fn refusal<T, E>(answer: Result<T, aws_sdk_s3::error::SdkError<E>>) -> u16
where
    T: std::fmt::Debug,
    E: std::fmt::Debug,
{
    let error = answer.unwrap_err();
    error
        .raw_response()
        .unwrap_or_else(|| panic!("{error:?}"))
        .status()
        .as_u16()
}

#[tokio::test]
async fn a_writer_writes_and_nothing_else() {
    let place = place("writers");
    let root = root().await;
    s3(&root)
        .create_bucket()
        .bucket("writers-dumps")
        .send()
        .await
        .unwrap();
    let caller = aws_sdk_iam::Client::new(&root);
    caller.create_user().user_name("writers-ci").send().await.unwrap();
    caller
        .put_user_policy()
        .user_name("writers-ci")
        .policy_name("assume")
        .policy_document(
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]})
            .to_string(),
        )
        .send()
        .await
        .unwrap();
    let key = caller
        .create_access_key()
        .user_name("writers-ci")
        .send()
        .await
        .unwrap();
    let key = key.access_key().unwrap();

    let writer = spec::<WriterRole>(&json!({
        "writes_to": [{
            "address": "s3_bucket.dumps", "arn": "arn:aws:s3:::writers-dumps", "name": "writers-dumps",
            "region": "us-east-1", "account_id": DEFAULT_ACCOUNT}],
        "prefix": "pg/", "max_session": "1h",
        "trust": [{"role_arn": format!("arn:aws:iam::{DEFAULT_ACCOUNT}:user/writers-ci")}],
    }));
    let made = settle::<WriterRole>(&place, &writer).await;
    assert_eq!(made.action, Action::Create);
    let statements = WriterRole::contributions(&writer, "pgdump", &place)
        .into_iter()
        .map(|c| match c {
            Contribution::Statement { statement, .. } => *statement,
            Contribution::Resource { .. } | Contribution::Contents { .. } => panic!("{c:?}"),
        });
    s3(&root)
        .put_bucket_policy()
        .bucket("writers-dumps")
        .policy(Document::new(statements).to_json().to_string())
        .send()
        .await
        .unwrap();

    let ci = config(Credentials::new(
        key.access_key_id(),
        key.secret_access_key(),
        None,
        None,
        "test",
    ))
    .await;
    let session = aws_sdk_sts::Client::new(&ci)
        .assume_role()
        .role_arn(writer.role_arn(&place).as_str())
        .role_session_name("test")
        .send()
        .await
        .unwrap();
    let session = session.credentials().unwrap();
    let writer_s3 = s3(&config(Credentials::new(
        session.access_key_id(),
        session.secret_access_key(),
        Some(session.session_token().to_owned()),
        None,
        "test",
    ))
    .await);
    let put = |key: &str| {
        let body = ByteStream::from_static(b"dump");
        writer_s3
            .put_object()
            .bucket("writers-dumps")
            .key(key)
            .body(body)
            .send()
    };
    put("pg/1.dump").await.unwrap();
    assert_eq!(refusal(put("other/1.dump").await), 403);
    let (bucket, object) = ("writers-dumps", "pg/1.dump");
    assert_eq!(
        refusal(writer_s3.get_object().bucket(bucket).key(object).send().await),
        403
    );
    assert_eq!(
        refusal(writer_s3.list_objects_v2().bucket(bucket).send().await),
        403
    );
    assert_eq!(
        refusal(writer_s3.delete_object().bucket(bucket).key(object).send().await),
        403
    );
    assert_eq!(
        refusal(writer_s3.delete_bucket_policy().bucket(bucket).send().await),
        403
    );

    // What somebody adds by hand is taken away again, and gives nothing meanwhile.
    let name = WriterRole::ident(&writer, &place);
    caller
        .put_role_policy()
        .role_name(&name)
        .policy_name("more")
        .policy_document(
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
            .to_string(),
        )
        .send()
        .await
        .unwrap();
    caller
        .delete_role_permissions_boundary()
        .role_name(&name)
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(writer_s3.get_object().bucket(bucket).key(object).send().await),
        403
    );
    let repaired = settle::<WriterRole>(&place, &writer).await;
    let paths: Vec<_> = repaired
        .changes
        .iter()
        .flat_map(|c| c.attributes.iter().map(|a| a.path.as_str()))
        .collect();
    assert_eq!(paths, ["boundary", "policies[\"more\"]"]);
    forget::<WriterRole>(&place, &name).await;
}

#[tokio::test]
async fn the_kinds_of_roles_do_not_take_each_others_for_forgotten() {
    let place = place("both");
    let trust = json!({"principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}]});
    let role = spec::<IamRole>(&json!({"name": "both-role", "trust": [trust]}));
    let writer = spec::<WriterRole>(&json!({
        "name": "both-writer", "writes_to": ["arn:aws:s3:::elsewhere"],
        "trust": [{"service": "ec2.amazonaws.com"}],
    }));
    settle::<IamRole>(&place, &role).await;
    settle::<WriterRole>(&place, &writer).await;
    assert_eq!(
        seen::<IamRole>(&place, &[]).await.into_keys().collect::<Vec<_>>(),
        ["both-role"]
    );
    let writers = seen::<WriterRole>(&place, &[]).await;
    assert_eq!(writers.into_keys().collect::<Vec<_>>(), ["both-writer"]);
    forget::<IamRole>(&place, "both-role").await;
    forget::<WriterRole>(&place, "both-writer").await;
}

#[tokio::test]
async fn a_boundary_that_outlives_its_role_is_found_and_removed() {
    let place = place("halves");
    let writer = spec::<WriterRole>(&json!({
        "name": "half", "writes_to": ["arn:aws:s3:::elsewhere"], "trust": [{"service": "ec2.amazonaws.com"}],
    }));
    let planned = plan::<WriterRole>(&place, &writer).await;
    run::<WriterRole>(&place, "half", &planned.changes[0].op).await;
    // As after a run that was cut off: the rest is still to be done, and then all goes.
    // The role, its policy, and that it is finished.
    assert_eq!(plan::<WriterRole>(&place, &writer).await.changes.len(), 3);
    forget::<WriterRole>(&place, "half").await;
}

#[tokio::test]
async fn a_database_is_protected_and_copied() {
    let place = place("databases");
    let rds = aws_sdk_rds::Client::new(&root().await);
    rds.create_db_instance()
        .db_instance_identifier("identities-app")
        .db_instance_class("db.t3.micro")
        .engine("postgres")
        .allocated_storage(20)
        .master_username("admin1")
        .master_user_password("password1")
        .backup_retention_period(1)
        .send()
        .await
        .unwrap();
    let declared = |retention: &str, copies: &str| {
        spec::<RdsInstance>(&json!({
            "identifier": "Identities-App", "deletion_protection": true, "copy_tags": true,
            "tags": {"team": "db"},
            "pitr": [{"retention": retention, "window": "03:00-04:00"}],
            "replicate": [{"region": "us-west-2", "retention": copies}],
        }))
    };
    let made = settle::<RdsInstance>(&place, &declared("30d", "14d")).await;
    assert_eq!(made.action, Action::Update);
    let changed = settle::<RdsInstance>(&place, &declared("30d", "21d")).await;
    let attributes: Vec<_> = changed.changes.iter().flat_map(|c| &c.attributes).collect();
    assert_eq!(attributes.len(), 1);
    assert_eq!(attributes[0].path, "replicate[\"us-west-2\"].retention");
    assert!(attributes[0].disruptive.is_some());

    // Protection is switched off behind our back: one difference, and nothing else.
    rds.modify_db_instance()
        .db_instance_identifier("identities-app")
        .deletion_protection(false)
        .send()
        .await
        .unwrap();
    let drift = settle::<RdsInstance>(&place, &declared("30d", "21d")).await;
    assert_eq!(drift.changes.len(), 1);
    assert_eq!(drift.changes[0].attributes[0].path, "deletion_protection");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_not_created() {
    let place = place("databases");
    let absent = spec::<RdsInstance>(&json!({"identifier": "identities-absent"}));
    let diff = plan::<RdsInstance>(&place, &absent).await;
    assert!(diff.missing.is_some() && diff.changes.is_empty());
}
