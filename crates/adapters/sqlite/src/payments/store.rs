//! Payments behind their ports: accepted, changed, and read one by one.

use crate::payments::transact;
use crate::payments::{accept, list};
use crate::rows::{RecordRow, TransitionRow, record_columns, transition_columns};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::identity::KeyHash;
use paygate_core::payment::{NewPayment, PaymentRecord, Transition};
use paygate_ports::{
    Accepted, Decide, Page, PaymentQuery, PaymentReader, PaymentStore, StoreError, Transacted,
};

const SELECT: &str = concat!("SELECT ", record_columns!(), " FROM payments WHERE id = ?");

const SELECT_BY_KEY: &str =
    concat!("SELECT ", record_columns!(), " FROM payments WHERE key_hash = ?");

const SELECT_TIMELINE: &str = concat!(
    "SELECT ",
    transition_columns!(),
    " FROM payment_transitions WHERE payment_id = ? ORDER BY seq"
);

#[async_trait]
impl PaymentStore for SqliteStore {
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let size = batch.len();
        let answers =
            self.write(move |connection, now| accept::accept(connection, now, &batch)).await;
        tracing::debug!(size, stored = answers.is_ok(), "a batch of payments");
        answers
    }

    async fn transact(
        &self,
        ids: Vec<PaymentId>,
        loads: Loads,
        decide: Decide,
    ) -> Result<Transacted, StoreError> {
        let ids = ids.into_iter().collect();
        self.write(move |connection, now| transact::transact(connection, now, &ids, loads, &decide))
            .await
    }
}

#[async_trait]
impl PaymentReader for SqliteStore {
    async fn find(&self, ids: Vec<PaymentId>) -> Result<Vec<Option<PaymentRecord>>, StoreError> {
        self.read(move |connection| {
            let one = |id: PaymentId| {
                let row: Option<RecordRow> = statement(SELECT).id(id.0).row(connection)?;
                row.map(PaymentRecord::try_from).transpose()
            };
            ids.into_iter().map(one).collect()
        })
        .await
    }

    async fn by_key(&self, key: KeyHash) -> Result<Option<PaymentRecord>, StoreError> {
        self.read(move |connection| {
            let row: Option<RecordRow> = statement(SELECT_BY_KEY).blob(&key.0).row(connection)?;
            row.map(PaymentRecord::try_from).transpose()
        })
        .await
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        self.read(move |connection| list::page(connection, &query)).await
    }

    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError> {
        self.read(move |connection| {
            let rows: Vec<TransitionRow> = statement(SELECT_TIMELINE).id(id.0).rows(connection)?;
            rows.into_iter().map(Transition::try_from).collect()
        })
        .await
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SELECT, SELECT_BY_KEY, SELECT_TIMELINE];
