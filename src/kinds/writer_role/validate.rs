//! Rules of a writer's block that span several arguments: above all, that its trust is exact.

use super::documents;
use super::spec::{Spec, Trust};
use crate::diag::{Diagnostic, Diagnostics, Severity, code};
use crate::kinds::Kind;
use crate::kinds::iam::limits;
use crate::kinds::rds_instance::RdsInstance;
use crate::model::schema::{EvaluatedBlock, about};
use crate::model::{Address, Place};

pub(super) fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let bad = |path: &str, why: String| about(block, path, code::INVALID_VALUE, format!("{path}: {why}."));
    if let Some(name) = &spec.name {
        diagnostics.extend(limits::bad_name(name).map(|why| bad("name", why)));
    }
    if let Some(prefix) = &spec.prefix {
        if prefix.starts_with('/') || prefix.contains(['*', '?', '$']) {
            diagnostics.push(bad(
                "prefix",
                format!("\"{prefix}\" is not a prefix of keys; write one such as \"pg/\", without wildcards"),
            ));
        } else if !prefix.is_empty() && !prefix.ends_with('/') {
            let open = bad(
                "prefix",
                format!(
                    "\"{prefix}\" also covers keys such as \"{prefix}-other\"; end it in a slash if it is a folder"
                ),
            );
            diagnostics.push(Diagnostic {
                severity: Severity::Warning,
                ..open
            });
        }
    }
    if let Some(session) = spec.max_session
        && !limits::SESSION.contains(&session.as_secs())
    {
        diagnostics.push(bad("max_session", format!("{session} lies outside 1h to 12h")));
    }
    for key in spec.tags.iter().flat_map(|tags| tags.keys()) {
        if key.starts_with("aws:") || key.starts_with("backstay:") {
            diagnostics.push(bad("tags", format!("\"{key}\" has a prefix that is reserved")));
        }
    }
    targets(spec, place, block, diagnostics);
    key(spec, block, diagnostics);
    dumps(spec, block, diagnostics);
    if spec.trust.is_empty() {
        diagnostics.push(about(
            block,
            "trust",
            code::MISSING_ATTRIBUTE,
            "The block has no trust, so nobody could assume the role.",
        ));
    }
    for (n, trust) in spec.trust.iter().enumerate() {
        let nested = block.blocks.get("trust").and_then(|b| b.get(n)).unwrap_or(block);
        trusted(trust, nested, diagnostics);
    }
}

fn targets(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    if spec.writes_to.is_empty() {
        diagnostics.push(about(
            block,
            "writes_to",
            code::MISSING_ATTRIBUTE,
            "writes_to names no bucket, so the role could do nothing.",
        ));
    }
    for target in &spec.writes_to {
        let name = target.name.as_deref().unwrap_or("it");
        match &target.arn {
            Some(arn) if arn.service() == "s3" && !arn.resource().contains(['/', '*', '?', ':']) => {
                if target.address.is_none() {
                    let outside = about(
                        block,
                        "writes_to",
                        code::CONFLICT,
                        format!(
                            "{arn} is not declared in this posture, so its bucket policy is not managed: only the \
                             role's own policy and boundary keep the writer from reading and deleting there."
                        ),
                    )
                    .remedy("Declare the bucket as s3_bucket and refer to it, or write the Deny statements yourself.");
                    diagnostics.push(Diagnostic {
                        severity: Severity::Warning,
                        ..outside
                    });
                }
            }
            _ => diagnostics.push(about(
                block,
                "writes_to",
                code::INVALID_VALUE,
                format!("writes_to: {name} is neither an s3_bucket of this posture nor the ARN of a bucket."),
            )),
        }
    }
    let size = limits::size(&documents::boundary(spec, &place.region));
    if size > limits::MANAGED_AT_MOST {
        diagnostics.push(
            about(
                block,
                "writes_to",
                code::INVALID_VALUE,
                format!(
                    "The boundary for {} buckets has {size} characters; IAM takes {}.",
                    spec.writes_to.len(),
                    limits::MANAGED_AT_MOST
                ),
            )
            .remedy("Declare several writers, each for some of the buckets."),
        );
    }
    let size = limits::size(&documents::trust(spec, place));
    if size > limits::TRUST_DEFAULT {
        diagnostics.push(about(
            block,
            "trust",
            code::INVALID_VALUE,
            format!(
                "The trust policy has {size} characters; IAM takes {}.",
                limits::TRUST_DEFAULT
            ),
        ));
    }
}

fn key(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let is_key = |arn: &crate::model::Arn| arn.service() == "kms";
    match &spec.kms_key {
        Some(key) if !key.arn.as_ref().is_some_and(is_key) => diagnostics.push(about(
            block,
            "kms_key",
            code::INVALID_VALUE,
            "kms_key: it is neither a key nor the ARN of one or of its alias.",
        )),
        None if spec.multipart_decrypt == Some(true) => diagnostics.push(about(
            block,
            "multipart_decrypt",
            code::CONFLICT,
            "multipart_decrypt says something about a key, and no kms_key is set.",
        )),
        _ => {}
    }
}

