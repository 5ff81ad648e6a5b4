//! The store: its reading and its writing half.

use super::folder;
use crate::aws::{AwsError, Class, Cloud, Conditional, Objects, ObjectsWriter, Writer};
use crate::diag::{Diagnostic, code};
use crate::model::{AccountId, BucketPlace, Region, Scope};
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};

/// What stands for one content of an object, for a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(String);

/// An object of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The content.
    pub bytes: Vec<u8>,
    /// Stands for this very content.
    pub version: Version,
}

/// How a conditional write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It took effect.
    Done(Version),
    /// Something else is there: it exists already, or is another one by now. A request that was
    /// repeated because its answer was lost ends so too; who needs to know reads what is there.
    Overtaken,
}

/// Reads what is kept.
#[derive(Debug, Clone)]
pub struct Store {
    place: Where<Objects>,
    prefix: String,
}

/// Writes what is kept. Only `apply` makes one.
#[derive(Debug, Clone)]
pub struct StoreWriter {
    store: Store,
    objects: Option<ObjectsWriter>,
}

#[derive(Debug, Clone)]
enum Where<B> {
    Bucket(B),
    Folder(PathBuf),
}

/// A bucket that has been found, and where.
struct Found {
    region: Region,
    objects: Objects,
}

impl Store {
    /// A place in a bucket, which has to be there, to be the account's and to be readable. The bucket may be
    /// in any region.
    ///
    /// # Errors
    /// What is wrong with the bucket, and what to do.
    pub async fn bucket(cloud: &Cloud, place: &BucketPlace) -> Result<Self, Diagnostic> {
        let found = find(cloud, place).await?;
        Ok(Self {
            place: Where::Bucket(found.objects),
            prefix: place.prefix.clone(),
        })
    }

    /// A folder of this machine. It is made when something is written.
    pub fn folder(path: &Path) -> Self {
        Self {
            place: Where::Folder(path.to_owned()),
            prefix: String::new(),
        }
    }

    /// Where it is, for a person: `s3://bucket/prefix` or a path.
    pub fn shown(&self) -> String {
        match &self.place {
            Where::Bucket(objects) => format!("s3://{}/{}", objects.bucket(), self.prefix),
            Where::Folder(path) => path.display().to_string(),
        }
    }

    /// The same, as what a key follows.
    pub(super) fn beginning(&self) -> String {
        let shown = self.shown();
        match shown.ends_with('/') {
            true => shown,
            false => format!("{shown}/"),
        }
    }

    /// An object; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn get(&self, key: &str) -> Result<Option<Object>, Diagnostic> {
        match &self.place {
            Where::Bucket(objects) => {
                let found = objects.get(&self.full(key)).await;
                let found = found.map_err(|e| self.explain(&e, key))?;
                Ok(found.map(|f| Object {
                    bytes: f.bytes,
                    version: Version(f.etag),
                }))
            }
            Where::Folder(root) => {
                let bytes = folder::get(root, key)?;
                Ok(bytes.map(|bytes| Object {
                    version: Version(folder::version(&bytes)),
                    bytes,
                }))
            }
        }
    }

    /// Whether an object under this key was deleted or hidden of which the bucket still keeps a version.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub(super) async fn had(&self, key: &str) -> Result<bool, Diagnostic> {
        match &self.place {
            Where::Bucket(objects) => {
                let had = objects.had(&self.full(key)).await;
                had.map_err(|e| self.explain(&e, key))
            }
            Where::Folder(_) => Ok(false),
        }
    }

    /// The keys that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Diagnostic> {
        match &self.place {
            Where::Bucket(objects) => {
                let keys = objects.list(&self.full(prefix)).await;
                let keys = keys.map_err(|e| self.explain(&e, prefix))?;
                let own = |key: String| key.strip_prefix(&self.prefix).map(str::to_owned);
                Ok(keys.into_iter().filter_map(own).collect())
            }
            Where::Folder(root) => folder::list(root, prefix),
        }
    }

    /// The time by the store's own clock: a bucket tells it with every answer, so that several
    /// machines agree on it. Ours until something has been asked.
    pub fn now(&self) -> Timestamp {
        let ahead = self.ahead().unwrap_or(SignedDuration::ZERO);
        Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// How far the store's clock is ahead of ours, when it has told.
    pub fn ahead(&self) -> Option<SignedDuration> {
        match &self.place {
            Where::Bucket(objects) => objects.ahead(),
            Where::Folder(_) => None,
        }
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn explain(&self, error: &AwsError, key: &str) -> Diagnostic {
        error.diagnostic(&format!("{}{key}", self.shown()))
    }
}

impl StoreWriter {
    /// The same place as [`Store::bucket`], to write.
    ///
    /// # Errors
    /// What is wrong with the bucket. Whether it can be written shows with the first write.
    pub async fn bucket(cloud: &Cloud, writer: &Writer, place: &BucketPlace) -> Result<Self, Diagnostic> {
        let found = find(cloud, place).await?;
        let objects = writer.objects(&found.region, &found.objects);
        let store = Store {
            // One clock for both halves.
            place: Where::Bucket(objects.objects().clone()),
            prefix: place.prefix.clone(),
        };
        Ok(Self {
            store,
            objects: Some(objects),
        })
    }

    /// The same place as [`Store::folder`], to write.
    pub fn folder(path: &Path) -> Self {
        Self {
            store: Store::folder(path),
            objects: None,
        }
    }

    /// The half that reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writes an object that must not exist yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_new(&self, key: &str, bytes: &[u8]) -> Result<Put, Diagnostic> {
        match (&self.store.place, &self.objects) {
            (Where::Folder(root), _) => Ok(put(folder::put_new(root, key, bytes)?, bytes)),
            (Where::Bucket(_), Some(objects)) => {
                let full = self.store.full(key);
                let done = objects.put_new(&full, bytes, media(key)).await;
                self.ended(done, key)
            }
            (Where::Bucket(_), None) => Err(no_writer()),
        }
    }

    /// Replaces an object that must still be the one that `version` stands for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_if_match(&self, key: &str, bytes: &[u8], version: &Version) -> Result<Put, Diagnostic> {
        match (&self.store.place, &self.objects) {
            (Where::Folder(root), _) => Ok(put(folder::replace(root, key, bytes, &version.0)?, bytes)),
            (Where::Bucket(_), Some(objects)) => {
                let full = self.store.full(key);
                let done = objects.put_if_match(&full, bytes, media(key), &version.0).await;
                self.ended(done, key)
            }
            (Where::Bucket(_), None) => Err(no_writer()),
        }
    }

    /// Deletes an object that must still be the one that `version` stands for. For the lease alone,
    /// which is nobody's data.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub(super) async fn delete_if_match(&self, key: &str, version: &Version) -> Result<Put, Diagnostic> {
        match (&self.store.place, &self.objects) {
            (Where::Folder(root), _) => Ok(put(folder::delete(root, key, &version.0)?, &[])),
            (Where::Bucket(_), Some(objects)) => {
                let done = objects.delete_if_match(&self.store.full(key), &version.0).await;
                self.ended(done, key)
            }
            (Where::Bucket(_), None) => Err(no_writer()),
        }
    }

    fn ended(&self, done: Result<Conditional, AwsError>, key: &str) -> Result<Put, Diagnostic> {
        match done {
            Ok(Conditional::Done(etag)) => Ok(Put::Done(Version(etag))),
            Ok(Conditional::Overtaken) => Ok(Put::Overtaken),
            Err(error) => Err(self.store.explain(&error, key)),
        }
    }
}

