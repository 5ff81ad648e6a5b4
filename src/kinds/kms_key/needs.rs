//! What IAM has to allow for a write to a key.

use super::KmsKey;
use super::write::Op;
use crate::kinds::{Kind, Permission};
use crate::model::{Arn, Place, Region};

/// See [`Kind::needs`].
pub(super) fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
    // Which key an alias stands for is not known before.
    let keys = |region: Option<&Region>| {
        let region = region.unwrap_or(&place.region);
        Arn::kms(place.partition(), region, &place.account_id, "key/*")
    };
    let on = |region: Option<&Region>, actions: &[&'static str]| -> Vec<Permission> {
        let key = keys(region);
        actions
            .iter()
            .map(|action| Permission::new(action, key.as_str()))
            .collect()
    };
    let alias = |region: &Region| {
        let there = Place {
            region: region.clone(),
            ..place.clone()
        };
        KmsKey::arn(ident, &there).map(|alias| Permission::new("kms:CreateAlias", alias))
    };
    match op {
        Op::Create(_) => {
            let mut all = on(None, &["kms:CreateAlias", "kms:TagResource"]);
            all.push(Permission::new("kms:CreateKey", "*"));
            all.extend(alias(&place.region));
            all
        }
        Op::Name { key } => {
            let mut all = vec![Permission::new("kms:CreateAlias", key.as_str())];
            all.extend(alias(&place.region));
            all
        }
        Op::Enable { region } => on(region.as_ref(), &["kms:CancelKeyDeletion", "kms:EnableKey"]),
        Op::Describe { .. } => on(None, &["kms:UpdateKeyDescription"]),
        Op::PutPolicy { region, .. } => on(region.as_ref(), &["kms:PutKeyPolicy"]),
        Op::Rotate { .. } => on(None, &["kms:EnableKeyRotation"]),
        Op::Replicate { region, .. } => {
            let mut all = on(None, &["kms:ReplicateKey"]);
            let there = ["kms:CreateAlias", "kms:CreateKey", "kms:TagResource"];
            all.extend(on(Some(region), &there));
            all.extend(alias(region));
            all
        }
        Op::Tag { .. } => on(None, &["kms:TagResource"]),
        Op::Untag { key } => vec![Permission::new("kms:UntagResource", key.as_str())],
    }
}
