//! Reading payments.

use crate::PostgresStore;
use crate::error::PgError;
use crate::rows::{
    PaymentRow, PaymentTypes, RequestRow, RequestTypes, TransitionRow, TransitionTypes,
    payment_columns, record, request_columns,
};
use crate::statement::{Param, Sql, statement};
use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use paygate_core::id::{CallerId, PaymentId};
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_core::status::Kind;
use paygate_core::text::{IdempotencyKey, Reference};
use paygate_ports::{Page, PaymentQuery, PaymentReader, StoreError};
use uuid::Uuid;

/// How many rows one call looks through at the most.
const WINDOW: i64 = 10_000;

struct One;
impl Sql for One {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.id = ?"
    );
    type Row = (PaymentTypes, RequestTypes);
}

/// The newest payments that pass the filters, out of a window of the primary key below the cursor.
struct Listed;
impl Sql for Listed {
    const TEXT: &'static str = concat!(
        "WITH q AS (SELECT ?::text AS merchant_id, ?::text AS status, ?::text AS kind, \
         ?::text AS currency, ?::timestamptz AS created_after, ?::timestamptz AS created_before), \
         p AS (SELECT * FROM payments WHERE id < ? ORDER BY id DESC LIMIT ?) \
         SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM p, q WHERE p.merchant_id = q.merchant_id \
         AND (q.status IS NULL OR p.status = q.status) \
         AND (q.kind IS NULL OR p.kind = q.kind) \
         AND (q.currency IS NULL OR p.currency = q.currency) \
         AND (q.created_after IS NULL OR p.created_at >= q.created_after) \
         AND (q.created_before IS NULL OR p.created_at < q.created_before) \
         ORDER BY p.id DESC LIMIT ?"
    );
    type Row = (PaymentTypes, RequestTypes);
}

/// The last id of a full window: where to look on.
struct WindowEnd;
impl Sql for WindowEnd {
    const TEXT: &'static str =
        "SELECT id FROM payments WHERE id < ? ORDER BY id DESC OFFSET ? LIMIT 1";
    type Row = SqlUuid;
}

struct ByReference;
impl Sql for ByReference {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.merchant_id = ? AND p.reference = ?"
    );
    type Row = (PaymentTypes, RequestTypes);
}

struct ByKey;
impl Sql for ByKey {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.caller_id = ? AND p.kind = ? AND p.idempotency_key = ?"
    );
    type Row = (PaymentTypes, RequestTypes);
}

/// The refunds of a payment are few, and found by their index.
struct OfParent;
impl Sql for OfParent {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.parent_id = ? AND p.id < ? ORDER BY p.id DESC LIMIT ?"
    );
    type Row = (PaymentTypes, RequestTypes);
}

struct Timeline;
impl Sql for Timeline {
    const TEXT: &'static str = "SELECT payment_id, seq, from_status, to_status, actor, reason, at \
         FROM payment_transitions WHERE payment_id = ? ORDER BY seq";
    type Row = TransitionTypes;
}

