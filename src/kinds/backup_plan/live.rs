//! A plan as it was seen, in a form in which what is declared can be compared with it.

use super::spec::{RuleBlock, SelectionBlock, Spec};
use crate::aws::{AwsError, Reader, classify};
use crate::kinds::backup_vault::live::tags;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::{ReadContext, UNDISCOVERED};
use crate::model::fact::TagMatch;
use crate::model::{Arn, Observed, Place, Region};
use aws_sdk_backup::Client;
use aws_sdk_backup::types::{BackupRule, BackupSelection, ConditionParameter, Lifecycle};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const PLANS: &str = "backup:ListBackupPlans";
pub(super) const PLAN: &str = "backup:GetBackupPlan";
pub(super) const SELECTIONS: &str = "backup:ListBackupSelections";
pub(super) const SELECTION: &str = "backup:GetBackupSelection";
pub(super) const OPT_IN: &str = "backup:DescribeRegionSettings";

/// AWS Backup's own values where a rule says nothing.
pub(super) const START_WINDOW: u32 = 8 * 60;
pub(super) const COMPLETION_WINDOW: u32 = 7 * 24 * 60;
pub(super) const SCHEDULE: &str = "cron(0 5 ? * * *)";
pub(super) const UTC: &str = "Etc/UTC";

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Life {
    /// Days until it is deleted; never when absent.
    pub delete_after: Option<u32>,
    /// Days until it is moved to cold storage.
    pub cold_after: Option<u32>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The vault's name.
    pub vault: String,
    /// `cron(…)`.
    pub schedule: String,
    /// `Etc/UTC` unless it says otherwise.
    pub timezone: String,
    /// Minutes.
    pub start_window: u32,
    /// Minutes.
    pub completion_window: u32,
    /// Whether one can go back to any point in time.
    pub continuous: bool,
    /// When recovery points end.
    pub life: Life,
    /// Vaults that are copied to.
    pub copies: BTreeMap<Arn, Life>,
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Its name.
    pub name: String,
    /// The role.
    pub role: String,
    /// ARNs and patterns.
    pub resources: BTreeSet<String>,
    /// ARNs and patterns that are left out.
    pub not_resources: BTreeSet<String>,
    /// One of these is enough.
    pub tags: BTreeSet<TagMatch>,
    /// All of these have to hold.
    pub conditions: BTreeSet<TagMatch>,
}

/// A plan as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LivePlan {
    /// Its name.
    pub name: String,
    /// The id that AWS Backup gave it.
    pub id: String,
    /// Its ARN.
    pub arn: Arn,
    /// Its rules, in the order in which AWS Backup has them.
    pub rules: Vec<Rule>,
    /// By id, as names can stand twice.
    pub selections: Observed<BTreeMap<String, Selection>>,
    /// Whether VSS is asked for.
    pub windows_vss: bool,
    /// All tags.
    pub tags: Observed<BTreeMap<String, String>>,
    /// Types of resources to whether AWS Backup may act on them; only when everything is read.
    pub opted_in: Option<Observed<BTreeMap<String, bool>>>,
}

impl LivePlan {
    /// Whether backstay created it for this project.
    pub(super) fn is_ours(&self, place: &Place) -> bool {
        let project = self.tags.present().and_then(|tags| tags.get(PROJECT_TAG));
        project == Some(&place.project)
    }
}

fn days(days: Option<i64>) -> Option<u32> {
    // A negative number of days is AWS Backup's other word for never.
    days.and_then(|d| u32::try_from(d).ok()).filter(|d| *d > 0)
}

fn life(lifecycle: Option<&Lifecycle>) -> Life {
    Life {
        delete_after: days(lifecycle.and_then(|l| l.delete_after_days())),
        cold_after: days(lifecycle.and_then(|l| l.move_to_cold_storage_after_days())),
    }
}

impl Rule {
    pub(super) fn wanted(block: &RuleBlock) -> Self {
        let minutes =
            |d: Option<crate::model::Duration>| d.and_then(|d| u32::try_from(d.as_secs() / 60).ok());
        Self {
            name: block.name.clone(),
            vault: block.vault.name().unwrap_or_default().to_owned(),
            schedule: block.schedule.clone(),
            timezone: block.timezone.clone().unwrap_or_else(|| UTC.to_owned()),
            start_window: minutes(block.start_window).unwrap_or(START_WINDOW),
            completion_window: minutes(block.completion_window).unwrap_or(COMPLETION_WINDOW),
            continuous: block.continuous.unwrap_or(false),
            life: Life {
                delete_after: block.delete_after.map(|d| d.get()),
                cold_after: block.cold_after.map(|d| d.get()),
            },
            copies: block
                .copy
                .iter()
                .filter_map(|copy| {
                    let life = Life {
                        delete_after: copy.delete_after.map(|d| d.get()),
                        cold_after: copy.cold_after.map(|d| d.get()),
                    };
                    Some((copy.to.arn()?.clone(), life))
                })
                .collect(),
        }
    }