fn put(done: bool, bytes: &[u8]) -> Put {
    if done {
        Put::Done(Version(folder::version(bytes)))
    } else {
        Put::Overtaken
    }
}

fn no_writer() -> Diagnostic {
    Diagnostic::error(
        code::INTERNAL,
        "a bucket was opened for writing without a writer.",
    )
}

fn media(key: &str) -> &'static str {
    if key.ends_with(".jsonl") {
        "application/jsonl"
    } else {
        "application/json"
    }
}

/// A local clock that is further off than this many seconds is worth a word.
const OFF: i64 = 5 * 60;

/// Looks where the bucket is and whether it is the account's.
async fn find(cloud: &Cloud, place: &BucketPlace) -> Result<Found, Diagnostic> {
    let about = format!("bucket \"{}\" of account \"{}\"", place.bucket, place.account);
    let absent = || Diagnostic::error(code::INTERNAL, format!("{about}: the account was not entered."));
    // Whatever region is asked, S3 says which one is right.
    let region = cloud.region(&place.account).or_else(|| "us-east-1".parse().ok());
    let scope = Scope {
        account: place.account.clone(),
        region: region.ok_or_else(absent)?,
    };
    let reader = cloud.reader(&scope).ok_or_else(absent)?;
    let owner = cloud.ids().remove(&place.account).ok_or_else(absent)?;
    let mut objects = reader.objects(&scope.region, &place.bucket, &owner);
    let mut region = scope.region;
    let home = match objects.home().await {
        Ok(Some(elsewhere)) => {
            objects = reader.objects(&elsewhere, &place.bucket, &owner);
            region = elsewhere;
            objects.home().await
        }
        other => other,
    };
    match home {
        Ok(None) => Ok(Found { region, objects }),
        Ok(Some(region)) => Err(Diagnostic::error(
            code::API,
            format!("{about}: S3 says that it is in {region}, and there that it is elsewhere."),
        )),
        Err(error) => Err(unusable(&error, &about, &owner, objects.ahead())),
    }
}

fn unusable(error: &AwsError, about: &str, owner: &AccountId, ahead: Option<SignedDuration>) -> Diagnostic {
    let diagnostic = error.diagnostic(about);
    // An answer to HEAD has no body that could say so.
    let skewed = ahead.filter(|a| error.class == Class::Denied && a.as_secs().abs() > OFF);
    if let Some(ahead) = skewed {
        let side = if ahead.is_positive() { "behind" } else { "ahead of" };
        return Diagnostic {
            code: code::NO_CREDENTIALS,
            summary: code::NO_CREDENTIALS.summary().into(),
            detail: format!(
                "{} This machine's clock is {} minutes {side} that of S3.",
                diagnostic.detail,
                ahead.as_secs().abs() / 60
            ),
            ..diagnostic
        }
        .remedy("Set the clock first: from 15 minutes on, AWS refuses whatever is signed with it, and says no more than that it is denied.");
    }
    match error.class {
        Class::NotFound => Diagnostic::error(code::NOT_FOUND, format!("{about} does not exist."))
            .remedy("Create it, or correct its name or `account` in the backstay block. backstay does not create the bucket that it keeps its own things in."),
        // S3 answers a bucket of another account, as the request names the owner, with the same words.
        Class::Denied => diagnostic.remedy(format!(
            "Allow s3:ListBucket, s3:GetObject and s3:PutObject (for a lock s3:DeleteObject too) on it, and check that it belongs to account {owner}."
        )),
        _ => diagnostic,
    }
}
