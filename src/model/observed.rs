//! What a read of the cloud gave: three states that are never merged.

use serde::{Deserialize, Serialize};

/// Something that was asked for and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unreadable {
    /// The IAM action that was needed, such as `s3:GetBucketVersioning`.
    pub action: String,
    /// What the service said.
    pub why: String,
    /// True when permission was denied, false for throttling, outages and the like.
    pub denied: bool,
}

impl Unreadable {
    /// For people: what was needed, and what the service said.
    pub fn said(&self) -> String {
        match self.action.as_str() {
            "" => self.why.clone(),
            action => format!("{action}: {}", self.why),
        }
    }
}

/// What is known of a live setting. "Denied" is never "absent".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Observed<T> {
    /// It exists, and this is it.
    Present(T),
    /// The service said that it does not exist or is not configured.
    Absent,
    /// It is not known whether it exists.
    Unreadable(Unreadable),
}

impl<T> Observed<T> {
    /// The value, when it is known to exist.
    pub fn present(&self) -> Option<&T> {
        match self {
            Observed::Present(value) => Some(value),
            Observed::Absent | Observed::Unreadable(_) => None,
        }
    }

    /// `Ok(None)` for absent, `Err` for unreadable.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn known(&self) -> Result<Option<&T>, &Unreadable> {
        match self {
            Observed::Present(value) => Ok(Some(value)),
            Observed::Absent => Ok(None),
            Observed::Unreadable(why) => Err(why),
        }
    }

    /// Changes the value inside.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Observed::Present(value) => Observed::Present(f(value)),
            Observed::Absent => Observed::Absent,
            Observed::Unreadable(why) => Observed::Unreadable(why),
        }
    }
}
