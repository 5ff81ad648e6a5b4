//! Where backstay keeps what is its own: the lease, records of applies.

use super::{AccountId, Duration};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A place in a bucket that a `lock` or `evidence` block names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPlace {
    /// The label of the account that owns the bucket.
    pub account: String,
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with; empty, or with a `/` at its end.
    pub prefix: String,
}

impl BucketPlace {
    /// Where a project's policy is, when it is kept here. `account` is the number of the account that owns the bucket.
    pub fn policy_of(&self, project: &str, account: &AccountId) -> PolicyPlace {
        PolicyPlace {
            account: account.clone(),
            bucket: self.bucket.clone(),
            project: project.to_owned(),
            prefix: self.prefix.clone(),
        }
    }
}

/// What a `lock` block says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Where the lease lies.
    pub place: BucketPlace,
    /// The lease's key, below the prefix.
    pub key: String,
    /// How long a lease is valid that nobody renews.
    pub ttl: Duration,
}

/// Where a project's policy of approvals is kept, as the resources that stand under it say in a tag: an account by its
/// number, so that nothing depends on how a posture calls it.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PolicyPlace {
    /// The account that owns the bucket.
    pub account: AccountId,
    /// The bucket's name.
    pub bucket: String,
    /// The project.
    pub project: String,
    /// What every key begins with; empty, or with a `/` at its end.
    pub prefix: String,
}

/// Why a text is no such place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not of the form ACCOUNT/BUCKET/PROJECT/PREFIX")]
pub struct BadPlace(String);

/// What tags of every service may hold as it is, without what parts the places or stands for another byte.
const TAG: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

fn encoded(text: &str) -> String {
    // A tag holds no percent sign.
    utf8_percent_encode(text, TAG).to_string().replace('%', "=")
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('=', "%");
    let decoded = percent_decode_str(&text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

impl PolicyPlace {
    /// The same place by what its account is called; `None` when none of these is its account.
    pub fn bucket(&self, accounts: &BTreeMap<String, AccountId>) -> Option<BucketPlace> {
        let (label, _) = accounts.iter().find(|(_, id)| **id == self.account)?;
        Some(BucketPlace {
            account: label.clone(),
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
        })
    }
}

impl fmt::Display for PolicyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix: Vec<String> = self.prefix.split('/').map(encoded).collect();
        let (account, bucket, project) = (&self.account, encoded(&self.bucket), encoded(&self.project));
        write!(f, "{account}/{bucket}/{project}/{}", prefix.join("/"))
    }
}

impl FromStr for PolicyPlace {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadPlace(text.to_owned());
        let mut parts = text.splitn(4, '/');
        let mut part = || parts.next().and_then(decoded).ok_or_else(bad);
        let place = Self {
            account: part()?.parse().map_err(|_| bad())?,
            bucket: part()?,
            project: part()?,
            prefix: part()?,
        };
        // One place has one text: what is compared is the text.
        if place.bucket.is_empty() || place.project.is_empty() || place.to_string() != text {
            return Err(bad());
        }
        Ok(place)
    }
}

impl TryFrom<String> for PolicyPlace {
    type Error = BadPlace;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PolicyPlace> for String {
    fn from(place: PolicyPlace) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_is_a_text_that_a_tag_can_hold() {
        let place = PolicyPlace {
            account: "111111111111".parse().unwrap(),
            bucket: "acme-keep".into(),
            project: "acme/prod".into(),
            prefix: "back stay/e/".into(),
        };
        assert_eq!(
            place.to_string(),
            "111111111111/acme-keep/acme=2Fprod/back=20stay/e/"
        );
        for bad in [
            "",
            "a/b/c/",
            "111111111111/b",
            "111111111111//p/",
            "111111111111/b/p/x y",
        ] {
            assert!(bad.parse::<PolicyPlace>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_place_comes_back_as_it_was(bucket in "[a-z0-9.-]{3,63}", project in "\\PC{1,40}", prefix in "(\\PC{0,20}/)?") {
            let account = "111111111111".parse().unwrap();
            let place = PolicyPlace { account, bucket, project, prefix };
            let text = place.to_string();
            prop_assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || "+-=._:/@".contains(c)), "{text}");
            prop_assert_eq!(text.parse::<PolicyPlace>().unwrap(), place);
        }
    }
}
