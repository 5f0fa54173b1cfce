//! `PaymentStore::transact`: a decision is written whole or not at all.

use super::helpers::{settled, step};
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, Pair, conversion, merchant_account, money, new_payment, open_empty_wallet,
    open_liquidity, open_pair, open_usd_pair, open_wallet, payment_id, refund,
};
use paygate_core::account::headroom::BALANCE_LIMIT_MINOR;
use paygate_core::book::{Book, Changes, Rejection, Step};
use paygate_core::decision::{Loads, Refused, Verdicts};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::journal::Leg;
use paygate_core::kind::Kind;
use paygate_core::money::Money;
use paygate_core::payment::{Failure, NewPayment, Reason};
use paygate_core::provider::{ClaimPolicy, Decline, Verdict, claim, settle};
use paygate_core::status::Status;
use paygate_core::work::{WorkPolicy, process};
use paygate_ports::{StoreError, silent};
use std::sync::Arc;

/// What a transact answered is what the readers find.
async fn reads_back(store: &StoreUnderTest, changes: &Changes) {
    for payment in &changes.payments {
        assert_eq!(store.payment(payment.id).await, *payment);
    }
    for account in &changes.accounts {
        assert_eq!(store.accounts.account(account.id).await.unwrap().as_ref(), Some(account));
    }
    for transition in &changes.transitions {
        let timeline = store.reader.timeline(transition.payment).await.unwrap();
        assert!(timeline.contains(transition), "{transition:?} is not in {timeline:?}");
    }
    for entry in &changes.entries {
        let mut entry = entry.clone();
        entry.postings.sort_by_key(|posting| posting.account);
        assert_eq!(store.journal.entries_of(entry.payment).await.unwrap(), [entry]);
    }
}

pub async fn a_settlement_is_written_whole(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let sent = pair.charge("100.50").with_key("k", 1).with_metadata("{\"a\":1}");
    let id = store.created_one(sent.clone()).await;

    let claimed = store.claim(&[id]).await;
    assert_eq!((claimed.payments.len(), claimed.transitions.len()), (1, 1));
    assert_eq!(claimed.payments[0].attempts, 1);
    assert!(claimed.payments[0].lease_until > Some(store.now().await));
    reads_back(&store, &claimed).await;

    let posted = store.approve(&[id]).await;
    assert_eq!((posted.accounts.len(), posted.entries.len()), (2, 1));
    assert_eq!(posted.payments[0].status, Status::Success);
    assert_eq!(posted.payments[0].lease_until, None);
    reads_back(&store, &posted).await;

    let account = store.accounts.account(pair.merchant.id).await.unwrap().unwrap();
    assert_eq!((account.posted_minor, account.last_seq), (10_050, 1));
    let timeline = store.reader.timeline(id).await.unwrap();
    assert_eq!(timeline, [claimed.transitions, posted.transitions].concat());
    let record = store.reader.payment(id).await.unwrap().unwrap();
    assert_eq!(record.request, sent.request, "what was asked for never changes");
    assert_ledger_holds(&store).await;
}

pub async fn a_failure_is_written_with_its_detail(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    let detail = "déclined: \"no\" \\ 'funds' 🦀".to_owned();
    let expected = Failure { code: Reason::PayerInsufficientFunds, detail: detail.clone() };
    let changes = store
        .each(&[id], move |book, id| {
            let code = Decline::InsufficientFunds.reason();
            let (actor, detail) = (Actor::Operator, detail.clone());
            let failed = Step { to: Status::Failed, actor, reason: code, detail };
            book.transition(id, &failed).unwrap();
        })
        .await;
    assert_eq!(changes.payments[0].failure, Some(expected));
    reads_back(&store, &changes).await;
    assert_ledger_holds(&store).await;
}

