//! What a change of a resource's own policy means for protection.

use super::iam::access::compare_resource;
use super::iam::judge::some;
use crate::model::Judgement;
use crate::model::policy::Document;

/// Fewer grants and more refusals are more protection. `dangerous` are the actions, in lower case, whose
/// grant can end in the loss of what the resource protects.
pub(super) fn judge(have: Option<&Document>, want: &Document, dangerous: &[&str]) -> Judgement {
    let nothing = Document::new([]);
    let difference = compare_resource(have.unwrap_or(&nothing), want, dangerous);
    let mut reasons = Vec::new();
    if !difference.undenied.is_empty() {
        reasons.push(format!(
            "a refusal is lifted or narrowed: {}",
            some(&difference.undenied)
        ));
    }
    if !difference.gained.is_empty() {
        reasons.push(format!(
            "it grants what can delete or unprotect: {}",
            some(&difference.gained)
        ));
    }
    if !reasons.is_empty() {
        Judgement::weakens(reasons.join("; ")).or_more(difference.narrower)
    } else if difference.narrower {
        Judgement::strengthens()
    } else {
        Judgement::neutral()
    }
}
