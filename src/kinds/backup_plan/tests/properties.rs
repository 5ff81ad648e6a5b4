//! Whatever is declared of a plan and whatever is there.

use super::live;
use super::world::selections_of;
use crate::kinds::backup_plan::BackupPlan;
use crate::kinds::backup_plan::live::{Life, LivePlan, Rule, Selection};
use crate::kinds::testing::{accepted, decoded, place};
use crate::kinds::tests::laws::{self, Order};
use crate::model::fact::TagMatch;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Schedules, and of which of these they run at every moment.
const SCHEDULES: [(&str, &[usize]); 4] = [
    ("cron(0 * ? * * *)", &[0, 1, 2, 3]),
    ("cron(0 3 ? * * *)", &[1, 3]),
    ("cron(0 4 ? * * *)", &[2]),
    ("cron(0 3 ? * MON *)", &[3]),
];
const DBS: [&str; 2] = [
    "arn:aws:rds:us-east-1:111111111111:db:a",
    "arn:aws:rds:us-east-1:111111111111:db:b",
];
const PATTERNS: [&str; 4] = [DBS[0], DBS[1], "arn:aws:rds:*:*:db:*", "*"];
const ROLES: [&str; 2] = [
    "arn:aws:iam::111111111111:role/backup",
    "arn:aws:iam::111111111111:role/other",
];

fn home(name: &str) -> String {
    format!("arn:aws:backup:us-east-1:111111111111:backup-vault:{name}")
}

fn away(name: &str) -> String {
    format!("arn:aws:backup:us-west-2:222222222222:backup-vault:{name}")
}

/// Whether a pattern of this file takes in the ARN of a database.
fn is_like(pattern: &str, arn: &str) -> bool {
    pattern == "*" || pattern == arn || (pattern == PATTERNS[2] && arn.contains(":db:"))
}

fn covers(selection: &Selection, arn: &str, tags: &[(&str, &str)]) -> bool {
    let holds = |tag: &TagMatch| {
        let is = tags.iter().any(|(k, v)| *k == tag.key && *v == tag.value);
        is == (tag.test == "StringEquals")
    };
    let named = |patterns: &BTreeSet<String>| patterns.iter().any(|p| is_like(p, arn));
    (named(&selection.resources) || selection.tags.iter().any(holds))
        && !named(&selection.not_resources)
        && selection.conditions.iter().all(holds)
}

fn forever(days: Option<u32>) -> u32 {
    days.unwrap_or(u32::MAX)
}

impl Order for BackupPlan {
    fn lower(old: &LivePlan, new: &LivePlan) -> BTreeSet<String> {
        let mut lower = BTreeSet::new();
        let mut check = |less: bool, name: String| {
            if less {
                lower.insert(name);
            }
        };
        let place = |rule: &Rule| SCHEDULES.iter().position(|(s, _)| *s == rule.schedule).unwrap();
        for was in &old.rules {
            let name = &was.name;
            let Some(is) = new.rules.iter().find(|r| r.name == *name) else {
                check(true, format!("rule {name}"));
                continue;
            };
            check(is.vault != was.vault, format!("vault of {name}"));
            let takes_in = SCHEDULES[place(is)].1.contains(&place(was));
            check(!takes_in, format!("schedule of {name}"));
            let windows = |rule: &Rule| (rule.start_window, rule.completion_window);
            check(windows(is) != windows(was), format!("windows of {name}"));
            check(was.continuous && !is.continuous, format!("continuous of {name}"));
            let less = forever(is.life.delete_after) < forever(was.life.delete_after);
            check(less, format!("lifetime of {name}"));
            for (vault, life) in &was.copies {
                let copy = is.copies.get(vault);
                let less = copy.is_none_or(|c| forever(c.delete_after) < forever(life.delete_after));
                check(less, format!("copy of {name} in {vault}"));
            }
        }
        check(old.windows_vss && !new.windows_vss, "VSS".into());
        for arn in [DBS[0], DBS[1], "arn:aws:s3:::bucket"] {
            for tags in [&[][..], &[("tier", "gold")], &[("tier", "tin")]] {
                for role in ROLES {
                    let covered = |plan: &LivePlan| {
                        let mut all = plan.selections.present().into_iter().flatten();
                        all.any(|(_, s)| s.role == role && covers(s, arn, tags))
                    };
                    let less = covered(old) && !covered(new);
                    check(less, format!("{arn} with {tags:?} by {role}"));
                }
            }
        }
        lower
    }
}

fn age() -> impl Strategy<Value = Option<u32>> {
    of(select(vec![7_u32, 30]))
}

