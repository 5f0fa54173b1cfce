//! Rows as the tables hold them, and how they become values of the domain. A row that breaks a rule
//! is [`StoreError::Corrupt`] with its table and id.

mod account;
mod journal;
mod payment;
mod read;
mod record;

pub(crate) use account::{AccountRow, account_columns};
pub(crate) use journal::{PostingRow, TransitionRow, posting_columns, transition_columns};
pub(crate) use payment::{PaymentRow, kept_sides, payment_columns};
pub(crate) use read::{Broken, count, currency, id, label, optional_time, rate, read, shown, time};
pub(crate) use record::{RecordRow, record_columns};
