//! A key as it was seen. KMS has no list that says more than ids, so each key is asked for by its alias.

use super::astray;
use super::spec::Spec;
use crate::aws::{AwsError, Reader, classify};
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::{ReadContext, UNDISCOVERED, marked};
use crate::model::fact::KeyState;
use crate::model::policy::Document;
use crate::model::{Arn, Observed, Place, Region, Unreadable};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{
    KeyManagerType, KeyMetadata, KeySpec, KeyState as Wire, MultiRegionKeyType, OriginType,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) const DESCRIBE: &str = "kms:DescribeKey";
pub(in crate::kinds) const POLICY: &str = "kms:GetKeyPolicy";
pub(super) const ROTATION: &str = "kms:GetKeyRotationStatus";
pub(super) const TAGS: &str = "kms:ListResourceTags";
pub(super) const ALIASES: &str = "kms:ListAliases";
/// The tag that finds a key again which never got its alias, or lost it.
pub(super) const ALIAS_TAG: &str = "backstay:alias";

/// The same key in another region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveReplica {
    /// Its ARN.
    pub arn: Arn,
    /// Whether it can be used.
    pub state: Observed<KeyState>,
    /// Its own policy.
    pub policy: Observed<Document>,
}

/// A key as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveKey {
    /// Without `alias/`; the key's id when it was found by its tag and has no alias.
    pub alias: String,
    /// Whether it has that alias; one that lost it is found by its tag.
    pub aliased: bool,
    /// The key that was made for the alias, where that points to another one.
    pub displaces: Observed<Arn>,
    /// The key's ARN.
    pub arn: Arn,
    /// Whether it can be used.
    pub state: KeyState,
    /// RFC 3339, while deletion is pending.
    pub deletion_date: Option<String>,
    /// When imported material expires, RFC 3339.
    pub material_expires: Option<String>,
    /// Whether a service manages it.
    pub service_managed: bool,
    /// Symmetric, and with material from KMS.
    pub can_rotate: bool,
    /// Whether it can have replicas.
    pub multi_region: bool,
    /// Set when this is itself a replica: the primary.
    pub replica_of: Option<Arn>,
    /// Shown in the console.
    pub description: String,
    /// Its policy.
    pub policy: Observed<Document>,
    /// Days between rotations; absent when it does not rotate.
    pub rotation: Observed<u32>,
    /// Replicas by region.
    pub replicas: BTreeMap<Region, LiveReplica>,
    /// All tags.
    pub tags: Observed<BTreeMap<String, String>>,
}

impl LiveKey {
    /// Whether backstay created it for this project.
    pub(super) fn is_ours(&self, place: &Place) -> bool {
        let project = self.tags.present().and_then(|tags| tags.get(PROJECT_TAG));
        project == Some(&place.project)
    }

    pub(super) fn from_sdk(alias: &str, key: &KeyMetadata) -> Option<Self> {
        let arn: Arn = key.arn()?.parse().ok()?;
        let regions = key.multi_region_configuration();
        let primary = regions.and_then(|m| m.primary_key()?.arn()?.parse::<Arn>().ok());
        let is_replica =
            regions.is_some_and(|m| m.multi_region_key_type() == Some(&MultiRegionKeyType::Replica));
        let replicas = regions.map(|m| m.replica_keys()).unwrap_or_default().iter();
        let unread = || Unreadable {
            action: DESCRIBE.into(),
            why: "it was not asked for".into(),
            denied: false,
        };
        Some(Self {
            alias: alias.to_owned(),
            aliased: true,
            displaces: Observed::Absent,
            state: state(key),
            deletion_date: key.deletion_date().map(ToString::to_string),
            material_expires: key.valid_to().map(ToString::to_string),
            service_managed: key.key_manager() == Some(&KeyManagerType::Aws),
            can_rotate: key.origin().is_none_or(|o| *o == OriginType::AwsKms)
                && key.key_spec().is_none_or(|s| *s == KeySpec::SymmetricDefault),
            multi_region: key.multi_region().unwrap_or(false),
            replica_of: primary.filter(|_| is_replica),
            description: key.description().unwrap_or_default().to_owned(),
            policy: Observed::Unreadable(unread()),
            rotation: Observed::Unreadable(unread()),
            replicas: replicas
                .filter_map(|r| {
                    let arn: Arn = r.arn()?.parse().ok()?;
                    let replica = LiveReplica {
                        arn,
                        state: Observed::Unreadable(unread()),
                        policy: Observed::Unreadable(unread()),
                    };
                    Some((r.region()?.parse().ok()?, replica))
                })
                .filter(|(region, _)| arn.region().as_ref() != Some(region))
                .collect(),
            tags: Observed::Unreadable(unread()),
            arn,
        })
    }
}

