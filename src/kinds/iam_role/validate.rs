//! Rules of a role's block that span several arguments.

use super::diff::{policy, trust};
use super::spec::Spec;
use crate::diag::{Diagnostic, Diagnostics, Severity, code};
use crate::kinds::iam::limits;
use crate::model::schema::{EvaluatedBlock, about};

pub(super) fn validate(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let bad = |path: &str, why: String| about(block, path, code::INVALID_VALUE, format!("{path}: {why}."));
    diagnostics.extend(limits::bad_name(&spec.name).map(|why| bad("name", why)));
    if let Some(path) = &spec.path {
        diagnostics.extend(limits::bad_path(path).map(|why| bad("path", why)));
        if path.starts_with("/backstay/") && path.ends_with("/writer/") {
            diagnostics.push(
                bad("path", "roles under this path are backup writers".into())
                    .remedy("Declare a writer_role, or choose another path."),
            );
        }
    }
    if let Some(session) = spec.max_session
        && !limits::SESSION.contains(&session.as_secs())
    {
        diagnostics.push(bad("max_session", format!("{session} lies outside 1h to 12h")));
    }
    if let Some(boundary) = &spec.boundary
        && boundary.arn.is_none()
    {
        diagnostics.push(bad("boundary", "it is not the ARN of a managed policy".into()));
    }
    if spec
        .description
        .as_ref()
        .is_some_and(|d| d.chars().count() > 1000)
    {
        diagnostics.push(bad("description", "it is longer than 1000 characters".into()));
    }
    for key in spec.tags.iter().flat_map(|tags| tags.keys()) {
        if key.starts_with("aws:") || key.starts_with("backstay:") {
            diagnostics.push(bad("tags", format!("\"{key}\" has a prefix that is reserved")));
        }
    }
    if let Some(arns) = &spec.managed_policies {
        for arn in arns.iter().filter(|a| !a.starts_with("arn:")) {
            diagnostics.push(bad(
                "managed_policies",
                format!("\"{arn}\" is not the ARN of a policy"),
            ));
        }
        if arns.len() > limits::ATTACHED_AT_MOST {
            diagnostics.push(bad(
                "managed_policies",
                format!(
                    "{} policies are named; a role takes 10, and {} at most after a quota increase",
                    arns.len(),
                    limits::ATTACHED_AT_MOST
                ),
            ));
        }
    }
    documents(spec, block, diagnostics);
}

fn documents(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    for (n, statement) in spec.trust.iter().enumerate() {
        let statement = statement.statement();
        if let Some(why) = limits::bad_trust_statement(&statement) {
            diagnostics.push(nth(block, "trust", n, format!("This trust cannot work: {why}.")));
        }
        if limits::trusts_everybody(&statement) {
            let everybody = nth(
                block,
                "trust",
                n,
                "Anybody with any AWS account may assume this role.".into(),
            )
            .remedy("Name the principals, or add a condition.");
            diagnostics.push(Diagnostic {
                severity: Severity::Warning,
                ..everybody
            });
        }
    }
    for (n, statement) in spec.statement.iter().enumerate() {
        if let Some(why) = limits::bad_identity_statement(&statement.statement()) {
            diagnostics.push(nth(
                block,
                "statement",
                n,
                format!("This statement cannot work: {why}."),
            ));
        }
    }
    if let Some(trust) = trust(spec) {
        let size = limits::size(&trust);
        if size > limits::TRUST_DEFAULT {
            let too_long = about(
                block,
                "trust",
                code::INVALID_VALUE,
                format!(
                    "The trust policy has {size} characters; IAM takes {}, and {} at most after a quota increase.",
                    limits::TRUST_DEFAULT,
                    limits::TRUST_AT_MOST
                ),
            );
            let severity = if size > limits::TRUST_AT_MOST {
                Severity::Error
            } else {
                Severity::Warning
            };
            diagnostics.push(Diagnostic { severity, ..too_long });
        }
    }
    if let Some(policy) = policy(spec) {
        let size = limits::size(&policy);
        if size > limits::INLINE_AT_MOST {
            diagnostics.push(
                about(
                    block,
                    "statement",
                    code::INVALID_VALUE,
                    format!(
                        "The statements have {size} characters together; the inline policies of a role take {}.",
                        limits::INLINE_AT_MOST
                    ),
                )
                .remedy("Use wildcards in resources, or a managed policy."),
            );
        }
    }
}

/// About the `n`th nested block of a type.
fn nth(block: &EvaluatedBlock, kind: &str, n: usize, detail: String) -> Diagnostic {
    let span = block
        .blocks
        .get(kind)
        .and_then(|blocks| blocks.get(n))
        .map_or(block.span, |b| b.span);
    Diagnostic::error(code::INVALID_VALUE, detail).at(span)
}
