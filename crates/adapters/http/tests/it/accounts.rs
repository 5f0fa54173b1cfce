//! Accounts and their statements.

pub mod statement;
mod wallets;
