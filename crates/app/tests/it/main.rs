//! The use cases as the outside sees them, on a store and a broker that misbehave on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test that is how it fails")]

mod acquirer;
mod counted;
mod queue;
mod rates;
mod rig;
mod rig_money;
mod store;

mod accepting;
mod accounts;
mod charge_refunds;
mod deliveries;
mod exchange;
mod forgetting_quotes;
mod holds;
mod killed;
mod limits;
mod looking_up;
mod outages;
mod poison;
mod publishing;
mod reconciling;
mod redelivered;
mod refunds;
mod refusals;
mod replays;
mod retries;
mod slow_provider;
mod statements;
mod stopping;
mod swapped;
mod sweeping;
mod transfers;
mod two_workers;
mod waiting;
