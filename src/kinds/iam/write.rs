//! Writes to roles and policies. Each can be repeated: what is there already is left so, what
//! is gone already is not missed.

use super::live::is_ours;
use crate::aws::{AwsError, Class, Patience, Writer, classify, patiently};
use crate::kinds::marked::{CREATING_TAG, PROJECT_TAG};
use crate::model::Place;
use crate::model::policy::Document;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A role to create, with all that has to be true from its first moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewRole {
    /// `/` or `/…/`.
    pub path: String,
    /// Who may assume it.
    pub trust: Document,
    /// Sent with the creation, so that the role never exists without it.
    pub boundary: Option<String>,
    /// Shown in the console.
    pub description: Option<String>,
    /// Longest session in seconds; an hour when left out.
    pub max_session: Option<u32>,
    /// Besides the project's own.
    pub tags: BTreeMap<String, String>,
}

/// The writes of one account.
#[derive(Debug)]
pub struct Iam<'a> {
    pub(super) client: Client,
    pub(super) place: &'a Place,
}

/// What IAM says for a while after a role or policy was made (DOMAIN §1.4, §1.14): it is not
/// known everywhere yet, or somebody else's write is still going on.
pub(super) fn passing(error: &AwsError) -> bool {
    let malformed = ["MalformedPolicyDocument", "MalformedPolicy"].contains(&error.code.as_str());
    let busy = [
        "ConcurrentModification",
        "ConcurrentModificationException",
        "EntityTemporarilyUnmodifiable",
    ]
    .contains(&error.code.as_str());
    error.is_not_found() || busy || (malformed && error.message.contains("Invalid principal"))
}

/// Sends a request, waiting for what IAM makes eventual.
macro_rules! send {
    ($action:literal, $request:expr) => {
        patiently(Patience::CONSISTENCY, passing, || async {
            $request.send().await.map_err(|e| classify($action, e))
        })
        .await
    };
}

