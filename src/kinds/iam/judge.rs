//! How changes of a role are judged (DOMAIN: fewer actions, a boundary, a narrower trust and
//! more conditions are more protection).

use super::access::compare;
use super::live::LivePolicy;
use crate::model::policy::Document;
use crate::model::{AttributeChange, Judgement, Observed};
use serde_json::Value as Json;

/// Long lists of what is gained are cut here; the documents stand beside them in the plan.
const NAMED: usize = 4;

/// A document as plans show it.
pub fn shown(document: Option<&Document>) -> Json {
    document.map_or(Json::Null, Document::to_json)
}

/// The change of a trust policy; `None` when both mean the same.
pub fn trust(before: &Document, after: &Document) -> Option<AttributeChange> {
    (!before.same_meaning(after)).then(|| {
        let judgement = broader(before, after, "the role can be assumed in more ways");
        AttributeChange::judged("trust", shown(Some(before)), shown(Some(after)), judgement)
    })
}

/// The change of what a role may do; `None` when both mean the same. Without a policy the
/// role may do nothing by it.
pub fn policy(path: &str, before: Option<&Document>, after: Option<&Document>) -> Option<AttributeChange> {
    let same = match (before, after) {
        (Some(before), Some(after)) => before.same_meaning(after),
        (None, None) => true,
        _ => false,
    };
    if same {
        return None;
    }
    let nothing = Document::new([]);
    let judgement = broader(
        before.unwrap_or(&nothing),
        after.unwrap_or(&nothing),
        "the role may do more",
    );
    Some(AttributeChange::judged(
        path,
        shown(before),
        shown(after),
        judgement,
    ))
}

/// Attaching a managed policy to a role that exists.
pub fn attached(arn: &str) -> Judgement {
    Judgement::weakens(format!("the role may also do what {arn} allows"))
}

/// Detaching a managed policy: a Deny in it, or one that cannot be ruled out, is lost.
pub fn detached(policy: &LivePolicy) -> Judgement {
    match &policy.document {
        Some(Observed::Present(document)) => {
            let difference = compare(document, &Document::new([]));
            match difference.undenied.as_slice() {
                [] if difference.narrower => Judgement::strengthens(),
                [] => Judgement::neutral(),
                lost => Judgement::weakens(format!("no longer denied: {}", some(lost))),
            }
        }
        _ => Judgement::weakens(format!(
            "{} may deny something; its text could not be read",
            policy.arn
        )),
    }
}

/// The change of a permissions boundary; `None` when it stays.
pub fn boundary(before: Option<&str>, after: &str) -> Option<AttributeChange> {
    let judgement = match before {
        Some(before) if before == after => return None,
        Some(before) => Judgement::incomparable(format!(
            "the boundary {before} no longer limits the role; whether {after} allows less cannot be told"
        )),
        None => Judgement::strengthens(),
    };
    Some(AttributeChange::judged(
        "boundary",
        before.map_or(Json::Null, Json::from),
        after.into(),
        judgement,
    ))
}

/// The change of the tags that are declared, one attribute for each that differs.
pub fn tags<'a>(
    want: impl IntoIterator<Item = (&'a String, &'a String)>,
    have: &std::collections::BTreeMap<String, String>,
) -> Vec<AttributeChange> {
    want.into_iter()
        .filter_map(|(key, value)| {
            AttributeChange::compare(
                format!("tags[{}]", Json::from(key.as_str())),
                have.get(key),
                Some(value),
                crate::kinds::order::neutral,
            )
        })
        .collect()
}

fn broader(before: &Document, after: &Document, what: &str) -> Judgement {
    let difference = compare(before, after);
    let mut reasons = Vec::new();
    if !difference.gained.is_empty() {
        reasons.push(format!("{what}: {}", some(&difference.gained)));
    }
    if !difference.undenied.is_empty() {
        reasons.push(format!("no longer denied: {}", some(&difference.undenied)));
    }
    if !reasons.is_empty() {
        Judgement::weakens(reasons.join("; ")).or_more(difference.narrower)
    } else if difference.narrower {
        Judgement::strengthens()
    } else {
        Judgement::neutral()
    }
}

/// The first of a list, and how many more there are.
pub fn some(list: &[String]) -> String {
    let shown: Vec<_> = list.iter().take(NAMED).map(String::as_str).collect();
    match list.len().saturating_sub(NAMED) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}
