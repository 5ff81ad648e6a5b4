//! `backstay prove`: what survives which disaster, read-only.

use super::failed;
use super::opening::{self, Source};
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Exit, code};
use backstay::model::Address;
use backstay::model::objective::scenarios;
use backstay::prove::Verdict;
use backstay::report::proof;
use clap::Args;
use std::path::Path;

/// Show what survives which disaster, from the live cloud
///
/// For every database and bucket, and every disaster: which copies are left, how much is lost, how
/// far back one can go, whether the objective holds, and the fewest credentials that destroy every
/// copy. It reads only. A copy counts only when everything that could take it away was read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay prove\n  \
    backstay prove -explain rds_instance.app region_outage\n  \
    backstay prove -json > proof.json\n  \
    backstay prove -scenarios\n\n\
    Exit codes: 0 every objective holds or only wants a rehearsal, 1 something is unknown,\n\
    3 an objective fails, or a backup writer can do what it must not.")]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// Print the proof as one JSON object (schemas/prove.schema.json)
    #[arg(long, conflicts_with = "explain")]
    json: bool,

    /// Derive one cell, down to what was read
    #[arg(long, num_args = 2, value_names = ["ADDRESS", "SCENARIO"])]
    explain: Option<Vec<String>>,

    /// Show every disaster, asked for or not
    #[arg(long)]
    all: bool,

    /// Fail on what was not rehearsed, too
    #[arg(long)]
    strict: bool,

    /// List the disasters that every posture knows
    #[arg(long, conflicts_with_all = ["json", "explain"])]
    scenarios: bool,

    #[command(flatten)]
    source: Source,
}

pub(crate) async fn run(args: ProveArgs, terminal: Terminal) -> Exit {
    if args.scenarios {
        terminal.print(&proof::scenarios(&scenarios(), terminal.style()));
        return Exit::Clean;
    }
    if let Some(forgotten) = forgotten_scenario(&args) {
        return failed(terminal, forgotten);
    }
    let terminal = terminal.json_object(args.json);
    let Some((found, diagnostics, sources)) = opening::proof(&args.posture, &args.source, terminal).await
    else {
        return Exit::Error;
    };
    terminal.diagnose(&diagnostics, &sources);
    if let Some(cell) = &args.explain {
        return explain(&found, cell, terminal);
    }
    if args.json {
        match proof::json(&found) {
            Ok(text) => terminal.print(&text),
            Err(why) => return failed(terminal, Diagnostic::error(code::INTERNAL, why.to_string())),
        }
    } else {
        terminal.print(&proof::text(&found, terminal.style(), args.all));
    }
    if diagnostics.has_errors() {
        return Exit::Error;
    }
    // As with `check`: what is not known outweighs what failed.
    match found.verdict() {
        Some(Verdict::Unknown) => Exit::Error,
        Some(Verdict::Fails | Verdict::CannotBeMet) if found.knows_everything() => Exit::CheckFailed,
        Some(Verdict::Fails | Verdict::CannotBeMet) => Exit::Error,
        Some(Verdict::Unproven) if args.strict => Exit::CheckFailed,
        Some(Verdict::Unproven | Verdict::Holds) | None => Exit::Clean,
    }
}

/// A folder in the place of the scenario, and no posture where one is then looked for.
fn forgotten_scenario(args: &ProveArgs) -> Option<Diagnostic> {
    let [address, scenario] = args.explain.as_deref()? else {
        return None;
    };
    let holds_posture = |folder: &Path| {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files.map(|file| file.path()).any(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".hcl") || name.ends_with(".hcl.json")
        })
    };
    let known = scenarios();
    if known.iter().any(|s| s.name == *scenario)
        || !Path::new(scenario).is_dir()
        || holds_posture(&args.posture.dir)
    {
        return None;
    }
    let names: Vec<&str> = known.iter().map(|s| s.name.as_str()).collect();
    let why = format!("-explain takes an address and a scenario, and {scenario} is a folder.");
    let remedy = format!(
        "Write `-explain {address} SCENARIO {scenario}`. Scenarios: {}, and those that the posture declares.",
        names.join(", ")
    );
    Some(Diagnostic::error(code::USAGE, why).remedy(remedy))
}

fn explain(found: &backstay::prove::Proof, cell: &[String], terminal: Terminal) -> Exit {
    let (Some(address), Some(scenario)) = (cell.first(), cell.get(1)) else {
        return Exit::Error;
    };
    let wrong =
        |why: String, remedy: String| failed(terminal, Diagnostic::error(code::USAGE, why).remedy(remedy));
    let parsed: Address = match address.parse() {
        Ok(parsed) => parsed,
        Err(why) => return failed(terminal, Diagnostic::error(code::USAGE, format!("{why}."))),
    };
    match proof::explain(found, &parsed, scenario) {
        Some(text) => {
            terminal.print(&text);
            Exit::Clean
        }
        None => {
            let assets: Vec<String> = found.assets.iter().map(|a| a.address.to_string()).collect();
            let names: Vec<&str> = found.scenarios.iter().map(|s| s.scenario.name.as_str()).collect();
            wrong(
                format!("There is no proof of {address} in {scenario}."),
                format!(
                    "Addresses: {}. Disasters: {}.",
                    assets.join(", "),
                    names.join(", ")
                ),
            )
        }
    }
}
