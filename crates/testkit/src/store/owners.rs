//! What is one owner's: keys, references and aliases that are equal are two's own, and each finds and
//! lists what is its own.

use super::helpers::{everything, of_merchant};
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, merchant_account, new_account, new_payment, owned_by, payment_id, wallet_called,
};
use paygate_core::account::{Account, AccountKey, Alias, NewWallet, Role, SystemAccount};
use paygate_core::id::{AccountId, PaymentId, UserId};
use paygate_core::identity::Owner;
use paygate_core::kind::Kind;
use paygate_core::payment::NewPayment;
use paygate_core::status::Status;
use paygate_core::text::Reference;
use paygate_ports::{Accepted, AccountQuery, Opened, PaymentQuery};
use std::sync::Arc;

/// The acquirer's account, and where the charges of two merchants arrive.
async fn shops(store: &StoreUnderTest) -> [Account; 3] {
    let wanted = vec![
        new_account(Role::System(SystemAccount::Acquirer), "USD"),
        merchant_account("one", "USD"),
        merchant_account("two", "USD"),
    ];
    store.accounts.open(wanted).await.unwrap().try_into().unwrap()
}

/// A charge of that merchant, with the reference and the key that both use.
fn charge(shops: &[Account; 3], of: usize) -> NewPayment {
    let amount = crate::build::money("5.00", "USD");
    let name = ["one", "two"][of - 1];
    let payment = new_payment(shops[0].id, shops[of].id, amount);
    payment.with_merchant(name).with_reference("ORDER-1").with_key("key-1", 1)
}

