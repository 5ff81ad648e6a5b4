//! What most commands begin with: a posture, the live state, a plan.

use super::{approving, failed, read_file, write_file};
use crate::options::{PostureArgs, SelectionArgs};
use crate::terminal::Terminal;
use backstay::aws::Cloud;
use backstay::check::{Assertion, Drift, Exemption};
use backstay::config::Inputs;
use backstay::diag::{Diagnostic, Diagnostics, Severity, Sources, code};
use backstay::kinds::Depth;
use backstay::live::{Snapshot, Timestamp};
use backstay::model::fact::Evidence;
use backstay::model::value::Value;
use backstay::model::{Address, Region};
use backstay::pipeline::{self, Live, Posture};
use backstay::plan::{InForce, Plan, Selection, policy};
use backstay::prove::Proof;
use clap::Args;
use std::collections::HashMap;
use std::path::PathBuf;

/// The live state's source.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Source {
    /// Use a saved live state in place of the cloud
    #[arg(long, value_name = "FILE", conflicts_with = "save_snapshot")]
    pub(crate) snapshot: Option<PathBuf>,

    /// Save the live state, whole: `plan`, `check` and `prove` can each go by it
    #[arg(long, value_name = "FILE")]
    pub(crate) save_snapshot: Option<PathBuf>,
}

/// A plan and all that it was made from.
pub(crate) struct Made {
    pub(crate) plan: Plan,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) sources: Sources,
    /// Absent when the live state came from a snapshot.
    pub(crate) cloud: Option<Cloud>,
    /// When the policy in force was read, by the clock of where it is kept.
    pub(crate) now: Timestamp,
}

/// What rules are held against.
pub(crate) struct Seen {
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) drift: Vec<Drift>,
    pub(crate) assertions: Vec<Assertion>,
    /// Where the posture declares an objective, and all of it was selected.
    pub(crate) proof: Option<Proof>,
    pub(crate) exemptions: Vec<Exemption>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) sources: Sources,
}

fn inputs(args: &PostureArgs) -> Result<Inputs, Diagnostic> {
    let vars = args
        .variables
        .vars
        .iter()
        .map(|text| {
            text.split_once('=')
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .ok_or_else(|| {
                    Diagnostic::error(code::USAGE, format!("-var {text} has no \"=\"."))
                        .remedy("Write -var 'name=value'.")
                })
        })
        .collect::<Result<_, _>>()?;
    Ok(Inputs {
        dir: args.dir.clone(),
        vars,
        var_files: args.variables.var_files.clone(),
        env: std::env::vars_os()
            .filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)))
            .filter(|(n, _)| n.starts_with("BACKSTAY_VAR_"))
            .collect(),
        ..Inputs::default()
    })
}

/// Addresses as given on the command line.
pub(crate) fn addresses(texts: &[String]) -> Result<Vec<Address>, Diagnostic> {
    texts
        .iter()
        .map(|t| {
            t.parse()
                .map_err(|e| Diagnostic::error(code::USAGE, format!("{e}.")))
        })
        .collect()
}

fn selection(args: &SelectionArgs) -> Result<Selection, Diagnostic> {
    Ok(Selection {
        targets: addresses(&args.targets)?,
        excludes: addresses(&args.excludes)?,
    })
}

/// The region that resources live in where nothing else says so, without asking a profile.
fn ambient_region() -> Option<Region> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .and_then(|text| text.parse().ok())
}

/// The posture without the cloud, and everything that is wrong with it.
pub(crate) fn validate(args: &PostureArgs) -> (Option<Posture>, Diagnostics, Sources) {
    let mut sources = Sources::new();
    let inputs = match inputs(args) {
        Ok(inputs) => inputs,
        Err(diagnostic) => return (None, diagnostic.into(), sources),
    };
    // A posture may leave the region to the environment; that is no fault of its text.
    let region = ambient_region().or_else(|| "us-east-1".parse().ok());
    match pipeline::open_offline(&inputs, &mut sources, region.as_ref()) {
        Ok((posture, diagnostics)) => (Some(posture), diagnostics, sources),
        Err(diagnostics) => (None, diagnostics, sources),
    }
}

/// What the names of a folder give; a folder without any file gives none.
pub(crate) fn names(args: &PostureArgs) -> (HashMap<String, Value>, Diagnostics, Sources) {
    let mut sources = Sources::new();
    match inputs(args) {
        Ok(inputs) => {
            let (names, diagnostics) = pipeline::names(&inputs, &mut sources);
            (names, diagnostics, sources)
        }
        Err(diagnostic) => (HashMap::new(), diagnostic.into(), sources),
    }
}

