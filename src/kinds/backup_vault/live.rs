//! A vault as it was seen: one list for each region holds everything but policies and tags.

use super::spec::Spec;
use crate::aws::{AwsError, Reader, classify};
use crate::kinds::keys::{self, Resolved};
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::{ReadContext, UNDISCOVERED, marked};
use crate::model::fact::{Held, Spread};
use crate::model::policy::Document;
use crate::model::{Arn, Duration, Observed, Place, Region, Unreadable};
use aws_sdk_backup::Client;
use aws_sdk_backup::types::{
    BackupVaultListMember, RecoveryPointByBackupVault, RecoveryPointStatus, VaultType,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const VAULTS: &str = "backup:ListBackupVaults";
pub(super) const POLICY: &str = "backup:GetBackupVaultAccessPolicy";
pub(super) const TAGS: &str = "backup:ListTags";
pub(super) const POINTS: &str = "backup:ListRecoveryPointsByBackupVault";

/// A lock as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveLock {
    /// When it can no longer be taken back; only in compliance mode.
    pub closes: Option<Timestamp>,
    /// Whether that was over when it was read.
    pub closed: bool,
    /// When it was read; left out where two readings are compared.
    pub seen: Option<Timestamp>,
    /// Days.
    pub min: Option<u32>,
    /// Days.
    pub max: Option<u32>,
}

/// A vault as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveVault {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Whether it is logically air-gapped.
    pub air_gapped: bool,
    /// The key, as AWS Backup names it.
    pub key: Option<Arn>,
    /// What KMS says of that key, when it was asked.
    pub key_seen: Option<Observed<Resolved>>,
    /// What KMS says of the key that is declared.
    pub key_wanted: Option<Observed<Resolved>>,
    /// Its lock.
    pub lock: Option<LiveLock>,
    /// Its access policy.
    pub policy: Observed<Document>,
    /// How many recovery points it holds, by its own count.
    pub points: Option<u64>,
    /// What it holds; only when everything is read.
    pub holds: Option<Observed<Vec<Held>>>,
    /// All tags.
    pub tags: Observed<BTreeMap<String, String>>,
}

impl LiveVault {
    /// Whether backstay created it for this project.
    pub(super) fn is_ours(&self, place: &Place) -> bool {
        let project = self.tags.present().and_then(|tags| tags.get(PROJECT_TAG));
        project == Some(&place.project)
    }

    fn from_sdk(vault: &BackupVaultListMember) -> Option<Self> {
        let days = |days: Option<i64>| days.and_then(|d| u32::try_from(d).ok());
        let unread = || Unreadable {
            action: POLICY.into(),
            why: "it was not asked for".into(),
            denied: false,
        };
        let now = Timestamp::now();
        let closes = vault.lock_date().and_then(|at| Timestamp::new(at.secs(), 0).ok());
        Some(Self {
            name: vault.backup_vault_name()?.to_owned(),
            arn: vault.backup_vault_arn()?.parse().ok()?,
            air_gapped: vault.vault_type() == Some(&VaultType::LogicallyAirGappedBackupVault),
            key: vault.encryption_key_arn().and_then(|k| k.parse().ok()),
            key_seen: None,
            key_wanted: None,
            lock: vault.locked().unwrap_or(false).then(|| LiveLock {
                closes,
                closed: closes.is_some_and(|at| at <= now),
                seen: Some(now),
                min: days(vault.min_retention_days()),
                max: days(vault.max_retention_days()),
            }),
            policy: Observed::Unreadable(unread()),
            points: u64::try_from(vault.number_of_recovery_points()).ok(),
            holds: None,
            tags: Observed::Unreadable(unread()),
        })
    }
}

/// The vaults of a region, once. Asking for one by name would not do: AWS Backup answers "denied" for one that
/// does not exist.
async fn vaults(reader: &Reader, region: &Region) -> Arc<Result<BTreeMap<String, LiveVault>, AwsError>> {
    reader
        .once(&format!("backup:vaults:{region}"), || async {
            let _permit = reader.permit().await;
            list(&reader.clients().backup(region)).await
        })
        .await
}

pub(super) async fn list(client: &Client) -> Result<BTreeMap<String, LiveVault>, AwsError> {
    let mut pages = client
        .list_backup_vaults()
        .max_results(1000)
        .into_paginator()
        .send();
    let mut all = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(VAULTS, e))?;
        let seen = page.backup_vault_list().iter().filter_map(LiveVault::from_sdk);
        all.extend(seen.map(|v| (v.name.clone(), v)));
    }
    Ok(all)
}

async fn policy(client: &Client, name: &str) -> Observed<Document> {
    let call = client.get_backup_vault_access_policy().backup_vault_name(name);
    match call.send().await.map_err(|e| classify(POLICY, e)) {
        // The service's word for "none"; a bare 404 is of something between us and it.
        Err(error) if error.code == "ResourceNotFoundException" => Observed::Absent,
        Err(error) => Observed::Unreadable(error.unreadable()),
        Ok(answer) => match answer.policy().map(Document::parse) {
            None => Observed::Absent,
            Some(Ok(document)) => Observed::Present(document),
            Some(Err(bad)) => Observed::Unreadable(Unreadable {
                action: POLICY.into(),
                why: bad.to_string(),
                denied: false,
            }),
        },
    }
}

