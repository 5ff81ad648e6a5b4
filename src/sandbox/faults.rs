//! Answers that fail on purpose.

use globset::Glob;
use serde::{Deserialize, Serialize};

use super::request::Call;

/// Which requests fail, and how. Every field that is absent matches everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// The signing name, such as `s3`.
    pub service: Option<String>,
    /// The operation's name; `*` and `?` match as in file names.
    pub operation: Option<String>,
    /// Part of the resource.
    pub resource: Option<String>,
    /// The account of the credentials.
    pub account: Option<String>,
    /// Any of these accounts; all when empty.
    pub accounts: Vec<String>,
    /// Only operations that can change something (`true`) or that cannot (`false`).
    pub write: Option<bool>,
    /// Lets this many matching requests pass first.
    pub after: u32,
    /// Lets this many answered writes of any kind pass first, then matches: what is left of
    /// an estate when a client is cut off in the middle. Only those of `account` or `accounts`, if given.
    pub after_writes: u32,
    /// How often it fails; always when absent.
    pub times: Option<u32>,
    /// How likely it is that a matching request fails, from 0 to 1; certain when absent. Two faults with
    /// the same `seed` strike the same of their matching requests.
    pub chance: Option<f64>,
    /// Where the dice of `chance` start.
    pub seed: u64,
    /// What happens instead of the answer.
    #[serde(rename = "then")]
    pub outcome: Outcome,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An error as AWS writes it; the request is not carried out.
    Error {
        /// HTTP status.
        status: u16,
        /// The wire code, such as `AccessDenied` or `SlowDown`.
        code: String,
    },
    /// The connection is closed without an answer; the request is not carried out.
    Reset,
    /// The request is carried out, and then the connection is closed without an answer.
    ResetAfter,
    /// The answer comes this many milliseconds late.
    Delay(u64),
    /// The connection stays open and no answer ever comes; the request is not carried out.
    Hang,
    /// A read is answered as the same request was answered last, whatever was written since. The first
    /// of its kind is answered truly.
    Stale,
    /// An error with a message of its own; the request is not carried out.
    ErrorSaying {
        /// HTTP status.
        status: u16,
        /// The wire code.
        code: String,
        /// What it says.
        message: String,
    },
    /// The request is carried out, and each `find` in its answer's body is replaced, as the answer is on
    /// the wire: whoever wants a `<` in an XML value writes `&lt;`.
    Rewrite {
        /// What is replaced.
        find: String,
        /// What stands there instead.
        with: String,
    },
}

impl Outcome {
    /// Whether the request reaches the emulator all the same.
    fn carries_out(&self) -> bool {
        match self {
            Self::Delay(_) | Self::ResetAfter | Self::Stale | Self::Rewrite { .. } => true,
            Self::Error { .. } | Self::ErrorSaying { .. } | Self::Reset | Self::Hang => false,
        }
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Error {
            status: 500,
            code: "InternalError".to_owned(),
        }
    }
}

impl Fault {
    /// An error for each request of `service`'s `operation`.
    pub fn error(service: &str, operation: &str, status: u16, code: &str) -> Self {
        Self {
            service: Some(service.to_owned()),
            operation: Some(operation.to_owned()),
            outcome: Outcome::Error {
                status,
                code: code.to_owned(),
            },
            ..Self::default()
        }
    }

    /// Every request fails without an answer once `writes` writes were answered.
    pub fn cut_off_after(writes: u32) -> Self {
        Self {
            after_writes: writes,
            outcome: Outcome::Reset,
            ..Self::default()
        }
    }

    /// `outcome` for each request, so likely.
    pub fn by_chance(outcome: Outcome, chance: f64, seed: u64) -> Self {
        Self {
            outcome,
            chance: Some(chance),
            seed,
            ..Self::default()
        }
    }

    /// Only for resources that contain `part`.
    #[must_use]
    pub fn on(mut self, part: &str) -> Self {
        self.resource = Some(part.to_owned());
        self
    }

    /// Only so often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Whether it is for this account, among others.
    fn concerns(&self, account: &str) -> bool {
        self.account.as_deref().is_none_or(|a| a == account)
            && (self.accounts.is_empty() || self.accounts.iter().any(|a| a == account))
    }

    fn matches(&self, call: &Call) -> bool {
        let same = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|w| w == value);
        same(&self.service, &call.service)
            && self.concerns(&call.account)
            && self.write.is_none_or(|write| write == call.write)
            && self
                .resource
                .as_deref()
                .is_none_or(|part| call.resource.contains(part))
            && self.operation.as_deref().is_none_or(|pattern| {
                // A pattern that isn't one is taken literally.
                Glob::new(pattern).map_or(pattern == call.operation, |g| {
                    g.compile_matcher().is_match(&call.operation)
                })
            })
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(super) struct Faults {
    active: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    passed: u32,
    writes: u32,
    fired: u32,
    dice: Dice,
}

/// SplitMix64: a few lines that give the same numbers everywhere.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// True with this probability.
    fn fall(&mut self, chance: f64) -> bool {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        // The upper half is exact as a floating point number.
        let upper = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
        f64::from(upper) / (f64::from(u32::MAX) + 1.0) < chance
    }
}

