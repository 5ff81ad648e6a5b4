//! Places as the protocol counts them: lines from 0, and columns in units of an agreed encoding.

use lsp_types::{Position, PositionEncodingKind, Range};
use std::ops::Range as Bytes;

/// What columns count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 units: what every editor understands.
    Utf16,
}

impl Encoding {
    /// The cheapest of those that the editor offers.
    pub(super) fn agreed(offered: Option<&[PositionEncodingKind]>) -> Self {
        match offered {
            Some(kinds) if kinds.contains(&PositionEncodingKind::UTF8) => Self::Utf8,
            _ => Self::Utf16,
        }
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self(
            std::iter::once(0)
                .chain(after_breaks.map(|(i, _)| i + 1))
                .collect(),
        )
    }

    /// The byte at a position. One past a line's end is the end of the line, one past the last
    /// line the end of the text.
    pub(super) fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.0.get(line).copied() else {
            return text.len();
        };
        let content = text.get(start..).unwrap_or("");
        let content = content.split('\n').next().unwrap_or("");
        let content = content.strip_suffix('\r').unwrap_or(content);
        let mut left = usize::try_from(position.character).unwrap_or(usize::MAX);
        for (at, c) in content.char_indices() {
            let width = match encoding {
                Encoding::Utf8 => c.len_utf8(),
                Encoding::Utf16 => c.len_utf16(),
            };
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + content.len()
    }

    /// The position of a byte.
    pub(super) fn position(&self, text: &str, at: usize, encoding: Encoding) -> Position {
        let line = self.0.partition_point(|start| *start <= at).max(1) - 1;
        let start = self.0.get(line).copied().unwrap_or(0);
        let before = text.get(start..at.min(text.len())).unwrap_or("");
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position::new(narrow(line), narrow(encoding.width(before)))
    }

    pub(super) fn range(&self, text: &str, bytes: &Bytes<usize>, encoding: Encoding) -> Range {
        Range::new(
            self.position(text, bytes.start, encoding),
            self.position(text, bytes.end, encoding),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_what_was_agreed() {
        let text = "é𝄞x\r\nb";
        let lines = Lines::of(text);
        for (encoding, column) in [(Encoding::Utf8, 6), (Encoding::Utf16, 3)] {
            let position = Position::new(0, column);
            assert_eq!(lines.offset(text, position, encoding), 6);
            assert_eq!(lines.position(text, 6, encoding), position);
        }
    }

    #[test]
    fn what_lies_outside_is_drawn_to_the_nearest_end() {
        let text = "ab\r\nc";
        let lines = Lines::of(text);
        let offset = |line, column| lines.offset(text, Position::new(line, column), Encoding::Utf16);
        assert_eq!((offset(0, 99), offset(1, 99), offset(9, 0)), (2, 5, 5));
    }

    proptest::proptest! {
        #[test]
        fn every_character_is_found_again(text in "[aé𝄞\n]{0,40}") {
            let lines = Lines::of(&text);
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                for (at, _) in text.char_indices() {
                    let position = lines.position(&text, at, encoding);
                    assert_eq!(lines.offset(&text, position, encoding), at);
                }
            }
        }
    }
}
