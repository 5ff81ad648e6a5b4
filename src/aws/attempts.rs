//! What was sent: attempts by operation, and whether a write can have taken effect.
//!
//! The SDK repeats calls on its own, so only an interceptor sees every attempt. Each is counted for
//! the whole run, and for the step that it was made for.

use super::error::THROTTLED;
use super::pace::Valve;
use super::{guard, once};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use hyper_util::client::legacy::Error as HttpError;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// Attempts by operation, such as `S3.PutBucketVersioning`.
pub type Attempts = BTreeMap<String, u32>;

/// What is known of the writes that were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// How often each operation was sent, the first time and those that found no connection included.
    pub attempts: Attempts,
    /// Writes that were sent and not refused: each was carried out, or got no answer that says.
    pub writes: u32,
}

/// Counts for as long as somebody holds it; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<Trace>>);

tokio::task_local! {
    /// The tally of the step that runs.
    static STEP: Tally;
}

impl Tally {
    /// Runs `work` and counts what it sends here too.
    pub async fn over<T>(&self, work: impl Future<Output = T>) -> T {
        STEP.scope(self.clone(), work).await
    }

    /// What was counted so far.
    pub fn trace(&self) -> Trace {
        self.change(|trace| trace.clone())
    }

    fn change<T>(&self, with: impl FnOnce(&mut Trace) -> T) -> T {
        // Whoever panicked while holding it has left whole numbers behind.
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts what a client sends.
#[derive(Debug)]
pub(super) struct Counting {
    /// Of the whole run.
    pub(super) run: Tally,
    /// How fast the client may send.
    pub(super) valve: Valve,
}

impl Counting {
    fn each(&self, with: impl Fn(&mut Trace)) {
        self.run.change(&with);
        // Outside of a step, nothing but the run counts.
        let _outside = STEP.try_with(|step| step.change(&with));
    }
}

impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "Counting"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let metadata = config.load::<Metadata>();
        let operation = metadata.map_or_else(String::new, |m| format!("{}.{}", m.service(), m.name()));
        let write = metadata.is_none_or(|m| !guard::is_read(m.name()));
        self.each(|trace| {
            *trace.attempts.entry(operation.clone()).or_default() += 1;
            trace.writes += u32::from(write);
        });
        once::leaves();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(response) = context.response() {
            self.valve.answered(throttles(response));
        }
        let write = config
            .load::<Metadata>()
            .is_none_or(|m| !guard::is_read(m.name()));
        let failure = context.output_or_error().and_then(Result::err);
        let connector = failure.and_then(|error| error.as_connector_error());
        let without_effect = context.response().is_some_and(refused) || connector.is_some_and(unconnected);
        if write && without_effect {
            once::had_no_effect();
            self.each(|trace| trace.writes = trace.writes.saturating_sub(1));
        }
        Ok(())
    }
}

/// Whether a service says for sure that it has not carried out what was asked.
fn refused(response: &HttpResponse) -> bool {
    let status = response.status().as_u16();
    // A failure on the service's side may come after the effect; being told to slow down does not.
    (400..500).contains(&status) || throttles(response)
}

/// Whether there was no connection to send anything through: no address, nobody who listens, no TLS. An answer that
/// never came over one that was there says nothing of the kind.
pub(super) fn unconnected(error: &ConnectorError) -> bool {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<HttpError>())
        .any(HttpError::is_connect)
}

/// Whether a service asks to slow down.
fn throttles(response: &HttpResponse) -> bool {
    if response.status().is_success() {
        return false;
    }
    let body = response.body().bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    THROTTLED
        .iter()
        .any(|code| text.contains(&format!("<Code>{code}</Code>")) || text.contains(&format!("{code}\"")))
}
