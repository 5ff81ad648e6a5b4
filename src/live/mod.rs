//! Reading the live cloud, in bulk and concurrently, into a [`Snapshot`] that can be
//! saved and replayed in place of the cloud.

mod snapshot;

pub use snapshot::{Entry, Snapshot, Timestamp};

use crate::aws::Cloud;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::kinds::{self, AnyKind, Depth, ReadAnswer, ReadContext, Wanted};
use crate::model::{Desired, Observed, Place, Unreadable};
use std::collections::{BTreeMap, BTreeSet};

/// One resource to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Its kind.
    pub kind: String,
    /// Where it lives.
    pub place: Place,
    /// Which, and how it is declared.
    pub wanted: Wanted,
}

impl From<&Desired> for Ask {
    fn from(desired: &Desired) -> Self {
        Self {
            kind: desired.kind.clone(),
            place: desired.place.clone(),
            wanted: Wanted {
                ident: desired.ident.clone(),
                spec: Some(desired.spec.clone()),
            },
        }
    }
}

/// What to read.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The resources.
    pub asks: &'a [Ask],
    /// Places to look for resources of the project that nobody declares; none when only
    /// what is declared matters (`--target`, a saved plan).
    pub discover: &'a [Place],
    /// How much of each.
    pub depth: Depth,
}

/// Reads everything asked for. What cannot be read is in the snapshot as unreadable: the
/// planner and the rules decide what that means for them.
pub async fn read(cloud: &Cloud, request: Request<'_>) -> (Snapshot, Diagnostics) {
    let mut groups: BTreeMap<(&str, &Place), BTreeMap<&str, &Wanted>> = BTreeMap::new();
    for ask in request.asks {
        let group = groups.entry((&ask.kind, &ask.place)).or_default();
        group.insert(&ask.wanted.ident, &ask.wanted);
    }
    let looked_at: BTreeSet<&Place> = request.discover.iter().collect();
    let mut seen_global: BTreeSet<(&str, &str)> = BTreeSet::new();
    for place in &looked_at {
        for kind in kinds::ALL {
            // A global kind is looked for once in an account, wherever that is.
            if !kind.is_global() || seen_global.insert((kind.name(), &place.account)) {
                groups.entry((kind.name(), place)).or_default();
            }
        }
    }
    let mut diagnostics = Diagnostics::new();
    let mut reads = Vec::new();
    for ((kind, place), wanted) in groups {
        let Some(kind) = kinds::find(kind) else {
            diagnostics.push(Diagnostic::error(
                code::INTERNAL,
                format!("there is no kind named {kind}."),
            ));
            continue;
        };
        let wanted: Vec<Wanted> = wanted.into_values().cloned().collect();
        let discover = looked_at.contains(place);
        reads.push(read_group(
            cloud,
            kind,
            place.clone(),
            wanted,
            request.depth,
            discover,
        ));
    }
    let mut snapshot = Snapshot::new(cloud.ids());
    for (kind, place, answer) in futures::future::join_all(reads).await {
        match answer {
            Ok(answer) => snapshot.add(kind, &place, answer),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    (snapshot, diagnostics)
}

async fn read_group(
    cloud: &Cloud,
    kind: &'static dyn AnyKind,
    place: Place,
    wanted: Vec<Wanted>,
    depth: Depth,
    discover: bool,
) -> (&'static str, Place, Result<ReadAnswer, Diagnostic>) {
    let Some(reader) = cloud.reader(&place.scope()) else {
        let why = Unreadable {
            action: "sts:GetCallerIdentity".into(),
            why: format!("no session for account \"{}\"", place.account),
            denied: false,
        };
        let answer = wanted
            .into_iter()
            .map(|w| (w.ident, Observed::Unreadable(why.clone())))
            .collect();
        return (kind.name(), place, Ok(answer));
    };
    let cx = ReadContext {
        reader: &reader,
        place: &place,
        depth,
        discover,
    };
    let mut answer = kind.read(cx, &wanted).await;
    if let Ok(answer) = &mut answer {
        // A kind that forgets one must not make it look absent.
        for w in &wanted {
            answer.entry(w.ident.clone()).or_insert_with(|| {
                Observed::Unreadable(Unreadable {
                    action: String::new(),
                    why: "it was not answered".into(),
                    denied: false,
                })
            });
        }
    }
    (kind.name(), place, answer)
}
