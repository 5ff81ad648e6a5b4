//! IAM policy documents, compared by meaning and not by text.
//!
//! The grammar is AWS's (IAM User Guide, "Grammar of the IAM JSON policy language"):
//! a single value and a list of one mean the same, order does not matter, action names
//! ignore case, and an account number stands for that account's root.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The only version in which policy variables work.
pub const VERSION: &str = "2012-10-17";

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Forbids, whatever else allows.
    Deny,
}

/// Either the list that applies, or the list of what does not (`NotAction`, …).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// `Action`, `Resource`.
    Only(BTreeSet<String>),
    /// `NotAction`, `NotResource`.
    AllBut(BTreeSet<String>),
}

/// Who a statement of a resource policy is about: `{"AWS": …}`, `{"Service": …}`, `"*"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principals {
    /// `Principal`; kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) to names. `"*"` is `AWS: *`.
    Only(BTreeMap<String, BTreeSet<String>>),
    /// `NotPrincipal`.
    AllBut(BTreeMap<String, BTreeSet<String>>),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// A name, without meaning for the evaluation.
    pub sid: Option<String>,
    /// Allow or deny.
    pub effect: Effect,
    /// Absent in identity policies.
    pub principals: Option<Principals>,
    /// Which actions.
    pub actions: Match,
    /// Which resources; absent in trust policies.
    pub resources: Option<Match>,
    /// Operator to key to values.
    pub conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// `2012-10-17` unless the text says otherwise.
    pub version: String,
    /// In the order written.
    pub statements: Vec<Statement>,
}

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a policy document: {0}")]
pub struct BadPolicy(String);

impl Statement {
    /// A statement of an identity policy.
    pub fn new<A, R>(effect: Effect, actions: A, resources: R) -> Self
    where
        A: IntoIterator,
        A::Item: Into<String>,
        R: IntoIterator,
        R::Item: Into<String>,
    {
        let resources: BTreeSet<String> = resources.into_iter().map(Into::into).collect();
        Self {
            sid: None,
            effect,
            principals: None,
            actions: Match::Only(actions.into_iter().map(Into::into).collect()),
            resources: (!resources.is_empty()).then_some(Match::Only(resources)),
            conditions: BTreeMap::new(),
        }
    }

    /// Names it.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// Adds a principal of a kind (`AWS`, `Service`, `Federated`).
    #[must_use]
    pub fn principal(mut self, kind: &str, name: impl Into<String>) -> Self {
        let mut map = match self.principals.take() {
            Some(Principals::Only(map)) => map,
            _ => BTreeMap::new(),
        };
        map.entry(kind.to_owned()).or_default().insert(name.into());
        self.principals = Some(Principals::Only(map));
        self
    }

    /// Whom its `Principal` names, of one kind (`AWS`, `Service`, `Federated`); nobody where it says whom it does not mean.
    pub fn named(&self, kind: &str) -> impl Iterator<Item = &String> {
        let names = match &self.principals {
            Some(Principals::Only(map)) => map.get(kind),
            Some(Principals::AllBut(_)) | None => None,
        };
        names.into_iter().flatten()
    }

    /// Adds a condition.
    #[must_use]
    pub fn when<V>(mut self, operator: &str, key: &str, values: V) -> Self
    where
        V: IntoIterator,
        V::Item: Into<String>,
    {
        self.conditions
            .entry(operator.to_owned())
            .or_default()
            .entry(key.to_owned())
            .or_default()
            .extend(values.into_iter().map(Into::into));
        self
    }