pub async fn payments_of_one_batch_see_each_others_balances(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let charge = store.created_one(pair.charge("5.00")).await;
    let mut transfer = pair.charge("5.00").with_kind(Kind::Transfer);
    transfer.source = pair.merchant.id;
    transfer.destination = open_empty_wallet(&store, "USD").await.id;
    let transfer = store.created_one(transfer).await;
    // The merchant has nothing before: the transfer rests on the charge beside it.
    let changes = store
        .transact(&[transfer, charge], move |book| {
            settled(book, charge, Verdict::Approved);
            process(book, transfer, &WorkPolicy::default()).unwrap();
        })
        .await;
    let states: Vec<_> = changes.payments.iter().map(|payment| payment.status).collect();
    assert_eq!(states, [Status::Success, Status::Success]);
    reads_back(&store, &changes).await;
    assert_ledger_holds(&store).await;
}

pub async fn several_batches_continue_the_sequences(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    for round in 1..=4 {
        let ids = store.created(&pair.charges(5)).await;
        store.claim(&ids).await;
        reads_back(&store, &store.approve(&ids).await).await;
        let account = store.accounts.account(pair.merchant.id).await.unwrap().unwrap();
        assert_eq!((account.posted_minor, account.last_seq), (500 * round, 5 * round));
    }
    assert_ledger_holds(&store).await;
}

pub async fn a_rejected_payment_does_not_disturb_its_neighbours(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let poor = store.accounts.open(vec![merchant_account("poor", "USD")]).await.unwrap().remove(0);
    let mut transfer = pair.charge("1.00").with_kind(Kind::Transfer);
    transfer.source = poor.id;
    let batch = [pair.charge("1.00"), transfer, pair.charge("2.00")];
    let ids = store.created(&batch).await;
    let changes = store
        .each(&ids, move |book, id| {
            let payment = book.payment(id).unwrap();
            let taken = payment.amount.negated().unwrap();
            let legs = [
                Leg { account: payment.source, amount: taken },
                Leg { account: payment.destination, amount: payment.amount },
            ];
            match book.post(id, &legs, &step(Status::Success, Reason::Settled)) {
                Ok(()) => {}
                Err(Rejection::InsufficientFunds) => {
                    book.transition(id, &step(Status::Failed, Reason::Declined)).unwrap();
                }
                Err(other) => panic!("{other}"),
            }
        })
        .await;
    reads_back(&store, &changes).await;
    for (id, status) in ids.iter().zip([Status::Success, Status::Failed, Status::Success]) {
        assert_eq!(store.payment(*id).await.status, status);
    }
    assert_eq!(store.accounts.account(poor.id).await.unwrap(), Some(poor));
    assert_ledger_holds(&store).await;
}

pub async fn unknown_and_repeated_ids_are_no_error(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    let changes = store
        .transact(&[payment_id(), id, id, payment_id(), id], move |book| {
            assert_eq!(book.payment_ids(), [id]);
            settled(book, id, Verdict::Approved);
        })
        .await;
    assert_eq!(changes.payments.len(), 1);
    let unknown = store.approve(&[payment_id()]).await;
    assert!(unknown.is_empty());
    assert_ledger_holds(&store).await;
}

pub async fn what_a_decision_says_comes_back_with_its_changes(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    let (poison, sound) = (ids[0], ids[1]);
    let decide = Arc::new(move |book: &mut Book| {
        settle(book, sound, 1, Verdict::Approved, &ClaimPolicy::default()).unwrap();
        Verdicts::from([(poison, Refused::Poison("as-the-test-wants-it"))])
    });
    for loads in [Loads::ForClaims, Loads::Accounts] {
        let decide = Arc::clone(&decide);
        let said = store.payments.transact(ids.clone(), loads, decide).await.unwrap().verdicts;
        assert_eq!(said, Verdicts::from([(poison, Refused::Poison("as-the-test-wants-it"))]));
    }
    assert_eq!(store.payment(poison).await.status, Status::Pending);
    assert_ledger_holds(&store).await;
}

