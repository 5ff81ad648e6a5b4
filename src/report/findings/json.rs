//! JSON: the assessment as it is.

use super::{Unwritable, unwritable};
use crate::check::Assessment;
use crate::report::escape;

/// One object on one line, as `schemas/check.schema.json` describes it.
///
/// # Errors
/// When it can't be serialised, which is a defect.
pub fn json(assessment: &Assessment) -> Result<String, Unwritable> {
    let text = serde_json::to_string(assessment).map_err(|e| unwritable("JSON", e))?;
    Ok(escape::json(&text) + "\n")
}
