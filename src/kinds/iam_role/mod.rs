//! `iam_role`: a role that a posture needs besides its backup writers.

mod diff;
mod needs;
pub mod spec;
mod stranger;
#[cfg(test)]
mod tests;
mod validate;

use super::iam::account;
use super::iam::creation::mark_path;
use super::iam::live::{LiveRole, Need, SETTINGS_ACTION};
use super::iam::write::{Iam, NewRole};
use super::iam::{INLINE, own_path, writer_path};
use super::{Boxed, Depth, Kind, Output, Permission, Purpose, ReadContext, WriteContext};
use crate::aws::AwsError;
use crate::diag::Diagnostics;
use crate::model::change::{Action, Diff, Stage};
use crate::model::fact::Facts;
use crate::model::policy::{Document, Statement};
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{AccountId, Arn, AttributeChange, Judgement, Observed, Place, Unreadable};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use spec::Spec;
use std::collections::{BTreeMap, BTreeSet};

/// The kind; see [`Kind::DOC`].
pub struct IamRole;

/// A write to a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates it.
    Create(NewRole),
    /// Sets the permissions boundary.
    PutBoundary(String),
    /// Replaces who may assume it.
    PutTrust(Document),
    /// Writes the inline policy `backstay`.
    PutPolicy(Document),
    /// Removes the inline policy `backstay`.
    DeletePolicy,
    /// Attaches a managed policy.
    Attach(String),
    /// Detaches a managed policy.
    Detach(String),
    /// Sets description and session length, which IAM takes only together.
    PutSettings {
        /// Shown in the console.
        description: String,
        /// In seconds.
        max_session: u32,
    },
    /// Sets tags and leaves others.
    Tag(BTreeMap<String, String>),
    /// Takes off the tag that says that it is not finished.
    Finish,
    /// Removes it with its inline policies and attachments.
    Remove,
}

/// The name inside an identity; the path stands in front of it where it is not the default.
fn name_of(ident: &str) -> &str {
    ident.rsplit('/').next().unwrap_or(ident)
}

fn ident_at(path: &str, name: &str, place: &Place) -> String {
    if path == own_path(place) {
        name.to_owned()
    } else {
        format!("{path}{name}")
    }
}

fn need(spec: Option<&Spec>, depth: Depth) -> Need {
    Need {
        settings: spec.is_some_and(|s| s.description.is_some() || s.max_session.is_some()),
        aws_policies: depth.everything() || spec.is_some_and(|s| s.managed_policies.is_some()),
    }
}

