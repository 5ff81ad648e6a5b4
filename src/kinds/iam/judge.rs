//! How changes of a role are judged (DOMAIN: fewer actions, a boundary, a narrower trust and
//! more conditions are more protection).

use super::access::{Piece, compare, exchange, words};
use super::live::LivePolicy;
use crate::model::policy::{Document, Statement};
use crate::model::{AttributeChange, Duration, Judgement, Observed};
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
        let more = "the role can be assumed in more ways";
        let judgement = broader(before, after, more, &Purpose::default());
        AttributeChange::judged("trust", shown(Some(before)), shown(Some(after)), judgement)
    })
}

/// What a role is there for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Purpose<'a> {
    /// What another block needs of it, which is judged there.
    pub implied: &'a [Statement],
    /// Whether something else of the posture, or the making of copies, stops with what it may do.
    pub is_used: bool,
}

/// The change of what a role may do; `None` when both mean the same. Without a policy the
/// role may do nothing by it.
pub fn policy(path: &str, before: Option<&Document>, after: Option<&Document>) -> Option<AttributeChange> {
    role_policy(path, before, after, &Purpose::default())
}

/// The same of a role whose purpose is known.
pub fn role_policy(
    path: &str,
    before: Option<&Document>,
    after: Option<&Document>,
    purpose: &Purpose<'_>,
) -> Option<AttributeChange> {
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
        purpose,
    );
    Some(AttributeChange::judged(
        path,
        shown(before),
        shown(after),
        judgement,
    ))
}

/// The change of the longest session of a role.
pub fn max_session(before: Option<&Duration>, after: Option<&Duration>) -> Judgement {
    match before < after {
        true => Judgement::weakens("a stolen session is of use for longer"),
        false => Judgement::strengthens(),
    }
}

/// Attaching a managed policy to a role that exists.
pub fn attached(arn: &str) -> Judgement {
    Judgement::weakens(format!("the role may also do what {arn} allows"))
}

/// Detaching a managed policy: a Deny in it, or one that cannot be ruled out, is lost. So is what a role that
/// `is_used` does by it.
pub fn detached(policy: &LivePolicy, is_used: bool) -> Judgement {
    match &policy.document {
        Some(Observed::Present(document)) => {
            let difference = compare(document, &Document::new([]));
            match difference.undenied.as_slice() {
                [] if difference.narrower && is_used => {
                    Judgement::incomparable(format!("{STOPS}: what {} allows", policy.arn))
                }
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

const STOPS: &str = "what is done through the role stops where it needs what is taken away";

fn broader(before: &Document, after: &Document, what: &str, purpose: &Purpose<'_>) -> Judgement {
    let (difference, follows) = exchange(before, after).beside(purpose.implied);
    let narrower = difference.is_narrower();
    let stops = match purpose.is_used {
        true => difference.lost,
        false => Vec::new(),
    };
    let said = |what: &str, pieces: &[Piece]| {
        (!pieces.is_empty()).then(|| format!("{what}: {}", some(&words(pieces))))
    };
    let weaker = [
        said(what, &difference.gained),
        said("no longer denied", &difference.undenied),
    ];
    let is_weaker = weaker.iter().any(Option::is_some);
    let reasons: Vec<String> = weaker
        .into_iter()
        .chain([said(STOPS, &stops)])
        .flatten()
        .collect();
    if !reasons.is_empty() {
        return Judgement::weakens(reasons.join("; ")).or_more(narrower || !is_weaker);
    }
    let why = "what it may do more is what the block that it is derived from needs";
    no_weaker(narrower, follows, Some(why))
}

/// What a change means by which nothing is weaker. Of one that grants something that `follows` from another change, for this
/// reason, it cannot be said that it protects more.
pub fn no_weaker(narrower: bool, follows: bool, why: Option<&str>) -> Judgement {
    if narrower && !follows {
        return Judgement::strengthens();
    }
    Judgement {
        reason: why.filter(|_| follows).map(str::to_owned),
        ..Judgement::neutral()
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
