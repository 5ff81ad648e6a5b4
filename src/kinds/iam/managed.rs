//! Writes to managed policies, which keep up to five versions. Each can be repeated.

use super::write::{Iam, exists, passing, remove, send, tag};
use crate::aws::{AwsError, Patience, classify, once, patiently};
use crate::kinds::marked::PROJECT_TAG;
use crate::model::policy::Document;

impl Iam<'_> {
    /// Creates a managed policy, or makes `document` the default version of the one that exists.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn put_policy(
        &self,
        path: &str,
        name: &str,
        arn: &str,
        document: &Document,
    ) -> Result<(), AwsError> {
        let text = document.to_json().to_string();
        let created = self
            .client
            .create_policy()
            .path(path)
            .policy_name(name)
            .policy_document(&text)
            .tags(tag(PROJECT_TAG, &self.place.project)?)
            .send()
            .await
            .map_err(|e| classify("iam:CreatePolicy", e));
        match created {
            Ok(_) => {
                return send!("iam:GetPolicy", self.client.get_policy().policy_arn(arn)).map(drop);
            }
            Err(error) if exists(&error) => {}
            Err(error) => return Err(error),
        }
        let request = self
            .client
            .create_policy_version()
            .policy_arn(arn)
            .policy_document(text)
            .set_as_default(true);
        let in_force = || async {
            let versions = self.versions(arn).await?;
            let is = self.says(arn, &versions, document).await?;
            Ok(is.then_some(()))
        };
        let versions = self.versions(arn).await?;
        if self.says(arn, &versions, document).await? {
            return Ok(());
        }
        // Five versions at most: the oldest that is not in use makes room.
        if versions.len() >= 5
            && let Some(oldest) = versions
                .iter()
                .filter(|v| !v.is_default)
                .min_by_key(|v| v.created)
        {
            self.delete_version(arn, &oldest.id).await?;
        }
        // IAM makes another version for each request.
        let send = || async {
            let answer = request.clone().send().await;
            answer
                .map(drop)
                .map_err(|e| classify("iam:CreatePolicyVersion", e))
        };
        patiently(Patience::CONSISTENCY, passing, || {
            once(Patience::APPEARING, in_force, send)
        })
        .await
    }

    /// Whether the default version says the same.
    async fn says(&self, arn: &str, versions: &[Version], document: &Document) -> Result<bool, AwsError> {
        let Some(default) = versions.iter().find(|v| v.is_default) else {
            return Ok(false);
        };
        let request = self.client.get_policy_version().policy_arn(arn);
        let live = request
            .version_id(&default.id)
            .send()
            .await
            .map_err(|e| classify("iam:GetPolicyVersion", e))?;
        let live = live.policy_version().and_then(|v| v.document());
        Ok(live
            .and_then(|d| Document::parse(d).ok())
            .is_some_and(|d| d.same_meaning(document)))
    }

    /// Removes a managed policy with all its versions.
    ///
    /// # Errors
    /// When IAM refuses, as it does while something uses the policy.
    pub async fn delete_policy(&self, arn: &str) -> Result<(), AwsError> {
        let versions = match self.versions(arn).await {
            Err(error) if error.is_not_found() => return Ok(()),
            other => other?,
        };
        for version in versions.iter().filter(|v| !v.is_default) {
            self.delete_version(arn, &version.id).await?;
        }
        remove!("iam:DeletePolicy", self.client.delete_policy().policy_arn(arn))
    }

    async fn delete_version(&self, arn: &str, id: &str) -> Result<(), AwsError> {
        let request = self.client.delete_policy_version().policy_arn(arn).version_id(id);
        remove!("iam:DeletePolicyVersion", request)
    }

    async fn versions(&self, arn: &str) -> Result<Vec<Version>, AwsError> {
        let mut pages = self
            .client
            .list_policy_versions()
            .policy_arn(arn)
            .into_paginator()
            .send();
        let mut versions = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify("iam:ListPolicyVersions", e))?;
            versions.extend(page.versions().iter().filter_map(|v| {
                Some(Version {
                    id: v.version_id()?.to_owned(),
                    is_default: v.is_default_version(),
                    created: v.create_date().map_or(0, |d| d.secs()),
                })
            }));
        }
        Ok(versions)
    }
}

struct Version {
    id: String,
    is_default: bool,
    /// Seconds since 1970.
    created: i64,
}
