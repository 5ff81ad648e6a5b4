//! What IAM accepts: names, paths and sizes (IAM User Guide, "IAM and STS quotas").

use crate::model::policy::{Document, Principals, Statement};

/// Longest trust policy that any account can have; 2,048 unless the quota was raised.
pub const TRUST_AT_MOST: usize = 4096;
/// Longest trust policy without a raised quota.
pub const TRUST_DEFAULT: usize = 2048;
/// All inline policies of a role together.
pub const INLINE_AT_MOST: usize = 10_240;
/// A managed policy, and so a boundary.
pub const MANAGED_AT_MOST: usize = 6144;
/// Managed policies on one role; the quota can be raised to this, and is 10 before.
pub const ATTACHED_AT_MOST: usize = 20;
/// Shortest and longest session, in seconds.
pub const SESSION: std::ops::RangeInclusive<u64> = 3600..=43_200;

/// How IAM counts a document: its characters without white space.
pub fn size(document: &Document) -> usize {
    document
        .to_json()
        .to_string()
        .chars()
        .filter(|c| !c.is_whitespace())
        .count()
}

/// Why a role's name is not accepted.
pub fn bad_name(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.is_empty() || name.chars().count() > 64 {
        return Some(format!(
            "\"{name}\" has {} characters; the name of a role has 1 to 64",
            name.chars().count()
        ));
    }
    name.chars().find(|c| !allowed(*c)).map(|c| {
        format!("\"{name}\" holds {c:?}; the name of a role consists of letters, digits and _+=,.@-")
    })
}

/// Why a path is not accepted.
pub fn bad_path(path: &str) -> Option<String> {
    let framed = path.starts_with('/') && path.ends_with('/') && !path.contains("//");
    let clean = path.chars().all(|c| c.is_ascii_graphic());
    (!framed || !clean || path.len() > 512).then(|| {
        format!("\"{path}\" is not a path; a path looks like /service/ and has at most 512 characters")
    })
}

/// Why a statement cannot stand in a policy of an identity.
pub fn bad_identity_statement(statement: &Statement) -> Option<&'static str> {
    if statement.principals.is_some() {
        Some("it names principals; what a role may do is about the role itself")
    } else if is_empty(&statement.actions) {
        Some("it names no actions")
    } else if statement.resources.is_none() {
        Some("it names no resources; write resources = [\"*\"] if all are meant")
    } else {
        None
    }
}

/// Why a statement cannot stand in a trust policy.
pub fn bad_trust_statement(statement: &Statement) -> Option<&'static str> {
    match &statement.principals {
        None => Some("it names no principals, so nobody can assume the role by it"),
        Some(_) if statement.resources.is_some() => {
            Some("it names resources; a trust policy is about the role itself")
        }
        Some(_) => None,
    }
}

/// Whether a trust lets anybody in any account in, on no condition.
pub fn trusts_everybody(statement: &Statement) -> bool {
    use crate::model::policy::Effect;
    let everybody = match &statement.principals {
        Some(Principals::Only(map)) => map.values().any(|names| names.contains("*")),
        Some(Principals::AllBut(_)) => true,
        None => false,
    };
    everybody && statement.effect == Effect::Allow && statement.conditions.is_empty()
}

fn is_empty(actions: &crate::model::policy::Match) -> bool {
    matches!(actions, crate::model::policy::Match::Only(set) if set.is_empty())
}
