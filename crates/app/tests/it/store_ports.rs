//! The fake store: reading payments, what is due, the quarantine.

use crate::rows::{Due, Rows};
use crate::store::FakeStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::id::{CallerId, PaymentId};
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_core::status::{Kind, Status};
use paygate_core::text::IdempotencyKey;
use paygate_ports::{
    Clock, DueStore, Page, PaymentQuery, PaymentReader, Quarantine, Redelivered, StoreError, Walked,
};
use std::collections::BTreeSet;

impl Rows {
    /// Whether a worker still has something to do with it.
    fn is_open(&self, id: PaymentId) -> bool {
        self.payments.get(&id).is_some_and(|it| it.payment.status.is_due() && !it.payment.parked)
    }

    /// When a worker has something to do with it: at once, or when its lease or hold ends.
    fn due_at(&self, id: PaymentId, now: Timestamp) -> Timestamp {
        let payment = &self.payments[&id].payment;
        let held_until = payment.expires_at.filter(|_| payment.status == Status::Authorized);
        payment.lease_until.or(held_until).map_or(now, |until| until.max(now))
    }

    fn set_parked(&mut self, id: PaymentId, parked: bool) {
        if let Some(record) = self.payments.get_mut(&id) {
            record.payment.parked = parked;
        }
    }
}

#[async_trait]
impl PaymentReader for FakeStore {
    async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        self.log().reads.push(self.clock.now());
        Ok(self.reach()?.payments.get(&id).cloned())
    }

    async fn by_key(
        &self,
        caller: &CallerId,
        kind: Kind,
        key: &IdempotencyKey,
    ) -> Result<Option<PaymentRecord>, StoreError> {
        self.looking.pass().await;
        Ok(self.reach()?.by_key(caller, kind, key).cloned())
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        let rows = self.reach()?;
        let asked = |row: &&PaymentRecord| {
            query.reference.is_none() || row.request.reference == query.reference
        };
        let items = rows.payments.values().rev().filter(asked);
        let items = items.take(query.limit.into()).cloned().collect();
        Ok(Page { items, next: None })
    }

    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError> {
        let rows = self.reach()?;
        Ok(rows.transitions.iter().filter(|row| row.payment == id).cloned().collect())
    }
}

#[async_trait]
impl DueStore for FakeStore {
    async fn walk(
        &self,
        after: PaymentId,
        before: PaymentId,
        limit: u32,
    ) -> Result<Walked, StoreError> {
        self.log().walks.push((after, before));
        let now = self.time();
        let mut rows = self.reach()?;
        let ids: Vec<PaymentId> = rows
            .payments
            .keys()
            .filter(|id| **id > after && **id < before)
            .take(limit.try_into().unwrap())
            .copied()
            .collect();
        let mut found = 0;
        for id in &ids {
            if rows.is_open(*id) && !rows.due.contains_key(id) {
                let at = rows.due_at(*id, now);
                rows.due.insert(*id, Due { at, taken: 0 });
                found += 1;
            }
        }
        Ok(Walked { last: ids.last().copied(), found })
    }

    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        let now = self.time();
        let mut rows = self.reach()?;
        let mut due: Vec<(Timestamp, PaymentId)> = rows
            .due
            .iter()
            .filter(|(_, due)| due.at <= now)
            .map(|(id, due)| (due.at, *id))
            .collect();
        due.sort();
        due.truncate(limit.try_into().unwrap());
        let mut taken = Vec::new();
        for (_, id) in due {
            if rows.is_open(id) {
                let due = rows.due.get_mut(&id).unwrap();
                due.at = now + TimeDelta::seconds((5i64 << due.taken.min(10)).min(300));
                due.taken += 1;
                taken.push(id);
            } else {
                rows.due.remove(&id);
            }
        }
        Ok(taken)
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.reach()?;
        let open = rows.due.keys().filter(|id| rows.is_open(**id));
        let payments = open.map(|id| &rows.payments[id].payment);
        Ok(payments.filter(|it| it.status.is_in_flight()).map(|it| it.created_at).min())
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.reach().map(|_| ())?;
        Ok(self.time())
    }
}

#[async_trait]
impl Quarantine for FakeStore {
    async fn redelivered(
        &self,
        ids: Vec<PaymentId>,
        below: i32,
    ) -> Result<Vec<Redelivered>, StoreError> {
        if self.faults().uncountable {
            return Err(StoreError::Refused("not countable".to_owned()));
        }
        let now = self.time();
        let mut rows = self.reach()?;
        let mut counted = Vec::new();
        for id in ids.into_iter().collect::<BTreeSet<_>>() {
            if rows.is_open(id) && rows.due_at(id, now) <= now {
                let times = rows.redelivered.entry(id).or_default();
                *times += i32::from(*times < below);
                counted.push(Redelivered { id, times: *times });
            }
        }
        Ok(counted)
    }

    async fn park(&self, id: PaymentId, reason: &str) -> Result<bool, StoreError> {
        let mut rows = self.reach()?;
        let parks = rows.is_open(id);
        if parks {
            rows.parked.insert(id, reason.to_owned());
            rows.set_parked(id, true);
        }
        Ok(parks)
    }

    async fn unpark(&self, id: PaymentId) -> Result<bool, StoreError> {
        let at = self.time();
        let mut rows = self.reach()?;
        let was_parked = rows.parked.remove(&id).is_some();
        if was_parked {
            rows.set_parked(id, false);
            rows.redelivered.remove(&id);
            rows.due.insert(id, Due { at, taken: 0 });
        }
        Ok(was_parked)
    }

    async fn parked(&self, limit: u16) -> Result<Vec<(PaymentId, String)>, StoreError> {
        let rows = self.reach()?;
        Ok(rows.parked.iter().take(limit.into()).map(|(id, why)| (*id, why.clone())).collect())
    }
}