pub(in crate::kinds) fn state(key: &KeyMetadata) -> KeyState {
    match key.key_state() {
        Some(Wire::Enabled) => KeyState::Enabled,
        Some(Wire::Disabled) => KeyState::Disabled,
        Some(Wire::PendingDeletion | Wire::PendingReplicaDeletion) => KeyState::PendingDeletion,
        Some(other) => KeyState::Other(other.as_str().to_owned()),
        None if key.enabled() => KeyState::Enabled,
        None => KeyState::Disabled,
    }
}

pub(super) fn alias_name(alias: &str) -> String {
    format!("alias/{alias}")
}

/// The metadata of a key by its ARN, id or alias.
pub(super) async fn describe(client: &Client, key: &str) -> Result<KeyMetadata, AwsError> {
    let answer = client.describe_key().key_id(key).send().await;
    let answer = answer.map_err(|e| classify(DESCRIBE, e))?;
    answer.key_metadata.ok_or_else(|| {
        AwsError::new(
            DESCRIBE,
            crate::aws::Class::Server,
            "NoMetadata",
            "the answer is empty",
        )
    })
}

async fn policy(client: &Client, arn: &Arn) -> Observed<Document> {
    let answer = client
        .get_key_policy()
        .key_id(arn.as_str())
        .policy_name("default");
    match answer.send().await.map_err(|e| classify(POLICY, e)) {
        Err(error) => Observed::Unreadable(error.unreadable()),
        Ok(answer) => match Document::parse(answer.policy().unwrap_or_default()) {
            Ok(document) => Observed::Present(document),
            Err(bad) => Observed::Unreadable(Unreadable {
                action: POLICY.into(),
                why: bad.to_string(),
                denied: false,
            }),
        },
    }
}

/// A key that rotates without saying how often does so once a year.
const YEARLY: i32 = 365;

async fn rotation(client: &Client, arn: &Arn) -> Observed<u32> {
    let answer = client.get_key_rotation_status().key_id(arn.as_str()).send().await;
    match answer.map_err(|e| classify(ROTATION, e)) {
        Err(error) => Observed::Unreadable(error.unreadable()),
        Ok(answer) if answer.key_rotation_enabled() => {
            let days = answer.rotation_period_in_days().unwrap_or(YEARLY);
            u32::try_from(days).map_or(Observed::Absent, Observed::Present)
        }
        Ok(_) => Observed::Absent,
    }
}

pub(super) async fn tags(client: &Client, key: &str) -> Result<BTreeMap<String, String>, AwsError> {
    let mut pages = client.list_resource_tags().key_id(key).into_paginator().send();
    let mut all = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(TAGS, e))?;
        let tags = page.tags().iter();
        all.extend(tags.map(|t| (t.tag_key().to_owned(), t.tag_value().to_owned())));
    }
    Ok(all)
}

async fn replica(reader: &Reader, region: &Region, arn: &Arn) -> LiveReplica {
    let _permit = reader.permit().await;
    let client = reader.clients().kms(region);
    let (state, policy) = futures::join!(describe(&client, arn.as_str()), policy(&client, arn));
    LiveReplica {
        arn: arn.clone(),
        state: match state {
            Ok(key) => Observed::Present(self::state(&key)),
            Err(error) if error.is_not_found() => Observed::Absent,
            Err(error) => Observed::Unreadable(error.unreadable()),
        },
        policy,
    }
}

