//! The lease around an apply: taken before it reads, renewed while it runs, given back at its end.

use crate::aws::Cloud;
use crate::diag::{Diagnostic, code};
use crate::evidence::lease::{self, Attempt, Held, Holder, Lease, Renewal, Request};
use crate::evidence::{Store, StoreWriter, Version};
use crate::model::{BucketPlace, Lock, Scope};
use jiff::SignedDuration;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// How often a lease that somebody else holds is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// A local clock that is further off than this is worth a word.
const OFF: i64 = 5 * 60;

/// What is told while the lease is waited for.
#[derive(Debug)]
pub enum Waiting<'a> {
    /// Somebody else has it.
    For(&'a Lease),
    /// An expired lease of somebody's was taken over.
    TookOver(&'a Lease),
    /// The machine's clock and the store's differ by this much; the store's counts.
    ClockOff(SignedDuration),
}

/// A lease that is renewed until it is given back.
#[derive(Debug)]
pub struct Locked {
    renewing: JoinHandle<Held>,
    done: watch::Sender<bool>,
    lost: watch::Receiver<Option<Diagnostic>>,
}

/// Opens the bucket that a block names, to write.
///
/// # Errors
/// What is wrong with the bucket.
pub(super) async fn writer(cloud: &Cloud, place: &BucketPlace) -> Result<StoreWriter, Diagnostic> {
    let missing = || Diagnostic::error(code::INTERNAL, "the account of a bucket was not entered.");
    // A session writes in any region; the bucket's own is found out.
    let region = cloud.region(&place.account).or_else(|| "us-east-1".parse().ok());
    let scope = Scope {
        account: place.account.clone(),
        region: region.ok_or_else(missing)?,
    };
    let writer = cloud.writer(&scope).ok_or_else(missing)?;
    StoreWriter::bucket(cloud, &writer, place).await
}

/// Takes the lease, waiting for at most `timeout`, and keeps it.
///
/// # Errors
/// When somebody else has it, or the bucket cannot be used.
pub async fn lock(
    lock: &Lock,
    project: &str,
    holder: Holder,
    cloud: &Cloud,
    timeout: Duration,
    mut tell: impl FnMut(Waiting<'_>),
) -> Result<Locked, Diagnostic> {
    let writer = writer(cloud, &lock.place).await?;
    if let Some(ahead) = writer.store().ahead().filter(|a| a.as_secs().abs() > OFF) {
        tell(Waiting::ClockOff(ahead));
    }
    let request = Request {
        key: lock.key.clone(),
        project: project.to_owned(),
        holder,
        ttl: lock.ttl,
    };
    let start = Instant::now();
    let mut known = None;
    loop {
        match lease::take(&writer, &request).await? {
            Attempt::Held(held, before) => {
                if let Some(before) = before {
                    tell(Waiting::TookOver(&before));
                }
                return Ok(keep(*held));
            }
            Attempt::Busy(lease) => {
                let left = timeout.saturating_sub(start.elapsed());
                if left.is_zero() {
                    return Err(busy(&lease, !timeout.is_zero()));
                }
                if known.as_ref() != Some(&lease.id) {
                    tell(Waiting::For(&lease));
                    known = Some(lease.id);
                }
                tokio::time::sleep(LOOK.min(left)).await;
            }
        }
    }
}

fn busy(lease: &Lease, waited: bool) -> Diagnostic {
    let wait = if waited {
        "Wait longer with --lock-timeout"
    } else {
        "Wait for it with --lock-timeout=5m"
    };
    Diagnostic::error(code::LOCKED, format!("{}.", lease.told())).remedy(format!(
        "Nothing was changed. {wait}; if that apply is dead, its lease ends at the time named. `backstay unlock` breaks it at once and says what that risks."
    ))
}

/// Reads the lease without taking it, for somebody who wants to break it.
///
/// # Errors
/// When the bucket or the lease cannot be read, or something else lies there.
pub async fn holder(
    lock: &Lock,
    project: &str,
    cloud: &Cloud,
) -> Result<Option<(Lease, Version)>, Diagnostic> {
    let store = Store::bucket(cloud, &lock.place).await?;
    lease::read(&store, &lock.key, project).await
}

/// Breaks a lease of somebody else's, if it is still the one that was read.
///
/// # Errors
/// When the bucket refuses.
pub async fn unlock(lock: &Lock, cloud: &Cloud, version: &Version) -> Result<bool, Diagnostic> {
    let writer = writer(cloud, &lock.place).await?;
    lease::break_open(&writer, &lock.key, version).await
}

/// The longest time between two renewals: whoever has lost the lease goes on writing for as long.
const STEADY: Duration = Duration::from_secs(10);

/// Renews a lease in the background, at a third of its time, and often enough to see soon that it was broken.
fn keep(held: Held) -> Locked {
    let (done, ended) = watch::channel(false);
    let (lose, lost) = watch::channel(None);
    let renewing = tokio::spawn(renew(held, ended, lose));
    Locked { renewing, done, lost }
}

async fn renew(
    mut held: Held,
    mut ended: watch::Receiver<bool>,
    lose: watch::Sender<Option<Diagnostic>>,
) -> Held {
    let ttl = held.ttl();
    let steady = (ttl / 3).min(STEADY);
    let mut pause = steady;
    let mut refused = None;
    loop {
        tokio::select! {
            _ = ended.wait_for(|done| *done) => return held,
            () = tokio::time::sleep(pause) => {}
        }
        // What is in flight needs some of the time that is left, and S3 tells whole seconds.
        let reserve = ttl / 6 + Duration::from_secs(1);
        let attempt = tokio::time::timeout(held.left().saturating_sub(reserve), held.renew()).await;
        match attempt {
            Ok(Ok(Renewal::Renewed)) => (pause, refused) = (steady, None),
            Ok(Ok(Renewal::Lost(by))) => {
                lose.send_replace(Some(lost(by.as_deref(), None)));
                return held;
            }
            Ok(Err(why)) if held.left() > reserve => {
                refused = Some(why);
                pause = (ttl / 30).min(STEADY).min(held.left().saturating_sub(reserve));
            }
            Ok(Err(why)) => {
                lose.send_replace(Some(lost(None, Some(&why))));
                return held;
            }
            Err(_) => {
                lose.send_replace(Some(lost(None, refused.as_ref())));
                return held;
            }
        }
    }
}

fn lost(by: Option<&Lease>, why: Option<&Diagnostic>) -> Diagnostic {
    let detail = match (by, why) {
        (Some(lease), _) => format!("{}.", lease.told()),
        (None, Some(why)) => format!(
            "The lease could not be renewed until it was about to end: {}",
            why.detail
        ),
        (None, None) => "The lease is gone, or could not be renewed until it was about to end.".to_owned(),
    };
    Diagnostic::error(code::LOCK_LOST, detail)
        .remedy("Nothing new was started after that. Run the same command again to go on.")
}

impl Locked {
    /// Tells when the lease is lost, and why: nothing new may be started then.
    pub fn lost(&self) -> watch::Receiver<Option<Diagnostic>> {
        self.lost.clone()
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// When that fails: others have to wait until it ends by itself.
    pub async fn release(self) -> Result<(), Diagnostic> {
        self.done.send_replace(true);
        let gone = |_| Diagnostic::error(code::INTERNAL, "the lease's keeper has gone.");
        self.renewing.await.map_err(gone)?.release().await
    }
}
