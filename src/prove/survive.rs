//! One copy against one disaster.

use super::attack::Attack;
use super::copy::{Copy, Encryption, Mechanism, Reach};
use crate::model::objective::{Extent, Scenario};
use crate::model::{Duration, Observed};
use serde::Serialize;

/// Whether a copy is there and usable afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "survival", content = "why")]
pub enum Survival {
    /// By everything that was read.
    Survives,
    /// Only when this is so.
    Conditional(String),
    /// It could not be read, so nobody can say.
    Unknown(String),
    /// No.
    Lost(String),
}

impl Survival {
    fn rank(&self) -> u8 {
        match self {
            Self::Survives => 0,
            Self::Conditional(_) => 1,
            Self::Unknown(_) => 2,
            Self::Lost(_) => 3,
        }
    }

    /// Both have to be outlived.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Conditional(a), Self::Conditional(b)) if a != b => Self::Conditional(format!("{a}; {b}")),
            (a, b) if a.rank() >= b.rank() => a,
            (_, b) => b,
        }
    }

    /// Why not for certain.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Survives => None,
            Self::Conditional(why) | Self::Unknown(why) | Self::Lost(why) => Some(why),
        }
    }
}

/// Judges a copy. `live` is the asset as it serves. The damage is `age` old when it is noticed.
pub(super) fn judge(
    copy: &Copy,
    live: &Copy,
    scenario: &Scenario,
    age: Duration,
    attack: &Attack,
) -> Survival {
    if let Some(why) = &copy.unusable {
        return Survival::Lost(why.clone());
    }
    let mut survival = of_extent(copy, live, scenario.destroys, age);
    if let Some(why) = &copy.unknown {
        survival = survival.and(Survival::Unknown(why.clone()));
    }
    if let Some(partial) = &copy.partial {
        survival = survival.and(Survival::Conditional(format!("it holds {partial}")));
    }
    // What is lost already, nobody can destroy.
    if scenario.has_attacker() && !matches!(survival, Survival::Lost(_)) {
        survival = survival.and(attacked(copy, live, scenario, age, attack));
        survival = survival.and(outlasted(copy, age)).and(readable(copy, live));
    }
    survival
}

/// How far one can go back in a surviving copy, counted from when the damage is noticed. An attacker leaves of what is locked
/// what was written since the lock that ends that day began, and of the rest nothing that may be deleted.
pub(super) fn reach(copy: &Copy, live: &Copy, scenario: &Scenario, attack: &Attack) -> Option<Reach> {
    let reach = copy.history.present()?.reach;
    let (Some(free), Some(locked)) = (copy.unlocked(), locked(copy)) else {
        return Some(reach);
    };
    if !scenario.has_attacker() || attack.on(&free, live, scenario) == Survival::Survives {
        return Some(reach);
    }
    Some(reach.min(Reach::For(locked)))
}

/// How old a state may be of which every part is locked for certain; `None` where there is none of which that is known.
fn locked(copy: &Copy) -> Option<Duration> {
    let days = Duration::from_days(copy.lock.present()?.days);
    let written = written_before(copy)?;
    Some(Duration::from_secs(
        days.as_secs().saturating_sub(written.as_secs()),
    ))
}

/// How long before a moment the last of what was current then may have been written: the time between two dumps, or how long
/// rules leave an object. `None` where some may stay for ever.
fn written_before(copy: &Copy) -> Option<Duration> {
    match copy.mechanism {
        Mechanism::LogicalDump => copy.history.present().map(|history| history.spacing),
        _ => copy.lock.present()?.contents_days.map(Duration::from_days),
    }
}

/// Whoever may write or delete makes old versions of the dumps that are there, and rules delete those, unless a lock keeps
/// them until somebody notices.
fn outlasted(copy: &Copy, age: Duration) -> Survival {
    let (Mechanism::LogicalDump, Some(days)) = (copy.mechanism, copy.replaced_days) else {
        return Survival::Survives;
    };
    let locked = copy.lock.present().is_some_and(|lock| {
        let spacing = copy.history.present().map_or(0, |h| h.spacing.as_secs());
        Duration::from_days(lock.days).as_secs() >= age.as_secs().saturating_add(spacing)
    });
    match locked || Duration::from_days(days) >= age {
        true => Survival::Survives,
        false => Survival::Conditional(format!(
            "nobody among them may overwrite or delete dumps: rules delete for good what was replaced {days} days ago, and \
             the damage is noticed after {age}"
        )),
    }
}

