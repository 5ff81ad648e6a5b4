//! Answers that the gateway makes: bodies, and errors as each protocol writes them.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::{Response, StatusCode};

use super::answers::xml::{Element, escape};
use super::request::{Call, Protocol};

/// What a body can fail with on its way.
pub(super) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body of any origin.
pub(super) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A complete body.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A response with a content type; an impossible status becomes 500.
pub(super) fn response(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    if let Ok(value) = uuid::Uuid::new_v4().to_string().parse() {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

/// A JSON document.
pub(super) fn json(status: u16, value: &impl serde::Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => response(status, "application/json", bytes),
        Err(error) => response(500, "text/plain", error.to_string()),
    }
}

/// An XML document.
pub(super) fn xml(status: u16, document: &Element) -> Response<Body> {
    response(status, "text/xml", document.document())
}

/// What an operation refuses with: status, code and message as AWS documents them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The wire code, without `Fault` where AWS strips it.
    pub code: String,
    /// For a person.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// As `call`'s protocol writes an error.
    pub(super) fn response(&self, call: &Call) -> Response<Body> {
        let Self {
            status,
            code,
            message,
        } = self;
        match call.protocol {
            Protocol::S3 => response(
                *status,
                "application/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{}</Message>\
                     <Resource>/{}</Resource><RequestId>sandbox</RequestId></Error>",
                    escape(message),
                    escape(&call.resource)
                ),
            ),
            Protocol::Query => {
                let side = if *status < 500 { "Sender" } else { "Receiver" };
                response(
                    *status,
                    "text/xml",
                    format!(
                        "<ErrorResponse><Error><Type>{side}</Type><Code>{code}</Code><Message>{}</Message></Error>\
                         <RequestId>sandbox</RequestId></ErrorResponse>",
                        escape(message)
                    ),
                )
            }
            Protocol::Json | Protocol::RestJson => {
                let mut response = json(
                    *status,
                    &serde_json::json!({ "__type": code, "message": message }),
                );
                if let Ok(value) = code.parse() {
                    response.headers_mut().insert("x-amzn-errortype", value);
                }
                response
            }
        }
    }
}
