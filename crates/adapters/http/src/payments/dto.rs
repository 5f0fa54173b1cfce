//! Payments as they go out.
//!
//! What must stay true: an amount is an exact JSON number with its currency's scale; metadata goes
//! out as it came in; times are RFC 3339 in UTC with microseconds.

use crate::problem::Problem;
use crate::schema::{KindSchema, StatusSchema};
use chrono::SecondsFormat;
use paygate_core::Timestamp;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_core::text::Metadata;
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
    #[schema(value_type = f64, format = "decimal", example = 100.5)]
    amount: Box<RawValue>,
    #[schema(example = "USD")]
    currency: &'static str,
    #[schema(example = "REF-001")]
    reference: &'a str,
    #[schema(value_type = StatusSchema)]
    status: &'static str,
    /// Why it failed, exactly when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<FailureBody<'a>>,
    /// What you attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<&'a RawValue>,
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.250000Z")]
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
    /// [`Problem::internal`] if the stored metadata is no JSON.
    pub fn of(record: &'a PaymentRecord) -> Result<Self, Problem> {
        let (payment, request) = (&record.payment, &record.request);
        let unreadable = |what| {
            let id = payment.id;
            move |error| Problem::internal(format_args!("{what} of payment {id}: {error}"))
        };
        let metadata = request.metadata.as_ref().map(Metadata::as_str).map(serde_json::from_str);
        Ok(Self {
            id: payment.id.to_string(),
            kind: payment.kind.as_str(),
            amount: RawValue::from_string(payment.amount.to_string())
                .map_err(unreadable("amount"))?,
            currency: payment.amount.currency.code(),
            reference: request.reference.as_str(),
            status: payment.status.as_str(),
            failure: payment.failure.as_ref().map(|failure| FailureBody {
                code: failure.code.as_str(),
                detail: &failure.detail,
            }),
            metadata: metadata.transpose().map_err(unreadable("metadata"))?,
            created_at: time(payment.created_at),
            updated_at: time(payment.updated_at),
        })
    }
}

/// A page of payments, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentPage)]
pub struct PageBody<'a> {
    /// May be fewer than the limit, even none, although more follow.
    pub items: Vec<PaymentBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(format = Uuid, required = true)]
    pub next_cursor: Option<String>,
}

/// What happened to a payment, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub struct TimelineBody {
    #[schema(format = Uuid)]
    payment_id: String,
    items: Vec<TransitionBody>,
}

/// One step from a state to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transition)]
pub struct TransitionBody {
    /// 1 for the first, then without a gap.
    seq: i32,
    #[schema(value_type = StatusSchema)]
    from: &'static str,
    #[schema(value_type = StatusSchema)]
    to: &'static str,
    /// Who made it.
    #[schema(example = "worker")]
    actor: &'static str,
    /// Why; stable.
    #[schema(example = "settled")]
    reason: &'static str,
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.250000Z")]
    at: String,
}

impl TimelineBody {
    /// A timeline as it goes out.
    #[must_use]
    pub fn of(record: &PaymentRecord, transitions: &[Transition]) -> Self {
        let item = |transition: &Transition| TransitionBody {
            seq: transition.seq,
            from: transition.from.as_str(),
            to: transition.to.as_str(),
            actor: transition.actor.as_str(),
            reason: transition.reason.as_str(),
            at: time(transition.at),
        };
        Self {
            payment_id: record.payment.id.to_string(),
            items: transitions.iter().map(item).collect(),
        }
    }
}

/// RFC 3339, UTC, microseconds.
fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
