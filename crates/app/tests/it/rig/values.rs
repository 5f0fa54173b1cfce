//! Values as tests write them.

use paygate_app::{AskQuote, CreateCharge, CreateError, OpenWallet, Refusal};
use paygate_core::account::{AccountRef, Alias};
use paygate_core::id::AccountId;
use paygate_core::identity::{Principal, RequestHash, SentKey};
use paygate_core::money::{Currency, Money, PositiveDecimal};
use paygate_core::payment::Details;
use paygate_core::text::IdempotencyKey;

/// Who asks, unless a test is about somebody else.
pub const WE: Principal = Principal::Sandbox;

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// The charge under an idempotency key; `request` stands for what the client sent.
pub fn keyed(charge: CreateCharge, key: &str, request: u8) -> CreateCharge {
    CreateCharge { details: under_key(charge.details, key, request), ..charge }
}

/// The details under an idempotency key; `sent` stands for what the client sent.
pub fn under_key(details: Details, key: &str, sent: u8) -> Details {
    let key = IdempotencyKey::parse(key).unwrap();
    let key = Some(SentKey { key, hash: RequestHash([sent; 32]) });
    Details { key, ..details }
}

/// An amount as its currency writes it: `"10.50 USD"`.
pub fn money(text: &str) -> Money {
    let (amount, code) = text.split_once(' ').unwrap();
    Money::parse_positive(amount, currency(code)).unwrap()
}

/// Asks for a rate to be promised.
pub fn asking(base: &str, quote: &str) -> AskQuote {
    AskQuote { base: currency(base), quote: currency(quote), amount: None, key: None }
}

/// A wallet in that currency, without a name, empty.
pub fn empty_wallet(code: &str) -> OpenWallet {
    OpenWallet {
        currency: currency(code),
        name: None,
        alias: None,
        overdraft: false,
        opening_balance: None,
        metadata: None,
        key: None,
        hash: RequestHash([0; 32]),
    }
}

/// A wallet under an alias; `request` stands for what the client sent.
pub fn aliased(wallet: OpenWallet, alias: &str, request: u8) -> OpenWallet {
    let alias = Some(Alias::parse(alias).unwrap());
    OpenWallet { alias, hash: RequestHash([request; 32]), ..wallet }
}

/// The account as a request names it.
pub fn named(id: AccountId) -> AccountRef {
    AccountRef::Id(id)
}

/// An amount whose currency is still to be told.
pub fn decimal(text: &str) -> PositiveDecimal {
    PositiveDecimal::parse(text).unwrap()
}

/// The stable code of a refusal.
pub fn code(error: &CreateError) -> &'static str {
    match error {
        CreateError::Refused(refusal) => refusal.code(),
        CreateError::QuoteUsed { .. } => "quote-already-used",
        other => panic!("not refused: {other:?}"),
    }
}

pub fn refused<T: std::fmt::Debug>(result: Result<T, CreateError>) -> Refusal {
    match result {
        Err(CreateError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
