//! What a copy is: where it lies, what it follows, how far back it goes, who may touch it.

use crate::model::fact::LockMode;
use crate::model::{AccountId, Address, Arn, Duration, Observed, Region};
use serde::Serialize;
use std::collections::BTreeSet;

/// How a copy is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// The data itself, as it serves.
    Live,
    /// A standby that takes over, written at the same time.
    Standby,
    /// Continuous backups from which any moment can be restored.
    PointInTime,
    /// Continuous backups in another region.
    BackupReplica,
    /// Old versions of objects in the bucket itself.
    Versions,
    /// Objects copied to another bucket.
    ObjectReplica,
    /// Recovery points in a vault.
    RecoveryPoints,
    /// Dumps of its contents, as objects in a bucket.
    LogicalDump,
}

impl Mechanism {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live data",
            Self::Standby => "standby",
            Self::PointInTime => "point-in-time backups",
            Self::BackupReplica => "backups in another region",
            Self::Versions => "old versions",
            Self::ObjectReplica => "replica bucket",
            Self::RecoveryPoints => "vault",
            Self::LogicalDump => "logical dump",
        }
    }
}

/// How far back one can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// So long.
    For(Duration),
    /// As far as there ever was anything.
    Unlimited,
}

impl Reach {
    /// Whether it goes back so far.
    pub fn covers(self, age: Duration) -> bool {
        match self {
            Reach::For(reach) => reach >= age,
            Reach::Unlimited => true,
        }
    }
}

/// Points in the past that a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct History {
    /// How far back.
    pub reach: Reach,
    /// The longest gap between two points; zero when any moment can be had.
    pub spacing: Duration,
    /// Where they lie farther apart, by age.
    pub sparser: Vec<Sparser>,
}

/// Older points of which fewer are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Sparser {
    /// What is older than this.
    pub beyond: Duration,
    /// The longest gap between two of these.
    pub spacing: Duration,
}

impl History {
    /// Points that lie equally far apart, however old.
    pub(super) fn even(reach: Reach, spacing: Duration) -> Self {
        Self {
            reach,
            spacing,
            sparser: Vec::new(),
        }
    }

    /// The longest gap between two points around a moment so long ago.
    pub fn spacing_at(&self, age: Duration) -> Duration {
        let older = self.sparser.iter().filter(|s| s.beyond < age);
        older.map(|s| s.spacing).fold(self.spacing, Duration::max)
    }

    /// The same, as far as so far back.
    pub(super) fn within(self, reach: Reach) -> Self {
        Self {
            reach: self.reach.min(reach),
            ..self
        }
    }
}

/// A history that does not yet go back as far as it will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Growing {
    /// How far back it will go.
    pub to: Duration,
    /// What it goes back to, RFC 3339, until it goes back so far.
    pub since: String,
}

impl Growing {
    /// The day on which it goes back so far; `None` when it never will.
    pub fn day(&self, wanted: Duration) -> Option<String> {
        let since: jiff::Timestamp = self.since.parse().ok()?;
        let seconds = i64::try_from(wanted.as_secs())
            .ok()
            .filter(|_| wanted <= self.to)?;
        let then = since.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?;
        Some(then.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
    }
}

/// How far a copy may be behind the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Staleness {
    /// At most so far, by the service's documentation or the schedule; `None` when nobody promises anything.
    pub promised: Option<Duration>,
    /// So far, when it was read.
    pub measured: Option<Duration>,
    /// At most so far, as long as it is made when it should be; told of what is late, too.
    pub expected: Option<Duration>,
}

impl Staleness {
    /// Nobody promises anything, and nothing was measured.
    pub(super) const UNKNOWN: Self = Self {
        promised: None,
        measured: None,
        expected: None,
    };

    /// How late the newest is, where that is so late that one should have been made at least twice since: it has stopped.
    pub fn stopped(&self) -> Option<Duration> {
        let (measured, expected) = (self.measured?, self.expected?);
        (measured.as_secs() > expected.as_secs().saturating_mul(2)).then_some(measured)
    }
}

/// What a copy's contents are encrypted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// A key of the service's own, or none: nothing that a customer could lose.
    Service,
    /// A key that somebody manages.
    Key(Arn),
}

/// Where something lies. `None` is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Domain {
    /// Whose it is.
    pub account: Option<AccountId>,
    /// In which region.
    pub region: Option<Region>,
    /// Whether it lies in one zone only.
    pub zonal: Option<bool>,
}

/// Protection that whoever would delete must get around first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Lock {
    /// Who can take it back.
    pub mode: LockMode,
    /// How long from writing.
    pub days: u32,
    /// Days after which what is current is deleted by rules; absent where it may stay for ever, and so outlive its lock.
    pub contents_days: Option<u32>,
}

