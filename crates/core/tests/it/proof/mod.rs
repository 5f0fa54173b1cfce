//! The proof of a sound ledger, and of the same one with one thing wrong in it.

mod broken_accounts;
mod broken_payments;
mod broken_refunds;
mod every_field;
mod rules;
mod scopes;
mod story;
