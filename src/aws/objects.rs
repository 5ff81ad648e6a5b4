//! What backstay keeps for itself in a bucket: the lease, records of applies. Reads here and in
//! [`ObjectsWriter`] writes, each of which only succeeds if nobody was faster.

use super::{AwsError, Class, Clients, classify};
use crate::model::Region;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest object that is read: what backstay writes is far smaller.
const LARGEST: i64 = 64 * 1024 * 1024;

/// An object and the tag of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The content.
    pub bytes: Vec<u8>,
    /// The `ETag` of this very content, for a conditional write.
    pub etag: String,
}

/// How far the service's clock is ahead of ours, by the `Date` of its last answer.
#[derive(Debug, Clone, Default)]
struct ServerClock(Arc<Mutex<Option<SignedDuration>>>);

impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(theirs) = date.and_then(|d| jiff::fmt::rfc2822::parse(d).ok()) {
            let ahead = theirs.timestamp().duration_since(Timestamp::now());
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
        Ok(())
    }
}

/// Reads objects of one bucket, which has to belong to one account.
#[derive(Debug, Clone)]
pub struct Objects {
    client: aws_sdk_s3::Client,
    bucket: String,
    owner: String,
    clock: ServerClock,
}

impl Objects {
    /// Objects of `bucket`, asked for in `region`; see [`Objects::home`]. Of whatever `clients` may
    /// do, only the reads of this type are used.
    pub(super) fn new(clients: &Clients, region: &Region, bucket: &str, owner: &str) -> Self {
        Self {
            client: clients.objects(region),
            bucket: bucket.to_owned(),
            owner: owner.to_owned(),
            clock: ServerClock::default(),
        }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The region that the bucket is in; `None` when the one that was asked in is right.
    ///
    /// # Errors
    /// When the bucket does not exist, belongs to another account or may not be read.
    pub async fn home(&self) -> Result<Option<Region>, AwsError> {
        let call = self
            .client
            .head_bucket()
            .bucket(&self.bucket)
            .expected_bucket_owner(&self.owner);
        match call.customize().interceptor(self.clock.clone()).send().await {
            Ok(_) => Ok(None),
            Err(error) => {
                let moved = region_of(&error);
                let error = classify("s3:ListBucket", error);
                match moved {
                    Some(region) if matches!(error.status, Some(301 | 307 | 400)) => Ok(Some(region)),
                    _ => Err(error),
                }
            }
        }
    }

    /// An object; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or is too large to be one of ours.
    pub async fn get(&self, key: &str) -> Result<Option<Fetched>, AwsError> {
        const ACTION: &str = "s3:GetObject";
        let call = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .expected_bucket_owner(&self.owner);
        let answer = match call.customize().interceptor(self.clock.clone()).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = classify(ACTION, error);
                // A missing bucket is no missing object.
                return if error.is_not_found() && error.code != "NoSuchBucket" {
                    Ok(None)
                } else {
                    Err(error)
                };
            }
        };
        let etag = answer.e_tag().unwrap_or_default().to_owned();
        if answer.content_length().is_some_and(|n| n > LARGEST) {
            let why = format!("the object {key} is larger than anything that backstay writes");
            return Err(AwsError::new(ACTION, Class::Refused, "TooLarge", why));
        }
        match answer.body.collect().await {
            Ok(body) => Ok(Some(Fetched {
                bytes: body.to_vec(),
                etag,
            })),
            Err(error) => Err(AwsError::new(
                ACTION,
                Class::Unreachable,
                "Truncated",
                error.to_string(),
            )),
        }
    }

    /// The keys that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, AwsError> {
        let mut keys = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                .set_continuation_token(token.clone())
                .expected_bucket_owner(&self.owner)
                .send()
                .await
                .map_err(|e| classify("s3:ListBucket", e))?;
            keys.extend(
                answer
                    .contents()
                    .iter()
                    .filter_map(|o| o.key().map(str::to_owned)),
            );
            let next = answer.next_continuation_token().map(str::to_owned);
            // A server that hands out the same token for ever must not keep us for ever.
            if next.is_none() || next == token {
                keys.sort_unstable();
                return Ok(keys);
            }
            token = next;
        }
    }

    /// Whether the bucket keeps something under this very key that [`Objects::get`] does not show: earlier versions, or the
    /// mark of a deletion. Never so in a bucket without versions.
    ///
    /// # Errors
    /// When versions cannot be listed.
    pub async fn had(&self, key: &str) -> Result<bool, AwsError> {
        let (mut after, mut version): (Option<String>, Option<String>) = (None, None);
        loop {
            let answer = self
                .client
                .list_object_versions()
                .bucket(&self.bucket)
                .prefix(key)
                .set_key_marker(after.clone())
                .set_version_id_marker(version.clone())
                .expected_bucket_owner(&self.owner)
                .send()
                .await
                .map_err(|e| classify("s3:ListBucketVersions", e))?;
            let versions = answer.versions().iter().map(|v| v.key());
            let marks = answer.delete_markers().iter().map(|m| m.key());
            if versions.chain(marks).any(|k| k == Some(key)) {
                return Ok(true);
            }
            let next = (
                answer.next_key_marker().map(str::to_owned),
                answer.next_version_id_marker().map(str::to_owned),
            );
            // A server that hands out the same markers for ever must not keep us for ever.
            if next.0.is_none() || next == (after, version) {
                return Ok(false);
            }
            (after, version) = next;
        }
    }

    /// How far the service's clock is ahead of ours; `None` before the first answer that told.
    pub fn ahead(&self) -> Option<SignedDuration> {
        *self.clock.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a conditional write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conditional {
    /// It took effect; the new content has this `ETag`.
    Done(String),
    /// The condition did not hold: somebody was faster. Also what a repeated request is told whose
    /// first answer was lost.
    Overtaken,
}

/// Writes objects of one bucket, each only if it is still as the caller knows it.
#[derive(Debug, Clone)]
pub struct ObjectsWriter {
    objects: Objects,
}

impl ObjectsWriter {
    /// Writes what `known` reads; what its answers told of the service's clock stays known.
    pub(super) fn new(clients: &Clients, region: &Region, known: &Objects) -> Self {
        Self {
            objects: Objects {
                client: clients.objects(region),
                ..known.clone()
            },
        }
    }

    /// The half that reads.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Writes an object that must not exist yet.
    ///
    /// # Errors
    /// When it is refused for another reason than its existence.
    pub async fn put_new(&self, key: &str, bytes: &[u8], media: &str) -> Result<Conditional, AwsError> {
        self.put(key, bytes, media, None).await
    }

    /// Replaces an object that must still be the one with `etag`.
    ///
    /// # Errors
    /// When it is refused for another reason than that it is another one by now.
    pub async fn put_if_match(
        &self,
        key: &str,
        bytes: &[u8],
        media: &str,
        etag: &str,
    ) -> Result<Conditional, AwsError> {
        self.put(key, bytes, media, Some(etag)).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: &[u8],
        media: &str,
        etag: Option<&str>,
    ) -> Result<Conditional, AwsError> {
        let own = &self.objects;
        let call = own
            .client
            .put_object()
            .bucket(&own.bucket)
            .key(key)
            .expected_bucket_owner(&own.owner)
            .content_type(media)
            .body(ByteStream::from(bytes.to_vec()));
        let call = match etag {
            Some(etag) => call.if_match(etag),
            None => call.if_none_match("*"),
        };
        match call.customize().interceptor(own.clock.clone()).send().await {
            Ok(answer) => Ok(Conditional::Done(answer.e_tag().unwrap_or_default().to_owned())),
            Err(error) => overtaken(classify("s3:PutObject", error), etag.is_some()),
        }
    }

    /// Deletes an object that must still be the one with `etag`. For the lease alone: nothing else
    /// that backstay keeps is ever deleted.
    ///
    /// # Errors
    /// When it is refused for another reason than that it is another one by now.
    pub async fn delete_if_match(&self, key: &str, etag: &str) -> Result<Conditional, AwsError> {
        let own = &self.objects;
        let call = own
            .client
            .delete_object()
            .bucket(&own.bucket)
            .key(key)
            .expected_bucket_owner(&own.owner)
            .if_match(etag);
        match call.customize().interceptor(own.clock.clone()).send().await {
            Ok(_) => Ok(Conditional::Done(String::new())),
            Err(error) => overtaken(classify("s3:DeleteObject", error), true),
        }
    }
}

/// 412 and 409 are answers to the condition; so is a 404 to `If-Match`.
fn overtaken(error: AwsError, expects: bool) -> Result<Conditional, AwsError> {
    let condition = matches!(error.status, Some(409 | 412))
        || (expects && error.is_not_found() && error.code != "NoSuchBucket");
    if condition {
        Ok(Conditional::Overtaken)
    } else {
        Err(error)
    }
}

fn region_of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Region> {
    error
        .raw_response()?
        .headers()
        .get("x-amz-bucket-region")?
        .parse()
        .ok()
}
