//! KMS keys under their several names.

/// Whether two texts name one key: its ARN, or the id that the ARN ends with. An alias equals only
/// itself, as its key is not looked up.
pub(super) fn same(a: &str, b: &str) -> bool {
    fn id(text: &str) -> &str {
        text.rsplit_once(":key/").map_or(text, |(_, id)| id)
    }
    let whole = |text: &str| text.starts_with("arn:");
    if whole(a) && whole(b) {
        a == b
    } else {
        id(a) == id(b)
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn an_id_is_its_arn() {
        let arn = "arn:aws:kms:us-east-1:111111111111:key/abc";
        assert!(same(arn, "abc"));
        assert!(same(arn, arn));
        assert!(!same(arn, "arn:aws:kms:eu-west-1:111111111111:key/abc"));
        assert!(!same(arn, "alias/abc"));
    }
}
