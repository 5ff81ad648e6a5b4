//! What is asked for: how much may be lost, how long it may take, which disasters have to be survived.

use super::{Address, Arn, Duration};
use crate::diag::Location;
use crate::model::schema::Attr;
use crate::model::types::Type;
use crate::model::value::Value;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A bound on loss or downtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Bound {
    /// `"15m"`: so much or less.
    AtMost(Duration),
    /// `"< 15m"`: less than that.
    Below(Duration),
    /// `"point_in_time"`: any moment within the reach can be had back.
    PointInTime,
    /// `"n/a"`: the scenario loses no data, or nobody asks.
    NotApplicable,
    /// `"provider"`: whatever the provider takes.
    Provider,
}

impl Bound {
    /// Whether something known to be at most `worst` keeps it; `None` where no length of time is bounded.
    pub fn admits(self, worst: Duration) -> Option<bool> {
        match self {
            Bound::AtMost(limit) => Some(worst <= limit),
            Bound::Below(limit) => Some(worst < limit),
            Bound::PointInTime | Bound::NotApplicable | Bound::Provider => None,
        }
    }

    /// The length of time that it names.
    pub fn limit(self) -> Option<Duration> {
        match self {
            Bound::AtMost(limit) | Bound::Below(limit) => Some(limit),
            Bound::PointInTime | Bound::NotApplicable | Bound::Provider => None,
        }
    }

    /// Whether whoever keeps this bound keeps the other one too: what is engineered must be at
    /// least as tight as what is published.
    pub fn implies(self, published: Bound) -> bool {
        match (self, published) {
            (_, Bound::NotApplicable) => true,
            (Bound::AtMost(ours), Bound::AtMost(theirs)) | (Bound::Below(ours), Bound::Below(theirs)) => {
                ours <= theirs
            }
            (Bound::Below(ours), Bound::AtMost(theirs)) => ours <= theirs,
            (Bound::AtMost(ours), Bound::Below(theirs)) => ours < theirs,
            (ours, theirs) => ours == theirs,
        }
    }
}

impl FromStr for Bound {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text {
            "point_in_time" => return Ok(Bound::PointInTime),
            "n/a" => return Ok(Bound::NotApplicable),
            "provider" => return Ok(Bound::Provider),
            _ => {}
        }
        let duration = |text: &str| text.trim().parse::<Duration>().map_err(|e| e.to_string());
        match (text.strip_prefix("<="), text.strip_prefix('<')) {
            (Some(rest), _) => duration(rest).map(Bound::AtMost),
            (None, Some(rest)) => match duration(rest)? {
                limit if limit.as_secs() == 0 => {
                    Err("nothing is below 0; \"0s\" asks that nothing is lost".into())
                }
                limit => Ok(Bound::Below(limit)),
            },
            (None, None) => duration(text).map(Bound::AtMost),
        }
    }
}

impl TryFrom<String> for Bound {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Bound> for String {
    fn from(bound: Bound) -> Self {
        bound.to_string()
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtMost(limit) => write!(f, "{limit}"),
            Bound::Below(limit) => write!(f, "< {limit}"),
            Bound::PointInTime => f.write_str("point_in_time"),
            Bound::NotApplicable => f.write_str("n/a"),
            Bound::Provider => f.write_str("provider"),
        }
    }
}

impl Attr for Bound {
    fn ty() -> Type {
        Type::String
    }
    fn accepts() -> String {
        "a duration such as \"15m\", a strict one such as \"< 15m\", or \"point_in_time\", \"n/a\" or \"provider\""
            .into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value.as_str().ok_or("it is not a text")?.parse()
    }
}

/// How many copies there have to be and how far apart; 0 asks for nothing. The data itself is one
/// of them, as the 3-2-1 rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CopiesRule {
    /// Copies in all.
    pub total: u32,
    /// Different ways of keeping them ("media").
    pub mechanisms: u32,
    /// Different regions.
    pub regions: u32,
    /// Different accounts.
    pub accounts: u32,
    /// Different providers.
    pub clouds: u32,
    /// Copies that nobody can shorten or delete for now.
    pub immutable: u32,
    /// Copies that a drill has restored without an error.
    pub tested: u32,
}

