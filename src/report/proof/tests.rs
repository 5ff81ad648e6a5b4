//! Derivations as people read them.

use super::explain;
use crate::prove::Proof;
use crate::prove::tests::derivations::{guarded_replica, kept_by, locked_replica};

fn explained(proof: &Proof) -> String {
    explain(proof, &"s3_bucket.up".parse().unwrap(), "credential_compromise").unwrap()
}

#[test]
fn what_keeps_a_copy_is_read_from_top_to_bottom() {
    insta::assert_snapshot!("guarded_replica", explained(&guarded_replica()));
    insta::assert_snapshot!("locked_replica", explained(&locked_replica()));
}

/// However many there are, a line stays a line; the object has them all.
#[test]
fn many_are_told_of_in_few_lines() {
    let (few, many) = (kept_by(8, "own"), kept_by(60, "own"));
    let text = explained(&many);
    assert!(text.lines().count() <= explained(&few).lines().count(), "{text}");
    assert!(text.contains("and 57 more"), "{text}");
    let longest = text.lines().map(str::len).max().unwrap();
    assert!(longest < 1200, "{longest}");
    let object = super::json(&many).unwrap();
    assert!((0..60).all(|n| object.contains(&format!("role/keeper{n}\""))));
}

/// A name that would break a line, or paint it, does neither.
#[test]
fn hostile_names_are_shown_as_what_they_are() {
    let text = explained(&kept_by(1, "own\n  Y all is well\u{1b}[32m"));
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(
        !text.lines().any(|line| line.starts_with("  Y all is well")),
        "{text}"
    );
}