impl Faults {
    /// Puts one in force, behind those that are.
    pub(super) fn add(&mut self, fault: Fault) {
        self.active.push(Active {
            dice: Dice(fault.seed),
            fault,
            passed: 0,
            writes: 0,
            fired: 0,
        });
    }

    /// Ends them all.
    pub(super) fn clear(&mut self) {
        self.active.clear();
    }

    /// Ends those that are for one account.
    pub(super) fn clear_of(&mut self, account: &str) {
        self.active.retain(|a| {
            a.fault.account.as_deref() != Some(account) && !a.fault.accounts.iter().any(|a| a == account)
        });
    }

    /// Whether answers have to be kept, so that an old one can be given.
    pub(super) fn remembers(&self) -> bool {
        self.active.iter().any(|a| a.fault.outcome == Outcome::Stale)
    }

    /// What happens to `call`; `None` lets it pass. Counts the call.
    pub(super) fn strike(&mut self, call: &Call) -> Option<Outcome> {
        let struck = self.active.iter_mut().find_map(|active| {
            if active.writes < active.fault.after_writes || !active.fault.matches(call) {
                return None;
            }
            if active.passed < active.fault.after {
                active.passed += 1;
                return None;
            }
            if active.fault.times.is_some_and(|times| active.fired >= times) {
                return None;
            }
            if let Some(chance) = active.fault.chance
                && !active.dice.fall(chance)
            {
                return None;
            }
            active.fired += 1;
            Some(active.fault.outcome.clone())
        });
        let carried_out = struck.as_ref().is_none_or(Outcome::carries_out);
        if call.write && carried_out {
            for active in &mut self.active {
                active.writes += u32::from(active.fault.concerns(&call.account));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::{Params, Protocol};
    use super::*;

    fn call(operation: &str, resource: &str, write: bool) -> Call {
        Call {
            service: "s3".to_owned(),
            operation: operation.to_owned(),
            write,
            access_key: None,
            account: "111111111111".to_owned(),
            region: "us-east-1".to_owned(),
            resource: resource.to_owned(),
            protocol: Protocol::S3,
            params: Params::default(),
        }
    }

    #[test]
    fn matches_operation_pattern_and_resource_and_counts_down() {
        let mut faults = Faults::default();
        faults.add(
            Fault::error("s3", "PutBucket*", 503, "SlowDown")
                .on("logs")
                .times(2),
        );
        assert_eq!(faults.strike(&call("PutBucketPolicy", "data", true)), None);
        assert_eq!(faults.strike(&call("GetBucketPolicy", "logs", false)), None);
        for _ in 0..2 {
            assert!(faults.strike(&call("PutBucketPolicy", "logs", true)).is_some());
        }
        assert_eq!(faults.strike(&call("PutBucketPolicy", "logs", true)), None);
    }

    #[test]
    fn cuts_off_reads_and_writes_after_so_many_writes() {
        let mut faults = Faults::default();
        faults.add(Fault::cut_off_after(2));
        for (operation, write, passes) in [
            ("GetObject", false, true),
            ("PutObject", true, true),
            ("PutObject", true, true),
            ("GetObject", false, false),
            ("PutObject", true, false),
        ] {
            assert_eq!(
                faults.strike(&call(operation, "b/k", write)).is_none(),
                passes,
                "{operation}"
            );
        }
    }

    #[test]
    fn what_is_for_one_account_counts_only_its_writes_and_ends_alone() {
        let mut faults = Faults::default();
        for account in ["111111111111", "222222222222"] {
            let fault = Fault::cut_off_after(1);
            faults.add(Fault {
                account: Some(account.to_owned()),
                ..fault
            });
        }
        let of_the_second = || Call {
            account: "222222222222".to_owned(),
            ..call("PutObject", "b/k", true)
        };
        assert_eq!(faults.strike(&of_the_second()), None);
        assert_eq!(faults.strike(&call("PutObject", "b/k", true)), None);
        assert!(faults.strike(&call("PutObject", "b/k", true)).is_some());
        faults.clear_of("111111111111");
        assert_eq!(faults.strike(&call("PutObject", "b/k", true)), None);
        assert!(faults.strike(&of_the_second()).is_some());
    }

    #[test]
    fn chance_strikes_about_so_often_and_the_same_again() {
        let strikes = |seed| {
            let mut faults = Faults::default();
            faults.add(Fault::by_chance(Outcome::Reset, 0.2, seed));
            (0..1000)
                .map(|_| faults.strike(&call("PutObject", "b/k", true)).is_some())
                .collect::<Vec<_>>()
        };
        let first = strikes(7);
        let times = first.iter().filter(|struck| **struck).count();
        assert!((150..250).contains(&times), "{times}");
        assert_eq!(first, strikes(7));
        assert_ne!(first, strikes(8));
    }

    #[test]
    fn is_written_as_json() {
        let fault: Fault = serde_json::from_str(
            r#"{"service":"rds","operation":"Modify*","times":1,"then":{"error":{"status":403,"code":"AccessDenied"}}}"#,
        )
        .unwrap();
        assert_eq!(
            fault.outcome,
            Outcome::Error {
                status: 403,
                code: "AccessDenied".to_owned()
            }
        );
        assert!(serde_json::from_str::<Fault>(r#"{"sevice":"rds"}"#).is_err());
    }
}
