//! Transfers, settled by `work::process`.

use super::helpers::each_of;
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, applied, conversion, money, open_empty_wallet, open_liquidity, open_wallet, quote,
    transfer,
};
use chrono::TimeDelta;
use paygate_core::account::Account;
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::kind::Kind;
use paygate_core::payment::{NewPayment, Reason};
use paygate_core::status::Status;
use paygate_core::terms::Terms;
use paygate_core::text::Label;
use paygate_core::work::{self, WorkPolicy};
use paygate_ports::silent;
use std::sync::Arc;

pub async fn a_transfer_with_everything_reads_back_exactly(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "EUR").await;
    let quote = quote("USD", "EUR", "0.92");
    store.quotes.keep(quote.clone(), None).await.unwrap();
    let mut full = conversion(&from, &to, "10.00", "0.92").with_quote(&quote).held();
    full.request.description = Some(Label::parse("for 'rent' \\ 🦀").unwrap());
    full.request.tx_date = Some(quote.expires_at - TimeDelta::days(9_999));
    let mut exact_credit = conversion(&from, &to, "10.00", "0.92");
    let fx = applied("USD", "EUR", "0.999999999999999");
    let cost = money("7.00", "EUR");
    exact_credit.terms = Terms::agree(cost, from.currency, to.currency, Some(fx), None).unwrap();
    exact_credit.request.reference = None;
    let mut denominated = transfer(&from, &open_empty_wallet(&store, "USD").await, "1.00");
    let fx = Some(applied("JPY", "USD", "0.0066"));
    let yen = money("1500", "JPY");
    denominated.terms = Terms::agree(yen, from.currency, from.currency, fx, None).unwrap();
    let batch = [full, exact_credit, denominated, transfer(&from, &to, "1.00")];
    for sent in batch {
        let id = store.created_one(sent.clone()).await;
        let record = store.reader.payment(id).await.unwrap().unwrap();
        let at = record.payment.created_at;
        assert_eq!(record, sent.accepted(at));
        // A step that changes nothing of the terms leaves them as they are.
        store.work(&[id]).await;
        let after = store.reader.payment(id).await.unwrap().unwrap();
        let (terms, kept) = (&record.payment, &after.payment);
        assert_eq!((terms.debit, terms.credit), (kept.debit, kept.credit));
        assert_eq!(
            (after.fx, after.quote, after.request),
            (record.fx, record.quote, record.request)
        );
    }
}

pub async fn a_transfer_moves_money_between_two_wallets(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "USD").await;
    let id = store.created_one(transfer(&from, &to, "30.00")).await;
    let changes = store.work(&[id]).await;
    assert_eq!((changes.accounts.len(), changes.entries.len()), (2, 1));
    assert_eq!(store.payment(id).await, changes.payments[0]);
    assert_eq!(changes.payments[0].status, Status::Success);
    assert_eq!(store.balance(&from).await, (7_000, 0));
    assert_eq!(store.balance(&to).await, (3_000, 0));
    assert!(store.work(&[id]).await.is_empty(), "it is settled already");
    assert_ledger_holds(&store).await;
}

pub async fn a_conversion_is_four_postings(store: StoreUnderTest) {
    let [usd, jpy] = open_liquidity(&store, ["USD", "JPY"]).await;
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "JPY").await;
    let id = store.created_one(conversion(&from, &to, "10.01", "149.5")).await;
    // The same by `transact`, which sees the same accounts.
    let step = |book: &mut paygate_core::book::Book, id| {
        work::process(book, id, &WorkPolicy::default()).unwrap();
    };
    let changes = store.transact(&[id], each_of(&[id], step)).await;
    assert_eq!(changes.entries[0].postings.len(), 4);
    assert_eq!(store.payment(id).await.status, Status::Success);
    for (account, posted) in [(&from, 8_999), (&usd, 1_001), (&jpy, -1_496), (&to, 1_496)] {
        assert_eq!(store.balance(account).await, (posted, 0), "{}", account.id);
    }
    let back = store.worked(conversion(&to, &from, "1000", "0.0066")).await;
    assert_eq!(back.status, Status::Success);
    assert_eq!(store.balance(&from).await, (8_999 + 660, 0));
    assert_ledger_holds(&store).await;
}

pub async fn what_its_accounts_forbid_fails_a_transfer(store: StoreUnderTest) {
    let rich = open_wallet(&store, "USD", "100.00").await;
    let poor = open_wallet(&store, "USD", "1.00").await;
    let euro = open_empty_wallet(&store, "EUR").await;
    let closed = open_empty_wallet(&store, "USD").await;
    store.accounts.close(closed.id).await.unwrap().unwrap().unwrap();
    for (payment, why) in [
        (transfer(&poor, &rich, "1.01"), Reason::InsufficientFunds),
        (transfer(&poor, &rich, "1.01").held(), Reason::InsufficientFunds),
        (transfer(&rich, &closed, "1.00"), Reason::AccountClosed),
        (transfer(&closed, &rich, "1.00"), Reason::AccountClosed),
        (transfer(&rich, &euro, "1.00"), Reason::CurrencyMismatch),
        // Nobody has opened liquidity accounts here.
        (conversion(&rich, &euro, "1.00", "0.92"), Reason::AccountNotFound),
    ] {
        let failed = store.worked(payment).await;
        assert_eq!(failed.status, Status::Failed);
        let failure = failed.failure.unwrap();
        assert_eq!(failure.code, why);
        assert!(!failure.detail.is_empty());
        assert_eq!(store.reader.timeline(failed.id).await.unwrap()[0].reason, why);
    }
    assert_eq!(store.balance(&rich).await, (10_000, 0));
    assert_eq!(store.balance(&poor).await, (100, 0));
    assert_ledger_holds(&store).await;
}

