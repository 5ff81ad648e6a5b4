//! What a plan refers to, with what the posture says of it.

use crate::model::schema::{Attr, Reference};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{Arn, Duration};
use serde::{Deserialize, Serialize};

/// A vault by reference or ARN, with its lock where the posture declares one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultRef {
    /// The vault.
    pub to: Reference,
    /// Least days that its lock lets recovery points live.
    pub min_days: Option<u32>,
    /// Most days.
    pub max_days: Option<u32>,
}

impl Attr for VaultRef {
    fn ty() -> Type {
        Type::Any
    }
    fn accepts() -> String {
        "a reference such as backup_vault.main, or the ARN of a vault outside this posture".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        let to = Reference::parse(value)?;
        let is_vault = to
            .arn
            .as_ref()
            .is_some_and(|a| a.resource().starts_with("backup-vault:"));
        if !is_vault {
            return Err("it is no vault".into());
        }
        let lock = value.get("lock").filter(|lock| !lock.is_null());
        let days = |name: &str| -> Option<u32> {
            let text: Duration = lock?.get(name)?.as_str()?.parse().ok()?;
            text.whole_days()
        };
        Ok(Self {
            to,
            min_days: days("min"),
            max_days: days("max"),
        })
    }
}

impl VaultRef {
    /// Its name.
    pub fn name(&self) -> Option<&str> {
        self.to.arn.as_ref()?.resource().strip_prefix("backup-vault:")
    }

    /// Its ARN.
    pub fn arn(&self) -> Option<&Arn> {
        self.to.arn.as_ref()
    }
}

/// A resource that is backed up: by reference, ARN, or a pattern of ARNs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// An ARN, with wildcards perhaps.
    pub pattern: String,
    /// Set for a database of the posture that declares its own automated backups: its address.
    pub has_pitr: Option<String>,
}

impl Attr for Selected {
    fn ty() -> Type {
        Type::Any
    }
    fn accepts() -> String {
        "a reference such as rds_instance.app, an ARN, or a pattern of ARNs such as \"*\"".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        if let Some(text) = value.as_str() {
            return match text == "*" || text.starts_with("arn:") {
                true => Ok(Self {
                    pattern: text.to_owned(),
                    has_pitr: None,
                }),
                false => Err(format!("\"{text}\" is no ARN")),
            };
        }
        let reference = Reference::parse(value)?;
        let arn = reference.arn.ok_or("its ARN is not known while planning")?;
        let pitr = value.get("pitr").is_some_and(|pitr| !pitr.is_null());
        Ok(Self {
            pattern: arn.to_string(),
            has_pitr: reference.address.filter(|_| pitr).map(|a| a.to_string()),
        })
    }
}
