//! RDS: automated backups and their copies, and what the emulator's instances lack.

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;
use jiff::Timestamp;

use super::super::reply::{Body, BodyError, Refusal, xml};
use super::super::request::{Call, Params};
use super::rds_backups::{self, Replica, Replicas};
use super::xml::Element;
use super::{Context, plain, rds_checks};

const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";

/// Copies that a region takes.
const QUOTA: usize = 20;

/// Regions of the default kind. Each copies to each here; AWS supports pairs of them.
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    if let Some(refusal) = rds_checks::refusal(call) {
        return Ok(refusal.response(call));
    }
    let own = match call.operation.as_str() {
        "DescribeDBInstanceAutomatedBackups" => describe_backups(context, call).await,
        "DescribeSourceRegions" => Ok(source_regions(call)),
        "StartDBInstanceAutomatedBackupsReplication" => start_replication(context, call).await,
        "StopDBInstanceAutomatedBackupsReplication" => stop_replication(context, call),
        "DeleteDBInstanceAutomatedBackup" => delete_backup(context, call).await,
        _ => return completed(context, call, head, body).await,
    };
    Ok(own.map_or_else(
        |refusal| refusal.response(call),
        |result| xml(200, &enveloped(call, result)),
    ))
}

/// The result in its two wrappers.
fn enveloped(call: &Call, result: Vec<Element>) -> Element {
    let name = &call.operation;
    Element::new(&format!("{name}Response"))
        .namespace(NAMESPACE)
        .child(Element::new(&format!("{name}Result")).with(result))
        .child(
            Element::new("ResponseMetadata")
                .child(Element::leaf("RequestId", uuid::Uuid::new_v4().to_string())),
        )
}

/// moto's answer, with what its instances lack.
async fn completed(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    let answer = context.pass_on(call, head, body).await?;
    let (true, Some(mut document)) = (answer.head.status.is_success(), answer.xml()) else {
        return Ok(plain(call, answer));
    };
    let mut state = context.state();
    if call.operation == "DeleteDBInstance" {
        let arn = document
            .find("DBInstanceArn")
            .map(Element::text)
            .unwrap_or_default();
        state.replicas.source_deleted(&arn);
    }
    document.each_mut("DBInstance", &mut |instance| complete(instance, &state.replicas));
    Ok(answer.with_body(document.document()))
}

/// What moto gets wrong about an instance: each has the same resource id, and one without
/// automated backups can be restored to a time.
fn complete(instance: &mut Element, replicas: &Replicas) {
    let arn = instance.value("DBInstanceArn");
    if arn.is_empty() {
        return;
    }
    // Of one that was deleted and made again it is another.
    let unique = format!("{arn} {}", instance.value("InstanceCreateTime"));
    let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, unique.as_bytes())
        .simple()
        .to_string();
    let id: String = id.to_uppercase().chars().take(26).collect();
    instance.set(Element::leaf("DbiResourceId", format!("db-{id}")));
    if instance.value("BackupRetentionPeriod") == "0" {
        instance.remove("LatestRestorableTime");
    }
    instance.set(rds_backups::replications(replicas.of_source(&arn)));
}

/// Every instance of an account in a region, or one by name.
async fn instances(
    context: &Context,
    account: &str,
    region: &str,
    name: Option<&str>,
) -> Result<Vec<Element>, Refusal> {
    let mut params = Params::default()
        .with("Action", "DescribeDBInstances")
        .with("Version", "2014-10-31");
    if let Some(name) = name {
        params = params.with("DBInstanceIdentifier", name);
    }
    let mut found = Vec::new();
    loop {
        let mut document = context.backends.moto("rds", account, region, &params).await?;
        document.each_mut("DBInstance", &mut |instance| {
            complete(instance, &context.state().replicas)
        });
        found.extend(
            document
                .find("DBInstances")
                .map(|list| list.children.clone())
                .unwrap_or_default(),
        );
        match document
            .find("Marker")
            .map(Element::text)
            .filter(|m| !m.is_empty())
        {
            Some(marker) => params = params.with("Marker", &marker),
            None => return Ok(found),
        }
    }
}

