//! What has to hold of every kind, whatever is declared and whatever is there.

use super::world::{World, after, applied, steps};
use crate::access::glob;
use crate::kinds::testing::place;
use crate::kinds::{Permission, Purpose};
use crate::model::change::{Change, Direction};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A kind whose live state can be told from one that protects more, by an order that stands in the tests
/// and knows nothing of how the kind judges.
pub(in crate::kinds) trait Order: World {
    /// Whether its writes have nothing to do with one another. What a role may do is what all its policies and
    /// its boundary come to: where two of them are weakened, which is approved by name, one comes first.
    const APART: bool = true;

    /// The attributes in which `new` protects less than `old`, or cannot be compared with it.
    fn lower(old: &Self::Live, new: &Self::Live) -> BTreeSet<String>;
}

fn needs_approval<Op>(step: &Change<Op>) -> bool {
    let mut attributes = step.attributes.iter();
    attributes.any(|a| a.direction == Direction::Weakens || a.irreversible.is_some())
}

/// After an apply of `want` there is nothing left to do, and doing it all again does no more; from every
/// step at which it is cut off the next one ends the same, without approvals where none were needed for a
/// creation, and on its way nothing is less protected than at both ends. What needs no approval lowers nothing. And
/// `backstay permissions` prints all that its writes take.
pub(in crate::kinds) fn hold<K: Order>(want: &K::Spec, start: Option<&K::Live>) -> Result<(), TestCaseError> {
    let whole = steps::<K>(want, start);
    let told = K::permissions(want, &place(), Purpose::Apply);
    for step in &whole {
        let needs = K::needs(&step.op, &K::ident(want, &place()), &place());
        prop_assert!(!needs.is_empty(), "takes no permission: {:?}", step.op);
        for need in needs {
            let covers =
                |t: &Permission| t.action == need.action && glob::covers(&t.resource, &need.resource);
            prop_assert!(
                told.iter().any(covers),
                "{need:?} of {:?} is not among {told:#?}",
                step.op
            );
        }
    }
    let Some(end) = after::<K>(start, &whole) else {
        return Ok(());
    };
    let left = steps::<K>(want, Some(&end));
    prop_assert!(left.is_empty(), "left to do: {left:#?}\nat {end:#?}");

    let twice = whole.iter().flat_map(|step| [step, step]);
    let end = Some(end);
    prop_assert_eq!(&after::<K>(start, twice), &end, "each write twice");
    prop_assert_eq!(&after::<K>(end.as_ref(), &whole), &end, "all of it twice");
    let Some(end) = end else { return Ok(()) };

    let weakening = whole.iter().filter(|step| needs_approval(step)).count();
    for cut in 0..whole.len() {
        let Some(there) = after::<K>(start, whole.iter().take(cut)) else {
            continue;
        };
        let rest = steps::<K>(want, Some(&there));
        let left = steps::<K>(want, Some(&applied::<K>(want, Some(&there))));
        prop_assert!(left.is_empty(), "cut off after {cut}: {left:#?}");
        match start {
            Some(start) if K::APART || weakening <= 1 => {
                let dips: Vec<_> = K::lower(start, &there)
                    .intersection(&K::lower(&end, &there))
                    .cloned()
                    .collect();
                prop_assert!(dips.is_empty(), "after {cut} of {whole:#?}: {dips:?}");
            }
            Some(_) => {}
            None if weakening > 0 => {}
            None => {
                let weak: Vec<_> = rest
                    .iter()
                    .flat_map(|s| &s.attributes)
                    .filter(|a| a.direction == Direction::Weakens)
                    .collect();
                prop_assert!(weak.is_empty(), "created up to {cut}: {weak:#?}");
            }
        }
    }

    let harmless: Vec<_> = whole.iter().filter(|step| !needs_approval(step)).collect();
    if let (Some(start), Some(there)) = (start, after::<K>(start, harmless.iter().copied())) {
        let lower = K::lower(start, &there);
        prop_assert!(lower.is_empty(), "without approval: {lower:?} by {harmless:#?}");
    }
    Ok(())
}

/// How many cases of each kind, and none of them written to a file.
pub(in crate::kinds) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_global_rejects: 100_000,
        ..ProptestConfig::with_cases(cases)
    }
}
