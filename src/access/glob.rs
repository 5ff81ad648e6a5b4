//! Policy wildcards: `*` for any text, `?` for any one character.

/// Whether some text is matched by both patterns.
///
/// Exact for these two wildcards. Case matters; actions are lowered before.
pub fn intersects(a: &str, b: &str) -> bool {
    match past_same_text(a, b) {
        None => false,
        Some(("*", _) | (_, "*")) => true,
        Some((a, b)) => meet(a, b),
    }
}

fn meet(a: &str, b: &str) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    // reachable[j]: the first i characters of `a` and the first j of `b` can stand for the same text.
    let mut reachable = vec![false; b.len() + 1];
    for i in 0..=a.len() {
        let mut row = vec![false; b.len() + 1];
        for j in 0..=b.len() {
            let last_a = i.checked_sub(1).and_then(|n| a.get(n));
            let last_b = j.checked_sub(1).and_then(|n| b.get(n));
            let up = reachable.get(j).copied().unwrap_or(false);
            let left = j
                .checked_sub(1)
                .and_then(|n| row.get(n))
                .copied()
                .unwrap_or(false);
            let corner = j
                .checked_sub(1)
                .and_then(|n| reachable.get(n))
                .copied()
                .unwrap_or(false);
            let here = match (last_a, last_b) {
                (None, None) => true,
                (Some('*'), Some('*')) => up || left || corner,
                // A star stands for nothing (drop it) or takes one more character of the other side.
                (Some('*'), Some(_)) => up || left,
                (Some(_), Some('*')) => left || up,
                (Some('*'), None) => up,
                (None, Some('*')) => left,
                (Some(x), Some(y)) => corner && (*x == '?' || *y == '?' || x == y),
                (Some(_), None) | (None, Some(_)) => false,
            };
            if let Some(slot) = row.get_mut(j) {
                *slot = here;
            }
        }
        reachable = row;
    }
    reachable.last().copied().unwrap_or(false)
}

/// Whether `wide` certainly matches every text that `narrow` matches. May say no where it is yes.
pub fn covers(wide: &str, narrow: &str) -> bool {
    match past_same_text(wide, narrow) {
        None => false,
        Some(("*", _)) => true,
        Some((wide, narrow)) => takes_in(wide, narrow),
    }
}

/// What follows the text without wildcards with which both begin; `None` where such texts differ, as most do.
fn past_same_text<'s>(a: &'s str, b: &'s str) -> Option<(&'s str, &'s str)> {
    let is_plain = |c: &char| !matches!(c, '*' | '?');
    let (mut a, mut b) = (a.chars(), b.chars());
    loop {
        let rest = (a.as_str(), b.as_str());
        match (a.next().filter(is_plain), b.next().filter(is_plain)) {
            (Some(x), Some(y)) if x == y => {}
            (Some(_), Some(_)) => return None,
            _ => return Some(rest),
        }
    }
}

fn takes_in(wide: &str, narrow: &str) -> bool {
    let wide: Vec<char> = wide.chars().collect();
    let narrow: Vec<char> = narrow.chars().collect();
    let mut reachable = vec![false; narrow.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    for w in wide {
        let mut row = vec![false; narrow.len() + 1];
        let mut previous = false;
        for (j, slot) in row.iter_mut().enumerate() {
            let up = reachable.get(j).copied().unwrap_or(false);
            let corner = j
                .checked_sub(1)
                .and_then(|n| reachable.get(n))
                .copied()
                .unwrap_or(false);
            let last = j.checked_sub(1).and_then(|n| narrow.get(n));
            *slot = match (w, last) {
                // A star takes in whatever stands there, stars of the narrow side included.
                ('*', _) => up || previous,
                (_, None | Some('*')) => false,
                ('?', Some(_)) => corner,
                (w, Some(n)) => corner && w == *n,
            };
            previous = *slot;
        }
        reachable = row;
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_meet() {
        for (a, b, meet) in [
            ("", "", true),
            ("*", "", true),
            ("s3:get*", "s3:getobject", true),
            ("s3:*object", "s3:get*", true),
            ("s3:put*", "s3:get*", false),
            ("a?c", "a*", true),
            ("a?c", "ac", false),
            ("b/*", "*/secret", true),
        ] {
            assert_eq!(intersects(a, b), meet, "{a} {b}");
            assert_eq!(intersects(b, a), meet, "{b} {a}");
        }
    }

    #[test]
    fn patterns_cover() {
        for (wide, narrow, all) in [
            ("*", "anything*", true),
            ("s3:*", "s3:Get*", true),
            ("s3:Get*", "s3:*", false),
            ("a?", "a*", false),
            ("a?*", "a*", false),
            ("a*", "a?", true),
            ("b/pg/*", "b/pg/x", true),
            ("b/pg/*", "b/*", false),
        ] {
            assert_eq!(covers(wide, narrow), all, "{wide} {narrow}");
        }
    }

    proptest! {
        /// Texts that both begin with change nothing.
        #[test]
        fn what_is_the_same_is_left_out(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}") {
            prop_assert_eq!(intersects(&a, &b), meet(&a, &b));
            prop_assert_eq!(covers(&a, &b), takes_in(&a, &b));
        }

        #[test]
        fn covering_implies_meeting(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}") {
            prop_assert!(!covers(&a, &b) || intersects(&a, &b));
        }

        #[test]
        fn a_covered_text_is_matched_by_the_wider_pattern(
            wide in "[ab*?]{0,5}", narrow in "[ab*?]{0,5}", text in "[ab]{0,5}"
        ) {
            // A text without wildcards is matched exactly when it meets the pattern.
            prop_assert!(!(covers(&wide, &narrow) && intersects(&narrow, &text)) || intersects(&wide, &text));
        }

        #[test]
        fn patterns_that_share_a_text_meet(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}", text in "[ab]{0,5}") {
            prop_assert!(!(intersects(&a, &text) && intersects(&b, &text)) || intersects(&a, &b));
        }
    }
}
