//! How fast a service is asked, and how often again: one budget for each account, region and service.
//!
//! The SDK keeps one for the whole process and service, so that an account which is throttled would
//! slow down the others, and a failing region would use up what others may try again.

use aws_sdk_s3::config::retry::{ClientRateLimiter, RetryConfig, RetryPartition, TokenBucket};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Attempts of one call, the first included.
pub(super) const ATTEMPTS: u32 = 5;

/// Tokens of one budget. A call that is tried again takes 5, or 10 when no answer came in time, and gives
/// them back when it succeeds, so that of calls that all fail at most a hundred are tried again.
pub(super) const TOKENS: usize = 500;

/// The budgets of one account; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace(Arc<Mutex<BTreeMap<(String, String), RetryPartition>>>);

impl Pace {
    /// The budget of a service in a region.
    pub(super) fn of(&self, service: &str, region: &str) -> RetryPartition {
        // Whoever panicked while holding it has left a whole map behind.
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = || {
            RetryPartition::custom(format!("{service} in {region}"))
                .token_bucket(TokenBucket::new(TOKENS))
                .client_rate_limiter(ClientRateLimiter::new(now()))
                .build()
        };
        budgets
            .entry((service.to_owned(), region.to_owned()))
            .or_insert_with(budget)
            .clone()
    }
}

/// Seconds since 1970, from which a budget counts: one that starts earlier takes the first second of a
/// run for a slow one, and after the first throttling sends almost nothing.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|d| d.as_secs_f64()).unwrap_or_default()
}

/// Tries again with growing pauses, and sends less while a service says that it is asked too much.
pub(super) fn adaptive(attempts: u32) -> RetryConfig {
    RetryConfig::adaptive().with_max_attempts(attempts)
}
