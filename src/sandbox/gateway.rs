//! The one address: takes requests, decides, passes on, records.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::answers::{self, Context, State};
use super::backends::Backends;
use super::enforce::Enforcer;
use super::faults::{Fault, Outcome};
use super::record::Record;
use super::reply::{Body, BodyError, Refusal, json, response};
use super::request::{self, Call, Signed};
use super::{control, memory, routes};

/// The largest body of a request that is read before it is passed on; policies and
/// parameters are far below, objects are not read.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A recovery point that is to be so old.
#[derive(Debug, serde::Deserialize)]
struct Aged {
    /// Its ARN.
    point: String,
    /// How many days.
    days: i64,
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset on purpose")]
struct ConnectionReset;

/// Serves until `stop` turns true or a client asks for it.
pub(super) async fn serve(
    listener: StdListener,
    backends: Backends,
    auth: bool,
    stop: watch::Sender<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let enforcer = auth.then(|| Enforcer::new(backends.ministack));
    let context = Arc::new(Context {
        backends,
        state: State::default().into(),
        enforcer,
    });
    let mut stopped = stop.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        // A connection that failed on its way in concerns nobody else.
        let Ok((stream, _)) = accepted else { continue };
        drop(stream.set_nodelay(true));
        let (context, stop) = (Arc::clone(&context), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let (context, stop) = (Arc::clone(&context), stop.clone());
                async move { handle(&context, request, &stop).await }
            });
            // Ends with an error when the client goes away or a fault resets it.
            drop(
                http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

async fn handle(
    context: &Context,
    request: Request<Incoming>,
    stop: &watch::Sender<bool>,
) -> Result<Response<Body>, ConnectionReset> {
    if let Some(path) = request.uri().path().strip_prefix(control::PREFIX) {
        let path = path.to_owned();
        return Ok(steer(context, request, &path, stop)
            .await
            .unwrap_or_else(|never| match never {}));
    }
    let (head, body) = request.into_parts();
    let signed = Signed::of(&head);
    let streams = request::streams(&head, signed.as_ref());
    let (read, unread) = if streams {
        (Bytes::new(), Some(body))
    } else {
        match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(whole) => (whole.to_bytes(), None),
            Err(error) => {
                return Ok(response(
                    400,
                    "text/plain",
                    format!("The body cannot be read: {error}\n"),
                ));
            }
        }
    };
    let call = Call::of(&head, &read, signed, &context.state().accounts);
    let key = (!call.write).then(|| memory::key(&call.account, &head, &read));
    let outcome = context.state().faults.strike(&call);
    match &outcome {
        Some(Outcome::Error { .. } | Outcome::ErrorSaying { .. }) => {
            let refusal = told_to_fail(outcome.as_ref());
            write_down(context, &call, refusal.status, true);
            return Ok(refusal.response(&call));
        }
        Some(Outcome::Reset) => {
            write_down(context, &call, 0, true);
            return Err(ConnectionReset);
        }
        Some(Outcome::Hang) => {
            write_down(context, &call, 0, true);
            return std::future::pending().await;
        }
        Some(Outcome::Delay(milliseconds)) => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
        Some(Outcome::Stale) => {
            let old = key.as_ref().and_then(|key| context.state().memory.recall(key));
            if let Some(old) = old {
                write_down(context, &call, old.status().as_u16(), true);
                return Ok(old);
            }
        }
        Some(Outcome::ResetAfter | Outcome::Rewrite { .. }) | None => {}
    }
    if let Some(refused) = refused(context, &call, &head).await {
        write_down(context, &call, refused.status().as_u16(), false);
        return Ok(refused);
    }
    let answered = match unread {
        Some(body) => {
            let body = body.map_err(BodyError::from).boxed_unsync();
            context
                .backends
                .forward(routes::route(&call).answerer, head, &call.account, body)
                .await
        }
        None => answers::answer(context, &call, head, read).await,
    };
    let answer = answered.unwrap_or_else(|error| {
        let message = format!(
            "The emulator behind {}:{} did not answer: {error}",
            call.service, call.operation
        );
        Refusal::new(503, "ServiceUnavailable", message).response(&call)
    });
    answers::s3::follow(context, &call, answer.status().is_success());
    if outcome == Some(Outcome::ResetAfter) {
        write_down(context, &call, 0, true);
        return Err(ConnectionReset);
    }
    let struck = outcome.as_ref().is_some_and(|o| *o != Outcome::Stale);
    write_down(context, &call, answer.status().as_u16(), struck);
    if let Some(Outcome::Rewrite { find, with }) = &outcome {
        return Ok(memory::rewritten(answer, find, with).await);
    }
    match key {
        Some(key) if context.state().faults.remembers() => {
            let (kept, answer) = memory::twice(answer).await;
            context.state().memory.keep(key, kept);
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

/// The error that a fault asks for.
fn told_to_fail(outcome: Option<&Outcome>) -> Refusal {
    match outcome {
        Some(Outcome::Error { status, code }) => {
            Refusal::new(*status, code, "The sandbox was told to fail here.")
        }
        Some(Outcome::ErrorSaying {
            status,
            code,
            message,
        }) => Refusal::new(*status, code, message.clone()),
        _ => Refusal::new(500, "InternalError", "The sandbox was told to fail here."),
    }
}

/// What keeps `call` from being passed on: its bucket's region or owner, or a policy.
async fn refused(context: &Context, call: &Call, head: &Parts) -> Option<Response<Body>> {
    if let Some(answer) = answers::s3::turned_away(context, call, head) {
        return Some(answer);
    }
    let enforcer = context.enforcer.as_ref()?;
    if routes::route(call).answerer == routes::Answerer::Ministack {
        return None;
    }
    enforcer
        .refusal(context, call)
        .await
        .map(|refusal| refusal.response(call))
}

fn write_down(context: &Context, call: &Call, status: u16, fault: bool) {
    let answered_by = if fault {
        routes::Answerer::Gateway
    } else {
        routes::route(call).answerer
    };
    context.state().journal.push(Record {
        number: 0,
        service: call.service.clone(),
        operation: call.operation.clone(),
        write: call.write,
        account: call.account.clone(),
        region: call.region.clone(),
        // A JSON body stands in for the name it has somewhere inside; matching may look at all of it.
        resource: call.resource.chars().take(512).collect(),
        status,
        answered_by: answered_by.as_str().to_owned(),
        fault,
    });
}

/// The paths below [`control::PREFIX`].
async fn steer(
    context: &Context,
    request: Request<Incoming>,
    path: &str,
    stop: &watch::Sender<bool>,
) -> Result<Response<Body>, Infallible> {
    let done = || json(200, &serde_json::json!({}));
    Ok(match (request.method(), path) {
        (&Method::GET, "health") => done(),
        (&Method::GET, "operations") => response(200, "text/plain", routes::table()),
        (&Method::GET, "requests") => json(200, &context.state().journal.list()),
        (&Method::DELETE, "requests") => {
            context.state().journal.clear();
            done()
        }
        (&Method::DELETE, "faults") => {
            context.state().faults.clear();
            done()
        }
        (&Method::DELETE, path) if path.starts_with("faults/") => {
            let account = path.trim_start_matches("faults/");
            context.state().faults.clear_of(account);
            done()
        }
        (&Method::POST, "faults") => {
            let body = Limited::new(request.into_body(), LARGEST_BODY).collect().await;
            match body.map(|whole| serde_json::from_slice::<Fault>(&whole.to_bytes())) {
                Ok(Ok(fault)) => {
                    context.state().faults.add(fault);
                    done()
                }
                Ok(Err(error)) => response(400, "text/plain", format!("not a fault: {error}\n")),
                Err(error) => response(400, "text/plain", format!("{error}\n")),
            }
        }
        (&Method::POST, "recovery-points") => {
            let body = Limited::new(request.into_body(), LARGEST_BODY).collect().await;
            match body.map(|whole| serde_json::from_slice::<Aged>(&whole.to_bytes())) {
                Ok(Ok(aged)) if context.state().vaults.date_back(&aged.point, aged.days) => done(),
                Ok(Ok(aged)) => response(404, "text/plain", format!("There is no {}.\n", aged.point)),
                Ok(Err(error)) => response(400, "text/plain", format!("no recovery point: {error}\n")),
                Err(error) => response(400, "text/plain", format!("{error}\n")),
            }
        }
        (&Method::POST, "reset") => match context.backends.reset().await {
            Ok(()) => {
                *context.state() = State::default();
                done()
            }
            Err(error) => response(500, "text/plain", format!("{error}\n")),
        },
        (&Method::POST, "stop") => {
            stop.send_replace(true);
            done()
        }
        _ => response(404, "text/plain", "There is no such path.\n"),
    })
}
