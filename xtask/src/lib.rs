//! What Paygate's developer tasks share with its end-to-end tests: private servers.
//!
//! The command line is the binary of this package (`cargo xtask`). This library exists so that a
//! test can start a PostgreSQL or a RabbitMQ of its own, and stop, kill and restart it.

pub mod servers;
