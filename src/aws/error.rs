//! AWS errors, by what a caller can do about them.

use super::attempts::unconnected;
use crate::diag::{Diagnostic, code, escape};
use crate::model::Unreadable;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use std::fmt;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The credentials lack a permission.
    Denied,
    /// The service asked to slow down, and went on doing so.
    Throttled,
    /// The service says that the thing does not exist or is not configured.
    NotFound,
    /// The credentials are missing, expired or wrong.
    Credentials,
    /// No answer: network, endpoint, proxy.
    Unreachable,
    /// The service failed on its side.
    Server,
    /// Anything else: the service refused the request.
    Refused,
}

/// An error of one call, with all that a person needs to look into it.
#[derive(Debug, Clone, thiserror::Error)]
pub struct AwsError {
    /// The IAM action of the call, such as `s3:GetBucketVersioning`.
    pub action: String,
    /// What can be done about it.
    pub class: Class,
    /// The wire code, such as `NoSuchBucket`; a name of ours where there was no answer.
    pub code: String,
    /// What the service said.
    pub message: String,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// For support requests.
    pub request_id: Option<String>,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.action, self.code)?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

/// Codes that mean "absent" or "not configured" (DOMAIN: a 403 is never among them).
const NOT_FOUND: &[&str] = &[
    "DBClusterNotFoundFault",
    "DBInstanceAutomatedBackupNotFound",
    "DBInstanceNotFound",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NoSuchKey",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "NoSuchTagSetError",
    "NotFound",
    "NotFoundException",
    "ObjectLockConfigurationNotFoundError",
    "OwnershipControlsNotFoundError",
    "ReplicationConfigurationNotFoundError",
    "ResourceNotFoundException",
    "ServerSideEncryptionConfigurationNotFoundError",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "Forbidden",
    "UnauthorizedOperation",
];

const CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes that mean "slow down": what was asked has not been done.
pub(super) const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
];

impl AwsError {
    /// An error of our own, where no call was made or no answer came.
    pub fn new(action: &str, class: Class, code: &str, message: impl Into<String>) -> Self {
        Self {
            action: action.to_owned(),
            class,
            code: code.to_owned(),
            message: message.into(),
            status: None,
            request_id: None,
        }
    }

    /// True when the service says that the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class == Class::NotFound
    }

    /// The same as a fact: what is unknown, and why.
    pub fn unreadable(&self) -> Unreadable {
        Unreadable {
            action: self.action.clone(),
            why: self.to_string(),
            denied: self.class == Class::Denied,
        }
    }

    /// The same for a person; the caller adds whom or what it is about.
    pub fn diagnostic(&self, about: &str) -> Diagnostic {
        let (code, remedy) = match self.class {
            Class::Denied => (
                code::UNREADABLE,
                format!(
                    "Allow {} for the identity in use; `backstay permissions` prints the least policy.",
                    self.action
                ),
            ),
            Class::Throttled => (
                code::API,
                "The service is being asked too much; run the command again later.".to_owned(),
            ),
            Class::Credentials => (
                code::NO_CREDENTIALS,
                "Give credentials: AWS_PROFILE, `aws sso login`, AWS_ACCESS_KEY_ID, or `profile` or `assume_role` in the \
                 account block. `aws sts get-caller-identity` shows what is in use; a wrong clock has the same effect."
                    .to_owned(),
            ),
            Class::Unreachable => (
                code::UNREACHABLE,
                "Check the network, the region's name and AWS_ENDPOINT_URL.".to_owned(),
            ),
            Class::NotFound => (
                code::NOT_FOUND,
                "Check the name, the account and the region.".to_owned(),
            ),
            Class::Server | Class::Refused => (
                code::API,
                "Read what the service said; if it looks wrong, run again with the request id at hand."
                    .to_owned(),
            ),
        };
        Diagnostic::error(code, format!("{about}: {self}")).remedy(remedy)
    }
}

/// Turns an SDK error of the call `action` into ours.
pub fn classify<E>(action: &str, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|r| r.status().as_u16());
    let header = |name: &str| {
        error
            .raw_response()
            .and_then(|r| r.headers().get(name))
            .map(str::to_owned)
    };
    let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
    let html = header("content-type").is_some_and(|t| t.starts_with("text/html"));
    match &error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let named = meta.code().filter(|c| !c.is_empty()).map(str::to_owned);
            // An error page of something that is not the service says nothing about the thing asked for.
            let code = named.unwrap_or_else(|| match status {
                Some(404) if !html => "NotFound".to_owned(),
                Some(403) if !html => "AccessDenied".to_owned(),
                Some(503) => "SlowDown".to_owned(),
                Some(status) => format!("HTTP{status}"),
                None => "Unknown".to_owned(),
            });
            let is = |list: &[&str]| list.contains(&code.as_str());
            let class = if is(NOT_FOUND) {
                Class::NotFound
            } else if is(DENIED) {
                Class::Denied
            } else if is(CREDENTIALS) {
                Class::Credentials
            } else if is(THROTTLED) {
                Class::Throttled
            } else if status.is_some_and(|s| s >= 500) {
                Class::Server
            } else {
                Class::Refused
            };
            AwsError {
                action: action.to_owned(),
                class,
                code,
                message: escape::shortened(meta.message().unwrap_or_default()).into_owned(),
                status,
                request_id,
            }
        }
        other => {
            let text = chain(other);
            let (class, code) = match other {
                SdkError::TimeoutError(_) => (Class::Unreachable, "Timeout"),
                SdkError::ResponseError(_) => (Class::Server, "UnreadableResponse"),
                SdkError::ConstructionFailure(_) if text.contains("read-only") => {
                    (Class::Refused, "ReadOnly")
                }
                _ if text.contains("credential") || text.contains("profile") => {
                    (Class::Credentials, "NoCredentials")
                }
                SdkError::ConstructionFailure(_) => (Class::Refused, "InvalidRequest"),
                SdkError::DispatchFailure(failure)
                    if failure.as_connector_error().is_some_and(unconnected) =>
                {
                    (Class::Unreachable, "NoConnection")
                }
                _ => (Class::Unreachable, "NoAnswer"),
            };
            AwsError {
                action: action.to_owned(),
                class,
                code: code.to_owned(),
                message: text,
                status,
                request_id,
            }
        }
    }
}

/// An error and what caused it, each cause once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut at = error.source();
    while let Some(cause) = at {
        // The SDK shows the answer of a nested call as a struct; what the service said is in it.
        let text = match cause.downcast_ref::<ErrorMetadata>() {
            Some(answer) => answer.message().unwrap_or_default().to_owned(),
            None => cause.to_string(),
        };
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        at = cause.source();
    }
    parts.join(": ")
}
