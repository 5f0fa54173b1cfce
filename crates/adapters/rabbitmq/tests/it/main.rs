//! The RabbitMQ adapter against the contracts of its ports, on the wire, behind a network that
//! fails, and with a broker that dies. Everything here needs a server and is skipped without one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod broker_death;
mod contract;
mod healing;
mod network;
mod proxy;
mod support;
mod topology;
mod wire;
