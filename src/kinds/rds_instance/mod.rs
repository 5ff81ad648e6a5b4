//! `rds_instance`: how a database instance is protected.

mod diff;
pub mod live;
mod needs;
pub mod spec;
#[cfg(test)]
mod tests;
mod validate;
pub mod write;

use super::marked::PROJECT_TAG;
use super::{Boxed, Kind, Output, Permission, Purpose, ReadContext, WriteContext, keys, marked};
use crate::aws::AwsError;
use crate::diag::Diagnostics;
use crate::model::change::Diff;
use crate::model::fact::{BackupReplica, Database, Facts};
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{Arn, Observed, Place, Unreadable};
use live::{LiveInstance, LiveReplica};
use spec::Spec;
use std::collections::BTreeMap;
use write::{Op, Rds};

/// The kind; see [`Kind::DOC`].
pub struct RdsInstance;

impl Kind for RdsInstance {
    const NAME: &'static str = "rds_instance";
    const DOC: &'static str = include_str!("doc.md");
    const OUTPUTS: &'static [Output] = &[Output {
        name: "arn",
        doc: "The instance's ARN.",
    }];
    const HOLDS_DATA: bool = true;
    const DISCOVERS: &'static [&'static str] = &[marked::ACTION];
    type Spec = Spec;
    type Live = LiveInstance;
    type Op = Op;

    fn ident(spec: &Spec, _: &Place) -> String {
        spec.identifier.to_lowercase()
    }

    fn arn(ident: &str, place: &Place) -> Option<Arn> {
        let resource = format!("db:{ident}");
        Some(Arn::rds(
            place.partition(),
            &place.region,
            &place.account_id,
            &resource,
        ))
    }

    fn outputs(spec: &Spec, place: &Place) -> BTreeMap<&'static str, Value> {
        Self::arn(&Self::ident(spec, place), place)
            .map(|arn| ("arn", Value::string(arn.as_str())))
            .into_iter()
            .collect()
    }

    fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, place, block, diagnostics);
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<LiveInstance>>> {
        Box::pin(live::read(cx, wanted))
    }

    fn diff(want: &Spec, have: Option<&LiveInstance>, place: &Place) -> Diff<Op> {
        diff::diff(want, have, place)
    }

    fn release(_: &str, have: &LiveInstance, place: &Place) -> Diff<Op> {
        diff::release(have, place)
    }

    fn tags(have: &LiveInstance) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        Ok(Some(&have.tags))
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move { Rds::new(cx.writer, cx.place, ident).run(op).await })
    }

    fn describe(op: &Op) -> String {
        match op {
            Op::Protect {
                deletion_protection: Some(_),
                copy_tags: None,
            } => "set deletion protection".into(),
            Op::Protect {
                deletion_protection: None,
                ..
            } => "set whether snapshots carry tags".into(),
            Op::Protect { .. } => "set deletion protection and whether snapshots carry tags".into(),
            Op::Backups { retention: None, .. } => "move the backup window".into(),
            Op::Backups {
                retention: Some(days),
                ..
            } => format!("keep automated backups for {days} days"),
            Op::StartCopy(copy) => format!("copy automated backups to {}", copy.region),
            Op::ReplaceCopy(copy) => format!("start the copy in {} anew", copy.region),
            Op::StopCopy { region, .. } => format!("stop the copy in {region}"),
            Op::Tag { .. } => "set tags".into(),
            Op::Untag { .. } => "remove the project's tag".into(),
        }
    }

    fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
        needs::needs(op, ident, place)
    }

    fn facts(_: Option<&Spec>, have: &LiveInstance, _: &Place) -> Facts {
        Facts::Database(Box::new(Database {
            identifier: have.identifier.clone(),
            status: have.status.clone(),
            // What waits for the maintenance window takes effect then, and a shorter one takes the older backups.
            retention_days: have
                .retention_days
                .min(have.pending_retention.unwrap_or(have.retention_days)),
            created: have.created.clone(),
            earliest_restorable: have.earliest_restorable.clone().unwrap_or_else(|| {
                Observed::Unreadable(Unreadable {
                    action: live::BACKUPS.into(),
                    why: "it was not asked for".into(),
                    denied: false,
                })
            }),
            latest_restorable: have.latest_restorable.clone(),
            deletion_protection: have.deletion_protection,
            encrypted: have.encrypted,
            key: have.key.clone(),
            multi_az: have.multi_az,
            copy_tags: have.copy_tags,
            continuous: have.aws_backup.as_ref().and_then(|arn| arn.parse().ok()),
            replicas: replicas(have),
        }))
    }

    /// Backups go on by themselves: the newest restorable times and the states change all the time.
    fn settled(have: &LiveInstance) -> LiveInstance {
        let mut settled = have.clone();
        settled.status.clear();
        settled.latest_restorable = None;
        settled.earliest_restorable = None;
        for replica in settled.replicas.values_mut() {
            if let Observed::Present(replica) = replica {
                replica.status.clear();
                replica.latest = None;
                replica.earliest = None;
            }
        }
        settled
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        let anywhere = |action| Permission {
            action,
            resource: "*".into(),
        };
        let mut all = vec![anywhere(live::INSTANCES), anywhere(marked::ACTION)];
        if !spec.replicate.is_empty() || purpose.reads_everything() {
            all.push(anywhere(live::BACKUPS));
        }
        let mut named = spec.replicate.iter().filter_map(|r| live::key_of(r, place));
        if named.next().is_some() {
            all.push(anywhere(keys::DESCRIBE));
        }
        if purpose == Purpose::Apply {
            let db = Self::arn(&Self::ident(spec, place), place).map_or_else(String::new, String::from);
            let on_db = |action| Permission {
                action,
                resource: db.clone(),
            };
            if spec.pitr.is_some() || spec.deletion_protection.is_some() || spec.copy_tags.is_some() {
                all.push(on_db("rds:ModifyDBInstance"));
            }
            if let Some(tags) = &spec.tags {
                all.push(on_db("rds:AddTagsToResource"));
                // Only a marked one has a mark that a release takes away.
                if tags.contains_key(PROJECT_TAG) {
                    all.push(on_db("rds:RemoveTagsFromResource"));
                }
            }
            if !spec.replicate.is_empty() {
                // A copy in a region that is not declared is stopped, too.
                let stop = "rds:StopDBInstanceAutomatedBackupsReplication";
                let (partition, account) = (place.partition(), &place.account_id);
                let copies = format!("arn:{partition}:rds:*:{account}:auto-backup:*");
                all.extend([on_db(stop), Permission::new(stop, copies)]);
            }
            for replicate in &spec.replicate {
                let copies = Arn::rds(
                    place.partition(),
                    &replicate.region,
                    &place.account_id,
                    "auto-backup:*",
                );
                let start = "rds:StartDBInstanceAutomatedBackupsReplication";
                all.extend([on_db(start), Permission::new(start, copies)]);
                // IAM takes no alias as a resource; and a copy that is made anew keeps a key that nobody declares.
                let named = live::key_of(replicate, place).filter(|key| !keys::is_alias(key));
                let key = named.unwrap_or_else(|| {
                    Arn::kms(place.partition(), &replicate.region, &place.account_id, "key/*")
                });
                let grants = ["kms:CreateGrant", keys::DESCRIBE];
                all.extend(grants.map(|action| Permission::new(action, key.as_str())));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}

/// All copies, or why they are not all known.
fn replicas(have: &LiveInstance) -> Observed<Vec<BackupReplica>> {
    let mut all = Vec::new();
    for region in &have.replica_regions {
        if !have.replicas.contains_key(region) {
            return Observed::Unreadable(Unreadable {
                action: live::BACKUPS.into(),
                why: format!("copies in {region} were not read"),
                denied: false,
            });
        }
    }
    for (region, replica) in &have.replicas {
        match replica {
            Observed::Present(LiveReplica {
                retention_days,
                status,
                earliest,
                latest,
                key,
            }) => all.push(BackupReplica {
                region: region.clone(),
                retention_days: *retention_days,
                status: status.clone(),
                earliest: earliest.clone(),
                latest: latest.clone(),
                key: key.clone(),
            }),
            Observed::Absent => {}
            Observed::Unreadable(why) => return Observed::Unreadable(why.clone()),
        }
    }
    Observed::Present(all)
}
