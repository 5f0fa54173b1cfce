//! What the API answers with; the terminal prints the same.
//!
//! Each body is made of core's records by `of` and serialises to the JSON that the operation of its
//! name answers with, field by field and in that order; [`CsvRows`] writes the rows of a statement.
//! The functions are how single values are told, for tables.
//!
//! What must stay true: an amount is an exact JSON number with its currency's scale; metadata goes
//! out as it came in; times are RFC 3339 in UTC with microseconds; no cell of CSV that somebody
//! chose is taken for a formula.

pub use crate::accounts::csv_rows::CsvRows;
pub use crate::accounts::dto::{AccountBody, PartyBody, available, role, status};
pub use crate::accounts::statement_body::{LineBody, StatementHead, direction, size};
pub use crate::fx::dto::RateBody;
pub use crate::integrity::{IntegrityBody, TotalsBody, ViolationBody};
pub use crate::payments::dto::{FailureBody, PaymentBody};
pub use crate::wire::{MoneyBody, Unwritable, time};