/// What customers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// At most so much is lost.
    pub rpo: Option<Bound>,
    /// Back after at most so long.
    pub rto: Option<Bound>,
}

/// An `objective` block, with its preset filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// The label.
    pub name: String,
    /// Whom it is for.
    pub protects: Vec<Address>,
    /// How much may be lost.
    pub rpo: Option<Bound>,
    /// How long it may take to serve again.
    pub rto: Option<Bound>,
    /// How far back one must be able to go.
    pub reach: Option<Duration>,
    /// Names of scenarios.
    pub survives: Vec<String>,
    /// How many copies, how far apart.
    pub copies: CopiesRule,
    /// What customers are told.
    pub publish: Option<Published>,
    /// How often a restore has to be rehearsed.
    pub tested_every: Option<Duration>,
    /// Where it was declared.
    pub location: Option<Location>,
}

crate::word! {
    /// What a disaster destroys of its own accord.
    pub enum Extent {
        /// Contents: rows, objects. What follows the store follows the damage.
        Data = "data",
        /// The whole store by way of an ordinary delete.
        Store = "store",
        /// The availability zone that serves.
        Zone = "zone",
        /// The region.
        Region = "region",
        /// Everything at the provider.
        Cloud = "cloud",
    }
}

crate::word! {
    /// Whose credentials the attacker holds.
    pub enum Holds {
        /// Those of any one identity that may change the data.
        Writer = "writer",
        /// Those of every identity of the account, its root included.
        Account = "account",
    }
}

/// Where a disaster comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Every posture knows it.
    BuiltIn,
    /// Every posture knows it, as an incident's severity: another name for one that is built in.
    Severity,
    /// A block of the posture declares it.
    Declared,
}

/// A disaster, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Scenario {
    /// How objectives name it.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// What it destroys of its own accord.
    pub destroys: Extent,
    /// Whose credentials an attacker holds; nobody's in an accident.
    pub holds: Option<Holds>,
    /// Further identities that the attacker holds.
    pub identities: Vec<Arn>,
    /// How long it takes until somebody notices. Points younger than that hold the damage.
    pub noticed_after: Duration,
    /// Where it comes from.
    pub origin: Origin,
}

impl Scenario {
    /// Whether somebody acts against the backups too.
    pub fn has_attacker(&self) -> bool {
        self.holds.is_some() || !self.identities.is_empty()
    }

    /// Whether what is newest holds the damage, so that one must go back in time.
    pub fn is_logical(&self) -> bool {
        self.destroys == Extent::Data
    }

    fn built_in(
        name: &str,
        summary: &str,
        destroys: Extent,
        holds: Option<Holds>,
        noticed: Duration,
    ) -> Self {
        Self {
            name: name.into(),
            summary: summary.into(),
            destroys,
            holds,
            identities: Vec::new(),
            noticed_after: noticed,
            origin: Origin::BuiltIn,
        }
    }

    fn severity(self) -> Self {
        Self {
            origin: Origin::Severity,
            ..self
        }
    }
}

/// The scenarios that every posture knows.
pub fn scenarios() -> Vec<Scenario> {
    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_days(1);
    const NOW: Duration = Duration::from_secs(0);
    let one = Scenario::built_in;
    vec![
        one(
            "accidental_deletion",
            "Somebody deletes rows, a table or objects.",
            Extent::Data,
            None,
            DAY,
        ),
        one(
            "corruption",
            "A bad migration or a bug writes wrong data.",
            Extent::Data,
            None,
            DAY,
        ),
        one(
            "zone_outage",
            "The zone or the service instance that serves the data fails.",
            Extent::Zone,
            None,
            NOW,
        ),
        one(
            "credential_compromise",
            "Every credential of the account is in the hands of an attacker who deletes.",
            Extent::Data,
            Some(Holds::Account),
            HOUR,
        ),
        one(
            "region_outage",
            "The region is lost with all that lies in it.",
            Extent::Region,
            None,
            NOW,
        ),
        one(
            "ransomware",
            "An attacker with one credential that may change the data encrypts it, and deletes what copies that credential reaches.",
            Extent::Data,
            Some(Holds::Writer),
            Duration::from_days(7),
        ),
        one(
            "store_deletion",
            "The database is dropped, or all objects of the bucket deleted, by somebody who may.",
            Extent::Store,
            None,
            HOUR,
        ),
        one(
            "full_outage",
            "Severity 1: nothing of the region answers.",
            Extent::Region,
            None,
            NOW,
        )
        .severity(),
        one(
            "partial_outage",
            "Severity 2: one zone or one dependency fails.",
            Extent::Zone,
            None,
            NOW,
        )
        .severity(),
        one(
            "data_corruption",
            "Severity 3: data is wrong or missing.",
            Extent::Data,
            None,
            DAY,
        )
        .severity(),
        one(
            "secret_compromise",
            "Severity 4: secrets have leaked; rotation stops it, copies repair what was done.",
            Extent::Data,
            Some(Holds::Account),
            HOUR,
        )
        .severity(),
    ]
}

