//! What applies have left behind: their records, newest first. Reads only.
//!
//! How an apply ended is read from where its intent is. Where a bucket has not taken it, the machine that ran the apply
//! has kept it under the same key, and is looked at too.

use super::Store;
use super::record::{Change, Ended, FORMAT, INTENT, Intent, Keys, Line, Step, StepVerdict, folder};
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::Address;
use crate::plan::InForce;
use futures::StreamExt;
use std::collections::BTreeSet;

/// Records that are read at once.
const AT_ONCE: usize = 16;

/// The record of one apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What it set out to do.
    pub intent: Intent,
    /// Each resource that it was to change.
    pub changes: Vec<Change>,
    /// How it ended; absent while it runs and when it was killed.
    pub ended: Option<Ended>,
    /// What became of each write, when it ended.
    pub steps: Vec<Step>,
    /// The policy of approvals that it put in force.
    pub policy: Option<InForce>,
    /// Where it says how it ended, when that is not beside what it set out to do.
    pub apart: Option<String>,
}

/// Where records are read.
#[derive(Debug)]
pub struct Places {
    /// What applies set out to do, and how they ended.
    pub store: Store,
    /// How those ended that this machine ran, when the store did not take it.
    pub machine: Option<Store>,
}

/// What became of a resource that an apply was to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// Every write of it took effect.
    Done,
    /// None did.
    NotDone,
    /// Some did, or may have.
    NotKnown,
}

impl Record {
    /// What became of a resource. Nothing is known of an apply without an end.
    pub fn became(&self, address: &Address) -> Became {
        let of = |step: &&Step| step.address == *address;
        let results: Vec<StepVerdict> = self.steps.iter().filter(of).map(|s| s.result).collect();
        let idle = |r: &StepVerdict| !matches!(r, StepVerdict::Done | StepVerdict::NotKnown);
        if self.ended.is_none() || results.is_empty() {
            Became::NotKnown
        } else if results.iter().all(|r| *r == StepVerdict::Done) {
            Became::Done
        } else if results.iter().all(idle) {
            Became::NotDone
        } else {
            Became::NotKnown
        }
    }
}

/// A project's latest records, newest first, and how many older ones there are.
///
/// # Errors
/// When the store cannot be listed. A single record that cannot be read is among the diagnostics.
pub async fn latest(
    places: &Places,
    project: &str,
    most: usize,
) -> Result<(Vec<Record>, usize, Diagnostics), Diagnostic> {
    let stems = stems(&places.store, project).await?;
    let older = stems.len().saturating_sub(most);
    let (records, diagnostics) = read_all(places, stems.into_iter().rev().take(most)).await;
    Ok((records, older, diagnostics))
}

/// The records whose id begins with `id`.
///
/// # Errors
/// When the store cannot be listed.
pub async fn find(
    places: &Places,
    project: &str,
    id: &str,
) -> Result<(Vec<Record>, Diagnostics), Diagnostic> {
    let stems = stems(&places.store, project).await?;
    let named = |stem: &String| {
        let own = stem.rsplit_once("Z-").map(|(_, own)| own);
        own.is_some_and(|own| own.starts_with(id))
    };
    Ok(read_all(places, stems.into_iter().rev().filter(named)).await)
}

async fn stems(store: &Store, project: &str) -> Result<BTreeSet<String>, Diagnostic> {
    let keys = store.list(&folder(project)).await?;
    let stem = |key: &String| key.strip_suffix(INTENT).map(str::to_owned);
    Ok(keys.iter().filter_map(stem).collect())
}

