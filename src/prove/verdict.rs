//! From what survives to what that means for an objective.

use super::copy::{Copy, Grade, Mechanism, Reach};
use super::survive::Survival;
use crate::model::objective::{Bound, CopiesRule, Objective, Scenario};
use crate::model::{Arn, Duration, Observed, Unreadable};
use serde::Serialize;
use std::collections::BTreeSet;

/// What can be said of an objective. Never merged into a yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes, by what was read.
    Holds,
    /// It may, but no rehearsal inside its cadence shows it.
    Unproven,
    /// Something could not be read.
    Unknown,
    /// Nothing that backstay knows of can meet it.
    CannotBeMet,
    /// No.
    Fails,
}

/// One thing that an objective asks for, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Judged {
    /// `survival`, `rpo`, `reach`, `rto`, `drill`, `copies.regions`, ….
    pub asks: String,
    /// What can be said.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
}

impl Judged {
    fn new(asks: &str, verdict: Verdict, why: impl Into<String>) -> Self {
        Self {
            asks: asks.into(),
            verdict,
            why: why.into(),
        }
    }
}

/// How much is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "loss", content = "time")]
pub enum Loss {
    /// At most so much, by what the service promises or the schedule gives.
    AtMost(Duration),
    /// So much when it was read; nobody promises it.
    Measured(Duration),
    /// So much when it was read, and more from day to day: nothing new is copied.
    Growing(Duration),
    /// Nobody promises anything, and nothing was measured.
    Unbounded,
    /// Everything: no copy is left.
    Everything,
}

impl Loss {
    fn rank(self) -> (u8, u64) {
        match self {
            Loss::AtMost(time) => (0, time.as_secs()),
            Loss::Measured(time) => (1, time.as_secs()),
            Loss::Growing(time) => (2, time.as_secs()),
            Loss::Unbounded => (3, 0),
            Loss::Everything => (4, 0),
        }
    }
}

/// How much is lost when this copy is what is left, and the damage is `age` old.
pub(super) fn loss(copy: &Copy, scenario: &Scenario, age: Duration) -> Loss {
    let since = |behind: Duration| {
        if !scenario.is_logical() {
            return behind;
        }
        // What was written before the damage is lost only as far as the copy lagged behind it then,
        // or as no point lies close before it. By the time it is noticed the copy has caught up, unless somebody saw to it
        // that nothing more arrives: an attacker who destroys the source destroys what was on its way.
        let caught_up = if scenario.has_attacker() { 0 } else { age.as_secs() };
        let behind = Duration::from_secs(behind.as_secs().saturating_sub(caught_up));
        let spacing = copy
            .history
            .present()
            .map_or(Duration::from_secs(0), |h| h.spacing_at(age));
        behind.max(spacing)
    };
    match (copy.staleness.promised, copy.staleness.measured) {
        (Some(promised), _) => Loss::AtMost(since(promised)),
        (None, Some(measured)) if copy.ended.is_some() => Loss::Growing(since(measured)),
        (None, Some(measured)) => Loss::Measured(since(measured)),
        (None, None) => Loss::Unbounded,
    }
}

/// The least loss among what is left.
pub(super) fn least(losses: impl Iterator<Item = Loss>) -> Loss {
    losses.min_by_key(|l| l.rank()).unwrap_or(Loss::Everything)
}

/// What is left after a disaster, as far as verdicts need it.
pub(super) struct Left<'a> {
    /// Copies with what becomes of them.
    pub cells: &'a [(&'a Copy, Survival)],
    /// The least loss.
    pub loss: Loss,
    /// The farthest reach.
    pub reach: Option<Reach>,
}

