//! What a client sends to refund a payment, and its way into core's types.

use crate::request::fields::Fields;
use crate::request::idempotency::Canonical;
use crate::request::json::{decimal, text};
use crate::request::rules;
use crate::request::violations::Read;
use paygate_app::{Call, CreateRefund};
use paygate_core::id::PaymentId;
use paygate_core::identity::{RequestHash, SentKey};
use paygate_core::money::PositiveDecimal;
use paygate_core::payment::Details;
use paygate_core::text::{IdempotencyKey, Label};
use paygate_wire::{AmountSchema, LabelSchema};
use utoipa::ToSchema;

/// A refund to be made.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, ToSchema)]
#[schema(as = CreateRefund, example = json!({"amount": "10.00", "reason": "Returned"}))]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// In the currency of the payment's debit; all that is left of it if nothing is said.
    #[schema(value_type = Option<AmountSchema>, required = false)]
    amount: Read<Option<PositiveDecimal>>,
    /// Why: 1 to 255 characters after trimming and NFC, no control
    /// or invisible characters.
    #[schema(value_type = LabelSchema, required = true)]
    reason: Read<Label>,
}

impl RefundRequest {
    /// Reads the fields, in the order violations are told.
    pub fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            amount: fields.optional("amount", decimal(rules::amount)),
            reason: fields.required("reason", text(rules::label)),
        }
    }

    /// The refund of this payment, under its key; how it came is for others to say.
    ///
    /// # Errors
    /// Noted, if a field or the key was.
    pub fn refund(self, of: PaymentId, key: Read<IdempotencyKey>) -> Read<CreateRefund> {
        let (amount, reason) = (self.amount?, self.reason?);
        let key = SentKey { key: key?, hash: hash(of, amount, &reason) };
        let details = Details { key: Some(key), description: Some(reason), ..Details::default() };
        Ok(CreateRefund { of, amount, details, call: Call::default() })
    }
}

/// What tells the refund of this payment from another request under the same key.
fn hash(of: PaymentId, amount: Option<PositiveDecimal>, reason: &Label) -> RequestHash {
    Canonical::of("refund")
        .with("payment", &*of.to_string())
        .with("amount", amount.map(|it| it.to_string()).as_deref())
        .with("reason", reason.as_str())
        .hash()
}
