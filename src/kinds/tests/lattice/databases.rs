//! Databases.

use super::{Row, Side, hold, row, seen};
use crate::kinds::rds_instance::RdsInstance;
use serde_json::{Value as Json, json};

fn rds(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    row::<RdsInstance>(path, strong, weak)
}

#[test]
#[rustfmt::skip] // A row is a line.
fn how_far_back_a_database_goes() {
    let pitr = |retention: &str| json!({"pitr": [{"retention": retention}]});
    let west = |over: Json| {
        let mut copy = json!({"region": "us-west-2"});
        super::merge(&mut copy, &over);
        json!({"pitr": [{"retention": "14d"}], "replicate": [copy]})
    };
    let two = || {
        json!({"pitr": [{"retention": "14d"}],
        "replicate": [{"region": "us-west-2"}, {"region": "eu-west-1"}]})
    };
    let off = || json!({"retention_days": 0});
    let going_off = || json!({"pending_retention": 0});
    hold(
        &json!({"identifier": "app"}),
        vec![
            // Longer, then shorter, then none: switching on interrupts the instance.
            rds("pitr.retention", pitr("14d"), pitr("7d")),
            rds("pitr.retention", pitr("35d"), pitr("1d")),
            rds("pitr.retention", pitr("7d"), seen(pitr("7d"), off())).up_disrupts(),
            rds("pitr.retention", pitr("7d"), seen(pitr("7d"), going_off())).up_disrupts(),
            // A copy elsewhere, or none. RDS cannot change how long one is kept: it is stopped and made anew.
            rds("replicate[\"us-west-2\"].retention", west(json!({"retention": "14d"})), west(json!({"retention": "7d"}))).incomparable().up_disrupts(),
            rds("replicate[\"eu-west-1\"]", two(), west(json!({}))),
            rds("replicate[\"us-west-2\"]", west(json!({})), seen(pitr("14d"), json!({}))),
            // What keeps it, and what its snapshots carry.
            rds("deletion_protection", json!({"deletion_protection": true}), json!({"deletion_protection": false})),
            rds("copy_tags", json!({"copy_tags": true}), json!({"copy_tags": false})),
            // One up and one down is down.
            rds("pitr.retention", json!({"pitr": [{"retention": "14d"}], "deletion_protection": false}), json!({"pitr": [{"retention": "7d"}], "deletion_protection": true})).incomparable(),
            rds("tags", json!({"tags": {"team": "db"}}), json!({"tags": {"team": "ops"}})).equal(),
        ],
    );
}
