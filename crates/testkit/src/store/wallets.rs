//! `AccountStore::create` and `close`: a wallet is opened once, with its opening balance or not at
//! all, and closed when it is empty.

use super::helpers::everything;
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, acting, money, open_empty_wallet, open_system, open_usd_pair, open_wallet, opening,
    owned_by, payment_id, transfer, wallet, wallet_called,
};
use paygate_core::account::headroom::BALANCE_LIMIT_MINOR;
use paygate_core::account::{Account, AccountRecord, NewWallet, NotClosable, Role, SystemAccount};
use paygate_core::id::AccountId;
use paygate_core::identity::{KeyHash, Operation, RequestHash};
use paygate_core::payment::{NewPayment, Reason};
use paygate_core::status::Status;
use paygate_core::terms::Terms;
use paygate_core::text::{IdempotencyKey, Label, Metadata};
use paygate_ports::{Opened, StoreError};
use std::sync::Arc;

fn created(answer: Opened) -> AccountRecord {
    let Opened::Created(record) = answer else { panic!("{answer:?}") };
    record
}

/// The wallet as it is before its first posting.
fn fresh(wallet: &NewWallet) -> Account {
    Account {
        id: wallet.id,
        number: wallet.number,
        currency: wallet.currency,
        role: Role::Wallet(wallet.owner.clone()),
        overdraft: wallet.overdraft,
        closed: false,
        posted_minor: 0,
        held_minor: 0,
        last_seq: 0,
        last_entry_at: None,
    }
}

async fn create(
    store: &StoreUnderTest,
    wallet: &NewWallet,
    opening: Option<&NewPayment>,
) -> Result<Opened, StoreError> {
    store.accounts.create(wallet.clone(), opening.cloned()).await
}

pub async fn a_wallet_is_opened_as_asked(store: StoreUnderTest) {
    let plain = wallet("JPY");
    let rich = NewWallet {
        overdraft: true,
        name: Some(Label::parse("Ünïcode 'n' \"co\" \\ 🦀").unwrap()),
        metadata: Some(Metadata::parse("{ \"z\":1,\"a\" : 1e400 }").unwrap()),
        ..wallet_called("Alice.w-1_x", "USD", 9)
    };
    for wallet in [plain, rich] {
        let before = store.now().await;
        let record = created(create(&store, &wallet, None).await.unwrap());
        let after = store.now().await;
        assert_eq!(record.account, fresh(&wallet));
        assert_eq!(record.name, wallet.name);
        assert_eq!(record.alias, wallet.alias);
        assert_eq!(record.metadata, wallet.metadata);
        assert!(before <= record.created_at && record.created_at <= after);
        assert_eq!(record.closed_at, None);
        assert_eq!(store.account(wallet.id).await, record.account);
    }
    assert_eq!(store.reader.payments(everything()).await.unwrap().items, []);
    assert_ledger_holds(&store).await;
}

pub async fn an_opening_balance_is_posted_with_its_wallet(store: StoreUnderTest) {
    let wallet = wallet("USD");
    let opening = opening(&store, &wallet, "100.50").await;
    let record = created(create(&store, &wallet, Some(&opening)).await.unwrap());
    assert_eq!((record.account.posted_minor, record.account.last_seq), (10_050, 1));
    assert_eq!(store.account(wallet.id).await, record.account);
    let balance = store.reader.payment(opening.id).await.unwrap().unwrap();
    assert_eq!((balance.payment.status, balance.payment.transitions), (Status::Success, 1));
    assert_eq!(balance.request, opening.request);
    let [entry] = store.journal.entries_of(opening.id).await.unwrap().try_into().unwrap();
    assert_eq!(record.account.last_entry_at, Some(entry.at));
    let equity = open_system(&store, SystemAccount::OpeningEquity, "USD").await;
    assert_eq!(equity.posted_minor, -10_050);
    assert_ledger_holds(&store).await;
}

