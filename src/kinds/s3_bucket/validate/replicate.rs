//! Rules of replication.

use crate::diag::{Diagnostic, Diagnostics, code};
use crate::kinds::s3_bucket::replication::{MINUTES, rule_id};
use crate::kinds::s3_bucket::role::{replica_region, to_itself};
use crate::kinds::s3_bucket::spec::{ReplicateBlock, Spec, bucket_name, key_id};
use crate::model::schema::{EvaluatedBlock, about};
use std::collections::BTreeSet;

pub(super) fn replicate(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let blocks = block
        .blocks
        .get("replicate")
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut rules = BTreeSet::new();
    for (rule, at) in spec.replicate.iter().zip(blocks) {
        destination(spec, rule, at, diagnostics);
        within(rule, at, diagnostics);
        keys(spec, rule, at, diagnostics);
        if rule.delete_markers == Some(true) && spec.object_lock.is_some() {
            diagnostics.push(
                super::warning(about(
                    at,
                    "delete_markers",
                    code::CONFLICT,
                    "a lock keeps versions and not their visibility: with delete_markers a deletion here hides the \
                     locked copy too.",
                ))
                .remedy("Leave delete_markers out."),
            );
        }
        if let Some(role) = &rule.role
            && role.arn.as_ref().is_none_or(|a| a.service() != "iam")
        {
            diagnostics.push(
                about(
                    at,
                    "role",
                    code::INVALID_VALUE,
                    "role is neither an iam_role of this posture nor a role's ARN.",
                )
                .remedy("Write arn:aws:iam::ACCOUNT:role/NAME, or leave it out to have one derived."),
            );
        }
        let id = rule_id(
            bucket_name(&rule.to).unwrap_or_default(),
            rule.prefix.as_deref().unwrap_or(""),
        );
        if !rules.insert(id) {
            diagnostics.push(
                Diagnostic::error(
                    code::DUPLICATE,
                    "two replicate blocks copy the same keys to the same bucket.",
                )
                .at(at.span)
                .remedy("Merge them, or give each a prefix of its own."),
            );
        }
    }
    one_role(spec, blocks, diagnostics);
}

fn destination(spec: &Spec, rule: &ReplicateBlock, at: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let wrong_kind = rule.to.address.as_ref().is_some_and(|a| a.kind != "s3_bucket")
        || rule.to.arn.as_ref().is_some_and(|a| a.service() != "s3");
    if wrong_kind || bucket_name(&rule.to).is_none() {
        diagnostics.push(
            about(at, "to", code::INVALID_VALUE, "to is not a bucket.").remedy(
                "Refer to an s3_bucket of this posture, or write the name or ARN of a bucket outside it.",
            ),
        );
    } else if to_itself(spec, rule) {
        diagnostics.push(
            about(at, "to", code::CONFLICT, "the bucket would be copied to itself.")
                .remedy("Name another bucket, best in another region and account."),
        );
    }
    if let (Some(said), Some(known)) = (&rule.account, &rule.to.account)
        && said != known
    {
        diagnostics.push(
            about(
                at,
                "account",
                code::CONFLICT,
                format!("account is {said}, and the bucket belongs to {known}."),
            )
            .remedy("Leave account out: it is known for a bucket of this posture."),
        );
    }
}

fn within(rule: &ReplicateBlock, at: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let seconds = u64::from(MINUTES) * 60;
    if let Some(within) = rule.within.filter(|w| w.as_secs() != seconds) {
        diagnostics.push(
            about(
                at,
                "within",
                code::INVALID_VALUE,
                format!("within is {within}; S3 promises {MINUTES}m or nothing."),
            )
            .remedy("Write within = \"15m\", or leave it out."),
        );
    }
}

fn keys(spec: &Spec, rule: &ReplicateBlock, at: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let encrypted = spec.encryption.as_ref().and_then(|e| e.kms_key.as_ref());
    let Some(key) = &rule.kms_key else {
        if encrypted.is_some() {
            diagnostics.push(
                super::warning(
                    Diagnostic::error(
                        code::CONFLICT,
                        "the bucket's objects are encrypted with a KMS key, and S3 does not copy such objects unless \
                         replicate names the key for the copies: no new object would be copied.",
                    )
                    .at(at.span),
                )
                .remedy("Add kms_key, a key in the destination's region."),
            );
        }
        return;
    };
    let key_region = key.region.clone().or_else(|| key.arn.as_ref()?.region());
    if let (Some(of_key), Some(of_bucket)) = (&key_region, &rule.to.region)
        && of_key != of_bucket
    {
        diagnostics.push(
            about(
                at,
                "kms_key",
                code::CONFLICT,
                format!(
                    "the key is in {of_key} and the destination in {of_bucket}: S3 would take this rule and then fail \
                     to copy each object."
                ),
            )
            .remedy(format!("Name a key in {of_bucket}.")),
        );
    }
    if rule.role.is_some() {
        return;
    }
    if !key_id(key).is_some_and(|id| id.starts_with("arn:")) {
        diagnostics.push(
            about(
                at,
                "kms_key",
                code::INVALID_VALUE,
                "the derived role has to be allowed to use the key, which only its ARN can say.",
            )
            .remedy("Write the key's ARN, or name a role of your own with role."),
        );
    }
    if encrypted.is_none() {
        diagnostics.push(
            super::warning(about(
                at,
                "kms_key",
                code::CONFLICT,
                "which key the bucket's objects are encrypted with is not declared, so that the derived role is not \
                 allowed to decrypt them.",
            ))
            .remedy("Declare encryption { kms_key = … }, or name a role of your own with role."),
        );
    } else if replica_region(rule).is_none() {
        diagnostics.push(super::warning(about(
            at,
            "kms_key",
            code::CONFLICT,
            "the destination's region is not known, so that the derived role may use the key through any service.",
        )));
    }
}

/// A bucket has one role for all its rules.
fn one_role(spec: &Spec, blocks: &[EvaluatedBlock], diagnostics: &mut Diagnostics) {
    let roles: BTreeSet<Option<String>> = spec
        .replicate
        .iter()
        .map(|rule| rule.role.as_ref().and_then(key_id))
        .collect();
    let Some(last) = blocks.last().filter(|_| roles.len() > 1) else {
        return;
    };
    diagnostics.push(
        about(
            last,
            "role",
            code::CONFLICT,
            "S3 copies with one role for the whole bucket, and these replicate blocks name different ones.",
        )
        .remedy("Name the same role in each, or none in any."),
    );
}
