//! What a client sends to create a payment, and its way into core's types.
//!
//! What must stay true: every broken rule is told, each once; the rules stand in core's
//! constructors; an amount never passes through a float.

use crate::request::fields::Fields;
use crate::request::idempotency::CanonicalRequest;
use crate::request::json::{decimal, object, text};
use crate::request::rules::{self, EnabledCurrencies};
use crate::request::violations::Read;
use paygate_app::{Call, CreateCharge};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, PositiveDecimal};
use paygate_core::payment::Details;
use paygate_core::text::{IdempotencyKey, Metadata, Reference};
use paygate_wire::{AmountSchema, CurrencySchema, MetadataSchema, ReferenceSchema};
use utoipa::ToSchema;

/// A payment to be made.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, ToSchema)]
#[schema(as = CreatePayment, example = json!({
    "amount": "100.50", "currency": "USD", "reference": "REF-001",
}))]
#[serde(deny_unknown_fields)]
pub struct CreateRequest {
    /// How much to take from the payer: more than zero, at most 15 significant digits, no more
    /// decimals than the currency has, no exponent.
    #[schema(value_type = AmountSchema, required = true)]
    amount: Read<PositiveDecimal>,
    /// An enabled ISO 4217 code in upper case.
    #[schema(value_type = CurrencySchema, required = true)]
    currency: Read<Currency>,
    /// Your name for the payment, unique among yours: 1 to 255 characters after trimming and NFC, no
    /// control or invisible characters.
    #[schema(value_type = ReferenceSchema, required = true)]
    reference: Read<Reference>,
    /// Anything you want to find again in the payment: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<MetadataSchema>, required = false)]
    metadata: Read<Option<Metadata>>,
}

impl CreateRequest {
    /// Reads the fields, in the order violations are told.
    pub fn read(fields: &mut Fields<'_>, currencies: &EnabledCurrencies) -> Self {
        let enabled = |text: &str| rules::enabled_currency(text, currencies);
        Self {
            amount: fields.required("amount", decimal(rules::amount)),
            currency: fields.required("currency", text(enabled)),
            reference: fields.required("reference", text(rules::reference)),
            metadata: fields.optional("metadata", object(rules::metadata)),
        }
    }

    /// The charge, under its key if there is one; how it came is for others to say.
    ///
    /// # Errors
    /// Noted, if a field or the key was, or if the amount does not fit the currency.
    pub fn charge(
        self,
        fields: &mut Fields<'_>,
        key: Read<Option<IdempotencyKey>>,
    ) -> Read<CreateCharge> {
        let amount = fields.both("amount", self.amount, self.currency, rules::money);
        let (amount, reference, metadata) = (amount?, self.reference?, self.metadata?);
        let canonical = CanonicalRequest {
            kind: Kind::Charge,
            amount,
            reference: &reference,
            metadata: metadata.as_ref(),
        };
        let key = key?.map(|key| canonical.under(key));
        let details = Details { key, reference: Some(reference), metadata, ..Details::default() };
        Ok(CreateCharge { amount, details, call: Call::default() })
    }
}
