//! One vault of AWS Backup and what is in it: state in memory, and what a vault refuses.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::reply::Refusal;

/// The longest retention, in days: a hundred years.
const LONGEST: i64 = 36_500;

/// Least days in which a compliance lock can still be taken back.
const LEAST_GRACE: i64 = 3;

/// A vault's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lock {
    /// Days.
    pub min: Option<i64>,
    /// Days.
    pub max: Option<i64>,
    /// From when on nobody can change it; a lock without is in governance mode.
    pub date: Option<Timestamp>,
}

/// A recovery point.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Its own ARN.
    pub arn: String,
    /// What it is of.
    pub resource: String,
    /// When its data were taken: a copy has the time of its original.
    pub taken: Timestamp,
    /// When it was there.
    pub completed: Timestamp,
    /// Days until it is deleted; never when absent.
    pub delete_after: Option<i64>,
    /// Days until it is moved to cold storage.
    pub cold_after: Option<i64>,
    /// Who made it.
    pub role: String,
    /// The vault that it was copied from.
    pub copied_from: Option<String>,
    /// The ARN of the key that it is encrypted with.
    pub key: Option<String>,
    /// Until when the lock that it was made under keeps it.
    pub kept_until: Option<Timestamp>,
}

/// A vault.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    /// Whose.
    pub account: String,
    /// Where.
    pub region: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// The ARN of its key; the service's own key when absent, which copies to other accounts cannot use.
    pub key: Option<String>,
    /// Whether it is logically air-gapped.
    pub air_gapped: bool,
    /// Makes a repeated creation the same one.
    pub creator: Option<String>,
    /// Its lock.
    pub lock: Option<Lock>,
    /// Its access policy, as it was given.
    pub policy: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What is in it.
    pub points: Vec<Point>,
}

/// A parameter that cannot be.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValueException", message)
}

/// A request that does not fit the state of things.
pub(super) fn refused(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidRequestException", message)
}

/// Something that is not there: AWS Backup says so with 400, not with 404.
pub(super) fn absent(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ResourceNotFoundException", message)
}

/// A field of a document; null where there is none.
pub(crate) fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// Seconds since 1970, as REST-JSON writes a time.
pub(super) fn seconds(at: Timestamp) -> Value {
    json!(at.as_second())
}

pub(super) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24_i64.saturating_mul(days))
}

/// What a lock cannot be.
///
/// # Errors
/// A retention out of bounds, a least that is more than the most, a time of grace that is too short.
pub(super) fn lock(
    min: Option<i64>,
    max: Option<i64>,
    grace: Option<i64>,
    now: Timestamp,
) -> Result<Lock, Refusal> {
    if min.is_some_and(|days| days < 1) {
        return Err(invalid("MinRetentionDays must be at least 1."));
    }
    if max.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
        return Err(invalid(format!("MaxRetentionDays must be from 1 to {LONGEST}.")));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(invalid("MinRetentionDays cannot be more than MaxRetentionDays."));
    }
    if grace.is_some_and(|days| !(LEAST_GRACE..=LONGEST).contains(&days)) {
        return Err(invalid(format!(
            "ChangeableForDays must be at least {LEAST_GRACE}."
        )));
    }
    Ok(Lock {
        min,
        max,
        date: grace.map(|grace| now + days(grace)),
    })
}

/// What a lifecycle cannot be.
///
/// # Errors
/// Days below 1, or an end that is less than 90 days after the move to cold storage.
pub(super) fn lifecycle(delete_after: Option<i64>, cold_after: Option<i64>) -> Result<(), Refusal> {
    if [delete_after, cold_after]
        .into_iter()
        .flatten()
        .any(|days| days < 1)
    {
        return Err(invalid("A lifecycle counts days from 1."));
    }
    match (delete_after, cold_after) {
        (Some(delete), Some(cold)) if delete < cold.saturating_add(90) => Err(invalid(
            "DeleteAfterDays must be at least 90 days after MoveToColdStorageAfterDays.",
        )),
        _ => Ok(()),
    }
}

