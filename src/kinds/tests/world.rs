//! A cloud that does what it is told: what a service shows after our writes, as data.

use crate::kinds::Kind;
use crate::kinds::testing::place;
use crate::model::Observed;
use crate::model::change::{Change, Diff};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A kind whose writes can be carried out on what was seen.
pub(in crate::kinds) trait World: Kind<Spec: Debug, Live: Debug, Op: Debug> {
    /// What is there before the first apply; `None` for what an apply creates.
    fn found() -> Option<Self::Live> {
        None
    }

    /// What is there once it is in use.
    fn used(live: Self::Live) -> Self::Live {
        live
    }

    /// What is there after a write.
    fn write(live: Option<Self::Live>, op: &Self::Op) -> Self::Live;
}

/// The writes of a plan in the order in which an apply runs them.
pub(in crate::kinds) fn steps<K: World>(want: &K::Spec, have: Option<&K::Live>) -> Vec<Change<K::Op>> {
    let Diff { mut changes, .. } = K::diff(want, have, &place());
    changes.sort_by_key(|c| c.stage);
    changes
}

/// What is there after these writes.
pub(in crate::kinds) fn after<'a, K: World>(
    have: Option<&K::Live>,
    steps: impl IntoIterator<Item = &'a Change<K::Op>>,
) -> Option<K::Live> {
    let steps = steps.into_iter();
    steps.fold(have.cloned(), |live, step| Some(K::write(live, &step.op)))
}

/// What an apply of this leaves.
pub(in crate::kinds) fn applied<K: World>(want: &K::Spec, have: Option<&K::Live>) -> K::Live {
    after::<K>(have, &steps::<K>(want, have)).unwrap_or_else(|| panic!("nothing to create from {want:?}"))
}

/// Tags that were read, to be changed.
pub(in crate::kinds) fn tags_of(
    tags: &mut Observed<BTreeMap<String, String>>,
) -> &mut BTreeMap<String, String> {
    if !matches!(tags, Observed::Present(_)) {
        *tags = Observed::Present(BTreeMap::new());
    }
    match tags {
        Observed::Present(tags) => tags,
        _ => panic!("they were just made"),
    }
}
