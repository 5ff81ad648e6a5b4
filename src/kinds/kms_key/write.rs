//! Writes to a key. Each looks first, so that it can be repeated. None disables or deletes.

use super::live::{ALIAS_TAG, ALIASES, alias_name, describe, tags};
use crate::aws::{AwsError, Class, Patience, Writer, classify, once, patiently};
use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::marked::PROJECT_TAG;
use crate::model::policy::Document;
use crate::model::{Arn, Place, Region};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState, Tag};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A key or replica that does not exist yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewKey {
    /// Shown in the console.
    pub description: String,
    /// KMS's default, which leaves everything to IAM, when absent.
    pub policy: Option<Document>,
    /// Whether it can have replicas.
    pub multi_region: bool,
    /// All tags.
    pub tags: BTreeMap<String, String>,
}

/// A write to a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates the key, then the alias.
    Create(NewKey),
    /// Gives the key its alias back.
    Name {
        /// The key.
        key: Arn,
    },
    /// Calls off its deletion and enables it.
    Enable {
        /// That of a replica; the key's own when absent.
        region: Option<Region>,
    },
    /// Sets the description.
    Describe {
        /// The text.
        text: String,
    },
    /// Replaces the key policy; KMS's check against lock-out is never bypassed.
    PutPolicy {
        /// That of a replica; the key's own when absent.
        region: Option<Region>,
        /// The whole policy.
        document: Document,
    },
    /// Switches rotation on.
    Rotate {
        /// Days between rotations.
        days: u32,
    },
    /// Makes a replica, with an alias of the same name.
    Replicate {
        /// Where.
        region: Region,
        /// How.
        new: NewKey,
    },
    /// Sets tags and leaves others.
    Tag {
        /// The tags.
        tags: BTreeMap<String, String>,
    },
    /// Takes the project's mark away.
    Untag {
        /// The key.
        key: Arn,
    },
}

/// A code of ours: what was asked for is under way.
const NOT_YET: &str = "NotYet";

/// A key that is not everywhere yet, or a role in a policy that was just created.
fn passes(error: &AwsError) -> bool {
    match error.code.as_str() {
        NOT_YET | "NotFoundException" => true,
        // `Creating` and `Updating` end by themselves; others have been looked for before.
        "KMSInvalidStateException" => error.message.contains("reating") || error.message.contains("pdating"),
        "MalformedPolicyDocumentException" => error.message.contains("nvalid principal"),
        _ => false,
    }
}

/// Writes to one key.
pub(super) struct Kms<'a> {
    writer: &'a Writer,
    place: &'a Place,
    alias: &'a str,
}

impl<'a> Kms<'a> {
    pub(super) fn new(writer: &'a Writer, place: &'a Place, alias: &'a str) -> Self {
        Self { writer, place, alias }
    }

    pub(super) async fn run(&self, op: &Op) -> Result<(), AwsError> {
        match op {
            Op::Create(new) => self.create(new).await,
            Op::Name { key } => {
                let (client, id) = (self.client(None), key.resource().trim_start_matches("key/"));
                // KMS gives no alias to a key that waits for its deletion.
                self.revive(&client, id).await?;
                self.named(&client, id).await?;
                self.ready(None).await
            }
            Op::Enable { region } => self.enable(region.as_ref()).await,
            Op::Describe { text } => {
                let key = self.key(None).await?;
                let call = self.client(None).update_key_description();
                let call = call.key_id(key.key_id()).description(text);
                let answer = call.send().await;
                answer
                    .map(drop)
                    .map_err(|e| classify("kms:UpdateKeyDescription", e))
            }
            Op::PutPolicy { region, document } => self.policy(region.as_ref(), document).await,
            Op::Rotate { days } => self.rotate(*days).await,
            Op::Replicate { region, new } => self.replicate(region, new).await,
            Op::Tag { tags } => {
                let key = self.key(None).await?;
                let call = self.client(None).tag_resource().key_id(key.key_id());
                let answer = call
                    .set_tags(Some(tag_set("kms:TagResource", tags)?))
                    .send()
                    .await;
                answer.map(drop).map_err(|e| classify("kms:TagResource", e))
            }
            Op::Untag { key } => {
                let call = self.client(None).untag_resource().key_id(key.as_str());
                let call = call.tag_keys(PROJECT_TAG).tag_keys(ALIAS_TAG).tag_keys(GUARD_TAG);
                let answer = call.send().await;
                answer.map(drop).map_err(|e| classify("kms:UntagResource", e))
            }
        }
    }