fn days(days: Option<u32>) -> Json {
    days.map_or(Json::Null, |d| format!("{d}d").into())
}

fn without_nulls(mut json: Json) -> Json {
    json.as_object_mut().unwrap().retain(|_, v| !v.is_null());
    json
}

fn rule(name: &'static str) -> impl Strategy<Value = Json> {
    let copies = vec((select(vec!["x", "y"]), age()), 0..=2);
    (
        select(vec![Json::Null, "1h".into(), "12h".into()]),
        select(vec!["main", "spare"]),
        select(&SCHEDULES[..]),
        age(),
        any::<bool>(),
        copies,
    )
        .prop_map(
            move |(start, vault, (schedule, _), delete_after, continuous, copies)| {
                // One copy to each vault; what is continuous has an end.
                let mut copies = copies;
                copies.sort_by_key(|c| c.0);
                copies.dedup_by_key(|c| c.0);
                let copies: Vec<_> = copies
                    .into_iter()
                    .map(|(to, delete)| without_nulls(json!({"to": away(to), "delete_after": days(delete)})))
                    .collect();
                without_nulls(json!({
                    "@": name, "vault": home(vault), "schedule": schedule, "delete_after": days(delete_after),
                    "continuous": continuous && delete_after.is_some(), "copy": copies, "start_window": start,
                }))
            },
        )
}

fn selection(name: &'static str) -> impl Strategy<Value = Json> {
    let tier = |value: &str| json!({"key": "tier", "value": value});
    let condition = select(vec![
        json!({"test": "StringEquals", "key": "tier", "value": "gold"}),
        json!({"test": "StringNotEquals", "key": "tier", "value": "gold"}),
    ]);
    (
        prop_oneof![4 => Just(ROLES[0]), 1 => Just(ROLES[1])],
        subsequence(&PATTERNS[..], 1..=2),
        of(select(&PATTERNS[..3])),
        of(select(vec![tier("gold"), tier("tin")])),
        of(condition),
    )
        .prop_map(move |(role, resources, not, tag, condition)| {
            let list = |one: Option<Json>| one.into_iter().collect::<Vec<_>>();
            json!({"@": name, "role": role, "resources": resources, "not_resources": list(not.map(Json::from)),
                "tag": list(tag), "condition": list(condition)})
        })
}

fn declared() -> impl Strategy<Value = Json> {
    (
        (rule("daily"), of(rule("weekly"))),
        (selection("all"), of(selection("more"))),
        of(any::<bool>()),
    )
        .prop_map(|((daily, weekly), (all, more), vss)| {
            let mut block = Map::from_iter([
                ("name".to_owned(), Json::from("daily")),
                ("rule".to_owned(), [daily].into_iter().chain(weekly).collect()),
                ("selection".to_owned(), [all].into_iter().chain(more).collect()),
            ]);
            block.extend(vss.map(|on| ("windows_vss".to_owned(), on.into())));
            Json::from(block)
        })
        .prop_filter("accepted", |block| {
            let (spec, said) = decoded::<BackupPlan>(block, &place());
            spec.is_some() && !said.has_errors()
        })
}

/// As another block left it, with selections doubled or rules that no block can say now and then.
fn found() -> impl Strategy<Value = LivePlan> {
    let double = of((selection("all"), selection("all")));
    (declared(), double, any::<bool>(), any::<bool>()).prop_map(|(block, double, vss, odd)| {
        let spec = accepted::<BackupPlan>(&block);
        live(|plan| {
            plan.rules = spec.rule.iter().map(Rule::wanted).collect();
            plan.windows_vss = vss;
            if odd {
                for rule in &mut plan.rules {
                    rule.life = Life {
                        delete_after: None,
                        cold_after: Some(30),
                    };
                }
            }
            let selections = selections_of(plan);
            selections.clear();
            let mut blocks = block.clone();
            if let Some((one, two)) = double {
                let all = blocks["selection"].as_array_mut().unwrap();
                all.extend([one, two]);
            }
            for (n, one) in blocks["selection"].as_array().unwrap().iter().enumerate() {
                let mut alone = block.clone();
                alone["selection"] = json!([one]);
                let spec = accepted::<BackupPlan>(&alone);
                selections.insert(format!("id{n}"), Selection::wanted(&spec.selection[0]));
            }
        })
    })
}

proptest! {
    #![proptest_config(laws::cases(300))]

    #[test]
    fn the_laws_hold_of_a_plan(want in declared(), have in of(found())) {
        laws::hold::<BackupPlan>(&accepted::<BackupPlan>(&want), have.as_ref())?;
    }
}
