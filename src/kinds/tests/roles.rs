//! What IAM shows of roles after our writes, for the kinds that are roles.

use super::documents::Words;
use super::reach::{Asked, Request, Says};
use crate::kinds::iam::live::{LivePolicy, LiveRole, Settings};
use crate::kinds::iam::write::NewRole;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::testing::place;
use crate::model::Observed;
use crate::model::policy::{Document, Effect, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Who assumes roles: two roles of the account, and one of another.
pub(in crate::kinds) const ROLES: [&str; 3] = [
    "arn:aws:iam::111111111111:role/oncall",
    "arn:aws:iam::111111111111:role/ci",
    "arn:aws:iam::222222222222:role/agent",
];

/// The managed policies that there are; their names say what [`managed`] makes of them.
pub(in crate::kinds) const POLICIES: [&str; 4] = [
    "arn:aws:iam::111111111111:policy/*",
    "arn:aws:iam::111111111111:policy/GetObject",
    "arn:aws:iam::111111111111:policy/deny-DeleteObject",
    "arn:aws:iam::111111111111:policy/deny-Get*",
];

/// What statements of roles say.
pub(in crate::kinds) static ACCESS: Words = Words {
    principals: &[],
    actions: &[
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:Get*",
        "S3:Delete*",
        "s3:*",
    ],
    resources: &[
        "arn:aws:s3:::dumps/*",
        "arn:aws:s3:::dumps/pg/*",
        "arn:aws:s3:::other/?*",
        "*",
    ],
    conditions: &[
        ("StringEquals", "aws:PrincipalOrgID", "o-1"),
        ("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
    ],
};

/// What trust policies say.
pub(in crate::kinds) static TRUST: Words = Words {
    principals: &[ROLES[0], ROLES[1], ROLES[2], "*"],
    actions: &["sts:AssumeRole"],
    resources: &[],
    conditions: &[
        ("StringEquals", "sts:ExternalId", "x9x9"),
        ("StringNotEquals", "sts:ExternalId", "x9x9"),
    ],
};

const ACTIONS: [&str; 5] = [
    "s3:getobject",
    "s3:putobject",
    "s3:deleteobject",
    "s3:deleteobjectversion",
    "kms:decrypt",
];
const RESOURCES: [&str; 6] = [
    "arn:aws:s3:::dumps/pg/1",
    "arn:aws:s3:::dumps/pg/a/1",
    "arn:aws:s3:::dumps/1",
    "arn:aws:s3:::other/1",
    "arn:aws:s3:::else/1",
    "arn:aws:kms:us-east-1:111111111111:key/k1",
];

/// What a role may do: what its policies allow and neither they nor its boundary leave out or deny.
struct Able {
    policies: Asked,
    boundary: Option<Asked>,
    trust: Asked,
}

impl Able {
    fn of(role: &LiveRole) -> Self {
        fn text(policy: &LivePolicy) -> &Document {
            let document = policy.document.as_ref().and_then(Observed::present);
            document.unwrap_or_else(|| panic!("{} has a text", policy.arn))
        }
        let own = role.inline.values().filter_map(Observed::present);
        Self {
            policies: Asked::of(own.chain(role.attached.iter().map(text))),
            boundary: role.boundary.as_ref().map(|b| Asked::of([text(b)])),
            trust: Asked::of(role.trust.present()),
        }
    }

    fn may(&self, request: Request<'_>) -> bool {
        let bounded = |b: &Asked| b.say(request) == Says::Yes;
        self.policies.say(request) == Says::Yes && self.boundary.as_ref().is_none_or(bounded)
    }
}

/// In what a role gives more than it did: what it may do, and who may become it.
pub(in crate::kinds) fn lower(old: &LiveRole, new: &LiveRole) -> BTreeSet<String> {
    let mut lower = BTreeSet::new();
    let (old, new) = (Able::of(old), Able::of(new));
    for action in ACTIONS {
        for resource in RESOURCES {
            for context in [
                &[][..],
                &[("aws:principalorgid", "o-1")],
                &[
                    ("kms:viaservice", "s3.us-east-1.amazonaws.com"),
                    ("kms:encryptioncontext:aws:s3:arn", "arn:aws:s3:::dumps/pg/1"),
                ],
            ] {
                let request = Request {
                    principal: "nobody",
                    action,
                    resource,
                    context,
                };
                if new.may(request) && !old.may(request) {
                    lower.insert(format!("may {action} on {resource} with {context:?}"));
                }
            }
        }
    }
    let oidc = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";
    let assumed = ["sts:assumerole", "sts:assumerolewithwebidentity"];
    for (action, principal) in assumed
        .iter()
        .flat_map(|a| ROLES.iter().chain([&oidc]).map(move |p| (*a, *p)))
    {
        for context in [
            &[][..],
            &[("sts:externalid", "x9x9")],
            &[("sts:externalid", "else")],
            &[
                ("token.actions.githubusercontent.com:aud", "sts.amazonaws.com"),
                (
                    "token.actions.githubusercontent.com:sub",
                    "repo:acme/app:ref:refs/heads/main",
                ),
            ],
        ] {
            let request = Request {
                principal,
                action,
                resource: "",
                context,
            };
            let trusts = |able: &Able| able.trust.say(request) == Says::Yes;
            if trusts(&new) && !trusts(&old) {
                lower.insert(format!("{principal} may {action} with {context:?}"));
            }
        }
    }
    lower
}

/// A managed policy's text, by its ARN: what its name says, with `s3:` before it.
pub(in crate::kinds) fn managed(arn: &str) -> LivePolicy {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let (effect, action) = match name.strip_prefix("deny-") {
        Some(action) => (Effect::Deny, action),
        None => (Effect::Allow, name),
    };
    LivePolicy {
        arn: arn.to_owned(),
        document: Some(Observed::Present(Document::new([Statement::new(
            effect,
            [format!("s3:{action}")],
            ["*"],
        )]))),
    }
}

/// The role after a creation; one that is there already is adopted.
pub(in crate::kinds) fn created(there: Option<LiveRole>, name: &str, new: &NewRole) -> LiveRole {
    let mut role = there.unwrap_or_else(|| LiveRole {
        name: name.to_owned(),
        path: new.path.clone(),
        arn: format!("arn:aws:iam::111111111111:role{}{name}", new.path),
        trust: Observed::Absent,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        boundary: None,
        tags: new
            .tags
            .clone()
            .into_iter()
            .chain([(PROJECT_TAG.to_owned(), place().project)])
            .collect(),
        settings: Some(Observed::Present(Settings {
            description: new.description.clone().unwrap_or_default(),
            max_session: new.max_session.unwrap_or(3600),
        })),
    });
    role.trust = Observed::Present(new.trust.clone());
    role.boundary = new.boundary.as_deref().map(managed).or(role.boundary);
    role
}

pub(in crate::kinds) fn settled(role: &mut LiveRole, description: String, max_session: u32) {
    role.settings = Some(Observed::Present(Settings {
        description,
        max_session,
    }));
}
