//! The table of kinds.

use super::AnyKind;
use super::backup_plan::BackupPlan;
use super::backup_vault::BackupVault;
use super::erased::Erased;
use super::iam_role::IamRole;
use super::kms_key::KmsKey;
use super::rds_instance::RdsInstance;
use super::s3_bucket::S3Bucket;
use super::writer_role::WriterRole;
use crate::config::Registry;
use crate::model::Place;
use crate::model::schema::{BlockSchema, EvaluatedBlock};
use crate::model::value::Value;
use std::collections::BTreeMap;

// Each has a name of its own because its schema is made when it is first asked for.
static BACKUP_PLAN: Erased<BackupPlan> = Erased::new();
static BACKUP_VAULT: Erased<BackupVault> = Erased::new();
static IAM_ROLE: Erased<IamRole> = Erased::new();
static KMS_KEY: Erased<KmsKey> = Erased::new();
static RDS_INSTANCE: Erased<RdsInstance> = Erased::new();
static S3_BUCKET: Erased<S3Bucket> = Erased::new();
static WRITER_ROLE: Erased<WriterRole> = Erased::new();

/// Every kind, sorted by name.
pub static ALL: &[&dyn AnyKind] = &[
    &BACKUP_PLAN,
    &BACKUP_VAULT,
    &IAM_ROLE,
    &KMS_KEY,
    &RDS_INSTANCE,
    &S3_BUCKET,
    &WRITER_ROLE,
];

/// The table, as a value that other modules can be given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds;

/// The kind of this name.
pub fn find(name: &str) -> Option<&'static dyn AnyKind> {
    ALL.iter().copied().find(|k| k.name() == name)
}

impl Registry for Kinds {
    fn schema(&self, kind: &str) -> Option<&BlockSchema> {
        find(kind).map(AnyKind::schema)
    }

    fn kinds(&self) -> Vec<&str> {
        ALL.iter().map(|k| k.name()).collect()
    }

    fn outputs(&self, kind: &str, body: &EvaluatedBlock, place: &Place) -> BTreeMap<String, Value> {
        find(kind)
            .and_then(|k| k.outputs(body, place))
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn output_names(&self, kind: &str) -> Vec<&str> {
        find(kind).map_or_else(Vec::new, |k| k.output_names().iter().map(|o| o.name).collect())
    }
}
