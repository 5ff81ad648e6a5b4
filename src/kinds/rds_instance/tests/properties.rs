//! Whatever is declared of a database and whatever is there.

use super::world::REGIONS;
use super::{ARN, live, there};
use crate::kinds::rds_instance::RdsInstance;
use crate::kinds::rds_instance::live::{LiveInstance, LiveReplica};
use crate::kinds::testing::accepted;
use crate::kinds::tests::laws::{self, Order};
use crate::model::{Observed, Region};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

impl Order for RdsInstance {
    fn lower(old: &LiveInstance, new: &LiveInstance) -> BTreeSet<String> {
        let mut lower = BTreeSet::new();
        // What is on its way is what will be.
        let days = |live: &LiveInstance| live.pending_retention.unwrap_or(live.retention_days);
        let mut check = |less: bool, name: &str| {
            if less {
                lower.insert(name.to_owned());
            }
        };
        check(days(new) < days(old), "retention");
        check(
            old.deletion_protection && !new.deletion_protection,
            "deletion protection",
        );
        check(old.copy_tags && !new.copy_tags, "tags on snapshots");
        check(new.encrypted != old.encrypted, "encryption");
        for (region, copy) in &old.replicas {
            let Observed::Present(old) = copy else { continue };
            let less = match new.replicas.get(region) {
                Some(Observed::Present(new)) => match (old.retention_days, new.retention_days) {
                    (Some(old), Some(new)) => new < old,
                    (old, new) => old != new,
                },
                _ => true,
            };
            check(less, &format!("the copy in {region}"));
        }
        lower
    }
}

fn days() -> impl Strategy<Value = u32> {
    select(vec![1_u32, 7, 14, 35])
}

fn key(region: &str, name: &str) -> String {
    format!("arn:aws:kms:{region}:111111111111:key/{name}")
}

fn replicate(region: &'static str) -> impl Strategy<Value = Json> {
    (of(days()), of(select(vec!["k1", "k2"]))).prop_map(move |(days, name)| {
        let mut block = Map::from_iter([("region".to_owned(), region.into())]);
        block.extend(days.map(|d| ("retention".to_owned(), format!("{d}d").into())));
        block.extend(name.map(|k| ("kms_key".to_owned(), key(region, k).into())));
        block.into()
    })
}

fn declared() -> impl Strategy<Value = Json> {
    let pitr = of((days(), of(select(vec!["03:00-04:00", "01:00-02:00"]))));
    let copies = (
        subsequence(vec![0, 1], 0..=2),
        replicate(REGIONS[0]),
        replicate(REGIONS[1]),
    );
    (of(any::<bool>()), of(any::<bool>()), pitr, copies).prop_map(
        |(protected, tags, pitr, (chosen, west, eu))| {
            let mut block = Map::from_iter([("identifier".to_owned(), Json::from("app"))]);
            block.extend(protected.map(|on| ("deletion_protection".to_owned(), on.into())));
            block.extend(tags.map(|on| ("copy_tags".to_owned(), on.into())));
            block.extend(pitr.map(|(days, window)| {
                let mut pitr = json!({"retention": format!("{days}d")});
                if let Some(window) = window {
                    pitr["window"] = window.into();
                }
                ("pitr".to_owned(), json!([pitr]))
            }));
            let all = [west, eu];
            let chosen: Vec<_> = chosen.into_iter().map(|n: usize| all[n].clone()).collect();
            block.insert("replicate".to_owned(), chosen.into());
            block.into()
        },
    )
}

fn copy(region: &'static str) -> impl Strategy<Value = (Region, Observed<LiveReplica>)> {
    let seen = prop_oneof![
        2 => Just(Observed::Absent),
        1 => Just(Observed::Unreadable(super::denied())),
        4 => (of(days()), of(select(vec!["k1", "k2"]))).prop_map(move |(days, name)| {
            let Observed::Present(copy) = there(7) else { unreachable!() };
            let key = name.map(|n| key(region, n).parse().unwrap());
            Observed::Present(LiveReplica { retention_days: days, key, ..copy })
        }),
    ];
    seen.prop_map(move |seen| (region.parse().unwrap(), seen))
}

fn found() -> impl Strategy<Value = LiveInstance> {
    let waiting = of(Just(("EngineVersion".to_owned(), "17.2".to_owned())));
    let retention = (
        select(vec![0_u32, 1, 7, 14, 35]),
        of(select(vec![0_u32, 1, 7, 35])),
    );
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let owner = prop_oneof![5 => Just(None), 1 => Just(Some("arn:aws:backup:x".to_owned()))];
    (
        retention,
        flags,
        waiting,
        owner,
        copy(REGIONS[0]),
        copy(REGIONS[1]),
    )
        .prop_map(
            |(
                (retention_days, pending_retention),
                (protected, tags, encrypted),
                waiting,
                aws_backup,
                west,
                eu,
            )| {
                LiveInstance {
                    arn: ARN.parse().ok(),
                    retention_days,
                    pending_retention,
                    pending: waiting.into_iter().collect(),
                    deletion_protection: protected,
                    copy_tags: tags,
                    encrypted,
                    aws_backup,
                    replicas: BTreeMap::from([west, eu]),
                    ..live()
                }
            },
        )
}

proptest! {
    #![proptest_config(laws::cases(1500))]

    #[test]
    fn the_laws_hold_of_a_database(want in declared(), have in found()) {
        laws::hold::<RdsInstance>(&accepted::<RdsInstance>(&want), Some(&have))?;
    }
}
