//! `s3_bucket` against a local AWS: real clients over real HTTP. Each test has buckets of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing
)]

mod adopt;
mod create;
mod keys;
mod refuse;
mod wire;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use backstay::aws::{AwsError, Cloud, Reader, Writer};
use backstay::kinds::s3_bucket::{Live, Op, S3Bucket, Spec};
use backstay::kinds::{Depth, Kind, ReadContext, WriteContext};
use backstay::model::change::Diff;
use backstay::model::desired::Contribution;
use backstay::model::{Observed, Place, Scope};
use backstay::sandbox::{Options, ROOT_SECRET, Record, Sandbox};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const PROD: &str = "111111111111";
const VAULT: &str = "222222222222";

/// One for all tests; it ends with the process.
fn sandbox() -> &'static Sandbox {
    static RUNNING: OnceLock<Sandbox> = OnceLock::new();
    RUNNING.get_or_init(|| Sandbox::start(&Options::default(), &mut |line| eprintln!("{line}")).unwrap())
}

/// One account and region of it, as the engine would see it.
struct World {
    place: Place,
    config: SdkConfig,
}

impl World {
    async fn new(account: &str, region: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(sandbox().endpoint())
            .region(Region::new(region.to_owned()))
            .credentials_provider(Credentials::new(account, ROOT_SECRET, None, None, "test"))
            .load()
            .await;
        let place = Place {
            account: account.to_owned(),
            account_id: account.parse().unwrap(),
            region: region.parse().unwrap(),
            project: "acme".to_owned(),
        };
        Self { place, config }
    }

    /// A project of its own, for tests that look for all buckets of one.
    fn of_project(mut self, project: &str) -> Self {
        self.place.project = project.to_owned();
        self
    }

    fn cloud(&self) -> Cloud {
        let id = self.place.account_id.clone();
        Cloud::of([(self.place.account.clone(), id, self.config.clone())])
    }

    fn scope(&self) -> Scope {
        self.place.scope()
    }

    /// A reader that remembers nothing of earlier reads.
    fn reader(&self) -> Reader {
        self.cloud().reader(&self.scope()).unwrap()
    }

    fn writer(&self) -> Writer {
        self.cloud().writer(&self.scope()).unwrap()
    }

    /// A plain client, for what others do.
    fn s3(&self) -> aws_sdk_s3::Client {
        self.writer().clients().s3(&self.place.region)
    }

    async fn read_all(&self, wanted: &[(String, Option<Spec>)], depth: Depth, discover: bool) -> Reads {
        let reader = self.reader();
        let cx = ReadContext {
            reader: &reader,
            place: &self.place,
            depth,
            discover,
        };
        S3Bucket::read(cx, wanted).await
    }

    async fn read(&self, spec: &Spec) -> Observed<Live> {
        let wanted = [(spec.name.clone(), Some(spec.clone()))];
        let mut all = self.read_all(&wanted, Depth::Declared, false).await;
        all.remove(&spec.name).unwrap()
    }

    async fn live(&self, spec: &Spec) -> Live {
        match self.read(spec).await {
            Observed::Present(live) => live,
            other => panic!("{other:?}"),
        }
    }

    async fn plan(&self, spec: &Spec) -> Diff<Op> {
        let have = match self.read(spec).await {
            Observed::Present(live) => Some(live),
            Observed::Absent => None,
            Observed::Unreadable(why) => panic!("{why:?}"),
        };
        S3Bucket::diff(spec, have.as_ref(), &self.place)
    }

    async fn write(&self, name: &str, op: &Op) -> Result<(), AwsError> {
        let writer = self.writer();
        let cx = WriteContext {
            writer: &writer,
            place: &self.place,
        };
        S3Bucket::apply(cx, name, op).await
    }

    /// Plans, writes everything, and plans again: nothing may be left.
    async fn apply(&self, spec: &Spec) -> Diff<Op> {
        self.role(spec).await;
        let diff = self.plan(spec).await;
        for change in &diff.changes {
            self.write(&spec.name, &change.op).await.unwrap();
        }
        let again = self.plan(spec).await;
        assert!(again.changes.is_empty(), "{:#?}", again.changes);
        assert!(
            again.unreadable.is_empty() && again.findings.is_empty(),
            "{again:#?}"
        );
        diff
    }

    /// The derived role, which is another kind's to make.
    async fn role(&self, spec: &Spec) {
        for contribution in S3Bucket::contributions(spec, "x", &self.place) {
            let Contribution::Resource { spec, .. } = contribution else {
                continue;
            };
            let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
                "Principal":{"Service":"s3.amazonaws.com"}}]}"#;
            let made = self
                .writer()
                .clients()
                .iam()
                .create_role()
                .role_name(spec["name"].as_str().unwrap())
                .path(format!("/backstay/{}/", self.place.project))
                .assume_role_policy_document(trust)
                .send()
                .await;
            if let Err(error) = made {
                let error = error.into_service_error();
                assert!(error.is_entity_already_exists_exception(), "{error:?}");
            }
        }
    }

    async fn create_by_hand(&self, name: &str) {
        let mut call = self.s3().create_bucket().bucket(name);
        if self.place.region.as_str() != "us-east-1" {
            let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
                .location_constraint(self.place.region.as_str().into())
                .build();
            call = call.create_bucket_configuration(place);
        }
        call.send().await.unwrap();
    }
}

type Reads = BTreeMap<String, Observed<Live>>;

/// A spec from what is declared of it.
fn spec(declared: Json) -> Spec {
    let mut whole = json!({"expire": [], "replicate": [], "contributed": [], "looked_into": []});
    whole
        .as_object_mut()
        .unwrap()
        .extend(declared.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

/// A bucket of the posture, as a reference to it is handed over.
fn to(name: &str, account: &str, region: &str) -> Json {
    json!({"address": "s3_bucket.dr", "arn": format!("arn:aws:s3:::{name}"), "name": name,
        "account": account, "region": region})
}

/// The requests about buckets of this name so far.
fn requests(name: &str) -> Vec<Record> {
    let all = sandbox().remote().requests().unwrap();
    all.into_iter().filter(|r| r.resource.contains(name)).collect()
}

fn paths(diff: &Diff<Op>) -> Vec<&str> {
    diff.changes
        .iter()
        .flat_map(|c| &c.attributes)
        .map(|a| a.path.as_str())
        .collect()
}