/// Everything that an objective asks for in a scenario.
pub(super) fn of_scenario(objective: &Objective, scenario: &Scenario, left: &Left<'_>) -> Vec<Judged> {
    let mut all = vec![survival(left)];
    if all.iter().all(|j| j.verdict == Verdict::Holds) {
        all.extend(objective.rpo.map(|bound| rpo(bound, scenario, left)));
        all.extend(objective.reach.map(|wanted| reach(wanted, left)));
    }
    if let Some(bound) = objective.rto.filter(|b| b.limit().is_some()) {
        all.push(Judged::new(
            "rto",
            Verdict::Unproven,
            format!("serving again within {bound} can only be measured, and no drill has"),
        ));
    }
    if let Some(cadence) = objective.tested_every {
        all.push(Judged::new(
            "drill",
            Verdict::Unproven,
            format!("no restore was rehearsed in the last {cadence}"),
        ));
    }
    all
}

fn survival(left: &Left<'_>) -> Judged {
    let find = |rank: fn(&Survival) -> bool| left.cells.iter().find(|(_, s)| rank(s));
    if let Some((copy, _)) = find(|s| matches!(s, Survival::Survives)) {
        return Judged::new(
            "survival",
            Verdict::Holds,
            format!("{} is left", copy.mechanism.as_str()),
        );
    }
    if let Some((copy, state)) = find(|s| matches!(s, Survival::Unknown(_))) {
        return Judged::new(
            "survival",
            Verdict::Unknown,
            format!("{}: {}", copy.mechanism.as_str(), state.why().unwrap_or_default()),
        );
    }
    match find(|s| matches!(s, Survival::Conditional(_))) {
        Some((copy, state)) => Judged::new(
            "survival",
            Verdict::Fails,
            format!(
                "what is left depends: {}: {}",
                copy.mechanism.as_str(),
                state.why().unwrap_or_default()
            ),
        ),
        None => Judged::new("survival", Verdict::Fails, "no copy is left"),
    }
}

fn rpo(bound: Bound, scenario: &Scenario, left: &Left<'_>) -> Judged {
    let limit = match bound {
        Bound::NotApplicable => return Judged::new("rpo", Verdict::Holds, "nothing is asked"),
        Bound::Provider => {
            return Judged::new("rpo", Verdict::Holds, "whatever the provider gives is accepted");
        }
        Bound::PointInTime => return any_moment(left),
        Bound::AtMost(_) | Bound::Below(_) => bound,
    };
    let after = if scenario.is_logical() {
        format!(
            "; what was written in the {} until it was noticed has to be replayed",
            scenario.noticed_after
        )
    } else {
        String::new()
    };
    match left.loss {
        Loss::AtMost(worst) if limit.admits(worst) == Some(true) => {
            Judged::new("rpo", Verdict::Holds, format!("at most {worst} is lost{after}"))
        }
        Loss::AtMost(worst) => Judged::new(
            "rpo",
            Verdict::Fails,
            format!("up to {worst} is lost, {limit} is allowed"),
        ),
        Loss::Measured(now) if limit.admits(now) == Some(true) => Judged::new(
            "rpo",
            Verdict::Unproven,
            format!("{now} would be lost now, which keeps {limit}, but nobody promises that it stays so"),
        ),
        Loss::Measured(now) => Judged::new(
            "rpo",
            Verdict::Fails,
            format!("{now} would be lost now, {limit} is allowed"),
        ),
        Loss::Growing(now) => Judged::new(
            "rpo",
            Verdict::Fails,
            format!(
                "{now} would be lost now, and more from day to day, as nothing new is copied; {limit} is allowed"
            ),
        ),
        Loss::Unbounded => Judged::new(
            "rpo",
            Verdict::Unknown,
            "nobody promises how far the copy is behind, and nothing measured it",
        ),
        Loss::Everything => Judged::new("rpo", Verdict::Fails, "everything is lost"),
    }
}

fn any_moment(left: &Left<'_>) -> Judged {
    let continuous = left.cells.iter().any(|(copy, survival)| {
        *survival == Survival::Survives
            && copy
                .history
                .present()
                .is_some_and(|h| h.spacing == Duration::from_secs(0) && h.sparser.is_empty())
    });
    if continuous {
        Judged::new("rpo", Verdict::Holds, "any moment in reach can be had back")
    } else {
        Judged::new(
            "rpo",
            Verdict::Fails,
            "what is left does not go back to any moment",
        )
    }
}

