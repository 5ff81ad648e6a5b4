//! AWS Backup: vaults, their locks, access policies and recovery points, jobs, and a region's settings. Plans and
//! selections are ministack's (`backup_plans`). No schedule runs here: what a plan's rule would do each night is asked for with
//! `StartBackupJob` and `StartCopyJob`, which are done at once.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::reply::{self, Body, BodyError, Refusal};
use super::super::request::{Call, Params};
use super::super::routes::{self, Answerer};
use super::vault::{self, Point, Vault, absent, at, invalid, seconds};
use super::vaults::NewVault;
use super::{Context, State};
use super::{backup_jobs, backup_plans};

/// Types of resources to whether AWS Backup acts on them where nobody has said so: those that it began with.
const OPTED_IN: &[(&str, bool)] = &[
    ("Aurora", true),
    ("CloudFormation", false),
    ("DocumentDB", true),
    ("DynamoDB", true),
    ("EBS", true),
    ("EC2", true),
    ("EFS", true),
    ("FSx", true),
    ("Neptune", true),
    ("RDS", true),
    ("Redshift", false),
    ("S3", false),
    ("SAP HANA on Amazon EC2", false),
    ("Storage Gateway", true),
    ("Timestream", false),
    ("VirtualMachine", true),
];

/// What was changed of a region's settings: account, region and type.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    opted_in: BTreeMap<(String, String, String), bool>,
}

impl Settings {
    fn of(&self, call: &Call) -> Value {
        let one = |(name, usual): &(&str, bool)| {
            let key = (call.account.clone(), call.region.clone(), (*name).to_owned());
            (
                (*name).to_owned(),
                json!(self.opted_in.get(&key).unwrap_or(usual)),
            )
        };
        let opted_in: Map<String, Value> = OPTED_IN.iter().map(one).collect();
        json!({
            "ResourceTypeOptInPreference": opted_in,
            "ResourceTypeManagementPreference": {"DynamoDB": false, "EFS": false},
        })
    }

    fn change(&mut self, call: &Call, wanted: &Value) -> Result<(), Refusal> {
        let wanted = at(wanted, "ResourceTypeOptInPreference").as_object();
        for (name, on) in wanted.into_iter().flatten() {
            let (true, Some(on)) = (OPTED_IN.iter().any(|(known, _)| known == name), on.as_bool()) else {
                return Err(invalid(format!(
                    "{name} is no resource type, or not said true or false."
                )));
            };
            let key = (call.account.clone(), call.region.clone(), name.clone());
            self.opted_in.insert(key, on);
        }
        Ok(())
    }
}

/// A request as these operations see it.
pub(super) struct Asked<'a> {
    pub(super) call: &'a Call,
    /// What stands for the stars of the path.
    path: Vec<String>,
    query: Params,
    pub(super) body: Value,
    pub(super) now: Timestamp,
    /// The key that a database which is backed up is encrypted with.
    pub(super) database_key: Option<String>,
}

impl Asked<'_> {
    fn part(&self, n: usize) -> &str {
        self.path.get(n).map_or("", String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        at(&self.body, name).as_str()
    }

    /// # Errors
    /// It isn't there.
    pub(super) fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            Refusal::new(
                400,
                "MissingParameterValueException",
                format!("{name} is missing."),
            )
        })
    }

    fn days(&self, name: &str) -> Option<i64> {
        at(&self.body, name).as_i64()
    }

    /// `DeleteAfterDays` and `MoveToColdStorageAfterDays`.
    ///
    /// # Errors
    /// They do not fit together.
    pub(super) fn lifecycle(&self) -> Result<(Option<i64>, Option<i64>), Refusal> {
        let of = |name: &str| at(at(&self.body, "Lifecycle"), name).as_i64();
        let (delete, cold) = (of("DeleteAfterDays"), of("MoveToColdStorageAfterDays"));
        vault::lifecycle(delete, cold)?;
        Ok((delete, cold))
    }

    fn tags(&self, name: &str) -> BTreeMap<String, String> {
        let tags = at(&self.body, name).as_object().into_iter().flatten();
        tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    /// The vault that the path names.
    fn vault<'a>(&self, state: &'a mut State) -> Result<&'a mut Vault, Refusal> {
        state
            .vaults
            .named(&self.call.account, &self.call.region, self.part(0))
    }

    /// A page of a list.
    fn page(&self, name: &str, all: impl Iterator<Item = Value>) -> Value {
        let number = |name: &str| self.query.get(name).and_then(|n| n.parse::<usize>().ok());
        let (from, most) = (
            number("nextToken").unwrap_or(0),
            number("maxResults").unwrap_or(1000),
        );
        let mut all: Vec<Value> = all.skip(from).take(most.saturating_add(1)).collect();
        let more = all.len() > most;
        all.truncate(most);
        let mut page = json!({ name: all });
        if let (true, Some(page)) = (more, page.as_object_mut()) {
            page.insert("NextToken".to_owned(), json!((from + most).to_string()));
        }
        page
    }
}

pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    let mut asked = Asked {
        call,
        path: parameters(head.uri.path()),
        query: Params::parse(head.uri.query().unwrap_or_default()),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        now: Timestamp::now(),
        database_key: None,
    };
    let tagging = matches!(
        call.operation.as_str(),
        "ListTags" | "TagResource" | "UntagResource"
    );
    if tagging && !asked.part(0).contains(":backup-vault:") {
        let answer = context
            .backends
            .ask(Answerer::Ministack, head, &call.account, body)
            .await?;
        return Ok(answer.response());
    }
    if routes::route(call).answerer != Answerer::Gateway {
        return backup_plans::answer(context, call, head, body).await;
    }
    if call.operation == "StartBackupJob" {
        match backup_jobs::key_of(context, &asked).await {
            Ok(key) => asked.database_key = key,
            Err(refusal) => return Ok(refusal.response(call)),
        }
    }
    let answer = of(&mut context.state(), &asked);
    Ok(answer.map_or_else(|refusal| refusal.response(call), |value| reply::json(200, &value)))
}

/// What stands behind the first word of a path, and what stands behind a second one.
fn parameters(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    parts
        .iter()
        .skip(1)
        .step_by(2)
        .map(|part| Params::decode(part))
        .collect()
}

fn of(state: &mut State, asked: &Asked<'_>) -> Result<Value, Refusal> {
    let (account, region) = (&asked.call.account, &asked.call.region);
    let done = Ok(json!({}));
    match asked.call.operation.as_str() {
        "CreateBackupVault" => create(state, asked, None),
        "CreateLogicallyAirGappedBackupVault" => {
            let bounds = (asked.days("MinRetentionDays"), asked.days("MaxRetentionDays"));
            create(state, asked, Some(bounds))
        }
        // As AWS says of one that does not exist, so as not to tell that it doesn't.
        "DescribeBackupVault" => asked.vault(state).map(|vault| vault.shape()).map_err(|_| {
            let message = "Insufficient privileges to perform this action.";
            Refusal::new(403, "AccessDeniedException", message)
        }),
        "DeleteBackupVault" => state.vaults.delete(account, region, asked.part(0)).and(done),
        "ListBackupVaults" => {
            let all = state.vaults.of(account, region).map(Vault::shape);
            Ok(asked.page("BackupVaultList", all))
        }
        "PutBackupVaultLockConfiguration" => {
            let days = |name| asked.days(name);
            let (min, max) = (days("MinRetentionDays"), days("MaxRetentionDays"));
            let vault = asked.vault(state)?;
            let lock = vault::lock(min, max, days("ChangeableForDays"), asked.now)?;
            vault.put_lock(lock, asked.now).and(done)
        }
        "DeleteBackupVaultLockConfiguration" => asked.vault(state)?.remove_lock(asked.now).and(done),
        "PutBackupVaultAccessPolicy" => {
            let policy = asked.needed("Policy")?;
            let whole = serde_json::from_str::<Value>(policy).is_ok_and(|p| at(&p, "Statement").is_array());
            if !whole {
                return Err(invalid("Policy is no policy document."));
            }
            asked.vault(state)?.policy = Some(policy.to_owned());
            done
        }
        "GetBackupVaultAccessPolicy" => {
            let vault = asked.vault(state)?;
            let none = || absent(format!("The backup vault {} has no access policy.", vault.name));
            let policy = vault.policy.as_ref().ok_or_else(none)?;
            Ok(json!({"BackupVaultName": vault.name, "BackupVaultArn": vault.arn(), "Policy": policy}))
        }
        "DeleteBackupVaultAccessPolicy" => {
            asked.vault(state)?.policy = None;
            done
        }
        "ListRecoveryPointsByBackupVault" => {
            let vault = asked.vault(state)?;
            let of = asked.query.get("resourceArn");
            let points = vault
                .points
                .iter()
                .filter(|p| of.is_none_or(|of| p.resource == of));
            Ok(asked.page("RecoveryPoints", points.map(|p| p.shape(vault))))
        }
        "DescribeRecoveryPoint" => {
            let vault = asked.vault(state)?;
            let arn = asked.part(1);
            let point = vault.points.iter().find(|p| p.arn == arn);
            let none = || absent(format!("The recovery point {arn} does not exist."));
            point.map(|p| p.shape(vault)).ok_or_else(none)
        }
        "DeleteRecoveryPoint" => asked.vault(state)?.delete(asked.part(1), asked.now).and(done),
        "ListRecoveryPointsByResource" => {
            let all = state
                .vaults
                .of(account, region)
                .flat_map(|v| v.points.iter().map(move |p| (v, p)));
            let all = all
                .filter(|(_, p)| p.resource == asked.part(0))
                .map(|(v, p)| p.shape(v));
            Ok(asked.page("RecoveryPoints", all))
        }
        "ListProtectedResources" => Ok(asked.page("Results", protected(state, asked).into_iter())),
        "ListTags" => Ok(json!({"Tags": tagged(state, asked)?.tags})),
        "TagResource" => {
            tagged(state, asked)?.tags.extend(asked.tags("Tags"));
            done
        }
        "UntagResource" => {
            let keys = at(&asked.body, "TagKeyList").as_array().into_iter().flatten();
            let vault = tagged(state, asked)?;
            for key in keys.filter_map(Value::as_str) {
                vault.tags.remove(key);
            }
            done
        }
        "DescribeRegionSettings" => Ok(state.backup_settings.of(asked.call)),
        "UpdateRegionSettings" => state.backup_settings.change(asked.call, &asked.body).and(done),
        "StartBackupJob" => backup_jobs::back_up(state, asked),
        "StartCopyJob" => backup_jobs::copy(state, asked),
        "DescribeBackupJob" => state
            .backup_jobs
            .described(asked.call, "BackupJobId", asked.part(0)),
        "DescribeCopyJob" => {
            let job = state
                .backup_jobs
                .described(asked.call, "CopyJobId", asked.part(0))?;
            Ok(json!({"CopyJob": job}))
        }
        "ListBackupJobs" => Ok(asked.page("BackupJobs", state.backup_jobs.of(asked.call, "BackupJobId"))),
        "ListCopyJobs" => Ok(asked.page("CopyJobs", state.backup_jobs.of(asked.call, "CopyJobId"))),
        other => Err(Refusal::new(
            501,
            "NotImplemented",
            format!("The sandbox does not have backup:{other}."),
        )),
    }
}

