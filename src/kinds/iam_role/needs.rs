//! What IAM has to allow for a write to a role.

use super::{IamRole, Op};
use crate::kinds::{Kind, Permission};
use crate::model::Place;

/// See [`Kind::needs`].
pub(super) fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
    let role = IamRole::arn(ident, place).map_or_else(String::new, String::from);
    let actions: &[&'static str] = match op {
        Op::Create(_) => &["iam:CreateRole", "iam:TagRole"],
        Op::PutBoundary(_) => &["iam:PutRolePermissionsBoundary"],
        Op::PutTrust(_) => &["iam:UpdateAssumeRolePolicy"],
        Op::PutPolicy(_) => &["iam:PutRolePolicy"],
        Op::DeletePolicy => &["iam:DeleteRolePolicy"],
        Op::Attach(_) => &["iam:AttachRolePolicy"],
        Op::Detach(_) => &["iam:DetachRolePolicy"],
        Op::PutSettings { .. } => &["iam:UpdateRole"],
        Op::Tag(_) => &["iam:TagRole"],
        Op::Finish => &["iam:UntagRole"],
        Op::Remove => &["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"],
    };
    let on_role = |action: &&'static str| Permission::new(action, role.as_str());
    actions.iter().map(on_role).collect()
}
