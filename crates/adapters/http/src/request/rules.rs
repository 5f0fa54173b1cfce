//! The rules of fields that several requests have. They stand in core's constructors; here they get
//! the codes and words that clients are told.

use crate::problem::{Problem, Violation};
use crate::request::fields;
use paygate_core::Timestamp;
use paygate_core::account::{AccountRef, Alias};
use paygate_core::id::QuoteId;
use paygate_core::money::{Currency, CurrencyError, Money, check_amount_text, check_balance_text};
use paygate_core::text::{Label, Metadata, Reference};
use paygate_core::time;
use std::borrow::Cow;
use std::collections::BTreeSet;
use validator::{ValidationError, ValidationErrors};

/// The currencies payments are taken in.
#[derive(Clone, Debug)]
pub struct EnabledCurrencies(pub BTreeSet<Currency>);

/// What is wrong with a text: the stable code of the rule, and the rule.
pub type Broken = (&'static str, String);

/// All that is wrong with a request: what was found when its fields were read, what its rules found
/// (`of_whole` is the field that a rule of several fields blames), in the order of `names`, then
/// what was found in its headers.
///
/// # Errors
/// A problem with every broken rule.
pub fn check(
    names: &[&str],
    of_whole: &'static str,
    mut violations: Vec<Violation>,
    validated: Result<(), ValidationErrors>,
    others: Vec<Violation>,
) -> Result<(), Problem> {
    if let Err(errors) = validated {
        violations.extend(violations_of(errors, of_whole));
    }
    violations.sort_by_key(|it| names.iter().position(|name| *name == it.field));
    violations.sort_by_key(|it| !names.contains(&&*it.field));
    violations.extend(others);
    if violations.is_empty() { Ok(()) } else { Err(Problem::invalid(violations)) }
}

fn violations_of(errors: ValidationErrors, of_whole: &'static str) -> Vec<Violation> {
    let all = errors.field_errors().into_iter().flat_map(|(field, errors)| {
        let field = if field == "__all__" { Cow::Borrowed(of_whole) } else { field };
        errors.iter().map(move |error| Violation {
            field: field.clone(),
            code: error.code.clone(),
            message: error.message.clone().unwrap_or_default().into_owned(),
        })
    });
    all.collect()
}

/// A request that keeps all rules and yet does not parse: a defect of ours.
pub fn unparsed() -> Problem {
    Problem::internal("a valid request did not parse")
}

fn told((code, message): Broken) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

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

/// The client's name for an account.
pub fn alias(text: &str) -> Result<Alias, Broken> {
    Alias::parse(text).map_err(|error| ("not-an-alias", error.to_string()))
}

/// The reference of a payment.
pub fn reference(text: &str) -> Result<Reference, Broken> {
    Reference::parse(text).map_err(|error| (error.code(), error.to_string()))
}

/// A time from which on something counts, or before which.
pub fn bound(text: &str) -> Result<Timestamp, Broken> {
    time::bound(text).map_err(|error| (error.code(), error.to_string()))
}

/// A moment.
pub fn moment(text: &str) -> Result<Timestamp, Broken> {
    time::moment(text).map_err(|error| (error.code(), error.to_string()))
}

/// A UUID in its usual form only (RFC 9562 section 4), as it stands in paths and fields.
pub fn uuid<T: std::str::FromStr>(text: &str) -> Option<T> {
    const LENGTH: usize = 36;
    if text.len() == LENGTH { text.parse().ok() } else { None }
}

/// The rule of an amount that needs no currency.
pub fn is_amount(text: &str) -> Result<(), ValidationError> {
    check_amount_text(text).map_err(|error| told((error.code(), error.to_string())))
}

/// The rule of a balance that needs no currency: an amount that may be zero.
pub fn is_balance(text: &str) -> Result<(), ValidationError> {
    check_balance_text(text).map_err(|error| told((error.code(), error.to_string())))
}

/// The rule of a balance and its currency, as [`fits`].
pub fn balance_fits(balance: Option<&str>, currency: Option<&str>) -> Result<(), ValidationError> {
    let (Some(text), Some(currency)) = (balance, currency) else { return Ok(()) };
    let (Ok(()), Ok(currency)) = (check_balance_text(text), Currency::parse(currency)) else {
        return Ok(());
    };
    let read = Money::parse(text, currency).map(|_| ());
    read.map_err(|error| told((error.code(), error.to_string())))
}

/// The rule of an amount and its currency: how many decimals it may have. What is wrong with either
/// alone is told there.
pub fn fits(amount: Option<&str>, currency: Option<&str>) -> Result<(), ValidationError> {
    let (Some(text), Some(currency)) = (amount, currency) else { return Ok(()) };
    let (Ok(()), Ok(currency)) = (check_amount_text(text), Currency::parse(currency)) else {
        return Ok(());
    };
    match Money::parse_positive(text, currency) {
        Ok(_) => Ok(()),
        Err(error) => Err(told((error.code(), error.to_string()))),
    }
}

/// The rule of [`currency`].
pub fn is_currency(text: &str) -> Result<(), ValidationError> {
    currency(text).map(|_| ()).map_err(told)
}

/// The rule of [`enabled_currency`].
pub fn is_enabled(text: &str, enabled: &EnabledCurrencies) -> Result<(), ValidationError> {
    enabled_currency(text, enabled).map(|_| ()).map_err(told)
}

/// The rule of [`reference`].
pub fn is_reference(text: &str) -> Result<(), ValidationError> {
    reference(text).map(|_| ()).map_err(told)
}

/// The rule of a name or description.
pub fn is_label(text: &str) -> Result<(), ValidationError> {
    Label::parse(text).map(|_| ()).map_err(|error| told((error.code(), error.to_string())))
}

/// The rule of [`alias`].
pub fn is_alias(text: &str) -> Result<(), ValidationError> {
    alias(text).map(|_| ()).map_err(told)
}

/// The rule of what names an account, one that exists or not.
pub fn is_account_name(text: &str) -> Result<(), ValidationError> {
    let read = AccountRef::parse(text).map(|_| ());
    read.map_err(|error| told(("not-an-account-name", error.to_string())))
}

/// The rule of a quote's id.
pub fn is_quote_id(text: &str) -> Result<(), ValidationError> {
    let found = uuid::<QuoteId>(text).map(|_| ());
    found.ok_or_else(|| told(("malformed", "must be the id of a quote".to_owned())))
}

/// The rule of [`moment`].
pub fn is_moment(text: &str) -> Result<(), ValidationError> {
    moment(text).map(|_| ()).map_err(told)
}

/// The rule of metadata.
pub fn is_metadata(json: &str) -> Result<(), ValidationError> {
    Metadata::parse(json).map_err(|error| told((error.code(), error.to_string())))?;
    fields::check_object(json).map_err(|(code, message)| told((code, message.to_owned())))
}
