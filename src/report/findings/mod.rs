//! An assessment in each format. All of them show the same findings; only text and markdown,
//! which are for people, leave out the details of what passes.

mod group;
mod json;
mod junit;
mod markdown;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use crate::check::Assessment;
use crate::report::Style;

/// How to write an assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// One object, as `schemas/check.schema.json` describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports.
    Junit,
    /// For a comment on a pull request.
    Markdown,
}

/// Writes an assessment; `style` matters to text only.
///
/// # Errors
/// When a format cannot hold what the assessment says, which is a defect.
pub fn render(assessment: &Assessment, format: Format, style: Style) -> Result<String, Unwritable> {
    match format {
        Format::Text => Ok(text(assessment, style)),
        Format::Markdown => Ok(markdown(assessment)),
        Format::Json => json(assessment),
        Format::Sarif => sarif(assessment),
        Format::Junit => junit(assessment),
    }
}

/// Why a report could not be written: a defect, whatever was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report could not be written as {format}: {why}")]
pub struct Unwritable {
    format: &'static str,
    why: String,
}

fn unwritable(format: &'static str, why: impl std::fmt::Display) -> Unwritable {
    Unwritable {
        format,
        why: why.to_string(),
    }
}
