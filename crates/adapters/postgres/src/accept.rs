//! Accepting a batch: one INSERT for all, then, only for those it left out, one SELECT that tells
//! why.

use crate::PostgresStore;
use crate::error::{PgError, Remedy};
use crate::rows::{
    PaymentRow, PaymentTypes, RequestRow, RequestTypes, payment_columns, record, request_columns,
};
use crate::statement::{Param, Sql, statement};
use crate::transact::pause_before_retry;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use paygate_core::id::{CallerId, MerchantId, PaymentId};
use paygate_core::payment::{NewPayment, PaymentRecord};
use paygate_core::status::Kind;
use paygate_core::text::{IdempotencyKey, Reference};
use paygate_ports::{Accepted, StoreError};
use std::collections::HashMap;
use uuid::Uuid;

/// How often a batch is tried that loses against others, and how often it is asked again what
/// blocks a row that nobody holds any more.
const MAX_TRIES: u32 = 8;

struct Insert;
impl Sql for Insert {
    const TEXT: &'static str = "INSERT INTO payments (id, kind, merchant_id, caller_id, \
         amount_minor, currency, source_id, destination_id, reference, idempotency_key, \
         request_hash, metadata) \
         SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], \
         ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::bytea[], ?::text[]) \
         ON CONFLICT DO NOTHING RETURNING id, created_at";
    type Row = (SqlUuid, Timestamptz);
}

struct Blocking;
impl Sql for Blocking {
    const TEXT: &'static str = concat!(
        "WITH wanted (id, merchant_id, caller_id, kind, reference, idempotency_key) AS (\
         SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])), \
         blocking AS (\
         SELECT p.id FROM wanted w JOIN payments p ON p.id = w.id UNION \
         SELECT p.id FROM wanted w JOIN payments p ON p.caller_id = w.caller_id \
         AND p.kind = w.kind AND p.idempotency_key = w.idempotency_key UNION \
         SELECT p.id FROM wanted w JOIN payments p ON p.merchant_id = w.merchant_id \
         AND p.reference = w.reference) \
         SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM blocking JOIN payments p USING (id)"
    );
    type Row = (PaymentTypes, RequestTypes);
}

impl PostgresStore {
    /// Accepts a batch, halving it while it fails for a reason that stays, so that only those are
    /// refused whose own fault it is.
    pub(crate) async fn accept_batch(
        &self,
        batch: Vec<NewPayment>,
    ) -> Result<Vec<Accepted>, StoreError> {
        let mut answers: Vec<Option<Accepted>> = batch.iter().map(|_| None).collect();
        let mut groups = vec![(0, batch.as_slice())];
        while let Some((start, group)) = groups.pop() {
            match self.accept_group(group).await {
                Ok(accepted) => {
                    for (slot, answer) in answers.iter_mut().skip(start).zip(accepted) {
                        *slot = Some(answer);
                    }
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(error) if group.len() <= 1 => {
                    if let Some(slot) = answers.get_mut(start) {
                        *slot = Some(Accepted::Refused(error));
                    }
                }
                Err(_) => {
                    let middle = group.len() / 2;
                    let (left, right) = group.split_at(middle);
                    // The left half goes first, so that of twins the first is created.
                    groups.push((start + middle, right));
                    groups.push((start, left));
                }
            }
        }
        let missing = || Accepted::Refused(StoreError::Refused("not answered".to_owned()));
        Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect())
    }

    /// Accepts a group or fails as a whole.
    async fn accept_group(&self, group: &[NewPayment]) -> Result<Vec<Accepted>, StoreError> {
        let mut answers: HashMap<PaymentId, Accepted> = HashMap::with_capacity(group.len());
        for tries in 1.. {
            let missing: Vec<&NewPayment> =
                group.iter().filter(|payment| !answers.contains_key(&payment.id)).collect();
            match self.try_accept(&missing).await {
                Ok(found) => answers.extend(found),
                Err(error) if error.remedy() == Remedy::Again && tries < MAX_TRIES => {
                    tracing::debug!(?error, "accepting a batch again");
                }
                Err(error) => return Err(self.pool.learn(error)),
            }
            if group.iter().all(|payment| answers.contains_key(&payment.id)) {
                break;
            }
            if tries >= MAX_TRIES {
                return Err(StoreError::Unavailable("what blocks a payment keeps changing".into()));
            }
            pause_before_retry(tries).await;
        }
        Ok(group.iter().filter_map(|payment| answers.get(&payment.id).cloned()).collect())
    }

