//! What nobody waits at the door for: hints are processed, providers asked, what they say is settled,
//! what was forgotten is found, and poison is set aside.

mod announcer;
mod process;
mod quarantine;
pub(crate) mod settle;
pub(crate) mod setup;
pub(crate) mod sweep;
mod transact_each;
pub(crate) mod worker;
