//! Rows for unit tests.

use crate::Timestamp;
use crate::account::{Account, AccountNumber, Role};
use crate::fx::{AppliedRate, Rate};
use crate::id::{AccountId, PaymentId};
use crate::identity::{MerchantId, Owner};
use crate::kind::Kind;
use crate::money::{Currency, Money};
use crate::payment::Payment;
use crate::status::Status;
use chrono::DateTime;

pub(crate) fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

pub(crate) fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub(crate) fn money(minor: i64, code: &str) -> Money {
    Money { minor, currency: currency(code) }
}

/// A rate as applied at second 0.
pub(crate) fn rate(base: &str, quote: &str, text: &str) -> AppliedRate {
    let rate = Rate::parse(currency(base), currency(quote), text).unwrap();
    AppliedRate { rate, source: "fixed".to_owned(), as_of: at(0) }
}

/// A merchant.
pub(crate) fn merchant() -> MerchantId {
    MerchantId::parse("shop").unwrap()
}

/// Whose everything is.
pub(crate) fn owner() -> Owner {
    Owner::Merchant(merchant())
}

/// An empty wallet.
pub(crate) fn account(id: AccountId, code: &str) -> Account {
    Account {
        id,
        number: AccountNumber::from_random(7),
        currency: currency(code),
        role: Role::Wallet(owner()),
        overdraft: false,
        closed: false,
        posted_minor: 0,
        held_minor: 0,
        last_seq: 0,
        last_entry_at: None,
    }
}

/// A PENDING payment of that amount from the first account to the second, a minute old.
pub(crate) fn payment(
    id: PaymentId,
    kind: Kind,
    amount: Money,
    (source, destination): (AccountId, AccountId),
) -> Payment {
    Payment {
        id,
        kind,
        amount,
        debit: amount,
        credit: amount,
        source,
        destination,
        parent: None,
        hold: false,
        status: Status::Pending,
        failure: None,
        captured_minor: None,
        refunded_minor: 0,
        refunding_minor: 0,
        expires_at: None,
        attempts: 0,
        lease_until: None,
        parked: false,
        transitions: 0,
        created_at: at(-60),
        updated_at: at(-60),
    }
}
