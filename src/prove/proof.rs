//! What a proof says: assets, their copies, and what becomes of each in every disaster.

use super::attack::Destroying;
use super::copy::{Copy, Reach};
use super::derivation::Derivation;
use super::{Column, Judged, Loss, Survival, Verdict, writer};
use crate::model::{Address, Duration, Unreadable};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the JSON form.
pub const VERSION: u32 = 1;

/// One copy in one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct CellCopy {
    /// The copy's id.
    pub copy: String,
    /// What becomes of it.
    #[serde(flatten)]
    pub survival: Survival,
    /// What is lost when this is what is left.
    pub loss: Loss,
    /// How far it goes back when it survives, counted from when the disaster is noticed; absent when it does not, or keeps no
    /// history that is known.
    pub reach: Option<Reach>,
}

/// Loss when the damage is so old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Point {
    /// The age at detection.
    pub age: Duration,
    /// What is lost.
    pub loss: Loss,
}

/// One asset in one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cell {
    /// The scenario's name.
    pub scenario: String,
    /// Copies with what becomes of them.
    pub copies: Vec<CellCopy>,
    /// The least loss among those that survive for certain.
    pub loss: Loss,
    /// The farthest reach among them, counted from when the disaster is noticed; absent when none keeps history.
    pub reach: Option<Reach>,
    /// Loss by age at detection, for damage that is noticed late.
    pub curve: Vec<Point>,
    /// What each objective of the asset says about it, by the objective's name.
    pub judged: BTreeMap<String, Vec<Judged>>,
}

impl Cell {
    /// The worst verdict of any objective that asks for this scenario.
    pub fn verdict(&self) -> Option<Verdict> {
        self.judged.values().flatten().map(|j| j.verdict).max()
    }

    /// How many copies survive for certain.
    pub fn left(&self) -> usize {
        self.copies
            .iter()
            .filter(|c| c.survival == Survival::Survives)
            .count()
    }

    /// The worst verdict on everything but rehearsals.
    pub fn unrehearsed(&self) -> Option<Verdict> {
        self.judged
            .values()
            .flatten()
            .filter(|j| j.asks != "drill" && j.asks != "rto")
            .map(|j| j.verdict)
            .max()
    }
}

/// Everything about one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Asset {
    /// The resource.
    pub address: Address,
    /// Why nothing could be said of it, when it could not be read.
    pub unreadable: Option<Unreadable>,
    /// Every way in which its data exists.
    pub copies: Vec<Copy>,
    /// One for each scenario.
    pub cells: Vec<Cell>,
    /// The copies rule of each objective, by its name.
    pub rules: BTreeMap<String, Vec<Judged>>,
    /// The smallest set of identities that destroys every copy.
    pub destroying: Destroying,
}

/// What `backstay prove` has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Proof {
    /// Of this form.
    pub version: u32,
    /// When everything was read, RFC 3339.
    pub read_at: String,
    /// The disasters, in the order of the columns.
    pub scenarios: Vec<Column>,
    /// By address.
    pub assets: Vec<Asset>,
    /// What each backup writer can and cannot do, by address.
    pub writers: Vec<writer::Writer>,
    /// Assets that hold data and that no objective protects.
    pub unprotected: Vec<Address>,
    /// Of the asset and the disaster that were asked about, why each copy is left or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derivation: Option<Derivation>,
}

impl Proof {
    /// Every verdict with what it is about.
    pub fn judged(&self) -> impl Iterator<Item = (&Asset, Option<&Cell>, &str, &Judged)> {
        self.assets.iter().flat_map(|asset| {
            let cells = asset.cells.iter().flat_map(move |cell| {
                cell.judged.iter().flat_map(move |(objective, all)| {
                    all.iter()
                        .map(move |j| (asset, Some(cell), objective.as_str(), j))
                })
            });
            let rules = asset.rules.iter().flat_map(move |(objective, all)| {
                all.iter().map(move |j| (asset, None, objective.as_str(), j))
            });
            cells.chain(rules)
        })
    }

    /// Whether nothing of it is unknown.
    pub fn knows_everything(&self) -> bool {
        self.judged().all(|(_, _, _, j)| j.verdict != Verdict::Unknown)
            && self.assets.iter().all(|a| a.unreadable.is_none())
            && self
                .writers
                .iter()
                .flat_map(|w| &w.lines)
                .all(|l| l.verdict != Verdict::Unknown)
    }

    /// The worst verdict of all.
    pub fn verdict(&self) -> Option<Verdict> {
        let unread = self
            .assets
            .iter()
            .any(|a| a.unreadable.is_some())
            .then_some(Verdict::Unknown);
        let writers = self.writers.iter().flat_map(|w| &w.lines).map(|l| l.verdict);
        self.judged()
            .map(|(_, _, _, j)| j.verdict)
            .chain(writers)
            .chain(unread)
            .max()
    }
}
