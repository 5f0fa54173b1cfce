//! The use cases of Paygate, one a file: what the API does with a request, what a worker does with
//! a hint, what the sweeper does with what was forgotten. They decide nothing about money (core
//! does) and know no technology (the adapters do); they put the steps in order.

mod await_outcome;
mod coalescer;
mod create_payment;
mod directory;
mod outcomes;
mod process;
mod publish;
mod read_payments;
mod readiness;
mod retry;
mod settle;
mod sweep;
mod transact_each;
mod ward;
mod worker;
mod worker_setup;

pub use create_payment::{CreateCharge, CreateError, CreatePayment, Created};
pub use directory::Directory;
pub use publish::HintPublisher;
pub use read_payments::ReadPayments;
pub use readiness::{Component, Readiness};
pub use sweep::{Sweeper, SweeperConfig};
pub use worker::Worker;
pub use worker_setup::{WorkerConfig, WorkerPorts};

/// Everything a driving adapter needs.
#[derive(Clone)]
pub struct Api {
    /// Accepts payments.
    pub create: CreatePayment,
    /// Shows them.
    pub read: ReadPayments,
    /// Says whether all is well.
    pub readiness: Readiness,
}
