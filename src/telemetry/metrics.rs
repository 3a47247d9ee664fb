//! Figures for monitoring, in the text format of Prometheus (R-OP-06). Here stands every one of them, and what its labels
//! may say: only words of our own, never anything of a person or a request.
//!
//! Counting costs nothing until [`Metrics::install`] was called: commands and tests count into the void.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use axum::http::{Method, StatusCode};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::foundation::Timestamp;

const REQUESTS: &str = "keyward_http_requests_total";
const REQUEST_SECONDS: &str = "keyward_http_request_seconds";
const CONNECTIONS: &str = "keyward_connections";
const CONNECTIONS_REFUSED: &str = "keyward_connections_refused_total";
const HANDSHAKES_FAILED: &str = "keyward_tls_handshakes_failed_total";
const CERTIFICATE_ENDS: &str = "keyward_tls_certificate_ends_timestamp_seconds";
const EVENTS: &str = "keyward_events_total";
const COMMITS: &str = "keyward_storage_commits_total";
const COMMIT_SECONDS: &str = "keyward_storage_commit_seconds";
const ROUNDS: &str = "keyward_storage_rounds_total";
const HASHES: &str = "keyward_password_hashes_total";
const HASHES_SHED: &str = "keyward_password_hashes_shed_total";
const HASHES_WAITING: &str = "keyward_password_hashes_waiting";
const CLOCK_JUMPS: &str = "keyward_clock_jumps_total";
const MAIL_DOWN: &str = "keyward_mail_down";
const TRAIL_WAITING: &str = "keyward_audit_unlinked";
const SET_ASIDE: &str = "keyward_set_aside_records";
const JOBS_WAITING: &str = "keyward_jobs_waiting";
const JOBS_OLDEST: &str = "keyward_jobs_oldest_seconds";
const READY: &str = "keyward_ready";
const BUILD: &str = "keyward_build_info";

/// Bounds of the histograms' buckets, in seconds.
const REQUEST_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const COMMIT_BUCKETS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

type Observer = Box<dyn Fn() + Send + Sync>;

/// What has been counted in this process. Copies share it.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    observers: Arc<Mutex<Vec<Observer>>>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Counting has begun already, or the buckets are refused: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be kept: {0}")]
pub struct CannotCount(#[from] metrics_exporter_prometheus::BuildError);

impl Metrics {
    /// Begins to count in this process; once only.
    pub fn install() -> Result<Self, CannotCount> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), REQUEST_BUCKETS)?
            .set_buckets_for_metric(Matcher::Full(COMMIT_SECONDS.to_owned()), COMMIT_BUCKETS)?
            .install_recorder()?;
        describe();
        gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self { handle, observers: Arc::default() })
    }

    /// Calls `observer` before each answer, to read figures that somebody else keeps.
    pub fn observe(&self, observer: impl Fn() + Send + Sync + 'static) {
        self.observers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(observer));
    }

    /// Everything, as Prometheus reads it (text format 0.0.4).
    pub fn render(&self) -> String {
        for observer in self.observers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            observer();
        }
        self.handle.render()
    }

    /// Sums up what the histograms were told, so that they need no more memory however seldom anybody asks.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }
}