#[async_trait]
impl PaymentReader for PostgresStore {
    async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let one = statement::<One>([Param::Id(id.0)]);
            let row =
                one.get_result::<(PaymentRow, RequestRow)>(&mut connection).await.optional()?;
            Ok(row.map(record).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn by_key(
        &self,
        caller: &CallerId,
        kind: Kind,
        key: &IdempotencyKey,
    ) -> Result<Option<PaymentRecord>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let find = statement::<ByKey>([
                Param::Text(caller.0.clone()),
                Param::Text(kind.as_str().to_owned()),
                Param::Text(key.as_str().to_owned()),
            ]);
            let row = find.get_result::<(PaymentRow, RequestRow)>(&mut connection).await;
            Ok(row.optional()?.map(record).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        let page = match (&query.reference, query.parent) {
            (Some(reference), _) => self.by_reference(&query, reference).await,
            (None, Some(parent)) => self.of_parent(&query, parent).await,
            (None, None) => self.listed(&query).await,
        };
        page.map_err(|error| self.pool.learn(error))
    }

    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let timeline = statement::<Timeline>([Param::Id(id.0)]);
            let rows = timeline.load::<TransitionRow>(&mut connection).await?;
            Ok(rows.into_iter().map(Transition::try_from).collect::<Result<_, _>>()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn listed(&self, query: &PaymentQuery) -> Result<Page, PgError> {
        let mut connection = self.pool.get().await?;
        let below = query.cursor.map_or(Uuid::max(), |cursor| cursor.0);
        let limit = usize::from(query.limit);
        let listed = statement::<Listed>([
            Param::Text(query.merchant.0.clone()),
            Param::MaybeText(query.status.map(|status| status.as_str().to_owned())),
            Param::MaybeText(query.kind.map(|kind| kind.as_str().to_owned())),
            Param::MaybeText(query.currency.map(|currency| currency.code().to_owned())),
            Param::MaybeTime(query.created_after),
            Param::MaybeTime(query.created_before),
            Param::Id(below),
            Param::BigInt(WINDOW),
            Param::BigInt(i64::from(query.limit) + 1),
        ]);
        let rows = listed.load::<(PaymentRow, RequestRow)>(&mut connection).await?;
        let mut items = rows.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(|item| item.payment.id)
        } else {
            let end = statement::<WindowEnd>([Param::Id(below), Param::BigInt(WINDOW - 1)]);
            end.get_result::<Uuid>(&mut connection).await.optional()?.map(PaymentId)
        };
        Ok(Page { items, next })
    }

    /// A reference names at most one payment of a merchant; the other filters may still exclude it.
    async fn by_reference(
        &self,
        query: &PaymentQuery,
        reference: &Reference,
    ) -> Result<Page, PgError> {
        let mut connection = self.pool.get().await?;
        let find = statement::<ByReference>([
            Param::Text(query.merchant.0.clone()),
            Param::Text(reference.as_str().to_owned()),
        ]);
        let row = find.get_result::<(PaymentRow, RequestRow)>(&mut connection).await.optional()?;
        let found = row.map(record).transpose()?;
        Ok(Page { items: found.into_iter().filter(|it| passes(query, it)).collect(), next: None })
    }

    async fn of_parent(&self, query: &PaymentQuery, parent: PaymentId) -> Result<Page, PgError> {
        let mut connection = self.pool.get().await?;
        let find = statement::<OfParent>([
            Param::Id(parent.0),
            Param::Id(query.cursor.map_or(Uuid::max(), |cursor| cursor.0)),
            Param::BigInt(i64::from(query.limit) + 1),
        ]);
        let rows = find.load::<(PaymentRow, RequestRow)>(&mut connection).await?;
        let mut items = rows.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > usize::from(query.limit);
        items.truncate(usize::from(query.limit));
        let next = items.last().map(|item| item.payment.id).filter(|_| more);
        items.retain(|item| passes(query, item));
        Ok(Page { items, next })
    }
}

/// Whether a payment passes the filters.
fn passes(query: &PaymentQuery, it: &PaymentRecord) -> bool {
    let payment = &it.payment;
    it.request.merchant == query.merchant
        && query.status.is_none_or(|status| payment.status == status)
        && query.kind.is_none_or(|kind| payment.kind == kind)
        && query.currency.is_none_or(|currency| payment.amount.currency == currency)
        && query.parent.is_none_or(|parent| payment.parent == Some(parent))
        && query.created_after.is_none_or(|at| payment.created_at >= at)
        && query.created_before.is_none_or(|at| payment.created_at < at)
        && query.cursor.is_none_or(|cursor| payment.id < cursor)
}

crate::statement::statements!(One, Listed, WindowEnd, ByReference, ByKey, OfParent, Timeline);