    fn client(&self, region: Option<&Region>) -> Client {
        self.writer.clients().kms(region.unwrap_or(&self.place.region))
    }

    /// The key under the alias, as it is now. A replica has the id of its primary.
    async fn key(&self, region: Option<&Region>) -> Result<KeyMetadata, AwsError> {
        let home = describe(&self.client(None), &alias_name(self.alias)).await?;
        match region {
            None => Ok(home),
            Some(_) => describe(&self.client(region), home.key_id()).await,
        }
    }

    async fn create(&self, new: &NewKey) -> Result<(), AwsError> {
        const ACTION: &str = "kms:CreateKey";
        let client = self.client(None);
        let mut tags = new.tags.clone();
        tags.insert(ALIAS_TAG.to_owned(), self.alias.to_owned());
        let call = client
            .create_key()
            .description(&new.description)
            .multi_region(new.multi_region)
            .set_policy(new.policy.as_ref().map(|p| p.to_json().to_string()))
            .set_tags(Some(tag_set(ACTION, &tags)?));
        let send = || async {
            let made = call.clone().send().await.map_err(|e| classify(ACTION, e))?;
            let id = made.key_metadata().map(|k| k.key_id().to_owned());
            id.ok_or_else(|| AwsError::new(ACTION, Class::Server, "NoMetadata", "the answer is empty"))
        };
        // KMS makes another key for each request.
        let id = patiently(Patience::CONSISTENCY, passes, || {
            once(Patience::APPEARING, || self.made(&client), send)
        })
        .await?;
        self.named(&client, &id).await?;
        self.ready(None).await
    }

    /// The key under the alias, else one that was meant to get it.
    async fn made(&self, client: &Client) -> Result<Option<String>, AwsError> {
        match self.key(None).await {
            Ok(key) => Ok(Some(key.key_id().to_owned())),
            Err(error) if error.is_not_found() => self.orphan(client).await,
            Err(error) => Err(error),
        }
    }

