//! Accounts behind their ports: opened, closed and read.

pub(crate) mod find;
pub(crate) mod reader;
pub(crate) mod standing;
pub(crate) mod wallets;
