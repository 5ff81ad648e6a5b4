//! `backstay apply`: runs a plan, after asking.

mod begin;
mod record;

use self::begin::{Begun, Held, Saved, begin, misplaced};
use self::record::{given, record};
use super::interrupts::Interrupts;
use super::locking::{Guard, LockArgs};
use super::opening::{self, Source};
use super::progress::Progress;
use super::{approving, asking, failed};
use crate::options::{PostureArgs, SelectionArgs};
use crate::terminal::Terminal;
use backstay::apply::audit::{Enacted, Journal};
use backstay::apply::{self, Event, Options, Outcome, StepResult};
use backstay::aws::Cloud;
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code, escape};
use backstay::evidence::record::Approval;
use backstay::live::Timestamp;
use backstay::plan::{self, Approvals, Plan, StepId};
use backstay::report;
use backstay::report::apply::{Left, json};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// Make the live cloud as declared, after asking
///
/// PATH is a folder with a posture, or a file that `plan -out` wrote: then exactly that
/// plan runs, if it is of the posture in the current folder (or the one of -posture) and
/// nothing it touches has changed since.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay apply\n  \
    backstay apply tonight.plan\n  \
    backstay apply -posture infra tonight.plan\n  \
    backstay apply -auto-approve -allow-weaken 's3_bucket.uploads[\"eu\"]'\n\n\
    Exit codes: 0 done, 1 nothing was changed, 2 something can only be changed by hand,\n    \
    4 applied in part, 130 interrupted.")]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    posture: PostureArgs,

    #[command(flatten)]
    selection: SelectionArgs,

    /// Do not ask
    #[arg(long)]
    auto_approve: bool,

    /// Approve that this resource's protection is weakened; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    allow_weaken: Vec<String>,

    /// Approve changes of this resource that can never be undone; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    allow_irreversible: Vec<String>,

    /// Print JSON, one object a line (schemas/apply.schema.json); needs --auto-approve
    #[arg(long, requires = "auto_approve")]
    json: bool,

    /// Do not ask IAM beforehand whether the credentials may make the writes
    #[arg(long)]
    no_preflight: bool,

    /// The folder of the posture that a saved plan has to be of; the current one without it
    #[arg(long = "posture", value_name = "DIR", conflicts_with = "detached")]
    of: Option<PathBuf>,

    /// Hold a saved plan against no posture: the file alone says which lock, record and policy it meets
    #[arg(long)]
    detached: bool,

    #[command(flatten)]
    lock: LockArgs,

    /// How many steps run at once
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = at_least_one)]
    parallelism: usize,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 step has to run at once".to_owned()),
        Ok(steps) => Ok(steps),
        Err(why) => Err(format!("it is not a number of steps: {why}")),
    }
}

pub(crate) async fn run(args: ApplyArgs, terminal: Terminal) -> Exit {
    let terminal = terminal.json_lines(args.json);
    if args.json {
        terminal.print(&json::text(&[json::version()]));
    }
    let approvals = match (
        opening::addresses(&args.allow_weaken),
        opening::addresses(&args.allow_irreversible),
    ) {
        (Ok(weaken), Ok(irreversible)) => Approvals {
            weaken,
            irreversible,
            ..Approvals::default()
        },
        (Err(diagnostic), _) | (_, Err(diagnostic)) => return failed(terminal, diagnostic),
    };
    let mut interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => {
            let why = format!("interrupts cannot be listened for: {error}.");
            return failed(terminal, Diagnostic::error(code::INTERNAL, why));
        }
    };
    let unchanged = || {
        terminal.tell("Interrupted. Nothing was changed.");
        Exit::Interrupted
    };
    if let Some(diagnostic) = misplaced(&args) {
        return failed(terminal, diagnostic);
    }
    let begun = tokio::select! {
        begun = begin(&args, terminal) => begun,
        () = interrupts.next() => return unchanged(),
    };
    let Some((opened, guard)) = begun else {
        return Exit::Error;
    };
    // Until the first write an interrupt ends everything; a lock must still be given back.
    let prepared = tokio::select! {
        prepared = prepare(&args, opened, approvals, terminal) => prepared,
        () = interrupts.next() => Err(unchanged()),
    };
    let exit = match prepared {
        Ok(prepared) => go(&args, &prepared, &guard, interrupts, terminal).await,
        Err(exit) => exit,
    };
    guard.release(terminal).await;
    exit
}

/// A plan that has been looked at and approved.
struct Prepared {
    plan: Plan,
    cloud: Cloud,
    sources: Sources,
    record: Vec<Approval>,
}

/// The plan, before it is asked for.
fn show(args: &ApplyArgs, plan: &Plan, terminal: Terminal) {
    terminal.print(&match args.json {
        true => json::text(&json::before(plan)),
        false => report::plan::text::plan(plan, terminal.style()),
    });
}