/// The posture without the cloud; `None` after printing what is wrong.
pub(crate) fn offline(args: &PostureArgs, terminal: Terminal) -> Option<Posture> {
    let (posture, diagnostics, sources) = validate(args);
    match posture {
        Some(_) => terminal.diagnose(&diagnostics, &sources),
        None => terminal.refuse(&diagnostics, &sources),
    }
    posture
}

/// A posture whose accounts have been entered; nothing has been read of them.
pub(crate) struct Opened {
    pub(crate) posture: Posture,
    pub(crate) live: Live,
    diagnostics: Diagnostics,
    pub(crate) sources: Sources,
}

impl Opened {
    /// Every resource that the posture declares.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        self.posture.desired.iter().map(|d| d.address.clone()).collect()
    }
}

/// The posture and its accounts in the cloud, for what needs no plan.
pub(crate) async fn entered(args: &PostureArgs) -> Result<(Posture, Cloud), (Diagnostics, Sources)> {
    let opened = open(args, &Source::default()).await?;
    match opened.live {
        Live::Cloud(cloud) => Ok((opened.posture, cloud)),
        Live::Snapshot(_) => Err((Diagnostics::new(), opened.sources)),
    }
}

pub(crate) async fn open(args: &PostureArgs, source: &Source) -> Result<Opened, (Diagnostics, Sources)> {
    let mut sources = Sources::new();
    let prepared = inputs(args).and_then(|inputs| {
        let snapshot = source
            .snapshot
            .as_ref()
            .map(|file| read_file(file).and_then(|text| Snapshot::from_json(&text)))
            .transpose()?;
        Ok((inputs, snapshot))
    });
    let (inputs, snapshot) = prepared.map_err(|d| (d.into(), Sources::new()))?;
    match pipeline::open(&inputs, &mut sources, snapshot).await {
        Ok((posture, live, diagnostics)) => Ok(Opened {
            posture,
            live,
            diagnostics,
            sources,
        }),
        Err(diagnostics) => Err((diagnostics, sources)),
    }
}

fn save(snapshot: &Snapshot, source: &Source) -> Result<(), Diagnostic> {
    match &source.save_snapshot {
        None => Ok(()),
        Some(file) => write_file(file, &snapshot.to_json()?),
    }
}

/// Opens, reads and plans; `None` after saying what is wrong.
pub(crate) async fn plan(
    posture_args: &PostureArgs,
    selection_args: &SelectionArgs,
    source: &Source,
    terminal: Terminal,
) -> Option<Made> {
    make(posture_args, selection_args, source)
        .await
        .map_err(|(diagnostics, sources)| terminal.refuse(&diagnostics, &sources))
        .ok()
}

async fn make(
    posture_args: &PostureArgs,
    selection_args: &SelectionArgs,
    source: &Source,
) -> Result<Made, (Diagnostics, Sources)> {
    selection(selection_args).map_err(|d| (d.into(), Sources::new()))?;
    let opened = open(posture_args, source).await?;
    // A policy that asks for nothing is no reason to refuse a look.
    let policy = opened.posture.policy.is_some();
    planned(opened, selection_args, source, policy).await
}

/// Reads the live state and the policy in force of what was opened, and plans. `strict` says whether it
/// is an error that the policy cannot be read.
pub(crate) async fn planned(
    opened: Opened,
    selection_args: &SelectionArgs,
    source: &Source,
    strict: bool,
) -> Result<Made, (Diagnostics, Sources)> {
    let Opened {
        posture,
        live,
        mut diagnostics,
        sources,
    } = opened;
    let selection = match selection(selection_args) {
        Ok(selection) => selection,
        Err(wrong) => return Err((wrong.into(), sources)),
    };
    let selected = match selection.apply(posture.desired.clone(), &posture.graph) {
        Ok(selected) => selected,
        Err(wrong) => return Err((wrong, sources)),
    };
    let whole = selection.is_everything();
    // What is kept is kept for `check` and `prove` too, which ask for more than what is declared.
    let keeps = source.save_snapshot.is_some();
    let depth = if keeps { Depth::Everything } else { Depth::Declared };
    let (mut snapshot, said) = pipeline::look(&posture, &selected, whole, depth, &live).await;
    diagnostics.append(said);
    if keeps && whole && !posture.objectives.is_empty() {
        pipeline::look_at_everyone(&posture, &live, &mut snapshot).await;
    }
    if let Err(diagnostic) = save(&snapshot, source) {
        return Err((diagnostic.into(), sources));
    }
    let (in_force, now) = match &live {
        Live::Cloud(cloud) => {
            let read = governed(&posture, &snapshot, cloud).await;
            read.unwrap_or_else(|mut unknown| {
                if !strict {
                    unknown.severity = Severity::Warning;
                }
                diagnostics.push(unknown);
                (None, Timestamp::now())
            })
        }
        // A snapshot says nothing of it; an apply compares.
        Live::Snapshot(_) => (None, Timestamp::now()),
    };
    match pipeline::plan(&posture, &selection, &snapshot, in_force) {
        Ok((plan, said)) => {
            diagnostics.append(said);
            Ok(Made {
                plan,
                diagnostics,
                sources,
                now,
                cloud: match live {
                    Live::Cloud(cloud) => Some(cloud),
                    Live::Snapshot(_) => None,
                },
            })
        }
        Err(wrong) => Err((wrong, sources)),
    }
}

