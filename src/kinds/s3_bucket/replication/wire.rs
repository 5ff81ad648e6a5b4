//! Replication rules between S3's types and ours.

use super::{Destination, MINUTES, Replication, Rule};
use crate::aws::{AwsError, Class};
use aws_sdk_s3::types as sdk;
use std::collections::BTreeMap;

/// Reads a whole document.
pub(in crate::kinds::s3_bucket) fn read(configuration: &sdk::ReplicationConfiguration) -> Replication {
    Replication {
        role: configuration.role().to_owned(),
        rules: configuration.rules().iter().map(rule).collect(),
    }
}

fn rule(rule: &sdk::ReplicationRule) -> Rule {
    let pair = |tag: &sdk::Tag| (tag.key().to_owned(), tag.value().to_owned());
    let (prefix, tags) = match rule.filter() {
        Some(filter) => match filter.and() {
            Some(and) => (and.prefix(), and.tags().iter().map(pair).collect()),
            None => (filter.prefix(), filter.tag().map(pair).into_iter().collect()),
        },
        None => (old_prefix(rule), BTreeMap::new()),
    };
    let selection = rule.source_selection_criteria();
    Rule {
        id: rule.id().unwrap_or_default().to_owned(),
        priority: rule.priority(),
        enabled: *rule.status() == sdk::ReplicationRuleStatus::Enabled,
        prefix: prefix.unwrap_or_default().to_owned(),
        tags,
        // A rule without a filter is of the first version, which copies delete markers of users.
        delete_markers: match rule.delete_marker_replication().and_then(|d| d.status()) {
            Some(status) => *status == sdk::DeleteMarkerReplicationStatus::Enabled,
            None => rule.filter().is_none(),
        },
        kms_objects: selection
            .and_then(|s| s.sse_kms_encrypted_objects())
            .is_some_and(|k| *k.status() == sdk::SseKmsEncryptedObjectsStatus::Enabled),
        replica_modifications: selection
            .and_then(|s| s.replica_modifications())
            .is_some_and(|m| *m.status() == sdk::ReplicaModificationsStatus::Enabled),
        destination: destination(rule.destination()),
    }
}

#[expect(deprecated, reason = "rules of the first version are still served with it")]
fn old_prefix(rule: &sdk::ReplicationRule) -> Option<&str> {
    rule.prefix()
}

fn destination(destination: Option<&sdk::Destination>) -> Destination {
    let minutes = destination
        .and_then(|d| d.replication_time())
        .filter(|t| *t.status() == sdk::ReplicationTimeStatus::Enabled)
        .map(|t| {
            let minutes = t.time().and_then(|t| t.minutes());
            minutes.and_then(|m| u32::try_from(m).ok()).unwrap_or(MINUTES)
        });
    Destination {
        bucket: destination.map(|d| d.bucket()).unwrap_or_default().to_owned(),
        account: destination.and_then(|d| d.account()).map(str::to_owned),
        storage_class: destination
            .and_then(|d| d.storage_class())
            .map(|c| c.as_str().to_owned()),
        owner_override: destination
            .and_then(|d| d.access_control_translation())
            .is_some_and(|t| *t.owner() == sdk::OwnerOverride::Destination),
        replica_key: destination
            .and_then(|d| d.encryption_configuration())
            .and_then(|e| e.replica_kms_key_id())
            .map(str::to_owned),
        within_minutes: minutes,
        metrics: destination
            .and_then(|d| d.metrics())
            .is_some_and(|m| *m.status() == sdk::MetricsStatus::Enabled),
    }
}

/// The whole document as S3 takes it.
///
/// # Errors
/// When a stored rule is none that S3 knows (an edited plan file).
pub(in crate::kinds::s3_bucket) fn write(
    replication: &Replication,
) -> Result<sdk::ReplicationConfiguration, AwsError> {
    let rules: Vec<_> = replication
        .rules
        .iter()
        .map(write_rule)
        .collect::<Result<_, _>>()?;
    sdk::ReplicationConfiguration::builder()
        .role(&replication.role)
        .set_rules(Some(rules))
        .build()
        .map_err(bad)
}

