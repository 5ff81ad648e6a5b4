//! Where a resource lives: account and region.

use super::Arn;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// A region's name, such as `us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// Why a text names no account or region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Not twelve digits.
    #[error("\"{0}\" is not an account id; it has twelve digits")]
    Account(String),
    /// Not of the form `us-east-1`.
    #[error("\"{0}\" is not a region; a region looks like us-east-1")]
    Region(String),
}

impl Region {
    /// The partition that regions of this name belong to.
    pub fn partition(&self) -> &'static str {
        if self.0.starts_with("cn-") {
            "aws-cn"
        } else if self.0.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName::Account(text.to_owned()))
        }
    }
}

impl FromStr for Region {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let parts: Vec<_> = text.split('-').collect();
        let letters = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase());
        let well_formed = match parts.as_slice() {
            [first, middle @ .., last] => {
                first.len() == 2
                    && letters(first)
                    && !middle.is_empty()
                    && middle.iter().all(|m| letters(m))
                    && !last.is_empty()
                    && last.bytes().all(|b| b.is_ascii_digit())
            }
            _ => false,
        };
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName::Region(text.to_owned()))
        }
    }
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text!(AccountId, Region);

/// The role that an account is entered through.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssumeRole {
    /// `arn:aws:iam::222222222222:role/backstay`.
    pub role: Arn,
    /// Sent when the trust policy asks for one.
    pub external_id: Option<String>,
}

/// An `account` block: which account, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The block's label.
    pub label: String,
    /// Checked against sts:GetCallerIdentity before anything else is read.
    pub id: Option<AccountId>,
    /// Where its resources live unless they say otherwise.
    pub region: Option<Region>,
    /// A profile of the user's AWS configuration.
    pub profile: Option<String>,
    /// The role to assume.
    pub assume_role: Option<AssumeRole>,
}

/// One account and region as the posture names them: the unit of reading.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Scope {
    /// The label of the account block.
    pub account: String,
    /// The region.
    #[schemars(with = "String")]
    pub region: Region,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// A scope whose account number is known, as names and ARNs need it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The label of the account block.
    pub account: String,
    /// Its number.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// The posture's project: the value of the tag `backstay:project`.
    pub project: String,
}

impl Place {
    /// Without the number.
    pub fn scope(&self) -> Scope {
        Scope {
            account: self.account.clone(),
            region: self.region.clone(),
        }
    }

    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        self.region.partition()
    }
}
