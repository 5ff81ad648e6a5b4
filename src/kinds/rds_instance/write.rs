//! Writes to an instance and its copies. Each looks first, so that it can be repeated.

use super::live::{BACKUPS, INSTANCES, LiveInstance, is_replica_of};
use crate::aws::{AwsError, Class, Patience, Writer, classify, patiently};
use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::keys;
use crate::kinds::marked::PROJECT_TAG;
use crate::model::{Arn, Place, Region};
use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbInstanceAutomatedBackup, Tag};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A copy of automated backups in another region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// The instance.
    pub source: Arn,
    /// Where to.
    pub region: Region,
    /// Days; RDS decides when left out.
    pub retention: Option<u32>,
    /// A key in that region.
    pub key: Option<Arn>,
}

/// A write to an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Settings that RDS applies at once whatever is asked.
    Protect {
        /// Protection from deletion.
        deletion_protection: Option<bool>,
        /// Whether snapshots carry the tags.
        copy_tags: Option<bool>,
    },
    /// Automated backups, applied at once.
    Backups {
        /// Days.
        retention: Option<u32>,
        /// `hh24:mi-hh24:mi`.
        window: Option<String>,
    },
    /// Starts a copy in another region.
    StartCopy(Copy),
    /// Stops a copy and starts it anew, as RDS cannot change one.
    ReplaceCopy(Copy),
    /// Stops a copy.
    StopCopy {
        /// The instance.
        source: Arn,
        /// Where the copy is.
        region: Region,
    },
    /// Takes the project's mark away.
    Untag {
        /// The instance.
        arn: Arn,
    },
    /// Sets tags and leaves others.
    Tag {
        /// The instance.
        arn: Arn,
        /// The tags.
        tags: BTreeMap<String, String>,
    },
}

const START: &str = "rds:StartDBInstanceAutomatedBackupsReplication";

/// A code of ours: what was asked for is under way.
const NOT_YET: &str = "NotYet";

/// States that end by themselves are waited for (DOMAIN §1.14).
fn busy(error: &AwsError) -> bool {
    [
        NOT_YET,
        "InvalidDBInstanceState",
        "InvalidDBInstanceAutomatedBackupState",
    ]
    .contains(&error.code.as_str())
}

/// States in which an instance can be used, though a backup of it or the like may be running.
fn is_up(status: &str) -> bool {
    [
        "available",
        "backing-up",
        "configuring-enhanced-monitoring",
        "storage-optimization",
    ]
    .contains(&status)
}

/// States that do not end by themselves: nothing is gained by waiting.
fn is_stuck(status: &str) -> bool {
    ["stopped", "stopping", "deleting", "failed", "storage-full"].contains(&status)
        || status.starts_with("incompatible-")
        || status.starts_with("inaccessible-")
}

/// Writes to one instance.
pub(super) struct Rds<'a> {
    writer: &'a Writer,
    place: &'a Place,
    ident: &'a str,
}

impl<'a> Rds<'a> {
    pub(super) fn new(writer: &'a Writer, place: &'a Place, ident: &'a str) -> Self {
        Self { writer, place, ident }
    }

    pub(super) async fn run(&self, op: &Op) -> Result<(), AwsError> {
        match op {
            Op::Protect {
                deletion_protection,
                copy_tags,
            } => self.protect(*deletion_protection, *copy_tags).await,
            Op::Backups { retention, window } => self.backups(*retention, window.as_deref()).await,
            Op::StartCopy(copy) => self.start(copy).await,
            Op::ReplaceCopy(copy) => self.replace(copy).await,
            Op::StopCopy { source, region } => self.stop(source, region).await,
            Op::Tag { arn, tags } => self.tag(arn, tags).await,
            Op::Untag { arn } => {
                let call = self
                    .client()
                    .remove_tags_from_resource()
                    .resource_name(arn.as_str());
                let answer = call.tag_keys(PROJECT_TAG).tag_keys(GUARD_TAG).send().await;
                answer
                    .map(drop)
                    .map_err(|e| classify("rds:RemoveTagsFromResource", e))
            }
        }
    }

    fn client(&self) -> Client {
        self.writer.clients().rds(&self.place.region)
    }

