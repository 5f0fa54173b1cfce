//! Workers and sweepers: what they do with hints, and what becomes of it when something fails.

mod deliveries;
mod killed;
mod outages;
mod poison;
mod redelivered;
mod retries;
mod slow_provider;
mod stopping;
mod sweeping;
mod two_workers;
