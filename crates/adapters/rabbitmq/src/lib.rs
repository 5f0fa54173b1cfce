//! RabbitMQ behind the ports `PaymentQueue`, `Deliveries` and `Outcomes`: the only crate that
//! knows lapin.
//!
//! What must stay true here:
//! - Nothing is kept for a broker that is away: publishing fails at once, and what was lost is the
//!   sweeper's.
//! - A publish is over when the broker has confirmed every message of it and returned none.
//! - A delivery is in one place: with the broker, in lapin's buffer, or with the caller. No dropped
//!   future loses one.
//! - Each connection has one purpose and comes back by itself, for ever, declaring the topology
//!   anew. Whoever finds something wrong with a connection has it replaced.

mod acks;
mod broker;
mod config;
mod connection;
mod deliveries;
mod health;
mod hint;
mod link;
mod outcomes;
mod publisher;
mod queue;
mod session;
mod shared;
mod topology;

pub use broker::Broker;
pub use config::{RabbitConfig, RabbitConfigError};
pub use deliveries::RabbitDeliveries;
pub use health::RabbitHealth;
pub use outcomes::RabbitOutcomes;
pub use queue::RabbitQueue;
