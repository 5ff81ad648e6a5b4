//! Lifecycle rules between S3's types and ours.

use super::{Effect, Filter, Lifecycle, Rule, When};
use crate::aws::{AwsError, Class};
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types as sdk;

/// Reads a whole document.
pub(in crate::kinds::s3_bucket) fn read(output: &GetBucketLifecycleConfigurationOutput) -> Lifecycle {
    Lifecycle {
        rules: output.rules().iter().map(rule).collect(),
        minimum_object_size: output
            .transition_default_minimum_object_size()
            .map(|size| size.as_str().to_owned()),
    }
}

/// A count of days or versions; S3's are never negative.
fn count(n: i32) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

/// Back again; what does not fit was never read from S3 nor accepted from the block.
fn wire_count(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn rule(rule: &sdk::LifecycleRule) -> Rule {
    let current = rule.transitions().iter().filter_map(|t| {
        Some(Effect::Transition {
            when: when(t.days(), t.date()).unwrap_or(When::Days(0)),
            class: t.storage_class()?.as_str().to_owned(),
        })
    });
    let noncurrent = rule.noncurrent_version_transitions().iter().filter_map(|t| {
        Some(Effect::TransitionNoncurrent {
            days: t.noncurrent_days().map_or(0, count),
            class: t.storage_class()?.as_str().to_owned(),
            keep: t.newer_noncurrent_versions().map(count),
        })
    });
    let expiration = rule.expiration().into_iter().flat_map(|e| {
        let markers = e
            .expired_object_delete_marker()
            .unwrap_or(false)
            .then_some(Effect::ExpireDeleteMarkers);
        when(e.days(), e.date())
            .map(Effect::Expire)
            .into_iter()
            .chain(markers)
    });
    let noncurrent_expiration =
        rule.noncurrent_version_expiration()
            .into_iter()
            .map(|e| Effect::ExpireNoncurrent {
                days: e.noncurrent_days().map_or(0, count),
                keep: e.newer_noncurrent_versions().map(count),
            });
    let abort = rule
        .abort_incomplete_multipart_upload()
        .and_then(|a| a.days_after_initiation())
        .map(|days| Effect::AbortMultipart(count(days)));
    Rule {
        id: rule.id().unwrap_or_default().to_owned(),
        enabled: *rule.status() == sdk::ExpirationStatus::Enabled,
        filter: filter(rule),
        effects: current
            .chain(noncurrent)
            .chain(expiration)
            .chain(noncurrent_expiration)
            .chain(abort)
            .collect(),
    }
}

fn when(days: Option<i32>, date: Option<&DateTime>) -> Option<When> {
    match (days, date) {
        (Some(days), _) => Some(When::Days(count(days))),
        (None, Some(date)) => date.fmt(DateTimeFormat::DateTime).ok().map(When::Date),
        (None, None) => None,
    }
}

fn filter(rule: &sdk::LifecycleRule) -> Filter {
    let Some(filter) = rule.filter() else {
        #[expect(deprecated, reason = "rules from before filters are still served with it")]
        return Filter::prefix(rule.prefix().unwrap_or(""));
    };
    let pair = |tag: &sdk::Tag| (tag.key().to_owned(), tag.value().to_owned());
    match filter.and() {
        Some(and) => Filter {
            prefix: and.prefix().unwrap_or("").to_owned(),
            tags: and.tags().iter().map(pair).collect(),
            larger_than: and.object_size_greater_than(),
            smaller_than: and.object_size_less_than(),
        },
        None => Filter {
            prefix: filter.prefix().unwrap_or("").to_owned(),
            tags: filter.tag().map(pair).into_iter().collect(),
            larger_than: filter.object_size_greater_than(),
            smaller_than: filter.object_size_less_than(),
        },
    }
}

/// The whole document as S3 takes it.
///
/// # Errors
/// When a stored rule is none that S3 knows (an edited plan file).
pub(in crate::kinds::s3_bucket) fn write(
    lifecycle: &Lifecycle,
) -> Result<sdk::BucketLifecycleConfiguration, AwsError> {
    let rules: Vec<_> = lifecycle.rules.iter().map(write_rule).collect::<Result<_, _>>()?;
    sdk::BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(bad)
}

fn bad(error: impl std::fmt::Display) -> AwsError {
    AwsError::new(
        "s3:PutLifecycleConfiguration",
        Class::Refused,
        "InvalidRequest",
        error.to_string(),
    )
}

fn write_rule(rule: &Rule) -> Result<sdk::LifecycleRule, AwsError> {
    let status = match rule.enabled {
        true => sdk::ExpirationStatus::Enabled,
        false => sdk::ExpirationStatus::Disabled,
    };
    let mut out = sdk::LifecycleRule::builder()
        .set_id((!rule.id.is_empty()).then(|| rule.id.clone()))
        .status(status)
        .filter(write_filter(&rule.filter)?);
    let mut expiration = None;
    for effect in &rule.effects {
        match effect {
            Effect::Expire(when) => {
                let (days, date) = write_when(when)?;
                expiration = Some(
                    expiration
                        .unwrap_or_else(sdk::LifecycleExpiration::builder)
                        .set_days(days)
                        .set_date(date),
                );
            }
            Effect::ExpireDeleteMarkers => {
                expiration = Some(
                    expiration
                        .unwrap_or_else(sdk::LifecycleExpiration::builder)
                        .expired_object_delete_marker(true),
                );
            }
            Effect::Transition { when, class } => {
                let (days, date) = write_when(when)?;
                out = out.transitions(
                    sdk::Transition::builder()
                        .set_days(days)
                        .set_date(date)
                        .storage_class(class.as_str().into())
                        .build(),
                );
            }
            Effect::ExpireNoncurrent { days, keep } => {
                out = out.noncurrent_version_expiration(
                    sdk::NoncurrentVersionExpiration::builder()
                        .noncurrent_days(wire_count(*days))
                        .set_newer_noncurrent_versions(keep.map(wire_count))
                        .build(),
                );
            }
            Effect::TransitionNoncurrent { days, class, keep } => {
                out = out.noncurrent_version_transitions(
                    sdk::NoncurrentVersionTransition::builder()
                        .noncurrent_days(wire_count(*days))
                        .storage_class(class.as_str().into())
                        .set_newer_noncurrent_versions(keep.map(wire_count))
                        .build(),
                );
            }
            Effect::AbortMultipart(days) => {
                out = out.abort_incomplete_multipart_upload(
                    sdk::AbortIncompleteMultipartUpload::builder()
                        .days_after_initiation(wire_count(*days))
                        .build(),
                );
            }
        }
    }
    out.set_expiration(expiration.map(|e| e.build()))
        .build()
        .map_err(bad)
}

fn write_when(when: &When) -> Result<(Option<i32>, Option<DateTime>), AwsError> {
    match when {
        When::Days(days) => Ok((Some(wire_count(*days)), None)),
        When::Date(date) => DateTime::from_str(date, DateTimeFormat::DateTime)
            .map(|date| (None, Some(date)))
            .map_err(bad),
    }
}

/// S3 wants exactly one member: several conditions go into `And`.
fn write_filter(filter: &Filter) -> Result<sdk::LifecycleRuleFilter, AwsError> {
    let tags = filter
        .tags
        .iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build().map_err(bad))
        .collect::<Result<Vec<_>, _>>()?;
    let conditions = tags.len()
        + usize::from(filter.larger_than.is_some())
        + usize::from(filter.smaller_than.is_some())
        + usize::from(!filter.prefix.is_empty());
    let out = sdk::LifecycleRuleFilter::builder();
    if conditions > 1 {
        let and = sdk::LifecycleRuleAndOperator::builder()
            .set_prefix((!filter.prefix.is_empty()).then(|| filter.prefix.clone()))
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_object_size_greater_than(filter.larger_than)
            .set_object_size_less_than(filter.smaller_than)
            .build();
        return Ok(out.and(and).build());
    }
    Ok(match tags.into_iter().next() {
        Some(tag) => out.tag(tag).build(),
        None if filter.larger_than.is_some() || filter.smaller_than.is_some() => out
            .set_object_size_greater_than(filter.larger_than)
            .set_object_size_less_than(filter.smaller_than)
            .build(),
        None => out.prefix(&filter.prefix).build(),
    })
}