pub async fn a_wallet_asked_for_again_is_the_same(store: StoreUnderTest) {
    let first = wallet_called("alice", "USD", 1);
    let balance = opening(&store, &first, "10.00").await;
    created(create(&store, &first, Some(&balance)).await.unwrap());
    // As it is now, not as it was.
    let other = open_empty_wallet(&store, "USD").await;
    let account = store.account(first.id).await;
    let paid = store.worked(transfer(&account, &other, "4.00")).await;
    assert_eq!(paid.status, Status::Success);

    let again = wallet_called("alice", "USD", 1);
    let second = opening(&store, &again, "10.00").await;
    let answer = create(&store, &again, Some(&second)).await.unwrap();
    let Opened::Replayed(record) = answer else { panic!("{answer:?}") };
    assert_eq!((record.account.id, record.account.posted_minor), (first.id, 600));
    assert_eq!(store.accounts.account(again.id).await.unwrap(), None);
    assert_eq!(store.reader.payment(second.id).await.unwrap(), None, "nothing is deposited twice");

    // The very same call, as after a lost commit.
    for (wallet, opening) in [(first, Some(balance)), (wallet("USD"), None)] {
        for _ in 0..2 {
            let record = created(create(&store, &wallet, opening.as_ref()).await.unwrap());
            assert_eq!(record.account, store.account(wallet.id).await);
        }
    }
    assert_ledger_holds(&store).await;
}

pub async fn an_alias_is_one_accounts(store: StoreUnderTest) {
    let first = wallet_called("alice", "USD", 1);
    created(create(&store, &first, None).await.unwrap());
    let other = wallet_called("alice", "USD", 2);
    let balance = opening(&store, &other, "10.00").await;
    let answer = create(&store, &other, Some(&balance)).await.unwrap();
    assert_eq!(answer, Opened::AliasTaken { existing: first.id });
    assert_eq!(store.accounts.account(other.id).await.unwrap(), None);
    assert_eq!(store.reader.payment(balance.id).await.unwrap(), None);
    // Aliases differ by case.
    created(create(&store, &wallet_called("Alice", "USD", 1), None).await.unwrap());
    assert_ledger_holds(&store).await;
}

pub async fn a_taken_number_opens_nothing(store: StoreUnderTest) {
    let first = wallet("USD");
    created(create(&store, &first, None).await.unwrap());
    let pair = open_usd_pair(&store).await;
    let same_number = NewWallet { number: first.number, ..wallet("USD") };
    let balance = opening(&store, &same_number, "10.00").await;
    let answer = create(&store, &same_number, Some(&balance)).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert_eq!(store.accounts.account(same_number.id).await.unwrap(), None);
    assert_eq!(store.reader.payment(balance.id).await.unwrap(), None);
    let same_number = NewWallet { number: pair.merchant.number, ..wallet("USD") };
    let answer = create(&store, &same_number, None).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert_eq!(store.account(pair.merchant.id).await, pair.merchant);
    assert_ledger_holds(&store).await;
}

pub async fn an_opening_balance_beyond_all_balances_is_refused(store: StoreUnderTest) {
    let rich = wallet("USD");
    let balance = opening(&store, &rich, "10.00").await;
    let equity = store.id(balance.source.0);
    let set =
        |minor: i64| format!("UPDATE accounts SET posted_minor = {minor} WHERE id = {equity}");
    for opened_so_far in [i64::MAX, BALANCE_LIMIT_MINOR - 999] {
        store.run(set(-opened_so_far)).await;
        let answer = create(&store, &rich, Some(&balance)).await.unwrap();
        assert_eq!(answer, Opened::Refused(Reason::Overflow));
        assert_eq!(store.accounts.account(rich.id).await.unwrap(), None);
    }
    store.run(set(0)).await;
    created(create(&store, &rich, Some(&balance)).await.unwrap());
    assert_ledger_holds(&store).await;
}

