//! `backstay prove`: what survives which disaster, read-only.

use super::failed;
use super::opening::{self, Source};
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::config::holds_posture;
use backstay::diag::{Diagnostic, Exit, code};
use backstay::model::Address;
use backstay::model::objective::scenarios;
use backstay::prove::{Proof, Verdict};
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
    backstay prove -json -explain rds_instance.app region_outage > derived.json\n  \
    backstay prove -scenarios\n\n\
    Exit codes: 0 every objective holds or only wants a rehearsal, 1 something is unknown,\n\
    3 an objective fails, or a backup writer can do what it must not; of -explain alone 0.")]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// Print the proof as one JSON object (schemas/prove.schema.json)
    #[arg(long)]
    json: bool,

    /// Derive one cell, down to what was read; with -json beside the proof
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
    let terminal = terminal.json_object(args.json);
    let asked = match args.explain.as_deref().map(Asked::new).transpose() {
        Ok(asked) => asked,
        Err(wrong) => return failed(terminal, wrong),
    };
    if let Some(asked) = asked
        .as_ref()
        .filter(|asked| asked.cannot_be_meant(&args.posture.dir))
    {
        let built_in = scenarios();
        let known = built_in.iter().map(|s| s.name.as_str());
        return failed(
            terminal,
            asked.is_a_folder(known, ", and those that the posture declares"),
        );
    }
    let why = asked.as_ref().map(|asked| (&asked.address, asked.scenario));
    let Some((found, diagnostics, sources)) =
        opening::proof(&args.posture, &args.source, why, terminal).await
    else {
        return Exit::Error;
    };
    terminal.diagnose(&diagnostics, &sources);
    if let Some(asked) = &asked {
        match explained(&found, asked) {
            Ok(text) if !args.json => {
                terminal.print(&text);
                return Exit::Clean;
            }
            Ok(_) => {}
            Err(wrong) => return failed(terminal, wrong),
        }
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

/// The cell that is to be derived.
struct Asked<'a> {
    address: Address,
    scenario: &'a str,
}

impl<'a> Asked<'a> {
    fn new(words: &'a [String]) -> Result<Self, Diagnostic> {
        let wrong = |why: String| Diagnostic::error(code::USAGE, why);
        let [address, scenario] = words else {
            return Err(wrong("-explain takes an address and a scenario.".to_owned()));
        };
        match address.parse() {
            Ok(address) => Ok(Self { address, scenario }),
            Err(why) => Err(wrong(format!("{why}."))),
        }
    }

    fn names_folder(&self) -> bool {
        Path::new(self.scenario).is_dir()
    }

    /// Whether it is sure before anything is read that the scenario was forgotten and the folder stands in its place. A posture
    /// in the current folder may declare a scenario by that name.
    fn cannot_be_meant(&self, dir: &Path) -> bool {
        let is_known = scenarios().iter().any(|s| s.name == self.scenario);
        let is_path =
            self.scenario.contains(['/', std::path::MAIN_SEPARATOR]) || self.scenario.starts_with('.');
        !is_known && self.names_folder() && (is_path || !holds_posture(dir))
    }

    fn is_a_folder<'s>(&self, known: impl Iterator<Item = &'s str>, more: &str) -> Diagnostic {
        let Self { address, scenario } = self;
        let names: Vec<&str> = known.collect();
        let why = format!("-explain takes an address and a scenario, and {scenario} is a folder.");
        let remedy = format!(
            "Write `-explain {address} SCENARIO {scenario}`. Scenarios: {}{more}.",
            names.join(", ")
        );
        Diagnostic::error(code::USAGE, why).remedy(remedy)
    }
}

fn explained(found: &Proof, asked: &Asked<'_>) -> Result<String, Diagnostic> {
    let Asked { address, scenario } = asked;
    proof::explain(found, address, scenario).ok_or_else(|| {
        let assets: Vec<String> = found.assets.iter().map(|a| a.address.to_string()).collect();
        let names: Vec<&str> = found.scenarios.iter().map(|s| s.scenario.name.as_str()).collect();
        if asked.names_folder() && !names.contains(scenario) {
            return asked.is_a_folder(names.into_iter(), "");
        }
        let why = format!("There is no proof of {address} in {scenario}.");
        let remedy = format!(
            "Addresses: {}. Disasters: {}.",
            assets.join(", "),
            names.join(", ")
        );
        Diagnostic::error(code::USAGE, why).remedy(remedy)
    })
}
