//! What the gateway answers itself or adds to an emulator's answer, one file for each
//! service, from the documented shapes and with state in memory.

mod backup;
mod backup_jobs;
mod backup_plans;
mod iam;
mod rds;
mod rds_backups;
mod rds_checks;
pub(super) mod s3;
mod tagging;
mod vault;
mod vaults;
pub(super) mod xml;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::accounts::Accounts;
use super::backends::{Answer, Backends};
use super::enforce::Enforcer;
use super::faults::Faults;
use super::memory::Memory;
use super::record::Journal;
use super::reply::{Body, BodyError};
use super::request::Call;
use super::routes::{self, Answerer};
pub(super) use backup::Settings;
pub(super) use backup_jobs::Jobs;
pub(super) use backup_plans::Requests;
pub(super) use iam::Boundaries;
pub(super) use rds_backups::Replicas;
pub(super) use vaults::Vaults;

/// Everything the gateway remembers.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) accounts: Accounts,
    pub(super) journal: Journal,
    pub(super) faults: Faults,
    pub(super) memory: Memory,
    pub(super) boundaries: Boundaries,
    pub(super) replicas: Replicas,
    pub(super) vaults: Vaults,
    pub(super) backup_jobs: Jobs,
    pub(super) backup_requests: Requests,
    pub(super) backup_settings: Settings,
    pub(super) buckets: s3::Buckets,
}

/// What an answer can draw on.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) backends: Backends,
    pub(super) state: Mutex<State>,
    /// Decides for what ministack doesn't answer; `None` lets everything pass.
    pub(super) enforcer: Option<Enforcer>,
}

impl Context {
    /// The state, for a moment: never held while waiting for an emulator.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the emulator that the table names.
    pub(super) async fn pass_on(&self, call: &Call, head: Parts, body: Bytes) -> Result<Answer, BodyError> {
        self.backends
            .ask(routes::route(call).answerer, head, &call.account, body)
            .await
    }

    /// True when moto answers `call`; the rest goes to ministack.
    fn is_motos(call: &Call) -> bool {
        routes::route(call).answerer == Answerer::Moto
    }
}

/// Answers `call`, whose body has been read.
pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    match call.service.as_str() {
        "backup" => backup::answer(context, call, head, body).await,
        "rds" => rds::answer(context, call, head, body).await,
        "iam" | "sts" => iam::answer(context, call, head, body).await,
        "s3" => s3::answer(context, call, head, body).await,
        "tagging" => tagging::answer(context, call, head, body).await,
        "organizations" if call.operation == "DescribeResourcePolicy" => {
            let message = "The organization has no resource policy.";
            Ok(super::reply::Refusal::new(400, "ResourcePolicyNotFoundException", message).response(call))
        }
        _ => {
            let answer = context.pass_on(call, head, body).await?;
            Ok(plain(call, answer))
        }
    }
}

/// The answer as it came, but for moto's HTML page where an operation is missing: a
/// client would retry the 500 or take the 404 for an absent resource.
fn plain(call: &Call, answer: Answer) -> Response<Body> {
    let html = answer
        .head
        .headers
        .get("content-type")
        .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if Context::is_motos(call) && html && !answer.head.status.is_success() {
        let message = format!(
            "The sandbox does not have {}:{}, or failed in it.",
            call.service, call.operation
        );
        return super::reply::Refusal::new(501, "NotImplemented", message).response(call);
    }
    answer.response()
}
