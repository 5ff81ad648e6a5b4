//! What exists before backstay comes: keys, databases, buckets with objects, roles and users, and recovery points.
//!
//! A seed is a file of plain literals in HCL. Its blocks are named as AWS things are,
//! but they are the sandbox's own and have nothing to do with a posture's resources.

mod apply;
mod points;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{DEFAULT_ACCOUNT, DEFAULT_REGION, Result, failure};

/// Everything that a seed creates. The keys are the blocks' labels, which are also the names
/// where a block gives none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// `kms_key` blocks; a label is a key's id.
    #[serde(default, rename = "kms_key")]
    pub keys: BTreeMap<String, Key>,
    /// `rds_instance` blocks.
    #[serde(default, rename = "rds_instance")]
    pub databases: BTreeMap<String, Database>,
    /// `s3_bucket` blocks.
    #[serde(default, rename = "s3_bucket")]
    pub buckets: BTreeMap<String, Bucket>,
    /// `iam_role` blocks.
    #[serde(default, rename = "iam_role")]
    pub roles: BTreeMap<String, Role>,
    /// `iam_user` blocks.
    #[serde(default, rename = "iam_user")]
    pub users: BTreeMap<String, User>,
    /// `recovery_point` blocks.
    #[serde(default, rename = "recovery_point")]
    pub points: BTreeMap<String, RecoveryPoint>,
}

/// A symmetric key with the policy that a console gives it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Twelve digits.
    #[serde(default = "default_account")]
    pub account: String,
    /// Its region.
    #[serde(default = "default_region")]
    pub region: String,
}

/// An RDS instance as somebody made it once.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// The label when absent.
    pub identifier: Option<String>,
    /// Twelve digits.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Such as `postgres`.
    pub engine: String,
    /// The engine's version.
    pub engine_version: Option<String>,
    /// Such as `db.t3.micro`.
    pub class: String,
    /// GiB.
    pub storage: i32,
    /// Days, 0 to 35; 0 means no automated backups.
    pub retention: i32,
    /// `hh:mi-hh:mi` in UTC.
    pub window: Option<String>,
    /// Storage encryption.
    pub encrypted: bool,
    /// The key of an encrypted one.
    pub kms_key: Option<String>,
    /// A standby in another zone.
    pub multi_az: bool,
    /// Refuses deletion.
    pub deletion_protection: bool,
    /// Snapshots carry its tags.
    pub copy_tags: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            identifier: None,
            account: DEFAULT_ACCOUNT.to_owned(),
            region: DEFAULT_REGION.to_owned(),
            engine: "postgres".to_owned(),
            engine_version: None,
            class: "db.t3.micro".to_owned(),
            storage: 20,
            retention: 1,
            window: None,
            encrypted: false,
            kms_key: None,
            multi_az: false,
            deletion_protection: false,
            copy_tags: false,
            tags: BTreeMap::new(),
        }
    }
}

/// A bucket, with some objects.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bucket {
    /// The label when absent.
    pub name: Option<String>,
    /// Twelve digits.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Enabled at the start.
    pub versioning: bool,
    /// Object lock as a capability; needs versioning, which it turns on.
    pub object_lock: bool,
    /// All four settings on, as on every bucket made since April 2023; `false` for an older one.
    pub public_access_block: bool,
    /// A policy document as JSON text.
    pub policy: Option<String>,
    /// Keys to put a few bytes under.
    pub objects: Vec<String>,
    /// Days since these were written.
    pub age: u32,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            name: None,
            account: DEFAULT_ACCOUNT.to_owned(),
            region: DEFAULT_REGION.to_owned(),
            versioning: false,
            object_lock: false,
            public_access_block: true,
            policy: None,
            objects: Vec::new(),
            age: 0,
            tags: BTreeMap::new(),
        }
    }
}