    async fn instance(&self) -> Result<LiveInstance, AwsError> {
        let answer = self
            .client()
            .describe_db_instances()
            .db_instance_identifier(self.ident)
            .send()
            .await
            .map_err(|e| classify(INSTANCES, e))?;
        let live = answer.db_instances().first().and_then(LiveInstance::from_sdk);
        live.ok_or_else(|| {
            AwsError::new(
                INSTANCES,
                Class::NotFound,
                "DBInstanceNotFound",
                format!("there is no instance {}", self.ident),
            )
        })
    }

    async fn protect(&self, deletion: Option<bool>, copy_tags: Option<bool>) -> Result<(), AwsError> {
        let done = |live: &LiveInstance| {
            deletion.is_none_or(|d| d == live.deletion_protection)
                && copy_tags.is_none_or(|c| c == live.copy_tags)
        };
        self.modify(done, |request| {
            request
                .set_deletion_protection(deletion)
                .set_copy_tags_to_snapshot(copy_tags)
        })
        .await
    }

    /// `ApplyImmediately` applies everything that waits for the maintenance window, so what
    /// was put there since the plan was made stops the write.
    async fn backups(&self, retention: Option<u32>, window: Option<&str>) -> Result<(), AwsError> {
        let live = self.instance().await?;
        if !live.pending.is_empty() {
            let names: Vec<_> = live.pending.keys().map(String::as_str).collect();
            return Err(AwsError::new(
                "rds:ModifyDBInstance",
                Class::Refused,
                "PendingChanges",
                format!(
                    "other changes of {} wait for the maintenance window ({}) and would be applied too; apply or \
                     cancel them first",
                    self.ident,
                    names.join(", ")
                ),
            ));
        }
        let done = |live: &LiveInstance| {
            live.pending_retention.is_none()
                && retention.is_none_or(|r| r == live.retention_days)
                && window.is_none_or(|w| w == live.window)
        };
        self.modify(done, |request| {
            request
                .apply_immediately(true)
                .set_backup_retention_period(retention.and_then(|r| i32::try_from(r).ok()))
                .set_preferred_backup_window(window.map(str::to_owned))
        })
        .await
    }

    /// Asks for a modification unless it is done already, and waits until it is.
    async fn modify(
        &self,
        done: impl Fn(&LiveInstance) -> bool,
        with: impl Fn(
            aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder,
        )
            -> aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder,
    ) -> Result<(), AwsError> {
        const ACTION: &str = "rds:ModifyDBInstance";
        if done(&self.instance().await?) {
            return Ok(());
        }
        patiently(Patience::INSTANCE, busy, || async {
            let request = with(
                self.client()
                    .modify_db_instance()
                    .db_instance_identifier(self.ident),
            );
            match request.send().await.map_err(|e| classify(ACTION, e)) {
                Ok(_) => Ok(()),
                Err(error) if busy(&error) => match self.instance().await {
                    Ok(live) if is_stuck(&live.status) => Err(stuck(ACTION, &live)),
                    _ => Err(error),
                },
                Err(error) => Err(error),
            }
        })
        .await?;
        patiently(Patience::INSTANCE, busy, || async {
            let live = self.instance().await?;
            if is_stuck(&live.status) {
                Err(stuck(ACTION, &live))
            } else if done(&live) && is_up(&live.status) {
                Ok(())
            } else {
                Err(AwsError::new(
                    ACTION,
                    Class::Refused,
                    NOT_YET,
                    format!("{} is still {}", self.ident, live.status),
                ))
            }
        })
        .await
    }

