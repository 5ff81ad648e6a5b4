//! The record of an apply: written before its first write and at its end, each under a key of its
//! own that nothing else is ever written to.

use super::lock::writer;
use super::{Outcome, StepResult};
use crate::aws::Cloud;
use crate::diag::{Diagnostic, Diagnostics, Exit, code};
use crate::evidence::applied;
use crate::evidence::lease::Holder;
use crate::evidence::record::{
    Approval, Change, Ended, Intent, Keys, Line, Step, StepVerdict, Verdict, text, version,
};
use crate::evidence::{Put, StoreWriter};
use crate::plan::{self, InForce, Plan, StepId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The record of an apply that is under way.
#[derive(Debug)]
pub struct Journal {
    writer: StoreWriter,
    keys: Keys,
    id: String,
    /// The digest of the plan, when it is a saved one.
    saved: Option<String>,
    /// Where the end is written when the bucket does not take it.
    folder: Option<PathBuf>,
}

/// Writes what the plan is about to do: to the bucket that the posture names, else to `folder`.
///
/// # Errors
/// When it cannot be written; then nothing may be changed.
pub async fn begin(
    plan: &Plan,
    cloud: &Cloud,
    folder: Option<&Path>,
    by: Holder,
    approvals: Vec<Approval>,
) -> Result<Journal, Diagnostic> {
    let writer = match (&plan.evidence, folder) {
        (Some(place), _) => writer(cloud, place).await?,
        (None, Some(folder)) => StoreWriter::folder(folder),
        (None, None) => {
            return Err(Diagnostic::error(
                code::NOT_KEPT,
                "No bucket is declared for it, and there is no home folder.",
            )
            .remedy("Set XDG_STATE_HOME to a folder, or declare evidence { bucket = \"...\" } in the backstay block."));
        }
    };
    let id = uuid::Uuid::new_v4().simple().to_string();
    let id: String = id.chars().take(12).collect();
    let digest = plan::digest(plan)?;
    let intent = Intent {
        id: id.clone(),
        at: Timestamp::now(),
        project: plan.project.clone(),
        plan: digest.clone(),
        by,
        callers: callers(plan, cloud),
        approvals,
        policies: plan.policies.clone(),
        counts: plan.summary(),
        steps: plan.steps.len(),
    };
    let journal = Journal {
        keys: Keys::of(&intent),
        writer,
        id,
        saved: plan.validity.is_some().then_some(digest),
        folder: folder.map(Path::to_owned),
    };
    let lines = std::iter::once(Line::Intent(Box::new(intent))).chain(changes(plan));
    keep(&journal.writer, &journal.keys.intent, lines).await?;
    Ok(journal)
}

/// The ARN that the plan's accounts are entered as.
fn callers(plan: &Plan, cloud: &Cloud) -> BTreeMap<String, String> {
    let labels = plan.accounts.keys();
    labels
        .filter_map(|label| Some((label.clone(), cloud.caller(label)?.to_owned())))
        .collect()
}

fn changes(plan: &Plan) -> impl Iterator<Item = Line> {
    plan.changes
        .iter()
        .filter(|change| plan.steps_of(&change.address).next().is_some())
        .map(|change| {
            Line::Change(Box::new(Change {
                address: change.address.clone(),
                kind: change.kind.clone(),
                ident: change.ident.clone(),
                scope: change.place.scope(),
                action: change.action,
                attributes: plan.attributes_of(&change.address).cloned().collect(),
            }))
        })
}

/// What became of the policy that the posture declares.
#[derive(Debug, Clone, PartialEq)]
pub enum Enacted {
    /// Another one was never asked for, or the apply did not come to it.
    Unchanged,
    /// It is in force now.
    Now(Box<InForce>),
    /// It could not be put in force.
    Not,
}

impl Journal {
    /// Of this apply, as `history` shows it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is written.
    pub(super) fn writer(&self) -> &StoreWriter {
        &self.writer
    }

    /// Writes how the apply ended, and that its saved plan is spent when all of it was done. What its bucket does not take of
    /// the record is kept in the local folder.
    ///
    /// # Errors
    /// What is not where it belongs, and where it is.
    pub async fn end(
        self,
        plan: &Plan,
        outcome: &Outcome,
        took: &BTreeMap<StepId, Duration>,
        lock_lost: bool,
        enacted: Enacted,
    ) -> Result<(), Diagnostics> {
        let mut missing = Diagnostics::new();
        let in_force = matches!(enacted, Enacted::Now(_)) || plan.policies.changes().is_empty();
        // First: between both writes the plan is spent, and how its apply ended is not known.
        if let Some(digest) = self.saved.as_ref().filter(|_| outcome.is_whole() && in_force)
            && let Err(why) = applied::mark(&self.writer, &plan.project, digest, &self.id).await
        {
            missing.push(why);
        }
        if let Err(why) = self.conclude(plan, outcome, took, lock_lost, enacted).await {
            missing.push(why);
        }
        missing.into_result(()).map(|_| ())
    }

    async fn conclude(
        &self,
        plan: &Plan,
        outcome: &Outcome,
        took: &BTreeMap<StepId, Duration>,
        lock_lost: bool,
        enacted: Enacted,
    ) -> Result<(), Diagnostic> {
        let enforced = !matches!(enacted, Enacted::Not);
        let ended = Ended {
            id: self.id.clone(),
            at: Timestamp::now(),
            result: match verdict(outcome, lock_lost) {
                Verdict::Done if !enforced => Verdict::Partial,
                other => other,
            },
            exit: match outcome.exit() {
                Exit::Clean if !enforced || lock_lost => Exit::Partial.code(),
                other => other.code(),
            },
            done: outcome.done(),
            failed: failed(outcome),
            not_known: outcome.count(super::Verdict::NotKnown),
            not_run: outcome.count(super::Verdict::NotDone) - failed(outcome),
        };
        let lines: Vec<Line> = std::iter::once(Line::Result(ended))
            .chain(steps(plan, outcome, took))
            .chain(match enacted {
                Enacted::Now(policy) => Some(Line::Policy(policy)),
                Enacted::Unchanged | Enacted::Not => None,
            })
            .collect();
        let Err(why) = keep(&self.writer, &self.keys.result, lines.clone()).await else {
            return Ok(());
        };
        let kept = match &self.folder {
            Some(folder) => {
                let local = StoreWriter::folder(folder);
                let kept = keep(&local, &self.keys.result, lines).await;
                kept.map(|()| folder.join(&self.keys.result))
            }
            None => Err(Diagnostic::error(code::NOT_KEPT, "there is no home folder.")),
        };
        Err(match kept {
            Ok(path) => why.remedy(format!(
                "The changes were made. How they ended is in {}: copy it to {}{}.",
                path.display(),
                self.writer.store().shown(),
                self.keys.result
            )),
            Err(local) => why.remedy(format!(
                "The changes were made, and how they ended is kept nowhere ({}). Keep this output.",
                local.detail
            )),
        })
    }
}

/// How many steps failed without any effect.
fn failed(outcome: &Outcome) -> usize {
    let both = outcome.results.iter().zip(outcome.verdicts());
    both.filter(|(result, verdict)| {
        matches!(result, StepResult::Failed(_)) && *verdict == super::Verdict::NotDone
    })
    .count()
}

fn verdict(outcome: &Outcome, lock_lost: bool) -> Verdict {
    if lock_lost {
        Verdict::LockLost
    } else if outcome.is_whole() {
        Verdict::Done
    } else if outcome.interrupted {
        Verdict::Interrupted
    } else if outcome.count(super::Verdict::NotDone) == outcome.results.len() {
        Verdict::Failed
    } else {
        Verdict::Partial
    }
}

fn steps<'a>(
    plan: &'a Plan,
    outcome: &'a Outcome,
    took: &'a BTreeMap<StepId, Duration>,
) -> impl Iterator<Item = Line> + 'a {
    let results = outcome.results.iter().zip(outcome.verdicts());
    let both = plan.steps.iter().zip(results).enumerate();
    both.map(|(id, (step, (result, verdict)))| {
        let (result, error, because_of) = match result {
            StepResult::Done => (StepVerdict::Done, None, None),
            StepResult::Failed(error) => {
                let result = match verdict {
                    super::Verdict::NotKnown => StepVerdict::NotKnown,
                    super::Verdict::Done | super::Verdict::NotDone => StepVerdict::Failed,
                };
                (result, Some(error.to_string()), None)
            }
            StepResult::Skipped(other) => (StepVerdict::Skipped, None, Some(*other)),
            StepResult::NotStarted => (StepVerdict::NotRun, None, None),
        };
        Line::Step(Step {
            step: id,
            address: step.address.clone(),
            what: step.what.clone(),
            result,
            error,
            because_of,
            took_ms: took
                .get(&id)
                .map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX)),
        })
    })
}

async fn keep(
    writer: &StoreWriter,
    key: &str,
    lines: impl IntoIterator<Item = Line>,
) -> Result<(), Diagnostic> {
    let lines = text(std::iter::once(version()).chain(lines))
        .map_err(|e| Diagnostic::error(code::INTERNAL, format!("the record cannot be written: {e}.")))?;
    let not_kept = |why: Diagnostic| Diagnostic {
        code: code::NOT_KEPT,
        summary: code::NOT_KEPT.summary().into(),
        ..why
    };
    match writer.put_new(key, lines.as_bytes()).await.map_err(not_kept)? {
        Put::Done(_) => Ok(()),
        // A request is repeated when its answer was lost; nobody else has this key.
        Put::Overtaken => {
            let there = writer.store().get(key).await.map_err(not_kept)?;
            if there.is_some_and(|there| there.bytes == lines.as_bytes()) {
                Ok(())
            } else {
                let detail = format!("{}{key} is taken by something else.", writer.store().shown());
                Err(Diagnostic::error(code::NOT_KEPT, detail))
            }
        }
    }
}
