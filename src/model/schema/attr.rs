//! The types that an argument can have.

use super::Attr;
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{AccountId, Arn, Days, Duration, Region};
use std::collections::BTreeMap;

macro_rules! from_text {
    ($($ty:ty: $accepts:literal;)*) => {$(
        impl Attr for $ty {
            fn ty() -> Type {
                Type::String
            }
            fn accepts() -> String {
                $accepts.into()
            }
            fn parse(value: &Value) -> Result<Self, String> {
                let text = value.as_str().ok_or_else(|| "it is not a text".to_owned())?;
                text.parse().map_err(|e| format!("{e}"))
            }
        }
    )*};
}

from_text! {
    String: "a text";
    Duration: "a duration such as \"15m\", \"30d\" or \"7y\"";
    Region: "a region such as \"us-east-1\"";
    AccountId: "an account id of twelve digits";
    Arn: "an ARN such as \"arn:aws:s3:::my-bucket\"";
}

impl<const MIN: u32, const MAX: u32> Attr for Days<MIN, MAX> {
    fn ty() -> Type {
        Type::String
    }
    fn accepts() -> String {
        format!("a duration in whole days, \"{MIN}d\" to \"{MAX}d\"")
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value.as_str().ok_or("it is not a text")?.parse()
    }
}

impl Attr for bool {
    fn ty() -> Type {
        Type::Bool
    }
    fn accepts() -> String {
        "true or false".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value
            .as_bool()
            .ok_or_else(|| "it is neither true nor false".into())
    }
}

impl Attr for u32 {
    fn ty() -> Type {
        Type::Number
    }
    fn accepts() -> String {
        "a whole number from 0".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value
            .as_number()
            .and_then(|n| n.to_i64())
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| "it is not a whole number from 0".into())
    }
}

/// Tags and the like.
impl Attr for BTreeMap<String, String> {
    fn ty() -> Type {
        Type::map(Type::String)
    }
    fn accepts() -> String {
        "a map of texts".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value
            .entries()
            .map(|(key, value)| match value.as_str() {
                Some(text) => Ok((key.to_owned(), text.to_owned())),
                None => Err(format!("the value of \"{key}\" is not a text")),
            })
            .collect()
    }
}
