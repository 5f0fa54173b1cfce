//! What became of payments, for who waits, the metrics and the operator.

use paygate_core::payment::Payment;
use paygate_core::status::Status;
use paygate_ports::Outcome;

/// Counts the changed payments, and answers the outcomes of those no longer in flight.
pub(crate) fn outcomes(changed: &[Payment]) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(changed.len());
    for payment in changed {
        if payment.status.is_in_flight() {
            tracing::debug!(payment_id = %payment.id, attempt = payment.attempts, "to be tried again");
            metrics::counter!("paygate_retries_total").increment(1);
            continue;
        }
        if payment.status == Status::ManualReview {
            tracing::warn!(payment_id = %payment.id, "a person must decide: MANUAL_REVIEW");
        }
        metrics::counter!("paygate_settlements_total", "outcome" => payment.status.as_str())
            .increment(1);
        outcomes.push(Outcome { id: payment.id, status: payment.status });
    }
    outcomes
}
