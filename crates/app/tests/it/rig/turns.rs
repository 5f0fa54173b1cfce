//! Letting others work, and waiting for what they do.
//!
//! On the single-threaded runtime of `#[tokio::test]` nothing runs but what the test lets run:
//! [`rest`] gives every other task its turns until all wait for something, so that a step of time
//! never overtakes the work of the step before.

use std::time::Duration;

/// Gives every other task its turns until all wait. Enough for the longest chain of wake-ups here;
/// a test that needs more than it fails the same way every time.
pub async fn rest() {
    for _ in 0..300 {
        tokio::task::yield_now().await;
    }
}

/// Waits for what must come without time passing on the clock; a hang fails the test.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("it hangs")
}

/// Waits for a condition where tasks truly run beside each other; one that never holds fails the
/// test.
pub async fn eventually(holds: impl Fn() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
