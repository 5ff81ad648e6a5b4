//! Jobs of AWS Backup: done at once, or failed for what makes them fail.

use serde_json::{Value, json};

use super::super::reply::Refusal;
use super::super::request::Call;
use super::State;
use super::backup::Asked;
use super::vault::{Point, absent, invalid, refused, resource_type, seconds};

/// A job, as it is shown.
#[derive(Debug)]
struct Job {
    account: String,
    region: String,
    shape: Value,
}

/// Every job, newest last.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    list: Vec<Job>,
}

impl Jobs {
    /// The jobs of an account in a region that have an id of this name.
    pub(super) fn of<'a>(&'a self, call: &'a Call, id: &'a str) -> impl Iterator<Item = Value> + 'a {
        let here = move |job: &&Job| {
            job.account == call.account && job.region == call.region && !job.shape[id].is_null()
        };
        self.list.iter().filter(here).map(|job| job.shape.clone())
    }

    /// One by its id.
    ///
    /// # Errors
    /// It isn't there.
    pub(super) fn described(&self, call: &Call, id: &str, wanted: &str) -> Result<Value, Refusal> {
        self.of(call, id)
            .find(|job| job[id] == wanted)
            .ok_or_else(|| absent(format!("The job {wanted} does not exist.")))
    }

    fn add(&mut self, call: &Call, shape: Value) {
        self.list.push(Job {
            account: call.account.clone(),
            region: call.region.clone(),
            shape,
        });
    }
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

/// What a recovery point of a resource is called in a region.
fn point_arn(resource: &str, account: &str, region: &str) -> String {
    let id = uuid::Uuid::new_v4();
    match resource_type(resource) {
        "RDS" => format!("arn:aws:rds:{region}:{account}:snapshot:awsbackup:job-{id}"),
        "Aurora" => format!("arn:aws:rds:{region}:{account}:cluster-snapshot:awsbackup:job-{id}"),
        _ => format!("arn:aws:backup:{region}:{account}:recovery-point:{id}"),
    }
}

/// State and message of a job that ended so.
fn end(failed: Option<&String>) -> (&'static str, &str) {
    match failed {
        Some(why) => ("FAILED", why.as_str()),
        None => ("COMPLETED", ""),
    }
}

/// `StartBackupJob`.
pub(super) fn back_up(state: &mut State, asked: &Asked<'_>) -> Result<Value, Refusal> {
    let (call, now) = (asked.call, asked.now);
    let resource = asked.needed("ResourceArn")?;
    let role = asked.needed("IamRoleArn")?;
    let name = asked.needed("BackupVaultName")?;
    if resource_type(resource).is_empty() {
        return Err(invalid(format!(
            "{resource} is nothing that AWS Backup backs up here."
        )));
    }
    let (delete_after, cold_after) = asked.lifecycle()?;
    let vault = state.vaults.named(&call.account, &call.region, name)?;
    if vault.air_gapped {
        return Err(refused("A logically air-gapped vault takes copies only."));
    }
    let point = Point {
        arn: point_arn(resource, &call.account, &call.region),
        resource: resource.to_owned(),
        taken: now,
        completed: now,
        delete_after,
        cold_after,
        role: role.to_owned(),
        copied_from: None,
        kept_until: None,
    };
    let failed = vault.unfit(delete_after);
    let (ended, message) = end(failed.as_ref());
    let job = json!({
        "BackupJobId": id(),
        "AccountId": call.account,
        "BackupVaultName": name,
        "BackupVaultArn": vault.arn(),
        "RecoveryPointArn": failed.is_none().then_some(&point.arn),
        "ResourceArn": resource,
        "ResourceType": resource_type(resource),
        "IamRoleArn": role,
        "CreationDate": seconds(now),
        "CompletionDate": seconds(now),
        "State": ended,
        "StatusMessage": message,
        "IsParent": false,
    });
    let started = json!({
        "BackupJobId": job["BackupJobId"],
        "RecoveryPointArn": job["RecoveryPointArn"],
        "CreationDate": seconds(now),
        "IsParent": false,
    });
    if failed.is_none() {
        vault.add(point);
    }
    state.backup_jobs.add(call, job);
    Ok(started)
}

/// `StartCopyJob`. That the accounts are of one organization, and that it lets them copy, is taken for granted.
pub(super) fn copy(state: &mut State, asked: &Asked<'_>) -> Result<Value, Refusal> {
    let (call, now) = (asked.call, asked.now);
    let wanted = asked.needed("RecoveryPointArn")?;
    let to = asked.needed("DestinationBackupVaultArn")?;
    let role = asked.needed("IamRoleArn")?;
    let name = asked.needed("SourceBackupVaultName")?;
    let (delete_after, cold_after) = asked.lifecycle()?;
    let from = state.vaults.named(&call.account, &call.region, name)?;
    let (source, own_key) = (from.arn(), from.key.is_some());
    let point = from.points.iter().find(|p| p.arn == wanted).cloned();
    let point = point.ok_or_else(|| absent(format!("The recovery point {wanted} does not exist.")))?;
    if source == to {
        return Err(invalid(
            "A recovery point cannot be copied to the vault that it is in.",
        ));
    }
    let vault = state
        .vaults
        .at(to)
        .ok_or_else(|| absent(format!("The destination {to} does not exist.")))?;
    // Never ends with its original where the copy says nothing.
    let delete_after = delete_after.or(point.delete_after);
    let elsewhere = vault.account != call.account;
    let failed = if elsewhere && !vault.receives_from(&call.account) {
        Some("Access Denied trying to call AWS Backup service".to_owned())
    } else if elsewhere && !(own_key && vault.key.is_some()) {
        Some("Snapshots encrypted with the AWS Managed CMK can't be shared".to_owned())
    } else {
        vault.unfit(delete_after)
    };
    let copied = Point {
        arn: point_arn(&point.resource, &vault.account, &vault.region),
        resource: point.resource.clone(),
        taken: point.taken,
        completed: now,
        delete_after,
        cold_after,
        role: role.to_owned(),
        copied_from: Some(source.clone()),
        kept_until: None,
    };
    let (ended, message) = end(failed.as_ref());
    let job = json!({
        "CopyJobId": id(),
        "AccountId": call.account,
        "SourceBackupVaultArn": source,
        "SourceRecoveryPointArn": wanted,
        "DestinationBackupVaultArn": to,
        "DestinationRecoveryPointArn": failed.is_none().then_some(&copied.arn),
        "ResourceArn": copied.resource,
        "ResourceType": resource_type(&copied.resource),
        "IamRoleArn": role,
        "CreationDate": seconds(now),
        "CompletionDate": seconds(now),
        "State": ended,
        "StatusMessage": message,
        "IsParent": false,
    });
    let started = json!({
        "CopyJobId": job["CopyJobId"],
        "CreationDate": seconds(now),
        "IsParent": false,
    });
    if failed.is_none() {
        vault.add(copied);
    }
    state.backup_jobs.add(call, job);
    Ok(started)
}
