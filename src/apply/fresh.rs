//! Whether a saved plan still fits what is there.

use crate::aws::Cloud;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::kinds::{self, Depth, Wanted};
use crate::live::Entry;
use crate::live::{self, Ask, Request};
use crate::model::{Desired, Observed};
use crate::plan::{self, Plan};

/// Reads everything that the plan touches again and compares it with what the plan saw. `needs` is what that depends on, which
/// the plan says nothing of because it was as declared.
///
/// # Errors
/// One for each resource that has changed since or cannot be read; nothing was written.
pub async fn verify(plan: &Plan, needs: &[Desired], cloud: &Cloud) -> Result<(), Diagnostics> {
    // What the plan was made from may have been read by the same run.
    let cloud = &cloud.anew();
    let mut diagnostics = Diagnostics::new();
    for (label, id) in &plan.accounts {
        if cloud.ids().get(label) != Some(id) {
            diagnostics.push(
                Diagnostic::error(
                    code::WRONG_ACCOUNT,
                    format!("the plan was made for account \"{label}\" with number {id}."),
                )
                .remedy("Use the credentials that the plan was made with."),
            );
        }
    }
    let ids = cloud.ids();
    for label in ids.keys().filter(|label| !plan.accounts.contains_key(*label)) {
        let why = format!("the plan says nothing of account \"{label}\", which its changes were judged by.");
        let remedy = "Nothing was changed. Make a new plan and look at it.";
        diagnostics.push(Diagnostic::error(code::WRONG_ACCOUNT, why).remedy(remedy));
    }
    let asks = plan.changes.iter().map(|c| Ask {
        kind: c.kind.clone(),
        place: c.place.clone(),
        wanted: Wanted {
            ident: c.ident.clone(),
            spec: c.desired.as_ref().map(|d| d.spec.clone()),
        },
    });
    let witnesses = plan
        .witnesses
        .iter()
        .filter(|w| !matches!(w.seen, Observed::Unreadable(_)));
    let beside = witnesses.clone().map(|entry| Ask {
        kind: entry.kind.clone(),
        place: entry.place.clone(),
        wanted: Wanted {
            ident: entry.ident.clone(),
            spec: None,
        },
    });
    let asks: Vec<Ask> = asks.chain(beside).chain(needs.iter().map(Ask::from)).collect();
    let request = Request {
        asks: &asks,
        discover: &[],
        homes: &[],
        depth: Depth::Declared,
    };
    let (snapshot, said) = live::read(cloud, request).await;
    diagnostics.append(said);
    for change in &plan.changes {
        let now = snapshot.get(&change.kind, &change.place, &change.ident);
        if let Err(why) = same(&change.kind, &change.saw, now) {
            diagnostics.push(
                Diagnostic::error(code::STALE_PLAN, format!("{}: {why}.", change.address))
                    .remedy("Nothing was changed. Make a new plan and look at it."),
            );
        }
    }
    for needed in needs.iter().filter(|needed| !plan::is_settled(needed, &snapshot)) {
        let said = format!("{}, on which changes depend, is not as declared.", needed.address);
        let remedy = "Nothing was changed. Make a new plan and look at it.";
        diagnostics.push(Diagnostic::error(code::STALE_PLAN, said).remedy(remedy));
    }
    for Entry {
        kind,
        place,
        ident,
        seen,
    } in witnesses
    {
        if let Err(why) = same(kind, seen, snapshot.get(kind, place, ident)) {
            let said = format!("{kind} \"{ident}\", by which changes were judged: {why}.");
            let remedy = "Nothing was changed. Make a new plan and look at it.";
            diagnostics.push(Diagnostic::error(code::STALE_PLAN, said).remedy(remedy));
        }
    }
    diagnostics.into_result(()).map(|_| ())
}

fn same(
    kind: &str,
    saw: &Observed<serde_json::Value>,
    now: Option<&Observed<serde_json::Value>>,
) -> Result<(), String> {
    let now = match now {
        Some(Observed::Present(live)) => {
            let kind = kinds::find(kind).ok_or("its kind does not exist")?;
            Observed::Present(kind.settled(live).map_err(|d| d.detail)?)
        }
        Some(Observed::Absent) => Observed::Absent,
        Some(Observed::Unreadable(why)) => return Err(format!("it cannot be read any more ({})", why.why)),
        None => return Err("it was not found when it was read again".into()),
    };
    if now == *saw {
        Ok(())
    } else {
        Err("it has changed since the plan was made".into())
    }
}
