//! Writes to a vault. Each can be repeated; none deletes a vault, a recovery point or a lock.

use super::closing::{Locking, days};
use super::live::{self, VAULTS};
use super::spec::LEAST_GRACE;
use crate::aws::{AwsError, Class, Patience, Writer, classify, once, patiently};
use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::keys;
use crate::kinds::marked::PROJECT_TAG;
use crate::model::policy::Document;
use crate::model::{Arn, Place};
use aws_sdk_backup::Client;
use aws_sdk_backup::types::VaultState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A write to a vault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates it.
    Create {
        /// A key or an alias, which is looked up when the step runs.
        key: Option<Arn>,
        /// Least and most days, for an air-gapped vault.
        air_gap: Option<(u32, u32)>,
        /// All tags.
        tags: BTreeMap<String, String>,
    },
    /// Replaces the access policy.
    PutPolicy {
        /// The whole policy.
        document: Document,
    },
    /// Removes the access policy, where none is declared.
    RemovePolicy,
    /// Locks it.
    Lock {
        /// Least days.
        min: Option<u32>,
        /// Most days.
        max: Option<u32>,
        /// Who can take it back, and until when.
        locking: Locking,
    },
    /// Sets tags and leaves others.
    Tag {
        /// The tags.
        tags: BTreeMap<String, String>,
    },
    /// Takes the project's mark away.
    Untag {
        /// The vault.
        vault: Arn,
    },
}

/// A code of ours: what was asked for is under way.
const NOT_YET: &str = "NotYet";

/// Answers that are wrong for a moment: a vault, a key or a role that was just created.
fn passes(error: &AwsError) -> bool {
    match error.code.as_str() {
        NOT_YET | "ConflictException" | "ServiceUnavailableException" => true,
        "InvalidParameterValueException" | "InvalidRequestException" => {
            error.message.contains("nvalid principal") || error.message.contains("CREATING")
        }
        _ => false,
    }
}

/// Writes to one vault.
pub(super) struct Vault<'a> {
    writer: &'a Writer,
    place: &'a Place,
    name: &'a str,
}

impl<'a> Vault<'a> {
    pub(super) fn new(writer: &'a Writer, place: &'a Place, name: &'a str) -> Self {
        Self { writer, place, name }
    }

    fn client(&self) -> Client {
        self.writer.clients().backup(&self.place.region)
    }

    pub(super) async fn run(&self, op: &Op) -> Result<(), AwsError> {
        match op {
            Op::Create { key, air_gap, tags } => self.create(key.as_ref(), *air_gap, tags).await,
            Op::PutPolicy { document } => {
                let call = self
                    .client()
                    .put_backup_vault_access_policy()
                    .backup_vault_name(self.name);
                let call = call.policy(document.to_json().to_string());
                patiently(Patience::CONSISTENCY, passes, || async {
                    let answer = call.clone().send().await;
                    answer
                        .map(drop)
                        .map_err(|e| classify("backup:PutBackupVaultAccessPolicy", e))
                })
                .await
            }
            Op::RemovePolicy => {
                let call = self
                    .client()
                    .delete_backup_vault_access_policy()
                    .backup_vault_name(self.name);
                match call
                    .send()
                    .await
                    .map_err(|e| classify("backup:DeleteBackupVaultAccessPolicy", e))
                {
                    Ok(_) => Ok(()),
                    Err(error) if error.code == "ResourceNotFoundException" => Ok(()),
                    Err(error) => Err(error),
                }
            }
            Op::Lock { min, max, locking } => self.lock(*min, *max, locking).await,
            Op::Tag { tags } => {
                let arn = Arn::backup(
                    self.place.partition(),
                    &self.place.region,
                    &self.place.account_id,
                    &format!("backup-vault:{}", self.name),
                );
                let call = self.client().tag_resource().resource_arn(arn.as_str());
                let answer = call
                    .set_tags(Some(tags.clone().into_iter().collect()))
                    .send()
                    .await;
                answer.map(drop).map_err(|e| classify("backup:TagResource", e))
            }
            Op::Untag { vault } => {
                let call = self.client().untag_resource().resource_arn(vault.as_str());
                let answer = call
                    .tag_key_list(PROJECT_TAG)
                    .tag_key_list(GUARD_TAG)
                    .send()
                    .await;
                answer.map(drop).map_err(|e| classify("backup:UntagResource", e))
            }
        }
    }