    fn from_sdk(rule: &BackupRule) -> Self {
        let minutes = |m: Option<i64>| m.and_then(|m| u32::try_from(m).ok());
        Self {
            name: rule.rule_name().to_owned(),
            vault: rule.target_backup_vault_name().to_owned(),
            schedule: rule.schedule_expression().unwrap_or(SCHEDULE).to_owned(),
            timezone: rule.schedule_expression_timezone().unwrap_or(UTC).to_owned(),
            start_window: minutes(rule.start_window_minutes()).unwrap_or(START_WINDOW),
            completion_window: minutes(rule.completion_window_minutes()).unwrap_or(COMPLETION_WINDOW),
            continuous: rule.enable_continuous_backup().unwrap_or(false),
            life: life(rule.lifecycle()),
            copies: rule
                .copy_actions()
                .iter()
                .filter_map(|c| {
                    Some((
                        c.destination_backup_vault_arn().parse().ok()?,
                        life(c.lifecycle()),
                    ))
                })
                .collect(),
        }
    }
}

impl Selection {
    pub(super) fn wanted(block: &SelectionBlock) -> Self {
        let set = |all: &[super::target::Selected]| all.iter().map(|s| s.pattern.clone()).collect();
        Self {
            name: block.name.clone(),
            role: block
                .role
                .arn
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            resources: set(&block.resources),
            not_resources: set(&block.not_resources),
            tags: block
                .tag
                .iter()
                .map(|tag| TagMatch {
                    test: "StringEquals".into(),
                    key: tag.key.clone(),
                    value: tag.value.clone(),
                })
                .collect(),
            conditions: block
                .condition
                .iter()
                .map(|c| TagMatch {
                    test: c.test.as_str().to_owned(),
                    key: c.key.clone(),
                    value: c.value.clone(),
                })
                .collect(),
        }
    }

    fn from_sdk(selection: &BackupSelection) -> Self {
        let set = |all: &[String]| all.iter().cloned().collect();
        let list = |test: &'static str, all: &[ConditionParameter]| -> Vec<TagMatch> {
            let one = |c: &ConditionParameter| TagMatch {
                test: test.into(),
                key: tag_key(c.condition_key().unwrap_or_default()),
                value: c.condition_value().unwrap_or_default().to_owned(),
            };
            all.iter().map(one).collect()
        };
        let mut conditions = BTreeSet::new();
        if let Some(all) = selection.conditions() {
            conditions.extend(list("StringEquals", all.string_equals()));
            conditions.extend(list("StringNotEquals", all.string_not_equals()));
            conditions.extend(list("StringLike", all.string_like()));
            conditions.extend(list("StringNotLike", all.string_not_like()));
        }
        Self {
            name: selection.selection_name().to_owned(),
            role: selection.iam_role_arn().to_owned(),
            resources: set(selection.resources()),
            not_resources: set(selection.not_resources()),
            tags: selection
                .list_of_tags()
                .iter()
                .map(|c| TagMatch {
                    test: "StringEquals".into(),
                    key: tag_key(c.condition_key()),
                    value: c.condition_value().to_owned(),
                })
                .collect(),
            conditions,
        }
    }
}

/// Conditions name a tag as `aws:ResourceTag/NAME`.
fn tag_key(key: &str) -> String {
    key.strip_prefix("aws:ResourceTag/").unwrap_or(key).to_owned()
}

/// A plan's place in the list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) arn: Arn,
}

pub(super) async fn list(client: &Client) -> Result<Vec<Listed>, AwsError> {
    let mut pages = client
        .list_backup_plans()
        .max_results(1000)
        .into_paginator()
        .send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(PLANS, e))?;
        all.extend(
            page.backup_plans_list()
                .iter()
                .filter(|p| p.deletion_date().is_none())
                .filter_map(|p| {
                    Some(Listed {
                        name: p.backup_plan_name()?.to_owned(),
                        id: p.backup_plan_id()?.to_owned(),
                        arn: p.backup_plan_arn()?.parse().ok()?,
                    })
                }),
        );
    }
    Ok(all)
}

async fn plans(reader: &Reader, region: &Region) -> Arc<Result<Vec<Listed>, AwsError>> {
    reader
        .once(&format!("backup:plans:{region}"), || async {
            let _permit = reader.permit().await;
            list(&reader.clients().backup(region)).await
        })
        .await
}