/// Everything of one key; `key` is its alias, id or ARN.
pub(super) async fn one(reader: &Reader, region: &Region, alias: &str, key: &str) -> Observed<LiveKey> {
    let client = reader.clients().kms(region);
    let permit = reader.permit().await;
    let mut live = match describe(&client, key).await {
        Err(error) if error.is_not_found() => return Observed::Absent,
        Err(error) => return Observed::Unreadable(error.unreadable()),
        Ok(key) => match LiveKey::from_sdk(alias, &key) {
            Some(live) => live,
            None => return Observed::Unreadable(nameless()),
        },
    };
    let arn = live.arn.clone();
    let turning = async {
        // KMS refuses to say for keys that cannot rotate, and there is nothing to say.
        if live.can_rotate {
            rotation(&client, &arn).await
        } else {
            Observed::Absent
        }
    };
    let (policy, rotation, tags) =
        futures::join!(policy(&client, &arn), turning, tags(&client, arn.as_str()));
    drop(permit);
    live.policy = policy;
    live.rotation = rotation;
    live.tags = match tags {
        Ok(tags) => Observed::Present(tags),
        Err(error) => Observed::Unreadable(error.unreadable()),
    };
    let others = live
        .replicas
        .iter()
        .map(|(region, r)| async move { (region.clone(), replica(reader, region, &r.arn).await) });
    live.replicas = futures::future::join_all(others).await.into_iter().collect();
    Observed::Present(live)
}

/// A key that no block names: what it can do and for whom, and nothing else of it. Its replicas count where a copy is
/// under one, and are then asked for by their own ARN.
pub(super) async fn outside(reader: &Reader, region: &Region, arn: &Arn) -> Observed<LiveKey> {
    let _permit = reader.permit().await;
    let client = reader.clients().kms(region);
    match describe(&client, arn.as_str()).await {
        Err(error) if error.is_not_found() => Observed::Absent,
        Err(error) => Observed::Unreadable(error.unreadable()),
        Ok(key) => match LiveKey::from_sdk(arn.resource(), &key) {
            None => Observed::Unreadable(nameless()),
            Some(live) => {
                let policy = policy(&client, &live.arn).await;
                Observed::Present(LiveKey {
                    policy,
                    replicas: BTreeMap::new(),
                    ..live
                })
            }
        },
    }
}

fn nameless() -> Unreadable {
    Unreadable {
        action: DESCRIBE.into(),
        why: "the answer names no ARN".into(),
        denied: false,
    }
}

/// The first alias of a key.
async fn alias_of(reader: &Reader, region: &Region, arn: &Arn) -> Result<Option<String>, AwsError> {
    let client = reader.clients().kms(region);
    let answer = client.list_aliases().key_id(arn.as_str()).send().await;
    let answer = answer.map_err(|e| classify(ALIASES, e))?;
    let mut names = answer.aliases().iter().filter_map(|a| a.alias_name());
    Ok(names.find_map(|n| n.strip_prefix("alias/").map(str::to_owned)))
}

async fn forgotten(
    cx: ReadContext<'_>,
    read: &BTreeMap<String, Observed<LiveKey>>,
) -> Result<BTreeMap<String, Observed<LiveKey>>, AwsError> {
    let region = &cx.place.region;
    let mut found = BTreeMap::new();
    for arn in marked::arns(cx.reader, cx.place, "kms:key").await? {
        let known = |live: &LiveKey| live.arn == arn || live.displaces.present() == Some(&arn);
        if read.values().filter_map(Observed::present).any(known) {
            continue;
        }
        let id = arn.resource().trim_start_matches("key/").to_owned();
        let name = alias_of(cx.reader, region, &arn).await?.unwrap_or(id);
        let live = one(cx.reader, region, &name, arn.as_str()).await;
        // A replica belongs to its primary, and is released with it.
        let ours = live
            .present()
            .is_some_and(|l| l.is_ours(cx.place) && l.replica_of.is_none());
        if ours && !read.contains_key(&name) {
            found.insert(name, live);
        }
    }
    Ok(found)
}

pub(super) async fn read(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<LiveKey>> {
    let reads = wanted.iter().map(|(alias, _)| async move {
        let live = one(cx.reader, &cx.place.region, alias, &alias_name(alias)).await;
        (alias.clone(), live)
    });
    let mut read: BTreeMap<_, _> = futures::future::join_all(reads).await.into_iter().collect();
    astray::found(&cx, &mut read).await;
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
