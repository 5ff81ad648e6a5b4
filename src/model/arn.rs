//! Amazon Resource Names.

use super::{AccountId, Region};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn(String);

/// Why a text is no ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an ARN; an ARN looks like arn:aws:s3:::my-bucket")]
pub struct BadArn(String);

impl Arn {
    /// A bucket's ARN, which names neither region nor account.
    pub fn bucket(partition: &str, name: &str) -> Self {
        Self(format!("arn:{partition}:s3:::{name}"))
    }

    /// An IAM ARN such as `role/backstay/acme/x`.
    pub fn iam(partition: &str, account: &AccountId, resource: &str) -> Self {
        Self(format!("arn:{partition}:iam::{account}:{resource}"))
    }

    /// An RDS ARN such as `db:acme`.
    pub fn rds(partition: &str, region: &Region, account: &AccountId, resource: &str) -> Self {
        Self(format!("arn:{partition}:rds:{region}:{account}:{resource}"))
    }

    /// A KMS ARN such as `alias/acme` or `key/…`.
    pub fn kms(partition: &str, region: &Region, account: &AccountId, resource: &str) -> Self {
        Self(format!("arn:{partition}:kms:{region}:{account}:{resource}"))
    }

    /// An AWS Backup ARN such as `backup-vault:acme`.
    pub fn backup(partition: &str, region: &Region, account: &AccountId, resource: &str) -> Self {
        Self(format!("arn:{partition}:backup:{region}:{account}:{resource}"))
    }

    fn field(&self, n: usize) -> &str {
        self.0.splitn(6, ':').nth(n).unwrap_or("")
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.field(1)
    }

    /// `s3`, `rds`, `iam`, …
    pub fn service(&self) -> &str {
        self.field(2)
    }

    /// Empty for global services.
    pub fn region(&self) -> Option<Region> {
        self.field(3).parse().ok()
    }

    /// Empty for buckets.
    pub fn account(&self) -> Option<AccountId> {
        self.field(4).parse().ok()
    }

    /// All behind the account.
    pub fn resource(&self) -> &str {
        self.field(5)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Arn {
    type Err = BadArn;
    fn from_str(text: &str) -> Result<Self, BadArn> {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let whole = matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
            if partition.starts_with("aws") && !service.is_empty() && !resource.is_empty());
        let clean = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        if whole && clean {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadArn(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Arn {
    type Error = BadArn;
    fn try_from(text: String) -> Result<Self, BadArn> {
        text.parse()
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.0
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
