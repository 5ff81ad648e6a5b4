//! What AWS Backup keeps of the requests that made plans and selections: one that comes again under the same
//! `CreatorRequestId` is answered as the first and makes nothing, for as long as what it made exists. The plans
//! themselves are ministack's, which does not look at it.
//!
//! AWS's reference says so of plans ("If the request includes a CreatorRequestId that matches an existing backup plan, that
//! plan is returned") and of selections in general. What it answers to another request under an id in use is not
//! documented; here it is refused, so that a client that uses one twice is found out.

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;
use serde_json::Value;

use super::super::reply::{self, Body, BodyError, Refusal};
use super::super::request::Call;
use super::vault::{at, invalid};
use super::{Context, plain};

/// The requests that made what exists.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    list: Vec<Made>,
}

/// A request, and what it made.
#[derive(Debug, PartialEq)]
struct Asked {
    account: String,
    region: String,
    operation: String,
    path: String,
    id: String,
}

#[derive(Debug)]
struct Made {
    by: Asked,
    body: Bytes,
    answer: Value,
}

impl Made {
    /// The id of the plan or selection.
    fn thing(&self) -> &str {
        let of = match self.by.operation.as_str() {
            "CreateBackupSelection" => "SelectionId",
            _ => "BackupPlanId",
        };
        at(&self.answer, of).as_str().unwrap_or_default()
    }
}

impl Requests {
    /// What was answered to the same request.
    ///
    /// # Errors
    /// Another request has this id.
    fn before(&self, asked: &Asked, body: &Bytes) -> Result<Option<Value>, Refusal> {
        match self.list.iter().find(|made| made.by == *asked) {
            Some(made) if made.body == *body => Ok(Some(made.answer.clone())),
            Some(_) => Err(Refusal::new(
                400,
                "AlreadyExistsException",
                format!("Another request had the CreatorRequestId {}.", asked.id),
            )),
            None => Ok(None),
        }
    }

    /// Forgets what made the things that a path names, and those in it.
    fn forget(&mut self, path: &str) {
        let named: Vec<&str> = path.trim_matches('/').split('/').collect();
        let last = named.last().copied().unwrap_or_default();
        self.list
            .retain(|made| made.thing() != last && !made.by.path.split('/').any(|part| part == last));
    }
}

/// Passes on what is asked of plans and selections, unless it was asked before.
pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    let path = head.uri.path().to_owned();
    let asked = match identified(call, &path, &body) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refusal.response(call)),
    };
    if let Some(asked) = &asked {
        match context.state().backup_requests.before(asked, &body) {
            Ok(Some(answer)) => return Ok(reply::json(200, &answer)),
            Ok(None) => {}
            Err(refusal) => return Ok(refusal.response(call)),
        }
    }
    let answer = context.pass_on(call, head, body.clone()).await?;
    if answer.head.status.is_success() {
        let requests = &mut context.state().backup_requests;
        if let Some(by) = asked {
            let answer = serde_json::from_slice(&answer.body).unwrap_or_default();
            requests.list.push(Made { by, body, answer });
        } else if call.operation.starts_with("Delete") {
            requests.forget(&path);
        }
    }
    Ok(plain(call, answer))
}

/// The request, if it has an id.
///
/// # Errors
/// What it has cannot be one.
fn identified(call: &Call, path: &str, body: &Bytes) -> Result<Option<Asked>, Refusal> {
    let makes = ["CreateBackupPlan", "CreateBackupSelection"].contains(&call.operation.as_str());
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(id) = at(&body, "CreatorRequestId").as_str().filter(|_| makes) else {
        return Ok(None);
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(1..=50).contains(&id.len()) || !id.chars().all(allowed) {
        return Err(invalid(
            "CreatorRequestId has 1 to 50 letters, digits, hyphens, underscores and dots.",
        ));
    }
    Ok(Some(Asked {
        account: call.account.clone(),
        region: call.region.clone(),
        operation: call.operation.clone(),
        path: path.to_owned(),
        id: id.to_owned(),
    }))
}
