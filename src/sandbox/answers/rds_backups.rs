//! Automated backups of RDS instances: shapes, and the copies in other regions.

use jiff::{SignedDuration, Timestamp};

use super::super::request::Params;
use super::xml::Element;

/// A copy of an instance's automated backups in another region.
#[derive(Debug, Clone)]
pub(crate) struct Replica {
    /// Whose.
    pub account: String,
    /// The region that holds the copy.
    pub region: String,
    /// The copy's ARN, in that region.
    pub arn: String,
    /// The source instance's ARN, which has its region.
    pub source_arn: String,
    /// Whole days.
    pub retention: i64,
    /// A key in the copy's region.
    pub kms_key: Option<String>,
    /// False once replication was stopped or the source deleted: `retained`.
    pub replicating: bool,
    /// When it began.
    pub since: Timestamp,
    /// What the source looked like, as `DescribeDBInstances` shows it.
    pub source: Element,
    /// Given when it was started.
    pub tags: Vec<(String, String)>,
}

/// Every copy, of every account and region.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    list: Vec<Replica>,
}

impl Replicas {
    /// Adds one.
    pub(crate) fn add(&mut self, replica: Replica) {
        self.list.push(replica);
    }

    /// The copies that `region` holds for `account`.
    pub(crate) fn held(&self, account: &str, region: &str) -> impl Iterator<Item = &Replica> {
        self.list
            .iter()
            .filter(move |r| r.account == account && r.region == region)
    }

    /// The running copies of a source, wherever they are.
    pub(crate) fn of_source(&self, arn: &str) -> impl Iterator<Item = &Replica> {
        self.list
            .iter()
            .filter(move |r| r.source_arn == arn && r.replicating)
    }

    /// The running copy of a source in `region`, to be changed.
    pub(crate) fn running_mut(&mut self, arn: &str, region: &str) -> Option<&mut Replica> {
        self.list
            .iter_mut()
            .find(|r| r.source_arn == arn && r.region == region && r.replicating)
    }

    /// The source is gone: its copies are retained until they expire.
    pub(crate) fn source_deleted(&mut self, arn: &str) {
        for replica in self.list.iter_mut().filter(|r| r.source_arn == arn) {
            replica.replicating = false;
        }
    }

    /// Removes one by its own ARN.
    pub(crate) fn remove(&mut self, arn: &str) {
        self.list.retain(|r| r.arn != arn);
    }
}

impl Replica {
    /// As `DescribeDBInstanceAutomatedBackups` shows it in its region. `Region` is the source's.
    pub(crate) fn shape(&self, status: &str) -> Element {
        let window = if status == "pending" {
            None
        } else {
            Some((self.since, Timestamp::now()))
        };
        let mut shape = shape(&self.source, status, self.retention, window);
        shape.set(Element::leaf("DBInstanceAutomatedBackupsArn", &self.arn));
        shape.remove("KmsKeyId");
        if let Some(key) = &self.kms_key {
            shape.set(Element::leaf("KmsKeyId", key));
        }
        shape.set(Element::new("TagList").with(self.tags.iter().map(|(key, value)| {
            Element::new("Tag")
                .child(Element::leaf("Key", key))
                .child(Element::leaf("Value", value))
        })));
        shape
    }

    /// The status to show now.
    pub(crate) fn status(&self) -> &'static str {
        if self.replicating {
            "replicating"
        } else {
            "retained"
        }
    }
}

/// The automated backups of an instance in its own region.
pub(super) fn own(instance: &Element, replicas: &Replicas) -> Element {
    let retention = instance.value("BackupRetentionPeriod").parse().unwrap_or(0);
    let latest = Timestamp::now();
    let created = instance.value("InstanceCreateTime").parse().unwrap_or(latest);
    let oldest = latest - SignedDuration::from_hours(24 * retention);
    let window = Some((created.max(oldest), latest));
    let mut shape = shape(instance, "active", retention, window);
    shape.set(replications(replicas.of_source(&instance.value("DBInstanceArn"))));
    shape
}

/// The list that source instances and their backups show.
pub(super) fn replications<'a>(replicas: impl Iterator<Item = &'a Replica>) -> Element {
    Element::new("DBInstanceAutomatedBackupsReplications").with(replicas.map(|replica| {
        Element::new("DBInstanceAutomatedBackupsReplication")
            .child(Element::leaf("DBInstanceAutomatedBackupsArn", &replica.arn))
    }))
}

/// What is the same for an instance's own backups and for copies.
fn shape(
    instance: &Element,
    status: &str,
    retention: i64,
    window: Option<(Timestamp, Timestamp)>,
) -> Element {
    const COPIED: &[&str] = &[
        "DBInstanceArn",
        "DbiResourceId",
        "DBInstanceIdentifier",
        "AllocatedStorage",
        "AvailabilityZone",
        "InstanceCreateTime",
        "MasterUsername",
        "Engine",
        "EngineVersion",
        "LicenseModel",
        "Iops",
        "StorageType",
        "KmsKeyId",
        "IAMDatabaseAuthenticationEnabled",
        "PreferredBackupWindow",
    ];
    let arn = instance.value("DBInstanceArn");
    let mut shape = Element::new("DBInstanceAutomatedBackup")
        .with(
            COPIED
                .iter()
                .filter_map(|name| instance.get(name))
                .filter(|e| !e.text().is_empty())
                .cloned(),
        )
        .child(Element::leaf("Region", arn.split(':').nth(3).unwrap_or_default()))
        .child(Element::leaf("Status", status))
        .child(Element::leaf("Encrypted", instance.value("StorageEncrypted")))
        .child(Element::leaf("BackupRetentionPeriod", retention.to_string()))
        .child(Element::leaf("BackupTarget", "region"));
    if let Some(port) = instance.find("Port") {
        shape.set(port.clone());
    }
    shape.set(
        Element::new("RestoreWindow").with(window.into_iter().flat_map(|(earliest, latest)| {
            [
                Element::leaf("EarliestTime", time(earliest)),
                Element::leaf("LatestTime", time(latest)),
            ]
        })),
    );
    shape
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// True when a backup is among those that the request asks for.
pub(super) fn selected(backup: &Element, params: &Params) -> bool {
    // Identifiers are not case-sensitive.
    let same = |name: &str, wanted: &str| backup.value(name).eq_ignore_ascii_case(wanted);
    let by_parameter = [
        "DbiResourceId",
        "DBInstanceIdentifier",
        "DBInstanceAutomatedBackupsArn",
    ]
    .iter()
    .all(|name| params.get(name).is_none_or(|wanted| same(name, wanted)));
    by_parameter
        && params.filters().iter().all(|(filter, values)| {
            values.iter().any(|value| match filter.as_str() {
                "status" => same("Status", value),
                "db-instance-id" => same("DBInstanceIdentifier", value) || same("DBInstanceArn", value),
                "dbi-resource-id" => same("DbiResourceId", value),
                _ => false,
            })
        })
}
