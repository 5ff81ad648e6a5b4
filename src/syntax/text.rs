//! Bytes of a file into text that can be parsed.

/// Largest file that is read, in bytes. Parsing needs about fifty times as much memory.
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

/// Checks the encoding and removes a byte-order mark.
///
/// # Errors
/// See [`TextError`].
pub fn decode(bytes: Vec<u8>) -> Result<String, TextError> {
    if bytes.len() > MAX_FILE {
        return Err(TextError::TooLarge(bytes.len()));
    }
    let line_of = |bytes: &[u8], at: usize| 1 + bytes.iter().take(at).filter(|b| **b == b'\n').count();
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        return Err(TextError::Nul {
            line: line_of(&bytes, at),
        });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        TextError::NotUtf8 {
            line: line_of(error.as_bytes(), at),
        }
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(decode(b"\xef\xbb\xbfa = 1".to_vec()).unwrap(), "a = 1");
        assert_eq!(decode(b"a\n\xff".to_vec()), Err(TextError::NotUtf8 { line: 2 }));
        assert_eq!(decode(b"a\n\n\0".to_vec()), Err(TextError::Nul { line: 3 }));
    }
}
