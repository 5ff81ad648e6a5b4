//! Diagnostics: what went wrong, where, why, and what to do next.
//!
//! Nothing below this module knows how a terminal looks: a [`Diagnostic`] is
//! plain data with a stable [`Code`], and [`render`] turns it into text.
//! Passes over user input collect into [`Diagnostics`] and go on, so that every
//! error of a file is reported at once.

pub mod code;
pub mod escape;
mod excerpt;
mod exit;
pub mod render;
mod source;

pub use code::Code;
pub use exit::Exit;
pub use source::{FileId, Location, Sources, Span};

use std::borrow::Cow;

/// How bad a diagnostic is. Errors stop the command before it reads or writes the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Shown, and the command goes on.
    Warning,
    /// The command ends with exit code 1.
    Error,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable identity, documented in `docs/errors.md`.
    pub code: Code,
    /// One constant sentence without user names: what is wrong.
    pub summary: Cow<'static, str>,
    /// Why, in full sentences, with the names and values at hand.
    pub detail: String,
    /// What to do next.
    pub remedy: Option<String>,
    /// Where in the user's text.
    pub span: Option<Span>,
    /// Other places that matter (the first definition, the rest of a cycle).
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// An error with `code`'s summary.
    pub fn error(code: Code, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            summary: Cow::Borrowed(code.summary()),
            detail: detail.into(),
            remedy: None,
            span: None,
            related: Vec::new(),
        }
    }

    /// A warning with `code`'s summary.
    pub fn warning(code: Code, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, detail)
        }
    }

    /// Sets where in the user's text.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }

    /// Sets what to do next.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }
}

/// An accumulator: passes push and go on.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty accumulator.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Takes all of another accumulator.
    pub fn append(&mut self, other: Diagnostics) {
        self.items.extend(other.items);
    }

    /// True when at least one error is among them.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|d| d.severity == Severity::Error)
    }

    /// True when there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// In the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// `Ok(value)` when there is no error, else everything that was said.
    pub fn into_result<T>(self, value: T) -> Result<(T, Diagnostics), Diagnostics> {
        if self.has_errors() {
            Err(self)
        } else {
            Ok((value, self))
        }
    }

    /// Sorts by file and position; diagnostics without a place come last.
    pub fn sort(&mut self) {
        self.items
            .sort_by_key(|d| d.span.map_or((u32::MAX, u32::MAX), |s| (s.file.index(), s.start)));
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(value: Diagnostic) -> Self {
        Self { items: vec![value] }
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(iter: T) -> Self {
        Self {
            items: iter.into_iter().collect(),
        }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, iter: T) {
        self.items.extend(iter);
    }
}
