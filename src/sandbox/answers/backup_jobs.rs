//! Jobs of AWS Backup: done at once, or failed for what makes them fail.

use serde_json::{Value, json};

use super::super::reply::Refusal;
use super::super::request::{Call, Params};
use super::backup::Asked;
use super::vault::{Point, absent, at, invalid, refused, resource_type, seconds};
use super::xml::Element;
use super::{Context, State};

/// A job, as it is shown.
#[derive(Debug)]
struct Job {
    account: String,
    region: String,
    /// Makes a repeated request the same job.
    token: Option<String>,
    shape: Value,
    /// What the request was answered with.
    started: Value,
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
            job.account == call.account && job.region == call.region && !at(&job.shape, id).is_null()
        };
        self.list.iter().filter(here).map(|job| job.shape.clone())
    }

    /// One by its id.
    ///
    /// # Errors
    /// It isn't there.
    pub(super) fn described(&self, call: &Call, id: &str, wanted: &str) -> Result<Value, Refusal> {
        self.of(call, id)
            .find(|job| at(job, id) == wanted)
            .ok_or_else(|| absent(format!("The job {wanted} does not exist.")))
    }

    /// The answer to the same request, when it was made before.
    fn again(&self, asked: &Asked<'_>) -> Option<Value> {
        let token = asked.text("IdempotencyToken")?;
        let same = |job: &&Job| {
            (&job.account, &job.region) == (&asked.call.account, &asked.call.region)
                && job.token.as_deref() == Some(token)
        };
        self.list.iter().find(same).map(|job| job.started.clone())
    }

    fn add(&mut self, asked: &Asked<'_>, shape: Value, started: &Value) {
        self.list.push(Job {
            account: asked.call.account.clone(),
            region: asked.call.region.clone(),
            token: asked.text("IdempotencyToken").map(str::to_owned),
            shape,
            started: started.clone(),
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

/// A job that ended at once: what every kind of it shows, and `own`, its ids and places.
fn ended(asked: &Asked<'_>, point: &Point, failed: Option<&str>, own: Value) -> Value {
    let mut shape = json!({
        "AccountId": asked.call.account,
        "ResourceArn": point.resource,
        "ResourceType": resource_type(&point.resource),
        "IamRoleArn": point.role,
        "CreationDate": seconds(asked.now),
        "CompletionDate": seconds(asked.now),
        "State": if failed.is_some() { "FAILED" } else { "COMPLETED" },
        "StatusMessage": failed.unwrap_or_default(),
        "IsParent": false,
    });
    if let (Value::Object(shape), Value::Object(own)) = (&mut shape, own) {
        shape.extend(own);
    }
    shape
}

/// The key of the database that is to be backed up; nothing for other resources, which are not looked for.
///
/// # Errors
/// There is no such database.
pub(super) async fn key_of(context: &Context, asked: &Asked<'_>) -> Result<Option<String>, Refusal> {
    let resource = asked.text("ResourceArn").unwrap_or_default();
    let Some(name) = resource.rsplit_once(":db:").map(|(_, name)| name) else {
        return Ok(None);
    };
    let params = Params::default()
        .with("Action", "DescribeDBInstances")
        .with("Version", "2014-10-31")
        .with("DBInstanceIdentifier", name);
    let (account, region) = (&asked.call.account, &asked.call.region);
    let found = context.backends.moto("rds", account, region, &params).await;
    let found = found.map_err(|_| absent(format!("The resource {resource} does not exist.")))?;
    Ok(found
        .find("KmsKeyId")
        .map(Element::text)
        .filter(|key| !key.is_empty()))
}

/// `StartBackupJob`.
pub(super) fn back_up(state: &mut State, asked: &Asked<'_>) -> Result<Value, Refusal> {
    if let Some(started) = state.backup_jobs.again(asked) {
        return Ok(started);
    }
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
        // A snapshot of a database is under the database's own key, whatever the vault's.
        key: match resource_type(resource) {
            "RDS" => asked.database_key.clone(),
            _ => vault.key.clone(),
        },
        kept_until: None,
    };
    let failed = vault.unfit(delete_after);
    let own = json!({
        "BackupJobId": id(),
        "BackupVaultName": name,
        "BackupVaultArn": vault.arn(),
        "RecoveryPointArn": failed.is_none().then_some(&point.arn),
    });
    let job = ended(asked, &point, failed.as_deref(), own);
    let started = json!({
        "BackupJobId": at(&job, "BackupJobId"),
        "RecoveryPointArn": at(&job, "RecoveryPointArn"),
        "CreationDate": seconds(now),
        "IsParent": false,
    });
    if failed.is_none() {
        vault.add(point);
    }
    state.backup_jobs.add(asked, job, &started);
    Ok(started)
}

/// `StartCopyJob`. That the accounts are of one organization, and that it lets them copy, is taken for granted.
pub(super) fn copy(state: &mut State, asked: &Asked<'_>) -> Result<Value, Refusal> {
    if let Some(started) = state.backup_jobs.again(asked) {
        return Ok(started);
    }
    let (call, now) = (asked.call, asked.now);
    let wanted = asked.needed("RecoveryPointArn")?;
    let to = asked.needed("DestinationBackupVaultArn")?;
    let role = asked.needed("IamRoleArn")?;
    let name = asked.needed("SourceBackupVaultName")?;
    let (delete_after, cold_after) = asked.lifecycle()?;
    let from = state.vaults.named(&call.account, &call.region, name)?;
    let source = from.arn();
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
    } else if elsewhere && (point.key.is_none() || vault.key.is_none()) {
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
        key: vault.key.clone(),
        kept_until: None,
    };
    let own = json!({
        "CopyJobId": id(),
        "SourceBackupVaultArn": source,
        "SourceRecoveryPointArn": wanted,
        "DestinationBackupVaultArn": to,
        "DestinationRecoveryPointArn": failed.is_none().then_some(&copied.arn),
    });
    let job = ended(asked, &copied, failed.as_deref(), own);
    let started = json!({
        "CopyJobId": at(&job, "CopyJobId"),
        "CreationDate": seconds(now),
        "IsParent": false,
    });
    if failed.is_none() {
        vault.add(copied);
    }
    state.backup_jobs.add(asked, job, &started);
    Ok(started)
}
