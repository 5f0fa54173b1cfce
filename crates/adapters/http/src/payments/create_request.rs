//! What a client sends to create a payment, and its way into core's types.
//!
//! What must stay true: every broken rule is told, each once; the rules stand in core's
//! constructors, which the validation here only calls; an amount never passes through a float.

use crate::fields::{self, Fields};
use crate::problem::{Problem, Violation};
use crate::schema::AmountSchema;
use paygate_core::money::{Currency, CurrencyError, Money, check_amount_text};
use paygate_core::text::{Metadata, Reference};
use std::borrow::Cow;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use validator::{Validate, ValidateArgs, ValidationError, ValidationErrors};

/// The currencies payments are taken in.
#[derive(Clone, Debug)]
pub struct EnabledCurrencies(pub BTreeSet<Currency>);

/// A payment to be made.
// A field is absent here also if it was of a wrong type, which was noted when it was read.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = CreatePayment)]
#[serde(deny_unknown_fields)]
#[validate(context = EnabledCurrencies)]
#[validate(schema(function = "amount_fits_currency", skip_on_field_errors = false))]
pub struct CreateRequest<'a> {
    /// How much to take from the payer: more than zero, at most 15 significant digits, no more
    /// decimals than the currency has, no exponent.
    #[schema(value_type = AmountSchema, required = true)]
    #[validate(custom(function = "is_amount"))]
    amount: Option<Cow<'a, str>>,
    /// An enabled ISO 4217 code in upper case.
    #[schema(value_type = String, required = true, example = "USD", pattern = "^[A-Z]{3}$")]
    #[validate(custom(function = "is_enabled", use_context))]
    currency: Option<Cow<'a, str>>,
    /// Your name for the payment, unique among yours: 1 to 255 characters after trimming, no
    /// control characters.
    #[schema(value_type = String, required = true, example = "REF-001", min_length = 1)]
    #[validate(custom(function = "is_reference"))]
    reference: Option<Cow<'a, str>>,
    /// Anything you want to find again in the payment: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<Object>, required = false)]
    #[validate(custom(function = "is_metadata"))]
    metadata: Option<Cow<'a, str>>,
}

/// A request that keeps all rules, in core's types.
#[derive(Debug)]
pub struct Charge {
    /// Positive, in an enabled currency.
    pub amount: Money,
    /// Trimmed.
    pub reference: Reference,
    /// A JSON object.
    pub metadata: Option<Metadata>,
}

impl<'a> CreateRequest<'a> {
    /// The fields, in the order violations are told.
    const FIELDS: &'static [&'static str] = &["amount", "currency", "reference", "metadata"];

    /// Reads a body; `others` are violations found elsewhere in the request.
    ///
    /// # Errors
    /// A problem with every broken rule.
    pub fn parse(
        body: &'a [u8],
        currencies: &EnabledCurrencies,
        others: Vec<Violation>,
    ) -> Result<Charge, Problem> {
        let mut fields = fields::read(body, Self::FIELDS)?;
        let request = Self::of(&mut fields);
        let mut violations = fields.into_violations();
        if let Err(errors) = request.validate_with_args(currencies) {
            violations.extend(violations_of(errors));
        }
        violations.sort_by_key(|it| Self::FIELDS.iter().position(|name| *name == it.field));
        violations.sort_by_key(|it| !Self::FIELDS.contains(&&*it.field));
        violations.extend(others);
        if !violations.is_empty() {
            return Err(Problem::invalid(violations));
        }
        request.into_charge().ok_or_else(|| Problem::internal("a valid request did not parse"))
    }

    fn of(fields: &mut Fields<'a>) -> Self {
        Self {
            amount: fields.decimal("amount"),
            currency: fields.string("currency"),
            reference: fields.string("reference"),
            metadata: fields.optional_object("metadata"),
        }
    }

    /// The request in core's types; `None` only if validation has let something through.
    fn into_charge(self) -> Option<Charge> {
        let currency = Currency::parse(&self.currency?).ok()?;
        let metadata = self.metadata.map(|text| Metadata::parse(&text)).transpose().ok()?;
        Some(Charge {
            amount: Money::parse_positive(&self.amount?, currency).ok()?,
            reference: Reference::parse(&self.reference?).ok()?,
            metadata,
        })
    }
}

fn broken(code: &'static str, message: impl ToString) -> ValidationError {
    ValidationError::new(code).with_message(message.to_string().into())
}

fn is_amount(text: &str) -> Result<(), ValidationError> {
    check_amount_text(text).map_err(|error| broken(error.code(), error))
}

/// The one rule of two fields: how many decimals the amount may have.
fn amount_fits_currency(request: &CreateRequest<'_>) -> Result<(), ValidationError> {
    let (Some(text), Some(currency)) = (&request.amount, &request.currency) else { return Ok(()) };
    // What is wrong with either alone was told there.
    let (Ok(()), Ok(currency)) = (check_amount_text(text), Currency::parse(currency)) else {
        return Ok(());
    };
    match Money::parse_positive(text, currency) {
        Ok(_) => Ok(()),
        Err(error) => Err(broken(error.code(), error)),
    }
}

fn is_enabled(text: &str, enabled: &EnabledCurrencies) -> Result<(), ValidationError> {
    match Currency::parse(text) {
        Ok(currency) if enabled.0.contains(&currency) => Ok(()),
        Ok(currency) => {
            let message = format!("payments in {currency} are not taken");
            Err(broken("currency-not-enabled", message))
        }
        Err(error @ CurrencyError::NotUpperCase) => Err(broken("not-upper-case", error)),
        Err(error @ CurrencyError::Unknown) => Err(broken("unknown-currency", error)),
    }
}

fn is_reference(text: &str) -> Result<(), ValidationError> {
    Reference::parse(text).map(|_| ()).map_err(|error| broken(error.code(), error))
}

fn is_metadata(json: &str) -> Result<(), ValidationError> {
    Metadata::parse(json).map_err(|error| broken(error.code(), error))?;
    fields::check_object(json).map_err(|error| broken("malformed-object", error))
}

fn violations_of(errors: ValidationErrors) -> Vec<Violation> {
    let all = errors.field_errors().into_iter().flat_map(|(field, errors)| {
        // What the rule of two fields finds is wrong with the amount.
        let field = if field == "__all__" { Cow::Borrowed("amount") } else { field };
        errors.iter().map(move |error| Violation {
            field: field.clone(),
            code: error.code.clone(),
            message: error.message.clone().unwrap_or_default().into_owned(),
        })
    });
    all.collect()
}
