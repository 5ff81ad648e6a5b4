//! `writer_role`: the isolated backup writer.

mod diff;
mod documents;
pub mod live;
mod needs;
pub mod spec;
#[cfg(test)]
mod tests;
mod validate;

use super::iam::live::SETTINGS_ACTION;
use super::iam::write::{Iam, NewRole};
use super::iam::{INLINE, account, writer_path};
use super::{Boxed, Kind, Output, Permission, Purpose, ReadContext, WriteContext};
use crate::aws::AwsError;
use crate::diag::Diagnostics;
use crate::model::change::{Action, Diff, Stage};
use crate::model::desired::Contribution;
use crate::model::fact::{Facts, Identity, WriteTarget};
use crate::model::policy::Document;
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{Arn, AttributeChange, Judgement, Observed, Place, Unreadable};
use live::LiveWriter;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use spec::{Spec, boundary_arn, boundary_name, role_arn};
use std::collections::BTreeMap;

/// The kind; see [`Kind::DOC`].
pub struct WriterRole;

/// A write to a backup writer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates the boundary, or makes this its default version.
    PutLimit(Document),
    /// Creates the role within its boundary.
    Create(NewRole),
    /// Puts the role within its boundary.
    AttachLimit,
    /// Replaces who may assume it.
    PutTrust(Document),
    /// Writes the inline policy `backstay`.
    PutPolicy(Document),
    /// Removes an inline policy that is none of ours.
    DeletePolicy(String),
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
    /// Removes role and boundary.
    Remove,
}

