//! What IAM has to allow for a write to an instance or its copies.

use super::RdsInstance;
use super::write::{Copy, Op};
use crate::kinds::{Kind, Permission, keys};
use crate::model::{Arn, Place, Region};

const START: &str = "rds:StartDBInstanceAutomatedBackupsReplication";
const STOP: &str = "rds:StopDBInstanceAutomatedBackupsReplication";

/// See [`Kind::needs`].
pub(super) fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
    let db = RdsInstance::arn(ident, place).map_or_else(String::new, String::from);
    let on_db = |action| Permission::new(action, db.as_str());
    match op {
        Op::Protect { .. } | Op::Backups { .. } => vec![on_db("rds:ModifyDBInstance")],
        Op::StartCopy(copy) => start(copy, &db, place),
        Op::ReplaceCopy(copy) => {
            let mut both = start(copy, &db, place);
            both.extend(of_copy(STOP, &db, &copy.region, place));
            both
        }
        Op::StopCopy { region, .. } => of_copy(STOP, &db, region, place).into(),
        Op::Tag { .. } => vec![on_db("rds:AddTagsToResource")],
        Op::Untag { .. } => vec![on_db("rds:RemoveTagsFromResource")],
    }
}

/// RDS asks for both ends of a copy.
fn of_copy(action: &'static str, db: &str, region: &Region, place: &Place) -> [Permission; 2] {
    let copies = Arn::rds(place.partition(), region, &place.account_id, "auto-backup:*");
    [Permission::new(action, db), Permission::new(action, copies)]
}

fn start(copy: &Copy, db: &str, place: &Place) -> Vec<Permission> {
    let mut all: Vec<Permission> = of_copy(START, db, &copy.region, place).into();
    if let Some(key) = &copy.key {
        // IAM takes no alias as a resource.
        let key = match keys::is_alias(key) {
            true => Arn::kms(place.partition(), &copy.region, &place.account_id, "key/*"),
            false => key.clone(),
        };
        all.extend(["kms:CreateGrant", keys::DESCRIBE].map(|action| Permission::new(action, key.as_str())));
    }
    all
}