impl Kind for IamRole {
    const NAME: &'static str = "iam_role";
    const DOC: &'static str = include_str!("doc.md");
    const OUTPUTS: &'static [Output] = &[Output {
        name: "arn",
        doc: "The role's ARN, with its path.",
    }];
    const GLOBAL: bool = true;
    const HOLDS_DATA: bool = false;
    const DISCOVERS: &'static [&'static str] = &[account::ACTION];
    type Spec = Spec;
    type Live = LiveRole;
    type Op = Op;

    fn ident(spec: &Spec, place: &Place) -> String {
        match &spec.path {
            Some(path) => ident_at(path, &spec.name, place),
            None => spec.name.clone(),
        }
    }

    fn arn(ident: &str, place: &Place) -> Option<Arn> {
        let resource = if ident.starts_with('/') {
            format!("role{ident}")
        } else {
            format!("role{}{ident}", own_path(place))
        };
        Some(Arn::iam(place.partition(), &place.account_id, &resource))
    }

    fn outputs(spec: &Spec, place: &Place) -> BTreeMap<&'static str, Value> {
        let arn = Self::arn(&Self::ident(spec, place), place);
        arn.map(|arn| ("arn", Value::string(arn.as_str())))
            .into_iter()
            .collect()
    }

    fn validate(spec: &Spec, _: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, block, diagnostics);
    }

    /// A statement about the role itself becomes part of its inline policy, one that names
    /// principals part of its trust.
    fn accept(spec: &mut Spec, statement: Statement) -> bool {
        match statement.principals {
            Some(_) => spec.trust.push((&statement).into()),
            None => spec.statement.push((&statement).into()),
        }
        true
    }

    fn referred_to(spec: &mut Spec) -> bool {
        spec.referred_to.0 = true;
        true
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<LiveRole>>> {
        Box::pin(async move {
            let account = account::read(cx.reader).await;
            let account = match account.as_ref() {
                Ok(account) => account,
                Err(error) => {
                    return account::unread(cx, wanted, error);
                }
            };
            let asked = wanted.iter().map(|(ident, spec)| async move {
                let read = match account.roles.get(name_of(ident)) {
                    None => Observed::Absent,
                    Some(role) => Observed::Present(
                        LiveRole::complete(cx.reader, account, role, need(spec.as_ref(), cx.depth)).await,
                    ),
                };
                (ident.clone(), read)
            });
            let mut read: BTreeMap<_, _> = futures::future::join_all(asked).await.into_iter().collect();
            if cx.discover {
                let writers = writer_path(cx.place);
                let asked: BTreeSet<&str> = wanted.iter().map(|(ident, _)| name_of(ident)).collect();
                let forgotten = account.roles.values().filter(|role| {
                    super::iam::live::is_ours(&role.path, &role.tags, cx.place)
                        && !role.path.starts_with(&writers)
                        && !asked.contains(role.name.as_str())
                });
                for role in forgotten {
                    let live = LiveRole::complete(cx.reader, account, role, need(None, cx.depth)).await;
                    read.insert(
                        ident_at(&role.path, &role.name, cx.place),
                        Observed::Present(live),
                    );
                }
            }
            read
        })
    }

    fn diff(want: &Spec, have: Option<&LiveRole>, place: &Place) -> Diff<Op> {
        match have {
            None => diff::create(want, place),
            Some(have) => diff::update(want, have, place),
        }
    }

    fn lets_in(
        want: &Spec,
        have: Option<&LiveRole>,
        place: &Place,
        ours: &BTreeSet<AccountId>,
    ) -> Option<(String, String)> {
        // What an existing role gets more is judged as such.
        let path = match have {
            None => "trust".to_owned(),
            Some(have) if diff::half_made(want, have, place) => mark_path(),
            Some(_) => return None,
        };
        Some((path, stranger::let_in(want, ours)?))
    }

    fn release(_: &str, have: &LiveRole, place: &Place) -> Diff<Op> {
        let mut diff = Diff::new();
        if have.is_ours(place) {
            diff.action = Action::Remove;
            let gone = AttributeChange::judged(
                "name",
                Json::from(have.name.as_str()),
                Json::Null,
                Judgement::weakens(
                    "what still acts through the role stops, such as the replication of a bucket",
                ),
            );
            diff.push(Stage::Remove, Op::Remove, [gone]);
        } else {
            diff.action = Action::Release;
        }
        diff
    }

    fn tags(have: &LiveRole) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        Ok(Some(&have.tags))
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move {
            let iam = Iam::new(cx.writer, cx.place);
            let name = name_of(ident);
            match op {
                Op::Create(role) => iam.create_role(name, role).await,
                Op::PutBoundary(arn) => iam.put_boundary(name, arn).await,
                Op::PutTrust(trust) => iam.put_trust(name, trust).await,
                Op::PutPolicy(document) => iam.put_inline(name, INLINE, document).await,
                Op::DeletePolicy => iam.delete_inline(name, INLINE).await,
                Op::Attach(arn) => iam.attach(name, arn).await,
                Op::Detach(arn) => iam.detach(name, arn).await,
                Op::PutSettings {
                    description,
                    max_session,
                } => iam.put_settings(name, description, *max_session).await,
                Op::Tag(tags) => iam.tag_role(name, tags).await,
                Op::Finish => iam.finish_role(name).await,
                Op::Remove => iam.delete_role(name).await,
            }
        })
    }

    fn describe(op: &Op) -> String {
        match op {
            Op::Create(_) => "create the role".into(),
            Op::PutBoundary(_) => "set the permissions boundary".into(),
            Op::PutTrust(_) => "write the trust policy".into(),
            Op::PutPolicy(_) => "write the policy".into(),
            Op::DeletePolicy => "remove the policy".into(),
            Op::Attach(arn) => format!("attach {}", name_of(arn)),
            Op::Detach(arn) => format!("detach {}", name_of(arn)),
            Op::PutSettings { .. } => "set description and session length".into(),
            Op::Tag(_) => "set tags".into(),
            Op::Finish => "mark the role as finished".into(),
            Op::Remove => "remove the role".into(),
        }
    }

    fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
        needs::needs(op, ident, place)
    }

    fn facts(_: Option<&Spec>, have: &LiveRole, _: &Place) -> Facts {
        Facts::Identity(Box::new(have.identity(None)))
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        let role = Self::arn(&Self::ident(spec, place), place).map_or_else(String::new, String::from);
        let on_role = |action| Permission {
            action,
            resource: role.clone(),
        };
        let anywhere = |action| Permission {
            action,
            resource: "*".into(),
        };
        let mut all = vec![anywhere(account::ACTION)];
        let need = need(
            Some(spec),
            match purpose {
                Purpose::Check | Purpose::Prove => Depth::Everything,
                Purpose::Plan | Purpose::Apply => Depth::Declared,
            },
        );
        if need.settings {
            all.push(anywhere(SETTINGS_ACTION));
        }
        if need.aws_policies {
            all.extend(["iam:GetPolicy", "iam:GetPolicyVersion"].map(anywhere));
        }
        if purpose == Purpose::Apply {
            all.extend(
                [
                    "iam:CreateRole",
                    "iam:DeleteRole",
                    "iam:DeleteRolePolicy",
                    "iam:DetachRolePolicy",
                    "iam:GetRole",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListInstanceProfilesForRole",
                    "iam:ListRolePolicies",
                    "iam:PutRolePolicy",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                ]
                .map(on_role),
            );
            if spec.boundary.is_some() {
                all.push(on_role("iam:PutRolePermissionsBoundary"));
            }
            if spec.managed_policies.is_some() {
                all.push(on_role("iam:AttachRolePolicy"));
            }
            if need.settings {
                all.push(on_role("iam:UpdateRole"));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}
