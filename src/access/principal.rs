//! Whom a statement of a resource policy means.

use super::request::Caller;
use super::truth::Truth;
use crate::model::policy::{Effect, Principals};
use crate::model::{AccountId, Arn};
use std::collections::{BTreeMap, BTreeSet};

/// By which of its names a caller is meant. What a grant needs besides depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched {
    /// As everybody, a user, a session, a service: nothing else is needed.
    pub(super) direct: Truth,
    /// As a role: the role's boundary still counts.
    pub(super) role: Truth,
    /// As somebody of an account: the account's own policies decide.
    pub(super) account: Truth,
}

impl Default for Matched {
    fn default() -> Self {
        Self {
            direct: Truth::No,
            role: Truth::No,
            account: Truth::No,
        }
    }
}

impl Matched {
    pub(super) fn any(self) -> Truth {
        self.direct.or(self.role).or(self.account)
    }

    fn or(self, other: Self) -> Self {
        Self {
            direct: self.direct.or(other.direct),
            role: self.role.or(other.role),
            account: self.account.or(other.account),
        }
    }

    fn direct(truth: Truth) -> Self {
        Self {
            direct: truth,
            ..Self::default()
        }
    }

    fn account(truth: Truth) -> Self {
        Self {
            account: truth,
            ..Self::default()
        }
    }
}

/// One name of a `Principal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// `*`.
    Everybody,
    /// An account, or its root.
    Account(AccountId),
    /// A user, role or session.
    Arn(String),
    /// `AROA…`: what AWS shows for an identity that was deleted.
    Gone(String),
    /// A service.
    Service(String),
    /// An identity provider.
    Federated(String),
    /// A canonical user, or a name of no known form: nobody can tell whom it means.
    Opaque(String),
}

impl Name {
    fn new(kind: &str, name: &str) -> Self {
        match kind {
            "Service" => Self::Service(name.to_owned()),
            "Federated" if name == "*" => Self::Everybody,
            "Federated" => Self::Federated(name.to_owned()),
            "AWS" if name == "*" => Self::Everybody,
            "AWS" => {
                if let Ok(account) = name.parse() {
                    return Self::Account(account);
                }
                match name.parse::<Arn>() {
                    Ok(arn) if arn.service() == "iam" && arn.resource() == "root" => arn
                        .account()
                        .map_or_else(|| Self::Opaque(name.to_owned()), Self::Account),
                    Ok(_) => Self::Arn(name.to_owned()),
                    Err(_) if is_unique_id(name) => Self::Gone(name.to_owned()),
                    Err(_) => Self::Opaque(name.to_owned()),
                }
            }
            _ => Self::Opaque(name.to_owned()),
        }
    }

    fn matched(&self, caller: &Caller) -> Matched {
        let maybe_if = |so: bool| if so { Truth::Maybe } else { Truth::No };
        match (self, caller) {
            (Self::Everybody, Caller::Service(_) | Caller::Federated(_)) => Matched::direct(Truth::Maybe),
            (Self::Everybody, _) => Matched::direct(Truth::Yes),
            (Self::Account(account), Caller::Root(root)) => Matched::direct((account == root).into()),
            (Self::Account(account), _) => {
                Matched::account((caller.account().as_ref() == Some(account)).into())
            }
            (Self::Arn(name), Caller::User(arn)) => Matched::direct((name == arn.as_str()).into()),
            (Self::Arn(name), Caller::Role { arn, session }) if name != arn.as_str() => {
                Matched::direct(match session {
                    Some(_) => (caller.session_arn().as_deref() == Some(name)).into(),
                    None => maybe_if(is_session_of(name, arn)),
                })
            }
            (Self::Arn(_), Caller::Role { .. }) => Matched {
                role: Truth::Yes,
                ..Matched::default()
            },
            (Self::Arn(name), Caller::FederatedUser { session, .. }) if name == session.as_str() => {
                Matched::direct(Truth::Yes)
            }
            // AWS does not say whether a user's name in a policy means the sessions that it opens.
            (Self::Arn(name), Caller::FederatedUser { user, .. }) => Matched {
                role: maybe_if(name == user.as_str()),
                ..Matched::default()
            },
            (Self::Arn(name), Caller::Someone(Some(account))) => {
                let theirs = name
                    .parse::<Arn>()
                    .is_ok_and(|a| a.account().as_ref() == Some(account));
                Matched::account(maybe_if(theirs))
            }
            (Self::Service(name), Caller::Service(service)) => Matched::direct((name == service).into()),
            (Self::Federated(name), Caller::Federated(provider)) => {
                Matched::direct((name == provider).into())
            }
            (Self::Opaque(_), c) if c.has_identity() => Matched::account(Truth::Maybe),
            _ => Matched::default(),
        }
    }
}

/// The `Principal` or `NotPrincipal` of a statement.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) negated: bool,
    pub(super) list: BTreeSet<Name>,
}

impl Names {
    pub(super) fn new(principals: &Principals) -> Self {
        let read = |map: &BTreeMap<String, BTreeSet<String>>| {
            map.iter()
                .flat_map(|(kind, names)| names.iter().map(|n| Name::new(kind, n)))
                .collect()
        };
        match principals {
            Principals::Only(map) => Self {
                negated: false,
                list: read(map),
            },
            Principals::AllBut(map) => Self {
                negated: true,
                list: read(map),
            },
        }
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = String> + '_ {
        self.list.iter().filter_map(|name| match name {
            Name::Gone(id) => Some(format!("principal {id} was deleted, and means nobody")),
            Name::Opaque(id) => Some(format!("nobody can tell whom the principal {id} means")),
            _ => None,
        })
    }

    pub(super) fn matched(&self, caller: &Caller, effect: Effect) -> Matched {
        let listed = self
            .list
            .iter()
            .map(|n| n.matched(caller))
            .fold(Matched::default(), Matched::or);
        if !self.negated {
            return listed;
        }
        // A session of a role is spared by a denial only when session, role and account are all listed;
        // which of them AWS asks for in which case is not said, so anything between depends.
        let rest = match (listed.any(), effect) {
            (Truth::No, _) => Truth::Yes,
            (Truth::Yes, Effect::Allow) => Truth::No,
            (Truth::Yes, Effect::Deny) => {
                let spared = match caller {
                    Caller::Role { .. } => listed
                        .direct
                        .and(listed.role)
                        .and(listed.account)
                        .or(everybody(&self.list)),
                    Caller::User(_) => listed.direct.and(listed.account).or(everybody(&self.list)),
                    _ => Truth::Yes,
                };
                if spared == Truth::Yes {
                    Truth::No
                } else {
                    Truth::Maybe
                }
            }
            (Truth::Maybe, _) => Truth::Maybe,
        };
        Matched::direct(rest)
    }
}

fn everybody(list: &BTreeSet<Name>) -> Truth {
    list.contains(&Name::Everybody).into()
}

/// Whether a name is an id such as `AROA…`, as which AWS shows an identity in a policy once that was deleted (IAM User Guide,
/// "Unique identifiers").
pub fn is_unique_id(name: &str) -> bool {
    name.len() >= 16
        && name.starts_with('A')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn is_session_of(name: &str, role: &Arn) -> bool {
    let Ok(session) = name.parse::<Arn>() else {
        return false;
    };
    let of = role.resource().rsplit('/').next();
    session.service() == "sts"
        && session.account() == role.account()
        && session
            .resource()
            .strip_prefix("assumed-role/")
            .and_then(|r| r.split('/').next())
            == of
}
