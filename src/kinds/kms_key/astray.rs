//! Keys that were made for an alias which does not point to them: it was deleted, or made to point elsewhere.

use super::live::{ALIAS_TAG, LiveKey, one};
use crate::aws::AwsError;
use crate::kinds::{ReadContext, marked};
use crate::model::{Arn, Observed, Unreadable};
use std::collections::{BTreeMap, BTreeSet};

/// Looks by its tag for the key of each alias that points to nothing, and of each that points to a key which was not made
/// for it.
pub(super) async fn found(cx: &ReadContext<'_>, read: &mut BTreeMap<String, Observed<LiveKey>>) {
    let pointed_to: BTreeSet<Arn> = read
        .values()
        .filter_map(Observed::present)
        .map(|live| live.arn.clone())
        .collect();
    for (alias, live) in read.iter_mut() {
        match live {
            Observed::Absent => *live = lost(cx, alias, &pointed_to).await,
            Observed::Present(live) if !is_for(live, alias, cx) => {
                live.displaces = match made_for(cx, alias, &pointed_to).await {
                    Ok(keys) => keys
                        .into_iter()
                        .next()
                        .map_or(Observed::Absent, |k| Observed::Present(k.arn)),
                    Err(unknown) => Observed::Unreadable(unknown),
                };
            }
            _ => {}
        }
    }
}

fn is_for(live: &LiveKey, alias: &str, cx: &ReadContext<'_>) -> bool {
    let tags = live.tags.present();
    live.is_ours(cx.place)
        && tags
            .and_then(|tags| tags.get(ALIAS_TAG))
            .is_some_and(|tag| tag == alias)
}

/// The key that lost its alias. The most usable one, where several were made for it.
async fn lost(cx: &ReadContext<'_>, alias: &str, pointed_to: &BTreeSet<Arn>) -> Observed<LiveKey> {
    let mut keys = match made_for(cx, alias, pointed_to).await {
        Ok(keys) => keys.into_iter(),
        Err(unknown) => return Observed::Unreadable(unknown),
    };
    match (keys.next(), keys.next()) {
        (None, _) => Observed::Absent,
        (Some(key), Some(other)) if key.state == other.state => {
            Observed::Unreadable(unclear(alias, &key, &other))
        }
        (Some(key), _) => Observed::Present(key),
    }
}

/// The keys whose tags say that they were made for an alias, and that none of the declared aliases points to; usable
/// ones first.
async fn made_for(
    cx: &ReadContext<'_>,
    alias: &str,
    pointed_to: &BTreeSet<Arn>,
) -> Result<Vec<LiveKey>, Unreadable> {
    let mut keys = Vec::new();
    for arn in tagged(cx, alias).await.map_err(|e| e.unreadable())? {
        if pointed_to.contains(&arn) {
            continue;
        }
        // Tags are indexed with a delay: what the key itself shows is what counts.
        match one(cx.reader, &cx.place.region, alias, arn.as_str()).await {
            Observed::Unreadable(why) => return Err(why),
            Observed::Absent => {}
            Observed::Present(key) => {
                key.tags.known().map_err(Clone::clone)?;
                keys.push(LiveKey {
                    aliased: false,
                    ..key
                });
            }
        }
    }
    keys.retain(|key| is_for(key, alias, cx) && key.replica_of.is_none());
    keys.sort_by(|a, b| (&a.state, &a.arn).cmp(&(&b.state, &b.arn)));
    Ok(keys)
}

async fn tagged(cx: &ReadContext<'_>, alias: &str) -> Result<Vec<Arn>, AwsError> {
    let all = marked::all(cx.reader, cx.place).await;
    let all = all.as_ref().as_ref().map_err(Clone::clone)?.iter();
    let keys = all.filter(|m| m.arn.service() == "kms" && m.arn.resource().starts_with("key/"));
    let ours = keys.filter(|m| m.tags.get(ALIAS_TAG).is_some_and(|tag| tag == alias));
    Ok(ours.map(|m| m.arn.clone()).collect())
}

fn unclear(alias: &str, one: &LiveKey, other: &LiveKey) -> Unreadable {
    Unreadable {
        action: "tag:GetResources".to_owned(),
        why: format!(
            "there is no alias/{alias}, and both {} and {} have the tag {ALIAS_TAG} that says it is theirs. Give it to the one \
             that holds the data (aws kms create-alias --alias-name alias/{alias} --target-key-id …)",
            one.arn, other.arn
        ),
        denied: false,
    }
}
