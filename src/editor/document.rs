//! A file as the editor has it, or as it is on disk.

use super::position::{Encoding, Lines};
use crate::syntax::outline::{Bytes, Outline};
use lsp_types::{Position, Range, TextDocumentContentChangeEvent, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// A text and what is read off it at once.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub path: PathBuf,
    pub text: Arc<str>,
    pub lines: Lines,
    pub outline: Outline,
}

impl Document {
    pub(super) fn new(path: PathBuf, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self {
            path,
            lines: Lines::of(&text),
            outline: Outline::of(&text),
            text,
        }
    }

    /// The text after changes, each of which counts in the text that the one before it left.
    pub(super) fn changed(&self, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> String {
        let mut text = self.text.to_string();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let lines = Lines::of(&text);
                    let start = lines.offset(&text, range.start, encoding);
                    let end = lines.offset(&text, range.end, encoding).max(start);
                    text.replace_range(start..end, &change.text);
                }
            }
        }
        text
    }

    /// The folder it is in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    pub(super) fn slice(&self, bytes: &Bytes) -> &str {
        self.text.get(bytes.clone()).unwrap_or("")
    }

    pub(super) fn offset(&self, position: Position, encoding: Encoding) -> usize {
        self.lines.offset(&self.text, position, encoding)
    }

    pub(super) fn range(&self, bytes: &Bytes, encoding: Encoding) -> Range {
        self.lines.range(&self.text, bytes, encoding)
    }
}

/// Everything but what RFC 3986 leaves unreserved, and the slashes.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The file that a `file:` URI names; `None` for other schemes, such as an editor's scratch buffers.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    decoded.starts_with('/').then(|| PathBuf::from(decoded.as_ref()))
}

/// The URI of an absolute path.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    let encoded = utf8_percent_encode(path.to_str()?, RESERVED);
    Uri::from_str(&format!("file://{encoded}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_as_uris() {
        for path in ["/a/b.hcl", "/with space/é%41#?.hcl"] {
            let uri = uri_of(Path::new(path)).unwrap();
            assert_eq!(path_of(&uri), Some(PathBuf::from(path)), "{}", uri.as_str());
        }
        assert_eq!(path_of(&Uri::from_str("untitled:one").unwrap()), None);
        assert_eq!(
            path_of(&Uri::from_str("file:///a%20b").unwrap()),
            Some("/a b".into())
        );
    }

    #[test]
    fn changes_apply_one_after_another() {
        let change = |range: Option<(u32, u32, u32, u32)>, text: &str| TextDocumentContentChangeEvent {
            range: range.map(|(a, b, c, d)| Range::new(Position::new(a, b), Position::new(c, d))),
            range_length: None,
            text: text.into(),
        };
        let document = Document::new("/x.hcl".into(), "a = 1\n");
        let changes = vec![
            change(Some((0, 4, 0, 5)), "\"é\""),
            change(Some((0, 7, 0, 7)), "\nb = 2"),
            change(Some((1, 0, 1, 1)), "c"),
        ];
        assert_eq!(document.changed(changes, Encoding::Utf16), "a = \"é\"\nc = 2\n");
        assert_eq!(
            document.changed(vec![change(None, "new")], Encoding::Utf16),
            "new"
        );
    }
}
