//! Form-encoded parameters, in the order they came.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The parameters of a query request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

/// Parameters that name what a request is about, the most telling first.
const NAMING: &[&str] = &[
    "DBInstanceIdentifier",
    "SourceDBInstanceArn",
    "SourceDBInstanceIdentifier",
    "DBInstanceAutomatedBackupsArn",
    "DBSnapshotIdentifier",
    "DBClusterIdentifier",
    "SubscriptionName",
    "RoleName",
    "UserName",
    "GroupName",
    "PolicyArn",
    "PolicyName",
    "PolicySourceArn",
    "RoleArn",
    "ResourceName",
    "TopicArn",
    "Name",
];

impl Params {
    /// Reads `a=1&b=x%20y`.
    pub fn parse(text: &str) -> Self {
        let pairs = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (Self::decode(name), Self::decode(value))
            })
            .collect();
        Self { pairs }
    }

    /// One decoded name or value; `+` is a space.
    pub fn decode(text: &str) -> String {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of `name` as a whole number, `None` when absent or something else.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// Sets or replaces one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.pairs.retain(|(n, _)| n != name);
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `Tags.Tag.1.Key=…&Tags.Tag.1.Value=…` as pairs; `prefix` is `Tags.Tag`.
    pub fn tags(&self, prefix: &str) -> Vec<(String, String)> {
        (1..)
            .map_while(|i| {
                let key = self.get(&format!("{prefix}.{i}.Key"))?;
                Some((
                    key.to_owned(),
                    self.get(&format!("{prefix}.{i}.Value"))
                        .unwrap_or_default()
                        .to_owned(),
                ))
            })
            .collect()
    }

    /// `Filters.Filter.1.Name` with its `Values.Value.n`.
    pub fn filters(&self) -> Vec<(String, Vec<String>)> {
        (1..)
            .map_while(|i| {
                let name = self.get(&format!("Filters.Filter.{i}.Name"))?;
                let values = (1..)
                    .map_while(|j| {
                        self.get(&format!("Filters.Filter.{i}.Values.Value.{j}"))
                            .map(str::to_owned)
                    })
                    .collect();
                Some((name.to_owned(), values))
            })
            .collect()
    }

    /// What the request is about, empty when nothing tells.
    pub fn resource(&self) -> String {
        NAMING
            .iter()
            .find_map(|name| self.get(name))
            .unwrap_or_default()
            .to_owned()
    }

    /// The form-encoded text.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.pairs {
            let separator = if text.is_empty() { "" } else { "&" };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "{separator}{}={}",
                utf8_percent_encode(name, NON_ALPHANUMERIC),
                utf8_percent_encode(value, NON_ALPHANUMERIC)
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_and_reading_again_is_the_same() {
        let params = Params::default().with("A", "x y+z&=ü/").with("B.member.1", "");
        assert_eq!(Params::parse(&params.encode()), params);
    }

    #[test]
    fn filters_and_tags_are_numbered_lists() {
        let params = Params::parse(
            "Filters.Filter.1.Name=status&Filters.Filter.1.Values.Value.1=active&Filters.Filter.1.Values.Value.2=retained\
             &Tags.Tag.1.Key=a&Tags.Tag.1.Value=b&Tags.Tag.2.Key=c",
        );
        assert_eq!(
            params.filters(),
            [(
                "status".to_owned(),
                vec!["active".to_owned(), "retained".to_owned()]
            )]
        );
        assert_eq!(
            params.tags("Tags.Tag"),
            [("a".to_owned(), "b".to_owned()), ("c".to_owned(), String::new())]
        );
    }
}