type Bounds = (Option<i64>, Option<i64>);

fn create(state: &mut State, asked: &Asked<'_>, air_gap: Option<Bounds>) -> Result<Value, Refusal> {
    let new = NewVault {
        name: asked.part(0),
        key: asked.text("EncryptionKeyArn"),
        air_gap,
        creator: asked.text("CreatorRequestId"),
        tags: asked.tags("BackupVaultTags"),
    };
    let vault = state
        .vaults
        .create(&asked.call.account, &asked.call.region, new, asked.now)?;
    Ok(json!({
        "BackupVaultName": vault.name,
        "BackupVaultArn": vault.arn(),
        "CreationDate": seconds(vault.created),
        "VaultState": "AVAILABLE",
    }))
}

fn tagged<'a>(state: &'a mut State, asked: &Asked<'_>) -> Result<&'a mut Vault, Refusal> {
    let arn = asked.part(0);
    state
        .vaults
        .at(arn)
        .filter(|v| v.account == asked.call.account && v.region == asked.call.region)
        .ok_or_else(|| absent(format!("{arn} does not exist.")))
}

/// The newest recovery point of each resource.
fn protected(state: &State, asked: &Asked<'_>) -> Vec<Value> {
    let mut newest = BTreeMap::new();
    for vault in state.vaults.of(&asked.call.account, &asked.call.region) {
        for point in &vault.points {
            let last = newest.entry(point.resource.as_str()).or_insert((vault, point));
            if point.taken >= last.1.taken {
                *last = (vault, point);
            }
        }
    }
    let shape = |(resource, (vault, point)): (&str, (&Vault, &Point))| {
        json!({
            "ResourceArn": resource,
            "ResourceType": vault::resource_type(resource),
            "LastBackupTime": seconds(point.taken),
            "LastBackupVaultArn": vault.arn(),
            "LastRecoveryPointArn": point.arn,
        })
    };
    newest.into_iter().map(shape).collect()
}

/// The vaults that the tagging service lists, as it lists them.
pub(super) fn tagged_vaults(state: &State, call: &Call, request: &Value) -> Vec<Value> {
    let strings = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let types = strings(at(request, "ResourceTypeFilters"));
    let asked_for = types.is_empty() || types.iter().any(|t| t == "backup" || t == "backup:backup-vault");
    let filters: Vec<(String, Vec<String>)> = at(request, "TagFilters")
        .as_array()
        .into_iter()
        .flatten()
        .map(|filter| {
            (
                at(filter, "Key").as_str().unwrap_or_default().to_owned(),
                strings(at(filter, "Values")),
            )
        })
        .collect();
    let fits = |vault: &&Vault| {
        filters.iter().all(|(key, values)| {
            let value = vault.tags.get(key);
            value.is_some_and(|value| values.is_empty() || values.contains(value))
        })
    };
    let vaults = state
        .vaults
        .of(&call.account, &call.region)
        .filter(|v| asked_for && !v.tags.is_empty());
    let shape = |vault: &Vault| {
        let tags = vault
            .tags
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}));
        json!({"ResourceARN": vault.arn(), "Tags": tags.collect::<Vec<_>>()})
    };
    vaults.filter(fits).map(shape).collect()
}