async fn describe_backups(context: &Context, call: &Call) -> Result<Vec<Element>, Refusal> {
    let instances = instances(context, &call.account, &call.region, None).await?;
    let state = context.state();
    let own = instances
        .iter()
        .filter(|i| i.value("BackupRetentionPeriod") != "0" && i.value("DBClusterIdentifier").is_empty())
        .map(|instance| rds_backups::own(instance, &state.replicas));
    let copies = state
        .replicas
        .held(&call.account, &call.region)
        .map(|r| r.shape(r.status()));
    let found: Vec<_> = own
        .chain(copies)
        .filter(|backup| rds_backups::selected(backup, &call.params))
        .collect();
    if let (Some(arn), true) = (call.params.get("DBInstanceAutomatedBackupsArn"), found.is_empty()) {
        return Err(backup_not_found(arn));
    }
    Ok(page(call, "DBInstanceAutomatedBackups", found))
}

/// One page of a list; the marker is the position of the next.
fn page(call: &Call, name: &str, all: Vec<Element>) -> Vec<Element> {
    let start = call
        .params
        .number("Marker")
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0);
    let size = call
        .params
        .number("MaxRecords")
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(100);
    let end = start.saturating_add(size);
    let marker = (end < all.len()).then(|| Element::leaf("Marker", end.to_string()));
    let list = Element::new(name).with(all.into_iter().skip(start).take(size));
    std::iter::once(list).chain(marker).collect()
}

fn source_regions(call: &Call) -> Vec<Element> {
    let regions = REGIONS
        .iter()
        .filter(|region| **region != call.region)
        .filter(|region| {
            call.params
                .get("RegionName")
                .is_none_or(|wanted| wanted == **region)
        })
        .map(|region| {
            Element::new("SourceRegion")
                .child(Element::leaf("RegionName", *region))
                .child(Element::leaf(
                    "Endpoint",
                    format!("https://rds.{region}.amazonaws.com"),
                ))
                .child(Element::leaf("Status", "available"))
                .child(Element::leaf(
                    "SupportsDBInstanceAutomatedBackupsReplication",
                    "true",
                ))
        })
        .collect();
    page(call, "SourceRegions", regions)
}

/// Region and instance name in `arn:aws:rds:REGION:ACCOUNT:db:NAME` of the caller's account.
fn source_of(call: &Call) -> Result<(String, String, String), Refusal> {
    let arn = call.params.get("SourceDBInstanceArn").unwrap_or_default();
    let parts: Vec<_> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "rds", region, account, "db", name] if *account == call.account => {
            Ok((arn.to_owned(), (*region).to_owned(), (*name).to_owned()))
        }
        _ => Err(Refusal::new(
            400,
            "InvalidParameterValue",
            format!("Invalid source DB instance ARN: {arn}"),
        )),
    }
}

