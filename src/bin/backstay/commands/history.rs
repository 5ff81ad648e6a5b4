//! `backstay history`: what applies have done.

use super::{failed, machine, opening};
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code};
use backstay::evidence::Store;
use backstay::evidence::history::{Places, Record, find, latest};
use backstay::report;
use clap::Args;

/// List what applies have done, newest first
///
/// Every apply leaves a record before its first write and at its end: in the bucket of the
/// posture's `evidence` block, or in the local state folder. What the bucket did not take of an end is
/// looked for there too. Reads only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay history                    the last twenty applies\n  \
    backstay history -id 5f0c2ad81c3e   one in full: each change, before and after\n  \
    backstay history -json -most 1000   for other programs (schemas/audit.schema.json)\n\n\
    Exit codes: 0 read, 1 error or a record cannot be read.")]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// The apply whose id begins so, in full
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// How many at most
    #[arg(long, default_value_t = 20, value_name = "N", conflicts_with = "id")]
    most: usize,

    /// As JSON Lines
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: HistoryArgs, terminal: Terminal) -> Exit {
    let terminal = terminal.json_lines(args.json);
    if args.json {
        terminal.print(&report::history::version());
    }
    let Some(posture) = opening::offline(&args.posture, terminal) else {
        return Exit::Error;
    };
    let store = if posture.evidence.is_some() {
        let opened = opening::entered(&args.posture).await;
        match opened {
            // Account numbers may be part of what the block says, so it is read again.
            Ok((posture, cloud)) => match &posture.evidence {
                Some(place) => Store::bucket(&cloud, place).await,
                None => Err(no_folder()),
            },
            Err((diagnostics, sources)) => {
                terminal.refuse(&diagnostics, &sources);
                return Exit::Error;
            }
        }
    } else {
        machine::state_folder()
            .map(|folder| Store::folder(&folder))
            .ok_or_else(no_folder)
    };
    // What its bucket did not take is where an apply without one keeps all of its record.
    let machine = posture.evidence.as_ref().and_then(|_| machine::state_folder());
    match store {
        Ok(store) => {
            let places = Places {
                store,
                machine: machine.map(|folder| Store::folder(&folder)),
            };
            show(&args, &places, &posture.project, terminal).await
        }
        Err(diagnostic) => failed(terminal, diagnostic),
    }
}

async fn show(args: &HistoryArgs, places: &Places, project: &str, terminal: Terminal) -> Exit {
    let read = match &args.id {
        None => latest(places, project, args.most).await,
        Some(id) => find(places, project, id)
            .await
            .map(|(found, said)| (found, 0, said)),
    };
    let (records, older, diagnostics) = match read {
        Ok(read) => read,
        Err(diagnostic) => return failed(terminal, diagnostic),
    };
    terminal.diagnose(&diagnostics, &Sources::new());
    if let Err(diagnostic) = print(args, records, older, &places.store, terminal) {
        return failed(terminal, diagnostic);
    }
    exit(&diagnostics)
}

fn print(
    args: &HistoryArgs,
    records: Vec<Record>,
    older: usize,
    store: &Store,
    terminal: Terminal,
) -> Result<(), Diagnostic> {
    if let Some(id) = &args.id
        && records.is_empty()
    {
        return Err(Diagnostic::error(
            code::USAGE,
            format!(
                "No record in {} has an id that begins with \"{id}\".",
                store.shown()
            ),
        )
        .remedy("`backstay history` lists them."));
    }
    let style = terminal.style();
    let text = if args.json {
        report::history::json(records)
            .map_err(|e| Diagnostic::error(code::INTERNAL, format!("a record cannot be printed: {e}.")))?
    } else if args.id.is_some() {
        let each: Vec<String> = records.iter().map(|r| report::history::one(r, style)).collect();
        each.join("\n")
    } else {
        report::history::list(&records, older, style)
    };
    terminal.print(&text);
    Ok(())
}

fn exit(diagnostics: &Diagnostics) -> Exit {
    if diagnostics.has_errors() {
        Exit::Error
    } else {
        Exit::Clean
    }
}

fn no_folder() -> Diagnostic {
    Diagnostic::error(
        code::NOT_KEPT,
        "No bucket is declared for records, and there is no home folder.",
    )
    .remedy("Set XDG_STATE_HOME to the folder that holds them.")
}
