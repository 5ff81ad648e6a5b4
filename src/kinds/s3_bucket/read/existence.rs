//! Which buckets exist, where, and whose they are.

use crate::aws::{AwsError, Class, Reader, classify};
use crate::model::{Place, Region, Unreadable};
use aws_sdk_s3::Client;
use std::collections::BTreeMap;

/// All buckets of the account by name, with the region where the service tells it.
pub(super) type Account = Result<BTreeMap<String, Option<Region>>, AwsError>;

/// The most that one page of `ListBuckets` holds. Asking for a size is also what makes S3 name each
/// bucket's region.
const PAGE: i32 = 1000;

/// Lists the account's buckets, once for all that is read in it.
pub(super) async fn account(reader: &Reader, place: &Place) -> std::sync::Arc<Account> {
    reader.once("s3:ListAllMyBuckets", || list(reader, place)).await
}

async fn list(reader: &Reader, place: &Place) -> Account {
    const ACTION: &str = "s3:ListAllMyBuckets";
    let client = reader.clients().s3(&place.region);
    let mut all = BTreeMap::new();
    let mut token: Option<String> = None;
    loop {
        let answer = {
            let _permit = reader.permit().await;
            client
                .list_buckets()
                .max_buckets(PAGE)
                .set_continuation_token(token.clone())
                .send()
                .await
                .map_err(|e| classify(ACTION, e))?
        };
        for bucket in answer.buckets() {
            if let Some(name) = bucket.name() {
                let region = bucket.bucket_region().and_then(|r| r.parse().ok());
                all.insert(name.to_owned(), region);
            }
        }
        let next = answer.continuation_token().map(str::to_owned);
        // A server that hands out the same token for ever must not keep us for ever.
        if next.is_none() || next == token {
            return Ok(all);
        }
        token = next;
    }
}

/// Whether a bucket is there to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Existence {
    /// It is ours; where, when the service said so.
    Ours(Option<Region>),
    /// Nobody has a bucket of this name.
    Nowhere,
    /// Somebody else has it, or it could not be found out.
    Unknown(Unreadable),
}

/// Looks for a bucket: in the account's list, and where that does not have it, by itself.
pub(super) async fn existence(
    reader: &Reader,
    client: &Client,
    place: &Place,
    account: &Account,
    name: &str,
) -> Existence {
    if let Ok(buckets) = account
        && let Some(region) = buckets.get(name)
    {
        return Existence::Ours(region.clone());
    }
    const ACTION: &str = "s3:ListBucket";
    let _permit = reader.permit().await;
    let call = client
        .head_bucket()
        .bucket(name)
        .expected_bucket_owner(place.account_id.as_str());
    // The list may lag behind a bucket that was just created; S3 has checked the owner here.
    let (error, redirected) = match call.send().await {
        Ok(answer) => {
            return Existence::Ours(answer.bucket_region().and_then(|r| r.parse().ok()));
        }
        Err(error) => {
            let region = header(&error, "x-amz-bucket-region");
            (classify(ACTION, error), region)
        }
    };
    let moved = matches!(error.status, Some(301 | 307 | 400)) && redirected.is_some();
    if error.is_not_found() {
        return Existence::Nowhere;
    }
    if (error.class == Class::Denied || moved) && account.is_ok() {
        return Existence::Unknown(Unreadable {
            action: ACTION.to_owned(),
            why: format!(
                "the name {name} is taken by another account: the bucket exists and is not among those of account \
                 {}. Bucket names are unique in the world; choose another one",
                place.account_id
            ),
            denied: false,
        });
    }
    if moved {
        return Existence::Ours(redirected);
    }
    let mut unknown = error.unreadable();
    if let Err(list) = account {
        unknown.why = format!(
            "{}; nor could the account's buckets be listed: {list}",
            unknown.why
        );
    }
    Existence::Unknown(unknown)
}

/// Where a bucket is, whoever owns it: S3 names the region even when it refuses.
pub(super) async fn region(reader: &Reader, client: &Client, name: &str) -> Option<Region> {
    let _permit = reader.permit().await;
    let call = client.head_bucket().bucket(name);
    match call.send().await {
        Ok(answer) => answer.bucket_region().and_then(|r| r.parse().ok()),
        Err(error) => header(&error, "x-amz-bucket-region"),
    }
}

fn header<E>(
    error: &aws_sdk_s3::error::SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
    name: &str,
) -> Option<Region> {
    error.raw_response()?.headers().get(name)?.parse().ok()
}