/// The selections of a plan, by id.
pub(super) async fn selections(client: &Client, plan: &str) -> Result<BTreeMap<String, Selection>, AwsError> {
    let mut pages = client
        .list_backup_selections()
        .backup_plan_id(plan)
        .into_paginator()
        .send();
    let mut all = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| classify(SELECTIONS, e))?;
        for id in page
            .backup_selections_list()
            .iter()
            .filter_map(|s| s.selection_id())
        {
            let call = client
                .get_backup_selection()
                .backup_plan_id(plan)
                .selection_id(id);
            let answer = call.send().await.map_err(|e| classify(SELECTION, e))?;
            if let Some(selection) = answer.backup_selection() {
                all.insert(id.to_owned(), Selection::from_sdk(selection));
            }
        }
    }
    Ok(all)
}

async fn opted_in(reader: &Reader, region: &Region) -> Observed<BTreeMap<String, bool>> {
    let answer = reader
        .once(&format!("backup:settings:{region}"), || async {
            let _permit = reader.permit().await;
            let answer = reader
                .clients()
                .backup(region)
                .describe_region_settings()
                .send()
                .await;
            let answer = answer.map_err(|e| classify(OPT_IN, e))?;
            let all = answer.resource_type_opt_in_preference().into_iter().flatten();
            Ok::<BTreeMap<String, bool>, AwsError>(all.map(|(k, v)| (k.clone(), *v)).collect())
        })
        .await;
    match answer.as_ref() {
        Ok(all) => Observed::Present(all.clone()),
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

async fn one(cx: &ReadContext<'_>, listed: &Listed) -> Observed<LivePlan> {
    let client = cx.reader.clients().backup(&cx.place.region);
    let permit = cx.reader.permit().await;
    let call = client.get_backup_plan().backup_plan_id(&listed.id);
    let plan = match call.send().await.map_err(|e| classify(PLAN, e)) {
        Err(error) if error.is_not_found() => return Observed::Absent,
        Err(error) => return Observed::Unreadable(error.unreadable()),
        Ok(answer) => answer,
    };
    let (chosen, tags) = futures::join!(selections(&client, &listed.id), tags(&client, &listed.arn));
    drop(permit);
    let body = plan.backup_plan();
    let settings = body.map(|b| b.advanced_backup_settings()).unwrap_or_default();
    Observed::Present(LivePlan {
        name: listed.name.clone(),
        id: listed.id.clone(),
        arn: listed.arn.clone(),
        rules: body
            .map(|b| b.rules())
            .unwrap_or_default()
            .iter()
            .map(Rule::from_sdk)
            .collect(),
        selections: match chosen {
            Ok(all) => Observed::Present(all),
            Err(error) => Observed::Unreadable(error.unreadable()),
        },
        windows_vss: settings
            .iter()
            .filter_map(|s| s.backup_options())
            .any(|options| options.get("WindowsVSS").is_some_and(|v| v == "enabled")),
        tags,
        opted_in: match cx.depth.everything() {
            true => Some(opted_in(cx.reader, &cx.place.region).await),
            false => None,
        },
    })
}

/// Names can stand twice: of several plans, the project's own is meant.
async fn named(cx: &ReadContext<'_>, all: &[Listed], name: &str) -> Observed<LivePlan> {
    let same: Vec<_> = all.iter().filter(|p| p.name == name).collect();
    let mut first = Observed::Absent;
    for listed in &same {
        let live = one(cx, listed).await;
        if same.len() == 1 || live.present().is_some_and(|l| l.is_ours(cx.place)) {
            return live;
        }
        if first == Observed::Absent {
            first = live;
        }
    }
    first
}

pub(super) async fn read(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<LivePlan>> {
    if wanted.is_empty() && !cx.discover {
        return BTreeMap::new();
    }
    let all = plans(cx.reader, &cx.place.region).await;
    let all = match all.as_ref() {
        Ok(all) => all,
        Err(error) => {
            let unreadable = || Observed::Unreadable(error.unreadable());
            let mut read: BTreeMap<_, _> = wanted.iter().map(|(n, _)| (n.clone(), unreadable())).collect();
            if cx.discover {
                read.insert(UNDISCOVERED.to_owned(), unreadable());
            }
            return read;
        }
    };
    let reads = wanted
        .iter()
        .map(|(name, _)| async move { (name.clone(), named(&cx, all, name).await) });
    let mut read: BTreeMap<_, _> = futures::future::join_all(reads).await.into_iter().collect();
    if cx.discover {
        let client = cx.reader.clients().backup(&cx.place.region);
        for listed in all
            .iter()
            .filter(|p| !read.contains_key(&p.name))
            .collect::<Vec<_>>()
        {
            match tags(&client, &listed.arn).await {
                Observed::Present(tags) if tags.get(PROJECT_TAG) == Some(&cx.place.project) => {
                    let live = one(&cx, listed).await;
                    read.insert(listed.name.clone(), live);
                }
                Observed::Present(_) | Observed::Absent => {}
                Observed::Unreadable(why) => {
                    read.insert(UNDISCOVERED.to_owned(), Observed::Unreadable(why));
                }
            }
        }
    }
    read
}
