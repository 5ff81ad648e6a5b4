//! The role that S3 copies with, and what another account's bucket has to allow it.

use super::names;
use super::replication::other_account;
use super::spec::{ReplicateBlock, Spec, bucket_arn, bucket_name};
use crate::kinds::iam_role;
use crate::kinds::keys;
use crate::kinds::statement::StatementBlock;
use crate::kinds::told::Told;
use crate::model::desired::Contribution;
use crate::model::policy::{Effect, Statement};
use crate::model::schema::Reference;
use crate::model::{Arn, Place, Region};
use std::collections::BTreeSet;

/// The last part of the derived role's address: `s3_bucket.uploads.replication_role`.
pub(super) const PART: &str = "replication_role";

/// IAM's limit for a role's name.
const LONGEST: usize = 64;

/// The name of the derived role.
pub(super) fn derived_name(spec: &Spec, place: &Place) -> String {
    let name = format!("backstay-{}-{}-replication", place.project, spec.name);
    names::shortened(&name, LONGEST)
}

/// The ARN of the role that copies: the declared one, or the derived one.
pub(super) fn replication_role(spec: &Spec, place: &Place) -> Arn {
    let declared = spec
        .replicate
        .iter()
        .find_map(|block| block.role.as_ref()?.arn.clone());
    declared.unwrap_or_else(|| {
        let resource = format!("role/backstay/{}/{}", place.project, derived_name(spec, place));
        Arn::iam(place.partition(), &place.account_id, &resource)
    })
}

/// See [`Kind::contributions`](crate::kinds::Kind::contributions).
pub(super) fn contributions(spec: &Spec, place: &Place) -> Vec<Contribution> {
    if spec.replicate.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    if spec.replicate.iter().all(|block| block.role.is_none()) {
        all.push(Contribution::Resource {
            part: PART,
            kind: "iam_role",
            spec: serde_json::to_value(derived(spec, place)).unwrap_or_default(),
        });
    }
    let role = replication_role(spec, place);
    for block in &spec.replicate {
        let (Some(on), Some(_)) = (&block.to.address, other_account(block, place)) else {
            continue;
        };
        let Some(bucket) = bucket_arn(&block.to, place.partition()) else {
            continue;
        };
        // Never versioning: a source that was taken over could switch it off at the destination.
        let statement = Statement::new(Effect::Allow, writes(block, place), [format!("{bucket}/*")])
            .sid("BackstayReplication")
            .principal("AWS", role.as_str());
        all.push(Contribution::Statement {
            on: on.clone(),
            statement: Box::new(statement),
        });
    }
    all
}

/// What the role does at a destination.
fn writes(block: &ReplicateBlock, place: &Place) -> Vec<&'static str> {
    let mut actions = vec!["s3:ReplicateObject", "s3:ReplicateTags"];
    if block.delete_markers == Some(true) {
        actions.push("s3:ReplicateDelete");
    }
    if block
        .owner_override
        .unwrap_or(other_account(block, place).is_some())
    {
        actions.push("s3:ObjectOwnerOverrideToBucketOwner");
    }
    actions
}

fn derived(spec: &Spec, place: &Place) -> iam_role::spec::Spec {
    let trust = Statement::new(Effect::Allow, ["sts:AssumeRole"], Vec::<String>::new())
        .principal("Service", "s3.amazonaws.com");
    let statements = statements(spec, place);
    iam_role::spec::Spec {
        name: derived_name(spec, place),
        path: None,
        description: Some(format!("Replicates the objects of {}.", spec.name)),
        trust: vec![StatementBlock::from(&trust)],
        statement: statements.iter().map(StatementBlock::from).collect(),
        managed_policies: None,
        boundary: None,
        max_session: None,
        tags: None,
        implied: Told(statements),
        referred_to: Told(true),
    }
}

/// The least that copying needs.
fn statements(spec: &Spec, place: &Place) -> Vec<Statement> {
    let source = Arn::bucket(place.partition(), &spec.name);
    let prefixes: BTreeSet<String> = spec
        .replicate
        .iter()
        .map(|block| format!("{source}/{}*", block.prefix.as_deref().unwrap_or("")))
        .collect();
    let mut reads = vec![
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
    ];
    if spec.object_lock.is_some() {
        reads.extend(["s3:GetObjectRetention", "s3:GetObjectLegalHold"]);
    }
    let mut all = vec![
        Statement::new(
            Effect::Allow,
            ["s3:GetReplicationConfiguration", "s3:ListBucket"],
            [source.as_str()],
        )
        .sid("Source"),
        Statement::new(Effect::Allow, reads, prefixes).sid("SourceObjects"),
    ];
    for (n, block) in spec.replicate.iter().enumerate() {
        let Some(to) = bucket_arn(&block.to, place.partition()) else {
            continue;
        };
        let statement = Statement::new(Effect::Allow, writes(block, place), [format!("{to}/*")])
            .sid(format!("Destination{n}"));
        all.push(statement);
        if let Some(key) = block.kms_key.as_ref().and_then(key_arn) {
            let statement =
                keys::granted(&["kms:Encrypt", "kms:GenerateDataKey"], key).sid(format!("DestinationKey{n}"));
            all.push(via(statement, replica_region(block)));
        }
    }
    let source_key = spec.encryption.as_ref().and_then(|e| e.kms_key.as_ref());
    let copies_encrypted = spec.replicate.iter().any(|block| block.kms_key.is_some());
    let source_key = source_key.and_then(|key| keys::declared(key, &place.region, &place.account_id));
    if let Some(key) = source_key.filter(|_| copies_encrypted) {
        let statement = keys::granted(&["kms:Decrypt"], &key).sid("SourceKey");
        all.push(via(statement, Some(place.region.clone())));
    }
    all
}

/// Only through S3 of a region, where that is known.
fn via(statement: Statement, region: Option<Region>) -> Statement {
    match region {
        Some(region) => statement.when(
            "StringLike",
            "kms:ViaService",
            [format!("s3.{region}.amazonaws.com")],
        ),
        None => statement,
    }
}

/// A policy can name a key only by its ARN.
fn key_arn(key: &Reference) -> Option<&Arn> {
    key.arn.as_ref()
}

/// Where a block copies to: the bucket's region, or its key's, which has to be the same.
pub(super) fn replica_region(block: &ReplicateBlock) -> Option<Region> {
    let key = block.kms_key.as_ref();
    block
        .to
        .region
        .clone()
        .or_else(|| key.and_then(|k| k.region.clone().or_else(|| k.arn.as_ref()?.region())))
}

/// Whether a block copies to its own bucket.
pub(super) fn to_itself(spec: &Spec, block: &ReplicateBlock) -> bool {
    bucket_name(&block.to) == Some(spec.name.as_str())
}
