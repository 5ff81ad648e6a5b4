//! Names that are derived from others.

use sha2::{Digest, Sha256};

/// The first `length` hexadecimal digits of a text's SHA-256.
pub(super) fn digest(text: &str, length: usize) -> String {
    let mut hex = hex::encode(Sha256::digest(text.as_bytes()));
    hex.truncate(length);
    hex
}

/// A name of at most `longest` characters: what does not fit gives way to a digest of the whole.
pub(super) fn shortened(name: &str, longest: usize) -> String {
    const DIGITS: usize = 8;
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let kept: String = name.chars().take(longest.saturating_sub(DIGITS + 1)).collect();
    format!("{kept}-{}", digest(name, DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart() {
        let a = shortened(&format!("{}a", "x".repeat(80)), 64);
        let b = shortened(&format!("{}b", "x".repeat(80)), 64);
        assert_eq!((a.len(), b.len()), (64, 64));
        assert_ne!(a, b);
        assert_eq!(shortened("short", 64), "short");
    }
}
