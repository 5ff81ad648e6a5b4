//! What IAM has to allow for a write to a writer's role or its boundary.

use super::{Op, boundary_arn, role_arn};
use crate::kinds::Permission;
use crate::model::Place;

/// See [`Kind::needs`](crate::kinds::Kind::needs).
pub(super) fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
    let (role, limit) = (role_arn(ident, place), boundary_arn(ident, place));
    let (on_role, on_limit): (&[&'static str], &[&'static str]) = match op {
        // Which of them it takes depends on how many versions there are.
        Op::PutLimit(_) => (
            &[],
            &[
                "iam:CreatePolicy",
                "iam:CreatePolicyVersion",
                "iam:DeletePolicyVersion",
                "iam:TagPolicy",
            ],
        ),
        Op::Create(_) => (&["iam:CreateRole", "iam:TagRole"], &[]),
        Op::AttachLimit => (&["iam:PutRolePermissionsBoundary"], &[]),
        Op::PutTrust(_) => (&["iam:UpdateAssumeRolePolicy"], &[]),
        Op::PutPolicy(_) => (&["iam:PutRolePolicy"], &[]),
        Op::DeletePolicy(_) => (&["iam:DeleteRolePolicy"], &[]),
        Op::Detach(_) => (&["iam:DetachRolePolicy"], &[]),
        Op::PutSettings { .. } => (&["iam:UpdateRole"], &[]),
        Op::Tag(_) => (&["iam:TagRole"], &[]),
        Op::Finish => (&["iam:UntagRole"], &[]),
        Op::Remove => (
            &["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"],
            &["iam:DeletePolicy", "iam:DeletePolicyVersion"],
        ),
    };
    let roles = on_role
        .iter()
        .map(|action| Permission::new(action, role.as_str()));
    let limits = on_limit
        .iter()
        .map(|action| Permission::new(action, limit.as_str()));
    roles.chain(limits).collect()
}
