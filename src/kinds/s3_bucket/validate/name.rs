//! The rules of bucket names (Amazon S3 User Guide, "General purpose bucket naming rules").

use crate::diag::{Diagnostics, code};
use crate::kinds::s3_bucket::spec::Spec;
use crate::model::schema::{EvaluatedBlock, about};

const RESERVED_PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: &[&str] = &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

pub(super) fn name(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    if let Err(why) = check(&spec.name) {
        diagnostics.push(
            about(
                block,
                "name",
                code::INVALID_VALUE,
                format!("\"{}\" is no bucket name: {why}.", spec.name),
            )
            .remedy("Use 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit."),
        );
    }
}

fn check(name: &str) -> Result<(), String> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if !(3..=63).contains(&name.chars().count()) {
        return Err(format!("it has {} characters, not 3 to 63", name.chars().count()));
    }
    if let Some(c) = name.chars().find(|c| !known(*c)) {
        return Err(format!("\"{}\" is not allowed", c.escape_default()));
    }
    if !edge(name.chars().next()) || !edge(name.chars().last()) {
        return Err("it does not begin and end with a letter or digit".into());
    }
    if name.contains("..") {
        return Err("two dots stand side by side".into());
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("it has the form of an IP address".into());
    }
    if let Some(prefix) = RESERVED_PREFIXES.iter().find(|p| name.starts_with(**p)) {
        return Err(format!("AWS reserves names that begin with \"{prefix}\""));
    }
    if let Some(suffix) = RESERVED_SUFFIXES.iter().find(|s| name.ends_with(**s)) {
        return Err(format!("AWS reserves names that end with \"{suffix}\""));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names() {
        for good in ["abc", "acme-uploads", "my.bucket.1", "0-0", &"a".repeat(63)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "ab",
            "Acme",
            "a_b_c",
            "-abc",
            "abc-",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "abc-s3alias",
            "abc--x-s3",
            "a\nbc",
            &"a".repeat(64),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
