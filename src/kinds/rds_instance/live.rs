//! A database instance as it was seen, from one paged call for each region.

use super::spec::{Replicate, Spec};
use crate::aws::{AwsError, Reader, classify};
use crate::kinds::keys::{self, Aliases};
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::{ReadContext, UNDISCOVERED, marked};
use crate::model::{Arn, Observed, Place, Region};
use aws_sdk_rds::types::{DbInstance, DbInstanceAutomatedBackup, PendingModifiedValues};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the instances of a region need.
pub(super) const INSTANCES: &str = "rds:DescribeDBInstances";
/// What the copies in a region need.
pub(super) const BACKUPS: &str = "rds:DescribeDBInstanceAutomatedBackups";

/// A copy of automated backups in another region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveReplica {
    /// Days one can go back there.
    pub retention_days: Option<u32>,
    /// As RDS words it (`replicating`, `active`).
    pub status: String,
    /// Oldest restorable time there, RFC 3339.
    #[serde(default)]
    pub earliest: Option<String>,
    /// Newest restorable time there, RFC 3339.
    pub latest: Option<String>,
    /// The key's ARN.
    pub key: Option<Arn>,
}

/// An instance as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveInstance {
    /// In lower case.
    pub identifier: String,
    /// Its ARN.
    pub arn: Option<Arn>,
    /// As RDS words it (`available`).
    pub status: String,
    /// Such as `postgres`.
    pub engine: String,
    /// The cluster that it is a member of; its backups belong to the cluster then.
    pub cluster: Option<String>,
    /// Days one can go back; 0 is switched off.
    pub retention_days: u32,
    /// The retention that a change in flight will bring.
    pub pending_retention: Option<u32>,
    /// Every other change in flight, as RDS names it, with its value where that is no secret.
    pub pending: BTreeMap<String, String>,
    /// When the daily backup is made.
    pub window: String,
    /// When maintenance is done, weekly.
    pub maintenance: Option<String>,
    /// Whether it is protected from deletion.
    pub deletion_protection: bool,
    /// Whether snapshots carry its tags.
    pub copy_tags: bool,
    /// Whether storage is encrypted.
    pub encrypted: bool,
    /// The key's ARN.
    pub key: Option<Arn>,
    /// Whether a standby in another zone exists.
    pub multi_az: bool,
    /// When it was created, RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// Oldest restorable time, RFC 3339; only when everything is read.
    #[serde(default)]
    pub earliest_restorable: Option<Observed<String>>,
    /// Newest restorable time, RFC 3339.
    pub latest_restorable: Option<String>,
    /// Set when AWS Backup owns retention and window.
    pub aws_backup: Option<String>,
    /// The regions that its automated backups are copied to, by what the instance says of itself.
    pub replica_regions: BTreeSet<Region>,
    /// What was seen of the copies, by region; only regions that were looked at.
    pub replicas: BTreeMap<Region, Observed<LiveReplica>>,
    /// What the aliases that are declared for keys of copies point to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: Aliases,
    /// All tags.
    pub tags: BTreeMap<String, String>,
}

impl LiveInstance {
    /// Whether it carries the project's mark.
    pub(super) fn is_ours(&self, place: &Place) -> bool {
        self.tags.get(PROJECT_TAG) == Some(&place.project)
    }

    pub(super) fn from_sdk(db: &DbInstance) -> Option<Self> {
        let mut tags = BTreeMap::new();
        for tag in db.tag_list() {
            if let (Some(key), Some(value)) = (tag.key(), tag.value()) {
                tags.insert(key.to_owned(), value.to_owned());
            }
        }
        let pending = db.pending_modified_values();
        Some(Self {
            identifier: db.db_instance_identifier()?.to_lowercase(),
            arn: parsed(db.db_instance_arn()),
            status: db.db_instance_status().unwrap_or_default().to_owned(),
            engine: db.engine().unwrap_or_default().to_owned(),
            cluster: db.db_cluster_identifier().map(str::to_owned),
            retention_days: days(db.backup_retention_period()).unwrap_or(0),
            pending_retention: days(pending.and_then(|p| p.backup_retention_period())),
            pending: pending.map(in_flight).unwrap_or_default(),
            window: db.preferred_backup_window().unwrap_or_default().to_owned(),
            maintenance: db.preferred_maintenance_window().map(str::to_owned),
            deletion_protection: db.deletion_protection().unwrap_or(false),
            copy_tags: db.copy_tags_to_snapshot().unwrap_or(false),
            encrypted: db.storage_encrypted().unwrap_or(false),
            key: parsed(db.kms_key_id()),
            multi_az: db.multi_az().unwrap_or(false),
            created: db.instance_create_time().map(|t| t.to_string()),
            earliest_restorable: None,
            latest_restorable: db.latest_restorable_time().map(|t| t.to_string()),
            aws_backup: db.aws_backup_recovery_point_arn().map(str::to_owned),
            replica_regions: db
                .db_instance_automated_backups_replications()
                .iter()
                .filter_map(|r| parsed(r.db_instance_automated_backups_arn())?.region())
                .collect(),
            replicas: BTreeMap::new(),
            aliases: Aliases::new(),
            tags,
        })
    }

