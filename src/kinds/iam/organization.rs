//! The service control policies that bind an account, from the root of its organization down.
//!
//! Any account may ask which organization it is in; the policies themselves tell only the management
//! account and those it has delegated to. From the API reference of AWS Organizations.

use super::account::parsed;
use crate::aws::{AwsError, Class, Reader, classify};
use crate::model::policy::Document;
use crate::model::{AccountId, Level, Membership, Observed};
use aws_sdk_organizations::types::{ParentType, PolicyType};

const DESCRIBE: &str = "organizations:DescribeOrganization";
const PARENTS: &str = "organizations:ListParents";
const LIST: &str = "organizations:ListPoliciesForTarget";
const POLICY: &str = "organizations:DescribePolicy";
const DELEGATION: &str = "organizations:DescribeResourcePolicy";

/// Every action that reading takes, all of them on `*`.
pub const ACTIONS: [&str; 5] = [DESCRIBE, PARENTS, LIST, POLICY, DELEGATION];

/// Organizations nest five deep below the root.
const DEPTH: usize = 6;

/// Which organization an account is in, and who manages it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`.
    pub id: String,
    /// The management account.
    pub management: AccountId,
}

/// Asks for the organization of the reader's account; `None` when it is in none, or in one that only shares a bill and
/// so has no policies.
///
/// # Errors
/// When that cannot be read.
pub async fn of(reader: &Reader) -> Result<Option<Organization>, AwsError> {
    let _permit = reader.permit().await;
    let answer = match reader
        .clients()
        .organizations()
        .describe_organization()
        .send()
        .await
    {
        Ok(answer) => answer,
        Err(error) => {
            let error = classify(DESCRIBE, error);
            return match error.code.as_str() {
                "AWSOrganizationsNotInUseException" => Ok(None),
                _ => Err(error),
            };
        }
    };
    let unclear = |what| AwsError::new(DESCRIBE, Class::Refused, "Incomplete", what);
    let organization = answer
        .organization()
        .ok_or_else(|| unclear("the answer holds no organization"))?;
    if organization
        .feature_set()
        .is_some_and(|f| f.as_str() == "CONSOLIDATED_BILLING")
    {
        return Ok(None);
    }
    let management = organization.master_account_id().and_then(|id| id.parse().ok());
    Ok(Some(Organization {
        id: organization.id().unwrap_or_default().to_owned(),
        management: management.ok_or_else(|| unclear("the answer names no management account"))?,
    }))
}

/// Reads what binds `account`, as the management account or one that it has delegated to; `None` when service control
/// policies are switched off.
///
/// # Errors
/// When any level cannot be read; then nothing is known of what binds the account.
pub async fn binding(
    reader: &Reader,
    organization: &Organization,
    account: &AccountId,
) -> Result<Option<Membership>, AwsError> {
    let mut targets = vec![account.to_string()];
    while let Some(parent) = parent(reader, targets.last().map_or("", String::as_str)).await? {
        let (id, kind) = parent;
        targets.push(id);
        if kind == ParentType::Root {
            break;
        }
        if targets.len() > DEPTH + 1 {
            let why = "the organization is nested deeper than it can be";
            return Err(AwsError::new(PARENTS, Class::Refused, "TooDeep", why));
        }
    }
    let mut levels = Vec::new();
    for target in targets.into_iter().rev() {
        match attached(reader, &target).await {
            Ok(policies) => levels.push(Level { target, policies }),
            Err(error) if error.code == "PolicyTypeNotEnabledException" => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(Membership {
        organization: organization.id.clone(),
        management: organization.management.clone(),
        levels,
        delegation: delegation(reader).await,
    }))
}

async fn parent(reader: &Reader, child: &str) -> Result<Option<(String, ParentType)>, AwsError> {
    let _permit = reader.permit().await;
    let call = reader.clients().organizations().list_parents().child_id(child);
    let answer = call.send().await.map_err(|e| classify(PARENTS, e))?;
    // A list by its shape; each child has one parent.
    let parent = answer.parents().first();
    Ok(parent.and_then(|p| Some((p.id()?.to_owned(), p.r#type()?.clone()))))
}

async fn attached(reader: &Reader, target: &str) -> Result<Vec<(String, Observed<Document>)>, AwsError> {
    let mut found = Vec::new();
    {
        let _permit = reader.permit().await;
        let call = reader.clients().organizations().list_policies_for_target();
        let mut pages = call
            .target_id(target)
            .filter(PolicyType::ServiceControlPolicy)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify(LIST, e))?;
            found.extend(page.policies().iter().filter_map(|p| {
                let id = p.id()?.to_owned();
                Some((p.name().unwrap_or(&id).to_owned(), id))
            }));
        }
    }
    let mut policies = Vec::new();
    for (name, id) in found {
        // Many accounts carry the same few.
        let again = id.clone();
        let text = reader
            .once(&format!("organizations:policy:{id}"), move || text(reader, again))
            .await;
        policies.push((name, (*text).clone()));
    }
    Ok(policies)
}

async fn text(reader: &Reader, id: String) -> Observed<Document> {
    let _permit = reader.permit().await;
    let call = reader.clients().organizations().describe_policy().policy_id(id);
    match call.send().await {
        Ok(answer) => document(POLICY, answer.policy().and_then(|p| p.content())),
        Err(error) => Observed::Unreadable(classify(POLICY, error).unreadable()),
    }
}

async fn delegation(reader: &Reader) -> Observed<Document> {
    let read = || async {
        let _permit = reader.permit().await;
        match reader
            .clients()
            .organizations()
            .describe_resource_policy()
            .send()
            .await
        {
            Ok(answer) => document(DELEGATION, answer.resource_policy().and_then(|p| p.content())),
            Err(error) => {
                let error = classify(DELEGATION, error);
                match error.code.as_str() {
                    "ResourcePolicyNotFoundException" => Observed::Absent,
                    _ => Observed::Unreadable(error.unreadable()),
                }
            }
        }
    };
    (*reader.once("organizations:delegation", read).await).clone()
}

fn document(action: &str, text: Option<&str>) -> Observed<Document> {
    let unclear = |why: String| {
        let error = AwsError::new(action, Class::Refused, "Malformed", why);
        Observed::Unreadable(error.unreadable())
    };
    parsed(text).map_or_else(unclear, Observed::Present)
}