impl Vault {
    /// Its ARN.
    pub(super) fn arn(&self) -> String {
        format!(
            "arn:aws:backup:{}:{}:backup-vault:{}",
            self.region, self.account, self.name
        )
    }

    /// Whether nobody can change its lock any more.
    fn is_closed(&self, now: Timestamp) -> bool {
        self.lock
            .and_then(|lock| lock.date)
            .is_some_and(|date| date <= now)
    }

    /// As lists and descriptions show it.
    pub(super) fn shape(&self) -> Value {
        let mut shape = json!({
            "BackupVaultName": self.name,
            "BackupVaultArn": self.arn(),
            "VaultType": if self.air_gapped { "LOGICALLY_AIR_GAPPED_BACKUP_VAULT" } else { "BACKUP_VAULT" },
            "VaultState": "AVAILABLE",
            "CreationDate": seconds(self.created),
            "NumberOfRecoveryPoints": self.points.len(),
            "Locked": self.lock.is_some(),
        });
        let lock = self.lock.as_ref();
        for (name, value) in [
            ("EncryptionKeyArn", self.key.as_ref().map(|k| json!(k))),
            ("CreatorRequestId", self.creator.as_ref().map(|c| json!(c))),
            ("MinRetentionDays", lock.and_then(|l| l.min).map(|d| json!(d))),
            ("MaxRetentionDays", lock.and_then(|l| l.max).map(|d| json!(d))),
            ("LockDate", lock.and_then(|l| l.date).map(seconds)),
        ] {
            if let (Some(value), Some(shape)) = (value, shape.as_object_mut()) {
                shape.insert(name.to_owned(), value);
            }
        }
        shape
    }

    /// Locks it, or changes its lock.
    ///
    /// # Errors
    /// The lock has been closed, or is one that no call changes.
    pub(super) fn put_lock(&mut self, lock: Lock, now: Timestamp) -> Result<(), Refusal> {
        self.changeable(now)?;
        self.lock = Some(lock);
        Ok(())
    }

    /// Takes its lock away.
    ///
    /// # Errors
    /// The lock has been closed, or is one that no call changes.
    pub(super) fn remove_lock(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.changeable(now)?;
        self.lock = None;
        Ok(())
    }

    fn changeable(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.air_gapped {
            return Err(refused(
                "The lock of a logically air-gapped vault cannot be changed.",
            ));
        }
        if self.is_closed(now) {
            return Err(refused(format!(
                "The lock of the backup vault {} can no longer be changed or deleted.",
                self.name
            )));
        }
        Ok(())
    }

    /// Why a job that keeps so long fails; `None` when it fits the lock.
    pub(super) fn unfit(&self, delete_after: Option<i64>) -> Option<String> {
        let lock = self.lock.as_ref()?;
        let kept = delete_after.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days"));
        let short = lock.min.zip(delete_after).is_some_and(|(min, days)| days < min);
        let long = lock
            .max
            .is_some_and(|max| delete_after.is_none_or(|days| days > max));
        (short || long).then(|| {
            format!(
                "The retention, {kept}, is not within the lock of the backup vault {}.",
                self.name
            )
        })
    }

    /// Puts a recovery point in. A lock keeps what is made under it, and nothing that was there before.
    pub(super) fn add(&mut self, mut point: Point) {
        let least = self.lock.and_then(|lock| lock.min);
        point.kept_until = least.map(|least| point.completed + days(least));
        self.points.push(point);
    }

    /// Deletes a recovery point.
    ///
    /// # Errors
    /// It isn't there, or the lock keeps it.
    pub(super) fn delete(&mut self, arn: &str, now: Timestamp) -> Result<(), Refusal> {
        let at = self.points.iter().position(|point| point.arn == arn);
        let at = at.ok_or_else(|| absent(format!("The recovery point {arn} does not exist.")))?;
        let kept = self.points.get(at).and_then(|point| point.kept_until);
        if self.lock.is_some() && kept.is_some_and(|until| until > now) {
            return Err(refused(format!(
                "The recovery point {arn} is protected by the lock of the backup vault {}.",
                self.name
            )));
        }
        self.points.remove(at);
        Ok(())
    }

