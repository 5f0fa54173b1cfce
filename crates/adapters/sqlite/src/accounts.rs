//! Accounts behind their ports: opened, closed and read.

pub(crate) mod lines;
pub(crate) mod load;
pub(crate) mod reader;
pub(crate) mod standing;
pub(crate) mod wallets;
