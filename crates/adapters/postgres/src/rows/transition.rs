//! Rows of the timeline.

use super::read::corrupt;
use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{Integer, Text, Timestamptz, Uuid as SqlUuid};
use paygate_core::id::PaymentId;
use paygate_core::identity::Actor;
use paygate_core::payment::{Reason, Transition};
use paygate_core::status::Status;
use paygate_ports::StoreError;
use uuid::Uuid;

/// A row of the timeline.
#[derive(Queryable)]
pub(crate) struct TransitionRow {
    payment_id: Uuid,
    seq: i32,
    from_status: String,
    to_status: String,
    actor: String,
    reason: String,
    at: DateTime<Utc>,
}

/// The SQL types of [`TransitionRow`].
pub(crate) type TransitionTypes = (SqlUuid, Integer, Text, Text, Text, Text, Timestamptz);

impl TryFrom<TransitionRow> for Transition {
    type Error = StoreError;

    fn try_from(row: TransitionRow) -> Result<Self, StoreError> {
        let id = format!("{}/{}", row.payment_id, row.seq);
        let bad = |what: &str| corrupt("payment_transitions", &id, what);
        Ok(Self {
            payment: PaymentId(row.payment_id),
            seq: row.seq,
            from: Status::parse(&row.from_status).ok_or_else(|| bad("unknown from_status"))?,
            to: Status::parse(&row.to_status).ok_or_else(|| bad("unknown to_status"))?,
            actor: Actor::parse(&row.actor).ok_or_else(|| bad("unknown actor"))?,
            reason: Reason::parse(&row.reason).ok_or_else(|| bad("unknown reason"))?,
            at: row.at,
        })
    }
}
