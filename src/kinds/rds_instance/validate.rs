//! Rules of a database's block that span several arguments.

use super::spec::Spec;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::kinds::keys;
use crate::model::schema::{EvaluatedBlock, about};
use crate::model::{Arn, Place};
use std::collections::BTreeSet;

/// Why an identifier is not accepted (RDS User Guide: 1 to 63 letters, digits and hyphens).
fn bad_identifier(identifier: &str) -> Option<&'static str> {
    let mut chars = identifier.chars();
    if identifier.is_empty() || identifier.len() > 63 {
        Some("an identifier has 1 to 63 characters")
    } else if !chars.next().is_some_and(|c| c.is_ascii_alphabetic()) {
        Some("an identifier starts with a letter")
    } else if !chars.all(|c| c.is_ascii_alphanumeric() || c == '-') {
        Some("an identifier consists of letters, digits and hyphens")
    } else if identifier.ends_with('-') || identifier.contains("--") {
        Some("an identifier neither ends with a hyphen nor holds two in a row")
    } else {
        None
    }
}

pub(super) fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    if let Some(why) = bad_identifier(&spec.identifier) {
        diagnostics.push(about(
            block,
            "identifier",
            code::INVALID_VALUE,
            format!("identifier: \"{}\" cannot be one; {why}.", spec.identifier),
        ));
    }
    for key in spec.tags.iter().flat_map(|tags| tags.keys()) {
        if key.starts_with("aws:") || key.starts_with("backstay:") {
            diagnostics.push(about(
                block,
                "tags",
                code::INVALID_VALUE,
                format!("tags: \"{key}\" has a prefix that is reserved."),
            ));
        }
    }
    replicas(spec, place, block, diagnostics);
}

fn replicas(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (n, replicate) in spec.replicate.iter().enumerate() {
        let region = &replicate.region;
        let at = |path: &str, code, detail: String| -> Diagnostic {
            let nested = block.blocks.get("replicate").and_then(|b| b.get(n));
            about(nested.unwrap_or(block), path, code, detail)
        };
        if !seen.insert(region) {
            diagnostics.push(at(
                "region",
                code::DUPLICATE,
                format!("Two replicate blocks name {region}; RDS keeps one copy in a region."),
            ));
        }
        if place.region == *region {
            diagnostics.push(
                at(
                    "region",
                    code::CONFLICT,
                    format!("The instance itself lies in {region}, so a copy there would be lost with it."),
                )
                .remedy("Name another region."),
            );
        }
        match &replicate.kms_key {
            None if spec.encrypted == Some(true) => diagnostics.push(
                at(
                    "kms_key",
                    code::CONFLICT,
                    format!("The instance is declared as encrypted, and its copy in {region} has no key."),
                )
                .remedy(format!("Set kms_key to a key in {region}.")),
            ),
            None => {}
            Some(key) => {
                let arn = keys::declared(key, region, &place.account_id);
                let is_key = |arn: &Arn| {
                    arn.service() == "kms" && (arn.resource().starts_with("key/") || keys::is_alias(arn))
                };
                match arn {
                    Some(arn) if is_key(&arn) && arn.region().as_ref() == Some(region) => {}
                    Some(arn) if is_key(&arn) => {
                        let mut remedy = format!("Name a key in {region}.");
                        if key.address.is_some() {
                            let there = keys::full(
                                arn.resource(),
                                region,
                                arn.account().as_ref().unwrap_or(&place.account_id),
                            );
                            let there = there.map_or_else(String::new, String::from);
                            remedy = format!(
                                "Declare a kms_key in {region}; or, if that key has a replica there, write its alias: \
                                 {there}."
                            );
                        }
                        let detail = format!(
                            "The key has to be in {region}, where the copy is made, and lies in another region: {arn}."
                        );
                        diagnostics.push(at("kms_key", code::CONFLICT, detail).remedy(remedy));
                    }
                    _ => diagnostics.push(
                        at("kms_key", code::INVALID_VALUE, "kms_key: it is not a key.".into()).remedy(
                            format!("Name a kms_key in {region}, or the ARN of a key or an alias there."),
                        ),
                    ),
                }
            }
        }
    }
}
