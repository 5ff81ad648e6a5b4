//! The beginning of an apply: what it is about, whose accounts are entered, and the lock.

use super::super::locking::Guard;
use super::super::opening::{self, Opened, Source};
use super::super::{failed, read_file};
use super::ApplyArgs;
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::aws::Cloud;
use backstay::diag::{Diagnostic, Diagnostics, Sources, code};
use backstay::model::{Address, Desired};
use backstay::pipeline::{self, Live};
use backstay::plan::{self, Origin, Plan};
use std::path::{Path, PathBuf};

/// What is to be applied: nothing of it has been read yet.
pub(super) enum Begun {
    Posture(Box<Opened>),
    Saved(Box<Saved>, Cloud),
}

/// A plan from a file.
pub(super) struct Saved {
    pub(super) plan: Plan,
    pub(super) held: Held,
    /// What the posture declares, as far as it was looked at.
    pub(super) declared: Vec<Address>,
    /// The posture's text.
    pub(super) sources: Sources,
}

/// What a plan from a file is held to, beside what it says itself.
pub(super) struct Held {
    /// What approvals are for, and what is applied once.
    pub(super) digest: String,
    /// What its changes depend on and it says nothing of; empty without a posture.
    pub(super) needs: Vec<Desired>,
}

/// Enters the accounts and takes the lock; `None` after saying why that is not possible.
pub(super) async fn begin(args: &ApplyArgs, terminal: Terminal) -> Option<(Begun, Guard)> {
    match args.posture.dir.is_file() {
        true => open_saved(args, terminal).await,
        false => open_posture(args, terminal).await,
    }
}

/// The first option that does not fit what is applied.
pub(super) fn misplaced(args: &ApplyArgs) -> Option<Diagnostic> {
    let wrong = |option: &str, why: &str, remedy: &str| {
        Diagnostic::error(code::USAGE, format!("{option} has no effect {why}.")).remedy(remedy.to_owned())
    };
    if !args.posture.dir.is_file() {
        let option = match (&args.of, args.detached) {
            (Some(_), _) => "-posture",
            (None, true) => "-detached",
            (None, false) => return None,
        };
        return Some(wrong(
            option,
            "without a saved plan",
            "Leave it out, or name the file that `plan -out` wrote.",
        ));
    }
    if let Some(option) = args.selection.given() {
        return Some(wrong(
            option,
            "on a saved plan, which runs as it is",
            "Leave it out, or make another plan with it.",
        ));
    }
    let option = args.posture.given().filter(|_| args.detached)?;
    Some(wrong(
        option,
        "with -detached, which looks at no posture",
        "Leave one of them out.",
    ))
}

async fn open_posture(args: &ApplyArgs, terminal: Terminal) -> Option<(Begun, Guard)> {
    let (opened, guard) = locked(&args.posture, args, terminal).await?;
    Some((Begun::Posture(Box::new(opened)), guard))
}

/// Enters a posture's accounts and takes its lock.
async fn locked(posture: &PostureArgs, args: &ApplyArgs, terminal: Terminal) -> Option<(Opened, Guard)> {
    let opened = match opening::open(posture, &Source::default()).await {
        Ok(opened) => opened,
        Err((diagnostics, sources)) => {
            terminal.refuse(&diagnostics, &sources);
            return None;
        }
    };
    let guard = take(&opened, args, terminal).await?;
    Some((opened, guard))
}

async fn take(opened: &Opened, args: &ApplyArgs, terminal: Terminal) -> Option<Guard> {
    let Live::Cloud(cloud) = &opened.live else {
        return None;
    };
    let posture = &opened.posture;
    Guard::take(
        posture.lock.as_ref(),
        &posture.project,
        cloud,
        &args.lock,
        terminal,
    )
    .await
}