/// What has been shown of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// It is not known what is there.
    Unknown,
    /// The settings say so.
    Configured,
    /// A fresh point has been seen.
    Evidenced,
    /// A drill has restored it.
    Proven,
}

/// How somebody may destroy a copy: which resource's permissions decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "store")]
pub enum Holder {
    /// Objects in a bucket.
    Bucket {
        /// The bucket.
        arn: Arn,
        /// Whether an overwrite destroys, since no versions are kept.
        overwritable: bool,
    },
    /// A database.
    Database {
        /// The database.
        arn: Arn,
    },
    /// A database's continuous backups; they go with its settings.
    Backups {
        /// The database.
        database: Arn,
        /// In the region where these lie.
        region: Region,
    },
    /// Recovery points in a vault.
    Vault {
        /// The vault.
        arn: Arn,
        /// Whether it has a lock that whoever may delete its configuration can end.
        unlockable: bool,
    },
}

impl Holder {
    /// What permissions are about.
    pub fn arn(&self) -> &Arn {
        match self {
            Holder::Bucket { arn, .. } | Holder::Database { arn } | Holder::Vault { arn, .. } => arn,
            Holder::Backups { database, .. } => database,
        }
    }
}

/// One fact that something rests on, for `--explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Ground {
    /// What was seen.
    pub says: String,
    /// Where: the resource that was asked.
    pub source: String,
    /// When, RFC 3339.
    pub read_at: String,
}

/// One copy of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Copy {
    /// `rds_instance.app/point_in_time`; unique in a proof.
    pub id: String,
    /// Of what.
    pub asset: Address,
    /// How it is kept.
    pub mechanism: Mechanism,
    /// Where it lies.
    pub domain: Domain,
    /// What it is encrypted with.
    pub encryption: Observed<Encryption>,
    /// Keys besides that one which some of its objects are under.
    pub other_keys: BTreeSet<Arn>,
    /// Points in the past; absent when only the newest state is there.
    pub history: Observed<History>,
    /// How far it may be behind.
    pub staleness: Staleness,
    /// Write-once protection.
    pub lock: Observed<Lock>,
    /// Whose permissions decide.
    pub holder: Holder,
    /// Why it does not outlive an ordinary deletion of the store for certain, when it does not.
    pub bound: Option<String>,
    /// Why nothing can be restored from it today, disaster or not, when that is so.
    pub unusable: Option<String>,
    /// Why nobody can say whether anything can be restored from it, when that is so.
    pub unknown: Option<String>,
    /// Why it holds only a part, when it does.
    pub partial: Option<String>,
    /// Why nothing newer comes into it, where that is certain.
    pub ended: Option<String>,
    /// How far back it will go, where it is too young to go back so far.
    pub growing: Option<Growing>,
    /// Days after which rules delete what was replaced or deleted; absent where they leave it.
    pub replaced_days: Option<u32>,
    /// Who else has to let it be read: the account that owns what lies in another's bucket.
    pub owner: Observed<AccountId>,
    /// The bucket that replication makes it from, where that is how it is made.
    #[serde(skip)]
    pub(super) copied_from: Option<Arn>,
    /// In a bucket, what its keys begin with.
    #[serde(skip)]
    pub(super) prefix: String,
    /// What has been shown of it.
    pub grade: Grade,
    /// What all this rests on.
    pub grounds: Vec<Ground>,
}

impl Copy {
    /// Every key that something of it is under, as far as that was read.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Arn> {
        let own = match &self.encryption {
            Observed::Present(Encryption::Key(key)) => Some(key),
            _ => None,
        };
        own.into_iter().chain(&self.other_keys)
    }

    /// What has to be destroyed for nothing to be left: what lies there longest, unless it comes anew while locks last.
    pub(super) fn lasting(&self) -> Copy {
        let renewed = match (self.mechanism, self.lock.present()) {
            (Mechanism::LogicalDump, _) => true,
            (_, Some(lock)) => lock.contents_days.is_some_and(|days| days <= lock.days),
            (_, None) => true,
        };
        let free = if renewed { None } else { self.unlocked() };
        free.unwrap_or_else(|| self.clone())
    }

    /// The same for what has lain there longer than its lock lasts. `None` for what has no lock, and for vaults, whose
    /// locks last as long as each point is kept.
    pub(super) fn unlocked(&self) -> Option<Copy> {
        let ends = self.lock.present().is_some() && self.mechanism != Mechanism::RecoveryPoints;
        ends.then(|| Copy {
            id: format!("{}/unlocked", self.id),
            lock: Observed::Absent,
            ..self.clone()
        })
    }
}
