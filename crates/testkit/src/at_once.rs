//! Asking between the turns of others.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The answer of something that never waits for more than another thread's short work: what a
/// condition asks that is looked at again and again.
pub fn at_once<T>(ask: impl Future<Output = T>) -> T {
    // A test may ask more often in one turn than tokio lets a task that means to share.
    let mut ask = pin!(tokio::task::unconstrained(ask));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match ask.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}
