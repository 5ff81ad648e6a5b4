//! How much is protected, as the cloud shows it, in an order of the tests' own that knows nothing of how the
//! program judges.

use super::Clients;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that protects.
#[derive(Debug, Clone, PartialEq)]
enum Measure {
    /// More is more; what is not there is nothing.
    Amount(i64),
    /// Each of these is more.
    Has(BTreeSet<String>),
    /// Each of these is less: whoever may do something.
    Lets(BTreeSet<String>),
}

/// What was seen, by names for people.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Protection(BTreeMap<String, Measure>);

/// What is less now than at both ends.
pub(crate) fn dips(ends: [&Protection; 2], now: &Protection) -> BTreeSet<String> {
    let [start, end] = ends.map(|end| &end.0);
    let both = start
        .iter()
        .filter_map(|(name, at)| Some((name, at, end.get(name)?)));
    both.filter(|(name, start, end)| match (start, end, now.0.get(*name)) {
        (Measure::Amount(start), Measure::Amount(end), Some(Measure::Amount(now))) => now < start.min(end),
        (Measure::Amount(start), Measure::Amount(end), None) => *start.min(end) > 0,
        (Measure::Has(start), Measure::Has(end), Some(Measure::Has(now))) => {
            start.intersection(end).any(|one| !now.contains(one))
        }
        (Measure::Has(start), Measure::Has(end), None) => start.intersection(end).next().is_some(),
        (Measure::Lets(start), Measure::Lets(end), Some(Measure::Lets(now))) => {
            now.iter().any(|one| !start.contains(one) && !end.contains(one))
        }
        // Nobody is let in by what is not there.
        (Measure::Lets(_), Measure::Lets(_), None) => false,
        _ => panic!("{name} is measured in two ways"),
    })
    .map(|(name, ..)| name.clone())
    .collect()
}

/// What is now as at neither end.
pub(crate) fn strays(ends: [&Protection; 2], now: &Protection) -> BTreeSet<String> {
    let all = ends.into_iter().chain([now]).flat_map(|p| p.0.keys());
    all.filter(|name| ends.iter().all(|end| end.0.get(*name) != now.0.get(*name)))
        .cloned()
        .collect()
}