async fn start_replication(context: &Context, call: &Call) -> Result<Vec<Element>, Refusal> {
    let (arn, region, name) = source_of(call)?;
    if region == call.region {
        return Err(Refusal::new(
            400,
            "InvalidParameterValue",
            "Automated backups cannot be replicated to the Region of the source DB instance.",
        ));
    }
    let retention = call.params.number("BackupRetentionPeriod").unwrap_or(7);
    if !(1..=35).contains(&retention) {
        let message = format!("Invalid backup retention period: {retention}. Must be between 1 and 35.");
        return Err(Refusal::new(400, "InvalidParameterValue", message));
    }
    let found = instances(context, &call.account, &region, Some(&name)).await?;
    let source = found
        .into_iter()
        .next()
        .ok_or_else(|| instance_not_found(&name))?;
    if source.value("BackupRetentionPeriod") == "0" {
        return Err(invalid_state(&format!(
            "Automated backups are not enabled for the DB instance {name}."
        )));
    }
    let kms_key = key(call, &source)?;
    let mut state = context.state();
    if state.replicas.running_mut(&arn, &call.region).is_some() {
        return Err(invalid_state(&format!(
            "Automated backups of {name} are already replicated to {}.",
            call.region
        )));
    }
    if state
        .replicas
        .held(&call.account, &call.region)
        .filter(|r| r.replicating)
        .count()
        >= QUOTA
    {
        return Err(Refusal::new(
            400,
            "DBInstanceAutomatedBackupQuotaExceeded",
            format!(
                "The quota of {QUOTA} replicated automated backups in {} is exceeded.",
                call.region
            ),
        ));
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let replica = Replica {
        account: call.account.clone(),
        region: call.region.clone(),
        arn: format!("arn:aws:rds:{}:{}:auto-backup:ab-{id}", call.region, call.account),
        source_arn: arn,
        retention,
        kms_key,
        replicating: true,
        since: Timestamp::now(),
        source,
        tags: call.params.tags("Tags.Tag"),
    };
    let shape = replica.shape("pending");
    state.replicas.add(replica);
    Ok(vec![shape])
}

/// The copy's key: given and in the copy's region when the source is encrypted.
fn key(call: &Call, source: &Element) -> Result<Option<String>, Refusal> {
    let given = call.params.get("KmsKeyId").map(str::to_owned);
    if source.value("StorageEncrypted") != "true" {
        return Ok(None);
    }
    let Some(key) = given else {
        return Err(Refusal::new(
            400,
            "InvalidParameterCombination",
            "A KMS key in the destination Region is required to replicate the backups of an encrypted DB instance.",
        ));
    };
    let elsewhere = key.starts_with("arn:") && key.split(':').nth(3) != Some(call.region.as_str());
    if elsewhere {
        let message = format!("The KMS key {key} is not in the Region {}.", call.region);
        return Err(Refusal::new(400, "KMSKeyNotAccessibleFault", message));
    }
    Ok(Some(key))
}

fn stop_replication(context: &Context, call: &Call) -> Result<Vec<Element>, Refusal> {
    let (arn, _, name) = source_of(call)?;
    let mut state = context.state();
    let Some(replica) = state.replicas.running_mut(&arn, &call.region) else {
        return Err(invalid_state(&format!(
            "Automated backups of {name} are not replicated to {}.",
            call.region
        )));
    };
    // The documented answer still shows the state before.
    let shape = replica.shape("replicating");
    replica.replicating = false;
    Ok(vec![shape])
}

async fn delete_backup(context: &Context, call: &Call) -> Result<Vec<Element>, Refusal> {
    let wanted = call.params.get("DBInstanceAutomatedBackupsArn");
    let resource = call.params.get("DbiResourceId");
    let name = wanted.or(resource).unwrap_or_default();
    let copy = {
        let state = context.state();
        let held = state.replicas.held(&call.account, &call.region);
        held.filter(|r| wanted.is_none_or(|arn| r.arn == arn))
            .find(|r| resource.is_none_or(|id| r.source.value("DbiResourceId") == id))
            .cloned()
    };
    let Some(copy) = copy else {
        let instances = instances(context, &call.account, &call.region, None).await?;
        let active = instances
            .iter()
            .any(|i| resource.is_some_and(|id| i.value("DbiResourceId") == id));
        return Err(if active {
            backup_in_use(name)
        } else {
            backup_not_found(name)
        });
    };
    if copy.replicating {
        return Err(backup_in_use(name));
    }
    context.state().replicas.remove(&copy.arn);
    Ok(vec![copy.shape("deleting")])
}

fn instance_not_found(name: &str) -> Refusal {
    Refusal::new(404, "DBInstanceNotFound", format!("DBInstance {name} not found."))
}

fn backup_not_found(name: &str) -> Refusal {
    Refusal::new(
        404,
        "DBInstanceAutomatedBackupNotFound",
        format!("The automated backup {name} was not found."),
    )
}

fn backup_in_use(name: &str) -> Refusal {
    Refusal::new(
        400,
        "InvalidDBInstanceAutomatedBackupState",
        format!("The automated backup {name} is in a state in which it can't be deleted."),
    )
}

fn invalid_state(message: &str) -> Refusal {
    Refusal::new(400, "InvalidDBInstanceState", message)
}
