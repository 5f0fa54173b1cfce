//! The operator's commands: questions to the store, answered on standard output as a table for
//! people or, with `--json`, for programs: then the bodies are those of the API.
//!
//! What must stay true: standard output holds nothing but the answer (logs, progress and errors go to
//! standard error); what is told grows with the answer and memory does not; but for the demo and
//! `unpark` nothing is changed.

mod accounts;
mod audit;
mod command;
mod demo;
mod desk;
mod output;
mod paging;
mod parked;
mod payments;
mod progress;
mod prove;
mod statement;
mod table;

pub use accounts::ListAccounts;
pub use audit::ListAudit;
pub use command::{Command, answer};
pub use demo::Demo;
pub use desk::Desk;
pub use output::Fatal;
pub use payments::ListPayments;
pub use statement::{Form, ShowStatement};
