//! Interrupts from the terminal, and requests to end from whatever runs the program.

use crate::terminal::Terminal;
use backstay::diag::Exit;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// What asks the program to end. From the moment it listens none is lost: one that nobody waits for yet is kept.
#[derive(Debug)]
pub(crate) struct Interrupts {
    interrupt: Signal,
    /// Sent by CI and by init systems, which kill some time later.
    terminate: Signal,
}

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The first one finishes what is in flight; the second ends the program at once.
    pub(crate) async fn stop(mut self, stop: watch::Sender<bool>, terminal: Terminal) {
        self.next().await;
        terminal.tell("Interrupted: finishing what is in flight. Interrupt again to end at once.");
        stop.send_replace(true);
        self.next().await;
        terminal.tell(
            "Ended at once: what was in flight may or may not have taken effect. A lock is held until it ends by itself. The \
             same command goes on from what is there.",
        );
        end_at_once();
    }
}

#[expect(clippy::exit, reason = "the user asked twice to end without waiting")]
fn end_at_once() {
    std::process::exit(i32::from(Exit::Interrupted.code()));
}
