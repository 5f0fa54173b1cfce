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
    let mut pause = Duration::from_millis(250);
    loop {
        let passed = (clock.now() - started).to_std().unwrap_or_default();
        let left = limit.saturating_sub(passed);
        let heard = async {
            match announced.as_mut() {
                Some(announced) => announced.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = heard => announced = None,
            () = clock.sleep(pause.min(left)) => pause = Duration::from_secs(1),
        }
        let record = reader.payment(id).await?;
        let waiting = record.as_ref().is_some_and(|it| it.payment.status.is_in_flight());
        let late = (clock.now() - started).to_std().unwrap_or_default() >= limit;
        if !waiting || late {
            return Ok(record);
        }
    }
}
