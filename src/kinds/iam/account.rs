//! Every role and customer-managed policy of an account in one paged call.
//!
//! `GetAccountAuthorizationDetails` gives trust, inline and attached policies, boundaries and
//! tags, where asking each role takes five calls. It leaves out descriptions and session lengths,
//! which another list has (`live`), and the text of AWS's own policies; those are asked for one by
//! one. Both only where they are needed.

use crate::aws::{AwsError, Class, Reader, classify};
use crate::kinds::{ReadContext, UNDISCOVERED};
use crate::model::policy::Document;
use crate::model::{Observed, Unreadable};
use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail, Tag};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The action that [`read`] needs.
pub const ACTION: &str = "iam:GetAccountAuthorizationDetails";

/// The most that one page holds. IAM gives a hundred where nobody asks for more.
pub(super) const PAGE: i32 = 1000;

/// A role as the bulk read gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
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
    /// The ARNs of attached policies.
    pub attached: BTreeSet<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// All tags.
    pub tags: BTreeMap<String, String>,
}

/// The roles and customer-managed policies of an account.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountRoles {
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// The default version of each customer-managed policy, by ARN.
    pub policies: BTreeMap<String, Observed<Document>>,
}

/// Reads the account once, whoever asks. A failure is kept too.
pub async fn read(reader: &Reader) -> Arc<Result<AccountRoles, AwsError>> {
    reader.once("iam:account", || fetch(reader)).await
}

/// What is said of roles when their account could not be read: of those that are asked for, and of what is looked for.
pub(in crate::kinds) fn unread<S, T>(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<S>)],
    error: &AwsError,
) -> BTreeMap<String, Observed<T>> {
    let forgotten = cx.discover.then(|| UNDISCOVERED.to_owned());
    let all = wanted.iter().map(|(ident, _)| ident.clone()).chain(forgotten);
    all.map(|ident| (ident, Observed::Unreadable(error.unreadable())))
        .collect()
}

async fn fetch(reader: &Reader) -> Result<AccountRoles, AwsError> {
    let _permit = reader.permit().await;
    let mut pages = reader
        .clients()
        .iam()
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .filter(EntityType::LocalManagedPolicy)
        .max_items(PAGE)
        .into_paginator()
        .send();
    let mut account = AccountRoles::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(ACTION, e))?;
        for role in page.role_detail_list() {
            if let Some(role) = from_detail(role) {
                account.roles.insert(role.name.clone(), role);
            }
        }
        for policy in page.policies() {
            if let Some(arn) = policy.arn() {
                account
                    .policies
                    .insert(arn.to_owned(), default_version(arn, policy));
            }
        }
    }
    Ok(account)
}

/// The text of a policy that AWS owns, once for all roles that attach it.
pub async fn aws_managed(reader: &Reader, arn: &str) -> Observed<Document> {
    let key = format!("iam:policy:{arn}");
    let read = reader.once(&key, || fetch_policy(reader, arn)).await;
    match read.as_ref() {
        Ok(document) => document.clone(),
        Err(error) if error.is_not_found() => Observed::Absent,
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

async fn fetch_policy(reader: &Reader, arn: &str) -> Result<Observed<Document>, AwsError> {
    const GET: &str = "iam:GetPolicy";
    const VERSION: &str = "iam:GetPolicyVersion";
    let _permit = reader.permit().await;
    let iam = reader.clients().iam();
    let policy = iam
        .get_policy()
        .policy_arn(arn)
        .send()
        .await
        .map_err(|e| classify(GET, e))?;
    let version = policy
        .policy()
        .and_then(|p| p.default_version_id())
        .ok_or_else(|| AwsError::new(GET, Class::Server, "NoVersion", "the answer names no version"))?;
    let version = iam
        .get_policy_version()
        .policy_arn(arn)
        .version_id(version)
        .send()
        .await
        .map_err(|e| classify(VERSION, e))?;
    let text = version.policy_version().and_then(|v| v.document());
    Ok(document(VERSION, arn, text))
}

fn from_detail(role: &RoleDetail) -> Option<Role> {
    let name = role.role_name()?.to_owned();
    Some(Role {
        trust: document(
            ACTION,
            &format!("the trust of {name}"),
            role.assume_role_policy_document(),
        ),
        inline: role
            .role_policy_list()
            .iter()
            .filter_map(|p| {
                let policy = p.policy_name()?.to_owned();
                let text = document(ACTION, &format!("policy {policy} of {name}"), p.policy_document());
                Some((policy, text))
            })
            .collect(),
        attached: role
            .attached_managed_policies()
            .iter()
            .filter_map(|p| p.policy_arn().map(str::to_owned))
            .collect(),
        boundary: role
            .permissions_boundary()
            .and_then(|b| b.permissions_boundary_arn())
            .map(str::to_owned),
        tags: tags(role.tags()),
        path: role.path().unwrap_or("/").to_owned(),
        arn: role.arn()?.to_owned(),
        name,
    })
}

fn default_version(arn: &str, policy: &ManagedPolicyDetail) -> Observed<Document> {
    let version = policy
        .policy_version_list()
        .iter()
        .find(|v| v.is_default_version());
    document(ACTION, arn, version.and_then(|v| v.document()))
}

/// A text that cannot be parsed exists all the same: its meaning is unknown, it is not absent.
fn document(action: &str, what: &str, text: Option<&str>) -> Observed<Document> {
    parsed(text).map_or_else(
        |why| {
            Observed::Unreadable(Unreadable {
                action: action.to_owned(),
                why: format!("{what}: {why}"),
                denied: false,
            })
        },
        Observed::Present,
    )
}

/// The document of an answer.
///
/// # Errors
/// Why there is none.
pub(super) fn parsed(text: Option<&str>) -> Result<Document, String> {
    let text = text.ok_or("the answer holds no document")?;
    Document::parse(text).map_err(|bad| bad.to_string())
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .map(|t| (t.key().to_owned(), t.value().to_owned()))
        .collect()
}