/// Everything up to the first write: reading, planning, refusing, asking.
async fn prepare(
    args: &ApplyArgs,
    begun: Begun,
    mut approvals: Approvals,
    terminal: Terminal,
) -> Result<Prepared, Exit> {
    let say = |diagnostics: &Diagnostics, sources: &Sources| terminal.diagnose(diagnostics, sources);
    let (plan, cloud, sources, now, declared, held) = match begun {
        Begun::Saved(saved, cloud) => {
            let Saved {
                plan,
                held,
                declared,
                sources,
            } = *saved;
            let now = match still_so(&plan, Some(&held), &cloud).await {
                Ok(now) => now,
                Err(diagnostics) => {
                    say(&diagnostics, &sources);
                    return Err(Exit::Error);
                }
            };
            show(args, &plan, terminal);
            approvals.file = Some(args.posture.dir.display().to_string());
            approvals.signers = match approving::signers(&args.posture.dir, &plan, &held.digest) {
                Ok(tally) => {
                    say(&tally.uncounted, &sources);
                    tally.signers
                }
                Err(diagnostic) => {
                    say(&diagnostic.into(), &sources);
                    return Err(Exit::Error);
                }
            };
            (plan, cloud, sources, now, declared, Some(held))
        }
        Begun::Posture(opened) => {
            let declared = opened.addresses();
            let made = opening::planned(*opened, &args.selection, &Source::default(), true).await;
            let made = made.map_err(|(diagnostics, sources)| {
                say(&diagnostics, &sources);
                Exit::Error
            })?;
            say(&made.diagnostics, &made.sources);
            show(args, &made.plan, terminal);
            if made.diagnostics.has_errors() {
                terminal.tell("Nothing was changed.");
                return Err(Exit::Error);
            }
            let cloud = made.cloud.ok_or(Exit::Error)?;
            (made.plan, cloud, made.sources, made.now, declared, None)
        }
    };
    let slips = plan::unmatched(&plan, &approvals, &declared);
    if slips.has_errors() {
        say(&slips, &sources);
        return Err(Exit::Error);
    }
    say(&plan::needless(&plan, &approvals), &sources);
    let looked = Timestamp::now();
    let refused = |now: Timestamp| {
        let mut refusals = plan::refusals(&plan, &approvals, now);
        // A lock or an answer may have been waited for until the plan was too old.
        if let Err(late) = plan::timely(&plan, now) {
            refusals.push(late);
        }
        if refusals.has_errors() {
            say(&refusals, &sources);
            terminal.tell("Nothing was changed.");
        }
        refusals.has_errors()
    };
    if refused(now) {
        return Err(Exit::Error);
    }
    if plan.steps.is_empty() && plan.summary().policy == 0 {
        return Err(by_hand(&plan, terminal));
    }
    if !args.no_preflight {
        let found = apply::preflight(&plan, &cloud).await;
        say(&found.denied, &sources);
        if found.denied.has_errors() {
            return Err(Exit::Error);
        }
        if !found.unknown.is_empty() {
            terminal.tell(&format!(
                "Whether the credentials allow all of this is not known for {}.",
                escape::line(&found.unknown.join("; "))
            ));
        }
    }
    if !args.auto_approve {
        if asking::yes("Do you want to perform these actions?", terminal).await != Some(true) {
            terminal.tell("Nothing was changed.");
            return Err(Exit::Error);
        }
        // An answer takes as long as it takes: what was shown has to be what is there.
        if let Err(diagnostics) = still_so(&plan, held.as_ref(), &cloud).await {
            say(&diagnostics, &sources);
            terminal.tell("Nothing was changed.");
            return Err(Exit::Error);
        }
    }
    // It may take longer than a window is open, too.
    let took = Timestamp::now().duration_since(looked);
    if refused(now.saturating_add(took).unwrap_or(Timestamp::MAX)) {
        return Err(Exit::Error);
    }
    Ok(Prepared {
        record: given(args, &plan, &approvals),
        plan,
        cloud,
        sources,
    })
}

/// Whether everything that the plan touches is as it saw it, under the same policy in force; the time by the clock that
/// counts. One from a file must not have been applied already, which comes first: by that it is out of date, too.
async fn still_so(plan: &Plan, held: Option<&Held>, cloud: &Cloud) -> Result<Timestamp, Diagnostics> {
    let mut needs = &[][..];
    if let Some(held) = held {
        approving::unspent(plan, &held.digest, cloud).await?;
        needs = &held.needs;
    }
    apply::verify(plan, needs, cloud).await?;
    Ok(approving::still_in_force(plan, cloud).await?)
}

