//! Transfers: what they move, at which rate, and how the worker settles them.

use crate::rig::counted::Counted;
use crate::rig::{Rig, WE, code, empty_wallet, eventually, money, named, rest, soon};
use futures_util::future::join_all;
use paygate_app::{Call, CreateTransfer, OpenWallet, WorkerConfig};
use paygate_core::account::{Alias, SystemAccount};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::status::Status;
use std::time::Duration;

/// What is debited and credited, as their currencies write it.
fn sides(rig: &Rig, id: PaymentId) -> [String; 2] {
    let payment = rig.payment(id);
    [payment.debit, payment.credit].map(|side| format!("{side} {}", side.currency))
}

fn rate(rig: &Rig, id: PaymentId) -> Option<String> {
    rig.store.record(id).fx.as_ref().map(|fx| fx.rate.to_string())
}

fn liquidity(rig: &Rig, code: &str) -> AccountId {
    rig.standing.system(SystemAccount::FxLiquidity, crate::rig::currency(code)).unwrap()
}

#[tokio::test]
async fn between_wallets_of_one_currency_it_is_settled_by_two_postings() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let created = rig.transfers.create(&WE, rig.transfer(from, to, "1500.50")).await.unwrap();
    let id = created.record.payment.id;
    assert_eq!((created.record.payment.status, created.replayed), (Status::Pending, false));
    assert_eq!(created.record.payment.kind, Kind::Transfer);
    assert_eq!((rig.queue.published_ids(), rate(&rig, id)), (vec![id], None));

    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.announced(), [(id, Status::Success)]);
    assert_eq!((rig.has(from).0, rig.has(to).0), ("3499.50".to_owned(), "1500.50".to_owned()));
    let entries = rig.store.posted(id);
    assert_eq!((entries.len(), entries[0].postings.len()), (1, 2));
    assert!(rig.acquirer.script().calls.is_empty());
    assert_eq!(rig.queue.inner.unacked(), 0);
    worker.stop().await;
}

#[tokio::test]
async fn accounts_may_be_named_by_id_number_or_alias() {
    let rig = Rig::new().await;
    let from = rig.wallet("5000.00 IDR").await;
    let to = rig.open(crate::rig::aliased(empty_wallet("IDR"), "ana", 1)).await;
    let number = rig.account(from).number;
    let transfer = CreateTransfer {
        source: paygate_core::account::AccountRef::Number(number),
        destination: paygate_core::account::AccountRef::Alias(Alias::parse("ana").unwrap()),
        ..rig.transfer(from, to, "1000")
    };
    let payment = rig.transfers.create(&WE, transfer).await.unwrap().record.payment;
    assert_eq!((payment.source, payment.destination), (from, to));
    let merchant = rig.standing.charge(&crate::rig::house(), crate::rig::currency("IDR"));
    rig.transferred(rig.transfer(from, merchant.unwrap().1, "1000")).await;
}

#[tokio::test]
async fn an_exact_debit_is_credited_rounded_down() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 EUR").await, rig.empty_wallet("SGD").await);
    let id = rig.transferred(rig.transfer(from, to, "10")).await;
    // 1.34 ÷ 0.92 = 1.456521…, through USD.
    assert_eq!(sides(&rig, id), ["10.00 EUR", "14.56 SGD"]);
    assert_eq!(rate(&rig, id).unwrap(), "1.45652173913");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    let ends = [from, to, liquidity(&rig, "EUR"), liquidity(&rig, "SGD")].map(|it| rig.has(it).0);
    assert_eq!(ends, ["40.00", "14.56", "10.00", "-14.56"]);
    worker.stop().await;
}

#[tokio::test]
async fn an_exact_credit_is_debited_rounded_up() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 USD").await, rig.empty_wallet("IDR").await);
    let id = rig.transferred(rig.transfer_in(from, to, "100000.01 IDR")).await;
    assert_eq!(sides(&rig, id), ["6.46 USD", "100000.01 IDR"]);
    let even = rig.transferred(rig.transfer_in(from, to, "155000 IDR")).await;
    assert_eq!(sides(&rig, even), ["10.00 USD", "155000.00 IDR"]);
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!((rig.has(from).0, rig.has(to).0), ("33.54".to_owned(), "255000.01".to_owned()));
    worker.stop().await;
}