/// Whether something that is left goes back so far. What may and could not be read turns a failure into not knowing.
fn reach(wanted: Duration, left: &Left<'_>) -> Judged {
    let may = |(copy, survival): &&(&Copy, Survival)| match (survival, &copy.history) {
        (Survival::Survives, history) => matches!(history, Observed::Unreadable(_)),
        (Survival::Unknown(_), Observed::Present(history)) => history.reach.covers(wanted),
        (Survival::Unknown(_), history) => matches!(history, Observed::Unreadable(_)),
        (Survival::Conditional(_) | Survival::Lost(_), _) => false,
    };
    let reached = left.reach.is_some_and(|reach| reach.covers(wanted));
    if let Some((copy, _)) = left.cells.iter().find(may).filter(|_| !reached) {
        let why = format!("how far {} goes back is not known", copy.mechanism.as_str());
        return Judged::new("reach", Verdict::Unknown, why);
    }
    match left.reach {
        Some(reach) if reach.covers(wanted) => {
            Judged::new("reach", Verdict::Holds, format!("it goes back {wanted} and more"))
        }
        Some(Reach::For(reach)) => Judged::new(
            "reach",
            Verdict::Fails,
            format!(
                "it goes back {reach}, {wanted} is asked for{}",
                will(wanted, left)
            ),
        ),
        Some(Reach::Unlimited) => Judged::new("reach", Verdict::Holds, "nothing ends it"),
        None => Judged::new("reach", Verdict::Fails, "nothing that is left goes back"),
    }
}

/// When a history that is too young will go back far enough, if it will.
fn will(wanted: Duration, left: &Left<'_>) -> String {
    let survive = left.cells.iter().filter(|(_, s)| *s == Survival::Survives);
    let days = survive.filter_map(|(copy, _)| copy.growing.as_ref()?.day(wanted));
    days.min().map_or_else(String::new, |day| {
        format!("; its retention is younger than that, and will reach so far on {day}")
    })
}

/// Whether nobody can shorten or delete it for now, nor make it unreadable from the account of what it is a copy of: the test
/// of 3-2-1-1-0's fourth number.
fn is_immutable(copy: &Copy, counted: &Counted<'_>) -> Observed<bool> {
    use crate::model::fact::LockMode;
    match &copy.lock {
        Observed::Present(lock) if lock.mode == LockMode::Compliance && lock.days > 0 => {}
        Observed::Present(_) | Observed::Absent => return Observed::Present(false),
        Observed::Unreadable(why) => return Observed::Unreadable(why.clone()),
    }
    let ended: Vec<Observed<bool>> = copy.keys().map(counted.ends).collect();
    if ended.contains(&Observed::Present(true)) {
        return Observed::Present(false);
    }
    let unknown = ended.into_iter().find(|end| *end != Observed::Present(false));
    match (unknown, &copy.encryption) {
        (Some(unknown), _) => unknown,
        (None, Observed::Unreadable(why)) => Observed::Unreadable(why.clone()),
        (None, _) => Observed::Present(true),
    }
}

/// What the copies rule counts.
pub(super) struct Counted<'a> {
    /// Every way in which the data exists.
    pub copies: &'a [Copy],
    /// Why none is known, where that is so.
    pub unread: Option<&'a Unreadable>,
    /// Whether the account of what they are copies of can make a key unusable.
    pub ends: &'a dyn Fn(&Arn) -> Observed<bool>,
}

/// The copies rule. What is not known counts for nothing, and turns a failure into not knowing.
pub(super) fn of_copies(rule: &CopiesRule, counted: &Counted<'_>) -> Vec<Judged> {
    let judged = known(rule, counted);
    let Some(why) = counted.unread else {
        return judged;
    };
    let fails = |judged: Judged| match judged.verdict {
        Verdict::Fails => Judged::new(
            &judged.asks,
            Verdict::Unknown,
            format!("it could not be read: {}", why.said()),
        ),
        _ => judged,
    };
    judged.into_iter().map(fails).collect()
}

