//! Writes to a plan. Each looks first, so that it can be repeated.

use super::live::{self, Life, Rule, Selection, UTC};
use crate::aws::{AwsError, Class, Patience, Writer, classify, once, patiently};
use crate::kinds::marked::PROJECT_TAG;
use crate::model::Place;
use aws_sdk_backup::Client;
use aws_sdk_backup::error::BuildError;
use aws_sdk_backup::types::{
    AdvancedBackupSetting, BackupPlanInput, BackupRuleInput, BackupSelection, Condition, ConditionParameter,
    ConditionType, Conditions, CopyAction, Lifecycle,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that an update of a plan replaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// All rules.
    pub rules: Vec<Rule>,
    /// Whether VSS is asked for.
    pub windows_vss: bool,
}

/// A write to a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates it.
    Create {
        /// Rules and settings.
        body: Body,
        /// All tags.
        tags: BTreeMap<String, String>,
    },
    /// Replaces rules and settings.
    Update {
        /// Rules and settings.
        body: Body,
    },
    /// Makes selections, then takes away those that are not wanted any more. One write for all of them: what
    /// moves from one selection to another is never in neither.
    Select {
        /// The new ones.
        selections: Vec<Selection>,
        /// Ids of old ones.
        replaces: Vec<String>,
    },
    /// Sets tags and leaves others.
    Tag {
        /// The tags.
        tags: BTreeMap<String, String>,
    },
    /// Removes its selections, then the plan.
    Remove,
}

/// A role that was just created, or two writes at once.
fn passes(error: &AwsError) -> bool {
    match error.code.as_str() {
        "ConflictException" | "ServiceUnavailableException" => true,
        "InvalidParameterValueException" => error.message.contains("assumed"),
        _ => false,
    }
}

fn unbuildable(error: BuildError) -> AwsError {
    AwsError::new(
        "backup:CreateBackupPlan",
        Class::Refused,
        "InvalidRequest",
        error.to_string(),
    )
}

fn lifecycle(life: Life) -> Option<Lifecycle> {
    (life != Life::default()).then(|| {
        Lifecycle::builder()
            .set_delete_after_days(life.delete_after.map(i64::from))
            .set_move_to_cold_storage_after_days(life.cold_after.map(i64::from))
            .build()
    })
}

fn rule(rule: &Rule) -> Result<BackupRuleInput, BuildError> {
    let mut input = BackupRuleInput::builder()
        .rule_name(&rule.name)
        .target_backup_vault_name(&rule.vault)
        .schedule_expression(&rule.schedule)
        .start_window_minutes(i64::from(rule.start_window))
        .completion_window_minutes(i64::from(rule.completion_window))
        .enable_continuous_backup(rule.continuous)
        .set_lifecycle(lifecycle(rule.life));
    if rule.timezone != UTC {
        input = input.schedule_expression_timezone(&rule.timezone);
    }
    for (vault, life) in &rule.copies {
        let copy = CopyAction::builder().destination_backup_vault_arn(vault.as_str());
        input = input.copy_actions(copy.set_lifecycle(lifecycle(*life)).build()?);
    }
    input.build()
}

fn plan(name: &str, body: &Body) -> Result<BackupPlanInput, BuildError> {
    let mut input = BackupPlanInput::builder().backup_plan_name(name);
    for one in &body.rules {
        input = input.rules(rule(one)?);
    }
    if body.windows_vss {
        let vss = AdvancedBackupSetting::builder()
            .resource_type("EC2")
            .backup_options("WindowsVSS", "enabled");
        input = input.advanced_backup_settings(vss.build());
    }
    input.build()
}

fn selection(from: &Selection) -> Result<BackupSelection, BuildError> {
    let list = |test: &str| -> Option<Vec<ConditionParameter>> {
        let of = from.conditions.iter().filter(|c| c.test == test);
        let all: Vec<_> = of
            .map(|c| {
                ConditionParameter::builder()
                    .condition_key(format!("aws:ResourceTag/{}", c.key))
                    .condition_value(&c.value)
                    .build()
            })
            .collect();
        (!all.is_empty()).then_some(all)
    };
    let conditions = Conditions::builder()
        .set_string_equals(list("StringEquals"))
        .set_string_not_equals(list("StringNotEquals"))
        .set_string_like(list("StringLike"))
        .set_string_not_like(list("StringNotLike"))
        .build();
    let mut input = BackupSelection::builder()
        .selection_name(&from.name)
        .iam_role_arn(&from.role)
        .set_resources(Some(from.resources.iter().cloned().collect()))
        .set_not_resources(Some(from.not_resources.iter().cloned().collect()))
        .conditions(conditions);
    for tag in &from.tags {
        let condition = Condition::builder()
            .condition_type(ConditionType::Stringequals)
            .condition_key(&tag.key)
            .condition_value(&tag.value);
        input = input.list_of_tags(condition.build()?);
    }
    input.build()
}

/// Writes to one plan.
pub(super) struct Plan<'a> {
    writer: &'a Writer,
    place: &'a Place,
    name: &'a str,
}

impl<'a> Plan<'a> {
    pub(super) fn new(writer: &'a Writer, place: &'a Place, name: &'a str) -> Self {
        Self { writer, place, name }
    }

    fn client(&self) -> Client {
        self.writer.clients().backup(&self.place.region)
    }

