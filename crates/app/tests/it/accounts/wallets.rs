//! Opening, finding and closing wallets.

use crate::rig::{Rig, WE, aliased, currency, empty_wallet, house, money, named, rest};
use paygate_app::{Accounts, CloseError, OpenError, OpenWallet, WorkerConfig};
use paygate_core::account::headroom::AmountLimit;
use paygate_core::account::{AccountNumber, AccountRef, NotClosable, SystemAccount};
use paygate_core::id::AccountId;
use paygate_core::kind::Kind;
use paygate_core::status::Status;
use paygate_core::text::Label;
use paygate_ports::{AccountQuery, IdSource, StoreError};
use paygate_testkit::faults::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// Ids whose first account numbers were all drawn before.
struct Unlucky {
    ids: Arc<dyn IdSource>,
    taken: AccountNumber,
    left: AtomicU32,
    drawn: AtomicU32,
}

impl IdSource for Unlucky {
    fn uuid_v7(&self) -> Uuid {
        self.ids.uuid_v7()
    }

    fn account_number(&self) -> AccountNumber {
        self.drawn.fetch_add(1, Ordering::SeqCst);
        let unlucky = |left: u32| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, unlucky) {
            Ok(_) => self.taken,
            Err(_) => self.ids.account_number(),
        }
    }

    fn random(&self) -> u64 {
        self.ids.random()
    }
}

/// Accounts that draw a taken number so many times.
async fn unlucky(times: u32) -> (Rig, Accounts, Arc<Unlucky>) {
    let rig = Rig::new().await;
    let taken = rig.empty_wallet("IDR").await;
    let ids = Arc::new(Unlucky {
        ids: rig.ids.clone(),
        taken: rig.account(taken).number,
        left: AtomicU32::new(times),
        drawn: AtomicU32::new(0),
    });
    let (store, standing) = (rig.store.clone(), rig.standing.clone());
    let accounts =
        Accounts::new(store.clone(), store, ids.clone(), standing, AmountLimit::default());
    (rig, accounts, ids)
}

#[tokio::test]
async fn a_wallet_is_opened_with_its_balance_against_the_opening_equity() {
    let rig = Rig::new().await;
    let wallet = OpenWallet {
        name: Label::parse("Ana").ok(),
        opening_balance: Some(money("150.25 SGD")),
        ..aliased(empty_wallet("SGD"), "ana", 1)
    };
    let (record, replayed) = rig.accounts.open(&WE, wallet).await.unwrap();
    assert_eq!(
        (record.account.posted_minor, record.account.last_seq, replayed),
        (15_025, 1, false)
    );
    assert_eq!(record.name, Label::parse("Ana").ok());
    let equity = rig.standing.system(SystemAccount::OpeningEquity, currency("SGD")).unwrap();
    assert_eq!(rig.has(equity).0, "-150.25");
    let opening = rig.payment(rig.newest());
    assert_eq!((opening.kind, opening.status), (Kind::Opening, Status::Success));
    rig.check();

    for name in [
        AccountRef::Id(record.account.id),
        AccountRef::Number(record.account.number),
        AccountRef::Alias(record.alias.clone().unwrap()),
    ] {
        assert_eq!(rig.accounts.get(&WE, name).await.unwrap().as_ref(), Some(&record));
    }
    let unknown = AccountRef::Id(AccountId(Uuid::from_u128(1)));
    assert_eq!(rig.accounts.get(&WE, unknown).await.unwrap(), None);
}

#[tokio::test]
async fn a_currency_that_is_not_enabled_is_named() {
    let rig = Rig::new().await;
    let refused = rig.accounts.open(&WE, empty_wallet("JPY")).await.unwrap_err();
    assert_eq!(refused, OpenError::CurrencyNotEnabled(currency("JPY")));
}

#[tokio::test]
async fn a_number_that_is_taken_is_drawn_again() {
    let (rig, accounts, ids) = unlucky(3).await;
    let wallet = OpenWallet { opening_balance: Some(money("9.00 IDR")), ..empty_wallet("IDR") };
    let (record, _) = accounts.open(&WE, wallet).await.unwrap();
    assert_ne!(record.account.number, ids.taken);
    assert_eq!((record.account.posted_minor, ids.drawn.load(Ordering::SeqCst)), (900, 4));
    let openings = rig.payments();
    assert_eq!(openings, 1, "what was not opened has left nothing behind");
}