fn describe() {
    describe_counter!(REQUESTS, "Answered requests by route, method and class of status");
    describe_histogram!(REQUEST_SECONDS, "Time from a request's headers to its answer, by route");
    describe_gauge!(CONNECTIONS, "Open connections, by listener");
    describe_counter!(CONNECTIONS_REFUSED, "Connections closed because there were too many");
    describe_counter!(HANDSHAKES_FAILED, "TLS handshakes that failed or took too long");
    describe_gauge!(CERTIFICATE_ENDS, "When the certificate in use ends");
    describe_counter!(
        EVENTS,
        "Audit events by action and outcome: sign-ins, factor checks, tokens and all the rest"
    );
    describe_counter!(COMMITS, "Batches given to the store, by outcome");
    describe_histogram!(COMMIT_SECONDS, "Time until a batch was durable");
    describe_counter!(ROUNDS, "Rounds of the store's writer; each syncs once");
    describe_counter!(HASHES, "Password hashes made");
    describe_counter!(HASHES_SHED, "Password hashes not made because too many waited");
    describe_gauge!(HASHES_WAITING, "Password hashes that wait now");
    describe_counter!(CLOCK_JUMPS, "Jumps of the machine's clock");
    describe_gauge!(MAIL_DOWN, "1 while the mail server does not take our mail");
    describe_gauge!(TRAIL_WAITING, "Audit events that wait to be linked, looked at once a minute");
    describe_gauge!(SET_ASIDE, "Records that were set aside because they could not be used");
    describe_gauge!(JOBS_WAITING, "Jobs that wait, looked at once a minute");
    describe_gauge!(JOBS_OLDEST, "For how long the oldest of them has waited");
    describe_gauge!(READY, "Whether all checks of /ready pass");
    describe_gauge!(BUILD, "The program's version");
}

/// A request under `route` (a pattern of ours, never a path as sent) was answered.
pub fn request_answered(route: &str, method: &Method, status: StatusCode, took: Duration) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let class = match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    counter!(REQUESTS, "route" => route.to_owned(), "method" => method, "status" => class).increment(1);
    histogram!(REQUEST_SECONDS, "route" => route.to_owned()).record(took);
}

/// A connection to the listener of this name was opened.
pub fn connection_opened(listener: &'static str) {
    gauge!(CONNECTIONS, "listener" => listener).increment(1.0);
}

/// A connection to the listener of this name was closed.
pub fn connection_closed(listener: &'static str) {
    gauge!(CONNECTIONS, "listener" => listener).decrement(1.0);
}

/// A connection was closed because there were too many.
pub fn connection_refused() {
    counter!(CONNECTIONS_REFUSED).increment(1);
}

/// A TLS handshake failed or took too long.
pub fn handshake_failed() {
    counter!(HANDSHAKES_FAILED).increment(1);
}

/// The certificate in use ends at `end`.
pub fn certificate_ends(end: Timestamp) {
    gauge!(CERTIFICATE_ENDS).set(f64::from(u32::try_from(end.seconds()).unwrap_or(u32::MAX)));
}

/// An audit event was written: one of our closed words for what happened, and one for how it went.
pub fn event(action: String, outcome: &'static str) {
    counter!(EVENTS, "action" => action, "outcome" => outcome).increment(1);
}

/// A batch was settled (`done`, `refused` or `failed`) after this time.
pub fn commit(outcome: &'static str, took: Duration) {
    counter!(COMMITS, "outcome" => outcome).increment(1);
    histogram!(COMMIT_SECONDS).record(took);
}

/// The store's writer finished a round.
pub fn round() {
    counter!(ROUNDS).increment(1);
}

/// The password workers' figures: made and shed since the start, and waiting now.
pub fn password_hashes(made: u64, shed: u64, waiting: usize) {
    counter!(HASHES).absolute(made);
    counter!(HASHES_SHED).absolute(shed);
    gauge!(HASHES_WAITING).set(number(waiting));
}

/// So many audit events wait to be linked.
pub fn trail_waiting(events: usize) {
    gauge!(TRAIL_WAITING).set(number(events));
}

/// So many records were set aside, and still stand there.
pub fn set_aside(records: usize) {
    gauge!(SET_ASIDE).set(number(records));
}

/// So many jobs wait, the oldest since so long.
pub fn jobs(waiting: usize, oldest: Duration) {
    gauge!(JOBS_WAITING).set(number(waiting));
    gauge!(JOBS_OLDEST).set(oldest.as_secs_f64());
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The machine's clock jumped.
pub fn clock_jumped() {
    counter!(CLOCK_JUMPS).increment(1);
}

/// The mail server does not take our mail, or does again.
pub fn mail_is_down(is_down: bool) {
    gauge!(MAIL_DOWN).set(if is_down { 1.0 } else { 0.0 });
}

/// Whether all checks of `/ready` pass.
pub fn ready(yes: bool) {
    gauge!(READY).set(f64::from(u8::from(yes)));
}
