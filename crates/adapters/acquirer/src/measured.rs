//! What every call to an acquirer leaves in the metrics, whichever acquirer it is.

use async_trait::async_trait;
use metrics::{counter, describe_counter, describe_histogram, histogram};
use paygate_core::id::PaymentId;
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest,
};
use std::time::{Duration, Instant};

const CALLS: &str = "paygate_provider_calls_total";
const SECONDS: &str = "paygate_provider_call_seconds";

/// Counts and times the calls of the acquirer inside:
/// `paygate_provider_calls_total{operation,outcome}` and
/// `paygate_provider_call_seconds{operation}`. A call dropped before its end is not counted.
#[derive(Clone, Debug)]
pub struct Measured<A>(A);

impl<A: Acquirer> Measured<A> {
    /// Wraps `acquirer`. The descriptions of the metrics go to the recorder installed by now.
    pub fn new(acquirer: A) -> Self {
        describe_counter!(CALLS, "Calls to the acquirer, by operation and outcome.");
        describe_histogram!(SECONDS, metrics::Unit::Seconds, "How long they took.");
        Self(acquirer)
    }
}

#[async_trait]
impl<A: Acquirer> Acquirer for Measured<A> {
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError> {
        let (key, started) = (request.key, Instant::now());
        let answer = self.0.authorize(request).await;
        record("authorize", outcome_name(&answer), key, started.elapsed());
        answer
    }

    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError> {
        let (key, started) = (request.key, Instant::now());
        let answer = self.0.refund(request).await;
        record("refund", outcome_name(&answer), key, started.elapsed());
        answer
    }

    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError> {
        let started = Instant::now();
        let answer = self.0.status(key).await;
        let outcome = match &answer {
            Ok(KnownOutcome::Decided(decision)) => decision_name(*decision),
            Ok(KnownOutcome::NotFound) => "not_found",
            Err(error) => error_name(error),
        };
        record("status", outcome, key, started.elapsed());
        answer
    }
}

fn record(operation: &'static str, outcome: &'static str, key: PaymentId, took: Duration) {
    counter!(CALLS, "operation" => operation, "outcome" => outcome).increment(1);
    histogram!(SECONDS, "operation" => operation).record(took);
    tracing::debug!(operation, outcome, %key, ?took, "acquirer called");
}

fn outcome_name(answer: &Result<Decision, AcquirerError>) -> &'static str {
    answer.as_ref().map_or_else(error_name, |decision| decision_name(*decision))
}

fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "approved",
        Decision::Declined(_) => "declined",
    }
}

fn error_name(error: &AcquirerError) -> &'static str {
    match error {
        AcquirerError::TimedOut => "timed_out",
        AcquirerError::Unavailable(_) => "unavailable",
    }
}
