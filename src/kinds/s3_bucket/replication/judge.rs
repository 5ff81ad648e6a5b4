//! What a change of one attribute of a replication rule means.

use super::Rule;
use super::wanted::Wanted;
use crate::kinds::order::on_is_stronger;
use crate::kinds::s3_bucket::spec::Spec;
use crate::kinds::s3_bucket::{keys, order};
use crate::model::{Judgement, Place};

/// Another role; `others` are the rules of somebody else that copy with it too. What the derived role may do
/// backstay writes itself; of any other it is not known here.
pub(super) fn role(before: Option<&str>, spec: &Spec, rules: &[Rule], others: &[&str]) -> Judgement {
    let derived = spec.replicate.iter().all(|block| block.role.is_none());
    let copied = rules.iter().any(|r| r.enabled);
    match before {
        Some(_) if !others.is_empty() => Judgement::weakens(format!(
            "rules that backstay did not write ({}) would copy with this role too, which may not be \
             allowed to write where they copy to",
            others.join(", ")
        ))
        .or_more(!derived),
        Some(_) if copied && !derived => Judgement::incomparable(
            "whether the other role may copy all of it cannot be told; what it may not is no longer copied",
        ),
        _ => Judgement::neutral(),
    }
}

/// Another account that is said to own the destination.
pub(super) fn account(before: Option<&String>, want: &Wanted<'_>) -> Judgement {
    match (before, &want.rule.destination.account) {
        (Some(_), Some(after)) => Judgement::incomparable(not_the_owner(after)),
        (None, Some(after)) if !owns(after, want) => Judgement::incomparable(not_the_owner(after)),
        _ => Judgement::neutral(),
    }
}

/// Whether the destination's account owns the copies. Given to an account that does not own the bucket, they are
/// not made at all.
pub(super) fn owner_override(before: bool, want: &Wanted<'_>) -> Judgement {
    let destination = &want.rule.destination;
    match &destination.account {
        Some(account) if destination.owner_override && !owns(account, want) => {
            Judgement::incomparable(not_the_owner(account))
        }
        _ => on_is_stronger(Some(&before), Some(&destination.owner_override)),
    }
}

/// Whether the bucket is known to be of the account, as one of this posture is.
fn owns(account: &str, want: &Wanted<'_>) -> bool {
    let owner = want.block.to.account.as_ref();
    owner.is_some_and(|owner| owner.as_str() == account)
}

fn not_the_owner(account: &str) -> String {
    format!(
        "whether account {account} owns the bucket cannot be told; if it does not, nothing is copied any more"
    )
}

/// The key of copies; `None` where objects that are encrypted with a KMS key are not copied.
pub(super) fn key(
    before: Option<&String>,
    after: Option<&String>,
    want: &Wanted<'_>,
    place: &Place,
) -> Judgement {
    match (before, after) {
        (Some(_), None) => {
            Judgement::weakens("objects that are encrypted with a KMS key are no longer copied")
        }
        (Some(_), Some(_)) => Judgement::incomparable(
            "whether the role may encrypt with the other key cannot be told, and copying stops if not; copies \
             under a key that nobody here can use are lost. Copies already there stay under the key before: keep it",
        ),
        (None, Some(after)) => match keys::stranger_for_copies(want.block, after, place) {
            Some(stranger) => Judgement::incomparable(format!(
                "the key belongs to account {stranger}, which is neither the source's nor the destination's: only \
                 who holds it decides who can read the copies"
            )),
            None => Judgement::strengthens(),
        },
        (None, None) => Judgement::neutral(),
    }
}

/// Whether copies are promised within some minutes.
pub(super) fn promise(before: Option<&String>, after: Option<&String>) -> Judgement {
    match (before, after) {
        (None, Some(_)) => Judgement::strengthens(),
        (Some(_), None) => {
            Judgement::weakens("copies are no longer promised within 15 minutes, nor is the delay measured")
        }
        _ => Judgement::neutral(),
    }
}

/// The storage class of copies.
pub(super) fn class(before: Option<&String>, after: Option<&String>) -> Judgement {
    let wire = |class: Option<&String>| class.map(|c| c.to_ascii_uppercase());
    order::tier(wire(before).as_ref(), wire(after).as_ref())
}