fn bad(error: impl std::fmt::Display) -> AwsError {
    AwsError::new(
        "s3:PutReplicationConfiguration",
        Class::Refused,
        "InvalidRequest",
        error.to_string(),
    )
}

fn write_rule(rule: &Rule) -> Result<sdk::ReplicationRule, AwsError> {
    let markers = match rule.delete_markers {
        true => sdk::DeleteMarkerReplicationStatus::Enabled,
        false => sdk::DeleteMarkerReplicationStatus::Disabled,
    };
    let status = match rule.enabled {
        true => sdk::ReplicationRuleStatus::Enabled,
        false => sdk::ReplicationRuleStatus::Disabled,
    };
    sdk::ReplicationRule::builder()
        .set_id((!rule.id.is_empty()).then(|| rule.id.clone()))
        .set_priority(rule.priority)
        .status(status)
        .filter(write_filter(rule)?)
        .delete_marker_replication(sdk::DeleteMarkerReplication::builder().status(markers).build())
        .set_source_selection_criteria(write_selection(rule)?)
        .destination(write_destination(&rule.destination)?)
        .build()
        .map_err(bad)
}

fn write_filter(rule: &Rule) -> Result<sdk::ReplicationRuleFilter, AwsError> {
    let tags = rule
        .tags
        .iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build().map_err(bad))
        .collect::<Result<Vec<_>, _>>()?;
    let out = sdk::ReplicationRuleFilter::builder();
    Ok(match (tags.len(), rule.prefix.is_empty()) {
        (0, _) => out.prefix(&rule.prefix).build(),
        (1, true) => out.set_tag(tags.into_iter().next()).build(),
        _ => out
            .and(
                sdk::ReplicationRuleAndOperator::builder()
                    .set_prefix((!rule.prefix.is_empty()).then(|| rule.prefix.clone()))
                    .set_tags(Some(tags))
                    .build(),
            )
            .build(),
    })
}

fn write_selection(rule: &Rule) -> Result<Option<sdk::SourceSelectionCriteria>, AwsError> {
    if !rule.kms_objects && !rule.replica_modifications {
        return Ok(None);
    }
    let mut out = sdk::SourceSelectionCriteria::builder();
    if rule.kms_objects {
        out = out.sse_kms_encrypted_objects(
            sdk::SseKmsEncryptedObjects::builder()
                .status(sdk::SseKmsEncryptedObjectsStatus::Enabled)
                .build()
                .map_err(bad)?,
        );
    }
    if rule.replica_modifications {
        out = out.replica_modifications(
            sdk::ReplicaModifications::builder()
                .status(sdk::ReplicaModificationsStatus::Enabled)
                .build()
                .map_err(bad)?,
        );
    }
    Ok(Some(out.build()))
}

fn write_destination(destination: &Destination) -> Result<sdk::Destination, AwsError> {
    let time = |minutes: u32| {
        sdk::ReplicationTimeValue::builder()
            .minutes(i32::try_from(minutes).unwrap_or(15))
            .build()
    };
    let mut out = sdk::Destination::builder()
        .bucket(&destination.bucket)
        .set_account(destination.account.clone())
        .set_storage_class(destination.storage_class.as_deref().map(Into::into));
    if destination.owner_override {
        out = out.access_control_translation(
            sdk::AccessControlTranslation::builder()
                .owner(sdk::OwnerOverride::Destination)
                .build()
                .map_err(bad)?,
        );
    }
    if let Some(key) = &destination.replica_key {
        out = out.encryption_configuration(
            sdk::EncryptionConfiguration::builder()
                .replica_kms_key_id(key)
                .build(),
        );
    }
    if let Some(minutes) = destination.within_minutes {
        out = out.replication_time(
            sdk::ReplicationTime::builder()
                .status(sdk::ReplicationTimeStatus::Enabled)
                .time(time(minutes))
                .build()
                .map_err(bad)?,
        );
    }
    if destination.metrics || destination.within_minutes.is_some() {
        out = out.metrics(
            sdk::Metrics::builder()
                .status(sdk::MetricsStatus::Enabled)
                .set_event_threshold(destination.within_minutes.map(time))
                .build()
                .map_err(bad)?,
        );
    }
    out.build().map_err(bad)
}
