//! Waiting for what AWS makes eventual.
//!
//! Throttling, 5xx and connection resets are retried by the SDK itself, within `pace`.
//! This is for the answers that are right in general and wrong for a moment: a role that
//! was just created, a bucket whose versioning has not settled.

use super::AwsError;
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for a passing condition, and how often to look.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Give up after this long.
    pub at_most: Duration,
    /// First pause; it doubles up to `slowest`.
    pub first: Duration,
    /// Longest pause.
    pub slowest: Duration,
}

impl Patience {
    /// For eventual consistency: two minutes (the AWS SDKs' and Terraform's usual bound).
    pub const CONSISTENCY: Self = Self {
        at_most: Duration::from_secs(120),
        first: Duration::from_millis(200),
        slowest: Duration::from_secs(5),
    };

    /// For what was just made to appear in what AWS lists: ten seconds. KMS says that less than a few are usual
    /// (KMS Developer Guide, "Eventual consistency").
    pub const APPEARING: Self = Self {
        at_most: Duration::from_secs(10),
        first: Duration::from_millis(500),
        slowest: Duration::from_secs(2),
    };

    /// For an instance that is being modified: half an hour.
    pub const INSTANCE: Self = Self {
        at_most: Duration::from_secs(30 * 60),
        first: Duration::from_millis(500),
        slowest: Duration::from_secs(15),
    };
}

/// Runs `call` until it succeeds, fails for good (`passing` says no), or patience ends.
///
/// # Errors
/// The last error.
pub async fn patiently<T, Fut>(
    patience: Patience,
    passing: impl Fn(&AwsError) -> bool,
    mut call: impl FnMut() -> Fut,
) -> Result<T, AwsError>
where
    Fut: Future<Output = Result<T, AwsError>>,
{
    let start = Instant::now();
    let mut pause = patience.first;
    loop {
        match call().await {
            Err(error) if passing(&error) && start.elapsed() + pause < patience.at_most => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(patience.slowest);
            }
            other => return other,
        }
    }
}
