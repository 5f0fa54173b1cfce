//! Private PostgreSQL and RabbitMQ servers, started from what is installed on this machine, a
//! [`Workplace`] for programs that run beside them, and [`run_errand`] for a command that needs them.
//! The binary of this package lends them to commands of the shell.
//!
//! What must stay true here:
//! - a server listens on loopback only, on ports of its own, in a folder of its own, so that it
//!   disturbs neither a system server nor another test;
//! - it does not outlive its owner. Dropping it stops it and removes its folder, and a watchdog
//!   does the same when the owner is killed, even with SIGKILL. The one exception is a server
//!   [opened](Postgres::open) in a folder that stays, which is meant to go on;
//! - its port and its data survive `stop`, `kill` and `start_again`.

mod account;
mod errand;
mod place;
mod ports;
mod postgres;
mod process;
mod programs;
mod psql;
mod rabbitmq;
mod watchdog;
mod workplace;

pub use account::services_folder;
pub use errand::{forget_package, run_errand};
pub use ports::free_port;
pub use postgres::Postgres;
pub use rabbitmq::RabbitMq;
pub use workplace::Workplace;
