//! Pages of the versions in a bucket.

use crate::aws::{AwsError, Class, Reader, classify};
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::operation::list_object_versions::builders::ListObjectVersionsFluentBuilder;
use aws_sdk_s3::types::ObjectVersionStorageClass;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What listing versions takes.
pub(in crate::kinds) const ACTION: &str = "s3:ListBucketVersions";

/// How many folders within one another are looked through for where a large bucket branches.
const DEPTH: usize = 3;

/// A bucket, as these reads see it.
pub(super) struct Bucket<'a> {
    pub(super) reader: &'a Reader,
    pub(super) client: Client,
    pub(super) name: &'a str,
    pub(super) owner: &'a str,
}

/// One version of an object.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) key: String,
    pub(super) id: String,
    pub(super) tag: Option<String>,
    pub(super) written: Timestamp,
    pub(super) current: bool,
    pub(super) one_zone: bool,
}

/// One page.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) versions: Vec<Version>,
    /// Keys that were deleted, with when.
    pub(super) deletions: Vec<(String, Timestamp)>,
    /// Where the next one begins; absent after the last.
    pub(super) next: Option<Marker>,
}

/// The last key of a page, and the version it ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) key: String,
    version: Option<String>,
}

impl Bucket<'_> {
    /// The first page, once for whoever wants it.
    pub(super) async fn first(&self, prefix: &str) -> Arc<Result<Page, AwsError>> {
        let memo = format!("s3:versions:{}:{prefix}", self.name);
        self.reader
            .once(&memo, || async { self.page(prefix, None).await })
            .await
    }

    /// What single versions are chosen from: the first page, and in a large bucket that of each of a few folders behind it.
    pub(super) async fn sample(&self, prefix: &str) -> Result<Vec<Version>, AwsError> {
        let first = self.first(prefix).await;
        let first = first.as_ref().as_ref().map_err(Clone::clone)?;
        let mut versions = first.versions.clone();
        let Some(next) = &first.next else {
            return Ok(versions);
        };
        for folder in self.behind(prefix, &next.key).await? {
            let page = self.first(&folder).await;
            let page = page.as_ref().as_ref().map_err(Clone::clone)?;
            versions.extend(page.versions.iter().cloned());
        }
        Ok(versions)
    }

    /// Folders behind the first page of a large bucket: of those that begin after `after`, the last one, the one in the
    /// middle and the one before that. Where all of it lies in one folder, those within.
    pub(super) async fn behind(&self, prefix: &str, after: &str) -> Result<Vec<String>, AwsError> {
        let memo = format!("s3:behind:{}:{prefix}", self.name);
        let found = self.reader.once(&memo, || self.branches(prefix, after)).await;
        (*found).clone()
    }

    async fn branches(&self, prefix: &str, after: &str) -> Result<Vec<String>, AwsError> {
        let mut within = prefix.to_owned();
        for _ in 0..DEPTH {
            let folders = self.folders(&within).await?;
            let behind: Vec<&String> = folders.iter().filter(|f| f.as_str() > after).collect();
            if !behind.is_empty() {
                let count = behind.len();
                let places = BTreeSet::from([count / 4, count / 2, count - 1]);
                return Ok(places
                    .into_iter()
                    .filter_map(|at| behind.get(at))
                    .map(|f| (*f).clone())
                    .collect());
            }
            match folders
                .into_iter()
                .find(|folder| after.starts_with(folder.as_str()))
            {
                Some(folder) => within = folder,
                None => break,
            }
        }
        Ok(Vec::new())
    }

    /// What keys under a prefix go on with up to the next slash: the first thousand.
    async fn folders(&self, prefix: &str) -> Result<Vec<String>, AwsError> {
        let _permit = self.reader.permit().await;
        let call = self.versions(prefix).delimiter("/");
        let answer = call.send().await.map_err(|e| classify(ACTION, e))?;
        let found = answer.common_prefixes().iter();
        Ok(found.filter_map(|f| f.prefix()).map(str::to_owned).collect())
    }

    fn versions(&self, prefix: &str) -> ListObjectVersionsFluentBuilder {
        self.client
            .list_object_versions()
            .bucket(self.name)
            .expected_bucket_owner(self.owner)
            .set_prefix((!prefix.is_empty()).then(|| prefix.to_owned()))
    }

    pub(super) async fn page(&self, prefix: &str, after: Option<&Marker>) -> Result<Page, AwsError> {
        let _permit = self.reader.permit().await;
        let call = self
            .versions(prefix)
            .set_key_marker(after.map(|m| m.key.clone()))
            .set_version_id_marker(after.and_then(|m| m.version.clone()));
        let answer = call.send().await.map_err(|e| classify(ACTION, e))?;
        page(&answer)
    }
}

fn page(answer: &ListObjectVersionsOutput) -> Result<Page, AwsError> {
    let time =
        |at: Option<&aws_sdk_s3::primitives::DateTime>| at.and_then(|t| Timestamp::new(t.secs(), 0).ok());
    let incomplete = || {
        let why = "the answer names a version without its key, id or time";
        AwsError::new(ACTION, Class::Server, "EmptyAnswer", why)
    };
    let mut versions = Vec::new();
    for version in answer.versions() {
        let (Some(key), Some(id), Some(written)) =
            (version.key(), version.version_id(), time(version.last_modified()))
        else {
            return Err(incomplete());
        };
        versions.push(Version {
            key: key.to_owned(),
            id: id.to_owned(),
            tag: version.e_tag().map(str::to_owned),
            written,
            current: version.is_latest().unwrap_or(false),
            one_zone: version.storage_class().is_some_and(is_one_zone),
        });
    }
    let mut deletions = Vec::new();
    for marker in answer.delete_markers() {
        let (Some(key), Some(at)) = (marker.key(), time(marker.last_modified())) else {
            return Err(incomplete());
        };
        deletions.push((key.to_owned(), at));
    }
    let more = answer.is_truncated() == Some(true);
    let next = match (more, answer.next_key_marker()) {
        (false, _) => None,
        (true, Some(key)) => Some(Marker {
            key: key.to_owned(),
            version: answer.next_version_id_marker().map(str::to_owned),
        }),
        (true, None) => {
            let why = "the answer says that there is more, and not where it begins";
            return Err(AwsError::new(ACTION, Class::Server, "EmptyAnswer", why));
        }
    };
    Ok(Page {
        versions,
        deletions,
        next,
    })
}

/// The SDK has no name of its own for some classes here.
fn is_one_zone(class: &ObjectVersionStorageClass) -> bool {
    crate::kinds::s3_bucket::is_one_zone(class.as_str())
}
