//! Waiting for what happens elsewhere, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// Whether it comes true within a while.
pub fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if condition() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}
