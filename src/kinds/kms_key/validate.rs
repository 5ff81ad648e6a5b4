//! Rules that span several arguments of a `kms_key`.

use super::policy::{LONGEST, wanted};
use super::spec::Spec;
use crate::diag::{Diagnostics, code};
use crate::model::Place;
use crate::model::schema::{EvaluatedBlock, Reference, about};
use std::collections::BTreeSet;

pub(super) fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    let name = &spec.name;
    let bad = if name.is_empty() || name.len() > 250 || !name.chars().all(allowed) {
        Some("an alias has 1 to 250 letters, digits, slashes, underscores and hyphens")
    } else if name.starts_with("aws/") {
        Some("aliases that begin with aws/ belong to keys that AWS manages")
    } else if name.starts_with("alias/") {
        Some("write the alias without alias/")
    } else {
        None
    };
    if let Some(why) = bad {
        let detail = format!("name: \"{name}\" cannot be the alias of a key; {why}.");
        diagnostics.push(about(block, "name", code::INVALID_VALUE, detail));
    }
    principals("administrators", &spec.administrators, block, diagnostics);
    principals("users", &spec.users, block, diagnostics);
    let names = |all: &[Reference]| -> BTreeSet<String> {
        all.iter()
            .filter_map(|r| r.arn.as_ref())
            .map(ToString::to_string)
            .collect()
    };
    for both in names(&spec.administrators).intersection(&names(&spec.users)) {
        diagnostics.push(
            about(
                block,
                "users",
                code::CONFLICT,
                format!(
                    "{both} would both administer and use the key, so that one stolen credential could read every \
                     copy and change who else can."
                ),
            )
            .remedy("Name two roles: one that administers, one that uses."),
        );
    }
    if spec.wants_policy() && spec.administrators.is_empty() && spec.delegate_to_iam != Some(true) {
        diagnostics.push(
            about(
                block,
                "users",
                code::CONFLICT,
                "The key policy names nobody who could change it but the account's root user.",
            )
            .remedy("Set administrators, or delegate_to_iam = true."),
        );
    }
    if !spec.wants_policy() && spec.delegate_to_iam.is_some() {
        diagnostics.push(
            about(
                block,
                "delegate_to_iam",
                code::CONFLICT,
                "delegate_to_iam is part of the key policy, and the block declares none.",
            )
            .remedy("Set administrators and users, or remove it."),
        );
    }
    replicas(spec, place, block, diagnostics);
    let size = wanted(spec, place).map_or(0, |p| p.to_json().to_string().len());
    if size > LONGEST {
        let detail = format!("the key policy has {size} bytes; KMS takes {LONGEST} at most.");
        diagnostics.push(about(block, "statement", code::INVALID_VALUE, detail));
    }
    for key in spec.tags.iter().flat_map(|tags| tags.keys()) {
        if key.starts_with("aws:") || key.starts_with("backstay:") {
            let detail = format!("tags: \"{key}\" has a prefix that is reserved.");
            diagnostics.push(about(block, "tags", code::INVALID_VALUE, detail));
        }
    }
}

fn principals(path: &str, all: &[Reference], block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    for one in all {
        let is_iam = one
            .arn
            .as_ref()
            .is_some_and(|a| ["iam", "sts"].contains(&a.service()));
        if !is_iam {
            let shown = one.address.as_ref().map(ToString::to_string).or(one.name.clone());
            diagnostics.push(
                about(
                    block,
                    path,
                    code::INVALID_VALUE,
                    format!(
                        "{path}: {} is no role, user or account.",
                        shown.unwrap_or_default()
                    ),
                )
                .remedy("Name a role such as iam_role.backup, or an ARN of IAM."),
            );
        }
    }
}

fn replicas(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    if spec.multi_region == Some(false) && !spec.replica.is_empty() {
        let detail = "A replica needs multi_region = true.";
        diagnostics.push(about(block, "multi_region", code::CONFLICT, detail));
    }
    let mut seen = BTreeSet::new();
    for (n, replica) in spec.replica.iter().enumerate() {
        let at = block
            .blocks
            .get("replica")
            .and_then(|b| b.get(n))
            .unwrap_or(block);
        if !seen.insert(&replica.region) {
            let detail = format!("Two replica blocks name {}.", replica.region);
            diagnostics.push(about(at, "region", code::DUPLICATE, detail));
        }
        if replica.region == place.region {
            let detail = format!("The key itself is in {}.", place.region);
            diagnostics.push(about(at, "region", code::CONFLICT, detail).remedy("Name another region."));
        }
    }
}
