//! What IAM has to allow for a write to a vault.

use super::BackupVault;
use super::write::Op;
use crate::kinds::{Kind, Permission};
use crate::model::Place;

/// See [`Kind::needs`].
pub(super) fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
    let vault = BackupVault::arn(ident, place).map_or_else(String::new, String::from);
    let on_vault = |action| Permission::new(action, vault.as_str());
    let anywhere = |action| Permission::new(action, "*");
    match op {
        Op::Create { key, air_gap, .. } => {
            let create = match air_gap {
                Some(_) => "backup:CreateLogicallyAirGappedBackupVault",
                None => "backup:CreateBackupVault",
            };
            let mut all = vec![
                on_vault(create),
                on_vault("backup:TagResource"),
                anywhere("backup-storage:MountCapsule"),
            ];
            if key.is_some() {
                let grants = [
                    "kms:CreateGrant",
                    "kms:Decrypt",
                    "kms:GenerateDataKey",
                    "kms:RetireGrant",
                ];
                all.extend(grants.map(anywhere));
            }
            all
        }
        Op::PutPolicy { .. } => vec![on_vault("backup:PutBackupVaultAccessPolicy")],
        Op::RemovePolicy => vec![on_vault("backup:DeleteBackupVaultAccessPolicy")],
        Op::Lock { .. } => vec![on_vault("backup:PutBackupVaultLockConfiguration")],
        Op::Tag { .. } => vec![on_vault("backup:TagResource")],
        Op::Untag { .. } => vec![on_vault("backup:UntagResource")],
    }
}
