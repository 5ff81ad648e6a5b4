//! `backstay unlock`: breaks a lock that somebody has left behind.

use super::{asking, opening};
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::apply;
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code};
use clap::Args;

/// Break the lock that another apply has left behind
///
/// A lock ends by itself when whoever holds it has not renewed it for its `ttl`. Breaking it
/// earlier lets two applies run at once if the other one is alive after all.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay unlock                        who holds the lock, since when\n  \
    backstay unlock -force                 break it, after asking\n  \
    backstay unlock -force -id 6f1c9a40-0c6e-4c0a-9d5c-0d7f5c2b7c11 -auto-approve\n\n\
    Exit codes: 0 there is no lock any more, 1 error or not confirmed, 2 somebody holds it.")]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// Break it
    #[arg(long)]
    force: bool,

    /// Only if it is this lease
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// Do not ask
    #[arg(long, requires = "id")]
    auto_approve: bool,
}

pub(crate) async fn run(args: UnlockArgs, terminal: Terminal) -> Exit {
    match unlock(&args, terminal).await {
        Ok(exit) => exit,
        Err((diagnostics, sources)) => {
            terminal.diagnose(&diagnostics, &sources);
            Exit::Error
        }
    }
}

async fn unlock(args: &UnlockArgs, terminal: Terminal) -> Result<Exit, (Diagnostics, Sources)> {
    let (posture, cloud) = opening::entered(&args.posture).await?;
    let wrong = |d: Diagnostic| (Diagnostics::from(d), Sources::new());
    let Some(lock) = &posture.lock else {
        return Err(wrong(
            Diagnostic::error(code::USAGE, "The posture has no lock block, so there is no lock.")
                .remedy("Add lock { bucket = \"...\" } to the backstay block."),
        ));
    };
    let found = apply::holder(lock, &posture.project, &cloud)
        .await
        .map_err(wrong)?;
    let Some((lease, version)) = found else {
        terminal.print("Nobody holds the lock.\n");
        return Ok(Exit::Clean);
    };
    terminal.print(&format!("{}.\n", lease.told()));
    if let Some(id) = args.id.as_ref().filter(|id| **id != lease.id) {
        return Err(wrong(
            Diagnostic::error(code::LOCKED, format!("The lock is not the lease {id} any more."))
                .remedy("Nothing was changed. Look who holds it now."),
        ));
    }
    if !args.force {
        terminal.tell("Break it with -force if that apply is known to be dead.");
        return Ok(Exit::Pending);
    }
    terminal.print(
        "\nIf that apply is still running, it sees this when it next renews its lock, within some ten seconds, and stops with\n\
         what is in flight then. Until then two applies write at once:\n\
         each write is safe to repeat and nothing is lost, but one may undo what the other has just done.\n",
    );
    if !args.auto_approve && asking::yes("Do you want to break the lock?", terminal).await != Some(true) {
        terminal.tell("Nothing was changed.");
        return Ok(Exit::Error);
    }
    if apply::unlock(lock, &cloud, &version).await.map_err(wrong)? {
        terminal.print("The lock is broken.\n");
        return Ok(Exit::Clean);
    }
    Err(wrong(
        Diagnostic::error(
            code::LOCKED,
            "The lock was renewed or taken by somebody else meanwhile: its holder is alive.",
        )
        .remedy("Nothing was changed."),
    ))
}
