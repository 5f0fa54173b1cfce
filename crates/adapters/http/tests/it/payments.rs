//! Payments of every kind: made, shown, waited for, captured, refunded.

mod create;
mod headroom;
mod holds;
mod idempotency;
mod list;
mod read;
mod refunds;
mod transfers;
mod wait;