    /// The statement with everything that has no meaning taken out: the form that is compared.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let lower = |set: &BTreeSet<String>| set.iter().map(|a| a.to_ascii_lowercase()).collect();
        let principals = |map: &BTreeMap<String, BTreeSet<String>>| {
            map.iter()
                .map(|(kind, names)| (kind.clone(), names.iter().map(|n| root_arn(n)).collect()))
                .collect()
        };
        Self {
            sid: None,
            effect: self.effect,
            principals: self.principals.as_ref().map(|p| match p {
                Principals::Only(map) => Principals::Only(principals(map)),
                Principals::AllBut(map) => Principals::AllBut(principals(map)),
            }),
            actions: match &self.actions {
                Match::Only(set) => Match::Only(lower(set)),
                Match::AllBut(set) => Match::AllBut(lower(set)),
            },
            resources: self.resources.clone(),
            conditions: self
                .conditions
                .iter()
                .map(|(operator, keys)| {
                    let keys = keys
                        .iter()
                        .map(|(key, values)| (key.to_ascii_lowercase(), values.clone()))
                        .collect();
                    (operator.to_ascii_lowercase(), keys)
                })
                .collect(),
        }
    }

    fn to_json(&self) -> Json {
        let mut out = Map::new();
        if let Some(sid) = &self.sid {
            out.insert("Sid".into(), sid.as_str().into());
        }
        out.insert(
            "Effect".into(),
            match self.effect {
                Effect::Allow => "Allow".into(),
                Effect::Deny => "Deny".into(),
            },
        );
        match &self.principals {
            Some(Principals::Only(map)) => out.insert("Principal".into(), principals_json(map)),
            Some(Principals::AllBut(map)) => out.insert("NotPrincipal".into(), principals_json(map)),
            None => None,
        };
        match &self.actions {
            Match::Only(set) => out.insert("Action".into(), one_or_many(set)),
            Match::AllBut(set) => out.insert("NotAction".into(), one_or_many(set)),
        };
        match &self.resources {
            Some(Match::Only(set)) => out.insert("Resource".into(), one_or_many(set)),
            Some(Match::AllBut(set)) => out.insert("NotResource".into(), one_or_many(set)),
            None => None,
        };
        if !self.conditions.is_empty() {
            let operators = self.conditions.iter().map(|(operator, keys)| {
                let keys = keys.iter().map(|(k, v)| (k.clone(), one_or_many(v))).collect();
                (operator.clone(), Json::Object(keys))
            });
            out.insert("Condition".into(), Json::Object(operators.collect()));
        }
        Json::Object(out)
    }

    fn from_json(json: &Json) -> Result<Self, BadPolicy> {
        let object = json
            .as_object()
            .ok_or_else(|| BadPolicy("a statement is not an object".into()))?;
        let get = |key: &str| object.get(key);
        let effect = match get("Effect").and_then(Json::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(BadPolicy("Effect is neither Allow nor Deny".into())),
        };
        let actions = match (get("Action"), get("NotAction")) {
            (Some(v), None) => Match::Only(texts(v, "Action")?),
            (None, Some(v)) => Match::AllBut(texts(v, "NotAction")?),
            _ => return Err(BadPolicy("a statement needs either Action or NotAction".into())),
        };
        let resources = match (get("Resource"), get("NotResource")) {
            (Some(v), None) => Some(Match::Only(texts(v, "Resource")?)),
            (None, Some(v)) => Some(Match::AllBut(texts(v, "NotResource")?)),
            (None, None) => None,
            _ => return Err(BadPolicy("Resource and NotResource exclude one another".into())),
        };
        let principals = match (get("Principal"), get("NotPrincipal")) {
            (Some(v), None) => Some(Principals::Only(principals(v)?)),
            (None, Some(v)) => Some(Principals::AllBut(principals(v)?)),
            (None, None) => None,
            _ => return Err(BadPolicy("Principal and NotPrincipal exclude one another".into())),
        };
        let mut conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        if let Some(condition) = get("Condition") {
            let bad = || BadPolicy("Condition is not an object of objects".into());
            for (operator, keys) in condition.as_object().ok_or_else(bad)? {
                for (key, values) in keys.as_object().ok_or_else(bad)? {
                    conditions
                        .entry(operator.clone())
                        .or_default()
                        .insert(key.clone(), strings(values, key)?);
                }
            }
        }
        Ok(Self {
            sid: get("Sid").and_then(Json::as_str).map(str::to_owned),
            effect,
            principals,
            actions,
            resources,
            conditions,
        })
    }
}

impl Document {
    /// A document of these statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self {
            version: VERSION.into(),
            statements: statements.into_iter().collect(),
        }
    }

    /// Reads a document; URL-encoded text, as IAM returns it, is decoded first.
    ///
    /// # Errors
    /// When it is not JSON or not of the policy grammar.
    pub fn parse(text: &str) -> Result<Self, BadPolicy> {
        let json: Json = match serde_json::from_str(text) {
            Ok(json) => json,
            Err(plain) => percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .ok()
                .and_then(|decoded| serde_json::from_str(&decoded).ok())
                .ok_or_else(|| BadPolicy(plain.to_string()))?,
        };
        Self::from_json(&json)
    }

    /// Reads a document that is JSON already.
    ///
    /// # Errors
    /// When it is not of the policy grammar.
    pub fn from_json(json: &Json) -> Result<Self, BadPolicy> {
        let object = json
            .as_object()
            .ok_or_else(|| BadPolicy("it is not an object".into()))?;
        let statements = match object.get("Statement") {
            Some(Json::Array(items)) => items.iter().map(Statement::from_json).collect::<Result<_, _>>()?,
            Some(one) => vec![Statement::from_json(one)?],
            None => return Err(BadPolicy("it has no Statement".into())),
        };
        Ok(Self {
            version: object
                .get("Version")
                .and_then(Json::as_str)
                .unwrap_or("2008-10-17")
                .to_owned(),
            statements,
        })
    }

    /// The document as AWS takes it.
    pub fn to_json(&self) -> Json {
        let mut out = Map::new();
        out.insert("Version".into(), self.version.as_str().into());
        out.insert(
            "Statement".into(),
            self.statements.iter().map(Statement::to_json).collect(),
        );
        Json::Object(out)
    }

    /// Whether both mean the same, whatever the order, case of actions, ids and list forms.
    pub fn same_meaning(&self, other: &Self) -> bool {
        let set =
            |d: &Self| -> BTreeSet<Statement> { d.statements.iter().map(Statement::canonical).collect() };
        self.version == other.version && set(self) == set(other)
    }
}

