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

/// Which region each bucket is in.
#[derive(Debug, Default)]
pub(in super::super) struct Buckets {
    regions: HashMap<String, String>,
}

/// What every bucket made since April 2023 has.
const ALL_BLOCKED: &str = "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
    <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
    <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>\
    </PublicAccessBlockConfiguration>";

/// Operations that any region answers.
const ANYWHERE: &[&str] = &["ListBuckets", "CreateBucket", "GetBucketLocation"];

/// The redirection to a bucket's own region when `call` was signed for another.
pub(in super::super) fn redirection(context: &Context, call: &Call) -> Option<Response<Body>> {
    if call.service != "s3" || call.access_key.is_none() || ANYWHERE.contains(&call.operation.as_str()) {
        return None;
    }
    let region = context.state().buckets.regions.get(bucket(call))?.clone();
    if region == call.region {
        return None;
    }
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                   Please send all future requests to this endpoint.";
    let mut response = Refusal::new(301, "PermanentRedirect", message).response(call);
    if let Ok(value) = region.parse() {
        response.headers_mut().insert("x-amz-bucket-region", value);
    }
    Some(response)
}

/// Follows a request that ministack answered.
pub(in super::super) fn follow(context: &Context, call: &Call, succeeded: bool) {
    if succeeded && call.operation == "DeleteBucket" {
        context.state().buckets.regions.remove(bucket(call));
    }
}

fn bucket(call: &Call) -> &str {
    call.resource.split('/').next().unwrap_or_default()
}

/// Creates a bucket as S3 does today: with all public access blocked.
pub(super) async fn create(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    let place = std::str::from_utf8(&body)
        .ok()
        .and_then(Element::parse)
        .map(|b| b.value("LocationConstraint"));
    let region = match place.as_deref() {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    };
    let known = context.state().buckets.regions.contains_key(bucket(call));
    let (host, authorization) = (
        head.headers.get("host").cloned(),
        head.headers.get("authorization").cloned(),
    );
    let answer = context.pass_on(call, head, body).await?;
    if !answer.head.status.is_success() {
        return Ok(answer.response());
    }
    context
        .state()
        .buckets
        .regions
        .insert(bucket(call).to_owned(), region.to_owned());
    // With enforcement ministack does it itself, and this request would not be signed.
    if !known && context.enforcer.is_none() {
        let mut block = Request::put(format!("/{}?publicAccessBlock", bucket(call)));
        for (name, value) in [("host", host), ("authorization", authorization)] {
            if let Some(value) = value {
                block = block.header(name, value);
            }
        }
        let (head, ()) = block.body(())?.into_parts();
        context
            .backends
            .forward(Answerer::Ministack, head, &call.account, full(ALL_BLOCKED))
            .await?;
    }
    Ok(answer.response())
}
