//! Every role and user of an account with all that says what they may do, in one paged call.

use super::account::{PAGE, parsed};
use crate::aws::{AwsError, Reader, classify};
use crate::model::policy::Document;
use crate::model::{Observed, Principal, PrincipalKind, Unreadable};
use aws_sdk_iam::types::{AttachedPolicy, EntityType, PolicyDetail};
use std::collections::BTreeMap;

const ACTION: &str = "iam:GetAccountAuthorizationDetails";

/// What a page gives, before names are looked up.
#[derive(Debug, Default)]
struct Raw {
    principals: Vec<Unresolved>,
    /// Inline and attached policies of groups.
    groups: BTreeMap<String, Grants>,
    managed: BTreeMap<String, Observed<Document>>,
}

#[derive(Debug, Default, Clone)]
struct Grants {
    inline: Vec<(String, Observed<Document>)>,
    attached: Vec<String>,
}

#[derive(Debug)]
struct Unresolved {
    arn: String,
    id: String,
    kind: PrincipalKind,
    trust: Observed<Document>,
    grants: Grants,
    groups: Vec<String>,
    boundary: Option<String>,
}

/// Reads all of them.
///
/// # Errors
/// When the account cannot be read; then nothing is known of anybody in it.
pub async fn read(reader: &Reader) -> Result<Vec<Principal>, AwsError> {
    let _permit = reader.permit().await;
    let mut pages = reader
        .clients()
        .iam()
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .filter(EntityType::User)
        .filter(EntityType::Group)
        .filter(EntityType::LocalManagedPolicy)
        .filter(EntityType::AwsManagedPolicy)
        .max_items(PAGE)
        .into_paginator()
        .send();
    let mut raw = Raw::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(ACTION, e))?;
        for role in page.role_detail_list() {
            let Some(arn) = role.arn() else { continue };
            raw.principals.push(Unresolved {
                arn: arn.to_owned(),
                id: role.role_id().unwrap_or_default().to_owned(),
                kind: PrincipalKind::Role,
                trust: document(role.assume_role_policy_document()),
                grants: grants(role.role_policy_list(), role.attached_managed_policies()),
                groups: Vec::new(),
                boundary: role
                    .permissions_boundary()
                    .and_then(|b| b.permissions_boundary_arn())
                    .map(str::to_owned),
            });
        }
        for user in page.user_detail_list() {
            let Some(arn) = user.arn() else { continue };
            raw.principals.push(Unresolved {
                arn: arn.to_owned(),
                id: user.user_id().unwrap_or_default().to_owned(),
                kind: PrincipalKind::User,
                trust: Observed::Absent,
                grants: grants(user.user_policy_list(), user.attached_managed_policies()),
                groups: user.group_list().to_vec(),
                boundary: user
                    .permissions_boundary()
                    .and_then(|b| b.permissions_boundary_arn())
                    .map(str::to_owned),
            });
        }
        for group in page.group_detail_list() {
            let Some(name) = group.group_name() else { continue };
            raw.groups.insert(
                name.to_owned(),
                grants(group.group_policy_list(), group.attached_managed_policies()),
            );
        }
        for policy in page.policies() {
            let Some(arn) = policy.arn() else { continue };
            let version = policy
                .policy_version_list()
                .iter()
                .find(|v| v.is_default_version());
            raw.managed
                .insert(arn.to_owned(), document(version.and_then(|v| v.document())));
        }
    }
    Ok(resolve(raw))
}

fn grants(inline: &[PolicyDetail], attached: &[AttachedPolicy]) -> Grants {
    Grants {
        inline: inline
            .iter()
            .map(|p| {
                (
                    p.policy_name().unwrap_or("inline").to_owned(),
                    document(p.policy_document()),
                )
            })
            .collect(),
        attached: attached
            .iter()
            .filter_map(|p| p.policy_arn().map(str::to_owned))
            .collect(),
    }
}

fn resolve(raw: Raw) -> Vec<Principal> {
    let managed = |arn: &str| {
        raw.managed
            .get(arn)
            .cloned()
            .unwrap_or_else(|| unknown(format!("the text of {arn} was not in the answer")))
    };
    let mut all = Vec::new();
    for principal in raw.principals {
        let Ok(arn) = principal.arn.parse() else { continue };
        let mut policies = Vec::new();
        let inherited = principal.groups.iter().map(|name| {
            raw.groups.get(name).cloned().unwrap_or_else(|| Grants {
                inline: vec![(
                    format!("group {name}"),
                    unknown(format!("group {name} was not in the answer")),
                )],
                attached: Vec::new(),
            })
        });
        for grants in std::iter::once(principal.grants.clone()).chain(inherited) {
            policies.extend(grants.inline);
            policies.extend(grants.attached.into_iter().map(|arn| {
                let text = managed(&arn);
                (arn, text)
            }));
        }
        all.push(Principal {
            arn,
            kind: principal.kind,
            id: principal.id,
            trust: principal.trust,
            policies,
            boundary: principal.boundary.map_or(Observed::Absent, |arn| managed(&arn)),
        });
    }
    all
}

fn document(text: Option<&str>) -> Observed<Document> {
    parsed(text).map_or_else(unknown, Observed::Present)
}

fn unknown(why: String) -> Observed<Document> {
    Observed::Unreadable(Unreadable {
        action: ACTION.to_owned(),
        why,
        denied: false,
    })
}
