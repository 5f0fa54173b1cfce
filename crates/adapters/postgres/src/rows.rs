//! Rows, and what they mean. A row that breaks a rule of the domain is an error that names its
//! table and id.

mod account;
mod payment;
mod read;
mod record;
mod transition;

pub(crate) use account::{
    AccountRow, AccountTypes, NamesRow, NamesTypes, account_columns, account_record, names_columns,
};
pub(crate) use payment::{PaymentRow, PaymentTypes, is_plain, payment_columns};
pub(crate) use read::{corrupt, key_id, rate};
pub(crate) use record::{RequestRow, RequestTypes, record, request_columns};
pub(crate) use transition::{TransitionRow, TransitionTypes};
