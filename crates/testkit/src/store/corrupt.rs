//! Rows that break a rule of the domain: named by table and id, and no obstacle to their
//! neighbours. No test here ends with the ledger's check, which reads every row.

use super::StoreUnderTest;
use crate::build::{Having, open_usd_pair, payment_id};
use paygate_core::id::{MerchantId, PaymentId};
use paygate_core::status::Status;
use paygate_ports::{Accepted, PaymentQuery, Redelivered, StoreError};
use std::fmt::Debug;
use uuid::Uuid;

fn names<T: Debug>(answer: Result<T, StoreError>, expected: &str, row: Uuid) {
    let Err(StoreError::Corrupt { table, id, reason }) = answer else { panic!("{answer:?}") };
    assert_eq!(table, expected);
    assert!(id.contains(&row.to_string()), "{id} does not name {row}");
    assert!(!reason.is_empty());
}

/// Breaks a payment that is at its end: core knows no such reason.
async fn break_failure(store: &StoreUnderTest, id: PaymentId) {
    let key = store.id(id.0);
    store
        .run(format!(
            "UPDATE payments SET status = 'FAILED', failure_code = 'no-such-code', \
             failure_detail = 'as the test wants it' WHERE id = {key}"
        ))
        .await;
}

fn of_default_merchant() -> PaymentQuery {
    PaymentQuery {
        merchant: MerchantId::default(),
        status: None,
        kind: None,
        currency: None,
        reference: None,
        created_after: None,
        created_before: None,
        limit: 100,
        cursor: None,
    }
}

pub async fn an_unreadable_payment_is_named_by_transact_and_its_readers(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(4)).await;
    break_failure(&store, ids[1]).await;
    names(store.try_transact(&ids, |_| ()).await, "payments", ids[1].0);
    names(store.reader.payment(ids[1]).await, "payments", ids[1].0);
    names(store.reader.payments(of_default_merchant()).await, "payments", ids[1].0);

    store.break_currency("payments", ids[3].0).await;
    names(store.try_transact(&ids[2..], |_| ()).await, "payments", ids[3].0);
    names(store.reader.payment(ids[3]).await, "payments", ids[3].0);
}

pub async fn an_unreadable_payment_is_left_out_by_leaving_its_id_out(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(3)).await;
    store.break_currency("payments", ids[1].0).await;
    // More often than any pool has connections.
    for _ in 0..40 {
        assert!(store.try_transact(&ids, |_| ()).await.is_err());
    }
    let changes = store.approve(&[ids[0], ids[2]]).await;
    assert_eq!(changes.payments.len(), 2);
    assert_eq!(store.payment(ids[2]).await.status, Status::Success);
    let newer = PaymentQuery { cursor: Some(ids[1]), ..of_default_merchant() };
    assert_eq!(store.reader.payments(newer).await.unwrap().items.len(), 1);
}

pub async fn an_unreadable_payment_refuses_only_who_replays_it(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let broken = pair.charge("1.00").with_key("k", 1);
    store.created_one(broken.clone()).await;
    break_failure(&store, broken.id).await;
    let batch = [pair.charge("1.00"), broken.clone().with_id(payment_id()), pair.charge("2.00")];
    let answers = store.accept(&batch).await;
    assert!(matches!(answers[0], Accepted::Created(_)), "{answers:?}");
    let Accepted::Refused(error) = answers[1].clone() else { panic!("{answers:?}") };
    names(Err::<(), _>(error), "payments", broken.id.0);
    assert!(matches!(answers[2], Accepted::Created(_)), "{answers:?}");
}

pub async fn an_unreadable_account_is_named(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    store.break_currency("accounts", pair.merchant.id.0).await;
    names(store.accounts.account(pair.merchant.id).await, "accounts", pair.merchant.id.0);
    names(store.try_transact(&[id], |_| ()).await, "accounts", pair.merchant.id.0);
    assert!(store.accounts.account(pair.acquirer.id).await.unwrap().is_some());
}

pub async fn an_unreadable_transition_is_named(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    store.claim(&ids).await;
    let (key, now) = (store.id(ids[0].0), store.time(store.now().await));
    store
        .run(format!(
            "INSERT INTO payment_transitions \
             (payment_id, seq, from_status, to_status, actor, reason, at) \
             VALUES ({key}, 2, 'PROCESSING', 'SUCCESS', 'worker', 'no-such-reason', {now})"
        ))
        .await;
    names(store.reader.timeline(ids[0]).await, "payment_transitions", ids[0].0);
    assert_eq!(store.reader.timeline(ids[1]).await.unwrap().len(), 1);
}

pub async fn the_sweeper_and_the_quarantine_work_on_unreadable_payments(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    store.break_currency("payments", ids[0].0).await;
    assert_eq!(store.walk_all().await, 2);
    assert_eq!(store.take_all().await.len(), 2);
    assert!(store.due.oldest().await.unwrap().is_some());
    let counted = store.quarantine.redelivered(vec![ids[0]], i32::MAX).await.unwrap();
    assert_eq!(counted, [Redelivered { id: ids[0], times: 1 }]);
    assert!(store.quarantine.park(ids[0], "can't be read").await.unwrap());
    let parked = store.quarantine.parked(10).await.unwrap();
    assert_eq!(parked, [(ids[0], "can't be read".to_owned())]);
    assert!(store.quarantine.unpark(ids[0]).await.unwrap());
}