/// Kinds of databases.
const DUMPED: &[&str] = &[RdsInstance::NAME];

fn dumps(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    match (&spec.dumps, &spec.every) {
        (None, Some(_)) => diagnostics.push(about(
            block,
            "every",
            code::CONFLICT,
            "every says how often something is dumped, and dumps does not say what.",
        )),
        (Some(_), None) => diagnostics.push(
            about(
                block,
                "dumps",
                code::MISSING_ATTRIBUTE,
                "dumps says what is dumped, and every does not say how often.",
            )
            .remedy("Write every = \"1d\", or as often as the job runs: older dumps count as late."),
        ),
        _ => {}
    }
    let is_database = |a: &Address| a.part.is_none() && DUMPED.contains(&a.kind.as_str());
    if let Some(of) = &spec.dumps
        && !of.address.as_ref().is_some_and(is_database)
    {
        diagnostics.push(about(
            block,
            "dumps",
            code::INVALID_VALUE,
            "dumps: it is no database of this posture; write a reference such as rds_instance.app.",
        ));
    }
    if spec.every.is_some_and(|every| every.as_secs() == 0) {
        diagnostics.push(about(
            block,
            "every",
            code::INVALID_VALUE,
            "every: no dump follows another after no time.",
        ));
    }
}

fn trusted(trust: &Trust, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let bad = |path: &str, why: String| about(block, path, code::INVALID_VALUE, format!("{path}: {why}."));
    let ways = [
        trust.github.is_some(),
        trust.role_arn.is_some(),
        trust.service.is_some(),
        trust.oidc.is_some(),
    ];
    if ways.iter().filter(|way| **way).count() != 1 {
        diagnostics.push(
            Diagnostic::error(
                code::CONFLICT,
                "A trust takes exactly one of github, role_arn, service and oidc.",
            )
            .at(block.span)
            .remedy("Write one trust block for each."),
        );
    }
    if let Some(text) = &trust.github
        && let Err(why) = documents::github_subject(text)
    {
        diagnostics.push(bad("github", why));
    }
    if let Some(role) = &trust.role_arn {
        diagnostics.extend(bad_principal(role).map(|why| bad("role_arn", why)));
    }
    if let Some(id) = &trust.external_id {
        let clean = |c: char| c.is_ascii_alphanumeric() || "+=,.@:/-_".contains(c);
        if trust.role_arn.is_none() {
            diagnostics.push(bad("external_id", "it goes with role_arn".into()));
        } else if !(2..=1224).contains(&id.len()) || !id.chars().all(clean) {
            diagnostics.push(bad(
                "external_id",
                "it has 2 to 1224 letters, digits and +=,.@:/-_".into(),
            ));
        }
    }
    if let Some(service) = &trust.service
        && !(service.ends_with(".amazonaws.com") || service.ends_with(".amazonaws.com.cn"))
    {
        diagnostics.push(bad(
            "service",
            format!("\"{service}\" is not a service; write one such as \"ecs-tasks.amazonaws.com\""),
        ));
    }
    if let Some(oidc) = &trust.oidc {
        let arn = &oidc.provider;
        if arn.service() != "iam" || !arn.resource().starts_with("oidc-provider/") {
            diagnostics.push(bad(
                "oidc.provider",
                format!("{arn} is not an OpenID Connect provider"),
            ));
        }
        for (path, text) in [("oidc.subject", &oidc.subject), ("oidc.audience", &oidc.audience)] {
            if text.is_empty() || text.contains(['*', '?']) {
                diagnostics.push(bad(
                    path,
                    format!("\"{text}\" is not exact; anybody whom the provider knows could write backups"),
                ));
            }
        }
    }
}

/// Why somebody must not be trusted to write backups.
fn bad_principal(role: &crate::model::schema::Reference) -> Option<String> {
    let Some(arn) = &role.arn else {
        return Some("it is not the ARN of a role or user".into());
    };
    let resource = arn.resource();
    if resource == "root" {
        Some(format!(
            "{arn} stands for everybody in that account who may assume roles; name one role"
        ))
    } else if resource.starts_with("assumed-role/") {
        Some(format!("{arn} is one session of a role; name the role"))
    } else if arn.service() != "iam" || !(resource.starts_with("role/") || resource.starts_with("user/")) {
        Some(format!("{arn} is neither a role nor a user"))
    } else if resource.contains(['*', '?']) {
        Some(format!(
            "{arn} holds a wildcard, which IAM does not accept in principals"
        ))
    } else {
        None
    }
}
