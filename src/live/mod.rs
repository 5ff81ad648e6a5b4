//! Reading the live cloud, in bulk and concurrently, into a [`Snapshot`] that can be
//! saved and replayed in place of the cloud.

mod keys;
mod objects;
mod snapshot;

pub use keys::keys;
pub use objects::{Arrived, Objects, objects};
pub use snapshot::{Entry, Snapshot, Timestamp};

use crate::aws::Cloud;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::kinds::iam::organization::{self, Organization};
use crate::kinds::{self, AnyKind, Depth, ReadAnswer, ReadContext, Wanted};
use crate::model::{AccountId, Desired, Membership, Observed, Place, Principal, Unreadable};
use std::collections::BTreeMap;

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
    /// The same for kinds that know no regions: one place for each account.
    pub homes: &'a [Place],
    /// How much of each.
    pub depth: Depth,
}

impl<'a> Request<'a> {
    fn places(&self, kind: &dyn AnyKind) -> &'a [Place] {
        if kind.is_global() {
            self.homes
        } else {
            self.discover
        }
    }
}

/// Reads everything asked for. What cannot be read is in the snapshot as unreadable: the
/// planner and the rules decide what that means for them.
pub async fn read(cloud: &Cloud, request: Request<'_>) -> (Snapshot, Diagnostics) {
    let mut groups: BTreeMap<(&str, &Place), BTreeMap<&str, &Wanted>> = BTreeMap::new();
    for ask in request.asks {
        let group = groups.entry((&ask.kind, &ask.place)).or_default();
        group.insert(&ask.wanted.ident, &ask.wanted);
    }
    for kind in kinds::ALL {
        for place in request.places(*kind) {
            groups.entry((kind.name(), place)).or_default();
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
        let discover = request.places(kind).contains(place);
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

/// Everybody who can act in these accounts: what proofs of survival need beside what is declared.
pub async fn everyone(cloud: &Cloud, homes: &[Place]) -> BTreeMap<AccountId, Observed<Vec<Principal>>> {
    let reads = homes.iter().map(|place| async move {
        let seen = match cloud.reader(&place.scope()) {
            None => Observed::Unreadable(no_session(place)),
            Some(reader) => match kinds::iam::everyone::read(&reader).await {
                Ok(everyone) => Observed::Present(everyone),
                Err(error) => Observed::Unreadable(error.unreadable()),
            },
        };
        (place.account_id.clone(), seen)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

/// What the organizations of these accounts let their identities do at most; absent where nothing binds them. The policies
/// are asked of the management account where the posture has it, and else of each account, which may be a delegate.
pub async fn memberships(cloud: &Cloud, homes: &[Place]) -> BTreeMap<AccountId, Observed<Membership>> {
    let organizations = homes.iter().map(|place| async move {
        let seen = match cloud.reader(&place.scope()) {
            None => Observed::Unreadable(no_session(place)),
            Some(reader) => match organization::of(&reader).await {
                // It is bound by none of its own policies.
                Ok(Some(of)) if of.management == place.account_id => Observed::Absent,
                Ok(Some(of)) => Observed::Present(of),
                Ok(None) => Observed::Absent,
                Err(error) => Observed::Unreadable(error.unreadable()),
            },
        };
        (place, seen)
    });
    let organizations = futures::future::join_all(organizations).await;
    let reads = organizations.into_iter().map(|(place, seen)| async move {
        let seen = match seen {
            Observed::Present(of) => binding(cloud, homes, place, &of).await,
            Observed::Absent => Observed::Absent,
            Observed::Unreadable(why) => Observed::Unreadable(why),
        };
        (place.account_id.clone(), seen)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

async fn binding(cloud: &Cloud, homes: &[Place], place: &Place, of: &Organization) -> Observed<Membership> {
    let asked = homes
        .iter()
        .find(|home| home.account_id == of.management)
        .unwrap_or(place);
    let Some(reader) = cloud.reader(&asked.scope()) else {
        return Observed::Unreadable(no_session(asked));
    };
    match organization::binding(&reader, of, &place.account_id).await {
        Ok(Some(membership)) => Observed::Present(membership),
        Ok(None) => Observed::Absent,
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

fn no_session(place: &Place) -> Unreadable {
    Unreadable {
        action: "sts:GetCallerIdentity".into(),
        why: format!("no session for account \"{}\"", place.account),
        denied: false,
    }
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
        let why = no_session(&place);
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
