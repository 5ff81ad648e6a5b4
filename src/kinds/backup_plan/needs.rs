//! What IAM has to allow for a write to a backup plan.

use super::write::Op;
use crate::kinds::Permission;
use crate::model::{Arn, Place};

/// See [`Kind::needs`](crate::kinds::Kind::needs).
pub(super) fn needs(op: &Op, place: &Place) -> Vec<Permission> {
    // A plan is known by an id that it gets when it is made.
    let plans = Arn::backup(
        place.partition(),
        &place.region,
        &place.account_id,
        "backup-plan:*",
    );
    let on_plans = |action| Permission::new(action, plans.as_str());
    match op {
        Op::Create { .. } => vec![
            on_plans("backup:CreateBackupPlan"),
            on_plans("backup:TagResource"),
        ],
        Op::Update { .. } => vec![on_plans("backup:UpdateBackupPlan")],
        Op::Select { selections, replaces } => {
            let made = (!selections.is_empty()).then(|| on_plans("backup:CreateBackupSelection"));
            let gone = (!replaces.is_empty()).then(|| on_plans("backup:DeleteBackupSelection"));
            let passed = selections
                .iter()
                .map(|s| Permission::new("iam:PassRole", s.role.as_str()));
            made.into_iter().chain(gone).chain(passed).collect()
        }
        Op::Tag { .. } => vec![on_plans("backup:TagResource")],
        Op::Remove => vec![
            on_plans("backup:DeleteBackupPlan"),
            on_plans("backup:DeleteBackupSelection"),
        ],
    }
}