pub(in crate::kinds) async fn tags(client: &Client, arn: &Arn) -> Observed<BTreeMap<String, String>> {
    let mut pages = client
        .list_tags()
        .resource_arn(arn.as_str())
        .into_paginator()
        .send();
    let mut all = BTreeMap::new();
    while let Some(page) = pages.next().await {
        match page.map_err(|e| classify(TAGS, e)) {
            Ok(page) => all.extend(
                page.tags()
                    .into_iter()
                    .flatten()
                    .map(|(k, v)| (k.clone(), v.clone())),
            ),
            Err(error) => return Observed::Unreadable(error.unreadable()),
        }
    }
    Observed::Present(all)
}

async fn points(client: &Client, name: &str) -> Observed<Vec<Held>> {
    let call = client.list_recovery_points_by_backup_vault();
    let mut pages = call
        .backup_vault_name(name)
        .max_results(1000)
        .into_paginator()
        .send();
    let mut all = BTreeMap::new();
    let mut begun = BTreeMap::new();
    while let Some(page) = pages.next().await {
        match page.map_err(|e| classify(POINTS, e)) {
            Ok(page) => page
                .recovery_points()
                .iter()
                .for_each(|point| count(point, &mut all, &mut begun)),
            Err(error) => return Observed::Unreadable(error.unreadable()),
        }
    }
    let spread = |held: Held| Held {
        spread: begun.get(&held.resource).map(spread).unwrap_or_default(),
        ..held
    };
    Observed::Present(all.into_values().map(spread).collect())
}

/// The times over which gaps are told: points that are kept longer lie farther apart.
const OVER: [Duration; 6] = [
    Duration::from_days(1),
    Duration::from_days(7),
    Duration::from_days(35),
    Duration::from_days(90),
    Duration::from_days(366),
    Duration::from_days(3_660),
];

/// The longest gaps over ever longer times, back from the newest, as far as the oldest.
fn spread(begun: &BTreeSet<Timestamp>) -> Vec<Spread> {
    let Some(newest) = begun.last() else {
        return Vec::new();
    };
    let apart = |later: &Timestamp, earlier: &Timestamp| {
        let seconds = later.duration_since(*earlier).as_secs();
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    };
    let mut all: Vec<Spread> = Vec::new();
    let mut longest = Duration::from_secs(0);
    let mut over = OVER.iter().copied();
    let mut until = over.next();
    for (later, earlier) in begun.iter().rev().zip(begun.iter().rev().skip(1)) {
        // A gap that begins within a time belongs to it, wherever it ends.
        while let Some(back) = until.filter(|back| *back <= apart(newest, later)) {
            all.push(Spread { back, gap: longest });
            until = over.next();
        }
        longest = longest.max(apart(later, earlier));
    }
    if longest > Duration::from_secs(0) {
        let back = begun.first().map_or(longest, |oldest| apart(newest, oldest));
        all.push(Spread { back, gap: longest });
    }
    all
}

/// Adds a recovery point to what is held of its resource.
fn count(
    point: &RecoveryPointByBackupVault,
    all: &mut BTreeMap<Arn, Held>,
    begun: &mut BTreeMap<Arn, BTreeSet<Timestamp>>,
) {
    let Some(resource) = point.resource_arn().and_then(|a| a.parse::<Arn>().ok()) else {
        return;
    };
    let times = begun.entry(resource.clone()).or_default();
    let held = all.entry(resource.clone()).or_insert_with(|| Held {
        resource,
        points: 0,
        unusable: 0,
        newest: None,
        oldest: None,
        kept_for_ever: 0,
        keys: BTreeSet::new(),
        spread: Vec::new(),
    });
    let usable = matches!(
        point.status(),
        Some(RecoveryPointStatus::Completed | RecoveryPointStatus::Available)
    );
    if !usable {
        held.unusable += 1;
        return;
    }
    held.points += 1;
    let ends = point.lifecycle().and_then(|l| l.delete_after_days()).is_some();
    held.kept_for_ever += u32::from(!ends);
    held.keys
        .extend(point.encryption_key_arn().and_then(|key| key.parse().ok()));
    times.extend(
        point
            .creation_date()
            .and_then(|t| Timestamp::new(t.secs(), 0).ok()),
    );
    if let Some(begun) = point.creation_date().map(ToString::to_string) {
        if held.newest.as_ref().is_none_or(|n| *n < begun) {
            held.newest = Some(begun.clone());
        }
        if held.oldest.as_ref().is_none_or(|o| *o > begun) {
            held.oldest = Some(begun);
        }
    }
}

