//! What a client sends to move money between accounts, and its way into core's types.

use crate::request::fields::{self, Fields};
use crate::request::idempotency::Canonical;
use crate::request::json::{boolean, decimal, object, text};
use crate::request::rules;
use crate::request::violations::Read;
use paygate_app::{Call, CreateTransfer};
use paygate_core::Timestamp;
use paygate_core::account::AccountRef;
use paygate_core::id::QuoteId;
use paygate_core::identity::{RequestHash, SentKey};
use paygate_core::money::{Currency, PositiveDecimal};
use paygate_core::payment::Details;
use paygate_core::text::{IdempotencyKey, Label, Metadata, Reference};
use paygate_wire::{
    AccountNameSchema, AmountSchema, CurrencySchema, LabelSchema, MetadataSchema, ReferenceSchema,
    TimeSchema, time,
};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// A transfer to be made.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = CreateTransfer, example = json!({
    "source": "alice", "destination": "bob", "amount": "100.50", "currency": "USD",
}))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "amount_fits_currency"))]
pub struct TransferRequest {
    /// The account the money leaves: its id, its 12-digit number or its alias.
    #[schema(value_type = AccountNameSchema, required = true)]
    source: Read<AccountRef>,
    /// The account the money reaches: its id, its 12-digit number or its alias.
    #[schema(value_type = AccountNameSchema, required = true)]
    destination: Read<AccountRef>,
    /// More than zero, at most 15 significant digits, no more decimals than the currency has, no
    /// exponent.
    #[schema(value_type = AmountSchema, required = true)]
    amount: Read<PositiveDecimal>,
    /// What the amount is in: the source's currency (what is debited, and the default), the
    /// destination's (what is credited), or, between accounts of one currency, any other.
    #[schema(value_type = Option<CurrencySchema>, required = false)]
    currency: Read<Option<Currency>>,
    /// The quote whose rate is to be used. It serves one payment.
    #[schema(value_type = Option<String>, required = false, format = Uuid)]
    quote_id: Read<Option<QuoteId>>,
    /// `false` to hold the money until it is captured or voided.
    #[schema(value_type = Option<bool>, required = false, default = true)]
    capture: Read<Option<bool>>,
    /// Your name for the payment, unique among yours: 1 to 255 characters after trimming and NFC, no
    /// control or invisible characters.
    #[schema(value_type = Option<ReferenceSchema>, required = false)]
    reference: Read<Option<Reference>>,
    /// What it is for: 1 to 255 characters after trimming and NFC, no control
    /// or invisible characters.
    #[schema(value_type = Option<LabelSchema>, required = false)]
    description: Read<Option<Label>>,
    /// Your own time of it (RFC 3339). Kept, and of no consequence.
    #[schema(value_type = Option<TimeSchema>, required = false)]
    tx_date: Read<Option<Timestamp>>,
    /// Anything you want to find again in the payment: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<MetadataSchema>, required = false)]
    metadata: Read<Option<Metadata>>,
}

impl TransferRequest {
    /// Reads the fields, in the order violations are told.
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let request = Self {
            source: fields.required("source", text(rules::account_name)),
            destination: fields.required("destination", text(rules::account_name)),
            amount: fields.required("amount", decimal(rules::amount)),
            currency: fields.optional("currency", text(rules::currency)),
            quote_id: fields.optional("quote_id", text(rules::quote_id)),
            capture: fields.optional("capture", boolean),
            reference: fields.optional("reference", text(rules::reference)),
            description: fields.optional("description", text(rules::label)),
            tx_date: fields.optional("tx_date", text(rules::moment)),
            metadata: fields.optional("metadata", object(rules::metadata)),
        };
        fields.together(request.validate());
        request
    }

    /// The transfer, under its key; how it came is for others to say.
    ///
    /// # Errors
    /// Noted, if a field or the key was.
    pub fn transfer(self, key: Read<IdempotencyKey>) -> Read<CreateTransfer> {
        let mut transfer = CreateTransfer {
            source: self.source?,
            destination: self.destination?,
            amount: self.amount?,
            currency: self.currency?,
            quote: self.quote_id?,
            hold: self.capture? == Some(false),
            details: Details {
                key: None,
                reference: self.reference?,
                description: self.description?,
                tx_date: self.tx_date?,
                metadata: self.metadata?,
            },
            call: Call::default(),
        };
        let hash = hash(&transfer);
        transfer.details.key = Some(SentKey { key: key?, hash });
        Ok(transfer)
    }
}

/// What tells it from another request under the same key: what it asks for, not how that is
/// written. A name of an account stands for itself, not for the account.
fn hash(transfer: &CreateTransfer) -> RequestHash {
    let details = &transfer.details;
    Canonical::of("transfer")
        .with("source", &*transfer.source.to_string())
        .with("destination", &*transfer.destination.to_string())
        .with("amount", &*transfer.amount.to_string())
        .with("currency", transfer.currency.map(Currency::code))
        .with("quote_id", transfer.quote.map(|id| id.to_string()).as_deref())
        .with("capture", transfer.hold.then_some("false"))
        .with("reference", details.reference.as_ref().map(Reference::as_str))
        .with("description", details.description.as_ref().map(Label::as_str))
        .with("tx_date", details.tx_date.map(time).as_deref())
        .with("metadata", details.metadata.as_ref().map(Metadata::as_str))
        .hash()
}

/// How many decimals the amount may have. Without a currency it is in the source's, which only the
/// application knows.
fn amount_fits_currency(request: &TransferRequest) -> Result<(), ValidationError> {
    let (Ok(amount), Ok(Some(currency))) = (request.amount, request.currency) else {
        return Ok(());
    };
    rules::money(amount, currency).map(drop).map_err(|broken| fields::blame("amount", broken))
}
