//! The rules that a block asks for.

use super::{Destination, MINUTES, OURS, Rule};
use crate::kinds::s3_bucket::spec::{ReplicateBlock, Spec, bucket_arn, bucket_name};
use crate::kinds::s3_bucket::{keys, names};
use crate::model::{AccountId, Place};
use std::collections::BTreeMap;

/// A rule that is asked for.
pub(super) struct Wanted<'a> {
    /// The block's path, as in HCL; with several blocks, told apart by where they copy to.
    pub(super) path: String,
    /// The block.
    pub(super) block: &'a ReplicateBlock,
    /// The rule, without a priority.
    pub(super) rule: Rule,
}

/// A rule's id: one for each destination and prefix, whatever the order of the blocks.
pub(in crate::kinds::s3_bucket) fn rule_id(bucket: &str, prefix: &str) -> String {
    if prefix.is_empty() {
        format!("{OURS}{bucket}")
    } else {
        format!("{OURS}{bucket}-{}", names::digest(prefix, 8))
    }
}

/// The path of a rule in words of the block that asked for it, or might have.
pub(super) fn path_of(rule: &Rule) -> String {
    let bucket = rule
        .destination
        .bucket
        .rsplit(':')
        .next()
        .unwrap_or(&rule.destination.bucket);
    match rule.prefix.as_str() {
        "" => format!("replicate[\"{bucket}\"]"),
        prefix => format!("replicate[\"{bucket}/{prefix}\"]"),
    }
}

/// The account that objects are copied into, when it is another one.
pub(in crate::kinds::s3_bucket) fn other_account(block: &ReplicateBlock, place: &Place) -> Option<AccountId> {
    let account = block.account.as_ref().or(block.to.account.as_ref())?;
    (*account != place.account_id).then(|| account.clone())
}

/// The rules of a block, the first being the one that wins.
pub(super) fn wanted<'a>(spec: &'a Spec, place: &Place) -> Vec<Wanted<'a>> {
    let alone = spec.replicate.len() == 1;
    spec.replicate
        .iter()
        .filter_map(|block| {
            let rule = rule(block, place)?;
            let path = if alone {
                "replicate".to_owned()
            } else {
                path_of(&rule)
            };
            Some(Wanted { path, block, rule })
        })
        .collect()
}

fn rule(block: &ReplicateBlock, place: &Place) -> Option<Rule> {
    let prefix = block.prefix.clone().unwrap_or_default();
    let other = other_account(block, place);
    let owner_override = block.owner_override.unwrap_or(other.is_some());
    let account = match owner_override {
        // An owner override needs the account, even where it is one's own.
        true => Some(other.unwrap_or_else(|| place.account_id.clone())),
        false => other,
    };
    // S3 takes the ARN of a key or an alias here, and neither an id nor a bare alias.
    let replica_key = keys::of_copies(block, place).map(String::from);
    Some(Rule {
        id: rule_id(bucket_name(&block.to)?, &prefix),
        priority: None,
        enabled: true,
        prefix,
        tags: BTreeMap::new(),
        delete_markers: block.delete_markers.unwrap_or(false),
        kms_objects: replica_key.is_some(),
        replica_modifications: false,
        destination: Destination {
            bucket: bucket_arn(&block.to, place.partition())?.to_string(),
            account: account.map(|a| a.to_string()),
            storage_class: block.storage_class.map(|c| c.wire().to_owned()),
            owner_override,
            replica_key,
            within_minutes: block.within.map(|_| MINUTES),
            metrics: block.within.is_some(),
        },
    })
}