async fn complete(cx: &ReadContext<'_>, mut live: LiveVault, spec: Option<&Spec>) -> LiveVault {
    let client = cx.reader.clients().backup(&cx.place.region);
    let permit = cx.reader.permit().await;
    let everything = cx.depth.everything();
    let policy = async {
        let asked = everything || spec.is_some_and(Spec::wants_policy);
        if asked {
            Some(policy(&client, &live.name).await)
        } else {
            None
        }
    };
    let points = async {
        if everything {
            Some(points(&client, &live.name).await)
        } else {
            None
        }
    };
    let (policy, tags, holds) = futures::join!(policy, tags(&client, &live.arn), points);
    drop(permit);
    if let Some(policy) = policy {
        live.policy = policy;
    }
    live.tags = tags;
    live.holds = holds;
    let declared = spec.and_then(|s| s.kms_key.as_ref()).and_then(|k| k.arn.as_ref());
    if let Some(key) = declared {
        live.key_wanted = Some(keys::look_up(cx, key).await);
    }
    if let Some(key) = live.key.as_ref().filter(|_| everything || declared.is_some()) {
        live.key_seen = Some(keys::look_up(cx, key).await);
    }
    live
}

pub(super) async fn read(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<LiveVault>> {
    let mut read = BTreeMap::new();
    if !wanted.is_empty() {
        let all = vaults(cx.reader, &cx.place.region).await;
        let all = match all.as_ref() {
            Ok(all) => all,
            Err(error) => {
                let unreadable =
                    |(name, _): &(String, _)| (name.clone(), Observed::Unreadable(error.unreadable()));
                return wanted.iter().map(unreadable).collect();
            }
        };
        let reads = wanted.iter().map(|(name, spec)| async move {
            let live = match all.get(name) {
                None => absent(&cx, spec.as_ref()).await,
                Some(live) => Observed::Present(complete(&cx, live.clone(), spec.as_ref()).await),
            };
            (name.clone(), live)
        });
        read.extend(futures::future::join_all(reads).await);
    }
    if cx.discover {
        match forgotten(cx, &read).await {
            Ok(found) => read.extend(found),
            Err(error) => {
                read.insert(UNDISCOVERED.to_owned(), Observed::Unreadable(error.unreadable()));
            }
        }
    }
    read
}

/// A vault that is to be made under a key that cannot be used, or whose alias points to nothing, cannot be made.
async fn absent(cx: &ReadContext<'_>, spec: Option<&Spec>) -> Observed<LiveVault> {
    let Some(key) = spec.and_then(|s| s.kms_key.as_ref()) else {
        return Observed::Absent;
    };
    let Some(arn) = &key.arn else {
        return Observed::Absent;
    };
    let seen = keys::resolve(cx, [arn.clone()], []).await;
    let why = keys::dangling("kms_key", key, arn, &seen);
    let why = why.or_else(|| keys::unusable("kms_key", key, arn, &seen));
    why.map_or(Observed::Absent, Observed::Unreadable)
}

async fn forgotten(
    cx: ReadContext<'_>,
    read: &BTreeMap<String, Observed<LiveVault>>,
) -> Result<BTreeMap<String, Observed<LiveVault>>, AwsError> {
    let mut found = BTreeMap::new();
    for arn in marked::arns(cx.reader, cx.place, "backup:backup-vault").await? {
        let Some(name) = arn.resource().strip_prefix("backup-vault:") else {
            continue;
        };
        if read.contains_key(name) {
            continue;
        }
        let all = vaults(cx.reader, &cx.place.region).await;
        if let Some(live) = all.as_ref().as_ref().map_err(Clone::clone)?.get(name) {
            let live = complete(&cx, live.clone(), None).await;
            if live.is_ours(cx.place) {
                found.insert(name.to_owned(), Observed::Present(live));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By how many days ago each was begun, what is told: back so many days, so many days apart.
    fn told(days_ago: &[i64]) -> Vec<(u64, u64)> {
        let now: Timestamp = "2026-03-01T05:00:00Z".parse().unwrap();
        let then = |days: &i64| now - jiff::SignedDuration::from_hours(24 * days);
        let days = |d: Duration| d.as_secs() / 86_400;
        let all = spread(&days_ago.iter().map(then).collect());
        all.into_iter().map(|s| (days(s.back), days(s.gap))).collect()
    }

    #[test]
    fn gaps_are_told_over_ever_longer_times() {
        assert_eq!(told(&[]), []);
        assert_eq!(told(&[3]), []);
        assert_eq!(told(&[0, 1, 2, 3]), [(1, 1), (3, 1)]);
        // A hole four days ago is in what goes back further than that.
        assert_eq!(told(&[0, 1, 2, 3, 9, 10]), [(1, 1), (7, 6), (10, 6)]);
        // Daily for a week, then by month.
        let sparse: Vec<i64> = (0..8).chain([38, 69, 100]).collect();
        assert_eq!(told(&sparse), [(1, 1), (7, 1), (35, 31), (100, 31)]);
        // Of which age the newest is does not matter to what lies behind it.
        assert_eq!(told(&[5, 6, 7]), [(1, 1), (2, 1)]);
    }
}
