//! Blocks from JSON, for what the language would hand over.

use crate::diag::{Diagnostics, Severity};
use crate::kinds::s3_bucket::{S3Bucket, Spec};
use crate::kinds::testing;
use serde_json::Value as Json;

/// The decoded block, and what was said of it.
pub(super) fn decoded(json: &Json) -> (Option<Spec>, Diagnostics) {
    testing::decoded::<S3Bucket>(json, &super::place())
}

/// Severity and code of everything that is said of a block.
pub(super) fn said(json: &Json) -> Vec<(Severity, &'static str, String)> {
    let (_, diagnostics) = decoded(json);
    diagnostics
        .iter()
        .map(|d| (d.severity, d.code.id(), d.detail.clone()))
        .collect()
}