pub async fn equal_keys_and_references_of_two_owners_are_two(store: StoreUnderTest) {
    let shops = shops(&store).await;
    let both = [charge(&shops, 1), charge(&shops, 2)];
    let ids = store.created(&both).await;
    for (payment, own) in both.iter().zip(&ids) {
        // Each hears of its own, and of nothing of the other's.
        let again = payment.clone().with_id(payment_id());
        let Accepted::Replayed(found) = store.accept_one(&again).await else { panic!() };
        assert_eq!((found.payment.id, &found.request), (*own, &payment.request));
        let reused = again.clone().with_key("key-1", 2);
        assert_eq!(store.accept_one(&reused).await, Accepted::KeyReused);
        let taken = again.clone().with_key("key-2", 1);
        let answer = store.accept_one(&taken).await;
        assert_eq!(answer, Accepted::ReferenceTaken { existing: *own });
        let key = payment.request.idempotency.unwrap().key;
        let by_key = store.reader.by_key(key).await.unwrap().unwrap();
        assert_eq!(by_key.payment.id, *own);
    }
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_twins_of_two_owners_are_one_each(store: StoreUnderTest) {
    let shops = shops(&store).await;
    let mut callers = Vec::new();
    for turn in 0..12 {
        let payment = charge(&shops, 1 + turn % 2).with_id(payment_id());
        let payments = Arc::clone(&store.payments);
        callers.push(tokio::spawn(async move {
            payments.accept(vec![payment]).await.unwrap().remove(0)
        }));
    }
    let mut created = 0;
    for caller in callers {
        match caller.await.unwrap() {
            Accepted::Created(_) => created += 1,
            Accepted::Replayed(_) => {}
            other => panic!("they ask for the same: {other:?}"),
        }
    }
    assert_eq!(created, 2);
}

async fn listed(store: &StoreUnderTest, query: PaymentQuery) -> Vec<PaymentId> {
    let page = store.reader.payments(query).await.unwrap();
    page.items.into_iter().map(|it| it.payment.id).collect()
}

pub async fn lists_and_references_find_what_is_the_owners(store: StoreUnderTest) {
    let shops = shops(&store).await;
    let ids = store.created(&[charge(&shops, 1), charge(&shops, 2)]).await;
    store.approve(&ids).await;
    let failing = [1, 2].map(|of| {
        let key = format!("failing-{of}");
        charge(&shops, of).with_reference("ORDER-2").with_key(&key, 1)
    });
    let failed = store.created(&failing).await;
    store.decline(&failed).await;
    let pending = [1, 2].map(|of| charge(&shops, of).with_reference("ORDER-3").with_key("new", 1));
    let pending = store.created(&pending).await;
    let reference = |text: &str| Some(Reference::parse(text).unwrap());
    let with = |query: PaymentQuery| {
        [
            PaymentQuery { reference: reference("ORDER-1"), ..query.clone() },
            PaymentQuery { status: Some(Status::Failed), ..query.clone() },
            PaymentQuery { status: Some(Status::Pending), ..query.clone() },
            PaymentQuery { kind: Some(Kind::Charge), ..query },
        ]
    };
    for (of, name) in ["one", "two"].into_iter().enumerate() {
        let [named, in_state, waiting, all] = with(of_merchant(name));
        assert_eq!(listed(&store, named).await, [ids[of]]);
        assert_eq!(listed(&store, in_state).await, [failed[of]]);
        assert_eq!(listed(&store, waiting).await, [pending[of]]);
        assert_eq!(listed(&store, all).await, [pending[of], failed[of], ids[of]]);
    }
    let both = |ids: &[PaymentId]| ids.iter().rev().copied().collect::<Vec<_>>();
    let [named, in_state, waiting, all] = with(everything());
    assert_eq!(listed(&store, named).await, both(&ids));
    assert_eq!(listed(&store, in_state).await, both(&failed));
    assert_eq!(listed(&store, waiting).await, both(&pending));
    let every = [both(&pending), both(&failed), both(&ids)].concat();
    assert_eq!(listed(&store, all).await, every);
    for query in with(of_merchant("nobody")) {
        assert_eq!(listed(&store, query).await, []);
    }
    assert_ledger_holds(&store).await;
}

/// A wallet of that owner which is called `main`.
fn main_of(owner: Owner, currency: &str) -> NewWallet {
    NewWallet { owner, ..wallet_called("main", currency, 1) }
}

async fn opened(store: &StoreUnderTest, wallet: &NewWallet) -> AccountId {
    match store.accounts.create(wallet.clone(), None).await.unwrap() {
        Opened::Created(record) => {
            assert_eq!(record.account.role, Role::Wallet(wallet.owner.clone()));
            record.account.id
        }
        other => panic!("{other:?}"),
    }
}

async fn accounts(store: &StoreUnderTest, query: AccountQuery) -> Vec<AccountId> {
    let page = store.account_reader.accounts(query).await.unwrap();
    page.items.into_iter().map(|it| it.account.id).collect()
}

pub async fn equal_aliases_of_two_owners_are_two(store: StoreUnderTest) {
    let person = Owner::User(UserId(payment_id().0));
    let owners = [owned_by("one"), owned_by("two"), person];
    let mut ids = Vec::new();
    for owner in &owners {
        ids.push(opened(&store, &main_of(owner.clone(), "USD")).await);
    }
    let alias = || Alias::parse("main").unwrap();
    for (owner, own) in owners.iter().zip(&ids) {
        let key = AccountKey::Alias(owner.clone(), alias());
        let found = store.account_reader.find(vec![key]).await.unwrap().remove(0).unwrap();
        assert_eq!(found.account.id, *own);
        let again = store.accounts.create(main_of(owner.clone(), "USD"), None).await.unwrap();
        let Opened::Replayed(replayed) = again else { panic!("{again:?}") };
        assert_eq!(replayed.account.id, *own);
        let other = NewWallet {
            hash: paygate_core::identity::RequestHash([9; 32]),
            ..main_of(owner.clone(), "USD")
        };
        let taken = store.accounts.create(other, None).await.unwrap();
        assert_eq!(taken, Opened::AliasTaken { existing: *own });
    }
    let nobody = AccountKey::Alias(owned_by("nobody"), alias());
    assert_eq!(store.account_reader.find(vec![nobody]).await.unwrap(), [None]);

    let all = AccountQuery { limit: 10, ..AccountQuery::default() };
    let named = AccountQuery { alias: Some(alias()), ..all.clone() };
    let newest_first: Vec<_> = ids.iter().rev().copied().collect();
    assert_eq!(accounts(&store, named.clone()).await, newest_first);
    let two = AccountQuery { limit: 2, ..named.clone() };
    assert_eq!(accounts(&store, two.clone()).await, newest_first[..2]);
    let rest = AccountQuery { cursor: Some(newest_first[1]), ..two };
    assert_eq!(accounts(&store, rest).await, newest_first[2..]);
    for (owner, own) in owners.iter().zip(&ids) {
        let owner = Some(owner.clone());
        let of = AccountQuery { owner: owner.clone(), ..all.clone() };
        assert_eq!(accounts(&store, of).await, [*own]);
        let named = AccountQuery { owner, ..named.clone() };
        assert_eq!(accounts(&store, named).await, [*own]);
    }
}

pub async fn accounts_are_listed_of_an_owner(store: StoreUnderTest) {
    shops(&store).await;
    let wallet = |name: &str, code: &str| NewWallet {
        owner: owned_by(name),
        alias: None,
        ..wallet_called("unused", code, 1)
    };
    let mut ids = Vec::new();
    for (name, code) in [("one", "USD"), ("two", "EUR"), ("one", "EUR"), ("one", "USD")] {
        ids.push(opened(&store, &wallet(name, code)).await);
    }
    let all = AccountQuery { limit: 10, ..AccountQuery::default() };
    let of = |name: &str, code: Option<&str>| AccountQuery {
        owner: Some(owned_by(name)),
        currency: code.map(crate::build::currency),
        ..all.clone()
    };
    let own = |query| accounts(&store, query);
    let one = own(of("one", None)).await;
    assert_eq!((&one[..3], one.len()), (&[ids[3], ids[2], ids[0]][..], 4), "and its charges'");
    assert_eq!(own(of("one", Some("EUR"))).await, [ids[2]]);
    assert_eq!(own(of("two", Some("EUR"))).await, [ids[1]]);
    assert_eq!(own(of("nobody", None)).await, []);
    assert_eq!(own(of("two", Some("JPY"))).await, []);
    let page = AccountQuery { limit: 1, cursor: Some(ids[3]), ..of("one", None) };
    assert_eq!(own(page).await, [ids[2]]);
    assert_eq!(accounts(&store, all.clone()).await.len(), 7);
}