crate::word! {
    /// An objective that many share, to start from.
    pub enum Preset {
        /// 5 minutes, 4 hours and 30 days, against all seven disasters.
        B2bSaas = "b2b_saas",
        /// Up to a hundred customers: a copy in a second region.
        StageA = "stage_a",
        /// Beyond: and one that the account's credentials do not reach.
        StageAC = "stage_a_c",
        /// Larger still: at a second provider too, and rehearsed.
        StageBC = "stage_b_c",
    }
}

impl Preset {
    /// What it asks for, before anything is written over it.
    pub fn objective(self) -> Objective {
        let accidents = [
            "accidental_deletion",
            "corruption",
            "zone_outage",
            "region_outage",
            "store_deletion",
        ];
        let attacks = ["credential_compromise", "ransomware"];
        let of = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let all = || of(&[accidents.as_slice(), attacks.as_slice()].concat());
        let minutes = |m: u64| Some(Bound::AtMost(Duration::from_secs(m * 60)));
        let empty = Objective {
            name: String::new(),
            protects: Vec::new(),
            rpo: None,
            rto: None,
            reach: Some(Duration::from_days(30)),
            survives: all(),
            copies: CopiesRule::default(),
            publish: None,
            tested_every: Some(Duration::from_days(90)),
            location: None,
        };
        match self {
            Preset::B2bSaas => Objective {
                rpo: minutes(5),
                rto: minutes(240),
                ..empty
            },
            Preset::StageA => Objective {
                survives: of(&accidents),
                copies: CopiesRule {
                    total: 2,
                    regions: 2,
                    ..CopiesRule::default()
                },
                ..empty
            },
            Preset::StageAC => Objective {
                copies: CopiesRule {
                    total: 3,
                    regions: 2,
                    accounts: 2,
                    ..CopiesRule::default()
                },
                ..empty
            },
            Preset::StageBC => Objective {
                copies: CopiesRule {
                    total: 3,
                    mechanisms: 2,
                    regions: 2,
                    accounts: 2,
                    clouds: 2,
                    immutable: 1,
                    tested: 1,
                },
                ..empty
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Bound {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_are_strict_or_not() {
        let quarter = Duration::from_secs(900);
        for (text, holds) in [
            ("15m", true),
            ("<= 15m", true),
            ("< 15m", false),
            ("<16m", true),
            ("0", false),
        ] {
            assert_eq!(bound(text).admits(quarter), Some(holds), "{text}");
        }
        for text in ["point_in_time", "n/a", "provider"] {
            assert_eq!(bound(text).admits(quarter), None, "{text}");
        }
        for text in ["", "soon", "<", "-5m", "15", "<0", "< 0s"] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_published_is_never_tighter() {
        assert!(bound("1h").implies(bound("4h")));
        assert!(bound("4h").implies(bound("4h")));
        assert!(bound("< 4h").implies(bound("4h")));
        assert!(!bound("4h").implies(bound("< 4h")));
        assert!(!bound("4h").implies(bound("1h")));
        assert!(bound("4h").implies(bound("n/a")));
        assert!(!bound("n/a").implies(bound("4h")));
    }

    #[test]
    fn presets_name_scenarios_that_exist() {
        let known: Vec<String> = scenarios().into_iter().map(|s| s.name).collect();
        for preset in [Preset::B2bSaas, Preset::StageA, Preset::StageAC, Preset::StageBC] {
            for name in preset.objective().survives {
                assert!(known.contains(&name), "{name}");
            }
        }
    }
}
