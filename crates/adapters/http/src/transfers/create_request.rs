//! What a client sends to move money between accounts, and its way into core's types.

use crate::openapi::schema::AmountSchema;
use crate::problem::{Problem, Violation};
use crate::request::fields::{self, Fields};
use crate::request::idempotency::{Canonical, canonical_account, canonical_decimal};
use crate::request::rules;
use paygate_core::Timestamp;
use paygate_core::account::AccountRef;
use paygate_core::id::QuoteId;
use paygate_core::identity::RequestHash;
use paygate_core::money::Currency;
use paygate_core::text::{Label, Metadata, Reference};
use paygate_wire::time;
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// A transfer to be made.
// A field is absent here also if it was of a wrong type, which was noted when it was read.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = CreateTransfer)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "amount_fits_currency", skip_on_field_errors = false))]
pub struct TransferRequest<'a> {
    /// The account the money leaves: its id, its 12-digit number or its alias.
    #[schema(value_type = String, required = true, example = "alice",
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    #[validate(custom(function = "rules::is_account_name"))]
    source: Option<Cow<'a, str>>,
    /// The account the money reaches: its id, its 12-digit number or its alias.
    #[schema(value_type = String, required = true, example = "bob",
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    #[validate(custom(function = "rules::is_account_name"))]
    destination: Option<Cow<'a, str>>,
    /// More than zero, at most 15 significant digits, no more decimals than the currency has, no
    /// exponent.
    #[schema(value_type = AmountSchema, required = true)]
    #[validate(custom(function = "rules::is_amount"))]
    amount: Option<Cow<'a, str>>,
    /// What the amount is in: the source's currency (what is debited, and the default), the
    /// destination's (what is credited), or, between accounts of one currency, any other.
    #[schema(value_type = Option<String>, required = false, example = "USD",
        pattern = "^[A-Z]{3}$")]
    #[validate(custom(function = "rules::is_currency"))]
    currency: Option<Cow<'a, str>>,
    /// The quote whose rate is to be used. It serves one payment.
    #[schema(value_type = Option<String>, required = false, format = Uuid)]
    #[validate(custom(function = "rules::is_quote_id"))]
    quote_id: Option<Cow<'a, str>>,
    /// `false` to hold the money until it is captured or voided.
    #[schema(value_type = Option<bool>, required = false, default = true)]
    capture: Option<bool>,
    /// Your name for the payment, unique among yours: 1 to 255 characters after trimming and NFC, no
    /// control or invisible characters.
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    #[validate(custom(function = "rules::is_reference"))]
    reference: Option<Cow<'a, str>>,
    /// What it is for: 1 to 255 characters after trimming and NFC, no control
    /// or invisible characters.
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    #[validate(custom(function = "rules::is_label"))]
    description: Option<Cow<'a, str>>,
    /// Your own time of it (RFC 3339). Kept, and of no consequence.
    #[schema(value_type = Option<String>, required = false, format = DateTime)]
    #[validate(custom(function = "rules::is_moment"))]
    tx_date: Option<Cow<'a, str>>,
    /// Anything you want to find again in the payment: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<Object>, required = false)]
    #[validate(custom(function = "rules::is_metadata"))]
    metadata: Option<Cow<'a, str>>,
}

/// A request that keeps all rules, in core's types.
#[derive(Debug)]
pub struct Transfer {
    /// Where the money comes from, and how the client wrote that.
    pub source: (AccountRef, String),
    /// Where it goes, and how the client wrote that.
    pub destination: (AccountRef, String),
    /// A positive decimal.
    pub amount: String,
    /// What it is in, if the client said so.
    pub currency: Option<Currency>,
    /// The quote to use.
    pub quote: Option<QuoteId>,
    /// Whether to hold only.
    pub hold: bool,
    /// Trimmed.
    pub reference: Option<Reference>,
    /// Trimmed.
    pub description: Option<Label>,
    /// The client's own time.
    pub tx_date: Option<Timestamp>,
    /// A JSON object.
    pub metadata: Option<Metadata>,
}

impl<'a> TransferRequest<'a> {
    /// The fields, in the order violations are told.
    const FIELDS: &'static [&'static str] = &[
        "source",
        "destination",
        "amount",
        "currency",
        "quote_id",
        "capture",
        "reference",
        "description",
        "tx_date",
        "metadata",
    ];

    /// Reads a body; `others` are violations found elsewhere in the request.
    ///
    /// # Errors
    /// A problem with every broken rule.
    pub fn parse(body: &'a [u8], others: Vec<Violation>) -> Result<Transfer, Problem> {
        let mut fields = fields::read(body, Self::FIELDS)?;
        let request = Self::of(&mut fields);
        let validated = request.validate();
        rules::check(Self::FIELDS, "amount", fields.into_violations(), validated, others)?;
        request.into_transfer().ok_or_else(rules::unparsed)
    }

    fn of(fields: &mut Fields<'a>) -> Self {
        Self {
            source: fields.string("source"),
            destination: fields.string("destination"),
            amount: fields.decimal("amount"),
            currency: fields.optional_string("currency"),
            quote_id: fields.optional_string("quote_id"),
            capture: fields.optional_bool("capture"),
            reference: fields.optional_string("reference"),
            description: fields.optional_string("description"),
            tx_date: fields.optional_string("tx_date"),
            metadata: fields.optional_object("metadata"),
        }
    }

    /// The request in core's types; `None` only if validation has let something through.
    fn into_transfer(self) -> Option<Transfer> {
        let party = |text: Option<Cow<'_, str>>| {
            let text = text?;
            Some((AccountRef::parse(&text).ok()?, text.into_owned()))
        };
        let quote = self.quote_id.map(|text| rules::uuid(&text).ok_or(()));
        Some(Transfer {
            source: party(self.source)?,
            destination: party(self.destination)?,
            amount: self.amount?.into_owned(),
            currency: self.currency.map(|text| Currency::parse(&text)).transpose().ok()?,
            quote: quote.transpose().ok()?,
            hold: self.capture == Some(false),
            reference: self.reference.map(|text| Reference::parse(&text)).transpose().ok()?,
            description: self.description.map(|text| Label::parse(&text)).transpose().ok()?,
            tx_date: self.tx_date.map(|text| rules::moment(&text)).transpose().ok()?,
            metadata: self.metadata.map(|text| Metadata::parse(&text)).transpose().ok()?,
        })
    }
}

impl Transfer {
    /// What tells it from another request under the same key: what it asks for, not how that is
    /// written. A name of an account stands for itself, not for the account.
    #[must_use]
    pub fn hash(&self) -> RequestHash {
        Canonical::of("transfer")
            .with("source", &*canonical_account(&self.source.0))
            .with("destination", &*canonical_account(&self.destination.0))
            .with("amount", canonical_decimal(&self.amount))
            .with("currency", self.currency.map(Currency::code))
            .with("quote_id", self.quote.map(|id| id.to_string()).as_deref())
            .with("capture", self.hold.then_some("false"))
            .with("reference", self.reference.as_ref().map(Reference::as_str))
            .with("description", self.description.as_ref().map(Label::as_str))
            .with("tx_date", self.tx_date.map(time).as_deref())
            .with("metadata", self.metadata.as_ref().map(Metadata::as_str))
            .hash()
    }
}

/// The one rule of two fields: how many decimals the amount may have. Without a currency it is the
/// source's, which only the application knows.
fn amount_fits_currency(request: &TransferRequest<'_>) -> Result<(), ValidationError> {
    rules::fits(request.amount.as_deref(), request.currency.as_deref())
}
