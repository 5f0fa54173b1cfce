//! Payments: accepted once, answered in time, refused by their rules.

mod accepting;
mod charge_refunds;
mod headroom;
mod holds;
mod limits;
mod publishing;
mod reading;
mod refunds;
mod refusals;
mod replays;
mod transfers;
mod waiting;