    async fn create(
        &self,
        key: Option<&Arn>,
        air_gap: Option<(u32, u32)>,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), AwsError> {
        let client = self.client();
        let key = match key {
            Some(key) => Some(keys::own_arn(self.writer.clients(), key).await?.to_string()),
            None => None,
        };
        let tags: std::collections::HashMap<_, _> = tags.clone().into_iter().collect();
        let made = patiently(Patience::CONSISTENCY, passes, || async {
            match air_gap {
                None => client
                    .create_backup_vault()
                    .backup_vault_name(self.name)
                    .set_encryption_key_arn(key.clone())
                    .set_backup_vault_tags(Some(tags.clone()))
                    .send()
                    .await
                    .map(drop)
                    .map_err(|e| classify("backup:CreateBackupVault", e)),
                Some((min, max)) => client
                    .create_logically_air_gapped_backup_vault()
                    .backup_vault_name(self.name)
                    .set_encryption_key_arn(key.clone())
                    .min_retention_days(i64::from(min))
                    .max_retention_days(i64::from(max))
                    .set_backup_vault_tags(Some(tags.clone()))
                    .send()
                    .await
                    .map(drop)
                    .map_err(|e| classify("backup:CreateLogicallyAirGappedBackupVault", e)),
            }
        });
        match made.await {
            Ok(()) => {}
            Err(error) if error.code == "AlreadyExistsException" => {}
            Err(error) => return Err(error),
        }
        self.ready(&client).await
    }

    /// Waits until the vault is in the list, and no longer being made.
    async fn ready(&self, client: &Client) -> Result<(), AwsError> {
        patiently(Patience::CONSISTENCY, passes, || async {
            let mut pages = client.list_backup_vaults().into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|e| classify(VAULTS, e))?;
                let mut vaults = page.backup_vault_list().iter();
                let Some(vault) = vaults.find(|v| v.backup_vault_name() == Some(self.name)) else {
                    continue;
                };
                match vault.vault_state() {
                    Some(VaultState::Creating) => break,
                    Some(VaultState::Failed) => {
                        let why = format!("AWS Backup could not make the vault {}", self.name);
                        return Err(AwsError::new(
                            "backup:CreateBackupVault",
                            Class::Refused,
                            "FAILED",
                            why,
                        ));
                    }
                    _ => return Ok(()),
                }
            }
            let why = format!("the vault {} is not there yet", self.name);
            Err(AwsError::new(VAULTS, Class::Refused, NOT_YET, why))
        })
        .await
    }

    /// Repeating a compliance lock would put off the day on which it closes, so one that is there is left.
    async fn lock(&self, min: Option<u32>, max: Option<u32>, locking: &Locking) -> Result<(), AwsError> {
        let client = self.client();
        let call = client
            .put_backup_vault_lock_configuration()
            .backup_vault_name(self.name)
            .set_min_retention_days(min.map(i64::from))
            .set_max_retention_days(max.map(i64::from));
        let locked = || async {
            let there = live::list(&client).await?;
            let Some(lock) = there.get(self.name).and_then(|v| v.lock.as_ref()) else {
                return Ok(None);
            };
            // A write without a time of grace would turn a compliance lock into one of governance.
            if let (Locking::Governance, Some(closes)) = (locking, lock.closes) {
                return Err(refused(format!(
                    "the vault {} has a compliance lock that closes on {closes}, which backstay does not take back",
                    self.name
                )));
            }
            let done = lock.min == min && lock.max == max && locking.is_met_by(lock);
            Ok(done.then_some(()))
        };
        let send = || async {
            let call = call.clone().set_changeable_for_days(grace(locking)?);
            let answer = call.send().await;
            answer.map(drop).map_err(|e| classify(LOCK, e))
        };
        patiently(Patience::CONSISTENCY, passes, || {
            once(Patience::APPEARING, locked, send)
        })
        .await
    }
}

const LOCK: &str = "backup:PutBackupVaultLockConfiguration";

fn refused(why: String) -> AwsError {
    AwsError::new(LOCK, Class::Refused, "InvalidRequestException", why)
}

/// The days of grace to send now; none for a lock in governance mode.
fn grace(locking: &Locking) -> Result<Option<i64>, AwsError> {
    let Locking::Compliance { grace, by } = locking else {
        return Ok(None);
    };
    match (days(*grace, *by, Timestamp::now()), by) {
        (left, Some(by)) if left < LEAST_GRACE => Err(refused(format!(
            "AWS Backup takes no fewer than {LEAST_GRACE} days of grace, so the lock would close later than {by}, which is \
             not what was planned; plan again"
        ))),
        (left, _) => Ok(Some(i64::from(left))),
    }
}
