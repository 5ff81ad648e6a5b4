//! Bytes of a file into text that can be parsed.

/// Largest file that is read, in bytes. Parsing needs up to fifty times as much memory.
pub const MAX_FILE: usize = 64 << 20;

/// Why bytes are not text that can be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More than [`MAX_FILE`] bytes.
    #[error("the file has {0} bytes; at most {MAX_FILE} are read")]
    TooLarge(usize),
    /// Not UTF-8.
    #[error("the file is not UTF-8: line {line} holds an invalid byte")]
    NotUtf8 {
        /// From 1.
        line: usize,
    },
    /// A NUL byte, which no text has.
    #[error("the file is not text: line {line} holds a NUL byte")]
    Nul {
        /// From 1.
        line: usize,
    },
}

/// Bytes that are no text, and what can be shown of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadText {
    /// Why.
    pub error: TextError,
    /// The bytes with every one that is wrong replaced; empty when there are too many.
    pub shown: String,
    /// The first byte of `shown` that stands for a wrong one.
    pub at: usize,
}

/// Checks the encoding and removes a byte-order mark.
///
/// # Errors
/// See [`TextError`].
pub fn decode(bytes: Vec<u8>) -> Result<String, Box<BadText>> {
    if bytes.len() > MAX_FILE {
        return Err(Box::new(BadText {
            error: TextError::TooLarge(bytes.len()),
            shown: String::new(),
            at: 0,
        }));
    }
    let nul = bytes.iter().position(|b| *b == 0);
    match (String::from_utf8(bytes), nul) {
        (Ok(text), None) => Ok(match text.strip_prefix(BOM) {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        (Ok(text), Some(at)) => Err(bad(text.as_bytes(), at)),
        (Err(error), nul) => {
            let at = error.utf8_error().valid_up_to();
            Err(bad(error.as_bytes(), nul.unwrap_or(at).min(at)))
        }
    }
}

const BOM: char = '\u{feff}';

/// What stands before the first wrong byte is the same in the text that is shown.
fn bad(bytes: &[u8], at: usize) -> Box<BadText> {
    let line = 1 + bytes.iter().take(at).filter(|b| **b == b'\n').count();
    let error = match bytes.get(at) {
        Some(0) => TextError::Nul { line },
        _ => TextError::NotUtf8 { line },
    };
    let text = String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    let (shown, at) = match text.strip_prefix(BOM) {
        Some(rest) => (rest.to_owned(), at.saturating_sub(BOM.len_utf8())),
        None => (text, at),
    };
    Box::new(BadText { error, shown, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(decode(b"\xef\xbb\xbfa = 1".to_vec()).unwrap(), "a = 1");
        for (bytes, error, shown, at) in [
            (
                &b"a\n\xffb"[..],
                TextError::NotUtf8 { line: 2 },
                "a\n\u{fffd}b",
                2,
            ),
            (b"a\n\n\0", TextError::Nul { line: 3 }, "a\n\n\u{fffd}", 3),
            (
                b"\xef\xbb\xbfa\0\xff",
                TextError::Nul { line: 1 },
                "a\u{fffd}\u{fffd}",
                1,
            ),
            (b"\xff\0", TextError::NotUtf8 { line: 1 }, "\u{fffd}\u{fffd}", 0),
        ] {
            let bad = decode(bytes.to_vec()).unwrap_err();
            assert_eq!((bad.error, bad.shown.as_str(), bad.at), (error, shown, at));
        }
    }
}
