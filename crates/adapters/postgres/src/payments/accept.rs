//! Accepting a batch: one INSERT for all. If that breaks a unique rule, another INSERT that leaves out
//! what does, and for those it left out one SELECT that tells why.

use crate::error::{PgError, Remedy};
use crate::payments::transact::pause_before_retry;
use crate::rows::{
    PaymentRow, PaymentTypes, RequestRow, RequestTypes, is_plain, key_id, payment_columns, record,
    request_columns,
};
use crate::statement::{Param, Sql, Statement, statement};
use crate::store::PostgresStore;
use chrono::{DateTime, Utc};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use paygate_core::id::{PaymentId, QuoteId};
use paygate_core::identity::{KeyHash, Owner};
use paygate_core::money::Money;
use paygate_core::payment::{NewPayment, PaymentRecord};
use paygate_core::terms::Terms;
use paygate_core::text::Reference;
use paygate_ports::{Accepted, StoreError};
use std::collections::HashMap;
use uuid::Uuid;

/// How often a batch is tried that loses against others, and how often it is asked again what
/// blocks a row that nobody holds any more.
const MAX_TRIES: u32 = 8;

/// The INSERT of a batch.
macro_rules! insert_payments {
    () => {
        "INSERT INTO payments (id, kind, owner, asked_by, \
         amount_minor, currency, source_id, destination_id, reference, key_hash, \
         request_hash, metadata, debit_minor, debit_currency, credit_minor, credit_currency, \
         fx_numerator, fx_denominator, fx_source, fx_as_of, quote_id, parent_id, hold, \
         description, tx_date) \
         SELECT unnest(?::uuid[]), unnest(?::text[]), unnest(?::text[]), unnest(?::text[]), \
         unnest(?::bigint[]), unnest(?::text[]), unnest(?::uuid[]), unnest(?::uuid[]), \
         unnest(?::text[]), unnest(?::uuid[]), unnest(?::bytea[]), unnest(?::text[]), \
         unnest(?::bigint[]), unnest(?::text[]), unnest(?::bigint[]), unnest(?::text[]), \
         unnest(?::bigint[]), unnest(?::bigint[]), unnest(?::text[]), unnest(?::timestamptz[]), \
         unnest(?::uuid[]), unnest(?::uuid[]), unnest(?::boolean[]), unnest(?::text[]), \
         unnest(?::timestamptz[])"
    };
}

/// Without a watch: for what is settled in the same transaction.
pub(crate) struct Insert;
impl Sql for Insert {
    const TEXT: &'static str =
        concat!(insert_payments!(), " ON CONFLICT DO NOTHING RETURNING id, created_at");
    type Row = (SqlUuid, Timestamptz);
}

/// With a watch of what it inserts, so that the sweeper finds it should its hint never be published.
macro_rules! accept_payments {
    ($on_conflict:literal) => {
        concat!(
            "WITH accepted AS (",
            insert_payments!(),
            $on_conflict,
            " RETURNING id, created_at), watch AS (INSERT INTO watches (payment_ids) \
             SELECT array_agg(id) FROM accepted HAVING count(*) > 0) \
             SELECT id, created_at FROM accepted"
        )
    };
}

/// All or none. Looking each unique index up before each row costs a third of the INSERT.
struct AcceptAll;
impl Sql for AcceptAll {
    const TEXT: &'static str = accept_payments!("");
    type Row = (SqlUuid, Timestamptz);
}

/// Those that break no unique rule.
struct AcceptNew;
impl Sql for AcceptNew {
    const TEXT: &'static str = accept_payments!(" ON CONFLICT DO NOTHING");
    type Row = (SqlUuid, Timestamptz);
}

struct Blocking;
impl Sql for Blocking {
    const TEXT: &'static str = concat!(
        "WITH wanted (id, owner, reference, key_hash, quote_id) AS (\
         SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::uuid[], ?::uuid[])), \
         blocking AS (\
         SELECT p.id FROM wanted w JOIN payments p ON p.id = w.id UNION \
         SELECT p.id FROM wanted w JOIN payments p ON p.key_hash = w.key_hash UNION \
         SELECT p.id FROM wanted w JOIN payments p ON p.owner = w.owner \
         AND p.reference = w.reference UNION \
         SELECT p.id FROM wanted w JOIN payments p ON p.quote_id = w.quote_id) \
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
        let all = insert::<AcceptAll>(payments).load(&mut connection).await;
        let inserted: Vec<(Uuid, DateTime<Utc>)> = match all {
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                insert::<AcceptNew>(payments).load(&mut connection).await?
            }
            all => all?,
        };
        let inserted: HashMap<Uuid, DateTime<Utc>> = inserted.into_iter().collect();
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