async fn read_all(places: &Places, stems: impl Iterator<Item = String>) -> (Vec<Record>, Diagnostics) {
    let reads =
        futures::stream::iter(stems).map(|stem| async move { read(places, &Keys::of_stem(&stem)).await });
    let mut records = Vec::new();
    let mut diagnostics = Diagnostics::new();
    for read in reads.buffered(AT_ONCE).collect::<Vec<_>>().await {
        match read {
            Ok((record, warnings)) => {
                records.push(record);
                diagnostics.extend(warnings);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    (records, diagnostics)
}

async fn read(places: &Places, keys: &Keys) -> Result<(Record, Option<Diagnostic>), Diagnostic> {
    let store = &places.store;
    let lost = |key: &str| {
        Diagnostic::error(
            code::UNREADABLE,
            format!("{}{key} is listed and not there.", store.shown()),
        )
    };
    let object = store.get(&keys.intent).await?.ok_or_else(|| lost(&keys.intent))?;
    let mut intent = None;
    let mut changes = Vec::new();
    for line in lines(store, &keys.intent, &object.bytes)? {
        match line {
            Line::Intent(it) => intent = Some(*it),
            Line::Change(change) => changes.push(*change),
            _ => {}
        }
    }
    let intent = intent.ok_or_else(|| bad(store, &keys.intent, "it holds no intent"))?;
    let mut record = Record {
        intent,
        changes,
        ended: None,
        steps: Vec::new(),
        policy: None,
        apart: None,
    };
    if let Some(object) = store.get(&keys.result).await? {
        record.ends(lines(store, &keys.result, &object.bytes)?);
        return Ok((record, None));
    }
    let told = apart(places, keys, &mut record).await;
    Ok((record, told))
}

impl Record {
    fn ends(&mut self, lines: Vec<Line>) {
        for line in lines {
            match line {
                Line::Result(it) => self.ended = Some(it),
                Line::Step(step) => self.steps.push(step),
                Line::Policy(it) => self.policy = Some(*it),
                _ => {}
            }
        }
    }
}

/// Adds how an apply ended from what this machine has kept of it, and says so; or why that cannot be read.
async fn apart(places: &Places, keys: &Keys, record: &mut Record) -> Option<Diagnostic> {
    let machine = places.machine.as_ref()?;
    let kept = match machine.get(&keys.result).await {
        Ok(kept) => lines(machine, &keys.result, &kept?.bytes),
        Err(diagnostic) => Err(diagnostic),
    };
    let warning = |detail: String| Diagnostic::warning(code::NOT_KEPT, detail);
    let id = &record.intent.id;
    let lines = match kept {
        Ok(lines) => lines,
        Err(why) => {
            let detail = format!(
                "How the apply {id} ended is kept on this machine, and cannot be read: {}",
                why.detail
            );
            return Some(warning(detail));
        }
    };
    let path = format!("{}/{}", machine.shown(), keys.result);
    let detail = format!("How the apply {id} ended is in {path} alone: its bucket did not take it.");
    let to = format!("{}{}", places.store.shown(), keys.result);
    record.ends(lines);
    record.apart = Some(path);
    Some(warning(detail).remedy(format!(
        "Copy it to {to}. Until then the apply is unfinished for whoever asks from another machine."
    )))
}

fn lines(store: &Store, key: &str, bytes: &[u8]) -> Result<Vec<Line>, Diagnostic> {
    let text = std::str::from_utf8(bytes).map_err(|_| bad(store, key, "it is not text"))?;
    let lines: Result<Vec<Line>, _> = text.lines().map(serde_json::from_str).collect();
    let lines = lines.map_err(|e| bad(store, key, &format!("it does not fit this version: {e}")))?;
    match lines.first() {
        Some(Line::Version { format, .. }) if *format == FORMAT => Ok(lines),
        _ => Err(bad(store, key, "it is of another version of backstay")),
    }
}

fn bad(store: &Store, key: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        code::UNREADABLE,
        format!(
            "{}{key} is not a record that this version reads: {why}.",
            store.shown()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(steps: &[(&str, &str)], ended: bool) -> Record {
        let steps: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(n, (address, result))| json!({ "step": n, "address": address, "what": "w", "result": result }))
            .collect();
        let end = json!({
            "id": "a", "at": "2026-01-01T00:00:00Z", "result": "partial", "exit": 4,
            "done": 0, "failed": 0, "not_known": 0, "not_run": 0
        });
        Record {
            intent: serde_json::from_value(json!({
                "id": "a", "at": "2026-01-01T00:00:00Z", "project": "p", "plan": "", "callers": {}, "approvals": [],
                "by": { "user": "u", "host": "h", "pid": 1, "caller": null, "command": "c" },
                "counts": crate::plan::Summary::default(), "steps": 0
            }))
            .unwrap(),
            changes: vec![],
            ended: ended.then(|| serde_json::from_value(end).unwrap()),
            steps: serde_json::from_value(steps.into()).unwrap(),
            policy: None,
            apart: None,
        }
    }

    #[test]
    fn a_resource_is_done_when_all_of_it_is_and_not_done_when_nothing_can_be() {
        use Became::{Done, NotDone, NotKnown};
        for (results, became) in [
            (&["done", "done"][..], Done),
            (&["done", "failed"], NotKnown),
            (&["done", "not_run"], NotKnown),
            (&["failed", "skipped"], NotDone),
            (&["not_run"], NotDone),
            (&["not_known"], NotKnown),
            (&["failed", "not_known"], NotKnown),
            (&[], NotKnown),
        ] {
            let mut steps = vec![("k.other", "done")];
            steps.extend(results.iter().map(|r| ("k.r", *r)));
            let address = "k.r".parse().unwrap();
            assert_eq!(record(&steps, true).became(&address), became, "{results:?}");
            assert_eq!(record(&steps, false).became(&address), NotKnown, "{results:?}");
        }
    }
}
