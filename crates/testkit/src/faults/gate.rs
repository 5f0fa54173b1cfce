//! A place where calls can be held until the test lets them go on.

use std::sync::Mutex;
use tokio::sync::watch;

/// Open at first.
#[derive(Debug)]
pub struct Gate {
    shut: watch::Sender<bool>,
    waiting: Mutex<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { shut: watch::Sender::new(false), waiting: Mutex::new(0) }
    }
}

impl Gate {
    /// Holds who comes from now on.
    pub fn shut(&self) {
        self.shut.send_replace(true);
    }

    /// Lets everyone go on.
    pub fn open(&self) {
        self.shut.send_replace(false);
    }

    /// How many are held.
    pub fn waiting(&self) -> usize {
        *self.waiting.lock().unwrap()
    }

    /// Goes on when the gate is open.
    pub async fn pass(&self) {
        *self.waiting.lock().unwrap() += 1;
        let _held = Held(self);
        let _ = self.shut.subscribe().wait_for(|shut| !*shut).await;
    }
}

/// Counts a call as held while it lives, also when it is dropped.
struct Held<'a>(&'a Gate);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.0.waiting.lock().unwrap() -= 1;
    }
}
