//! What is measured: the kinds of work, and which request comes with which number. A number always
//! brings the same request, so that two runs ask the same.

mod choice;
mod kinds;
mod requests;
mod wallets;

pub(crate) use choice::Choice;
pub(crate) use kinds::{Operation, Workload};
pub(crate) use requests::{Key, capture, charge, get, list, transfer};
pub(crate) use wallets::{Wallet, open_all};
