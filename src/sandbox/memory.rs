//! Answers that were given, so that a read can be answered as it was before the last write.

use std::collections::HashMap;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Response;
use hyper::http::request::Parts;
use hyper::http::response;

use super::reply::{Body, full};

/// What makes two requests the same question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    account: String,
    method: String,
    address: String,
    target: String,
    body: Bytes,
}

/// The question that a request asks.
pub(super) fn key(account: &str, head: &Parts, body: &Bytes) -> Key {
    let header = |name: &str| {
        let value = head.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    Key {
        account: account.to_owned(),
        method: head.method.to_string(),
        address: format!("{}{}", header("host"), head.uri),
        target: header("x-amz-target"),
        body: body.clone(),
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    head: response::Parts,
    body: Bytes,
}

/// The last true answer to each question.
#[derive(Debug, Default)]
pub(super) struct Memory {
    answers: HashMap<Key, Kept>,
}

impl Memory {
    /// Keeps an answer in place of an older one.
    pub(super) fn keep(&mut self, key: Key, kept: Kept) {
        self.answers.insert(key, kept);
    }

    /// The answer that is kept.
    pub(super) fn recall(&self, key: &Key) -> Option<Response<Body>> {
        let kept = self.answers.get(key)?.clone();
        Some(Response::from_parts(kept.head, full(kept.body)))
    }
}

/// An answer to keep, and the same to give.
pub(super) async fn twice(answer: Response<Body>) -> (Kept, Response<Body>) {
    let (head, body) = whole(answer).await;
    let kept = Kept {
        head: head.clone(),
        body: body.clone(),
    };
    (kept, Response::from_parts(head, full(body)))
}

/// The answer with each `find` in its body replaced.
pub(super) async fn rewritten(answer: Response<Body>, find: &str, with: &str) -> Response<Body> {
    let (mut head, body) = whole(answer).await;
    head.headers.remove("content-length");
    let text = String::from_utf8_lossy(&body).replace(find, with);
    Response::from_parts(head, full(text))
}

/// A body that breaks off ends there.
async fn whole(answer: Response<Body>) -> (response::Parts, Bytes) {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
    (head, body)
}
