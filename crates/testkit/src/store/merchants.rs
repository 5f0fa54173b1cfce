//! `MerchantStore`: a merchant is taken in once, and that is written down.

use super::under_test::StoreUnderTest;
use crate::build::{audit_entry, idempotency, merchant};
use paygate_core::identity::{Actor, AuditAction, Merchant, NewMerchant, Target};
use paygate_core::text::Label;
use paygate_ports::{AuditQuery, Made, MerchantQuery, StoreError, TakenIn};
use std::sync::Arc;

fn new(id: &str, name: Option<&str>) -> NewMerchant {
    let name = name.map(|text| Label::parse(text).unwrap());
    NewMerchant { id: merchant(id), name, created_by: Actor::Operator, sent: None }
}

async fn try_take_in(store: &StoreUnderTest, new: &NewMerchant) -> Result<TakenIn, StoreError> {
    let target = Target::Merchant(new.id.clone());
    let audit = audit_entry(AuditAction::MerchantCreated, target);
    store.merchants.create(new.clone(), audit).await
}

async fn take_in(store: &StoreUnderTest, new: &NewMerchant) -> TakenIn {
    try_take_in(store, new).await.unwrap()
}

async fn created(store: &StoreUnderTest, new: &NewMerchant) -> Merchant {
    match take_in(store, new).await {
        TakenIn::Made(Made::Created(merchant)) => merchant,
        other => panic!("{other:?}"),
    }
}

async fn written_down(store: &StoreUnderTest) -> usize {
    let query = AuditQuery { limit: 100, ..AuditQuery::default() };
    store.audit_log.audited(query).await.unwrap().items.len()
}

pub async fn a_merchant_is_taken_in_as_asked(store: StoreUnderTest) {
    let before = store.now().await;
    for new in [new("shop", Some("A 'Shop' 🦀")), new("a.b_c-d", None)] {
        assert_eq!(store.merchants.merchant(new.id.clone()).await.unwrap(), None);
        let merchant = created(&store, &new).await;
        let Merchant { id, name, created_by, created_at } = merchant.clone();
        assert_eq!((&id, &name, &created_by), (&new.id, &new.name, &Actor::Operator));
        assert!((before..=store.now().await).contains(&created_at));
        assert_eq!(store.merchants.merchant(id).await.unwrap(), Some(merchant));
    }
    assert_eq!(written_down(&store).await, 2);
}

pub async fn a_merchant_asked_for_again_is_the_same(store: StoreUnderTest) {
    let named = new("shop", Some("Shop"));
    let merchant = created(&store, &named).await;
    let again = take_in(&store, &named).await;
    assert_eq!(again, TakenIn::Made(Made::Replayed(merchant.clone())));
    assert_eq!(take_in(&store, &new("shop", None)).await, TakenIn::Taken);
    assert_eq!(take_in(&store, &new("shop", Some("Other"))).await, TakenIn::Taken);

    // A key goes before the id.
    let keyed = NewMerchant { sent: Some(idempotency("k", 1)), ..new("keyed", None) };
    let merchant = created(&store, &keyed).await;
    let again = NewMerchant { id: named.id.clone(), ..keyed.clone() };
    assert_eq!(take_in(&store, &again).await, TakenIn::Made(Made::Replayed(merchant)));
    let other = NewMerchant { sent: Some(idempotency("k", 2)), ..new("another", None) };
    assert_eq!(take_in(&store, &other).await, TakenIn::Made(Made::KeyReused));
    assert_eq!(store.merchants.merchant(other.id).await.unwrap(), None);
    assert_eq!(written_down(&store).await, 2);
}

pub async fn concurrent_twins_are_taken_in_once(store: StoreUnderTest) {
    for round in 0..3 {
        let twins = (0..8).map(|turn| {
            let sent = (turn % 2 == 0).then(|| idempotency(&format!("k{round}"), 1));
            let new = NewMerchant { sent, ..new(&format!("shop-{round}"), Some("Shop")) };
            let (merchants, id) = (Arc::clone(&store.merchants), new.id.clone());
            let audit = audit_entry(AuditAction::MerchantCreated, Target::Merchant(id));
            tokio::spawn(async move { merchants.create(new, audit).await.unwrap() })
        });
        let mut made = 0;
        for twin in twins.collect::<Vec<_>>() {
            match twin.await.unwrap() {
                TakenIn::Made(Made::Created(_)) => made += 1,
                TakenIn::Made(Made::Replayed(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(made, 1);
    }
    assert_eq!(written_down(&store).await, 3);
}

pub async fn merchants_are_listed_by_id(store: StoreUnderTest) {
    for id in ["b", "a", "d", "c", "a-1"] {
        created(&store, &new(id, None)).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let query = MerchantQuery { limit: 2, after };
        let page = store.merchants.merchants(query).await.unwrap();
        assert!(page.items.len() == 2 || page.next.is_none());
        seen.extend(page.items.into_iter().map(|it| it.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a", "a-1", "b", "c", "d"]);
    let all = MerchantQuery { limit: 5, after: None };
    assert_eq!(store.merchants.merchants(all).await.unwrap().next, None, "there are no more");
}

pub async fn what_is_written_down_is_written_with_it(store: StoreUnderTest) {
    // An entry whose id is taken can't be written: nobody is taken in.
    let shop = new("shop", None);
    let audit = audit_entry(AuditAction::MerchantCreated, Target::Merchant(shop.id.clone()));
    store.merchants.create(shop, audit.clone()).await.unwrap();
    let other = new("other", None);
    let refused = store.merchants.create(other.clone(), audit).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(store.merchants.merchant(other.id).await.unwrap(), None);
    assert_eq!(written_down(&store).await, 1);
}