#[tokio::test]
async fn an_amount_in_a_third_currency_moves_its_worth() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("500000.00 IDR").await, rig.empty_wallet("IDR").await);
    let id = rig.transferred(rig.transfer_in(from, to, "10 USD")).await;
    assert_eq!(sides(&rig, id), ["155000.00 IDR", "155000.00 IDR"]);
    assert_eq!(
        (rig.payment(id).amount, rate(&rig, id).unwrap()),
        (money("10 USD"), "15500".into())
    );
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.store.posted(id)[0].postings.len(), 2, "nothing is converted between the two");
    assert_eq!(rig.has(to).0, "155000.00");
    worker.stop().await;
}

#[tokio::test]
async fn the_spread_is_the_customers_and_only_where_something_is_converted() {
    let rig = Rig::with_spread(100).await;
    let (dollars, rupiah) = (rig.wallet("500.00 USD").await, rig.wallet("500000.00 IDR").await);
    let other = rig.empty_wallet("IDR").await;
    let debit = rig.transferred(rig.transfer(dollars, rupiah, "10")).await;
    assert_eq!(sides(&rig, debit), ["10.00 USD", "153450.00 IDR"]);
    let credit = rig.transferred(rig.transfer_in(dollars, rupiah, "155000 IDR")).await;
    // 155,000 ÷ 15,345 = 10.1010…
    assert_eq!(sides(&rig, credit), ["10.11 USD", "155000.00 IDR"]);
    let back = rig.transferred(rig.transfer_in(rupiah, dollars, "10 USD")).await;
    // 155,000 ÷ 0.99 = 156,565.6565…
    assert_eq!(sides(&rig, back), ["156565.66 IDR", "10.00 USD"]);
    let third = rig.transferred(rig.transfer_in(rupiah, other, "10 USD")).await;
    assert_eq!(sides(&rig, third), ["155000.00 IDR", "155000.00 IDR"]);
    let plain = rig.transferred(rig.transfer(rupiah, other, "1000")).await;
    assert_eq!(sides(&rig, plain), ["1000.00 IDR", "1000.00 IDR"]);
    assert_eq!(rate(&rig, plain), None);
}

#[tokio::test]
async fn a_quote_locks_its_rate_while_the_market_moves_on() {
    let rig = Rig::with_spread(100).await;
    let (from, to) = (rig.wallet("500.00 USD").await, rig.empty_wallet("IDR").await);
    let quote = Some(rig.quote("USD", "IDR").await);
    rig.rates.set("USD/IDR=20000");
    // Also when there is no market any more.
    rig.rates.stale(true);
    let promised = CreateTransfer { quote, ..rig.transfer(from, to, "10") };
    let promised = rig.transferred(promised).await;
    assert_eq!(sides(&rig, promised), ["10.00 USD", "153450.00 IDR"]);
    rig.rates.stale(false);
    let present = rig.transferred(rig.transfer(from, to, "10")).await;
    assert_eq!(sides(&rig, present), ["10.00 USD", "198000.00 IDR"]);
    let quotes = [promised, present].map(|id| rig.store.record(id).quote);
    assert_eq!(quotes, [quote, None]);
    // The rate of a payment is fixed when it is accepted.
    rig.rates.set("USD/IDR=1");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.has(to).0, "351450.00");
    worker.stop().await;
}

#[tokio::test]
async fn funds_that_are_gone_meanwhile_fail_it() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let first = rig.transferred(rig.transfer(from, to, "3000")).await;
    let second = rig.transferred(rig.transfer(from, to, "3000")).await;
    let third = rig.transferred(rig.transfer(from, to, "2000")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.failure(second), "insufficient-funds");
    assert!(rig.all(&[first, third], Status::Success));
    assert_eq!((rig.has(from).0, rig.has(to).0), ("0.00".to_owned(), "5000.00".to_owned()));
    assert!(rig.announced().contains(&(second, Status::Failed)));
    worker.stop().await;
}

#[tokio::test]
async fn an_account_that_is_closed_meanwhile_fails_it() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let into_closed = rig.transferred(rig.transfer(from, to, "3000")).await;
    rig.accounts.close(&WE, named(to)).await.unwrap();
    let other = rig.empty_wallet("IDR").await;
    let emptying = rig.transferred(rig.transfer(from, other, "5000")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.failure(into_closed), "account-closed");
    assert_eq!(rig.store.status(emptying), Status::Success);
    worker.stop().await;

    let back = rig.transferred(rig.transfer(other, from, "5000")).await;
    rig.accounts.close(&WE, named(from)).await.unwrap();
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.failure(back), "account-closed");
    worker.stop().await;
}