    /// Why its backups are not this kind's business; `None` when they are.
    pub(super) fn foreign(&self) -> Option<String> {
        if let Some(cluster) = &self.cluster {
            Some(format!(
                "{} is a member of the cluster {cluster}, and the backups of a cluster belong to the cluster",
                self.identifier
            ))
        } else if ["neptune", "docdb"].contains(&self.engine.as_str()) {
            Some(format!(
                "{} is a {} instance, not an RDS database",
                self.identifier, self.engine
            ))
        } else {
            None
        }
    }
}

fn parsed(text: Option<&str>) -> Option<Arn> {
    text.and_then(|t| t.parse().ok())
}

fn days(days: Option<i32>) -> Option<u32> {
    days.and_then(|d| u32::try_from(d).ok())
}

/// All that waits to be applied besides the retention: applying one of them at once applies all.
fn in_flight(pending: &PendingModifiedValues) -> BTreeMap<String, String> {
    let number = |n: Option<i32>| n.map(|n| n.to_string());
    let truth = |b: Option<bool>| b.map(|b| b.to_string());
    let text = |s: Option<&str>| s.map(str::to_owned);
    let unnamed = |there: bool| there.then(|| "set".to_owned());
    [
        ("AllocatedStorage", number(pending.allocated_storage())),
        (
            "CACertificateIdentifier",
            text(pending.ca_certificate_identifier()),
        ),
        ("DBInstanceClass", text(pending.db_instance_class())),
        ("DBInstanceIdentifier", text(pending.db_instance_identifier())),
        ("DBSubnetGroupName", text(pending.db_subnet_group_name())),
        ("DedicatedLogVolume", truth(pending.dedicated_log_volume())),
        ("Engine", text(pending.engine())),
        ("EngineVersion", text(pending.engine_version())),
        (
            "IAMDatabaseAuthenticationEnabled",
            truth(pending.iam_database_authentication_enabled()),
        ),
        ("Iops", number(pending.iops())),
        ("LicenseModel", text(pending.license_model())),
        (
            "MasterUserPassword",
            unnamed(pending.master_user_password().is_some()),
        ),
        ("MultiAZ", truth(pending.multi_az())),
        ("MultiTenant", truth(pending.multi_tenant())),
        (
            "PendingCloudwatchLogsExports",
            unnamed(pending.pending_cloudwatch_logs_exports().is_some()),
        ),
        ("Port", number(pending.port())),
        (
            "ProcessorFeatures",
            unnamed(!pending.processor_features().is_empty()),
        ),
        ("StorageThroughput", number(pending.storage_throughput())),
        ("StorageType", text(pending.storage_type())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// The instances of a region, once.
async fn instances(
    reader: &Reader,
    region: &Region,
) -> Arc<Result<BTreeMap<String, LiveInstance>, AwsError>> {
    let key = format!("rds:instances:{region}");
    reader
        .once(&key, || async {
            let _permit = reader.permit().await;
            let mut pages = reader
                .clients()
                .rds(region)
                .describe_db_instances()
                .max_records(100)
                .into_paginator()
                .send();
            let mut all = BTreeMap::new();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|e| classify(INSTANCES, e))?;
                all.extend(
                    page.db_instances()
                        .iter()
                        .filter_map(LiveInstance::from_sdk)
                        .map(|db| (db.identifier.clone(), db)),
                );
            }
            Ok(all)
        })
        .await
}

/// The automated backups that a region holds, copies from other regions included, once.
async fn backups(reader: &Reader, region: &Region) -> Arc<Result<Vec<DbInstanceAutomatedBackup>, AwsError>> {
    let key = format!("rds:automated-backups:{region}");
    reader
        .once(&key, || async {
            let _permit = reader.permit().await;
            let mut pages = reader
                .clients()
                .rds(region)
                .describe_db_instance_automated_backups()
                .max_records(100)
                .into_paginator()
                .send();
            let mut all = Vec::new();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|e| classify(BACKUPS, e))?;
                all.extend(page.db_instance_automated_backups().iter().cloned());
            }
            Ok(all)
        })
        .await
}

