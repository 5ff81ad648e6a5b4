//! What single objects are encrypted with: a bucket's default says nothing of what was there before it, nor of what was
//! written under a key that the writer named.

use super::listing::{Bucket, Version};
use crate::aws::{AwsError, classify};
use crate::kinds::keys;
use crate::model::fact::Sealed;
use crate::model::{AccountId, Arn, Observed, Region, Unreadable};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What a version's key takes (`HeadObject`): the same as reading it, so no auditor has to have it.
pub(in crate::kinds) const ACTION: &str = "s3:GetObjectVersion";

/// Versions that are asked for at most.
const ASKED: usize = 10;

/// Of these so many at most for lying in a folder of their own.
const FOLDERS: usize = 5;

/// The keys of some versions under a prefix: see [`chosen`].
pub(super) async fn read(
    bucket: &Bucket<'_>,
    prefix: &str,
    region: &Region,
    account: &AccountId,
) -> Result<Vec<Sealed>, AwsError> {
    let versions = bucket.sample(prefix).await?;
    let asks = chosen(&versions)
        .into_iter()
        .map(|version| one(bucket, version, region, account));
    let found = futures::future::join_all(asks).await;
    Ok(found.into_iter().flatten().collect())
}

/// The newest, the oldest under each of the first folders, and others that lie evenly between the oldest and the newest: a
/// default that was changed shows by age, and a writer with a key of its own by where it writes.
fn chosen(versions: &[Version]) -> Vec<&Version> {
    let mut by_age: Vec<&Version> = versions.iter().collect();
    by_age.sort_by_key(|v| v.written);
    let Some(last) = by_age.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut folders = BTreeSet::new();
    let oldest = by_age.iter().enumerate();
    let oldest = oldest
        .filter(|(_, v)| folders.insert(folder(&v.key)))
        .map(|(at, _)| at);
    let between = (0..=last).step_by(last.div_ceil(ASKED).max(1));
    let mut places = BTreeSet::new();
    for at in std::iter::once(last).chain(oldest.take(FOLDERS)).chain(between) {
        if places.len() < ASKED {
            places.insert(at);
        }
    }
    places
        .into_iter()
        .filter_map(|at| by_age.get(at).copied())
        .collect()
}

fn folder(key: &str) -> &str {
    key.split_once('/').map_or("", |(folder, _)| folder)
}

/// `None` for a version that is gone by now.
async fn one(bucket: &Bucket<'_>, version: &Version, region: &Region, account: &AccountId) -> Option<Sealed> {
    let _permit = bucket.reader.permit().await;
    let call = bucket
        .client
        .head_object()
        .bucket(bucket.name)
        .expected_bucket_owner(bucket.owner)
        .key(&version.key)
        .version_id(&version.id);
    let by = match call.send().await.map_err(|e| classify(ACTION, e)) {
        Ok(answer) => named(answer.ssekms_key_id(), region, account),
        Err(error) if error.is_not_found() => return None,
        // HeadObject has no body that could say so: what is under a key of its writer answers to nobody else.
        Err(error) if error.status == Some(400) => Observed::Unreadable(unclear(format!(
            "S3 refuses to say anything of it ({error}), as it does of what is under a key that only its writer has (SSE-C)"
        ))),
        Err(error) => Observed::Unreadable(error.unreadable()),
    };
    Some(Sealed {
        key: version.key.clone(),
        written: Timestamp::to_string(&version.written),
        by,
    })
}

/// The key that the answer names. S3 has those of its own, and names none.
fn named(key: Option<&str>, region: &Region, account: &AccountId) -> Observed<Arn> {
    let Some(key) = key else {
        return Observed::Absent;
    };
    match keys::full(key, region, account) {
        Some(arn) => Observed::Present(arn),
        None => Observed::Unreadable(unclear(format!("{key} is the name of no key"))),
    }
}

fn unclear(why: String) -> Unreadable {
    Unreadable {
        action: ACTION.to_owned(),
        why,
        denied: false,
    }
}