/// A role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The label when absent.
    pub name: Option<String>,
    /// Twelve digits.
    #[serde(default = "default_account")]
    pub account: String,
    /// Who may assume it: a trust policy as JSON text. The account's own root when absent.
    pub trust: Option<String>,
    /// Inline policies, name to JSON text.
    #[serde(default)]
    pub policies: BTreeMap<String, String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A user.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The label when absent.
    pub name: Option<String>,
    /// Twelve digits.
    #[serde(default = "default_account")]
    pub account: String,
    /// Inline policies, name to JSON text.
    #[serde(default)]
    pub policies: BTreeMap<String, String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// What a night's job of AWS Backup left in a vault that exists, with its copies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPoint {
    /// The ARN of what was backed up.
    pub of: String,
    /// The vault's name.
    pub vault: String,
    /// Twelve digits.
    #[serde(default = "default_account")]
    pub account: String,
    /// The vault's region.
    #[serde(default = "default_region")]
    pub region: String,
    /// The ARN of the role that the job had.
    pub role: String,
    /// Days since it was made.
    #[serde(default)]
    pub age: u32,
    /// Days until it is deleted; never when absent.
    pub delete_after: Option<i64>,
    /// ARNs of vaults that it was copied to, with the days until the copy there is deleted.
    #[serde(default)]
    pub copies: BTreeMap<String, i64>,
}

fn default_region() -> String {
    DEFAULT_REGION.to_owned()
}

fn default_account() -> String {
    DEFAULT_ACCOUNT.to_owned()
}

impl Seed {
    /// Reads the text of a seed file.
    ///
    /// # Errors
    /// It isn't HCL, or has a block, an argument or a value that a seed doesn't know.
    pub fn parse(text: &str) -> Result<Self> {
        let seed: Self = hcl::from_str(text).map_err(|error| {
            failure(
                format!("The seed cannot be used: {error}."),
                "A seed has kms_key, rds_instance, s3_bucket, iam_role, iam_user and recovery_point blocks of plain values; see \
                 docs/laptop.md.",
            )
        })?;
        let accounts = (seed.databases.values().map(|d| &d.account))
            .chain(seed.buckets.values().map(|b| &b.account))
            .chain(seed.keys.values().map(|k| &k.account))
            .chain(seed.roles.values().map(|r| &r.account))
            .chain(seed.users.values().map(|u| &u.account))
            .chain(seed.points.values().map(|p| &p.account));
        for account in accounts {
            if !super::accounts::is_account(account) {
                return Err(failure(
                    format!("The seed names an account \"{account}\", and an account is twelve digits."),
                    "Write it as text, such as \"222222222222\".",
                ));
            }
        }
        Ok(seed)
    }

    /// Reads a seed file.
    ///
    /// # Errors
    /// It cannot be read, or see [`Seed::parse`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            failure(
                format!("The seed {} cannot be read: {error}.", path.display()),
                "Name a seed file that exists.",
            )
        })?;
        Self::parse(&text).map_err(|mut diagnostic| {
            diagnostic.detail = format!("{}: {}", path.display(), diagnostic.detail);
            diagnostic
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_blocks_with_defaults() {
        let seed = Seed::parse(
            r#"
            rds_instance "prod" {
              region    = "eu-central-1"
              retention = 1
              tags      = { team = "core" }
            }
            s3_bucket "uploads" {
              name    = "acme-uploads"
              objects = ["a/1", "a/2"]
            }
            s3_bucket "vault" {
              account = "222222222222"
            }
            iam_role "backstay" {
              account = "222222222222"
            }
            "#,
        )
        .unwrap();
        assert_eq!(seed.databases["prod"].engine, "postgres");
        assert_eq!(seed.buckets["uploads"].objects.len(), 2);
        assert_eq!(seed.buckets["vault"].account, "222222222222");
        assert!(seed.roles["backstay"].trust.is_none());
    }

    #[test]
    fn a_misspelt_argument_and_a_bad_account_are_refused() {
        let error = Seed::parse("s3_bucket \"a\" {\n  versionning = true\n}").unwrap_err();
        assert!(error.detail.contains("versionning"), "{}", error.detail);
        let error = Seed::parse("s3_bucket \"a\" {\n  account = \"prod\"\n}").unwrap_err();
        assert!(error.detail.contains("twelve digits"), "{}", error.detail);
    }
}
