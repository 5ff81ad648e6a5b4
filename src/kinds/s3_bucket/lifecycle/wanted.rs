//! The rules that a block asks for.

use super::{Effect, Filter, OURS, Rule, When};
use crate::kinds::s3_bucket::spec::{Age, ExpireBlock, NoncurrentBlock, Spec, Tier};
use std::collections::BTreeSet;

/// A rule that is asked for, and the argument that asks.
pub(in crate::kinds::s3_bucket) struct Wanted {
    /// The argument's path, as in HCL.
    pub(super) path: String,
    /// The rule.
    pub(super) rule: Rule,
}

/// The path of the argument that asks for the rule of this id, were it still there.
pub(super) fn path_of(id: &str) -> String {
    let rest = id.strip_prefix(OURS).unwrap_or(id);
    match rest.strip_prefix("expire-") {
        Some(label) => expire_path(label),
        None if rest == "noncurrent" => "noncurrent".to_owned(),
        None if rest == "abort-multipart" => "abort_multipart_after".to_owned(),
        None => format!("lifecycle[\"{id}\"]"),
    }
}

fn expire_path(label: &str) -> String {
    format!("expire[\"{label}\"]")
}

/// The rules of a block, one for each argument.
pub(in crate::kinds::s3_bucket) fn wanted(spec: &Spec) -> Vec<Wanted> {
    let noncurrent = spec.noncurrent.iter().map(|block| Wanted {
        path: "noncurrent".to_owned(),
        rule: rule("noncurrent", block.prefix.as_deref(), noncurrent(block)),
    });
    let expire = spec.expire.iter().map(|block| Wanted {
        path: expire_path(&block.name),
        rule: rule(
            &format!("expire-{}", block.name),
            block.prefix.as_deref(),
            expire(block),
        ),
    });
    let abort = spec.abort_multipart_after.iter().map(|after| Wanted {
        path: "abort_multipart_after".to_owned(),
        rule: rule(
            "abort-multipart",
            None,
            BTreeSet::from([Effect::AbortMultipart(after.get())]),
        ),
    });
    noncurrent.chain(expire).chain(abort).collect()
}

fn rule(name: &str, prefix: Option<&str>, effects: BTreeSet<Effect>) -> Rule {
    Rule {
        id: format!("{OURS}{name}"),
        enabled: true,
        filter: Filter::prefix(prefix.unwrap_or("")),
        effects,
    }
}

fn noncurrent(block: &NoncurrentBlock) -> BTreeSet<Effect> {
    let archive = moved(block.archive_after, block.to).map(|(days, class)| Effect::TransitionNoncurrent {
        days,
        class,
        keep: None,
    });
    let expire = block.expire_after.map(|after| Effect::ExpireNoncurrent {
        days: after.get(),
        keep: block.keep,
    });
    archive.into_iter().chain(expire).collect()
}

fn expire(block: &ExpireBlock) -> BTreeSet<Effect> {
    let archive = moved(block.archive_after, block.to).map(|(days, class)| Effect::Transition {
        when: When::Days(days),
        class,
    });
    let expire = Effect::Expire(When::Days(block.after.get()));
    archive.into_iter().chain([expire]).collect()
}

fn moved(after: Option<Age>, to: Option<Tier>) -> Option<(u32, String)> {
    Some((after?.get(), to?.wire().to_owned()))
}
