//! Terraform's way of writing options: `-var x=1`, `-out plan`, `-detailed-exitcode`.

use std::ffi::OsString;

/// Gives every option of more than one letter two dashes. What follows `--` is left alone.
pub(crate) fn normalise(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut verbatim = false;
    arguments
        .enumerate()
        .map(|(at, argument)| {
            verbatim |= argument == "--";
            match argument.to_str() {
                Some(text) if at > 0 && !verbatim && is_long_with_one_dash(text) => format!("-{text}").into(),
                _ => argument,
            }
        })
        .collect()
}

fn is_long_with_one_dash(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|name| {
        let mut letters = name.chars();
        letters.next().is_some_and(|c| c.is_ascii_lowercase())
            && letters.next().is_some_and(|c| c.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn one_dash_is_as_good_as_two() {
        let given = [
            "backstay", "plan", "-var", "a=-b", "-out=p", "--json", "-h", "--", "-var",
        ];
        let wanted = [
            "backstay", "plan", "--var", "a=-b", "--out=p", "--json", "-h", "--", "-var",
        ];
        assert_eq!(normalise(given.iter().map(Into::into)), wanted);
    }
}
