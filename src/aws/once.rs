//! Writes that make another thing when they are sent again.
//!
//! Most writes of AWS can be repeated: they set something, or name what they make, and the second one is refused or
//! changes nothing. The SDK repeats those on its own. A few make something new each time, such as a KMS key, or fail
//! when what they ask for is done already. When such a write gets no answer that says whether it was carried out, [`once`]
//! looks whether it was before it sends it again.

use super::pace::ATTEMPTS;
use super::{AwsError, Patience};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// What became of one write so far; clones are one.
#[derive(Debug, Clone, Default)]
struct Attempted(Arc<Mutex<Progress>>);

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// How often it was sent, or a connection looked for to send it through.
    sent: u32,
    /// Whether the last time may have been carried out.
    open: bool,
}

tokio::task_local! {
    /// The write that is on its way and must not be repeated unseen.
    static ONCE: Attempted;
}

impl Attempted {
    fn progress(&self) -> Progress {
        self.change(|progress| *progress)
    }

    fn change<T>(&self, with: impl FnOnce(&mut Progress) -> T) -> T {
        // Whoever panicked while holding it has left whole values behind.
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes down that a request is on its way now. Most are of no write of this kind.
pub(super) fn leaves() {
    let _no_such_write = ONCE.try_with(|once| {
        once.change(|progress| {
            progress.sent += 1;
            progress.open = true;
        });
    });
}

/// Takes down that the request was not carried out.
pub(super) fn had_no_effect() {
    let _no_such_write = ONCE.try_with(|once| once.change(|progress| progress.open = false));
}

/// Keeps the SDK from repeating what [`once`] sends, save what was refused for sure.
#[derive(Debug)]
pub(super) struct Unrepeated;

impl ClassifyRetry for Unrepeated {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        let stop = ONCE.try_with(|once| {
            let progress = once.progress();
            progress.open || progress.sent >= ATTEMPTS
        });
        match stop {
            Ok(true) => RetryAction::RetryForbidden,
            Ok(false) | Err(_) => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Unrepeated"
    }
}

/// Gives what `look` finds, else what `send` makes. When `send` gets no answer that says whether it was carried out, `look`
/// is asked again for as long as what was made may take to `appear`, and only then `send` once more: five times at most,
/// as any other call. `send` is one call of an SDK client; what it makes is found by `look` alone.
///
/// # Errors
/// That of `send`; and that of `look` when nothing was sent.
pub async fn once<T, Looked, Sent>(
    appear: Patience,
    look: impl Fn() -> Looked,
    send: impl Fn() -> Sent,
) -> Result<T, AwsError>
where
    Looked: Future<Output = Result<Option<T>, AwsError>>,
    Sent: Future<Output = Result<T, AwsError>>,
{
    if let Some(there) = look().await? {
        return Ok(there);
    }
    let write = Attempted::default();
    loop {
        let error = match ONCE.scope(write.clone(), send()).await {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        let Progress { sent, open } = write.progress();
        if !open {
            return Err(error);
        }
        match appears(appear, &look).await {
            Ok(Some(there)) => return Ok(there),
            Ok(None) if sent < ATTEMPTS => {}
            Ok(None) => return Err(error),
            Err(unread) => return Err(unseen(error, &unread)),
        }
    }
}

/// Looks until something is there or patience ends.
async fn appears<T, Looked>(appear: Patience, look: impl Fn() -> Looked) -> Result<Option<T>, AwsError>
where
    Looked: Future<Output = Result<Option<T>, AwsError>>,
{
    let start = Instant::now();
    let mut pause = appear.first;
    loop {
        let there = look().await?;
        if there.is_some() || start.elapsed() + pause >= appear.at_most {
            return Ok(there);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(appear.slowest);
    }
}

/// The error of a write of which nobody could say what became.
fn unseen(error: AwsError, unread: &AwsError) -> AwsError {
    AwsError {
        message: format!(
            "{}; it was not sent again, as what became of it could not be read: {unread}",
            error.message
        ),
        ..error
    }
}

#[cfg(test)]
mod tests;
