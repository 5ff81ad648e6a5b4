//! The tagging API over both emulators: each knows only its own resources.

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;
use serde_json::Value;

use super::super::reply::{Body, BodyError};
use super::super::request::Call;
use super::super::routes::Answerer;
use super::{Context, plain};

const LIST: &str = "ResourceTagMappingList";

pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    if call.operation != "GetResources" {
        return Ok(plain(call, context.pass_on(call, head, body).await?));
    }
    let request = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let backends = &context.backends;
    let other = backends
        .ask(Answerer::Moto, head.clone(), &call.account, body.clone())
        .await?;
    let answer = backends
        .ask(Answerer::Ministack, head, &call.account, body)
        .await?;
    let parsed = serde_json::from_slice::<Value>(&answer.body).ok();
    let more = serde_json::from_slice::<Value>(&other.body).ok();
    let own = super::backup::tagged_vaults(&context.state(), call, &request);
    let merged = parsed.zip(more).and_then(|(mut first, mut second)| {
        let more = second.get_mut(LIST)?.as_array_mut()?.split_off(0);
        let all = first.get_mut(LIST)?.as_array_mut()?;
        all.extend(more);
        all.extend(own);
        Some(first.to_string())
    });
    // An error of ministack's, for instance a refused signature, is the answer as it is.
    Ok(match merged {
        Some(body) if answer.head.status.is_success() => answer.with_body(body),
        _ => answer.response(),
    })
}