pub async fn an_opening_balance_that_is_refused_opens_nothing(store: StoreUnderTest) {
    let other = open_empty_wallet(&store, "USD").await;
    let poor = wallet_called("poor", "USD", 1);
    let good = opening(&store, &poor, "10.00").await;
    let missing = NewPayment { source: AccountId(poor.id.0), ..good.clone() };
    let unfunded = NewPayment { source: other.id, ..good.clone() };
    let euro = Terms::plain(money("10.00", "EUR"));
    let foreign = NewPayment { terms: euro, ..good.clone() };
    for refused in [missing, unfunded, foreign] {
        let answer = create(&store, &poor, Some(&refused)).await;
        let is_refused = matches!(answer, Err(StoreError::Refused(_)) | Ok(Opened::Refused(_)));
        assert!(is_refused, "{answer:?}");
        assert_eq!(store.accounts.account(poor.id).await.unwrap(), None);
        assert_eq!(store.reader.payment(refused.id).await.unwrap(), None);
    }
    // What was refused has used up neither alias nor number.
    created(create(&store, &poor, Some(&good)).await.unwrap());
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_twins_by_alias_are_opened_once(store: StoreUnderTest) {
    for round in 0..5 {
        let mut callers = Vec::new();
        for _ in 0..12 {
            let wallet = wallet_called(&format!("alias-{round}"), "USD", 1);
            let opening = opening(&store, &wallet, "10.00").await;
            let accounts = Arc::clone(&store.accounts);
            callers.push(tokio::spawn(async move {
                accounts.create(wallet, Some(opening)).await.unwrap()
            }));
        }
        let (mut created, mut ids) = (0, Vec::new());
        for caller in callers {
            match caller.await.unwrap() {
                Opened::Created(record) => {
                    created += 1;
                    ids.push(record.account.id);
                }
                Opened::Replayed(record) => {
                    assert_eq!(record.account.posted_minor, 1_000);
                    ids.push(record.account.id);
                }
                other => panic!("they ask for the same: {other:?}"),
            }
        }
        ids.dedup();
        assert_eq!((created, ids.len()), (1, 1), "all mean the same wallet");
    }
    let equity = open_system(&store, SystemAccount::OpeningEquity, "USD").await;
    assert_eq!(equity.posted_minor, -5_000);
    assert_ledger_holds(&store).await;
}

pub async fn an_empty_wallet_is_closed_for_good(store: StoreUnderTest) {
    let wallet = open_empty_wallet(&store, "USD").await;
    let before = store.now().await;
    let closed = store.accounts.close(wallet.id).await.unwrap().unwrap().unwrap();
    let after = store.now().await;
    assert_eq!(closed.account, Account { closed: true, ..wallet.clone() });
    assert!(Some(before) <= closed.closed_at && closed.closed_at <= Some(after));
    assert_eq!(store.account(wallet.id).await, closed.account);
    let again = store.accounts.close(wallet.id).await.unwrap().unwrap().unwrap();
    assert_eq!(again, closed, "it keeps its time");
    assert_eq!(store.accounts.close(AccountId(payment_id().0)).await.unwrap(), None);

    // Nothing is posted to it any more.
    let payer = open_wallet(&store, "USD", "10.00").await;
    let paid = store.worked(transfer(&payer, &wallet, "1.00")).await;
    assert_eq!(paid.failure.map(|failure| failure.code), Some(Reason::AccountClosed));
    assert_eq!(store.balance(&payer).await, (1_000, 0));
    assert_ledger_holds(&store).await;
}

pub async fn what_is_in_use_is_not_closed(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let rich = open_wallet(&store, "USD", "10.00").await;
    let overdrawn = NewWallet { overdraft: true, ..wallet("USD") };
    create(&store, &overdrawn, None).await.unwrap();
    let overdrawn = store.account(overdrawn.id).await;
    let held = store.worked(transfer(&overdrawn, &rich, "1.00").held()).await;
    assert_eq!(held.status, Status::Authorized);
    for (account, why) in [
        (&pair.acquirer, NotClosable::NotAWallet),
        (&pair.merchant, NotClosable::NotAWallet),
        (&rich, NotClosable::NotEmpty),
        (&overdrawn, NotClosable::Held),
    ] {
        let answer = store.accounts.close(account.id).await.unwrap();
        assert_eq!(answer, Some(Err(why)));
        assert!(!store.account(account.id).await.closed);
    }
    assert_ledger_holds(&store).await;
}

/// Whoever comes first, nothing is lost: the wallet is closed and empty, or open and paid.
pub async fn closing_and_paying_at_once_lose_nothing(store: StoreUnderTest) {
    let payer = open_wallet(&store, "USD", "100.00").await;
    for _ in 0..20 {
        let wallet = open_empty_wallet(&store, "USD").await;
        let payment = store.created_one(transfer(&payer, &wallet, "1.00")).await;
        let accounts = Arc::clone(&store.accounts);
        let closing =
            tokio::spawn(async move { accounts.close(wallet.id).await.unwrap().unwrap() });
        store.work(&[payment]).await;
        let closed = closing.await.unwrap().is_ok();
        let paid = store.payment(payment).await.status == Status::Success;
        assert_eq!(closed, !paid);
    }
    assert_ledger_holds(&store).await;
}

/// The wallet under a key of a merchant.
fn keyed(merchant: &str, request: u8) -> NewWallet {
    let key = IdempotencyKey::parse("key-1").unwrap();
    let key = Some(KeyHash::of(&acting(merchant), Operation::OpenAccount, &key));
    let hash = RequestHash([request; 32]);
    NewWallet { owner: owned_by(merchant), key, hash, ..wallet("USD") }
}

pub async fn a_key_opens_one_wallet_of_each_owner(store: StoreUnderTest) {
    for name in ["one", "two"] {
        let first = keyed(name, 1);
        let opening = opening(&store, &first, "10.00").await;
        let record = created(create(&store, &first, Some(&opening)).await.unwrap());
        // The answer was lost.
        let again = create(&store, &first, Some(&opening)).await.unwrap();
        assert_eq!(again, Opened::Created(record.clone()));
        let twin = keyed(name, 1);
        let its = crate::build::opening(&store, &twin, "10.00").await;
        let replayed = create(&store, &twin, Some(&its)).await.unwrap();
        assert_eq!(replayed, Opened::Replayed(record.clone()));
        assert_eq!(create(&store, &keyed(name, 2), None).await.unwrap(), Opened::KeyReused);
        // The key goes before the alias.
        let called = NewWallet { alias: wallet_called("other", "USD", 1).alias, ..keyed(name, 2) };
        assert_eq!(create(&store, &called, None).await.unwrap(), Opened::KeyReused);
        assert_eq!(store.account(record.account.id).await.posted_minor, 1_000);
    }
    let equity = open_system(&store, SystemAccount::OpeningEquity, "USD").await;
    assert_eq!(equity.posted_minor, -2_000);
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_twins_by_key_are_opened_once(store: StoreUnderTest) {
    let mut callers = Vec::new();
    for _ in 0..12 {
        let wallet = keyed("one", 1);
        let opening = opening(&store, &wallet, "10.00").await;
        let accounts = Arc::clone(&store.accounts);
        callers.push(tokio::spawn(
            async move { accounts.create(wallet, Some(opening)).await.unwrap() },
        ));
    }
    let (mut created, mut ids) = (0, Vec::new());
    for caller in callers {
        match caller.await.unwrap() {
            Opened::Created(record) => {
                created += 1;
                ids.push(record.account.id);
            }
            Opened::Replayed(record) => ids.push(record.account.id),
            other => panic!("they ask for the same: {other:?}"),
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!((created, ids.len()), (1, 1), "all mean the same wallet");
    assert_ledger_holds(&store).await;
}
