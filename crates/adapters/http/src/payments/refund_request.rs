//! What a client sends to refund a payment, and its way into core's types.

use crate::openapi::schema::AmountSchema;
use crate::problem::{Problem, Violation};
use crate::request::fields;
use crate::request::idempotency::{Canonical, canonical_decimal};
use crate::request::rules;
use paygate_core::id::PaymentId;
use paygate_core::identity::RequestHash;
use paygate_core::text::Label;
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::Validate;

/// A refund to be made.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = CreateRefund)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest<'a> {
    /// In the currency of the payment's debit; all that is left of it if nothing is said.
    #[schema(value_type = Option<AmountSchema>, required = false)]
    #[validate(custom(function = "rules::is_amount"))]
    amount: Option<Cow<'a, str>>,
    /// Why: 1 to 255 characters after trimming and NFC, no control
    /// or invisible characters.
    #[schema(value_type = String, required = true, example = "Returned", min_length = 1, max_length = 255)]
    #[validate(custom(function = "rules::is_label"))]
    reason: Option<Cow<'a, str>>,
}

/// A request that keeps all rules, in core's types.
#[derive(Debug)]
pub struct Refund {
    /// A positive decimal.
    pub amount: Option<String>,
    /// Trimmed.
    pub reason: Label,
}

impl<'a> RefundRequest<'a> {
    const FIELDS: &'static [&'static str] = &["amount", "reason"];

    /// Reads a body; `others` are violations found elsewhere in the request.
    ///
    /// # Errors
    /// A problem with every broken rule.
    pub fn parse(body: &'a [u8], others: Vec<Violation>) -> Result<Refund, Problem> {
        let mut fields = fields::read(body, Self::FIELDS)?;
        let request =
            Self { amount: fields.optional_decimal("amount"), reason: fields.string("reason") };
        let validated = request.validate();
        rules::check(Self::FIELDS, "amount", fields.into_violations(), validated, others)?;
        request.into_refund().ok_or_else(rules::unparsed)
    }

    fn into_refund(self) -> Option<Refund> {
        let reason = Label::parse(&self.reason?).ok()?;
        Some(Refund { amount: self.amount.map(Cow::into_owned), reason })
    }
}

impl Refund {
    /// What tells the refund of this payment from another request under the same key.
    #[must_use]
    pub fn hash(&self, of: PaymentId) -> RequestHash {
        Canonical::of("refund")
            .with("payment", &*of.to_string())
            .with("amount", self.amount.as_deref().map(canonical_decimal))
            .with("reason", self.reason.as_str())
            .hash()
    }
}