/// The INSERT, its rows in the order of the references and keys, so that batches that run at once
/// wait for each other in one order.
pub(crate) fn insert<S: Sql>(payments: &[&NewPayment]) -> Statement<S> {
    let mut rows = Columns(payments.to_vec());
    rows.0.sort_by_key(|row| {
        let key = row.request.idempotency.map(|it| it.key);
        (&row.request.reference, &row.request.owner, key, row.terms.quote, row.id)
    });
    let part = |part: u64| i64::try_from(part).unwrap_or(i64::MAX);
    statement([
        rows.ids(|row| row.id.0),
        rows.texts(|row| row.kind.as_str()),
        Param::Texts(rows.each(|row| row.request.owner.to_string())),
        Param::Texts(rows.each(|row| row.request.asked_by.to_string())),
        Param::BigInts(rows.each(|row| row.terms.amount.minor)),
        rows.texts(|row| row.terms.amount.currency.code()),
        rows.ids(|row| row.source.0),
        rows.ids(|row| row.destination.0),
        rows.maybe_texts(|row| Some(row.request.reference.as_ref()?.as_str())),
        rows.maybe_ids(|row| Some(key_id(row.request.idempotency?.key))),
        Param::MaybeBytes(rows.each(|row| Some(row.request.idempotency?.hash.0.to_vec()))),
        rows.maybe_texts(|row| Some(row.request.metadata.as_ref()?.as_str())),
        rows.maybe_numbers(|row| Some(sides(row)?.0.minor)),
        rows.maybe_texts(|row| Some(sides(row)?.0.currency.code())),
        rows.maybe_numbers(|row| Some(sides(row)?.1.minor)),
        rows.maybe_texts(|row| Some(sides(row)?.1.currency.code())),
        rows.maybe_numbers(|row| Some(part(row.terms.fx.as_ref()?.rate.numerator()))),
        rows.maybe_numbers(|row| Some(part(row.terms.fx.as_ref()?.rate.denominator()))),
        rows.maybe_texts(|row| Some(row.terms.fx.as_ref()?.source.as_str())),
        Param::MaybeTimes(rows.each(|row| Some(row.terms.fx.as_ref()?.as_of))),
        rows.maybe_ids(|row| row.terms.quote.map(|quote| quote.0)),
        rows.maybe_ids(|row| row.parent.map(|parent| parent.0)),
        Param::Bools(rows.each(|row| row.hold)),
        rows.maybe_texts(|row| Some(row.request.description.as_ref()?.as_str())),
        Param::MaybeTimes(rows.each(|row| row.request.tx_date)),
    ])
}

/// Debit and credit, if they are kept.
fn sides(row: &NewPayment) -> Option<(Money, Money)> {
    let Terms { amount, debit, credit, .. } = row.terms;
    (!is_plain(amount, debit, credit)).then_some((debit, credit))
}

fn blocking(payments: &[&NewPayment]) -> Statement<Blocking> {
    let rows = Columns(payments.to_vec());
    statement([
        rows.ids(|row| row.id.0),
        Param::Texts(rows.each(|row| row.request.owner.to_string())),
        rows.maybe_texts(|row| Some(row.request.reference.as_ref()?.as_str())),
        rows.maybe_ids(|row| Some(key_id(row.request.idempotency?.key))),
        rows.maybe_ids(|row| row.terms.quote.map(|quote| quote.0)),
    ])
}

/// Payments as the columns of a statement.
struct Columns<'a>(Vec<&'a NewPayment>);

impl<'a> Columns<'a> {
    fn each<T>(&self, of: impl Fn(&'a NewPayment) -> T) -> Vec<T> {
        self.0.iter().copied().map(of).collect()
    }

    fn ids(&self, of: fn(&NewPayment) -> Uuid) -> Param {
        Param::Ids(self.each(of))
    }

    fn texts(&self, of: fn(&NewPayment) -> &str) -> Param {
        Param::Texts(self.each(|row| of(row).to_owned()))
    }

    fn maybe_texts(&self, of: fn(&NewPayment) -> Option<&str>) -> Param {
        Param::MaybeTexts(self.each(|row| of(row).map(str::to_owned)))
    }

    fn maybe_numbers(&self, of: impl Fn(&NewPayment) -> Option<i64>) -> Param {
        Param::MaybeBigInts(self.each(of))
    }

    fn maybe_ids(&self, of: fn(&NewPayment) -> Option<Uuid>) -> Param {
        Param::MaybeIds(self.each(of))
    }
}

/// The blocking payments by what they may block with.
struct Index<'a> {
    by_id: HashMap<PaymentId, &'a PaymentRecord>,
    by_key: HashMap<KeyHash, &'a PaymentRecord>,
    by_reference: HashMap<(&'a Owner, &'a Reference), &'a PaymentRecord>,
    by_quote: HashMap<QuoteId, &'a PaymentRecord>,
}

impl<'a> Index<'a> {
    fn new(records: &'a [PaymentRecord]) -> Self {
        let key = |it: &'a PaymentRecord| Some((it.request.idempotency?.key, it));
        let reference =
            |it: &'a PaymentRecord| Some(((&it.request.owner, it.request.reference.as_ref()?), it));
        Self {
            by_id: records.iter().map(|it| (it.payment.id, it)).collect(),
            by_key: records.iter().filter_map(key).collect(),
            by_reference: records.iter().filter_map(reference).collect(),
            by_quote: records.iter().filter_map(|it| Some((it.quote?, it))).collect(),
        }
    }

    /// Why a payment was not inserted; `None` if nothing blocks it (any more).
    fn classify(&self, payment: &NewPayment) -> Option<Accepted> {
        if let Some(own) = self.by_id.get(&payment.id) {
            return Some(Accepted::Created(own.payment.created_at));
        }
        let request = &payment.request;
        if let Some(idempotency) = request.idempotency
            && let Some(earlier) = self.by_key.get(&idempotency.key)
        {
            let same = earlier.request.idempotency.map(|it| it.hash);
            return Some(match same == Some(idempotency.hash) {
                true => Accepted::Replayed(Box::new((*earlier).clone())),
                false => Accepted::KeyReused,
            });
        }
        let reference = request.reference.as_ref().map(|it| (&request.owner, it));
        if let Some(existing) = reference.and_then(|key| self.by_reference.get(&key)) {
            return Some(Accepted::ReferenceTaken { existing: existing.payment.id });
        }
        let existing = self.by_quote.get(&payment.terms.quote?)?;
        Some(Accepted::QuoteUsed { existing: existing.payment.id })
    }
}

crate::statement::statements!(Insert, AcceptAll, AcceptNew, Blocking);