    /// The plan of this name; of several, the project's own.
    async fn found(&self, client: &Client) -> Result<Option<live::Listed>, AwsError> {
        let all = live::list(client).await?;
        let mut same: Vec<_> = all.into_iter().filter(|p| p.name == self.name).collect();
        for (n, listed) in same.iter().enumerate() {
            let tags = crate::kinds::backup_vault::live::tags(client, &listed.arn).await;
            if tags.present().and_then(|t| t.get(PROJECT_TAG)) == Some(&self.place.project) {
                return Ok(Some(same.swap_remove(n)));
            }
        }
        Ok(same.into_iter().next())
    }

    async fn id(&self, client: &Client) -> Result<live::Listed, AwsError> {
        self.found(client).await?.ok_or_else(|| {
            let why = format!("there is no plan {}", self.name);
            AwsError::new(live::PLANS, Class::NotFound, "ResourceNotFoundException", why)
        })
    }

    pub(super) async fn run(&self, op: &Op) -> Result<(), AwsError> {
        let client = self.client();
        match op {
            Op::Create { body, tags } => self.create(&client, body, tags).await,
            Op::Update { body } => self.update(&client, body).await,
            Op::Select {
                selections: new,
                replaces,
            } => self.select(&client, new, replaces).await,
            Op::Tag { tags } => {
                let plan = self.id(&client).await?;
                let call = client.tag_resource().resource_arn(plan.arn.as_str());
                let answer = call
                    .set_tags(Some(tags.clone().into_iter().collect()))
                    .send()
                    .await;
                answer.map(drop).map_err(|e| classify("backup:TagResource", e))
            }
            Op::Remove => {
                let Some(plan) = self.found(&client).await? else {
                    return Ok(());
                };
                for id in live::selections(&client, &plan.id).await?.keys() {
                    unselect(&client, &plan.id, id).await?;
                }
                let answer = client.delete_backup_plan().backup_plan_id(&plan.id).send().await;
                match answer.map_err(|e| classify("backup:DeleteBackupPlan", e)) {
                    Err(error) if !error.is_not_found() => Err(error),
                    _ => Ok(()),
                }
            }
        }
    }

    /// One that is there already is made to be so.
    async fn create(
        &self,
        client: &Client,
        body: &Body,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), AwsError> {
        const ACTION: &str = "backup:CreateBackupPlan";
        if self.found(client).await?.is_some() {
            return self.update(client, body).await;
        }
        let call = client
            .create_backup_plan()
            .creator_request_id(request_id())
            .backup_plan(plan(self.name, body).map_err(unbuildable)?)
            .set_backup_plan_tags(Some(tags.clone().into_iter().collect()));
        let there = || async { Ok(self.found(client).await?.map(drop)) };
        let send = || async {
            let answer = call.clone().send().await;
            answer.map(drop).map_err(|e| classify(ACTION, e))
        };
        patiently(Patience::CONSISTENCY, passes, || {
            once(Patience::APPEARING, there, send)
        })
        .await
    }

    async fn update(&self, client: &Client, body: &Body) -> Result<(), AwsError> {
        let found = self.id(client).await?;
        let input = plan(self.name, body).map_err(unbuildable)?;
        let call = client
            .update_backup_plan()
            .backup_plan_id(&found.id)
            .backup_plan(input);
        patiently(Patience::CONSISTENCY, passes, || async {
            let answer = call.clone().send().await;
            answer
                .map(drop)
                .map_err(|e| classify("backup:UpdateBackupPlan", e))
        })
        .await
    }

    /// The new ones first: until they are there, the old ones go on.
    async fn select(&self, client: &Client, new: &[Selection], replaces: &[String]) -> Result<(), AwsError> {
        let found = self.id(client).await?;
        let there = live::selections(client, &found.id).await?;
        let missing = |new: &&Selection| !there.iter().any(|(id, s)| s == *new && !replaces.contains(id));
        for new in new.iter().filter(missing) {
            let old = |id: &String| there.contains_key(id);
            self.select_one(client, &found.id, new, old).await?;
        }
        for id in replaces.iter().filter(|id| there.contains_key(*id)) {
            unselect(client, &found.id, id).await?;
        }
        Ok(())
    }

    /// Makes a selection, which is none of the old ones.
    async fn select_one(
        &self,
        client: &Client,
        plan: &str,
        new: &Selection,
        old: impl Fn(&String) -> bool,
    ) -> Result<(), AwsError> {
        const ACTION: &str = "backup:CreateBackupSelection";
        let call = client
            .create_backup_selection()
            .creator_request_id(request_id())
            .backup_plan_id(plan)
            .backup_selection(selection(new).map_err(unbuildable)?);
        let made = || async {
            let now = live::selections(client, plan).await?;
            Ok(now.iter().any(|(id, s)| s == new && !old(id)).then_some(()))
        };
        let send = || async {
            let answer = call.clone().send().await;
            answer.map(drop).map_err(|e| classify(ACTION, e))
        };
        patiently(Patience::CONSISTENCY, passes, || {
            once(Patience::APPEARING, made, send)
        })
        .await
    }
}

/// For one request, however often it is sent: AWS Backup answers the next ones as the first, instead of making another
/// thing. One for each request and none that follows from its content: a selection that was deleted can come back.
fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn unselect(client: &Client, plan: &str, id: &str) -> Result<(), AwsError> {
    let call = client
        .delete_backup_selection()
        .backup_plan_id(plan)
        .selection_id(id);
    match call
        .send()
        .await
        .map_err(|e| classify("backup:DeleteBackupSelection", e))
    {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
