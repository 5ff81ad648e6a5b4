//! A question: who, what, on what, and what is known of the circumstances.

use crate::model::{AccountId, Arn};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The root user of an account. Only service control policies and resource policies limit it.
    Root(AccountId),
    /// A user of IAM.
    User(Arn),
    /// A session of a role.
    Role {
        /// The role itself (`arn:aws:iam::…:role/…`).
        arn: Arn,
        /// The session's name; `None` when any will do.
        session: Option<String>,
    },
    /// A session that a user opened with `sts:GetFederationToken`.
    FederatedUser {
        /// The session (`arn:aws:sts::…:federated-user/…`), under a name of the user's choice.
        session: Arn,
        /// The user.
        user: Arn,
    },
    /// Somebody of an account, with nothing more known; of any account in the world for `None`.
    Someone(Option<AccountId>),
    /// Somebody whom an identity provider vouches for: a provider's ARN or host name.
    Federated(String),
    /// A service of AWS (`backup.amazonaws.com`).
    Service(String),
    /// Nobody: an unsigned request.
    Anonymous,
}

impl Caller {
    /// The account it belongs to, if to one.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root(account) => Some(account.clone()),
            Self::User(arn) | Self::Role { arn, .. } | Self::FederatedUser { session: arn, .. } => {
                arn.account()
            }
            Self::Someone(account) => account.clone(),
            Self::Federated(_) | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// Whether an account of AWS stands behind it, so that identity policies count.
    pub fn has_identity(&self) -> bool {
        !matches!(self, Self::Federated(_) | Self::Service(_) | Self::Anonymous)
    }

    /// The ARN of the role's session, where that is who asks and its name is known.
    pub(super) fn session_arn(&self) -> Option<String> {
        let Self::Role {
            arn,
            session: Some(session),
        } = self
        else {
            return None;
        };
        let name = arn.resource().rsplit('/').next().unwrap_or_default();
        let account = arn.account()?;
        let (partition, account) = (arn.partition(), account.as_str());
        Some(format!(
            "arn:{partition}:sts::{account}:assumed-role/{name}/{session}"
        ))
    }

    /// What the caller itself says about a condition key; `None` when the key is not about the caller.
    fn derived(&self, key: &str) -> Option<Known> {
        let account = || self.account().map_or(Known::Unknown, |a| Known::one(a.as_str()));
        let arn = |arn: &Arn| Known::one(arn.as_str());
        let without = !self.has_identity();
        Some(match (key, self) {
            ("aws:principaltype", Self::Anonymous) => Known::one("Anonymous"),
            (
                "aws:principalarn"
                | "aws:principalaccount"
                | "aws:principaltype"
                | "aws:principalorgid"
                | "aws:principalorgpaths"
                | "kms:calleraccount",
                _,
            ) if without => Known::Absent,
            ("aws:principalaccount" | "kms:calleraccount", _) => account(),
            (
                "aws:principalarn",
                Self::User(a) | Self::Role { arn: a, .. } | Self::FederatedUser { session: a, .. },
            ) => arn(a),
            ("aws:principalarn", Self::Root(account)) => {
                Known::one(format!("arn:aws:iam::{}:root", account.as_str()))
            }
            ("aws:principalarn" | "aws:principaltype" | "aws:username", Self::Someone(_)) => Known::Unknown,
            ("aws:principaltype", Self::Root(_)) => Known::one("Account"),
            ("aws:principaltype", Self::User(_)) => Known::one("User"),
            ("aws:principaltype", Self::Role { .. }) => Known::one("AssumedRole"),
            ("aws:principaltype", Self::FederatedUser { .. }) => Known::one("FederatedUser"),
            ("aws:userid", Self::FederatedUser { session, .. }) => {
                let name = session.resource().rsplit('/').next().unwrap_or_default();
                let account = session.account()?;
                Known::one(format!("{}:{name}", account.as_str()))
            }
            ("aws:username", Self::User(a)) => {
                Known::one(a.resource().rsplit('/').next().unwrap_or_default())
            }
            ("aws:username", _) => Known::Absent,
            ("aws:principalisawsservice", Self::Service(_)) => Known::one("true"),
            ("aws:principalisawsservice", _) => Known::one("false"),
            ("aws:principalservicename", Self::Service(name)) => Known::one(name.as_str()),
            ("aws:principalservicename", _) => Known::Absent,
            _ => return None,
        })
    }
}

/// What is known of one condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is in the request, with these values.
    Values(Vec<String>),
    /// It is in the request, with one value of which only this is known: that the pattern matches it.
    Matching(String),
    /// It is not in the request.
    Absent,
    /// The one who asks chooses it, or nobody looked.
    Unknown,
}

impl Known {
    /// In the request, with this value.
    pub fn one(value: impl Into<String>) -> Self {
        Self::Values(vec![value.into()])
    }
}

/// What is known of the circumstances, by condition key. Names of keys ignore case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Known>,
    rest: Known,
}

impl Context {
    /// Nothing is known: every key may be there with any value.
    pub fn open() -> Self {
        Self {
            keys: BTreeMap::new(),
            rest: Known::Unknown,
        }
    }

    /// Everything is known: a key that is not set is not in the request.
    pub fn closed() -> Self {
        Self {
            keys: BTreeMap::new(),
            rest: Known::Absent,
        }
    }

    /// Says what is known of a key.
    #[must_use]
    pub fn with(mut self, key: &str, known: Known) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), known);
        self
    }
}

/// What is acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'a> {
    /// This resource.
    One(&'a str),
    /// Whatever matches, with policy wildcards: the answer is for some of them (`Depends`) or for each.
    Within(&'a str),
    /// The action takes no resource.
    Nothing,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// What, as `service:Action`; case does not matter.
    pub action: &'a str,
    /// On what.
    pub target: Target<'a>,
    /// Whose the resource is, where its ARN does not say it (buckets).
    pub owner: Option<AccountId>,
    /// Under which circumstances.
    pub context: &'a Context,
}

impl Request<'_> {
    /// Whose the resource is, as far as known.
    pub fn owner(&self) -> Option<AccountId> {
        self.owner.clone().or_else(|| match self.target {
            Target::One(text) | Target::Within(text) => text.parse::<Arn>().ok()?.account(),
            Target::Nothing => self.caller.account(),
        })
    }

    /// What is known of a condition key, in lower case.
    pub(super) fn known(&self, key: &str) -> Cow<'_, Known> {
        if let Some(known) = self.context.keys.get(key) {
            return Cow::Borrowed(known);
        }
        if key == "aws:resourceaccount" {
            return Cow::Owned(self.owner().map_or(Known::Unknown, |a| Known::one(a.as_str())));
        }
        match self.caller.derived(key) {
            Some(known) => Cow::Owned(known),
            None => Cow::Borrowed(&self.context.rest),
        }
    }
}
