//! The engine: starts every step whose predecessors succeeded, several at once, and goes
//! on after a failure with whatever does not depend on it.

use super::{Event, Outcome, StepResult};
use crate::aws::{AwsError, Class, Cloud};
use crate::kinds::{self, WriteContext};
use crate::model::{Address, Place};
use crate::plan::{Plan, StepId};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Steps in flight at once.
    pub parallelism: usize,
    /// Turns true when the user wants to stop: what is in flight is finished, nothing new starts.
    pub stop: watch::Receiver<bool>,
}

/// Runs a plan. Fails never as a whole: the outcome says what became of each step.
pub async fn run(plan: &Plan, cloud: &Cloud, options: &Options, mut tell: impl FnMut(Event<'_>)) -> Outcome {
    let targets: BTreeMap<&Address, Target<'_>> = plan
        .changes
        .iter()
        .map(|c| {
            let target = Target {
                kind: &c.kind,
                place: &c.place,
                ident: &c.ident,
            };
            (&c.address, target)
        })
        .collect();
    let mut results: Vec<Option<StepResult>> = vec![None; plan.steps.len()];
    let mut started = vec![false; plan.steps.len()];
    let mut flying = FuturesUnordered::new();
    loop {
        skip_what_cannot_run(plan, &mut results, &mut tell);
        let stopping = *options.stop.borrow();
        if !stopping {
            for (id, step) in plan.steps.iter().enumerate() {
                if flying.len() >= options.parallelism.max(1) {
                    break;
                }
                let ready = step
                    .after
                    .iter()
                    .all(|a| matches!(results.get(*a), Some(Some(StepResult::Done))));
                let (Some(begun), Some(None)) = (started.get_mut(id), results.get(id)) else {
                    continue;
                };
                if *begun || !ready {
                    continue;
                }
                *begun = true;
                tell(Event::Started(id));
                flying.push(write(plan, cloud, targets.get(&step.address).copied(), id));
            }
        }
        let Some((id, took, result)) = flying.next().await else {
            break;
        };
        let result = match result {
            Ok(()) => {
                tell(Event::Done(id, took));
                StepResult::Done
            }
            Err(error) => {
                tell(Event::Failed(id, &error));
                StepResult::Failed(error)
            }
        };
        if let Some(slot) = results.get_mut(id) {
            *slot = Some(result);
        }
    }
    Outcome {
        interrupted: *options.stop.borrow(),
        results: results
            .into_iter()
            .map(|r| r.unwrap_or(StepResult::NotStarted))
            .collect(),
    }
}

#[derive(Debug, Clone, Copy)]
struct Target<'a> {
    kind: &'a str,
    place: &'a Place,
    ident: &'a str,
}

/// Marks every step that needs one that failed or was skipped, until there is no more.
fn skip_what_cannot_run(plan: &Plan, results: &mut [Option<StepResult>], tell: &mut impl FnMut(Event<'_>)) {
    loop {
        let next = plan.steps.iter().enumerate().find_map(|(id, step)| {
            let open = matches!(results.get(id), Some(None));
            let broken = step.after.iter().copied().find(|a| {
                matches!(
                    results.get(*a),
                    Some(Some(StepResult::Failed(_) | StepResult::Skipped(_)))
                )
            })?;
            open.then_some((id, broken))
        });
        let Some((id, broken)) = next else { return };
        tell(Event::Skipped(id, broken));
        if let Some(slot) = results.get_mut(id) {
            *slot = Some(StepResult::Skipped(broken));
        }
    }
}

async fn write(
    plan: &Plan,
    cloud: &Cloud,
    target: Option<Target<'_>>,
    id: StepId,
) -> (StepId, Duration, Result<(), AwsError>) {
    let start = Instant::now();
    let defect = |why: &str| AwsError::new("apply", Class::Refused, "BadPlan", why);
    let result = async {
        let step = plan
            .steps
            .get(id)
            .ok_or_else(|| defect("there is no such step"))?;
        let target = target.ok_or_else(|| defect("the step's resource is not in the plan"))?;
        let kind = kinds::find(target.kind).ok_or_else(|| defect("the step's kind does not exist"))?;
        let writer = cloud
            .writer(&target.place.scope())
            .ok_or_else(|| defect("there is no session for the step's account"))?;
        let cx = WriteContext {
            writer: &writer,
            place: target.place,
        };
        kind.apply(cx, target.ident, &step.op).await
    }
    .await;
    (id, start.elapsed(), result)
}
