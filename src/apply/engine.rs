//! The engine: starts every step whose predecessors succeeded, several at once, and goes
//! on after a failure with whatever does not depend on it.

use super::queue::Queue;
use super::{Event, Outcome, StepResult};
use crate::aws::{AwsError, Class, Cloud, Tally};
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
    let mut queue = Queue::new(&plan.steps);
    let mut results: Vec<Option<StepResult>> = vec![None; plan.steps.len()];
    let tallies: Vec<Tally> = plan.steps.iter().map(|_| Tally::default()).collect();
    let mut flying = FuturesUnordered::new();
    loop {
        while flying.len() < options.parallelism.max(1)
            && !*options.stop.borrow()
            && let Some(id) = queue.next()
        {
            tell(Event::Started(id));
            let target = plan.steps.get(id).and_then(|step| targets.get(&step.address));
            let tally = tallies.get(id).cloned().unwrap_or_default();
            let work = write(plan, cloud, target.copied(), id);
            flying.push(async move { tally.over(work).await });
        }
        let Some((id, took, result)) = flying.next().await else {
            break;
        };
        let result = match result {
            Ok(()) => {
                queue.done(id);
                tell(Event::Done(id, took));
                StepResult::Done
            }
            Err(error) => {
                tell(Event::Failed(id, &error));
                for (skipped, broken) in queue.failed(id) {
                    tell(Event::Skipped(skipped, broken));
                    put(&mut results, skipped, StepResult::Skipped(broken));
                }
                StepResult::Failed(error)
            }
        };
        put(&mut results, id, result);
    }
    Outcome {
        interrupted: *options.stop.borrow(),
        results: results
            .into_iter()
            .map(|r| r.unwrap_or(StepResult::NotStarted))
            .collect(),
        traces: tallies.iter().map(Tally::trace).collect(),
    }
}

fn put(results: &mut [Option<StepResult>], id: StepId, result: StepResult) {
    if let Some(slot) = results.get_mut(id) {
        *slot = Some(result);
    }
}

#[derive(Debug, Clone, Copy)]
struct Target<'a> {
    kind: &'a str,
    place: &'a Place,
    ident: &'a str,
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
