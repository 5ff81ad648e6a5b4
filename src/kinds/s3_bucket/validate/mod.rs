//! Rules that span several arguments, told when planning and not by S3 half-way through an apply.

mod ages;
mod name;
mod replicate;

use super::policy;
use super::spec::{Mode, Spec};
use crate::diag::{Diagnostic, Diagnostics, Severity, code};
use crate::model::schema::{EvaluatedBlock, about};

/// The most tags that a bucket has.
const MOST_TAGS: usize = 50;

/// See [`Kind::validate`](crate::kinds::Kind::validate).
pub(super) fn validate(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    name::name(spec, block, diagnostics);
    versioning(spec, block, diagnostics);
    lock(spec, block, diagnostics);
    ages::noncurrent(spec, block, diagnostics);
    ages::expire(spec, block, diagnostics);
    replicate::replicate(spec, block, diagnostics);
    encryption(spec, block, diagnostics);
    size_of_policy(spec, block, diagnostics);
    tags(spec, block, diagnostics);
}

/// The same as a warning.
fn warning(diagnostic: Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        ..diagnostic
    }
}

fn versioning(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    if spec.versioning != Some(false) {
        return;
    }
    for (needs, what) in [
        (spec.object_lock.is_some(), "object_lock"),
        (!spec.replicate.is_empty(), "replicate"),
    ] {
        if needs {
            diagnostics.push(
                about(
                    block,
                    "versioning",
                    code::CONFLICT,
                    format!("{what} works only on a bucket that keeps versions, and versioning is false."),
                )
                .remedy("Write versioning = true, or leave it out."),
            );
        }
    }
}

fn lock(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let Some(lock) = &spec.object_lock else {
        return;
    };
    match (lock.mode, lock.retention) {
        (None, None) => diagnostics.push(
            warning(about(
                block,
                "object_lock",
                code::CONFLICT,
                "object_lock without mode and retention locks nothing: it only makes the bucket able to lock.",
            ))
            .remedy("Write mode = \"governance\" and retention = \"30d\", unless writers lock each object themselves."),
        ),
        (Some(_), None) | (None, Some(_)) => diagnostics.push(
            about(
                block,
                "object_lock",
                code::MISSING_ATTRIBUTE,
                "mode and retention belong together: one says who can take a lock back, the other for how long it holds.",
            )
            .remedy("Write both, such as mode = \"governance\" and retention = \"30d\"."),
        ),
        (Some(mode), Some(retention)) => {
            let expire = spec.noncurrent.as_ref().and_then(|n| n.expire_after);
            if let Some(expire) = expire.filter(|e| e.get() < retention.get()) {
                diagnostics.push(
                    about(
                        block,
                        "noncurrent.expire_after",
                        code::CONFLICT,
                        format!(
                            "replaced versions are to be deleted after {expire}, while each is locked for {retention} \
                             ({}): S3 would keep them until their lock is over.",
                            mode.as_str()
                        ),
                    )
                    .remedy(format!("Write expire_after = \"{retention}\" or longer.")),
                );
            }
            if mode == Mode::Compliance && retention.get() > 10 * 366 {
                diagnostics.push(
                    warning(about(
                        block,
                        "object_lock.retention",
                        code::INVALID_VALUE,
                        format!(
                            "every version is locked for {retention}, more than ten years, and nobody can delete it or \
                             stop paying for it before."
                        ),
                    ))
                    .remedy("Check the number; try governance mode first."),
                );
            }
        }
    }
}

fn encryption(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let Some(encryption) = &spec.encryption else {
        return;
    };
    if encryption.kms_key.is_none() && encryption.bucket_key == Some(true) {
        diagnostics.push(
            warning(about(
                block,
                "encryption.bucket_key",
                code::CONFLICT,
                "bucket_key saves calls to KMS, and without kms_key nothing is encrypted with KMS.",
            ))
            .remedy("Remove it, or name a kms_key."),
        );
    }
}

fn size_of_policy(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let Some(declared) = &spec.policy else {
        return;
    };
    let statements = declared.statement.iter().map(|s| s.statement());
    let document = crate::model::policy::Document::new(statements);
    let size = document.to_json().to_string().len();
    if size > policy::LONGEST {
        diagnostics.push(
            about(
                block,
                "policy",
                code::INVALID_VALUE,
                format!(
                    "the policy has {size} bytes; S3 takes {} at most.",
                    policy::LONGEST
                ),
            )
            .remedy("Merge statements, or use wildcards."),
        );
    }
    for statement in &document.statements {
        if statement.principals.is_none() {
            diagnostics.push(
                about(
                    block,
                    "policy",
                    code::MISSING_ATTRIBUTE,
                    "a statement of a bucket policy has to say whom it is about.",
                )
                .remedy("Add principals { type = \"AWS\" identifiers = [\"…\"] }."),
            );
        }
        if statement
            .sid
            .as_deref()
            .is_some_and(|sid| sid.starts_with(policy::OURS))
        {
            diagnostics.push(
                about(
                    block,
                    "policy",
                    code::CONFLICT,
                    format!(
                        "statement ids that begin with {} are those of statements that other blocks add.",
                        policy::OURS
                    ),
                )
                .remedy("Choose another sid."),
            );
        }
    }
}

fn tags(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let Some(tags) = &spec.tags else {
        return;
    };
    let mut wrong = |detail: String, remedy: &str| {
        diagnostics.push(about(block, "tags", code::INVALID_VALUE, detail).remedy(remedy));
    };
    if tags.len() >= MOST_TAGS {
        wrong(
            format!(
                "{} tags are declared; a bucket has {MOST_TAGS} at most.",
                tags.len()
            ),
            "Declare fewer.",
        );
    }
    for (key, value) in tags {
        let reserved = key.starts_with("aws:") || key.starts_with("backstay:");
        if reserved {
            wrong(
                format!(
                    "the tag \"{key}\" is not for declaring: AWS and backstay write tags of that prefix."
                ),
                "Choose another key.",
            );
        }
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            wrong(
                format!(
                    "the tag \"{key}\" is too long or empty: a key has 1 to 128 characters, a value up to 256."
                ),
                "Shorten it.",
            );
        }
    }
}