async fn go(
    args: &ApplyArgs,
    prepared: &Prepared,
    guard: &Guard,
    interrupts: Interrupts,
    terminal: Terminal,
) -> Exit {
    let Prepared {
        plan, cloud, sources, ..
    } = prepared;
    if let Some(lost) = guard.lost() {
        failed(terminal, lost);
        terminal.tell("Nothing was changed.");
        return Exit::Error;
    }
    let journal = match record(prepared, terminal).await {
        Ok(journal) => journal,
        Err(exit) => return exit,
    };
    let mut enacted = Enacted::Unchanged;
    if let Some(founding) = &journal {
        match founding.found(plan, cloud).await {
            Ok(done) => enacted = done,
            Err(diagnostic) => {
                failed(terminal, diagnostic);
                terminal.tell("Nothing was changed.");
                let none = Outcome::none(plan);
                conclude(
                    journal,
                    plan,
                    &none,
                    &BTreeMap::new(),
                    false,
                    Enacted::Not,
                    terminal,
                )
                .await;
                return Exit::Error;
            }
        }
    }
    let (stop, stopped) = watch::channel(false);
    let losing = guard.stops(stop.clone());
    let interrupts = tokio::spawn(interrupts.stop(stop, terminal));
    let options = Options {
        parallelism: args.parallelism,
        stop: stopped,
    };
    let mut progress = Progress::new(plan, terminal);
    let mut took = BTreeMap::new();
    let mut outcome = apply::run(plan, cloud, &options, |event| {
        if let Event::Done(id, time) = event {
            took.insert(id, time);
        }
        progress.tell(&event);
    })
    .await;
    interrupts.abort();
    losing.abort();
    progress.finish();
    let mut diagnostics = Diagnostics::new();
    let lost = guard.lost();
    let lock_lost = lost.is_some();
    if let Some(lost) = lost {
        // Nobody interrupted it: what is left undone is a failure.
        outcome.interrupted = false;
        diagnostics.push(lost);
    }
    for (step, result) in plan.steps.iter().zip(&outcome.results) {
        if let StepResult::Failed(error) = result {
            let about = format!("{}: {}", step.address, step.what);
            let span = plan
                .changes
                .iter()
                .find(|c| c.address == step.address)
                .and_then(|c| c.desired.as_ref())
                .and_then(|d| d.span);
            let detail = error.diagnostic(&about);
            diagnostics.push(Diagnostic {
                code: code::STEP_FAILED,
                summary: code::STEP_FAILED.summary().into(),
                ..detail.at(span)
            });
        }
    }
    let mut exit = outcome.exit();
    if lock_lost && exit == Exit::Clean {
        // A policy is put in force by whoever holds the lock, and by nobody else.
        exit = Exit::Partial;
    }
    let waits = exit == Exit::Clean && enacted == Enacted::Unchanged;
    if let Some(journal) = journal.as_ref().filter(|_| waits) {
        match journal.enact(plan, cloud).await {
            Ok(done) => enacted = done,
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                enacted = Enacted::Not;
                exit = Exit::Partial;
            }
        }
    }
    let left = match enacted {
        Enacted::Not => Left::Policy,
        _ if lock_lost => Left::Lock,
        _ => Left::Nothing,
    };
    terminal.diagnose(&diagnostics, sources);
    let whole = conclude(journal, plan, &outcome, &took, lock_lost, enacted, terminal).await;
    // All is written, and yet something of the apply is missing.
    if !whole && exit == Exit::Clean {
        exit = Exit::Partial;
    }
    if exit == Exit::Clean {
        exit = by_hand(plan, terminal);
    }
    terminal.print(&match args.json {
        true => json::text(&json::after(plan, &outcome, cloud.attempts(), exit.code())),
        false => report::apply::summary(plan, &outcome, left, terminal.style()),
    });
    exit
}

/// Ends the record; whether all of it is where it belongs.
async fn conclude(
    journal: Option<Journal>,
    plan: &Plan,
    outcome: &Outcome,
    took: &BTreeMap<StepId, Duration>,
    lock_lost: bool,
    enacted: Enacted,
    terminal: Terminal,
) -> bool {
    let Some(journal) = journal else {
        return true;
    };
    match journal.end(plan, outcome, took, lock_lost, enacted).await {
        Ok(()) => true,
        Err(diagnostics) => {
            terminal.refuse(&diagnostics, &Sources::new());
            false
        }
    }
}

/// Nothing is left to write; what can only be done by hand was shown with the plan.
fn by_hand(plan: &Plan, terminal: Terminal) -> Exit {
    if plan.summary().by_hand > 0 {
        terminal.tell("What the plan marks with ! is left: it can only be changed by hand.");
        return Exit::Pending;
    }
    Exit::Clean
}