    /// Whether its access policy lets another account copy into it. Conditions on the organization hold, as all
    /// accounts of the sandbox are taken to be in one; under any other the answer is no.
    pub(super) fn receives_from(&self, account: &str) -> bool {
        let policy = self
            .policy
            .as_deref()
            .and_then(|p| serde_json::from_str::<Value>(p).ok());
        let statements = policy
            .as_ref()
            .map(|p| many(at(p, "Statement")))
            .unwrap_or_default();
        let about = |statement: &&&Value| {
            many(at(statement, "Action")).iter().any(|action| {
                let action = action.as_str().unwrap_or_default().to_ascii_lowercase();
                ["*", "backup:*", "backup:copyintobackupvault"].contains(&action.as_str())
            }) && names(at(statement, "Principal"), account)
        };
        let of = |effect: &str| {
            statements
                .iter()
                .filter(|s| at(s, "Effect") == effect)
                .filter(about)
                .count()
        };
        let allowed = statements.iter().filter(about);
        let allowed =
            allowed.filter(|s| at(s, "Effect") == "Allow" && only_of_organization(at(s, "Condition")));
        of("Deny") == 0 && allowed.count() > 0
    }
}

/// One or several.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(all) => all.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn names(principal: &Value, account: &str) -> bool {
    let root = format!("arn:aws:iam::{account}:root");
    let all = [principal, at(principal, "AWS")].into_iter().flat_map(many);
    all.filter_map(Value::as_str)
        .any(|who| who == "*" || who == account || who == root)
}

fn only_of_organization(condition: &Value) -> bool {
    let tests = condition.as_object().into_iter().flat_map(|tests| tests.values());
    let keys = tests.filter_map(Value::as_object).flat_map(|keys| keys.keys());
    keys.into_iter()
        .all(|key| key.eq_ignore_ascii_case("aws:PrincipalOrgID"))
}

impl Point {
    /// As lists show it.
    pub(super) fn shape(&self, vault: &Vault) -> Value {
        let mut lifecycle = json!({});
        if let Some(lifecycle) = lifecycle.as_object_mut() {
            lifecycle.extend(
                self.delete_after
                    .map(|d| ("DeleteAfterDays".to_owned(), json!(d))),
            );
            lifecycle.extend(
                self.cold_after
                    .map(|d| ("MoveToColdStorageAfterDays".to_owned(), json!(d))),
            );
        }
        let mut shape = json!({
            "RecoveryPointArn": self.arn,
            "BackupVaultName": vault.name,
            "BackupVaultArn": vault.arn(),
            "ResourceArn": self.resource,
            "ResourceType": resource_type(&self.resource),
            "IamRoleArn": self.role,
            "Status": "COMPLETED",
            "CreationDate": seconds(self.taken),
            "CompletionDate": seconds(self.completed),
            "BackupSizeInBytes": 0,
            "IsEncrypted": true,
            "IsParent": false,
            "Lifecycle": lifecycle,
        });
        if let Some(shape) = shape.as_object_mut() {
            let more = [
                ("EncryptionKeyArn", &self.key),
                ("SourceBackupVaultArn", &self.copied_from),
            ];
            for (name, value) in more {
                shape.extend(value.as_ref().map(|v| (name.to_owned(), json!(v))));
            }
            let ends = self.delete_after.map(|after| self.taken + days(after));
            shape.extend(ends.map(|at| ("CalculatedLifecycle".to_owned(), json!({"DeleteAt": seconds(at)}))));
        }
        shape
    }
}