/// Sends a request to remove something; what is gone already is not missed.
macro_rules! remove {
    ($action:literal, $request:expr) => {
        match $request.send().await.map_err(|e| classify($action, e)) {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    };
}

pub(super) fn exists(error: &AwsError) -> bool {
    error.code == "EntityAlreadyExists"
}

pub(super) use {remove, send};

impl<'a> Iam<'a> {
    /// The writes of one account, marked with the place's project.
    pub fn new(writer: &Writer, place: &'a Place) -> Self {
        Self {
            client: writer.clients().iam(),
            place,
        }
    }

    /// Creates a role and waits until IAM knows it.
    ///
    /// # Errors
    /// When IAM refuses, or when a role of this name exists that is not this project's.
    pub async fn create_role(&self, name: &str, role: &NewRole) -> Result<(), AwsError> {
        let mut tags = vec![tag(PROJECT_TAG, &self.place.project)?];
        for (key, value) in &role.tags {
            tags.push(tag(key, value)?);
        }
        let request = self
            .client
            .create_role()
            .role_name(name)
            .path(&role.path)
            .assume_role_policy_document(role.trust.to_json().to_string())
            .set_permissions_boundary(role.boundary.clone())
            .set_description(role.description.clone())
            .set_max_session_duration(role.max_session.and_then(|s| i32::try_from(s).ok()))
            .set_tags(Some(tags));
        match send!("iam:CreateRole", request.clone()) {
            Ok(_) => {}
            // An earlier try got through without its answer, or the name is taken.
            Err(error) if exists(&error) => self.adopt(name, role, error).await?,
            Err(error) => return Err(error),
        }
        self.wait_for_role(name).await
    }

    async fn adopt(&self, name: &str, role: &NewRole, error: AwsError) -> Result<(), AwsError> {
        const ACTION: &str = "iam:GetRole";
        let answer = self
            .client
            .get_role()
            .role_name(name)
            .send()
            .await
            .map_err(|e| classify(ACTION, e))?;
        let ours = answer.role().is_some_and(|r| {
            let tags = r
                .tags()
                .iter()
                .map(|t| (t.key().to_owned(), t.value().to_owned()));
            is_ours(r.path(), &tags.collect(), self.place)
        });
        if !ours {
            return Err(AwsError {
                message: format!(
                    "a role named {name} appeared since the plan was made, and it does not belong to project {}",
                    self.place.project
                ),
                ..error
            });
        }
        if let Some(boundary) = &role.boundary {
            self.put_boundary(name, boundary).await?;
        }
        self.put_trust(name, &role.trust).await
    }

    async fn wait_for_role(&self, name: &str) -> Result<(), AwsError> {
        send!("iam:GetRole", self.client.get_role().role_name(name)).map(drop)
    }

    /// Replaces who may assume a role.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn put_trust(&self, name: &str, trust: &Document) -> Result<(), AwsError> {
        let request = self
            .client
            .update_assume_role_policy()
            .role_name(name)
            .policy_document(trust.to_json().to_string());
        send!("iam:UpdateAssumeRolePolicy", request.clone()).map(drop)
    }

    /// Writes one inline policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn put_inline(&self, name: &str, policy: &str, document: &Document) -> Result<(), AwsError> {
        let request = self
            .client
            .put_role_policy()
            .role_name(name)
            .policy_name(policy)
            .policy_document(document.to_json().to_string());
        send!("iam:PutRolePolicy", request.clone()).map(drop)
    }

    /// Removes one inline policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn delete_inline(&self, name: &str, policy: &str) -> Result<(), AwsError> {
        let request = self
            .client
            .delete_role_policy()
            .role_name(name)
            .policy_name(policy);
        remove!("iam:DeleteRolePolicy", request)
    }

    /// Attaches a managed policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn attach(&self, name: &str, arn: &str) -> Result<(), AwsError> {
        let request = self.client.attach_role_policy().role_name(name).policy_arn(arn);
        send!("iam:AttachRolePolicy", request.clone()).map(drop)
    }

    /// Detaches a managed policy.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn detach(&self, name: &str, arn: &str) -> Result<(), AwsError> {
        let request = self.client.detach_role_policy().role_name(name).policy_arn(arn);
        remove!("iam:DetachRolePolicy", request)
    }

    /// Sets the permissions boundary.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn put_boundary(&self, name: &str, arn: &str) -> Result<(), AwsError> {
        let request = self
            .client
            .put_role_permissions_boundary()
            .role_name(name)
            .permissions_boundary(arn);
        send!("iam:PutRolePermissionsBoundary", request.clone()).map(drop)
    }

    /// Sets description and session length; IAM resets to an hour a length that is left out.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn put_settings(
        &self,
        name: &str,
        description: &str,
        max_session: u32,
    ) -> Result<(), AwsError> {
        let request = self
            .client
            .update_role()
            .role_name(name)
            .description(description)
            .set_max_session_duration(i32::try_from(max_session).ok());
        send!("iam:UpdateRole", request.clone()).map(drop)
    }

    /// Sets these tags and leaves others.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn tag_role(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
        let tags = tags
            .iter()
            .map(|(k, v)| tag(k, v))
            .collect::<Result<Vec<_>, _>>()?;
        let request = self.client.tag_role().role_name(name).set_tags(Some(tags));
        send!("iam:TagRole", request.clone()).map(drop)
    }

    /// Takes off a role the tag that says that it is not finished.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn finish_role(&self, name: &str) -> Result<(), AwsError> {
        let request = self.client.untag_role().role_name(name).tag_keys(CREATING_TAG);
        send!("iam:UntagRole", request.clone()).map(drop)
    }

    /// Removes a role with its inline policies and attachments.
    ///
    /// # Errors
    /// When IAM refuses, or when an instance profile still hands the role out.
    pub async fn delete_role(&self, name: &str) -> Result<(), AwsError> {
        const PROFILES: &str = "iam:ListInstanceProfilesForRole";
        let profiles = self
            .client
            .list_instance_profiles_for_role()
            .role_name(name)
            .send()
            .await
            .map_err(|e| classify(PROFILES, e));
        match profiles {
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
            Ok(answer) => {
                if let Some(profile) = answer.instance_profiles().first() {
                    return Err(AwsError::new(
                        PROFILES,
                        Class::Refused,
                        "DeleteConflict",
                        format!(
                            "the instance profile {} still hands out {name}; take the role out of it first",
                            profile.instance_profile_name()
                        ),
                    ));
                }
            }
        }
        for arn in self.attachments(name).await? {
            self.detach(name, &arn).await?;
        }
        for policy in self.inline_names(name).await? {
            self.delete_inline(name, &policy).await?;
        }
        remove!("iam:DeleteRole", self.client.delete_role().role_name(name))
    }

    async fn attachments(&self, name: &str) -> Result<Vec<String>, AwsError> {
        let mut pages = self
            .client
            .list_attached_role_policies()
            .role_name(name)
            .into_paginator()
            .send();
        let mut arns = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify("iam:ListAttachedRolePolicies", e))?;
            arns.extend(
                page.attached_policies()
                    .iter()
                    .filter_map(|p| p.policy_arn().map(str::to_owned)),
            );
        }
        Ok(arns)
    }

    async fn inline_names(&self, name: &str) -> Result<Vec<String>, AwsError> {
        let mut pages = self
            .client
            .list_role_policies()
            .role_name(name)
            .into_paginator()
            .send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify("iam:ListRolePolicies", e))?;
            names.extend(page.policy_names().iter().cloned());
        }
        Ok(names)
    }
}

pub(super) fn tag(key: &str, value: &str) -> Result<Tag, AwsError> {
    Tag::builder().key(key).value(value).build().map_err(|e| {
        AwsError::new(
            "iam:TagRole",
            Class::Refused,
            "InvalidRequest",
            format!("a tag cannot be sent: {e}"),
        )
    })
}
