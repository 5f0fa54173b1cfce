//! What happened to a payment, as it goes out.

use crate::schema::{StatusSchema, TimeSchema};
use crate::value::time;
use paygate_core::id::PaymentId;
use paygate_core::payment::Transition;
use serde::Serialize;
use utoipa::ToSchema;

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
    /// Who made it: `worker`, `operator`, `sandbox`, `merchant:` or `user:` and an id.
    #[schema(example = "worker")]
    actor: String,
    /// Why; stable.
    #[schema(example = "settled")]
    reason: &'static str,
    #[schema(value_type = TimeSchema)]
    at: String,
}

impl TimelineBody {
    /// A timeline as it goes out.
    #[must_use]
    pub fn of(payment: PaymentId, transitions: &[Transition]) -> Self {
        let item = |transition: &Transition| TransitionBody {
            seq: transition.seq,
            from: transition.from.as_str(),
            to: transition.to.as_str(),
            actor: transition.actor.to_string(),
            reason: transition.reason.as_str(),
            at: time(transition.at),
        };
        Self { payment_id: payment.to_string(), items: transitions.iter().map(item).collect() }
    }
}
