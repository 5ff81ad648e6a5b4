//! The vaults of AWS Backup, of every account and region.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::reply::Refusal;
use super::vault::{Lock, Vault, absent, days, invalid, lock, refused};

/// Least days that a logically air-gapped vault keeps a recovery point.
const LEAST_AIR_GAP: i64 = 7;

fn taken() -> Refusal {
    Refusal::new(
        400,
        "AlreadyExistsException",
        "Backup vault with the same name already exists",
    )
}

/// A vault that is asked for.
#[derive(Debug)]
pub(super) struct NewVault<'a> {
    /// Its name.
    pub name: &'a str,
    /// `EncryptionKeyArn`.
    pub key: Option<&'a str>,
    /// Least and most days of an air-gapped one.
    pub air_gap: Option<(Option<i64>, Option<i64>)>,
    /// `CreatorRequestId`.
    pub creator: Option<&'a str>,
    /// `BackupVaultTags`.
    pub tags: BTreeMap<String, String>,
}

/// Every vault, of every account and region.
#[derive(Debug, Default)]
pub(crate) struct Vaults {
    list: Vec<Vault>,
}

impl Vaults {
    /// The vaults of an account in a region.
    pub(super) fn of<'a>(&'a self, account: &'a str, region: &'a str) -> impl Iterator<Item = &'a Vault> {
        self.list
            .iter()
            .filter(move |v| v.account == account && v.region == region)
    }

    /// One by name.
    ///
    /// # Errors
    /// It isn't there.
    pub(super) fn named(&mut self, account: &str, region: &str, name: &str) -> Result<&mut Vault, Refusal> {
        let mut all = self.list.iter_mut();
        all.find(|v| v.account == account && v.region == region && v.name == name)
            .ok_or_else(|| absent(format!("Backup vault {name} does not exist.")))
    }

    /// One by ARN, of whatever account and region.
    pub(super) fn at(&mut self, arn: &str) -> Option<&mut Vault> {
        self.list.iter_mut().find(|v| v.arn() == arn)
    }

    /// Makes one; the same request again is the same vault.
    ///
    /// # Errors
    /// The name is taken or cannot be, the key is none of this region, an air-gapped one has no bounds.
    pub(super) fn create(
        &mut self,
        account: &str,
        region: &str,
        new: NewVault<'_>,
        now: Timestamp,
    ) -> Result<Vault, Refusal> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(2..=50).contains(&new.name.len()) || !new.name.chars().all(allowed) {
            return Err(invalid(
                "A vault's name has 2 to 50 letters, digits, hyphens and underscores.",
            ));
        }
        if let Some(key) = new.key
            && !key.starts_with(&format!("arn:aws:kms:{region}:"))
        {
            return Err(invalid(format!(
                "EncryptionKeyArn is not the ARN of a key in {region}."
            )));
        }
        if new.key.is_some_and(|key| !key.contains(":key/")) {
            return Err(invalid("EncryptionKeyArn is not the ARN of a key."));
        }
        let lock = match new.air_gap {
            None => None,
            Some((Some(min), Some(max))) if min >= LEAST_AIR_GAP => Some(Lock {
                date: Some(now),
                ..lock(Some(min), Some(max), None, now)?
            }),
            Some(_) => {
                return Err(invalid(format!(
                    "An air-gapped vault needs MinRetentionDays of at least {LEAST_AIR_GAP} and MaxRetentionDays."
                )));
            }
        };
        if let Some(there) = self.of(account, region).find(|v| v.name == new.name) {
            let again = new.creator.is_some() && there.creator.as_deref() == new.creator;
            return if again { Ok(there.clone()) } else { Err(taken()) };
        }
        let vault = Vault {
            account: account.to_owned(),
            region: region.to_owned(),
            name: new.name.to_owned(),
            created: now,
            key: new.key.map(str::to_owned),
            air_gapped: new.air_gap.is_some(),
            creator: new.creator.map(str::to_owned),
            lock,
            policy: None,
            tags: new.tags,
            points: Vec::new(),
        };
        self.list.push(vault.clone());
        Ok(vault)
    }

    /// Makes a recovery point as old as this, wherever it is; false when there is none.
    pub(crate) fn date_back(&mut self, arn: &str, age: i64) -> bool {
        let mut points = self.list.iter_mut().flat_map(|vault| &mut vault.points);
        let Some(point) = points.find(|point| point.arn == arn) else {
            return false;
        };
        let then = Timestamp::now() - days(age);
        let moved = point.completed.duration_since(then);
        point.taken = then;
        point.completed = then;
        point.kept_until = point.kept_until.map(|until| until - moved);
        true
    }

    /// Deletes an empty one.
    ///
    /// # Errors
    /// It isn't there, or holds something.
    pub(super) fn delete(&mut self, account: &str, region: &str, name: &str) -> Result<(), Refusal> {
        let vault = self.named(account, region, name)?;
        if !vault.points.is_empty() {
            return Err(refused(format!(
                "Backup vault cannot be deleted because it contains {} recovery points.",
                vault.points.len()
            )));
        }
        let arn = vault.arn();
        self.list.retain(|v| v.arn() != arn);
        Ok(())
    }
}