/// A copy that goes on being made; what is `retained` is left over from one that was stopped.
pub(super) fn is_replica_of(backup: &DbInstanceAutomatedBackup, arn: &Arn) -> bool {
    let stopped = backup
        .status()
        .is_some_and(|s| s.eq_ignore_ascii_case("retained"));
    backup.db_instance_arn() == Some(arn.as_str()) && !stopped
}

/// The oldest moment that can be restored from automated backups.
fn earliest(backup: &DbInstanceAutomatedBackup) -> Option<String> {
    let window = backup.restore_window()?;
    window.earliest_time().map(ToString::to_string)
}

fn replica(backup: &DbInstanceAutomatedBackup) -> LiveReplica {
    LiveReplica {
        retention_days: days(backup.backup_retention_period()),
        status: backup.status().unwrap_or_default().to_owned(),
        earliest: earliest(backup),
        latest: backup
            .restore_window()
            .and_then(|w| w.latest_time())
            .map(|t| t.to_string()),
        key: parsed(backup.kms_key_id()),
    }
}

/// Marked instances of the region that nobody asked for. The list of instances is asked for only
/// when there are any.
async fn forgotten(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> Result<BTreeMap<String, Observed<LiveInstance>>, AwsError> {
    if marked::arns(cx.reader, cx.place, "rds:db:").await?.is_empty() {
        return Ok(BTreeMap::new());
    }
    let all = instances(cx.reader, &cx.place.region).await;
    let all = all.as_ref().as_ref().map_err(Clone::clone)?;
    Ok(all
        .iter()
        .filter(|(ident, live)| live.is_ours(cx.place) && !wanted.iter().any(|(w, _)| w == *ident))
        .map(|(ident, live)| (ident.clone(), Observed::Present(live.clone())))
        .collect())
}

pub(super) async fn read(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<LiveInstance>> {
    let mut read = declared(cx, wanted).await;
    if cx.discover {
        match forgotten(cx, wanted).await {
            Ok(found) => read.extend(found),
            Err(error) => {
                read.insert(UNDISCOVERED.to_owned(), Observed::Unreadable(error.unreadable()));
            }
        }
    }
    read
}

async fn declared(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<LiveInstance>> {
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let all = instances(cx.reader, &cx.place.region).await;
    let all = match all.as_ref() {
        Ok(all) => all,
        Err(error) => {
            return wanted
                .iter()
                .map(|(ident, _)| (ident.clone(), Observed::Unreadable(error.unreadable())))
                .collect();
        }
    };
    let mut read = BTreeMap::new();
    for (ident, spec) in wanted {
        let Some(live) = all.get(ident) else {
            read.insert(ident.clone(), Observed::Absent);
            continue;
        };
        let mut live = live.clone();
        let declared = spec.as_ref().map_or(&[][..], |s| &s.replicate[..]);
        if cx.depth.everything() || !declared.is_empty() {
            let mut regions = live.replica_regions.clone();
            regions.extend(declared.iter().map(|r| r.region.clone()));
            for region in regions {
                let seen = seen(cx.reader, &region, live.arn.as_ref()).await;
                live.replicas.insert(region, seen);
            }
        }
        if cx.depth.everything() {
            let region = &cx.place.region;
            live.earliest_restorable = Some(oldest(cx.reader, region, live.arn.as_ref()).await);
        }
        let names = declared.iter().filter_map(|copy| key_of(copy, cx.place));
        live.aliases = keys::resolve(&cx, names, []).await;
        read.insert(ident.clone(), Observed::Present(live));
    }
    read
}

/// The declared key of a copy, which lies in the copy's region.
pub(super) fn key_of(copy: &Replicate, place: &Place) -> Option<Arn> {
    keys::declared(copy.kms_key.as_ref()?, &copy.region, &place.account_id)
}

/// The oldest moment that the instance's own backups go back to. What an instance says of itself names the newest alone.
async fn oldest(reader: &Reader, region: &Region, arn: Option<&Arn>) -> Observed<String> {
    match backups(reader, region).await.as_ref() {
        Err(error) => Observed::Unreadable(error.unreadable()),
        Ok(all) => {
            let own = all.iter().find(|b| arn.is_some_and(|arn| is_replica_of(b, arn)));
            own.and_then(earliest).map_or(Observed::Absent, Observed::Present)
        }
    }
}

async fn seen(reader: &Reader, region: &Region, arn: Option<&Arn>) -> Observed<LiveReplica> {
    match backups(reader, region).await.as_ref() {
        Err(error) => Observed::Unreadable(error.unreadable()),
        Ok(all) => {
            let copy = all.iter().find(|b| arn.is_some_and(|arn| is_replica_of(b, arn)));
            copy.map_or(Observed::Absent, |b| Observed::Present(replica(b)))
        }
    }
}
