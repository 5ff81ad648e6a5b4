//! Addresses: how users and plans name a resource.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One instance of a repeated block.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// From `count`.
    Index(u64),
    /// From `for_each`.
    Name(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Index(i) => write!(f, "[{i}]"),
            Key::Name(n) => write!(f, "[{}]", serde_json::Value::from(n.as_str())),
        }
    }
}

/// One `module.name[key]` in front of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleStep {
    /// The label of the `module` block.
    pub name: String,
    /// Which instance of it.
    pub key: Option<Key>,
}

/// `module.m["k"].s3_bucket.uploads["eu"].replication_role`.
///
/// The last part names something that backstay derives from the block.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The modules around it, outermost first.
    pub modules: Vec<ModuleStep>,
    /// The block type, such as `s3_bucket`.
    pub kind: String,
    /// The block's label.
    pub name: String,
    /// Which instance of a repeated block.
    pub key: Option<Key>,
    /// What was derived from the block; `None` for the block itself.
    pub part: Option<String>,
}

impl Address {
    /// `kind.name` in the root module.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            modules: Vec::new(),
            kind: kind.into(),
            name: name.into(),
            key: None,
            part: None,
        }
    }

    /// The address of something derived from this block.
    #[must_use]
    pub fn with_part(&self, part: &str) -> Self {
        Self {
            part: Some(part.to_owned()),
            ..self.clone()
        }
    }

    /// The block that this was derived from (itself when it wasn't derived).
    #[must_use]
    pub fn block(&self) -> Self {
        Self {
            part: None,
            ..self.clone()
        }
    }

    /// Whether `--target`/`--allow-weaken` naming `self` means `other` too: the same
    /// address, one of its instances, or what was derived from it.
    pub fn covers(&self, other: &Address) -> bool {
        self.modules == other.modules
            && self.kind == other.kind
            && self.name == other.name
            && (self.key.is_none() || self.key == other.key)
            && (self.part.is_none() || self.part == other.part)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.modules {
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
            f.write_str(".")?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        if let Some(key) = &self.key {
            write!(f, "{key}")?;
        }
        if let Some(part) = &self.part {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an address; an address looks like s3_bucket.uploads or s3_bucket.uploads[\"eu\"]")]
pub struct BadAddress(String);

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.to_owned());
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let (name, key, tail) = step(rest).ok_or_else(bad)?;
            steps.push((name, key));
            match tail.strip_prefix('.') {
                Some(tail) => rest = tail,
                None if tail.is_empty() => break,
                None => return Err(bad()),
            }
        }
        let mut steps = steps.into_iter().peekable();
        let mut modules = Vec::new();
        while steps.peek().is_some_and(|(n, k)| n == "module" && k.is_none()) {
            steps.next();
            let (name, key) = steps.next().ok_or_else(bad)?;
            modules.push(ModuleStep { name, key });
        }
        let (kind, none) = steps.next().ok_or_else(bad)?;
        let (name, key) = steps.next().ok_or_else(bad)?;
        let part = match steps.next() {
            None => None,
            Some((part, None)) => Some(part),
            Some(_) => return Err(bad()),
        };
        if none.is_some() || steps.next().is_some() {
            return Err(bad());
        }
        Ok(Self {
            modules,
            kind,
            name,
            key,
            part,
        })
    }
}

/// Reads `name`, `name[3]` or `name["k"]` from the front and gives what is left.
fn step(text: &str) -> Option<(String, Option<Key>, &str)> {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let Some(inside) = rest.strip_prefix('[') else {
        return Some((name.to_owned(), None, rest));
    };
    if inside.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let key = stream.next()?.ok()?;
        let after = inside.get(stream.byte_offset()..)?;
        Some((name.to_owned(), Some(Key::Name(key)), after.strip_prefix(']')?))
    } else {
        let (digits, after) = inside.split_once(']')?;
        Some((name.to_owned(), Some(Key::Index(digits.parse().ok()?)), after))
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Address {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "How a resource is named, such as s3_bucket.uploads[\"eu\"]"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for text in [
            "s3_bucket.a",
            "s3_bucket.a[0]",
            "s3_bucket.a[\"x.y]\\\"\"].replication_role",
            "module.m.s3_bucket.a",
            "module.m[\"k\"].module.n[2].rds_instance.db",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in ["", "a", "a.", "a.b.c.d", "a.b[", "a.b[x]", "a[0].b", "module.m"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn covers_instances_and_parts() {
        let all: Address = "s3_bucket.a".parse().unwrap();
        let one: Address = "s3_bucket.a[\"k\"].replication_role".parse().unwrap();
        assert!(all.covers(&one));
        assert!(!one.covers(&all));
    }
}
