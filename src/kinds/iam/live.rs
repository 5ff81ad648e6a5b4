//! A role as it was seen, as far as it was needed.

use super::account::{self, AccountRoles, Role};
use super::own_path;
use crate::aws::{AwsError, Reader, classify};
use crate::kinds::marked::PROJECT_TAG;
use crate::model::fact::{Identity, WriteTarget};
use crate::model::policy::Document;
use crate::model::{Observed, Place, Unreadable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A managed policy that a role uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LivePolicy {
    /// Its ARN.
    pub arn: String,
    /// Its default version; `None` when nobody asked for it.
    pub document: Option<Observed<Document>>,
}

/// What the bulk read leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Shown in the console; empty when there is none.
    pub description: String,
    /// Longest session in seconds.
    pub max_session: u32,
}

/// A role as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveRole {
    /// Its name, unique in the account.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// Its ARN, with the path.
    pub arn: String,
    /// Who may assume it.
    pub trust: Observed<Document>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Observed<Document>>,
    /// Attached policies, sorted by ARN.
    pub attached: Vec<LivePolicy>,
    /// The permissions boundary.
    pub boundary: Option<LivePolicy>,
    /// All tags.
    pub tags: BTreeMap<String, String>,
    /// Description and session length; `None` when nobody asked for them.
    pub settings: Option<Observed<Settings>>,
}

/// What has to be asked for besides the bulk read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// Description and session length: one `ListRoles`, shared by all roles.
    pub settings: bool,
    /// The text of AWS's own policies: two calls for each policy, shared by all roles.
    pub aws_policies: bool,
}

impl LiveRole {
    /// Completes what the bulk read gave.
    pub async fn complete(reader: &Reader, account: &AccountRoles, role: &Role, need: Need) -> Self {
        let mut attached = Vec::new();
        for arn in &role.attached {
            attached.push(policy(reader, account, arn, need).await);
        }
        let boundary = match &role.boundary {
            Some(arn) => Some(policy(reader, account, arn, need).await),
            None => None,
        };
        Self {
            name: role.name.clone(),
            path: role.path.clone(),
            arn: role.arn.clone(),
            trust: role.trust.clone(),
            inline: role.inline.clone(),
            attached,
            boundary,
            tags: role.tags.clone(),
            settings: match need.settings {
                true => Some(settings(reader, &role.name).await),
                false => None,
            },
        }
    }

    /// Whether backstay created it: it lies under the project's path or carries its tag.
    pub fn is_ours(&self, place: &Place) -> bool {
        is_ours(&self.path, &self.tags, place)
    }

    /// The role as rules and proofs see it.
    pub fn identity(&self, writer: Option<Vec<WriteTarget>>) -> Identity {
        let mut unknown = Vec::new();
        let mut known = |document: &Observed<Document>| match document.known() {
            Ok(document) => document.cloned(),
            Err(why) => {
                unknown.push(why.clone());
                None
            }
        };
        let trust = known(&self.trust);
        let mut policies: Vec<(String, Document)> = Vec::new();
        for (name, document) in &self.inline {
            policies.extend(known(document).map(|d| (name.clone(), d)));
        }
        for policy in &self.attached {
            let document = policy.observed();
            policies.extend(known(&document).map(|d| (policy.arn.clone(), d)));
        }
        let boundary = self.boundary.as_ref().and_then(|b| known(&b.observed()));
        Identity {
            name: self.name.clone(),
            trust,
            policies,
            boundary,
            unknown,
            writer,
            declared_trust: None,
            dumps: None,
        }
    }
}

impl LivePolicy {
    /// The document, where one that was not asked for or is gone counts as unknown: a
    /// policy whose text nobody has seen may say anything.
    fn observed(&self) -> Observed<Document> {
        match &self.document {
            Some(Observed::Present(document)) => Observed::Present(document.clone()),
            Some(Observed::Unreadable(why)) => Observed::Unreadable(why.clone()),
            Some(Observed::Absent) | None => Observed::Unreadable(Unreadable {
                action: "iam:GetPolicyVersion".into(),
                why: format!("the text of {} was not read", self.arn),
                denied: false,
            }),
        }
    }
}

/// Whether something at `path` with these tags was created by backstay for this project.
pub fn is_ours(path: &str, tags: &BTreeMap<String, String>, place: &Place) -> bool {
    path.starts_with(&own_path(place)) || tags.get(PROJECT_TAG) == Some(&place.project)
}

async fn policy(reader: &Reader, account: &AccountRoles, arn: &str, need: Need) -> LivePolicy {
    let document = match account.policies.get(arn) {
        Some(document) => Some(document.clone()),
        None if need.aws_policies => Some(account::aws_managed(reader, arn).await),
        None => None,
    };
    LivePolicy {
        arn: arn.to_owned(),
        document,
    }
}

/// The action that reads [`Settings`].
pub const SETTINGS_ACTION: &str = "iam:ListRoles";

async fn settings(reader: &Reader, name: &str) -> Observed<Settings> {
    let all = reader.once("iam:settings", || all_settings(reader)).await;
    match all.as_ref() {
        Ok(all) => all.get(name).cloned().map_or(Observed::Absent, Observed::Present),
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

/// The settings of every role of the account, a thousand a call, where `GetRole` takes one call for
/// each: what a list of roles leaves out (boundary, tags, last use) the bulk read has.
async fn all_settings(reader: &Reader) -> Result<BTreeMap<String, Settings>, AwsError> {
    let _permit = reader.permit().await;
    let mut pages = reader
        .clients()
        .iam()
        .list_roles()
        .max_items(account::PAGE)
        .into_paginator()
        .send();
    let mut all = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(SETTINGS_ACTION, e))?;
        for role in page.roles() {
            let settings = Settings {
                description: role.description().unwrap_or_default().to_owned(),
                // IAM leaves the length out where nobody ever set it; it is one hour then.
                max_session: role
                    .max_session_duration()
                    .and_then(|s| u32::try_from(s).ok())
                    .unwrap_or(3600),
            };
            all.insert(role.role_name().to_owned(), settings);
        }
    }
    Ok(all)
}