pub async fn transfers_of_one_batch_see_each_others_balances(store: StoreUnderTest) {
    let wallets = [
        open_wallet(&store, "USD", "5.00").await,
        open_empty_wallet(&store, "USD").await,
        open_empty_wallet(&store, "USD").await,
    ];
    let [first, second, third] = &wallets;
    // The second rests on the first; of the last two there is enough for one.
    let batch = [
        transfer(first, second, "5.00"),
        transfer(second, third, "4.00"),
        transfer(second, third, "1.00"),
        transfer(second, third, "1.00"),
    ];
    let ids = store.created(&batch).await;
    let changes = store.work(&ids).await;
    let states: Vec<_> = changes.payments.iter().map(|payment| payment.status).collect();
    let success = Status::Success;
    assert_eq!(states, [success, success, success, Status::Failed]);
    assert_eq!(store.balance(third).await, (500, 0));
    assert_ledger_holds(&store).await;
}

fn spawn_work(
    store: &StoreUnderTest,
    ids: Vec<PaymentId>,
) -> tokio::task::JoinHandle<paygate_core::book::Changes> {
    let payments = Arc::clone(&store.payments);
    let step = |book: &mut paygate_core::book::Book, id| {
        work::process(book, id, &WorkPolicy::default()).unwrap();
    };
    let decide = silent(each_of(&ids, step));
    tokio::spawn(
        async move { payments.transact(ids, Loads::ForClaims, decide).await.unwrap().changes },
    )
}

pub async fn opposing_transfers_all_settle_and_conserve_the_sum(store: StoreUnderTest) {
    open_liquidity(&store, ["USD", "EUR"]).await;
    let one = open_wallet(&store, "USD", "1000.00").await;
    let two = open_wallet(&store, "USD", "1000.00").await;
    let euro = open_wallet(&store, "EUR", "1000.00").await;
    let pay = |number: usize| -> NewPayment {
        match number % 4 {
            0 => transfer(&one, &two, "3.00"),
            1 => transfer(&two, &one, "2.00"),
            2 => conversion(&one, &euro, "1.00", "0.92"),
            _ => conversion(&euro, &two, "1.00", "1.08"),
        }
    };
    let batch: Vec<NewPayment> = (0..160).map(pay).collect();
    let ids = store.created(&batch).await;
    let workers: Vec<_> = (0..20)
        .map(|worker| {
            // Half of them twice, in an order of its own.
            let mut some = ids.clone();
            some.rotate_left(worker * 8);
            some.truncate(16);
            if worker % 2 == 1 {
                some.reverse();
            }
            spawn_work(&store, some)
        })
        .collect();
    let mut settled = 0;
    for worker in workers {
        settled += worker.await.unwrap().payments.len();
    }
    assert_eq!(settled, 160);
    for id in ids {
        assert_eq!(store.payment(id).await.status, Status::Success);
    }
    assert_eq!(store.balance(&one).await, (100_000 - 40 * 300 + 40 * 200 - 40 * 100, 0));
    assert_eq!(store.balance(&two).await, (100_000 + 40 * 300 - 40 * 200 + 40 * 108, 0));
    assert_eq!(store.balance(&euro).await, (100_000 + 40 * 92 - 40 * 100, 0));
    assert_ledger_holds(&store).await;
}

/// More is asked than there is: exactly as many settle as it is enough for.
pub async fn concurrent_transfers_never_overdraw(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "10.00").await;
    let to = open_empty_wallet(&store, "USD").await;
    let batch: Vec<NewPayment> = (0..24)
        .map(|number| {
            let payment = transfer(&from, &to, "1.00");
            if number % 2 == 0 { payment.held() } else { payment }
        })
        .collect();
    let ids = store.created(&batch).await;
    let workers: Vec<_> = ids.iter().map(|id| spawn_work(&store, vec![*id])).collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let mut failed = 0;
    for id in ids {
        let payment = store.payment(id).await;
        if let Some(failure) = payment.failure {
            assert_eq!(failure.code, Reason::InsufficientFunds);
            failed += 1;
        }
    }
    assert_eq!(failed, 14);
    let from: Account = store.account(from.id).await;
    assert_eq!(from.available_minor(), Some(0));
    assert_ledger_holds(&store).await;
}

pub async fn a_payment_is_found_by_its_key(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "10.00").await;
    let to = open_empty_wallet(&store, "USD").await;
    let payment = transfer(&from, &to, "1.00").with_key("k-1~", 1);
    let other_caller = transfer(&from, &to, "2.00").with_caller("another").with_key("k-1~", 1);
    let other_kind = transfer(&from, &to, "3.00").with_kind(Kind::Charge).with_key("k-1~", 1);
    let batch = [payment, other_caller, other_kind];
    store.created(&batch).await;
    let key = |payment: &NewPayment| payment.request.idempotency.unwrap().key;
    for payment in &batch {
        let found = store.reader.by_key(key(payment)).await.unwrap();
        assert_eq!(found, store.reader.payment(payment.id).await.unwrap());
        assert!(found.is_some());
    }
    let unknown = batch[0].clone().with_key("K-1~", 1);
    let nobody = batch[0].clone().with_caller("nobody").with_key("k-1~", 1);
    let other = batch[0].clone().with_kind(Kind::Refund).with_key("k-1~", 1);
    for missing in [unknown, nobody, other] {
        assert_eq!(store.reader.by_key(key(&missing)).await.unwrap(), None);
    }
}
