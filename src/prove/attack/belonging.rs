//! Which organization somebody is of, as conditions ask it: `aws:PrincipalOrgID` and `aws:PrincipalOrgPaths`.
//!
//! It decides only what grants more: a member that a condition on its organization keeps from something may leave it.

use super::Everybody;
use crate::access::{Open, glob};
use crate::model::{AccountId, Membership, Observed, Unreadable};

/// Which organization an account is of. Absent where it is of none, or of one that has no policies.
pub(super) type Belonging = Observed<Belongs>;

/// A place in an organization.
#[derive(Debug, Clone)]
pub(super) struct Belongs {
    /// `o-…`.
    organization: String,
    /// From the organization down to what the account lies in; `None` where that was not read.
    path: Option<String>,
}

/// Of an account, by what was read of it or of those that it manages.
pub(super) fn of(account: &AccountId, everybody: Everybody<'_>) -> Belonging {
    let manages = |membership: &&Membership| membership.management == *account;
    let mut bound = everybody.memberships.values().filter_map(Observed::present);
    if let Some(managed) = bound.find(manages) {
        return Observed::Present(Belongs {
            organization: managed.organization.clone(),
            path: None,
        });
    }
    match everybody.memberships.get(account) {
        Some(membership) => membership.clone().map(|membership| Belongs {
            path: path(&membership),
            organization: membership.organization,
        }),
        None => Observed::Absent,
    }
}

/// `o-acme/r-acme/ou-acme-prod/`: the levels end with the account itself.
fn path(membership: &Membership) -> Option<String> {
    let (_, above) = membership.levels.split_last()?;
    let above: String = above.iter().map(|level| format!("{}/", level.target)).collect();
    Some(format!("{}/{above}", membership.organization))
}

/// Whether a condition is met by where somebody belongs; `None` where that does not decide it.
pub(super) fn met(open: &Open, belonging: &Belonging) -> Option<bool> {
    let Open::Condition {
        operator,
        key,
        values,
    } = open
    else {
        return None;
    };
    let belongs = belonging.present()?;
    let value = match asks(key)? {
        Asks::Organization => &belongs.organization,
        Asks::Path => belongs.path.as_ref()?,
    };
    let operator = operator.to_ascii_lowercase();
    let operator = operator.rsplit(':').next()?.trim_end_matches("ifexists");
    let among = || values.iter().any(|pattern| glob::covers(pattern, value));
    match operator {
        "stringequals" | "stringlike" | "stringequalsignorecase" => Some(among()),
        "stringnotequals" | "stringnotlike" | "stringnotequalsignorecase" => Some(!among()),
        _ => None,
    }
}

/// Why a condition cannot be decided, where that is for want of reading where somebody belongs.
pub(super) fn unread<'a>(open: &Open, belonging: &'a Belonging) -> Option<&'a Unreadable> {
    match (open, belonging) {
        (Open::Condition { key, .. }, Observed::Unreadable(why)) => asks(key).map(|_| why),
        _ => None,
    }
}

enum Asks {
    Organization,
    Path,
}

fn asks(key: &str) -> Option<Asks> {
    match key.to_ascii_lowercase().as_str() {
        "aws:principalorgid" => Some(Asks::Organization),
        "aws:principalorgpaths" => Some(Asks::Path),
        _ => None,
    }
}
