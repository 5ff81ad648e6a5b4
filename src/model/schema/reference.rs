//! Arguments that point to something else.

use super::Attr;
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{AccountId, Address, Arn, Region};

/// A resource of the posture by reference, or something outside it by name or ARN.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    /// Set when it is a resource of this posture.
    pub address: Option<Address>,
    /// Its ARN, when it has one that is known.
    pub arn: Option<Arn>,
    /// Its name or identifier; the text itself when it was given as one that is no ARN.
    pub name: Option<String>,
    /// Where it lives, when that is known.
    pub region: Option<Region>,
    /// Whose it is, when that is known.
    pub account: Option<AccountId>,
}

/// An account of the posture, by reference or label.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountLabel(pub String);

impl Attr for AccountLabel {
    fn ty() -> Type {
        Type::Any
    }
    fn accepts() -> String {
        "an account such as account.vault, or its label".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        let label = value.get("name").and_then(Value::as_str);
        match label.or_else(|| value.as_str()) {
            Some(label) => Ok(Self(label.to_owned())),
            None => Err("it is not an account".into()),
        }
    }
}

impl Attr for Reference {
    fn ty() -> Type {
        Type::Any
    }
    fn accepts() -> String {
        "a reference such as s3_bucket.uploads, or the ARN of something outside this posture".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        if let Some(text) = value.as_str() {
            let arn: Option<Arn> = text.parse().ok();
            return Ok(Self {
                address: None,
                region: arn.as_ref().and_then(Arn::region),
                account: arn.as_ref().and_then(Arn::account),
                name: match &arn {
                    Some(arn) => Some(arn.resource().to_owned()),
                    None => Some(text.to_owned()),
                },
                arn,
            });
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let Some(address) = text("address").and_then(|a| a.parse().ok()) else {
            return Err("it is neither a reference to a resource nor a text".into());
        };
        Ok(Self {
            address: Some(address),
            arn: text("arn").and_then(|t| t.parse().ok()),
            name: text("name").or_else(|| text("identifier")).map(str::to_owned),
            region: text("region").and_then(|t| t.parse().ok()),
            account: text("account_id").and_then(|t| t.parse().ok()),
        })
    }
}