impl Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Json::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Statement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Statement {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Json::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// `111111111111` means the same as that account's root.
fn root_arn(name: &str) -> String {
    match name.parse::<super::AccountId>() {
        Ok(id) => format!("arn:aws:iam::{id}:root"),
        Err(_) => name.to_owned(),
    }
}

fn one_or_many(set: &BTreeSet<String>) -> Json {
    match set.iter().next() {
        Some(only) if set.len() == 1 => only.as_str().into(),
        _ => set.iter().map(|s| Json::from(s.as_str())).collect(),
    }
}

fn principals_json(map: &BTreeMap<String, BTreeSet<String>>) -> Json {
    let everyone = map.len() == 1 && map.get("AWS").is_some_and(|s| s.len() == 1 && s.contains("*"));
    if everyone {
        return "*".into();
    }
    Json::Object(map.iter().map(|(k, v)| (k.clone(), one_or_many(v))).collect())
}

fn principals(json: &Json) -> Result<BTreeMap<String, BTreeSet<String>>, BadPolicy> {
    match json {
        Json::String(all) if all == "*" => Ok(BTreeMap::from([(
            "AWS".to_owned(),
            BTreeSet::from(["*".to_owned()]),
        )])),
        Json::Object(map) => map
            .iter()
            .map(|(kind, names)| Ok((kind.clone(), strings(names, kind)?)))
            .collect(),
        _ => Err(BadPolicy("Principal is neither \"*\" nor an object".into())),
    }
}

/// Actions and resources: unlike values of conditions, never a number.
fn texts(json: &Json, what: &str) -> Result<BTreeSet<String>, BadPolicy> {
    let is_text = match json {
        Json::Array(items) => items.iter().all(Json::is_string),
        one => one.is_string(),
    };
    match is_text {
        true => strings(json, what),
        false => Err(BadPolicy(format!("{what} holds something that is not a text"))),
    }
}

fn strings(json: &Json, what: &str) -> Result<BTreeSet<String>, BadPolicy> {
    let text = |v: &Json| match v {
        Json::String(s) => Ok(s.clone()),
        Json::Bool(b) => Ok(b.to_string()),
        Json::Number(n) => Ok(n.to_string()),
        _ => Err(BadPolicy(format!("{what} holds something that is not a text"))),
    };
    match json {
        Json::Array(items) => items.iter().map(text).collect(),
        one => Ok(BTreeSet::from([text(one)?])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_mean_the_same_are_equal() {
        let a = Document::parse(
            r#"{"Version":"2012-10-17","Statement":{"Sid":"x","Effect":"Allow","Principal":{"AWS":"111111111111"},
               "Action":["s3:PutObject","S3:GetObject"],"Resource":["arn:aws:s3:::b/*"],
               "Condition":{"StringEquals":{"AWS:SourceAccount":"1"}}}}"#,
        )
        .unwrap();
        let b = Document::parse(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root"]},
               "Action":["s3:getobject","s3:putobject"],"Resource":"arn:aws:s3:::b/*",
               "Condition":{"stringequals":{"aws:sourceaccount":["1"]}}}]}"#,
        )
        .unwrap();
        assert!(a.same_meaning(&b));
    }

    #[test]
    fn actions_and_resources_are_texts() {
        let with = |action: &str, resource: &str| {
            Document::parse(&format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":{action},"Resource":{resource},
                   "Condition":{{"NumericLessThan":{{"s3:max-keys":5}}}}}}}}"#
            ))
        };
        assert!(with(r#""s3:*""#, r#"["*"]"#).is_ok());
        for (action, resource) in [
            ("5", r#""*""#),
            (r#"["s3:*",true]"#, r#""*""#),
            (r#""s3:*""#, "5"),
        ] {
            assert!(with(action, resource).is_err(), "{action} on {resource}");
        }
    }

    #[test]
    fn effect_action_and_principal_matter() {
        let parse =
            |s: &str| Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{s}]}}"#)).unwrap();
        let base = parse(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
        for other in [
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","NotResource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}"#,
        ] {
            assert!(!base.same_meaning(&parse(other)), "{other}");
        }
    }

    #[test]
    fn url_encoded_text_is_read() {
        let text = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
        assert_eq!(Document::parse(text).unwrap(), Document::new([]));
    }
}
