//! The in-process adapters against the contracts of their ports, and what they add for tests.

mod contract;
mod steering;
