//! Accounts: opened and closed, found, and what their balances were.

mod looking_up;
mod statements;
mod wallets;
