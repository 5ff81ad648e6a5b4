//! `backup_vault`: where AWS Backup keeps recovery points.

mod closing;
mod diff;
pub mod live;
mod lock;
mod needs;
mod policy;
pub mod spec;
#[cfg(test)]
mod tests;
mod validate;
pub mod write;

use super::{Boxed, Kind, Output, Permission, Purpose, ReadContext, WriteContext, keys, marked};
use crate::aws::AwsError;
use crate::diag::Diagnostics;
use crate::model::change::Diff;
use crate::model::fact::{self, Facts, LockMode, VaultLock};
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{AccountId, Arn, Observed, Place, Unreadable};
use closing::Locking;
use live::{LiveLock, LiveVault};
use spec::Spec;
use std::collections::{BTreeMap, BTreeSet};
use write::{Op, Vault};

/// The kind; see [`Kind::DOC`].
pub struct BackupVault;

impl Kind for BackupVault {
    const NAME: &'static str = "backup_vault";
    const DOC: &'static str = include_str!("doc.md");
    const OUTPUTS: &'static [Output] = &[Output {
        name: "arn",
        doc: "The vault's ARN.",
    }];
    const HOLDS_DATA: bool = true;
    const DISCOVERS: &'static [&'static str] = &[marked::ACTION];
    type Spec = Spec;
    type Live = LiveVault;
    type Op = Op;

    fn ident(spec: &Spec, _: &Place) -> String {
        spec.name.clone()
    }

    fn arn(ident: &str, place: &Place) -> Option<Arn> {
        let resource = format!("backup-vault:{ident}");
        Some(Arn::backup(
            place.partition(),
            &place.region,
            &place.account_id,
            &resource,
        ))
    }

    fn outputs(spec: &Spec, place: &Place) -> BTreeMap<&'static str, Value> {
        Self::arn(&spec.name, place)
            .map(|arn| ("arn", Value::string(arn.as_str())))
            .into_iter()
            .collect()
    }

    fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, place, block, diagnostics);
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<LiveVault>>> {
        Box::pin(live::read(cx, wanted))
    }

    fn diff(want: &Spec, have: Option<&LiveVault>, place: &Place) -> Diff<Op> {
        diff::diff(want, have, place)
    }

    fn lets_in(
        want: &Spec,
        have: Option<&LiveVault>,
        place: &Place,
        ours: &BTreeSet<AccountId>,
    ) -> Option<(String, String)> {
        policy::lets_in(want, have?, place.partition(), ours)
    }

    fn release(_: &str, have: &LiveVault, place: &Place) -> Diff<Op> {
        diff::release(have, place)
    }

    fn tags(have: &LiveVault) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        have.tags.known()
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move { Vault::new(cx.writer, cx.place, ident).run(op).await })
    }

    fn describe(op: &Op) -> String {
        match op {
            Op::Create { air_gap: None, .. } => "create the vault".into(),
            Op::Create { .. } => "create the air-gapped vault".into(),
            Op::PutPolicy { .. } => "set the access policy".into(),
            Op::RemovePolicy => "remove the access policy".into(),
            Op::Lock {
                locking: Locking::Governance,
                ..
            } => "lock the vault in governance mode".into(),
            Op::Lock {
                locking: Locking::Compliance { grace, by: None },
                ..
            } => format!("lock the vault for good in {grace} days"),
            Op::Lock { .. } => "change the lock of the vault, which stays in compliance mode".into(),
            Op::Tag { .. } => "set tags".into(),
            Op::Untag { .. } => "remove the project's tag".into(),
        }
    }

    fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
        needs::needs(op, ident, place)
    }

    fn declared(spec: &Spec, place: &Place) -> Option<Facts> {
        Some(Facts::Vault(Box::new(fact::Vault {
            name: spec.name.clone(),
            arn: Self::arn(&spec.name, place)?,
            account: place.account_id.clone(),
            region: place.region.clone(),
            air_gapped: false,
            key: None,
            service_key: None,
            policy: Observed::Absent,
            lock: Observed::Absent,
            points: None,
            holds: Observed::Absent,
        })))
    }

    fn facts(_: Option<&Spec>, have: &LiveVault, place: &Place) -> Facts {
        let lock = have.lock.as_ref().map(|lock| VaultLock {
            mode: match lock.closes {
                Some(_) => LockMode::Compliance,
                None => LockMode::Governance,
            },
            locked_from: lock.closes.map(|at| at.to_string()),
            min_days: lock.min,
            max_days: lock.max,
        });
        let unread = || {
            Observed::Unreadable(Unreadable {
                action: live::POINTS.into(),
                why: "recovery points were not read".into(),
                denied: false,
            })
        };
        let key = have.key_seen.as_ref().and_then(Observed::present);
        Facts::Vault(Box::new(fact::Vault {
            name: have.name.clone(),
            arn: have.arn.clone(),
            account: place.account_id.clone(),
            region: place.region.clone(),
            air_gapped: have.air_gapped,
            key: key.map(|k| k.arn.clone()).or_else(|| have.key.clone()),
            service_key: match &have.key {
                Some(key) if keys::is_alias(key) && key.resource().starts_with("alias/aws/") => Some(true),
                _ => key.map(|k| k.service_managed),
            },
            policy: have.policy.clone(),
            lock: lock.map_or(Observed::Absent, Observed::Present),
            points: have.points,
            holds: have.holds.clone().unwrap_or_else(unread),
        }))
    }

    /// Recovery points come and go by themselves, and time passes.
    fn settled(have: &LiveVault) -> LiveVault {
        let lock = have.lock.clone();
        LiveVault {
            points: None,
            holds: None,
            lock: lock.map(|lock| LiveLock { seen: None, ..lock }),
            ..have.clone()
        }
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        let vault = Self::arn(&spec.name, place).map_or_else(String::new, String::from);
        let on_vault = |action| Permission {
            action,
            resource: vault.clone(),
        };
        let anywhere = |action| Permission {
            action,
            resource: "*".into(),
        };
        let mut all = vec![
            anywhere(live::VAULTS),
            anywhere(marked::ACTION),
            on_vault(live::TAGS),
        ];
        if purpose.reads_everything() || spec.wants_policy() {
            all.push(on_vault(live::POLICY));
        }
        if purpose.reads_everything() {
            all.push(on_vault(live::POINTS));
        }
        if purpose.reads_everything() || spec.kms_key.is_some() {
            all.push(anywhere(keys::DESCRIBE));
        }
        if purpose == Purpose::Apply {
            let create = match spec.air_gapped {
                Some(true) => "backup:CreateLogicallyAirGappedBackupVault",
                _ => "backup:CreateBackupVault",
            };
            all.extend([create, "backup:TagResource", "backup:UntagResource"].map(on_vault));
            all.push(anywhere("backup-storage:MountCapsule"));
            if spec.kms_key.is_some() {
                let grants = [
                    "kms:CreateGrant",
                    "kms:Decrypt",
                    "kms:GenerateDataKey",
                    "kms:RetireGrant",
                ];
                all.extend(grants.map(anywhere));
            }
            if spec.wants_policy() {
                let document = policy::wanted(spec, place.partition()).unwrap_or_default();
                all.push(on_vault(match document.statements.is_empty() {
                    true => "backup:DeleteBackupVaultAccessPolicy",
                    false => "backup:PutBackupVaultAccessPolicy",
                }));
            }
            if spec.lock.is_some() && spec.air_gapped != Some(true) {
                all.push(on_vault("backup:PutBackupVaultLockConfiguration"));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}