impl Kind for WriterRole {
    const NAME: &'static str = "writer_role";
    const DOC: &'static str = include_str!("doc.md");
    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "arn",
            doc: "The role's ARN, with its path.",
        },
        Output {
            name: "boundary_arn",
            doc: "The ARN of the role's permissions boundary.",
        },
        Output {
            name: "role_name",
            doc: "The role's name.",
        },
    ];
    const GLOBAL: bool = true;
    const HOLDS_DATA: bool = false;
    const DISCOVERS: &'static [&'static str] = &[account::ACTION];
    type Spec = Spec;
    type Live = LiveWriter;
    type Op = Op;

    fn ident(spec: &Spec, place: &Place) -> String {
        spec.role_name(place)
    }

    fn arn(ident: &str, place: &Place) -> Option<Arn> {
        Some(role_arn(ident, place))
    }

    fn outputs(spec: &Spec, place: &Place) -> BTreeMap<&'static str, Value> {
        let name = spec.role_name(place);
        BTreeMap::from([
            ("arn", Value::string(role_arn(&name, place).as_str())),
            ("boundary_arn", Value::string(boundary_arn(&name, place).as_str())),
            ("role_name", Value::string(&name)),
        ])
    }

    fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, place, block, diagnostics);
    }

    fn contributions(spec: &Spec, label: &str, place: &Place) -> Vec<Contribution> {
        let mut all = Vec::new();
        for target in &spec.writes_to {
            let Some(on) = &target.address else { continue };
            let statements = documents::on_bucket(spec, target, label, place);
            all.extend(statements.into_iter().map(|statement| Contribution::Statement {
                on: on.clone(),
                statement: Box::new(statement),
            }));
            if spec.dump().is_some() {
                all.push(Contribution::Contents {
                    of: on.clone(),
                    prefix: spec.prefix().to_owned(),
                });
            }
        }
        all
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<LiveWriter>>> {
        Box::pin(live::read(cx, wanted))
    }

    fn diff(want: &Spec, have: Option<&LiveWriter>, place: &Place) -> Diff<Op> {
        diff::diff(want, have, place)
    }

    fn release(ident: &str, have: &LiveWriter, place: &Place) -> Diff<Op> {
        let mut diff = Diff::new();
        if have.foreign(ident, place).is_some() {
            diff.action = Action::Release;
            return diff;
        }
        diff.action = Action::Remove;
        let stops = Judgement::weakens("backups that are written through the role stop");
        let gone = AttributeChange::judged("name", Json::from(ident), Json::Null, stops);
        diff.push(Stage::Remove, Op::Remove, [gone]);
        diff
    }

    fn tags(have: &LiveWriter) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        Ok(have.role.as_ref().map(|role| &role.tags))
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move {
            let iam = Iam::new(cx.writer, cx.place);
            let limit = boundary_arn(ident, cx.place);
            match op {
                Op::PutLimit(document) => {
                    let (path, name) = (writer_path(cx.place), boundary_name(ident));
                    iam.put_policy(&path, &name, limit.as_str(), document).await
                }
                Op::Create(role) => iam.create_role(ident, role).await,
                Op::AttachLimit => iam.put_boundary(ident, limit.as_str()).await,
                Op::PutTrust(trust) => iam.put_trust(ident, trust).await,
                Op::PutPolicy(document) => iam.put_inline(ident, INLINE, document).await,
                Op::DeletePolicy(name) => iam.delete_inline(ident, name).await,
                Op::Detach(arn) => iam.detach(ident, arn).await,
                Op::PutSettings {
                    description,
                    max_session,
                } => iam.put_settings(ident, description, *max_session).await,
                Op::Tag(tags) => iam.tag_role(ident, tags).await,
                Op::Finish => iam.finish_role(ident).await,
                Op::Remove => {
                    iam.delete_role(ident).await?;
                    iam.delete_policy(limit.as_str()).await
                }
            }
        })
    }

    fn describe(op: &Op) -> String {
        match op {
            Op::PutLimit(_) => "write the boundary".into(),
            Op::Create(_) => "create the role".into(),
            Op::AttachLimit => "put the role within its boundary".into(),
            Op::PutTrust(_) => "write the trust policy".into(),
            Op::PutPolicy(_) => "write the policy".into(),
            Op::DeletePolicy(name) => format!("remove the policy {name}"),
            Op::Detach(arn) => format!("detach {}", arn.rsplit('/').next().unwrap_or(arn)),
            Op::PutSettings { .. } => "set the session length".into(),
            Op::Tag(_) => "set tags".into(),
            Op::Finish => "mark the role as finished".into(),
            Op::Remove => "remove role and boundary".into(),
        }
    }

    fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
        needs::needs(op, ident, place)
    }

    fn facts(spec: Option<&Spec>, have: &LiveWriter, place: &Place) -> Facts {
        let declared = spec.map(|spec| declared(spec, place));
        let targets = declared
            .as_ref()
            .and_then(|d| d.writer.clone())
            .unwrap_or_default();
        let dumps = declared.as_ref().and_then(|d| d.dumps.clone());
        Facts::Identity(Box::new(match &have.role {
            Some(role) => Identity {
                declared_trust: declared.and_then(|d| d.declared_trust),
                dumps,
                ..role.identity(Some(targets))
            },
            // The boundary alone: nobody can act by it.
            None => Identity {
                name: have.boundary.as_ref().map(|b| b.arn.clone()).unwrap_or_default(),
                trust: None,
                policies: Vec::new(),
                boundary: None,
                unknown: Vec::new(),
                writer: Some(targets),
                declared_trust: None,
                dumps,
            },
        }))
    }

    fn declared(spec: &Spec, place: &Place) -> Option<Facts> {
        Some(Facts::Identity(Box::new(declared(spec, place))))
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        let name = spec.role_name(place);
        let role = role_arn(&name, place).to_string();
        let limit = boundary_arn(&name, place).to_string();
        let on = |resource: &str, action| Permission {
            action,
            resource: resource.to_owned(),
        };
        let mut all = vec![on("*", account::ACTION)];
        all.extend(["iam:GetPolicy", "iam:GetPolicyVersion"].map(|action| on("*", action)));
        if spec.max_session.is_some() {
            all.push(on("*", SETTINGS_ACTION));
        }
        if purpose == Purpose::Apply {
            let on_role = [
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:GetRole",
                "iam:ListAttachedRolePolicies",
                "iam:ListInstanceProfilesForRole",
                "iam:ListRolePolicies",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
            ];
            let on_limit = [
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:ListPolicyVersions",
                "iam:TagPolicy",
            ];
            all.extend(on_role.map(|action| on(&role, action)));
            all.extend(on_limit.map(|action| on(&limit, action)));
        }
        all.sort();
        all.dedup();
        all
    }
}

/// The writer by its declaration alone, which grants it nothing.
fn declared(spec: &Spec, place: &Place) -> Identity {
    let targets = spec.buckets().map(|bucket| WriteTarget {
        bucket: bucket.clone(),
        prefix: spec.prefix().to_owned(),
    });
    Identity {
        name: spec.role_name(place),
        trust: None,
        policies: Vec::new(),
        boundary: None,
        unknown: Vec::new(),
        writer: Some(targets.collect()),
        declared_trust: Some(documents::trust(spec, place)),
        dumps: spec.dump(),
    }
}
