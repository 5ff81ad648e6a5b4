//! Which disasters are shown when nobody says which.

use super::*;
use crate::model::objective::Origin;

fn declared(name: &str) -> Scenario {
    let flood = scenarios().into_iter().find(|s| s.name == "region_outage");
    Scenario {
        name: name.into(),
        origin: Origin::Declared,
        ..flood.unwrap()
    }
}

fn asked(objectives: &[Objective], why: Asked) -> Vec<String> {
    let mut all = scenarios();
    all.push(declared("dns_outage"));
    let proof = prove(&Input {
        evidence: &[],
        principals: &everybody(),
        memberships: &Memberships::new(),
        objectives,
        scenarios: &all,
        read_at: "2026-03-01T12:00:00Z",
    });
    let columns = proof.scenarios.into_iter().filter(|c| c.asked == why);
    columns.map(|c| c.scenario.name).collect()
}

#[test]
fn without_objectives_every_disaster_has_one_column() {
    let mut shown: Vec<String> = SEVEN.iter().map(|s| (*s).to_owned()).collect();
    shown.push("dns_outage".into());
    let mut found = asked(&[], Asked::ByDefault);
    shown.sort();
    found.sort();
    assert_eq!(found, shown);
    // Severities are the same disasters again.
    assert_eq!(
        asked(&[], Asked::No),
        [
            "full_outage",
            "partial_outage",
            "data_corruption",
            "secret_compromise"
        ]
    );
    assert_eq!(asked(&[], Asked::ByObjective), Vec::<String>::new());
}

/// What an objective asks for is asked, whether its asset could be read or not.
#[test]
fn what_objectives_ask_for_is_what_is_shown() {
    let mut one = objective("15m", 30);
    one.survives = vec!["partial_outage".into(), "corruption".into()];
    one.protects = vec!["rds_instance.nowhere".parse().unwrap()];
    let found = asked(&[one.clone()], Asked::ByObjective);
    assert_eq!(found, ["corruption", "partial_outage"]);
    assert_eq!(asked(&[one.clone()], Asked::ByDefault), Vec::<String>::new());
    // An objective that names no disaster asks for none.
    one.survives.clear();
    assert_eq!(asked(&[one], Asked::ByObjective), Vec::<String>::new());
}
