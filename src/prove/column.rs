//! The columns of a proof: disasters, and whether anybody wants to know of them.

use crate::model::objective::{Objective, Origin, Scenario};
use serde::Serialize;
use std::collections::BTreeSet;

/// Why a disaster is of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// An objective wants it survived.
    ByObjective,
    /// No objective wants any disaster survived, and this is one of those that are looked at then.
    ByDefault,
    /// It is not: nobody wants to know.
    No,
}

/// A disaster, and whether anybody wants to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Column {
    /// The disaster.
    #[serde(flatten)]
    pub scenario: Scenario,
    /// Why it is of interest, when it is.
    pub asked: Asked,
}

/// The columns of a proof: what objectives ask for, or else every disaster under one name each.
pub(super) fn all(scenarios: &[Scenario], objectives: &[Objective]) -> Vec<Column> {
    let asked: BTreeSet<&String> = objectives.iter().flat_map(|o| &o.survives).collect();
    let why = |scenario: &Scenario| match scenario.origin {
        _ if asked.contains(&scenario.name) => Asked::ByObjective,
        Origin::BuiltIn | Origin::Declared if asked.is_empty() => Asked::ByDefault,
        // A severity is another name for a disaster that has its column.
        Origin::BuiltIn | Origin::Declared | Origin::Severity => Asked::No,
    };
    scenarios
        .iter()
        .map(|scenario| Column {
            asked: why(scenario),
            scenario: scenario.clone(),
        })
        .collect()
}
