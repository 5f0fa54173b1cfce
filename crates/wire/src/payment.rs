//! Payments as they go out.

use crate::rate::RateBody;
use crate::schema::{
    CurrencySchema, CursorSchema, DecimalSchema, KindSchema, LabelSchema, MetadataSchema,
    ReferenceSchema, StatusSchema, TimeSchema,
};
use crate::value::{MoneyBody, Unwritable, metadata, number, time};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::money::Money;
use paygate_core::payment::PaymentRecord;
use paygate_core::text::{Label, Reference};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentBody<'a> {
    #[schema(format = Uuid)]
    id: String,
    #[schema(value_type = KindSchema)]
    kind: &'static str,
    /// An exact decimal with as many decimals as the currency has: read it as a decimal, not as a
    /// float.
    #[schema(value_type = DecimalSchema)]
    amount: Box<RawValue>,
    #[schema(value_type = CurrencySchema)]
    currency: &'static str,
    /// Your name for it, if you gave it one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ReferenceSchema>, nullable = false)]
    reference: Option<&'a str>,
    /// What it is for; of a refund its reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LabelSchema>, nullable = false)]
    description: Option<&'a str>,
    /// Your own time of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    tx_date: Option<String>,
    #[schema(value_type = StatusSchema)]
    status: &'static str,
    /// The account the money leaves; absent of a charge, whose payer has none here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    source_id: Option<String>,
    /// The account the money reaches; absent of a charge, which reaches the merchant's of its
    /// currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    destination_id: Option<String>,
    /// Why it failed, exactly when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<FailureBody<'a>>,
    /// What leaves the source, if that is not the amount itself; of a hold that was captured in
    /// part, that part.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    debit: Option<MoneyBody>,
    /// What reaches the destination, if that is not the amount itself; of a hold that was captured
    /// in part, that part's share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit: Option<MoneyBody>,
    /// The rate that debit and credit were made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fx: Option<RateBody<'a>>,
    /// The quote the rate came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    quote_id: Option<String>,
    /// Of a refund, the payment it gives back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    parent_id: Option<String>,
    /// `false` for a payment that is, or was, held until it is captured; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    capture: Option<bool>,
    /// How much of what was held has been captured, in the currency of the debit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecimalSchema>, nullable = false)]
    captured_amount: Option<Box<RawValue>>,
    /// How much has been refunded, in the currency of the debit; absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecimalSchema>, nullable = false)]
    refunded_amount: Option<Box<RawValue>>,
    /// When what is held is given back, unless it is captured or voided before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    expires_at: Option<String>,
    /// What you attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MetadataSchema>, nullable = false)]
    metadata: Option<&'a RawValue>,
    #[schema(value_type = TimeSchema)]
    created_at: String,
    #[schema(value_type = TimeSchema)]
    updated_at: String,
}

/// Why a payment failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureBody<'a> {
    /// Stable.
    #[schema(example = "declined")]
    code: &'static str,
    /// For people.
    detail: &'a str,
}

impl<'a> PaymentBody<'a> {
    /// A payment as it goes out.
    ///
    /// # Errors
    /// [`Unwritable`] if the stored metadata is no JSON.
    pub fn of(record: &'a PaymentRecord) -> Result<Self, Unwritable> {
        let PaymentRecord { payment, fx, quote, request } = record;
        let (debit, credit) = payment.moved();
        let side = |money: Money| (money != payment.amount).then(|| MoneyBody::of(money));
        let of_debit = |minor: i64| number(Money { minor, ..payment.debit });
        let refunded = Some(payment.refunded_minor).filter(|minor| *minor > 0);
        let party = |id: AccountId| payment.kind.rules().shows_parties.then(|| id.to_string());
        Ok(Self {
            id: payment.id.to_string(),
            kind: payment.kind.as_str(),
            amount: number(payment.amount)?,
            currency: payment.amount.currency.code(),
            reference: request.reference.as_ref().map(Reference::as_str),
            description: request.description.as_ref().map(Label::as_str),
            tx_date: request.tx_date.map(time),
            status: payment.status.as_str(),
            source_id: party(payment.source),
            destination_id: party(payment.destination),
            failure: payment.failure.as_ref().map(|failure| FailureBody {
                code: failure.code.as_str(),
                detail: &failure.detail,
            }),
            debit: side(debit).transpose()?,
            credit: side(credit).transpose()?,
            fx: fx.as_ref().map(RateBody::of).transpose()?,
            quote_id: quote.map(|id| id.to_string()),
            parent_id: payment.parent.map(|id| id.to_string()),
            capture: payment.hold.then_some(false),
            captured_amount: payment.captured_minor.map(of_debit).transpose()?,
            refunded_amount: refunded.map(of_debit).transpose()?,
            expires_at: payment.expires_at.map(time),
            metadata: metadata(request.metadata.as_ref())?,
            created_at: time(payment.created_at),
            updated_at: time(payment.updated_at),
        })
    }
}

/// A page of payments, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentPage)]
pub struct PaymentPageBody<'a> {
    /// May be fewer than the limit, even none, although more follow.
    items: Vec<PaymentBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(value_type = Option<CursorSchema>, required = true)]
    next_cursor: Option<String>,
}

impl<'a> PaymentPageBody<'a> {
    /// A page as it goes out; `next` is where the next one starts.
    ///
    /// # Errors
    /// As [`PaymentBody::of`].
    pub fn of(items: &'a [PaymentRecord], next: Option<PaymentId>) -> Result<Self, Unwritable> {
        let items = items.iter().map(PaymentBody::of).collect::<Result<_, _>>()?;
        Ok(Self { items, next_cursor: next.map(|id| id.to_string()) })
    }
}