/// The policy in force for what was read.
async fn governed(
    posture: &Posture,
    snapshot: &Snapshot,
    cloud: &Cloud,
) -> Result<(Option<InForce>, Timestamp), Diagnostic> {
    let marks = policy::marks(snapshot.entries().iter().map(|e| (e.kind.as_str(), &e.seen)))?;
    approving::in_force(posture.evidence.as_ref(), &posture.project, &marks, cloud).await
}

/// Opens, reads everything, and gives what rules look at; `None` after saying what is wrong.
pub(crate) async fn evidence(
    posture_args: &PostureArgs,
    selection_args: &SelectionArgs,
    source: &Source,
    terminal: Terminal,
) -> Option<Seen> {
    let seen = match selection(selection_args) {
        Ok(selection) => see(posture_args, &selection, source).await,
        Err(diagnostic) => Err((diagnostic.into(), Sources::new())),
    };
    seen.map_err(|(diagnostics, sources)| terminal.refuse(&diagnostics, &sources))
        .ok()
}

/// Opens, reads everything and everybody, and proves, deriving one cell where that is asked; `None` after saying what is wrong.
pub(crate) async fn proof(
    args: &PostureArgs,
    source: &Source,
    asked_why: Option<(&Address, &str)>,
    terminal: Terminal,
) -> Option<(Proof, Diagnostics, Sources)> {
    let Opened {
        posture,
        live,
        mut diagnostics,
        sources,
    } = match open(args, source).await {
        Ok(opened) => opened,
        Err((diagnostics, sources)) => {
            terminal.refuse(&diagnostics, &sources);
            return None;
        }
    };
    let (mut snapshot, said) =
        pipeline::look(&posture, &posture.desired, true, Depth::Everything, &live).await;
    diagnostics.append(said);
    pipeline::look_at_everyone(&posture, &live, &mut snapshot).await;
    if let Err(diagnostic) = save(&snapshot, source) {
        failed(terminal, diagnostic);
        return None;
    }
    let (evidence, said) = pipeline::evidence(&posture.desired, &snapshot);
    diagnostics.append(said);
    Some((
        pipeline::proof(&posture, &evidence, &snapshot, asked_why),
        diagnostics,
        sources,
    ))
}

async fn see(
    posture_args: &PostureArgs,
    selection: &Selection,
    source: &Source,
) -> Result<Seen, (Diagnostics, Sources)> {
    let Opened {
        posture,
        live,
        mut diagnostics,
        sources,
    } = open(posture_args, source).await?;
    let selected = match selection.apply(posture.desired.clone(), &posture.graph) {
        Ok(selected) => selected,
        Err(wrong) => return Err((wrong, sources)),
    };
    let whole = selection.is_everything();
    let (mut snapshot, said) = pipeline::look(&posture, &selected, whole, Depth::Everything, &live).await;
    diagnostics.append(said);
    // Of a part nothing can be proved: what is left out may hold the copy, or who destroys it.
    let proves = whole && !posture.objectives.is_empty();
    if proves {
        pipeline::look_at_everyone(&posture, &live, &mut snapshot).await;
    }
    if let Err(diagnostic) = save(&snapshot, source) {
        return Err((diagnostic.into(), sources));
    }
    // What the plan says of single resources becomes findings, with the same places.
    let plan = match pipeline::plan(&posture, selection, &snapshot, None) {
        Ok((plan, _)) => plan,
        Err(wrong) => return Err((wrong, sources)),
    };
    let (evidence, said) = pipeline::evidence(&selected, &snapshot);
    diagnostics.append(said);
    let proof = proves.then(|| pipeline::proof(&posture, &evidence, &snapshot, None));
    Ok(Seen {
        proof,
        drift: pipeline::drift(&selected, &plan),
        evidence,
        assertions: posture.assertions,
        exemptions: posture
            .exemptions
            .into_iter()
            // One for a resource that was left out is not idle.
            .filter(|e| {
                whole
                    || e.resource
                        .as_ref()
                        .is_none_or(|r| selected.iter().any(|d| r.covers(&d.address)))
            })
            .collect(),
        diagnostics,
        sources,
    })
}