    /// A key of ours that was meant to get this alias and never did.
    async fn orphan(&self, client: &Client) -> Result<Option<String>, AwsError> {
        let mut named = BTreeSet::new();
        let mut pages = client.list_aliases().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify(ALIASES, e))?;
            named.extend(
                page.aliases()
                    .iter()
                    .filter_map(|a| a.target_key_id())
                    .map(str::to_owned),
            );
        }
        let mut pages = client.list_keys().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| classify("kms:ListKeys", e))?;
            for id in page
                .keys()
                .iter()
                .filter_map(|k| k.key_id())
                .filter(|id| !named.contains(*id))
            {
                // A stranger's key that does not show its tags is none of ours.
                let Ok(tags) = tags(client, id).await else {
                    continue;
                };
                let is = |key: &str, value: &str| tags.get(key).is_some_and(|v| v == value);
                if !is(PROJECT_TAG, &self.place.project) || !is(ALIAS_TAG, self.alias) {
                    continue;
                }
                let state = describe(client, id).await?;
                if state.key_state() == Some(&KeyState::Enabled) {
                    return Ok(Some(id.to_owned()));
                }
            }
        }
        Ok(None)
    }

    /// Gives the key its alias, which no other key may have got meanwhile.
    async fn named(&self, client: &Client, id: &str) -> Result<(), AwsError> {
        const ACTION: &str = "kms:CreateAlias";
        let alias = alias_name(self.alias);
        let call = client.create_alias().alias_name(&alias).target_key_id(id);
        let named = patiently(Patience::CONSISTENCY, passes, || async {
            match describe(client, &alias).await {
                Err(error) if error.is_not_found() => {}
                there => return there.map(|key| key.key_id().to_owned()),
            }
            match call.clone().send().await.map_err(|e| classify(ACTION, e)) {
                Ok(_) => Ok(id.to_owned()),
                Err(error) if error.code == "AlreadyExistsException" => {
                    describe(client, &alias).await.map(|key| key.key_id().to_owned())
                }
                Err(error) => Err(error),
            }
        });
        match named.await? {
            of if of == id => Ok(()),
            other => {
                let why =
                    format!("{alias} was given to the key {other} meanwhile, and the key {id} is without");
                Err(AwsError::new(
                    ACTION,
                    Class::Refused,
                    "AlreadyExistsException",
                    why,
                ))
            }
        }
    }

    /// Waits until the key can be used.
    async fn ready(&self, region: Option<&Region>) -> Result<(), AwsError> {
        patiently(Patience::CONSISTENCY, passes, || async {
            let key = self.key(region).await?;
            match key.key_state() {
                Some(KeyState::Creating | KeyState::Updating) => Err(AwsError::new(
                    "kms:DescribeKey",
                    Class::Refused,
                    NOT_YET,
                    format!("alias/{} is not ready yet", self.alias),
                )),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn enable(&self, region: Option<&Region>) -> Result<(), AwsError> {
        let key = self.key(region).await?;
        self.revive(&self.client(region), key.key_id()).await
    }

    async fn revive(&self, client: &Client, id: &str) -> Result<(), AwsError> {
        const CANCEL: &str = "kms:CancelKeyDeletion";
        let kept = || async {
            let key = describe(client, id).await?;
            let waits = matches!(
                key.key_state(),
                Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
            );
            Ok((!waits).then_some(()))
        };
        let call = client.cancel_key_deletion().key_id(id);
        // What does not wait for its deletion any more is an error to call off.
        once(Patience::APPEARING, kept, || async {
            call.clone()
                .send()
                .await
                .map(drop)
                .map_err(|e| classify(CANCEL, e))
        })
        .await?;
        // A deletion that was called off leaves the key disabled.
        patiently(Patience::CONSISTENCY, passes, || async {
            if describe(client, id).await?.enabled() {
                return Ok(());
            }
            let call = client.enable_key().key_id(id);
            call.send().await.map_err(|e| classify("kms:EnableKey", e))?;
            Err(AwsError::new(
                "kms:EnableKey",
                Class::Refused,
                NOT_YET,
                format!("alias/{} is still disabled", self.alias),
            ))
        })
        .await
    }

    async fn policy(&self, region: Option<&Region>, document: &Document) -> Result<(), AwsError> {
        let key = self.key(region).await?;
        let call = self
            .client(region)
            .put_key_policy()
            .key_id(key.key_id())
            .policy_name("default")
            .policy(document.to_json().to_string());
        patiently(Patience::CONSISTENCY, passes, || async {
            call.clone()
                .send()
                .await
                .map_err(|e| classify("kms:PutKeyPolicy", e))
        })
        .await
        .map(drop)
    }

    async fn rotate(&self, days: u32) -> Result<(), AwsError> {
        let key = self.key(None).await?;
        let call = self
            .client(None)
            .enable_key_rotation()
            .key_id(key.key_id())
            .set_rotation_period_in_days(i32::try_from(days).ok());
        patiently(Patience::CONSISTENCY, passes, || async {
            call.clone()
                .send()
                .await
                .map_err(|e| classify("kms:EnableKeyRotation", e))
        })
        .await
        .map(drop)
    }

    /// KMS takes the order in the primary's region and makes the replica in the other one.
    async fn replicate(&self, region: &Region, new: &NewKey) -> Result<(), AwsError> {
        const ACTION: &str = "kms:ReplicateKey";
        let home = self.key(None).await?;
        let there = self.client(Some(region));
        let exists = match describe(&there, home.key_id()).await {
            Ok(_) => true,
            Err(error) if error.is_not_found() => false,
            Err(error) => return Err(error),
        };
        if !exists {
            let call = self
                .client(None)
                .replicate_key()
                .key_id(home.key_id())
                .replica_region(region.as_str())
                .description(&new.description)
                .set_policy(new.policy.as_ref().map(|p| p.to_json().to_string()))
                .set_tags(Some(tag_set(ACTION, &new.tags)?));
            let made = patiently(Patience::CONSISTENCY, passes, || async {
                call.clone().send().await.map_err(|e| classify(ACTION, e))
            });
            match made.await {
                Ok(_) => {}
                Err(error) if error.code == "AlreadyExistsException" => {}
                Err(error) => return Err(error),
            }
        }
        self.ready(Some(region)).await?;
        self.named(&there, home.key_id()).await
    }
}

fn tag_set(action: &str, tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, AwsError> {
    tags.iter()
        .map(|(key, value)| Tag::builder().tag_key(key).tag_value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|e| AwsError::new(action, Class::Refused, "InvalidRequest", e.to_string()))
}