pub async fn a_claim_of_charges_sees_no_accounts(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    let accounts = [pair.acquirer.id, pair.merchant.id];
    let decide = silent(move |book| {
        assert!(accounts.iter().all(|account| book.account(*account).is_none()));
        claim(book, id, &ClaimPolicy::default()).unwrap();
        // What can't be posted goes to a person; here it only shows that nothing can be.
        settle(book, id, 1, Verdict::Approved, &ClaimPolicy::default()).unwrap();
    });
    let ids = vec![id, payment_id(), id];
    let transacted = store.payments.transact(ids, Loads::ForClaims, decide).await.unwrap();
    let changes = transacted.changes;
    assert!(changes.entries.is_empty() && changes.accounts.is_empty());
    assert_eq!(changes.payments[0].status, Status::ManualReview);
    assert_eq!(store.payment(id).await, changes.payments[0]);
    assert_eq!(store.reader.timeline(id).await.unwrap(), changes.transitions);
    assert_ledger_holds(&store).await;
}

/// A charge of so much more than any that the API takes, so that a few fill an account.
fn enormous(pair: &Pair, minor: i64) -> NewPayment {
    let amount = Money { minor, ..money("1.00", "USD") };
    new_payment(pair.acquirer.id, pair.merchant.id, amount)
}

pub async fn a_charge_that_could_not_be_posted_fails_when_it_is_claimed(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let nearly_full = store.created_one(enormous(&pair, BALANCE_LIMIT_MINOR - 100)).await;
    store.approve(&[nearly_full]).await;
    let batch = [pair.charge("1.01"), pair.charge("1.00"), pair.charge("0.50")];
    let ids = store.created(&batch).await;
    store.work(&ids).await;
    let [refused, claimed, beside] = &ids[..] else { panic!() };
    let failed = store.payment(*refused).await;
    assert_eq!(failed.failure.map(|failure| failure.code), Some(Reason::Overflow));
    assert_eq!((failed.status, failed.attempts), (Status::Failed, 0));
    // What was claimed together is in flight together, and finds its place in the reserve.
    for id in [claimed, beside] {
        assert_eq!(store.payment(*id).await.status, Status::Processing);
    }
    store.approve(&ids[1..]).await;
    assert_eq!(store.balance(&pair.merchant).await, (BALANCE_LIMIT_MINOR + 50, 0));
    let late = store.worked(pair.charge("0.01")).await;
    assert_eq!(late.failure.map(|failure| failure.code), Some(Reason::Overflow));

    // What comes back makes room, at both ends.
    let refund = store.created_one(refund(&store.payment(nearly_full).await, 151)).await;
    store.work(&[refund]).await;
    assert_eq!(store.payment(refund).await.status, Status::Processing);
    store.approve(&[refund]).await;
    assert_eq!(store.worked(pair.charge("1.01")).await.status, Status::Processing);
    assert_ledger_holds(&store).await;
}

pub async fn a_claim_sees_the_accounts_it_needs(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let other = open_pair(&store, "EUR").await;
    let [usd, eur] = open_liquidity(&store, ["USD", "EUR"]).await;
    let charge = store.created_one(other.charge("1.00")).await;
    let refunded = store.created_one(pair.charge("1.00")).await;
    store.approve(&[refunded]).await;
    let refund = store.created_one(refund(&store.payment(refunded).await, 40)).await;
    let book_of = |ids: Vec<PaymentId>, payments: Vec<PaymentId>, accounts: Vec<AccountId>| {
        let all = [&pair.acquirer, &pair.merchant, &other.acquirer, &other.merchant, &usd, &eur];
        let all = all.map(|account| account.id);
        let decide = silent(move |book| {
            let mut expected = payments.clone();
            expected.sort();
            assert_eq!(book.payment_ids(), expected);
            for id in all {
                assert_eq!(book.account(id).is_some(), accounts.contains(&id), "{id}");
            }
        });
        store.payments.transact(ids, Loads::ForClaims, decide)
    };
    let of_refund = vec![pair.merchant.id, pair.acquirer.id];
    book_of(vec![refund, charge], vec![refund, charge, refunded], of_refund).await.unwrap();

    let [from, to] =
        [open_wallet(&store, "USD", "5.00").await, open_empty_wallet(&store, "EUR").await];
    let converted = store.created_one(conversion(&from, &to, "5.00", "0.92")).await;
    let liquidity = vec![usd.id, eur.id];
    book_of(vec![converted, charge], vec![converted, charge], liquidity).await.unwrap();
    assert_ledger_holds(&store).await;
}

