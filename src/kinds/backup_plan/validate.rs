//! Rules that span several arguments of a `backup_plan`, and the locks of the vaults that it names.

use super::cron;
use super::spec::{Age, RuleBlock, SelectionBlock, Spec};
use super::target::VaultRef;
use crate::diag::{Code, Diagnostics, code};
use crate::model::Place;
use crate::model::schema::{EvaluatedBlock, about};
use std::collections::BTreeSet;

/// Cold storage is paid for so many days, and AWS Backup refuses to keep shorter.
const COLD_LEAST: u32 = 90;
/// As far as one can go back to any point in time.
const CONTINUOUS_MOST: u32 = 35;
/// Minutes between two starts at least.
const HOURLY: u32 = 60;

struct At<'a> {
    block: &'a EvaluatedBlock,
    diagnostics: &'a mut Diagnostics,
}

impl At<'_> {
    fn say(&mut self, path: &str, code: Code, detail: impl Into<String>, remedy: &str) {
        let diagnostic = about(self.block, path, code, detail);
        self.diagnostics.push(match remedy {
            "" => diagnostic,
            remedy => diagnostic.remedy(remedy),
        });
    }
}

pub(super) fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let mut at = At { block, diagnostics };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let named = |name: &str| !name.is_empty() && name.len() <= 50 && name.chars().all(allowed);
    if !named(&spec.name) {
        let detail = format!(
            "name: \"{}\" cannot be a plan's; it has 1 to 50 letters, digits and -_.",
            spec.name
        );
        at.say("name", code::INVALID_VALUE, detail, "");
    }
    if spec.rule.is_empty() {
        at.say(
            "name",
            code::MISSING_ATTRIBUTE,
            "A plan without a rule backs nothing up.",
            "Add a rule block.",
        );
    }
    for key in spec.tags.iter().flat_map(|tags| tags.keys()) {
        if key.starts_with("aws:") || key.starts_with("backstay:") {
            at.say(
                "tags",
                code::INVALID_VALUE,
                format!("tags: \"{key}\" has a prefix that is reserved."),
                "",
            );
        }
    }
    let nested = |name: &str, n: usize| block.blocks.get(name).and_then(|b| b.get(n)).unwrap_or(block);
    let mut seen = BTreeSet::new();
    for (n, one) in spec.rule.iter().enumerate() {
        let mut at = At {
            block: nested("rule", n),
            diagnostics,
        };
        if !named(&one.name) || !seen.insert(&one.name) {
            let detail = format!(
                "rule \"{}\": the name is taken, or has other signs than letters, digits and -_.",
                one.name
            );
            at.say("schedule", code::INVALID_VALUE, detail, "");
        }
        rule(one, place, &mut at);
    }
    let mut seen = BTreeSet::new();
    for (n, one) in spec.selection.iter().enumerate() {
        let mut at = At {
            block: nested("selection", n),
            diagnostics,
        };
        if !named(&one.name) || !seen.insert(&one.name) {
            let detail = format!(
                "selection \"{}\": the name is taken, or has other signs than letters, digits and -_.",
                one.name
            );
            at.say("role", code::INVALID_VALUE, detail, "");
        }
        selection(one, spec, &mut at);
    }
}