fn words(value: &Json) -> Vec<String> {
    match value {
        Json::String(one) => vec![one.clone()],
        Json::Array(all) => all.iter().flat_map(words).collect(),
        Json::Object(all) => all.values().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

impl Protection {
    fn amount(&mut self, name: impl Into<String>, amount: i64) {
        self.0.insert(name.into(), Measure::Amount(amount));
    }

    fn has(&mut self, name: impl Into<String>, all: impl IntoIterator<Item = String>) {
        self.0
            .insert(name.into(), Measure::Has(all.into_iter().collect()));
    }

    /// Who a policy lets do what, what it refuses to whom, and who is excepted from that.
    fn policy(&mut self, name: &str, document: &str) {
        let document: Json = serde_json::from_str(document).unwrap();
        let (mut allows, mut denies, mut excepted) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for statement in document["Statement"].as_array().unwrap() {
            let denied = statement["Effect"] == "Deny";
            for principal in words(&statement["Principal"]) {
                for action in words(&statement["Action"]) {
                    let one = format!("{principal} {action}");
                    if denied { &mut denies } else { &mut allows }.insert(one);
                }
            }
            if denied {
                excepted.extend(words(&statement["Condition"]));
            }
        }
        self.0.insert(format!("{name} allows"), Measure::Lets(allows));
        self.0.insert(format!("{name} excepts"), Measure::Lets(excepted));
        self.has(format!("{name} denies"), denies);
    }

    pub(crate) async fn database(&mut self, home: &Clients, name: &str, copied_to: &str) {
        let all = home
            .rds
            .describe_db_instances()
            .db_instance_identifier(name)
            .send()
            .await;
        let all = all.unwrap();
        let instance = &all.db_instances()[0];
        let flag = |on: Option<bool>| i64::from(on.unwrap_or(false));
        self.amount(
            format!("{name}: retention"),
            instance.backup_retention_period().unwrap_or(0).into(),
        );
        self.amount(
            format!("{name}: deletion protection"),
            flag(instance.deletion_protection()),
        );
        let away = home.region(copied_to);
        let copies = away
            .rds
            .describe_db_instance_automated_backups()
            .send()
            .await
            .unwrap();
        let mut copies = copies.db_instance_automated_backups().iter();
        let copy =
            copies.find(|c| c.db_instance_identifier() == Some(name) && c.status() == Some("replicating"));
        let days = copy.and_then(|c| c.backup_retention_period()).unwrap_or(0);
        self.amount(format!("{name}: copy in {copied_to}"), days.into());
    }

    pub(crate) async fn bucket(&mut self, home: &Clients, name: &str) {
        use aws_sdk_s3::types::BucketVersioningStatus::Enabled;
        let versioning = home.s3.get_bucket_versioning().bucket(name).send().await.unwrap();
        let on = versioning.status() == Some(&Enabled);
        self.amount(format!("{name}: versioning"), i64::from(on));
        let rules = home
            .s3
            .get_bucket_lifecycle_configuration()
            .bucket(name)
            .send()
            .await;
        let rules = rules.map(|answer| answer.rules().to_vec()).unwrap_or_default();
        let kept = rules
            .iter()
            .filter_map(|rule| rule.noncurrent_version_expiration()?.noncurrent_days());
        self.amount(
            format!("{name}: replaced versions"),
            kept.min().map_or(i64::MAX, i64::from),
        );
        let block = home.s3.get_public_access_block().bucket(name).send().await.ok();
        let block = block.and_then(|answer| answer.public_access_block_configuration().cloned());
        let ways = block.map_or([None; 4], |b| {
            let acls = [b.block_public_acls(), b.ignore_public_acls()];
            let policies = [b.block_public_policy(), b.restrict_public_buckets()];
            [acls[0], acls[1], policies[0], policies[1]]
        });
        let blocked = ways.iter().filter(|way| **way == Some(true)).count();
        self.amount(
            format!("{name}: public access blocked"),
            i64::try_from(blocked).unwrap(),
        );
        if let Ok(policy) = home.s3.get_bucket_policy().bucket(name).send().await {
            self.policy(&format!("{name}: policy"), policy.policy().unwrap());
        }
    }

    pub(crate) async fn key(&mut self, home: &Clients, name: &str) {
        let id = format!("alias/{name}");
        let key = home.kms.describe_key().key_id(id).send().await.unwrap();
        let key = key.key_metadata().unwrap();
        self.amount(format!("{name}: enabled"), i64::from(key.enabled()));
        let rotation = home
            .kms
            .get_key_rotation_status()
            .key_id(key.key_id())
            .send()
            .await
            .unwrap();
        let every = rotation.rotation_period_in_days().unwrap_or(365);
        let often = if rotation.key_rotation_enabled() {
            10_000 - i64::from(every)
        } else {
            0
        };
        self.amount(format!("{name}: rotation"), often);
        let policy = home
            .kms
            .get_key_policy()
            .key_id(key.key_id())
            .policy_name("default")
            .send()
            .await;
        self.policy(&format!("{name}: policy"), policy.unwrap().policy().unwrap());
    }

    pub(crate) async fn vault(&mut self, home: &Clients, name: &str) {
        let vault = home
            .backup
            .describe_backup_vault()
            .backup_vault_name(name)
            .send()
            .await
            .unwrap();
        self.amount(
            format!("{name}: locked"),
            i64::from(vault.locked().unwrap_or(false)),
        );
        self.amount(
            format!("{name}: at least"),
            vault.min_retention_days().unwrap_or(0),
        );
        if let Ok(policy) = home
            .backup
            .get_backup_vault_access_policy()
            .backup_vault_name(name)
            .send()
            .await
        {
            self.policy(&format!("{name}: policy"), policy.policy().unwrap());
        }
    }

    /// The schedules in `order` go from often to seldom, each at moments of the one before it.
    pub(crate) async fn plan(&mut self, home: &Clients, name: &str, order: &[&str]) {
        let all = home.backup.list_backup_plans().send().await.unwrap();
        let mut all = all.backup_plans_list().iter();
        let Some(id) = all
            .find(|p| p.backup_plan_name() == Some(name))
            .and_then(|p| p.backup_plan_id())
        else {
            return;
        };
        let plan = home
            .backup
            .get_backup_plan()
            .backup_plan_id(id)
            .send()
            .await
            .unwrap();
        for rule in plan.backup_plan().unwrap().rules() {
            let of = |what: &str| format!("{name}: rule {}: {what}", rule.rule_name());
            let forever = i64::MAX;
            let days = |life: Option<&aws_sdk_backup::types::Lifecycle>| {
                life.and_then(aws_sdk_backup::types::Lifecycle::delete_after_days)
                    .unwrap_or(forever)
            };
            let place = order.iter().position(|s| Some(*s) == rule.schedule_expression());
            let often = place.map_or(0, |place| i64::try_from(order.len() - place).unwrap());
            self.amount(of("frequency"), often);
            self.amount(of("kept"), days(rule.lifecycle()));
            for copy in rule.copy_actions() {
                let to = copy.destination_backup_vault_arn();
                self.amount(of(&format!("kept in {to}")), days(copy.lifecycle()));
            }
        }
        let mut selected = BTreeSet::new();
        let selections = home
            .backup
            .list_backup_selections()
            .backup_plan_id(id)
            .send()
            .await
            .unwrap();
        for one in selections.backup_selections_list() {
            let one = one.selection_id().unwrap();
            let call = home
                .backup
                .get_backup_selection()
                .backup_plan_id(id)
                .selection_id(one);
            let answer = call.send().await.unwrap();
            let selection = answer.backup_selection().unwrap();
            let role = selection.iam_role_arn();
            selected.extend(selection.resources().iter().map(|r| format!("{r} as {role}")));
        }
        self.has(format!("{name}: selected"), selected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_at_both_ends_is_a_dip() {
        let of = |amount: i64, has: &str, policy: &str| {
            let mut all = Protection::default();
            all.amount("amount", amount);
            all.has("has", has.chars().map(String::from));
            all.policy("policy", policy);
            all
        };
        let policy = |effect: &str, action: &str| {
            format!(
                "{{\"Statement\": [{{\"Effect\": \"{effect}\", \"Principal\": \"*\", \"Action\": \"{action}\"}}]}}"
            )
        };
        let (one, two) = (
            of(3, "ab", &policy("Allow", "a")),
            of(5, "bc", &policy("Allow", "b")),
        );
        let found = |now: &Protection| dips([&one, &two], now).into_iter().collect::<Vec<_>>();
        assert_eq!(found(&of(4, "b", &policy("Allow", "a"))), Vec::<String>::new());
        assert_eq!(found(&of(2, "b", &policy("Deny", "a"))), ["amount"]);
        assert_eq!(found(&of(3, "ac", &policy("Allow", "a"))), ["has"]);
        assert_eq!(found(&of(3, "b", &policy("Allow", "c"))), ["policy allows"]);
        assert_eq!(found(&Protection::default()), ["amount", "has"]);
    }
}
