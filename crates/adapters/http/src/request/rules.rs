//! The rules of fields that several requests have. They stand in core's constructors; here they get
//! the codes and words that clients are told.

use crate::request::violations::Broken;
use paygate_core::Timestamp;
use paygate_core::account::{AccountRef, Alias};
use paygate_core::id::QuoteId;
use paygate_core::identity::{MerchantId, Scope};
use paygate_core::money::{Currency, CurrencyError, Decimal, Money, PositiveDecimal};
use paygate_core::text::{Label, Metadata, Reference};
use paygate_core::time;
use std::collections::BTreeSet;

/// The currencies payments are taken in.
#[derive(Clone, Debug)]
pub struct EnabledCurrencies(pub BTreeSet<Currency>);

/// A currency by its code.
pub fn currency(text: &str) -> Result<Currency, Broken> {
    Currency::parse(text).map_err(|error| {
        let code = match error {
            CurrencyError::NotUpperCase => "not-upper-case",
            CurrencyError::Unknown => "unknown-currency",
        };
        (code, error.to_string())
    })
}

/// A currency that is enabled.
pub fn enabled_currency(text: &str, enabled: &EnabledCurrencies) -> Result<Currency, Broken> {
    let currency = currency(text)?;
    if enabled.0.contains(&currency) {
        return Ok(currency);
    }
    Err(("currency-not-enabled", format!("payments in {currency} are not taken")))
}

/// An amount whose currency is still to be told.
pub fn amount(text: &str) -> Result<PositiveDecimal, Broken> {
    PositiveDecimal::parse(text).map_err(|error| (error.code(), error.to_string()))
}

/// A balance whose currency is still to be told: an amount that may be zero.
pub fn balance(text: &str) -> Result<Decimal, Broken> {
    Decimal::parse(text).map_err(|error| (error.code(), error.to_string()))
}

/// The one rule of an amount and its currency: how many decimals it may have.
pub fn money(amount: impl Into<Decimal>, currency: Currency) -> Result<Money, Broken> {
    Money::of(amount, currency).map_err(|error| (error.code(), error.to_string()))
}

/// The client's name for an account.
pub fn alias(text: &str) -> Result<Alias, Broken> {
    Alias::parse(text).map_err(|error| ("not-an-alias", error.to_string()))
}

/// What names an account, one that exists or not.
pub fn account_name(text: &str) -> Result<AccountRef, Broken> {
    AccountRef::parse(text).map_err(|error| ("not-an-account-name", error.to_string()))
}

/// The reference of a payment.
pub fn reference(text: &str) -> Result<Reference, Broken> {
    Reference::parse(text).map_err(|error| (error.code(), error.to_string()))
}

/// A name or description.
pub fn label(text: &str) -> Result<Label, Broken> {
    Label::parse(text).map_err(|error| (error.code(), error.to_string()))
}

/// What the client attached, as its JSON text.
pub fn metadata(json: &str) -> Result<Metadata, Broken> {
    Metadata::parse(json).map_err(|error| (error.code(), error.to_string()))
}

/// A time from which on something counts, or before which.
pub fn bound(text: &str) -> Result<Timestamp, Broken> {
    time::bound(text).map_err(|error| (error.code(), error.to_string()))
}

/// A moment.
pub fn moment(text: &str) -> Result<Timestamp, Broken> {
    time::moment(text).map_err(|error| (error.code(), error.to_string()))
}

/// The id of a quote.
pub fn quote_id(text: &str) -> Result<QuoteId, Broken> {
    uuid(text).ok_or_else(|| ("malformed", "must be the id of a quote".to_owned()))
}

/// The id of a merchant, one that exists or not.
pub fn merchant_id(text: &str) -> Result<MerchantId, Broken> {
    MerchantId::parse(text).map_err(|error| ("not-a-merchant-id", error.to_string()))
}

/// What a key may be for.
pub fn scope(text: &str) -> Result<Scope, Broken> {
    let known = || Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    Scope::parse(text).ok_or_else(|| ("unknown-scope", format!("must be of {}", known())))
}

/// A UUID in its usual form only (RFC 9562 section 4), as it stands in paths and fields.
pub fn uuid<T: std::str::FromStr>(text: &str) -> Option<T> {
    const LENGTH: usize = 36;
    if text.len() == LENGTH { text.parse().ok() } else { None }
}
