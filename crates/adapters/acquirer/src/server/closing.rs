//! How calls learn that the server is told to stop.

use tokio::sync::watch;

/// Returns when the server closes, or is gone.
pub(super) async fn closed_or_gone(closing: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which it is only after it said so.
    let _ = closing.wait_for(|closed| *closed).await;
}
