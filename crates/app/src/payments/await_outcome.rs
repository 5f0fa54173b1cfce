//! Waiting, for a client that asked to, until a payment is no longer in flight.

use paygate_core::id::PaymentId;
use paygate_core::payment::PaymentRecord;
use paygate_ports::{Clock, PaymentReader, StoreError, Waiting};
use std::time::Duration;

/// Rereads a payment when its outcome is announced, and, because announcements may be lost, after
/// 250 ms, each second and at the deadline. Returns what was read last: in flight if the time ran
/// out, `None` if there is no such payment.
pub(crate) async fn await_outcome(
    reader: &dyn PaymentReader,
    clock: &dyn Clock,
    id: PaymentId,
    announced: Waiting,
    limit: Duration,
) -> Result<Option<PaymentRecord>, StoreError> {
    let mut announced = Some(announced);
    let started = clock.now();
    let mut slept = Duration::ZERO;
    let mut pause = Duration::from_millis(250);
    loop {
        // A clock that went back must not prolong the wait, hence also the time slept.
        let passed =
            |slept: Duration| slept.max((clock.now() - started).to_std().unwrap_or_default());
        let until_reread = pause.min(limit.saturating_sub(passed(slept)));
        let heard = async {
            match announced.as_mut() {
                Some(announced) => announced.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = heard => announced = None,
            () = clock.sleep(until_reread) => {
                slept += until_reread;
                pause = Duration::from_secs(1);
            }
        }
        let record = reader.payment(id).await?;
        let waiting = record.as_ref().is_some_and(|it| it.payment.status.is_in_flight());
        if !waiting || passed(slept) >= limit {
            return Ok(record);
        }
    }
}
