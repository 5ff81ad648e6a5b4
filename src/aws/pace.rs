//! How fast a service is asked, and how often again: one budget for each account, region and service.
//!
//! The SDK keeps its budgets for the whole process, so that an account which is throttled would slow down
//! the others, and a failing region would use up what others may try again. Its adaptive mode never
//! lets a repetition pass again once it has come down to less than five requests a second, so how fast
//! to ask is decided here, and how often again by the SDK's standard mode.

use aws_sdk_s3::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Attempts of one call, the first included.
pub(super) const ATTEMPTS: u32 = 5;

/// Tokens of one budget. A call that is tried again takes 5, or 10 when no answer came in time, and gives
/// them back when it succeeds, so that of calls that all fail at most a hundred are tried again.
const TOKENS: usize = 500;

/// The pause between two requests after a service has asked to slow down for the first time.
const FIRST: Duration = Duration::from_millis(50);

/// The longest pause between two requests.
const LONGEST: Duration = Duration::from_secs(2);

/// A pause that is shorter is none.
const SHORTEST: Duration = Duration::from_millis(5);

/// The budgets of one account; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace(Arc<Mutex<BTreeMap<(String, String), Budget>>>);

/// What one service in one region may still be asked.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    /// How often calls may be tried again.
    pub(super) again: RetryPartition,
    /// How fast requests may follow one another.
    pub(super) valve: Valve,
}

impl Pace {
    /// The budget of a service in a region.
    pub(super) fn of(&self, service: &str, region: &str) -> Budget {
        // Whoever panicked while holding it has left a whole map behind.
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = || Budget {
            again: RetryPartition::custom(format!("{service} in {region}"))
                .token_bucket(TokenBucket::new(TOKENS))
                .build(),
            valve: Valve::default(),
        };
        budgets
            .entry((service.to_owned(), region.to_owned()))
            .or_insert_with(budget)
            .clone()
    }
}

/// Lets requests pass one after another, at a distance that doubles whenever the service asks to slow
/// down and shrinks by a fifth with each other answer. Open until then. Clones are one valve.
#[derive(Debug, Clone, Default)]
pub(super) struct Valve(Arc<Mutex<Distance>>);

#[derive(Debug, Default)]
struct Distance {
    pause: Duration,
    free_at: Option<Instant>,
}

impl Valve {
    /// Learns from an answer.
    pub(super) fn answered(&self, throttled: bool) {
        self.change(|distance| {
            distance.pause = match throttled {
                true => (distance.pause * 2).clamp(FIRST, LONGEST),
                false if distance.pause < SHORTEST => Duration::ZERO,
                false => distance.pause * 4 / 5,
            };
        });
    }

    /// When the next request may be sent; takes the place.
    fn turn(&self, now: Instant) -> Instant {
        self.change(|distance| {
            let turn = distance.free_at.map_or(now, |at| at.max(now));
            distance.free_at = Some(turn + distance.pause);
            turn
        })
    }

    fn change<T>(&self, with: impl FnOnce(&mut Distance) -> T) -> T {
        // Whoever panicked while holding it has left whole numbers behind.
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An HTTP client whose requests wait for their turn.
#[derive(Debug)]
pub(super) struct Paced {
    inner: SharedHttpClient,
    valve: Valve,
}

impl Paced {
    pub(super) fn new(inner: SharedHttpClient, valve: Valve) -> Self {
        Self { inner, valve }
    }
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Turns {
            inner: self.inner.http_connector(settings, components),
            valve: self.valve.clone(),
        })
    }
}

#[derive(Debug)]
struct Turns {
    inner: SharedHttpConnector,
    valve: Valve,
}

impl HttpConnector for Turns {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, valve) = (self.inner.clone(), self.valve.clone());
        HttpConnectorFuture::new(async move {
            tokio::time::sleep_until(valve.turn(Instant::now())).await;
            inner.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far apart two requests are sent.
    fn apart(valve: &Valve) -> Duration {
        let later = Instant::now() + Duration::from_secs(60);
        valve.turn(later);
        valve.turn(later).duration_since(later)
    }

    #[tokio::test]
    async fn slows_down_when_asked_to_and_no_further_than_the_longest() {
        let valve = Valve::default();
        assert_eq!(apart(&valve), Duration::ZERO);
        valve.answered(true);
        assert_eq!(apart(&valve), FIRST);
        for _ in 0..20 {
            valve.answered(true);
        }
        let slowest = valve.change(|distance| distance.pause);
        assert_eq!(slowest, LONGEST);
    }

    #[tokio::test]
    async fn is_open_again_once_all_is_well() {
        let valve = Valve::default();
        for _ in 0..20 {
            valve.answered(true);
        }
        for _ in 0..40 {
            valve.answered(false);
        }
        assert_eq!(apart(&valve), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_fifth_that_is_throttled_is_not_a_standstill() {
        let valve = Valve::default();
        for n in 0..500 {
            valve.answered(n % 5 == 0);
        }
        assert!(apart(&valve) <= FIRST * 2, "{:?}", apart(&valve));
    }

    #[tokio::test]
    async fn each_account_service_and_region_has_its_own() {
        let (one, other) = (Pace::default(), Pace::default());
        one.of("s3", "us-east-1").valve.answered(true);
        assert_eq!(apart(&one.of("s3", "us-east-1").valve), FIRST);
        for open in [
            one.of("s3", "us-west-2"),
            one.of("rds", "us-east-1"),
            other.of("s3", "us-east-1"),
        ] {
            assert_eq!(apart(&open.valve), Duration::ZERO);
        }
    }
}
