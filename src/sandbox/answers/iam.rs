//! IAM and STS: whose a new key is, and the boundaries that ministack leaves out of its list.

use std::collections::HashMap;

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::super::backends::Answer;
use super::super::reply::{Body, BodyError};
use super::super::request::Call;
use super::xml::Element;
use super::{Context, plain};

/// Permissions boundaries by account and `role/NAME` or `user/NAME`.
#[derive(Debug, Default)]
pub(crate) struct Boundaries {
    arns: HashMap<(String, String), String>,
}

impl Boundaries {
    /// Follows a request that succeeded.
    fn follow(&mut self, call: &Call) {
        let (kind, name) = match (call.params.get("RoleName"), call.params.get("UserName")) {
            (Some(name), _) => ("role", name),
            (None, Some(name)) => ("user", name),
            _ => return,
        };
        let key = (call.account.clone(), format!("{kind}/{name}"));
        match (call.operation.as_str(), call.params.get("PermissionsBoundary")) {
            (
                "CreateRole" | "CreateUser" | "PutRolePermissionsBoundary" | "PutUserPermissionsBoundary",
                Some(arn),
            ) => drop(self.arns.insert(key, arn.to_owned())),
            (
                "DeleteRole"
                | "DeleteUser"
                | "DeleteRolePermissionsBoundary"
                | "DeleteUserPermissionsBoundary",
                _,
            ) => drop(self.arns.remove(&key)),
            _ => {}
        }
    }

    fn add_to(&self, account: &str, details: &mut Element) {
        for (list, naming, kind) in [
            ("RoleDetailList", "RoleName", "role"),
            ("UserDetailList", "UserName", "user"),
        ] {
            details.each_mut(list, &mut |list| {
                for member in &mut list.children {
                    let key = (account.to_owned(), format!("{kind}/{}", member.value(naming)));
                    if let Some(arn) = self.arns.get(&key) {
                        member.set(
                            Element::new("PermissionsBoundary")
                                .child(Element::leaf(
                                    "PermissionsBoundaryType",
                                    "PermissionsBoundaryPolicy",
                                ))
                                .child(Element::leaf("PermissionsBoundaryArn", arn)),
                        );
                    }
                }
            });
        }
    }
}

pub(super) async fn answer(
    context: &Context,
    call: &Call,
    head: Parts,
    body: Bytes,
) -> Result<Response<Body>, BodyError> {
    let answer = context.pass_on(call, head, body).await?;
    if !answer.head.status.is_success() {
        return Ok(plain(call, answer));
    }
    match call.operation.as_str() {
        "GetAccountAuthorizationDetails" => Ok(with_boundaries(context, call, answer)),
        "CreateAccessKey" | "GetSessionToken" | "GetFederationToken" => Ok(learning(context, call, answer)),
        operation if operation.starts_with("AssumeRole") => Ok(learning(context, call, answer)),
        _ => {
            context.state().boundaries.follow(call);
            Ok(plain(call, answer))
        }
    }
}

fn with_boundaries(context: &Context, call: &Call, answer: Answer) -> Response<Body> {
    let Some(mut details) = answer.xml() else {
        return answer.response();
    };
    context.state().boundaries.add_to(&call.account, &mut details);
    answer.with_body(details.document())
}

fn learning(context: &Context, call: &Call, answer: Answer) -> Response<Body> {
    if let Some(document) = answer.xml() {
        context.state().accounts.learn(&document, &call.account);
    }
    answer.response()
}
