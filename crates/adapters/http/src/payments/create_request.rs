//! What a client sends to create a payment, and its way into core's types.
//!
//! What must stay true: every broken rule is told, each once; the rules stand in core's
//! constructors, which the validation here only calls; an amount never passes through a float.

use crate::openapi::schema::AmountSchema;
use crate::problem::{Problem, Violation};
use crate::request::fields::{self, Fields};
use crate::request::rules::{self, EnabledCurrencies};
use paygate_core::money::{Currency, Money};
use paygate_core::text::{Metadata, Reference};
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::{Validate, ValidateArgs, ValidationError};

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
    #[validate(custom(function = "rules::is_amount"))]
    amount: Option<Cow<'a, str>>,
    /// An enabled ISO 4217 code in upper case.
    #[schema(value_type = String, required = true, example = "USD", pattern = "^[A-Z]{3}$")]
    #[validate(custom(function = "rules::is_enabled", use_context))]
    currency: Option<Cow<'a, str>>,
    /// Your name for the payment, unique among yours: 1 to 255 characters after trimming and NFC, no
    /// control or invisible characters.
    #[schema(value_type = String, required = true, example = "REF-001", min_length = 1, max_length = 255)]
    #[validate(custom(function = "rules::is_reference"))]
    reference: Option<Cow<'a, str>>,
    /// Anything you want to find again in the payment: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<Object>, required = false)]
    #[validate(custom(function = "rules::is_metadata"))]
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
        let validated = request.validate_with_args(currencies);
        rules::check(Self::FIELDS, "amount", fields.into_violations(), validated, others)?;
        request.into_charge().ok_or_else(rules::unparsed)
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

/// The one rule of two fields: how many decimals the amount may have.
fn amount_fits_currency(request: &CreateRequest<'_>) -> Result<(), ValidationError> {
    rules::fits(request.amount.as_deref(), request.currency.as_deref())
}
