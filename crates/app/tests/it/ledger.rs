//! The ledger: proved again and again, and after every test.

mod invariants;
mod reconciling;
