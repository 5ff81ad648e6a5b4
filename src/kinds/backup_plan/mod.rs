//! `backup_plan`: by what rules AWS Backup makes recovery points, and of what.

pub mod cron;
mod diff;
pub mod live;
mod moments;
mod needs;
pub mod spec;
pub mod target;
#[cfg(test)]
mod tests;
mod validate;
pub mod write;

use super::{Boxed, Kind, Output, Permission, Purpose, ReadContext, WriteContext};
use crate::aws::AwsError;
use crate::diag::Diagnostics;
use crate::model::change::Diff;
use crate::model::fact::{Coverage, Facts, Schedule, ScheduledCopy, ScheduledRule};
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{Arn, Observed, Place, Unreadable};
use live::{LivePlan, Rule};
use spec::Spec;
use std::collections::BTreeMap;
use write::{Op, Plan};

/// The kind; see [`Kind::DOC`].
pub struct BackupPlan;

impl Kind for BackupPlan {
    const NAME: &'static str = "backup_plan";
    const DOC: &'static str = include_str!("doc.md");
    const OUTPUTS: &'static [Output] = &[];
    const HOLDS_DATA: bool = false;
    const DISCOVERS: &'static [&'static str] = &[live::PLANS, "backup:ListTags"];
    const SELECTS: bool = true;
    type Spec = Spec;
    type Live = LivePlan;
    type Op = Op;

    fn ident(spec: &Spec, _: &Place) -> String {
        spec.name.clone()
    }

    /// Not known: AWS Backup gives a plan an id when it is created.
    fn arn(_: &str, _: &Place) -> Option<Arn> {
        None
    }

    fn outputs(_: &Spec, _: &Place) -> BTreeMap<&'static str, Value> {
        BTreeMap::new()
    }

    fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, place, block, diagnostics);
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<LivePlan>>> {
        Box::pin(live::read(cx, wanted))
    }

    fn diff(want: &Spec, have: Option<&LivePlan>, place: &Place) -> Diff<Op> {
        diff::diff(want, have, place)
    }

    fn release(_: &str, have: &LivePlan, place: &Place) -> Diff<Op> {
        diff::release(have, place)
    }

    fn tags(have: &LivePlan) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        have.tags.known()
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move { Plan::new(cx.writer, cx.place, ident).run(op).await })
    }

    fn describe(op: &Op) -> String {
        match op {
            Op::Create { .. } => "create the plan".into(),
            Op::Update { .. } => "replace the rules".into(),
            Op::Select { selections, replaces } => {
                let names: Vec<_> = selections.iter().map(|s| s.name.as_str()).collect();
                let old = match replaces.len() {
                    0 => "",
                    1 => ", then remove the old one",
                    _ => ", then remove the old ones",
                };
                match names.as_slice() {
                    [] => "remove old selections".into(),
                    [name] => format!("make the selection {name}{old}"),
                    _ => format!("make the selections {}{old}", names.join(", ")),
                }
            }
            Op::Tag { .. } => "set tags".into(),
            Op::Remove => "remove the plan".into(),
        }
    }

    fn needs(op: &Op, _: &str, place: &Place) -> Vec<Permission> {
        needs::needs(op, place)
    }

    fn facts(_: Option<&Spec>, have: &LivePlan, place: &Place) -> Facts {
        let covers = have.selections.clone().map(|all| {
            all.into_values()
                .map(|s| Coverage {
                    name: s.name,
                    role: s.role.parse().ok(),
                    resources: s.resources.into_iter().collect(),
                    not_resources: s.not_resources.into_iter().collect(),
                    any_tag: s.tags.into_iter().collect(),
                    all_conditions: s.conditions.into_iter().collect(),
                })
                .collect()
        });
        let unread = || {
            Observed::Unreadable(Unreadable {
                action: live::OPT_IN.into(),
                why: "the region's settings were not read".into(),
                denied: false,
            })
        };
        Facts::Schedule(Box::new(Schedule {
            name: have.name.clone(),
            arn: have.arn.clone(),
            account: place.account_id.clone(),
            region: place.region.clone(),
            rules: have.rules.iter().map(|rule| scheduled(rule, place)).collect(),
            covers,
            opted_in: have.opted_in.clone().unwrap_or_else(unread),
        }))
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        let plans = Arn::backup(
            place.partition(),
            &place.region,
            &place.account_id,
            "backup-plan:*",
        )
        .to_string();
        let on_plans = |action| Permission {
            action,
            resource: plans.clone(),
        };
        let anywhere = |action| Permission {
            action,
            resource: "*".into(),
        };
        let reads = [live::PLAN, live::SELECTIONS, live::SELECTION, "backup:ListTags"];
        let mut all: Vec<_> = reads.map(on_plans).into();
        all.push(anywhere(live::PLANS));
        if purpose.reads_everything() {
            all.push(anywhere(live::OPT_IN));
        }
        if purpose == Purpose::Apply {
            let writes = [
                "backup:CreateBackupPlan",
                "backup:CreateBackupSelection",
                "backup:DeleteBackupPlan",
                "backup:DeleteBackupSelection",
                "backup:TagResource",
                "backup:UpdateBackupPlan",
            ];
            all.extend(writes.map(on_plans));
            let roles = spec.selection.iter().filter_map(|s| s.role.arn.as_ref());
            all.extend(roles.map(|role| Permission {
                action: "iam:PassRole",
                resource: role.to_string(),
            }));
        }
        all.sort();
        all.dedup();
        all
    }
}

fn scheduled(rule: &Rule, place: &Place) -> ScheduledRule {
    let vault = format!("backup-vault:{}", rule.vault);
    let gap = cron::parse(&rule.schedule).ok().and_then(|s| s.gaps());
    ScheduledRule {
        name: rule.name.clone(),
        vault: Arn::backup(place.partition(), &place.region, &place.account_id, &vault),
        schedule: rule.schedule.clone(),
        timezone: rule.timezone.clone(),
        longest_gap_minutes: gap.map(|(longest, _)| longest),
        start_window_minutes: rule.start_window,
        completion_window_minutes: rule.completion_window,
        continuous: rule.continuous,
        delete_after_days: rule.life.delete_after,
        cold_after_days: rule.life.cold_after,
        copies: rule
            .copies
            .iter()
            .map(|(vault, life)| ScheduledCopy {
                vault: vault.clone(),
                delete_after_days: life.delete_after,
                cold_after_days: life.cold_after,
            })
            .collect(),
    }
}
