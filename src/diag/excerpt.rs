//! The few lines of a source that a diagnostic shows. Drawing from the whole text would cost its length
//! for every diagnostic.

use super::{Sources, Span};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A span is drawn in full up to so many bytes; of a longer one its beginning.
const MOST: usize = 2_000;

/// So much of a line is shown on either side of a span.
const AROUND: usize = 500;

/// Lines around a span, that know where they stand.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// Of its first byte in the source.
    start: usize,
    /// Of its first line, from 0.
    line: usize,
    /// Characters before it in that line.
    column: usize,
}

impl Excerpt {
    /// The excerpt around a span, and what is drawn of the span as offset and length in the source.
    pub(super) fn of(span: Span, sources: &Sources) -> (Self, SourceSpan) {
        let whole = sources.text(span.file);
        let at = floor(&whole, span.start as usize);
        let end = floor(&whole, (span.end as usize).clamp(at, at + MOST));
        // One line before, and one behind.
        let line_start = |at: usize| upto(&whole, at).rfind('\n').map_or(0, |i| i + 1);
        let line_end = |at: usize| from(&whole, at).find('\n').map_or(whole.len(), |i| at + i);
        let own = line_start(at);
        let before = if own == 0 { 0 } else { line_start(own - 1) };
        let last = line_end(end);
        let after = if last == whole.len() {
            last
        } else {
            line_end(last + 1)
        };
        let start = ceil(&whole, before.max(at.saturating_sub(AROUND)));
        let stop = floor(&whole, after.min(end + AROUND));
        let place = sources.location(Span {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            ..span
        });
        let excerpt = Self {
            name: place.file,
            text: upto(from(&whole, start), stop.saturating_sub(start)).to_owned(),
            start,
            line: (place.line as usize).saturating_sub(1),
            column: (place.column as usize).saturating_sub(1),
        };
        (excerpt, (at, end - at).into())
    }
}

fn upto(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or(text)
}

fn from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// The character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or_default()
}

/// The character boundary at or behind a byte.
fn ceil(text: &str, at: usize) -> usize {
    (at..text.len())
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(text.len())
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inside = span
            .offset()
            .checked_sub(self.start)
            .ok_or(MietteError::OutOfBounds)?;
        let read = self.text.read_span(&(inside, span.len()).into(), before, after)?;
        let column = if read.line() == 0 { self.column } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            (read.span().offset() + self.start, read.span().len()).into(),
            read.line() + self.line,
            read.column() + column,
            read.line_count(),
        )))
    }
}
