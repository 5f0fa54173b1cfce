//! Rows that break a rule of the domain: named by table and id, and no obstacle to their
//! neighbours. No test here ends with the ledger's check, which reads every row.

use super::audit::facts;
use super::helpers::everything;
use super::under_test::StoreUnderTest;
use crate::build::{Having, open_empty_wallet, open_usd_pair, payment_id, quote};
use paygate_core::account::{Account, AccountKey};
use paygate_core::id::PaymentId;
use paygate_core::proof::{Fact, Scope};
use paygate_core::status::Status;
use paygate_ports::{Accepted, AccountQuery, PaymentQuery, Redelivered, StoreError};
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

pub async fn an_unreadable_payment_is_named_by_transact_and_its_readers(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(4)).await;
    break_failure(&store, ids[1]).await;
    names(store.try_transact(&ids, |_| ()).await, "payments", ids[1].0);
    names(store.reader.payment(ids[1]).await, "payments", ids[1].0);
    names(store.reader.payments(everything()).await, "payments", ids[1].0);

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
    let newer = PaymentQuery { cursor: Some(ids[1]), ..everything() };
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
    assert_eq!(store.ripen_all().await, 2);
    assert_eq!(store.take_all().await.len(), 2);
    assert!(store.due.oldest().await.unwrap().is_some());
    let counted = store.quarantine.redelivered(vec![ids[0]], i32::MAX).await.unwrap();
    assert_eq!(counted, [Redelivered { id: ids[0], times: 1 }]);
    assert!(store.quarantine.park(ids[0], "can't be read").await.unwrap());
    let parked = store.quarantine.parked(10).await.unwrap();
    assert_eq!(parked, [(ids[0], "can't be read".to_owned())]);
    assert!(store.quarantine.unpark(ids[0]).await.unwrap());
}

pub async fn an_unreadable_account_is_named_by_who_looks_for_it(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let wallet = open_empty_wallet(&store, "USD").await;
    store.break_currency("accounts", wallet.id.0).await;
    let name = |account: &Account| AccountKey::Id(account.id);
    let both = vec![name(&wallet), name(&pair.merchant)];
    names(store.account_reader.find(both).await, "accounts", wallet.id.0);
    let all = AccountQuery { limit: 100, ..AccountQuery::default() };
    names(store.account_reader.accounts(all).await, "accounts", wallet.id.0);
    let found = store.account_reader.find(vec![name(&pair.merchant)]).await.unwrap();
    assert_eq!(found[0].as_ref().map(|record| &record.account), Some(&pair.merchant));
}

pub async fn an_unreadable_quote_is_named(store: StoreUnderTest) {
    let (broken, whole) = (quote("USD", "EUR", "0.92"), quote("USD", "EUR", "0.92"));
    store.quotes.keep(broken.clone(), None).await.unwrap();
    store.quotes.keep(whole.clone(), None).await.unwrap();
    let id = store.id(broken.id.0);
    for change in ["base = 'QQQ'", "base = 'USD', numerator = 1000000000000001"] {
        store.run(format!("UPDATE fx_quotes SET {change} WHERE id = {id}")).await;
        names(store.quotes.quote(broken.id).await, "fx_quotes", broken.id.0);
    }
    assert_eq!(store.quotes.quote(whole.id).await.unwrap(), Some(whole));
}

pub async fn what_can_not_be_read_is_a_fact_among_others(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let wallets = [open_empty_wallet(&store, "USD").await, open_empty_wallet(&store, "USD").await];
    let ids = store.created(&pair.charges(5)).await;
    store.approve(&ids[..1]).await;
    store.claim(&ids[1..2]).await;
    store.break_currency("accounts", wallets[0].id.0).await;
    store.break_currency("payments", ids[2].0).await;
    let (key, now) = (store.id(ids[1].0), store.time(store.now().await));
    store
        .run(format!(
            "INSERT INTO payment_transitions \
             (payment_id, seq, from_status, to_status, actor, reason, at) \
             VALUES ({key}, 2, 'PROCESSING', 'SUCCESS', 'worker', 'no-such-reason', {now})"
        ))
        .await;
    // One that has postings: its check digit does not fit. They can't be proved without it.
    let acquirer = store.id(pair.acquirer.id.0);
    store.run(format!("UPDATE accounts SET number = '079927398714' WHERE id = {acquirer}")).await;
    let (mut unreadable, mut accounts, mut payments) = (Vec::new(), Vec::new(), Vec::new());
    for fact in facts(&store, Scope::Whole).await {
        match fact {
            Fact::Unreadable { table, id, reason } => {
                assert!(!reason.is_empty());
                unreadable.push((table, id));
            }
            Fact::Account { account, .. } => accounts.push(account.id),
            Fact::Payment(fact) => payments.push(fact.record.payment.id),
            Fact::Posting { posting, .. } => assert_eq!(Some(&posting.account), accounts.last()),
            Fact::AsOf(_) | Fact::Size { .. } => {}
        }
    }
    unreadable.sort();
    let expected = [
        ("accounts", pair.acquirer.id.0),
        ("accounts", wallets[0].id.0),
        ("payment_transitions", ids[1].0),
        ("payments", ids[2].0),
    ];
    assert_eq!(unreadable.len(), expected.len(), "{unreadable:?}");
    for ((table, id), (expected, row)) in unreadable.iter().zip(expected) {
        assert_eq!(*table, expected);
        assert!(id.contains(&row.to_string()), "{id} does not name {row}");
    }
    assert_eq!(accounts, [pair.merchant.id, wallets[1].id]);
    assert_eq!(payments, [ids[0], ids[1], ids[3], ids[4]]);
}
