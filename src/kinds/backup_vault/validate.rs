//! Rules that span several arguments of a `backup_vault`.

use super::spec::{Mode, Spec};
use crate::diag::{Diagnostics, code};
use crate::model::schema::{EvaluatedBlock, about};
use crate::model::{AccountId, Place};

/// Days that an air-gapped vault keeps a recovery point at least.
const AIR_GAP_LEAST: u32 = 7;

pub(super) fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let mut say = |path: &str, code, detail: String, remedy: &str| {
        let diagnostic = about(block, path, code, detail);
        diagnostics.push(match remedy {
            "" => diagnostic,
            remedy => diagnostic.remedy(remedy),
        });
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !(2..=50).contains(&spec.name.len()) || !spec.name.chars().all(allowed) {
        let detail = format!(
            "name: \"{}\" cannot be a vault's; it has 2 to 50 letters, digits, hyphens and underscores.",
            spec.name
        );
        say("name", code::INVALID_VALUE, detail, "");
    }
    if let Some(key) = &spec.kms_key {
        let is_key = key.arn.as_ref().is_some_and(|a| a.service() == "kms");
        if !is_key {
            let detail = "kms_key: it is not a key.".to_owned();
            say(
                "kms_key",
                code::INVALID_VALUE,
                detail,
                "Name a kms_key, or the ARN of a key or an alias.",
            );
        } else if key.region.as_ref().is_some_and(|r| *r != place.region) {
            let detail = format!(
                "The key lies in another region than the vault, which is in {}.",
                place.region
            );
            say(
                "kms_key",
                code::CONFLICT,
                detail,
                "Name a key there, such as a replica.",
            );
        }
    }
    for from in spec.receives_from.iter().flatten() {
        let is_organization = from.strip_prefix("o-").is_some_and(|rest| {
            (10..=32).contains(&rest.len()) && rest.chars().all(|c| c.is_ascii_alphanumeric())
        });
        if from.parse::<AccountId>().is_err() && !is_organization {
            let detail = format!("receives_from: \"{from}\" is neither an account nor an organization.");
            say(
                "receives_from",
                code::INVALID_VALUE,
                detail,
                "Write twelve digits, or o- and an id.",
            );
        }
    }
    if spec.receives_from.iter().flatten().next().is_some()
        && spec.kms_key.is_none()
        && spec.air_gapped != Some(true)
    {
        say(
            "receives_from",
            code::CONFLICT,
            "Copies come from another account, and the service's own key, which the vault has without kms_key, cannot \
             encrypt them."
                .to_owned(),
            "Set kms_key.",
        );
    }
    if !spec.guardians.is_empty() && spec.deny_delete != Some(true) {
        let detail = "guardians are excepted from deny_delete, which is not set.".to_owned();
        say("guardians", code::CONFLICT, detail, "Set deny_delete = true.");
    }
    if spec
        .guardians
        .iter()
        .any(|g| g.arn.as_ref().is_none_or(|a| a.service() != "iam"))
    {
        let detail = "guardians: one of them is no role or user.".to_owned();
        say("guardians", code::INVALID_VALUE, detail, "");
    }
    for key in spec.tags.iter().flat_map(|tags| tags.keys()) {
        if key.starts_with("aws:") || key.starts_with("backstay:") {
            say(
                "tags",
                code::INVALID_VALUE,
                format!("tags: \"{key}\" has a prefix that is reserved."),
                "",
            );
        }
    }
    lock(spec, &mut say);
}

fn lock(spec: &Spec, say: &mut impl FnMut(&str, crate::diag::Code, String, &str)) {
    let air_gapped = spec.air_gapped == Some(true);
    let Some(lock) = &spec.lock else {
        if air_gapped {
            let detail =
                "An air-gapped vault is locked from birth, and needs to know for how long.".to_owned();
            say(
                "air_gapped",
                code::MISSING_ATTRIBUTE,
                detail,
                "Add lock { mode = \"compliance\"  min = …  max = … }.",
            );
        }
        return;
    };
    if let (Some(min), Some(max)) = (lock.min, lock.max)
        && min.get() > max.get()
    {
        say(
            "lock.min",
            code::CONFLICT,
            format!("lock: min ({min}) is more than max ({max})."),
            "",
        );
    }
    if lock.min.is_none() && lock.max.is_none() {
        let detail = "A lock without min and max protects nothing but itself.".to_owned();
        say("lock", code::MISSING_ATTRIBUTE, detail, "Set min.");
    }
    match (lock.mode, lock.grace, air_gapped) {
        (Mode::Compliance, None, false) => {
            let detail = "A compliance lock needs a time in which it can still be taken back.".to_owned();
            say("lock", code::MISSING_ATTRIBUTE, detail, "Set grace, at least 3d.");
        }
        (Mode::Governance, Some(_), _) => {
            let detail = "A governance lock can always be taken back, so it has no grace time.".to_owned();
            say(
                "lock.grace",
                code::CONFLICT,
                detail,
                "Remove grace, or set mode = \"compliance\".",
            );
        }
        (Mode::Governance, None, true) => {
            let detail = "An air-gapped vault is locked in compliance mode from birth.".to_owned();
            say("lock.mode", code::CONFLICT, detail, "Set mode = \"compliance\".");
        }
        _ => {}
    }
    if air_gapped && (lock.max.is_none() || lock.min.is_none_or(|m| m.get() < AIR_GAP_LEAST)) {
        let detail = "An air-gapped vault needs lock.max, and lock.min of at least 7d.".to_owned();
        say("lock", code::MISSING_ATTRIBUTE, detail, "");
    }
}