fn rule(rule: &RuleBlock, place: &Place, at: &mut At<'_>) {
    match cron::parse(&rule.schedule).map(|s| s.gaps()) {
        Err(bad) => at.say("schedule", code::INVALID_VALUE, format!("schedule: {bad}."), ""),
        Ok(None) => at.say(
            "schedule",
            code::INVALID_VALUE,
            "schedule: it does not go on, so some day nothing is backed up any more.",
            "Write * for the year, and a day that every year has.",
        ),
        Ok(Some((_, shortest))) if shortest < HOURLY => at.say(
            "schedule",
            code::INVALID_VALUE,
            format!(
                "schedule: it starts again after {shortest} minutes; AWS Backup waits for an hour at least."
            ),
            "",
        ),
        Ok(Some(_)) => {}
    }
    let minutes = |d: crate::model::Duration| d.as_secs() / 60;
    let start = rule.start_window.map_or(8 * 60, minutes);
    if start < 60 {
        at.say(
            "start_window",
            code::INVALID_VALUE,
            "start_window: it is shorter than 1h.",
            "",
        );
    }
    if rule.completion_window.is_some_and(|c| minutes(c) < start + 60) {
        let detail = "completion_window: it has to be at least an hour longer than start_window.";
        at.say("completion_window", code::CONFLICT, detail, "");
    }
    let home = rule.vault.to.region.as_ref().is_none_or(|r| *r == place.region)
        && rule
            .vault
            .to
            .account
            .as_ref()
            .is_none_or(|a| *a == place.account_id);
    if !home {
        at.say(
            "vault",
            code::CONFLICT,
            format!(
                "A rule writes to a vault of the plan's own account and region, {}.",
                place.region
            ),
            "Name a vault there, and copy to the other one.",
        );
    }
    if rule.continuous == Some(true) {
        if rule.delete_after.is_none_or(|d| d.get() > CONTINUOUS_MOST) {
            let detail = "One can go back to any point in time for 35 days at most.";
            at.say(
                "delete_after",
                code::CONFLICT,
                detail,
                "Set delete_after, 1d to 35d.",
            );
        }
        if rule.cold_after.is_some() {
            let detail = "Continuous recovery points cannot be moved to cold storage.";
            at.say("cold_after", code::CONFLICT, detail, "Use a second rule.");
        }
    }
    cold("", rule.delete_after, rule.cold_after, at);
    fits("vault", &rule.vault, rule.delete_after, at);
    let mut seen = BTreeSet::new();
    for copy in &rule.copy {
        cold("copy", copy.delete_after, copy.cold_after, at);
        fits("copy", &copy.to, copy.delete_after, at);
        if copy.to.arn() == rule.vault.arn() {
            at.say(
                "copy",
                code::CONFLICT,
                "The copy would go to the vault of the rule itself.",
                "",
            );
        }
        if !seen.insert(copy.to.arn()) {
            at.say("copy", code::DUPLICATE, "Two copies go to one vault.", "");
        }
    }
}

fn cold(path: &str, delete: Option<Age>, cold: Option<Age>, at: &mut At<'_>) {
    if let (Some(delete), Some(cold)) = (delete, cold)
        && delete.get() < cold.get() + COLD_LEAST
    {
        at.say(
            if path.is_empty() { "delete_after" } else { path },
            code::CONFLICT,
            format!("delete_after ({delete}) has to be at least 90 days after cold_after ({cold})."),
            "",
        );
    }
}

/// A job whose retention lies outside of what the vault's lock allows fails, silently but for a job's state.
fn fits(path: &str, vault: &VaultRef, delete: Option<Age>, at: &mut At<'_>) {
    let name = vault.name().unwrap_or_default();
    if let (Some(min), Some(delete)) = (vault.min_days, delete)
        && delete.get() < min
    {
        let detail = format!(
            "Every job would fail: the lock of the vault {name} keeps recovery points {min} days at least, and this \
             rule deletes after {}.",
            delete.get()
        );
        at.say(path, code::CONFLICT, detail, "Set a longer delete_after.");
    }
    if let Some(max) = vault.max_days
        && delete.is_none_or(|d| d.get() > max)
    {
        let kept = delete.map_or("for ever".to_owned(), |d| format!("{} days", d.get()));
        let detail = format!(
            "Every job would fail: the lock of the vault {name} keeps recovery points {max} days at most, and this \
             rule keeps them {kept}."
        );
        at.say(path, code::CONFLICT, detail, "Set a shorter delete_after.");
    }
}

fn selection(selection: &SelectionBlock, spec: &Spec, at: &mut At<'_>) {
    let is_role = selection.role.arn.as_ref().is_some_and(|a| a.service() == "iam");
    if !is_role {
        at.say(
            "role",
            code::INVALID_VALUE,
            "role: it is no role.",
            "Name an iam_role, or the ARN of one.",
        );
    }
    if selection.resources.is_empty() && selection.tag.is_empty() {
        at.say(
            "role",
            code::MISSING_ATTRIBUTE,
            format!("selection \"{}\" selects nothing.", selection.name),
            "Set resources, or add tag blocks.",
        );
    }
    let all = || selection.resources.iter().chain(&selection.not_resources);
    let wild = all().filter(|s| s.pattern.contains('*')).count();
    if all().count() > 500 || wild > 30 {
        let detail = "AWS Backup takes 500 ARNs at most, and 30 of them with wildcards.";
        at.say("resources", code::INVALID_VALUE, detail, "");
    }
    if spec.rule.iter().any(|r| r.continuous == Some(true)) {
        for address in selection.resources.iter().filter_map(|s| s.has_pitr.as_ref()) {
            at.say(
                "resources",
                code::CONFLICT,
                format!(
                    "{address} declares pitr, and a continuous rule would take its retention and window over: two \
                     masters that undo each other."
                ),
                "Remove pitr there, or continuous here.",
            );
        }
    }
}