/// What belongs to the attacked account is read by its leave alone.
fn readable(copy: &Copy, live: &Copy) -> Survival {
    match &copy.owner {
        Observed::Absent => Survival::Survives,
        Observed::Present(owner) if live.domain.account.as_ref() == Some(owner) => Survival::Conditional(
            format!("{owner}, which owns the copies, still lets somebody read them (no owner override)"),
        ),
        Observed::Present(_) => Survival::Survives,
        Observed::Unreadable(why) => {
            Survival::Unknown(format!("whose the copies are is not known: {}", why.why))
        }
    }
}

/// What an attacker leaves, who knows when locks end. What is written anew again and again survives by its newest point from
/// before the damage; of what may stay for ever nobody has read how old it is.
fn attacked(copy: &Copy, live: &Copy, scenario: &Scenario, age: Duration, attack: &Attack) -> Survival {
    let held = || attack.on(copy, live, scenario);
    match Met::new(copy, age) {
        Met::Held => held(),
        Met::Freed(freed) => attack.on(&freed, live, scenario),
        Met::Both(freed) => held().and(match attack.on(&freed, live, scenario) {
            Survival::Lost(_) => {
                let days = copy.lock.present().map_or(0, |lock| lock.days);
                Survival::Conditional(format!(
                    "all of it was written in the last {days} days, while its lock lasts"
                ))
            }
            other => other,
        }),
    }
}

/// What of a copy an attacker meets: itself, under its lock if it has one, or what has outlasted the lock.
enum Met {
    Held,
    Freed(Copy),
    Both(Copy),
}

impl Met {
    /// When the damage is so old.
    fn new(copy: &Copy, age: Duration) -> Self {
        let (Some(free), Some(lock)) = (copy.unlocked(), copy.lock.present()) else {
            return Self::Held;
        };
        if copy.mechanism == Mechanism::LogicalDump && copy.history.present().is_none() {
            return Self::Held;
        }
        match written_before(copy) {
            // So old may be what was current before the damage.
            Some(written) => {
                let oldest = age.as_secs().saturating_add(written.as_secs());
                let ended = Duration::from_days(lock.days).as_secs() < oldest;
                if ended { Self::Freed(free) } else { Self::Held }
            }
            None => Self::Both(free),
        }
    }
}

/// The states of a copy that its fate is judged by when the scenario's attacker acts. None where there is no attacker, or what
/// the disaster leaves of it without one is nothing.
pub(super) fn attacked_as(copy: &Copy, live: &Copy, scenario: &Scenario) -> Vec<Copy> {
    let age = scenario.noticed_after;
    let gone = || matches!(of_extent(copy, live, scenario.destroys, age), Survival::Lost(_));
    if !scenario.has_attacker() || copy.unusable.is_some() || gone() {
        return Vec::new();
    }
    match Met::new(copy, age) {
        Met::Held => vec![copy.clone()],
        Met::Freed(freed) => vec![freed],
        Met::Both(freed) => vec![copy.clone(), freed],
    }
}

/// Why a copy outlives what the disaster destroys, attackers apart; `None` when it does not for certain.
pub(super) fn outlives(copy: &Copy, live: &Copy, scenario: &Scenario) -> Option<String> {
    let age = scenario.noticed_after;
    if copy.unusable.is_some() || of_extent(copy, live, scenario.destroys, age) != Survival::Survives {
        return None;
    }
    let goes_back = || match copy.history.present().map(|history| history.reach) {
        Some(Reach::For(reach)) => format!("it goes back {reach}"),
        Some(Reach::Unlimited) => "it goes back without end".to_owned(),
        None => "it keeps no older state".to_owned(),
    };
    let region = |of: &Copy| {
        of.domain
            .region
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    };
    Some(match scenario.destroys {
        Extent::Data => format!(
            "{}, and the damage was done {age} before it is noticed",
            goes_back()
        ),
        Extent::Store => format!("deleting the store leaves it: {}", goes_back()),
        Extent::Zone => "it lies in more than one zone, and one is lost".to_owned(),
        Extent::Region => {
            let key = match &copy.encryption {
                Observed::Present(Encryption::Key(key)) => key.region(),
                _ => None,
            };
            let key = key.map_or_else(String::new, |key| format!(", its key in {key}"));
            format!("{} is lost, and it lies in {}{key}", region(live), region(copy))
        }
        Extent::Cloud => return None,
    })
}