/// The type of a resource, as AWS Backup names types.
pub(super) fn resource_type(arn: &str) -> &'static str {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    match service {
        "rds" if resource.starts_with("cluster:") => "Aurora",
        "rds" => "RDS",
        "dynamodb" => "DynamoDB",
        "elasticfilesystem" => "EFS",
        "s3" => "S3",
        "ec2" if resource.starts_with("volume/") => "EBS",
        "ec2" => "EC2",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + days(day)
    }

    fn vault(policy: Option<&str>) -> Vault {
        Vault {
            account: "222222222222".into(),
            region: "us-west-2".into(),
            name: "isolated".into(),
            created: at(0),
            key: None,
            air_gapped: false,
            creator: None,
            lock: None,
            policy: policy.map(str::to_owned),
            tags: BTreeMap::new(),
            points: Vec::new(),
        }
    }

    #[test]
    fn from_its_date_on_nobody_changes_a_lock() {
        let mut vault = vault(None);
        let closing = lock(Some(7), None, Some(3), at(0)).unwrap();
        vault.put_lock(closing, at(0)).unwrap();
        let other = lock(Some(1), None, None, at(2)).unwrap();
        vault.put_lock(other, at(2)).unwrap();
        vault.put_lock(closing, at(2)).unwrap();
        for late in [at(3), at(4000)] {
            assert_eq!(
                vault.put_lock(other, late).unwrap_err().code,
                "InvalidRequestException"
            );
            assert_eq!(
                vault.remove_lock(late).unwrap_err().code,
                "InvalidRequestException"
            );
        }
        assert_eq!(vault.lock, Some(closing));
    }

    #[test]
    fn a_recovery_point_is_kept_for_the_least_time_of_its_lock() {
        let mut vault = vault(None);
        vault.lock = Some(lock(Some(7), None, None, at(0)).unwrap());
        vault.add(Point {
            arn: "p".into(),
            resource: "r".into(),
            taken: at(1),
            completed: at(2),
            delete_after: Some(30),
            cold_after: None,
            role: String::new(),
            copied_from: None,
            key: None,
            kept_until: None,
        });
        assert_eq!(
            vault.delete("p", at(8)).unwrap_err().code,
            "InvalidRequestException"
        );
        assert_eq!(
            vault.delete("q", at(9)).unwrap_err().code,
            "ResourceNotFoundException"
        );
        assert_eq!(vault.delete("p", at(9)), Ok(()));
    }

    #[test]
    fn a_policy_lets_in_whom_it_names() {
        let statement = |effect: &str, action: &str, who: &str, condition: &str| {
            format!(
                r#"{{"Effect":"{effect}","Action":{action},"Principal":{who},"Resource":"*"{condition}}}"#
            )
        };
        let root = r#"{"AWS":"arn:aws:iam::111111111111:root"}"#;
        let of_organization = r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-abcdefghij"]}}"#;
        let from_there = r#","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;
        let copying = r#""backup:CopyIntoBackupVault""#;
        let allowed = statement("Allow", copying, root, "");
        for (why, statements, expected) in [
            ("nothing", Vec::new(), false),
            ("by account", vec![allowed.clone()], true),
            (
                "another action",
                vec![statement("Allow", r#"["backup:List*"]"#, root, "")],
                false,
            ),
            (
                "another account",
                vec![statement("Allow", copying, r#"{"AWS":"333333333333"}"#, "")],
                false,
            ),
            (
                "the organization",
                vec![statement("Allow", copying, r#""*""#, of_organization)],
                true,
            ),
            (
                "a condition",
                vec![statement("Allow", copying, root, from_there)],
                false,
            ),
            (
                "denied",
                vec![allowed, statement("Deny", r#"["backup:*"]"#, r#""*""#, "")],
                false,
            ),
        ] {
            let policy = format!(
                r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
                statements.join(",")
            );
            assert_eq!(
                vault(Some(&policy)).receives_from("111111111111"),
                expected,
                "{why}"
            );
        }
        assert!(!vault(None).receives_from("111111111111"));
    }
}
