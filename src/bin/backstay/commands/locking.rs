//! The lease around an apply, as its user sees it.

use super::machine;
use crate::terminal::Terminal;
use backstay::apply::{self, Locked, Waiting};
use backstay::aws::Cloud;
use backstay::diag::{Diagnostic, Diagnostics, Sources, code};
use backstay::model::Lock;
use clap::Args;
use tokio::sync::watch;

/// How an apply deals with others.
#[derive(Debug, Clone, Args)]
pub(crate) struct LockArgs {
    /// How long to wait for another apply's lock, such as 5m; without it, do not wait
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    lock_timeout: Option<backstay::model::Duration>,
}

fn duration(text: &str) -> Result<backstay::model::Duration, String> {
    text.parse().map_err(|e| format!("{e}"))
}

/// A lease that is held, or nothing when the posture has no `lock` block.
pub(crate) struct Guard {
    locked: Option<Locked>,
    lost: watch::Receiver<Option<Diagnostic>>,
}

impl Guard {
    /// Takes the lease; `None` after saying why that is not possible.
    pub(crate) async fn take(
        lock: Option<&Lock>,
        project: &str,
        cloud: &Cloud,
        args: &LockArgs,
        terminal: Terminal,
    ) -> Option<Self> {
        let Some(lock) = lock else {
            let (_, lost) = watch::channel(None);
            return Some(Self { locked: None, lost });
        };
        let holder = machine::holder(cloud.caller(&lock.place.account));
        let timeout = args.lock_timeout.map_or(0, backstay::model::Duration::as_secs);
        let timeout = std::time::Duration::from_secs(timeout);
        let tell = |waiting: Waiting<'_>| match waiting {
            Waiting::For(lease) => terminal.tell(&format!("Waiting for the lock: {}.", lease.told())),
            Waiting::TookOver(lease) => terminal.tell(&format!(
                "The lock had not been given back and has expired, so it was taken over: {}.",
                lease.told()
            )),
            Waiting::ClockOff(ahead) => {
                terminal.diagnose(&clock_off(ahead.as_secs()).into(), &Sources::new())
            }
        };
        match apply::lock(lock, project, holder, cloud, timeout, tell).await {
            Ok(locked) => Some(Self {
                lost: locked.lost(),
                locked: Some(locked),
            }),
            Err(diagnostic) => {
                terminal.diagnose(&Diagnostics::from(diagnostic), &Sources::new());
                None
            }
        }
    }

    /// Why the lease is lost, once it is.
    pub(crate) fn lost(&self) -> Option<Diagnostic> {
        self.lost.borrow().clone()
    }

    /// Turns `stop` true when the lease is lost.
    pub(crate) fn stops(&self, stop: watch::Sender<bool>) -> tokio::task::JoinHandle<()> {
        let mut lost = self.lost.clone();
        tokio::spawn(async move {
            if lost.wait_for(Option::is_some).await.is_ok() {
                stop.send_replace(true);
            }
        })
    }

    /// Gives the lease back. When that fails others wait until it expires, which is said.
    pub(crate) async fn release(self, terminal: Terminal) {
        let lost = self.lost().is_some();
        let Some(locked) = self.locked.filter(|_| !lost) else {
            return;
        };
        if let Err(mut diagnostic) = locked.release().await {
            diagnostic.severity = backstay::diag::Severity::Warning;
            let remedy = "The lock was not given back: others have to wait until it expires.";
            terminal.diagnose(&Diagnostics::from(diagnostic.remedy(remedy)), &Sources::new());
        }
    }
}

fn clock_off(ahead: i64) -> Diagnostic {
    let (by, side) = (
        ahead.unsigned_abs(),
        if ahead > 0 { "behind" } else { "ahead of" },
    );
    Diagnostic::warning(
        code::CONFLICT,
        format!("This machine's clock is {by} seconds {side} that of S3, which is the one that counts for the lock."),
    )
    .remedy("Set the clock; from 15 minutes on, AWS refuses what is signed with it.")
}