/// The same of the copies that are known.
fn known(rule: &CopiesRule, counted: &Counted<'_>) -> Vec<Judged> {
    let copies = counted.copies;
    // Nothing can be restored from what is unusable, not all from a part, and nothing of today from what has stopped being
    // made: that is no copy.
    let usable = || {
        let all = copies.iter();
        all.filter(|c| c.unusable.is_none() && c.partial.is_none())
            .filter(|c| c.ended.is_none() && c.staleness.stopped().is_none())
    };
    // A standby and old versions lie with the data itself: they are no further copy.
    let kept: Vec<&Copy> = usable()
        .filter(|c| !matches!(c.mechanism, Mechanism::Standby | Mechanism::Versions))
        .collect();
    let is_unknown = |c: &&&Copy| c.grade == Grade::Unknown || c.unknown.is_some();
    let unknown = kept.iter().filter(is_unknown).count();
    // Where something lies does not matter while nobody knows whether there is anything.
    let distinct = |f: &dyn Fn(&Copy) -> Option<String>| -> (usize, usize) {
        let known = |c: &&Copy| f(c).filter(|_| c.unknown.is_none());
        let all: BTreeSet<String> = kept.iter().filter_map(known).collect();
        (all.len(), kept.iter().filter(|c| known(c).is_none()).count())
    };
    let (regions, regions_unknown) = distinct(&|c| c.domain.region.as_ref().map(ToString::to_string));
    let (accounts, accounts_unknown) = distinct(&|c| c.domain.account.as_ref().map(ToString::to_string));
    let (mechanisms, mechanisms_unknown) = distinct(&|c| Some(c.mechanism.as_str().to_owned()));
    let (known, hidden): (Vec<&Copy>, Vec<&Copy>) = usable().partition(|c| c.unknown.is_none());
    let locked = known
        .iter()
        .filter(|c| is_immutable(c, counted) == Observed::Present(true))
        .count();
    let perhaps_locked = known
        .iter()
        .filter(|c| matches!(is_immutable(c, counted), Observed::Unreadable(_)))
        .count()
        + hidden.len();
    let count = |asks: &str, wanted: u32, have: usize, unknown: usize| -> Option<Judged> {
        if wanted == 0 {
            return None;
        }
        let need = usize::try_from(wanted).unwrap_or(usize::MAX);
        let verdict = if have >= need {
            Verdict::Holds
        } else if have.saturating_add(unknown) >= need {
            Verdict::Unknown
        } else {
            Verdict::Fails
        };
        let mut why = format!("{have}, at least {need} wanted");
        if unknown > 0 && verdict == Verdict::Unknown {
            why.push_str(&format!(", and {unknown} that could not be read"));
        }
        Some(Judged::new(&format!("copies.{asks}"), verdict, why))
    };
    let clouds = (rule.clouds > 1).then(|| {
        Judged::new(
            "copies.clouds",
            Verdict::CannotBeMet,
            format!(
                "1, at least {} wanted: every copy that backstay can see lies at one provider",
                rule.clouds
            ),
        )
    });
    let tested = (rule.tested > 0).then(|| {
        Judged::new(
            "copies.tested",
            Verdict::Unproven,
            format!("0, at least {} wanted: no drill has restored a copy", rule.tested),
        )
    });
    [
        count("total", rule.total, kept.len().saturating_sub(unknown), unknown),
        count("mechanisms", rule.mechanisms, mechanisms, mechanisms_unknown),
        count("regions", rule.regions, regions, regions_unknown),
        count("accounts", rule.accounts, accounts, accounts_unknown),
        clouds,
        count("immutable", rule.immutable, locked, perhaps_locked),
        tested,
    ]
    .into_iter()
    .flatten()
    .collect()
}
