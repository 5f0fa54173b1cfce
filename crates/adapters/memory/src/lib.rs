//! The in-process adapters: what the embedded default runs on where production has a broker. Nothing
//! here outlives the process; that is safe because the rows are the truth and the sweeper publishes
//! again what was lost.

mod config;
mod deliveries;
mod outcomes;
mod queue;
mod rates;
mod state;

pub use config::MemoryQueueConfig;
pub use deliveries::MemoryDeliveries;
pub use outcomes::MemoryOutcomes;
pub use queue::MemoryQueue;
pub use rates::FixedRates;
