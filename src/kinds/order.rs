//! Orders of protection that many attributes share (DOMAIN: the protection lattice).

use crate::model::Judgement;

/// On is more protection than off; absent counts as off.
pub fn on_is_stronger(before: Option<&bool>, after: Option<&bool>) -> Judgement {
    match (before.copied().unwrap_or(false), after.copied().unwrap_or(false)) {
        (false, true) => Judgement::strengthens(),
        (true, false) => Judgement::weakens("it is switched off"),
        _ => Judgement::neutral(),
    }
}

/// Neither value protects more than the other.
pub fn neutral<T>(_: Option<&T>, _: Option<&T>) -> Judgement {
    Judgement::neutral()
}