    /// Inserts and classifies. A payment that is neither inserted nor blocked by a visible row, for
    /// the blocking one was rolled back meanwhile, is left out of the answer.
    async fn try_accept(
        &self,
        payments: &[&NewPayment],
    ) -> Result<Vec<(PaymentId, Accepted)>, PgError> {
        if payments.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.pool.get().await?;
        let inserted: HashMap<Uuid, DateTime<Utc>> = insert(payments)
            .load::<(Uuid, DateTime<Utc>)>(&mut connection)
            .await?
            .into_iter()
            .collect();
        let blocked: Vec<&NewPayment> =
            payments.iter().copied().filter(|p| !inserted.contains_key(&p.id.0)).collect();
        let mut answers: Vec<(PaymentId, Accepted)> =
            inserted.into_iter().map(|(id, at)| (PaymentId(id), Accepted::Created(at))).collect();
        if !blocked.is_empty() {
            let rows = blocking(&blocked).load::<(PaymentRow, RequestRow)>(&mut connection).await?;
            let records = rows.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
            let index = Index::new(&records);
            let classified = blocked.into_iter().filter_map(|p| Some((p.id, index.classify(p)?)));
            answers.extend(classified);
        }
        Ok(answers)
    }
}

/// The INSERT, its rows in the order of the references, so that batches that run at once wait for
/// each other in one order.
fn insert(payments: &[&NewPayment]) -> crate::statement::Statement<Insert> {
    let mut rows: Vec<&NewPayment> = payments.to_vec();
    rows.sort_by_key(|row| (&row.request.merchant, &row.request.reference, row.id));
    let ids = |of: fn(&NewPayment) -> Uuid| Param::Ids(rows.iter().map(|row| of(row)).collect());
    let texts =
        |of: fn(&NewPayment) -> &str| Param::Texts(rows.iter().map(|row| of(row).into()).collect());
    let keys = rows.iter().map(|row| row.request.idempotency.as_ref());
    statement([
        ids(|row| row.id.0),
        texts(|row| row.kind.as_str()),
        texts(|row| &row.request.merchant.0),
        texts(|row| &row.request.caller.0),
        Param::BigInts(rows.iter().map(|row| row.amount.minor).collect()),
        texts(|row| row.amount.currency.code()),
        ids(|row| row.source.0),
        ids(|row| row.destination.0),
        texts(|row| row.request.reference.as_str()),
        Param::MaybeTexts(keys.clone().map(|it| it.map(|it| it.key.as_str().into())).collect()),
        Param::MaybeBytes(keys.map(|it| it.map(|it| it.hash.0.to_vec())).collect()),
        Param::MaybeTexts(
            rows.iter()
                .map(|row| row.request.metadata.as_ref().map(|it| it.as_str().to_owned()))
                .collect(),
        ),
    ])
}

fn blocking(payments: &[&NewPayment]) -> crate::statement::Statement<Blocking> {
    let texts = |of: fn(&NewPayment) -> &str| {
        Param::Texts(payments.iter().map(|row| of(row).into()).collect())
    };
    let keys = payments.iter().map(|row| row.request.idempotency.as_ref());
    statement([
        Param::Ids(payments.iter().map(|row| row.id.0).collect()),
        texts(|row| &row.request.merchant.0),
        texts(|row| &row.request.caller.0),
        texts(|row| row.kind.as_str()),
        texts(|row| row.request.reference.as_str()),
        Param::MaybeTexts(keys.map(|it| it.map(|it| it.key.as_str().into())).collect()),
    ])
}

/// The blocking payments by what they may block with.
struct Index<'a> {
    by_id: HashMap<PaymentId, &'a PaymentRecord>,
    by_key: HashMap<(&'a CallerId, Kind, &'a IdempotencyKey), &'a PaymentRecord>,
    by_reference: HashMap<(&'a MerchantId, &'a Reference), &'a PaymentRecord>,
}

impl<'a> Index<'a> {
    fn new(records: &'a [PaymentRecord]) -> Self {
        let key = |it: &'a PaymentRecord| {
            let idempotency = it.request.idempotency.as_ref()?;
            Some(((&it.request.caller, it.payment.kind, &idempotency.key), it))
        };
        let reference = |it: &'a PaymentRecord| ((&it.request.merchant, &it.request.reference), it);
        Self {
            by_id: records.iter().map(|it| (it.payment.id, it)).collect(),
            by_key: records.iter().filter_map(key).collect(),
            by_reference: records.iter().map(reference).collect(),
        }
    }

    /// Why a payment was not inserted; `None` if nothing blocks it (any more).
    fn classify(&self, payment: &NewPayment) -> Option<Accepted> {
        if let Some(own) = self.by_id.get(&payment.id) {
            return Some(Accepted::Created(own.payment.created_at));
        }
        let request = &payment.request;
        if let Some(idempotency) = &request.idempotency {
            let key = (&request.caller, payment.kind, &idempotency.key);
            if let Some(earlier) = self.by_key.get(&key) {
                let same = earlier.request.idempotency.as_ref().map(|it| it.hash);
                return Some(match same == Some(idempotency.hash) {
                    true => Accepted::Replayed(Box::new((*earlier).clone())),
                    false => Accepted::KeyReused,
                });
            }
        }
        let existing = self.by_reference.get(&(&request.merchant, &request.reference))?;
        Some(Accepted::ReferenceTaken { existing: existing.payment.id })
    }
}