fn of_extent(copy: &Copy, live: &Copy, extent: Extent, age: Duration) -> Survival {
    match extent {
        Extent::Data => of_data(copy, age),
        Extent::Store => of_store(copy).and(still_kept(copy, age)),
        Extent::Zone => match copy.domain.zonal {
            Some(true) => Survival::Lost("it lies in one zone".into()),
            Some(false) => Survival::Survives,
            None => Survival::Unknown("whether it lies in more than one zone is not known".into()),
        },
        Extent::Region => of_region(copy, live),
        Extent::Cloud => Survival::Lost("it lies at the same provider".into()),
    }
}

fn of_data(copy: &Copy, age: Duration) -> Survival {
    match &copy.history {
        Observed::Absent if copy.mechanism == Mechanism::Live => {
            Survival::Lost("it is what was damaged".into())
        }
        Observed::Absent => Survival::Lost("it follows the data, and keeps no older state".into()),
        Observed::Unreadable(why) => {
            Survival::Unknown(format!("how far back it goes is not known: {}", why.why))
        }
        Observed::Present(history) if history.reach.covers(age) => Survival::Survives,
        Observed::Present(_) => {
            let day = copy.growing.as_ref().and_then(|growing| growing.day(age));
            let will = day.map_or_else(String::new, |day| format!(" (it will on {day})"));
            Survival::Lost(format!(
                "it does not go back {age}, when the damage was done{will}"
            ))
        }
    }
}

fn of_store(copy: &Copy) -> Survival {
    match (copy.mechanism, &copy.bound) {
        (Mechanism::Live | Mechanism::Standby, _) => Survival::Lost("it is what was deleted".into()),
        (_, Some(why)) => Survival::Conditional(why.clone()),
        // A bucket that holds versions cannot be deleted, and an ordinary delete removes none.
        (Mechanism::Versions, None) => match &copy.history {
            Observed::Absent => Survival::Lost("no version is kept, so a delete destroys".into()),
            Observed::Unreadable(why) => Survival::Unknown(why.why.clone()),
            Observed::Present(_) => Survival::Survives,
        },
        (_, None) => Survival::Survives,
    }
}

/// What goes back less far than the store has been gone has nothing of it left.
fn still_kept(copy: &Copy, age: Duration) -> Survival {
    match &copy.history {
        // How far dumps go back is measured; the newest may stay for longer, when nothing takes its place.
        Observed::Present(history)
            if copy.mechanism == Mechanism::LogicalDump && !history.reach.covers(age) =>
        {
            Survival::Conditional(format!("no rule deletes its newest for {age}"))
        }
        Observed::Present(history) if !history.reach.covers(age) => Survival::Lost(format!(
            "it keeps nothing longer than {}, and the store has been gone for {age}",
            reached(history.reach)
        )),
        _ => Survival::Survives,
    }
}

fn reached(reach: Reach) -> String {
    match reach {
        Reach::For(reach) => reach.to_string(),
        Reach::Unlimited => "ever".to_owned(),
    }
}

fn of_region(copy: &Copy, live: &Copy) -> Survival {
    let here = match (&copy.domain.region, &live.domain.region) {
        (Some(copy), Some(live)) if copy == live => {
            Survival::Lost(format!("it lies in the region that is lost ({live})"))
        }
        (Some(_), Some(_)) => Survival::Survives,
        _ => Survival::Unknown("in which region it lies is not known".into()),
    };
    let key = match &copy.encryption {
        Observed::Unreadable(why) => Survival::Unknown(format!("its key is not known: {}", why.why)),
        _ => Survival::Survives,
    };
    let keys = copy.keys().map(|key| match (key.region(), &live.domain.region) {
        (Some(key), Some(live)) if key == *live => {
            Survival::Lost(format!("its key lies in the region that is lost ({live})"))
        }
        (None, _) => Survival::Unknown("in which region its key lies is not known".into()),
        _ => Survival::Survives,
    });
    keys.fold(here.and(key), Survival::and)
}