/// A saved plan and the posture that it has to be of: the file alone must not decide which accounts are entered how, which
/// lock is taken, where the record goes and which policy is met.
async fn open_saved(args: &ApplyArgs, terminal: Terminal) -> Option<(Begun, Guard)> {
    let loaded = read_file(&args.posture.dir)
        .and_then(|text| plan::load_with_digest(&text))
        .and_then(|(plan, digest)| plan::timely(&plan, jiff::Timestamp::now()).map(|()| (plan, digest)));
    let (plan, digest) = match loaded {
        Ok(loaded) => loaded,
        Err(diagnostic) => {
            failed(terminal, diagnostic);
            return None;
        }
    };
    if args.detached {
        return open_detached(args, plan, digest, terminal).await;
    }
    let folder = args.of.clone().unwrap_or_else(|| PathBuf::from("."));
    let posture = PostureArgs {
        dir: folder.clone(),
        variables: args.posture.variables.clone(),
    };
    let opened = match opening::open(&posture, &Source::default()).await {
        Ok(opened) => opened,
        Err((diagnostics, _)) if diagnostics.iter().any(|d| d.code == code::NO_FILES) => {
            failed(terminal, without_posture(&plan, &folder));
            return None;
        }
        Err((diagnostics, sources)) => {
            terminal.refuse(&diagnostics, &sources);
            terminal.tell(
                "A saved plan is held against its posture, which could not be opened. Nothing was changed.",
            );
            return None;
        }
    };
    let declared = opened.addresses();
    let posture = &opened.posture;
    let origin = Origin {
        project: &posture.project,
        accounts: &posture.accounts,
        lock: posture.lock.as_ref(),
        evidence: posture.evidence.as_ref(),
        policy: posture.policy.as_ref(),
        desired: &posture.desired,
        graph: &posture.graph,
        outputs: &posture.outputs,
        places: &posture.places,
        homes: &posture.homes,
    };
    if let Err(diagnostic) = plan.is_of(origin, &folder.display().to_string()) {
        failed(terminal, diagnostic);
        return None;
    }
    let needs = plan.needs(origin);
    let guard = take(&opened, args, terminal).await?;
    let Live::Cloud(cloud) = opened.live else {
        return None;
    };
    let saved = Saved {
        plan,
        held: Held { digest, needs },
        declared,
        sources: opened.sources,
    };
    Some((Begun::Saved(Box::new(saved), cloud), guard))
}

/// A saved plan without its posture: it says itself what it meets.
async fn open_detached(
    args: &ApplyArgs,
    plan: Plan,
    digest: String,
    terminal: Terminal,
) -> Option<(Begun, Guard)> {
    let cloud = match pipeline::reconnect(&plan).await {
        Ok(cloud) => cloud,
        Err(diagnostics) => {
            terminal.refuse(&diagnostics, &Sources::new());
            return None;
        }
    };
    terminal.diagnose(&Diagnostics::from(unheld(&plan)), &Sources::new());
    let guard = Guard::take(plan.lock.as_ref(), &plan.project, &cloud, &args.lock, terminal).await?;
    let saved = Saved {
        plan,
        held: Held {
            digest,
            needs: Vec::new(),
        },
        declared: Vec::new(),
        sources: Sources::new(),
    };
    Some((Begun::Saved(Box::new(saved), cloud), guard))
}

fn without_posture(plan: &Plan, folder: &Path) -> Diagnostic {
    Diagnostic::error(
        code::BAD_PLAN,
        format!(
            "The plan is of the project \"{}\", and {} holds no posture to hold it against.",
            plan.project,
            folder.display()
        ),
    )
    .remedy(
        "Nothing was changed. Run it in the folder of its posture, or name that folder with -posture. If the file is as \
         trustworthy as the posture, -detached runs it by what it says itself of its lock, record and policy.",
    )
}

fn unheld(plan: &Plan) -> Diagnostic {
    let place = |bucket: Option<&str>| bucket.map_or("nowhere".to_owned(), |b| format!("in {b}"));
    Diagnostic::warning(
        code::BAD_PLAN,
        format!(
            "The plan is held against no posture (-detached). The file alone says that the project is \"{}\", that its lock is \
             {} and its records and policy are {}.",
            plan.project,
            place(plan.lock.as_ref().map(|l| l.place.bucket.as_str())),
            plan.evidence
                .as_ref()
                .map_or("on this machine".to_owned(), |e| format!("in {}", e.bucket)),
        ),
    )
}
