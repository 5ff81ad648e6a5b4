//! S3: what the emulator lets pass and S3 doesn't, and the defaults of a new bucket.

use std::collections::HashMap;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Request, Response};

use super::super::reply::{Body, BodyError, Refusal, full};
use super::super::request::Call;
use super::super::routes::Answerer;
use super::Context;
use super::xml::Element;

/// What is known of each bucket.
#[derive(Debug, Default)]
pub(in super::super) struct Buckets {
    known: HashMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    region: String,
    owner: String,
    locked: bool,
    replicates: bool,
}

/// What every bucket made since April 2023 has.
const ALL_BLOCKED: &str = "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
    <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
    <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>\
    </PublicAccessBlockConfiguration>";

/// Operations that any region answers.
const ANYWHERE: &[&str] = &["ListBuckets", "CreateBucket", "GetBucketLocation"];

/// What S3 answers before it looks at the request itself: that the bucket is in another
/// region, or isn't whose the client thinks it is.
pub(in super::super) fn turned_away(context: &Context, call: &Call, head: &Parts) -> Option<Response<Body>> {
    if call.service != "s3" || call.access_key.is_none() || ANYWHERE.contains(&call.operation.as_str()) {
        return None;
    }
    let state = context.state();
    let known = state.buckets.known.get(bucket(call))?;
    let expected = head.headers.get("x-amz-expected-bucket-owner");
    if expected.is_some_and(|owner| owner.as_bytes() != known.owner.as_bytes()) {
        return Some(Refusal::new(403, "AccessDenied", "Access Denied").response(call));
    }
    if known.region == call.region {
        return None;
    }
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                   Please send all future requests to this endpoint.";
    let mut response = Refusal::new(301, "PermanentRedirect", message).response(call);
    if let Ok(value) = known.region.parse() {
        response.headers_mut().insert("x-amz-bucket-region", value);
    }
    Some(response)
}

/// Follows a request that ministack answered.
pub(in super::super) fn follow(context: &Context, call: &Call, succeeded: bool) {
    if !succeeded || call.service != "s3" {
        return;
    }
    let mut state = context.state();
    if call.operation == "DeleteBucket" {
        state.buckets.known.remove(bucket(call));
    } else if let Some(known) = state.buckets.known.get_mut(bucket(call)) {
        match call.operation.as_str() {
            "PutObjectLockConfiguration" => known.locked = true,
            "PutBucketReplication" => known.replicates = true,
            "DeleteBucketReplication" => known.replicates = false,
            _ => {}
        }
    }
}

fn bucket(call: &Call) -> &str {
    call.resource.split('/').next().unwrap_or_default()
}

/// The operations whose bodies the gateway looks at.
pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    let document = std::str::from_utf8(&body)
        .ok()
        .and_then(Element::parse)
        .unwrap_or_default();
    if call.operation == "CreateBucket" {
        return create(context, call, head, body, &document).await;
    }
    let suspends = call.operation == "PutBucketVersioning" && document.value("Status") == "Suspended";
    let carries = |known: &Known| known.locked || known.replicates;
    if suspends
        && context
            .state()
            .buckets
            .known
            .get(bucket(call))
            .is_some_and(carries)
    {
        let message = "An Object Lock or replication configuration is present on this bucket, so its versioning \
                       cannot be suspended.";
        return Ok(Refusal::new(409, "InvalidBucketState", message).response(call));
    }
    Ok(context.pass_on(call, head, body).await?.response())
}

/// Creates a bucket as S3 does today: with all public access blocked.
async fn create(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
    document: &Element,
) -> Result<Response<Body>, BodyError> {
    let place = document.value("LocationConstraint");
    let region = match place.as_str() {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        region => region,
    };
    let asks_for_lock = head.headers.get("x-amz-bucket-object-lock-enabled");
    let made = Known {
        region: region.to_owned(),
        owner: call.account.clone(),
        locked: asks_for_lock.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true")),
        replicates: false,
    };
    let (host, authorization) = (
        head.headers.get("host").cloned(),
        head.headers.get("authorization").cloned(),
    );
    let answer = context.pass_on(call, head, body).await?;
    // One that is there already, which us-east-1 answers with success, stays as it is.
    let there = context.state().buckets.known.contains_key(bucket(call));
    if !answer.head.status.is_success() || there {
        return Ok(answer.response());
    }
    context
        .state()
        .buckets
        .known
        .insert(bucket(call).to_owned(), made);
    // With enforcement ministack does it itself, and this request would not be signed.
    if context.enforcer.is_none() {
        let mut block = Request::put(format!("/{}?publicAccessBlock", bucket(call)));
        for (name, value) in [("host", host), ("authorization", authorization)] {
            if let Some(value) = value {
                block = block.header(name, value);
            }
        }
        let (head, ()) = block.body(())?.into_parts();
        let to = Answerer::Ministack;
        context
            .backends
            .forward(to, head, &call.account, full(ALL_BLOCKED))
            .await?;
    }
    Ok(answer.response())
}