#[tokio::test]
async fn an_overdraft_may_be_used_up_to_no_end() {
    let rig = Rig::new().await;
    let from = rig.open(OpenWallet { overdraft: true, ..empty_wallet("IDR") }).await;
    let to = rig.empty_wallet("IDR").await;
    rig.transferred(rig.transfer(from, to, "3000")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.has(from).0, "-3000.00");
    worker.stop().await;
}

#[tokio::test]
async fn a_hint_that_comes_again_moves_nothing_again() {
    let rig = Rig::new().await;
    let counted = Counted::default();
    let _counting = metrics::set_default_local_recorder(&counted);
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let id = rig.transferred(rig.transfer(from, to, "1000")).await;
    let worker = rig.worker(WorkerConfig::default());
    worker.deliveries().acks_fail.store(true, std::sync::atomic::Ordering::SeqCst);
    rest().await;
    rig.queue.inner.redeliver_unacked();
    rest().await;
    assert_eq!((rig.has(to).0.as_str(), rig.announced().len()), ("1000.00", 1));
    assert_eq!(rig.store.status(id), Status::Success);
    let settled = [("paygate_settlements_total{outcome=SUCCESS}".to_owned(), 1)];
    assert_eq!(counted.of("paygate_settlements_total"), settled);
    assert_eq!(counted.of("paygate_claims_total"), []);
    worker.stop().await;
}

#[tokio::test]
async fn who_waits_is_woken_by_the_outcome() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let call = || Call { wait: Some(Duration::from_secs(10)), ..Call::default() };
    let waiting = |transfer| rig.send_transfer(CreateTransfer { call: call(), ..transfer });
    let settled = waiting(rig.transfer(from, to, "4000"));
    rest().await;
    let failed = waiting(rig.transfer(from, to, "4000"));
    let held = waiting(rig.hold(from, to, "1000"));
    rest().await;
    assert!(!settled.is_finished() && !failed.is_finished() && !held.is_finished());
    let worker = rig.worker(WorkerConfig::default());
    for (request, status) in
        [(settled, Status::Success), (failed, Status::Failed), (held, Status::Authorized)]
    {
        let created = soon(request).await.unwrap().unwrap();
        assert_eq!((created.record.payment.status, created.replayed), (status, false));
    }
    assert_eq!(rig.clock.sleepers(), 0);
    worker.stop().await;
}

#[tokio::test]
async fn fifty_at_once_on_funds_for_ten_are_ten() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("10000.00 IDR").await, rig.empty_wallet("IDR").await);
    let sent = (0..50).map(|_| rig.send_transfer(rig.transfer(from, to, "1000")));
    let answers = join_all(sent.collect::<Vec<_>>()).await;
    assert!(answers.into_iter().all(|it| it.unwrap().is_ok()));
    assert_eq!(rig.count(Status::Pending), 50);
    let worker = rig.worker(WorkerConfig { batch: 7, ..WorkerConfig::default() });
    rest().await;
    rest().await;
    // One more success is the opening balance.
    assert_eq!((rig.count(Status::Success), rig.count(Status::Failed)), (11, 40));
    assert_eq!((rig.has(from).0, rig.has(to).0), ("0.00".to_owned(), "10000.00".to_owned()));
    worker.stop().await;
}

/// Truly beside each other: clients that come while two workers settle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_beside_two_workers_on_funds_for_ten_are_ten() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("10000.00 IDR").await, rig.empty_wallet("IDR").await);
    let workers = [0, 1].map(|_| rig.worker(WorkerConfig { batch: 3, ..Default::default() }));
    let sent = (0..50).map(|index| {
        let transfer = rig.transfer(from, to, "1000");
        let details = crate::rig::under_key(transfer.details.clone(), &index.to_string(), 1);
        rig.send_transfer(CreateTransfer { details, ..transfer })
    });
    let answers = soon(join_all(sent.collect::<Vec<_>>())).await;
    let (accepted, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().map(Result::unwrap).partition(Result::is_ok);
    assert!(refused.iter().all(|it| code(it.as_ref().unwrap_err()) == "insufficient-funds"));
    eventually(|| rig.count(Status::Pending) == 0).await;
    let succeeded = accepted
        .iter()
        .filter(|it| rig.store.status(it.as_ref().unwrap().record.payment.id) == Status::Success);
    assert_eq!(succeeded.count(), 10);
    assert_eq!((rig.has(from).0, rig.has(to).0), ("0.00".to_owned(), "10000.00".to_owned()));
    for worker in workers {
        worker.stop().await;
    }
}
