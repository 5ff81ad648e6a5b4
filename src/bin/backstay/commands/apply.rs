//! `backstay apply`: runs a plan, after asking.

use super::opening::{self, Source};
use super::progress::Progress;
use super::{failed, read_file};
use crate::options::{PostureArgs, SelectionArgs};
use crate::terminal::Terminal;
use backstay::apply::{self, Options, StepResult};
use backstay::aws::Cloud;
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code, render};
use backstay::plan::{self, Approvals, Plan};
use backstay::report::apply::json;
use backstay::{pipeline, report};
use clap::Args;
use std::io::{self, BufRead};
use tokio::sync::watch;

/// Make the live cloud as declared, after asking
///
/// PATH is a folder with a posture, or a file that `plan -out` wrote: then exactly that
/// plan runs, if nothing it touches has changed since.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay apply\n  \
    backstay apply tonight.plan\n  \
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

    /// How many steps run at once
    #[arg(long, default_value_t = 10, value_name = "N")]
    parallelism: usize,
}

pub(crate) async fn run(args: ApplyArgs, terminal: Terminal) -> Exit {
    let approvals = match (
        opening::addresses(&args.allow_weaken),
        opening::addresses(&args.allow_irreversible),
    ) {
        (Ok(weaken), Ok(irreversible)) => Approvals { weaken, irreversible },
        (Err(diagnostic), _) | (_, Err(diagnostic)) => return failed(terminal, diagnostic),
    };
    if args.posture.dir.is_file() {
        return saved(&args, &approvals, terminal).await;
    }
    let source = Source::default();
    let made = opening::plan(&args.posture, &args.selection, &source, terminal, args.json).await;
    let Some(made) = made else {
        return Exit::Error;
    };
    if args.json {
        terminal.print(&json::text(&[json::version()]));
    }
    said(&args, &made.diagnostics, &made.sources, terminal);
    show(&args, &made.plan, terminal);
    if made.diagnostics.has_errors() {
        terminal.tell("The plan is incomplete, so nothing was changed.");
        return Exit::Error;
    }
    let Some(cloud) = made.cloud else {
        return Exit::Error;
    };
    go(&args, &made.plan, &cloud, &approvals, &made.sources, terminal).await
}

async fn saved(args: &ApplyArgs, approvals: &Approvals, terminal: Terminal) -> Exit {
    let plan = match read_file(&args.posture.dir).and_then(|text| plan::load(&text)) {
        Ok(plan) => plan,
        Err(diagnostic) => return failed(terminal, diagnostic),
    };
    let sources = Sources::new();
    let cloud = match pipeline::reconnect(&plan).await {
        Ok(cloud) => cloud,
        Err(diagnostics) => {
            terminal.diagnose(&diagnostics, &sources);
            return Exit::Error;
        }
    };
    if args.json {
        terminal.print(&json::text(&[json::version()]));
    }
    if let Err(diagnostics) = apply::verify(&plan, &cloud).await {
        said(args, &diagnostics, &sources, terminal);
        return Exit::Error;
    }
    show(args, &plan, terminal);
    go(args, &plan, &cloud, approvals, &sources, terminal).await
}

/// The plan, before it is asked for.
fn show(args: &ApplyArgs, plan: &Plan, terminal: Terminal) {
    terminal.print(&match args.json {
        true => json::text(&json::before(plan)),
        false => report::plan::text::plan(plan, terminal.style()),
    });
}

/// Diagnostics where the rest of the output is.
fn said(args: &ApplyArgs, diagnostics: &Diagnostics, sources: &Sources, terminal: Terminal) {
    if !args.json {
        return terminal.diagnose(diagnostics, sources);
    }
    let lines: Vec<_> = diagnostics
        .iter()
        .map(|d| json::Line::Diagnostic {
            diagnostic: render::json(d, sources),
        })
        .collect();
    terminal.print(&json::text(&lines));
}

async fn go(
    args: &ApplyArgs,
    plan: &Plan,
    cloud: &Cloud,
    approvals: &Approvals,
    sources: &Sources,
    terminal: Terminal,
) -> Exit {
    let refusals = plan::refusals(plan, approvals);
    if refusals.has_errors() {
        said(args, &refusals, sources, terminal);
        terminal.tell("Nothing was changed.");
        return Exit::Error;
    }
    if plan.steps.is_empty() {
        return by_hand(plan, terminal);
    }
    if !args.auto_approve && !asked(terminal) {
        terminal.tell("Nothing was changed.");
        return Exit::Error;
    }
    let (stop, stopped) = watch::channel(false);
    let interrupts = tokio::spawn(on_interrupt(stop, terminal));
    let options = Options {
        parallelism: args.parallelism,
        stop: stopped,
    };
    let mut progress = Progress::new(plan, terminal);
    let outcome = apply::run(plan, cloud, &options, |event| progress.tell(&event)).await;
    interrupts.abort();
    progress.finish();
    let mut diagnostics = Diagnostics::new();
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
    said(args, &diagnostics, sources, terminal);
    let exit = match outcome.exit() {
        Exit::Clean => by_hand(plan, terminal),
        other => other,
    };
    terminal.print(&match args.json {
        true => json::text(&json::after(plan, &outcome, cloud.attempts(), exit.code())),
        false => report::apply::summary(plan, &outcome, terminal.style()),
    });
    exit
}

/// Nothing is left to write; what can only be done by hand was shown with the plan.
fn by_hand(plan: &Plan, terminal: Terminal) -> Exit {
    if plan.summary().by_hand > 0 {
        terminal.tell("What the plan marks with ! is left: it can only be changed by hand.");
        return Exit::Pending;
    }
    Exit::Clean
}

fn asked(terminal: Terminal) -> bool {
    terminal
        .print("\nDo you want to perform these actions? Only \"yes\" will be accepted.\n\n  Enter a value: ");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    terminal.print("\n");
    read.is_ok() && answer.trim() == "yes"
}

/// The first interrupt finishes what is in flight; the second ends the program at once.
async fn on_interrupt(stop: watch::Sender<bool>, terminal: Terminal) {
    if tokio::signal::ctrl_c().await.is_ok() {
        terminal.tell("Interrupted: finishing what is in flight. Interrupt again to end at once.");
        stop.send_replace(true);
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        end_at_once();
    }
}

#[expect(clippy::exit, reason = "the user asked twice to end without waiting")]
fn end_at_once() {
    std::process::exit(i32::from(Exit::Interrupted.code()));
}