    /// The copy that goes on being made, seen from its own region.
    async fn copy(
        &self,
        source: &Arn,
        region: &Region,
    ) -> Result<Option<DbInstanceAutomatedBackup>, AwsError> {
        let rds = self.writer.clients().rds(region);
        let mut pages = rds
            .describe_db_instance_automated_backups()
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify(BACKUPS, e))?;
            let mut copies = page.db_instance_automated_backups().iter();
            if let Some(copy) = copies.find(|b| is_replica_of(b, source)) {
                return Ok(Some(copy.clone()));
            }
        }
        Ok(None)
    }

    /// Stops a copy only once nothing that is known stands in the way of the next: its key is there, and the
    /// instance in a state from which a copy can be started.
    async fn replace(&self, copy: &Copy) -> Result<(), AwsError> {
        let live = self.instance().await?;
        if is_stuck(&live.status) {
            return Err(stuck(START, &live));
        }
        if live.pending_retention.unwrap_or(live.retention_days) == 0 {
            return Err(AwsError::new(
                START,
                Class::Refused,
                "InvalidDBInstanceState",
                format!(
                    "automated backups of {} are switched off, so the copy that is there was not stopped: no other \
                     could be started",
                    self.ident
                ),
            ));
        }
        let key = self.key_of(copy).await?;
        let days = copy.retention.and_then(|d| i32::try_from(d).ok());
        // After a lost answer the new one may be there already, and is not stopped again.
        let there = self.copy(&copy.source, &copy.region).await?;
        let is_new = there.is_some_and(|there| there.backup_retention_period() == days);
        if !is_new {
            self.stop(&copy.source, &copy.region).await?;
        }
        self.start_with(copy, key).await
    }

    /// RDS takes and shows the key's own ARN; an alias may name a key that an earlier step has made.
    async fn key_of(&self, copy: &Copy) -> Result<Option<Arn>, AwsError> {
        match &copy.key {
            Some(key) => keys::own_arn(self.writer.clients(), key).await.map(Some),
            None => Ok(None),
        }
    }

    async fn start(&self, copy: &Copy) -> Result<(), AwsError> {
        let key = self.key_of(copy).await?;
        self.start_with(copy, key).await
    }

    async fn start_with(&self, copy: &Copy, key: Option<Arn>) -> Result<(), AwsError> {
        let rds = self.writer.clients().rds(&copy.region);
        patiently(Patience::INSTANCE, busy, || async {
            // Each time anew: when the answer to a start is lost, the next one is refused as if the
            // instance were busy.
            if self.copy(&copy.source, &copy.region).await?.is_some() {
                return Ok(());
            }
            rds.start_db_instance_automated_backups_replication()
                .source_db_instance_arn(copy.source.as_str())
                .set_backup_retention_period(copy.retention.and_then(|d| i32::try_from(d).ok()))
                .set_kms_key_id(key.as_ref().map(Arn::to_string))
                .send()
                .await
                .map(drop)
                .map_err(|e| classify(START, e))
        })
        .await?;
        self.until(START, &copy.source, &copy.region, true).await
    }

    async fn stop(&self, source: &Arn, region: &Region) -> Result<(), AwsError> {
        const ACTION: &str = "rds:StopDBInstanceAutomatedBackupsReplication";
        let rds = self.writer.clients().rds(region);
        patiently(Patience::INSTANCE, busy, || async {
            if self.copy(source, region).await?.is_none() {
                return Ok(());
            }
            rds.stop_db_instance_automated_backups_replication()
                .source_db_instance_arn(source.as_str())
                .send()
                .await
                .map(drop)
                .map_err(|e| classify(ACTION, e))
        })
        .await?;
        self.until(ACTION, source, region, false).await
    }

    /// Waits until a copy is being made, or no longer is.
    async fn until(&self, action: &str, source: &Arn, region: &Region, there: bool) -> Result<(), AwsError> {
        patiently(Patience::INSTANCE, busy, || async {
            let copy = self.copy(source, region).await?;
            if copy.is_some() == there {
                return Ok(());
            }
            Err(AwsError::new(
                action,
                Class::Refused,
                NOT_YET,
                format!("the copy in {region} has not changed yet"),
            ))
        })
        .await
    }

    async fn tag(&self, arn: &Arn, tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
        self.client()
            .add_tags_to_resource()
            .resource_name(arn.as_str())
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .map(drop)
            .map_err(|e| classify("rds:AddTagsToResource", e))
    }
}

fn stuck(action: &str, live: &LiveInstance) -> AwsError {
    AwsError::new(
        action,
        Class::Refused,
        "InvalidDBInstanceState",
        format!(
            "{} is {}, which does not end by itself; it has to be available",
            live.identifier, live.status
        ),
    )
}
