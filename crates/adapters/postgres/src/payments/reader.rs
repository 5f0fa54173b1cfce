//! Reading payments by what they are called.

use crate::error::PgError;
use crate::rows::{
    PaymentRow, PaymentTypes, RequestRow, RequestTypes, TransitionRow, TransitionTypes, key_id,
    payment_columns, record, request_columns,
};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel_async::RunQueryDsl;
use paygate_core::id::PaymentId;
use paygate_core::identity::KeyHash;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_ports::{Page, PaymentQuery, PaymentReader, StoreError};
use std::collections::HashMap;

struct ById;
impl Sql for ById {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.id = ANY(?)"
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
        " FROM payments p WHERE p.key_hash = ?"
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
    async fn find(&self, ids: Vec<PaymentId>) -> Result<Vec<Option<PaymentRecord>>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let find = statement::<ById>([Param::Ids(ids.iter().map(|id| id.0).collect())]);
            let rows = find.load::<(PaymentRow, RequestRow)>(&mut connection).await?;
            let found = rows.into_iter().map(|row| {
                let record = record(row)?;
                Ok((record.payment.id, record))
            });
            let found = found.collect::<Result<HashMap<_, _>, StoreError>>()?;
            Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn by_key(&self, key: KeyHash) -> Result<Option<PaymentRecord>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let find = statement::<ByKey>([Param::Id(key_id(key))]);
            let row = find.get_result::<(PaymentRow, RequestRow)>(&mut connection).await;
            Ok(row.optional()?.map(record).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        self.page(&query).await.map_err(|error| self.pool.learn(error))
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

crate::statement::statements!(ById, ByKey, Timeline);