#[tokio::test]
async fn it_is_not_drawn_without_end() {
    let (_rig, accounts, ids) = unlucky(u32::MAX).await;
    let error = accounts.open(&WE, empty_wallet("IDR")).await.unwrap_err();
    assert!(matches!(error, OpenError::Store(StoreError::Refused(_))), "{error:?}");
    assert_eq!(ids.drawn.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn an_alias_is_one_wallet() {
    let rig = Rig::new().await;
    let wallet = || OpenWallet { opening_balance: Some(money("9.00 IDR")), ..empty_wallet("IDR") };
    let (first, replayed) = rig.accounts.open(&WE, aliased(wallet(), "ana", 1)).await.unwrap();
    assert!(!replayed);
    let again = rig.accounts.open(&WE, aliased(wallet(), "ana", 1)).await.unwrap();
    assert_eq!(again, (first.clone(), true));
    let other = rig.accounts.open(&WE, aliased(wallet(), "ana", 2)).await.unwrap_err();
    assert_eq!(other, OpenError::AliasTaken { existing: first.account.id });
    // Without an alias each request is a wallet of its own.
    assert_ne!(rig.open(wallet()).await, rig.open(wallet()).await);
    assert_eq!(rig.account(first.account.id).posted_minor, 900);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_by_the_alias() {
    let rig = Rig::new().await;
    let wallet = || {
        let opening_balance = Some(money("9.00 IDR"));
        OpenWallet { opening_balance, ..aliased(empty_wallet("IDR"), "ana", 1) }
    };
    rig.faults.on(Method::Create).fails_after_commit();
    let lost = rig.accounts.open(&WE, wallet()).await.unwrap_err();
    assert!(matches!(lost, OpenError::Store(StoreError::Unavailable(_))), "{lost:?}");
    let (record, replayed) = rig.accounts.open(&WE, wallet()).await.unwrap();
    assert_eq!((record.account.posted_minor, replayed), (900, true));
}

#[tokio::test]
async fn only_an_empty_wallet_can_be_closed() {
    let rig = Rig::new().await;
    let (full, empty) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let close = async |id| rig.accounts.close(&WE, named(id)).await;
    let refused = |why| Err(CloseError::Refused(why));
    assert_eq!(close(full).await, refused(NotClosable::NotEmpty));
    assert_eq!(close(AccountId(Uuid::from_u128(1))).await, Err(CloseError::NotFound));
    let (acquirer, merchant) = rig.standing.charge(&house(), currency("USD")).unwrap();
    assert_eq!(close(acquirer).await, refused(NotClosable::NotAWallet));
    assert_eq!(close(merchant).await, refused(NotClosable::NotAWallet));
    let overdrawn = rig.open(OpenWallet { overdraft: true, ..empty_wallet("IDR") }).await;
    let held = rig.transferred(rig.hold(overdrawn, full, "1000")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(close(overdrawn).await, refused(NotClosable::Held));
    rig.holds.void(&WE, held).await.unwrap();

    rig.clock.advance(std::time::Duration::from_secs(1));
    let closed = close(overdrawn).await.unwrap();
    assert!(closed.account.closed && closed.closed_at.is_some());
    rig.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(close(overdrawn).await.unwrap(), closed, "repeating it changes nothing");
    assert!(close(empty).await.unwrap().account.closed);
    rig.transferred(rig.transfer(full, rig.empty_wallet("IDR").await, "5000")).await;
    rest().await;
    assert!(close(full).await.is_ok());
    worker.stop().await;
}

#[tokio::test]
async fn accounts_are_listed_newest_first_by_pages() {
    let rig = Rig::new().await;
    let mut opened = Vec::new();
    for _ in 0..5 {
        opened.push(rig.empty_wallet("SGD").await);
    }
    rig.empty_wallet("IDR").await;
    let mut query =
        AccountQuery { currency: Some(currency("SGD")), limit: 2, ..AccountQuery::default() };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = rig.accounts.list(&WE, query.clone()).await.unwrap();
        assert_eq!(page.items.len(), 2);
        seen.extend(page.items.iter().map(|it| it.account.id));
        query.cursor = page.next;
    }
    opened.reverse();
    assert_eq!(seen, opened[..4]);
}
