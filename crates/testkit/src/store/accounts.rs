//! `AccountStore`: a role and a currency are one account.

use super::under_test::StoreUnderTest;
use crate::build::{merchant_account, new_account, open_usd_pair, payment_id};
use paygate_core::account::{Account, NewAccount, Role, SystemAccount};
use paygate_core::id::AccountId;
use paygate_ports::StoreError;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The account that is opened when it does not exist yet.
fn opened(new: &NewAccount) -> Account {
    let NewAccount { id, number, currency, role, overdraft } = new.clone();
    Account {
        id,
        number,
        currency,
        role,
        overdraft,
        closed: false,
        posted_minor: 0,
        held_minor: 0,
        last_seq: 0,
        last_entry_at: None,
    }
}

fn system_account(currency: &str) -> NewAccount {
    new_account(Role::System(SystemAccount::Acquirer), currency)
}

pub async fn an_account_is_opened_once_per_role_and_currency(store: StoreUnderTest) {
    let first = [system_account("USD"), merchant_account("m.x-1", "USD")];
    let answers = store.accounts.open(first.to_vec()).await.unwrap();
    assert_eq!(answers, [opened(&first[0]), opened(&first[1])]);
    for (new, account) in first.iter().zip(&answers) {
        assert_eq!(store.accounts.account(new.id).await.unwrap().as_ref(), Some(account));
    }
    let mut again = vec![system_account("USD"), merchant_account("m.x-1", "USD")];
    again[1].overdraft = true;
    assert_eq!(store.accounts.open(again.clone()).await.unwrap(), answers, "the first stays");
    assert_eq!(store.accounts.account(again[0].id).await.unwrap(), None);
    assert_eq!(store.accounts.open(first.to_vec()).await.unwrap(), answers, "the very same call");
}

pub async fn accounts_are_answered_in_the_order_asked(store: StoreUnderTest) {
    let roles = SystemAccount::ALL.iter().map(|code| new_account(Role::System(*code), "EUR"));
    let mut wanted: Vec<_> = roles.collect();
    wanted.extend(["USD", "JPY", "KWD"].map(|currency| merchant_account("m", currency)));
    wanted.reverse();
    wanted.swap(1, 5);
    store.accounts.open(vec![wanted[3].clone()]).await.unwrap();
    let answers = store.accounts.open(wanted.clone()).await.unwrap();
    assert_eq!(answers, wanted.iter().map(opened).collect::<Vec<_>>());
    assert_eq!(store.accounts.open(Vec::new()).await.unwrap(), []);
}

pub async fn twins_in_one_call_are_one_account(store: StoreUnderTest) {
    let twins = vec![merchant_account("m", "USD"), merchant_account("m", "USD")];
    let answers = store.accounts.open(twins.clone()).await.unwrap();
    assert_eq!(answers[0], answers[1]);
    assert!(twins.iter().any(|twin| answers[0] == opened(twin)), "{answers:?}");
}

pub async fn a_number_or_id_of_another_account_is_refused(store: StoreUnderTest) {
    let first = merchant_account("m", "USD");
    store.accounts.open(vec![first.clone()]).await.unwrap();
    let same_number = NewAccount { number: first.number, ..merchant_account("n", "USD") };
    let same_id = NewAccount { id: first.id, ..merchant_account("n", "USD") };
    for taken in [same_number, same_id] {
        let neighbour = merchant_account("o", "USD");
        let answer = store.accounts.open(vec![neighbour.clone(), taken]).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
        assert_eq!(store.accounts.account(neighbour.id).await.unwrap(), None, "none was opened");
    }
    assert_eq!(store.accounts.account(first.id).await.unwrap(), Some(opened(&first)));
}

pub async fn concurrent_openers_get_the_same_account(store: StoreUnderTest) {
    let openers: Vec<_> = (0..12)
        .map(|opener| {
            let accounts = Arc::clone(&store.accounts);
            let mut wanted: Vec<_> =
                ["USD", "EUR", "SGD"].map(|currency| merchant_account("m", currency)).into();
            wanted.rotate_left(opener % 3);
            tokio::spawn(async move { accounts.open(wanted).await.unwrap() })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for opener in openers {
        ids.extend(opener.await.unwrap().into_iter().map(|account| account.id));
    }
    assert_eq!(ids.len(), 3);
}

pub async fn an_unknown_account_is_none(store: StoreUnderTest) {
    open_usd_pair(&store).await;
    assert_eq!(store.accounts.account(AccountId(payment_id().0)).await.unwrap(), None);
}