pub async fn a_refund_comes_with_what_it_refunds_and_its_accounts(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let refunded = store.created_one(pair.charge("1.00")).await;
    store.approve(&[refunded]).await;
    let refund = store.created_one(refund(&store.payment(refunded).await, 40)).await;
    let accounts = [pair.acquirer.id, pair.merchant.id];
    let changes = store
        .transact(&[refund], move |book| {
            assert_eq!(book.payment_ids(), [refunded, refund]);
            assert!(accounts.iter().all(|account| book.account(*account).is_some()));
        })
        .await;
    assert_eq!(changes, Changes::default());
    assert_ledger_holds(&store).await;
}

pub async fn no_ids_are_an_empty_book(store: StoreUnderTest) {
    let changes = store.transact(&[], |book| assert_eq!(book.payment_ids(), [])).await;
    assert_eq!(changes, Changes::default());
}

pub async fn nothing_changed_is_nothing_written(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    store.approve(&ids[..1]).await;
    let before = [store.payment(ids[0]).await, store.payment(ids[1]).await];
    assert_eq!(store.approve(&ids[..1]).await, Changes::default(), "it is settled already");
    assert_eq!(store.transact(&ids, |_| ()).await, Changes::default());
    assert_eq!([store.payment(ids[0]).await, store.payment(ids[1]).await], before);
    assert_ledger_holds(&store).await;
}

pub async fn a_large_batch_is_settled_at_once(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let mut ids = store.created(&pair.charges(500)).await;
    ids.rotate_left(77);
    assert_eq!(store.claim(&ids).await.payments.len(), 500);
    let changes = store.approve(&ids).await;
    assert_eq!((changes.payments.len(), changes.entries.len()), (500, 500));
    assert_eq!(changes.accounts.len(), 2);
    assert_ledger_holds(&store).await;
}

pub async fn a_decision_that_panics_is_refused_and_rolled_back(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(3)).await;
    let before = store.payment(ids[0]).await;
    // More often than any pool has connections.
    for _ in 0..40 {
        let answer = store
            .try_transact(&ids, |book| {
                for id in book.payment_ids() {
                    settled(book, id, Verdict::Approved);
                }
                panic!("as the test wants it");
            })
            .await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    }
    assert_eq!(store.payment(ids[0]).await, before);
    assert_eq!(store.approve(&ids).await.payments.len(), 3);
    assert_ledger_holds(&store).await;
}

pub async fn what_the_database_refuses_is_rolled_back(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    store.approve(&ids[..1]).await;
    // The account forgets its last posting, so that the next one takes a place that is taken.
    let account = store.id(pair.merchant.id.0);
    store.run(format!("UPDATE accounts SET last_seq = 0 WHERE id = {account}")).await;
    let before = store.payment(ids[1]).await;
    let answer = store
        .try_transact(&ids, |book| {
            for id in book.payment_ids() {
                settled(book, id, Verdict::Approved);
            }
        })
        .await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert_eq!(store.payment(ids[1]).await, before);
    assert_eq!(store.reader.timeline(ids[1]).await.unwrap(), []);
    assert_eq!(store.journal.entries_of(ids[1]).await.unwrap(), []);

    store.run(format!("UPDATE accounts SET last_seq = 1 WHERE id = {account}")).await;
    store.approve(&ids).await;
    assert_ledger_holds(&store).await;
}
