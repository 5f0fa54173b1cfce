//! How the in-process queue is set up.

/// How much the queue may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryQueueConfig {
    /// How many ids may wait; what is published beyond them is refused, and becomes the sweeper's.
    pub max_waiting_ids: usize,
    /// How many ids share a message; 0 counts as 1.
    pub ids_per_message: usize,
    /// How many dead letters are kept, the newest.
    pub max_dead_letters: usize,
}

impl Default for MemoryQueueConfig {
    fn default() -> Self {
        Self { max_waiting_ids: 100_000, ids_per_message: 20, max_dead_letters: 1_000 }
    }
}
