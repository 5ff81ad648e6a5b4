//! Tests of the kind on data alone; `tests/kinds_s3.rs` runs it against a server.

mod block;
mod contributions;
mod declared;
mod laws;
mod lifecycle;
mod locks;
mod policies;
mod properties;
mod replication;
mod settings;
mod settles;
mod world;

use super::diff::diff;
use super::{Live, Op, Spec};
use crate::model::change::{AttributeChange, Diff, Direction};
use crate::model::schema::Reference;
use crate::model::{Place, Region};

/// The account and region that the tests live in.
fn place() -> Place {
    Place {
        account: "prod".into(),
        account_id: "111111111111".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        project: "acme".into(),
    }
}

/// A block that sets nothing but its name.
fn spec() -> Spec {
    Spec {
        name: "acme-uploads".into(),
        versioning: None,
        public_access: None,
        ownership: None,
        encryption: None,
        object_lock: None,
        noncurrent: None,
        expire: Vec::new(),
        abort_multipart_after: None,
        policy: None,
        replicate: Vec::new(),
        tags: None,
        contributed: super::spec::Contributed::default(),
        looked_into: super::spec::LookedInto::default(),
    }
}

/// A bucket of this posture, as the language hands it over.
fn bucket(name: &str, account: &str, region: &str) -> Reference {
    let region: Region = region.parse().unwrap();
    Reference {
        address: Some(format!("s3_bucket.{}", name.replace('-', "_")).parse().unwrap()),
        arn: Some(format!("arn:aws:s3:::{name}").parse().unwrap()),
        name: Some(name.into()),
        region: Some(region),
        account: Some(account.parse().unwrap()),
    }
}

/// Something outside the posture, by ARN.
fn arn(text: &str) -> Reference {
    let arn: crate::model::Arn = text.parse().unwrap();
    Reference {
        address: None,
        region: arn.region(),
        account: arn.account(),
        name: Some(arn.resource().into()),
        arn: Some(arn),
    }
}

fn attributes(diff: &Diff<Op>) -> Vec<&AttributeChange> {
    diff.changes.iter().flat_map(|c| &c.attributes).collect()
}

/// Path and direction of everything that differs.
fn directions(diff: &Diff<Op>) -> Vec<(&str, Direction)> {
    attributes(diff)
        .iter()
        .map(|a| (a.path.as_str(), a.direction))
        .collect()
}

/// The change of one path.
fn change<'a>(diff: &'a Diff<Op>, path: &str) -> &'a AttributeChange {
    attributes(diff)
        .into_iter()
        .find(|a| a.path == path)
        .unwrap_or_else(|| panic!("no change of {path} in {:#?}", directions(diff)))
}

/// What a plan against this live state says.
fn plan(want: &Spec, have: &Live) -> Diff<Op> {
    diff(want, Some(have), &place())
}
