//! `QuoteStore`: quotes are kept, and serve one payment each.

use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, acting, conversion, open_empty_wallet, open_liquidity, open_wallet, owned_by,
    payment_id, quote, transfer,
};
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::account::Account;
use paygate_core::fx::{Quote, Rate};
use paygate_core::id::QuoteId;
use paygate_core::identity::{Idempotency, Operation, RequestHash, SentKey};
use paygate_core::payment::NewPayment;
use paygate_core::status::Status;
use paygate_core::text::IdempotencyKey;
use paygate_ports::{Accepted, Kept, StoreError};
use std::sync::Arc;

async fn kept(store: &StoreUnderTest, rate: &str) -> Quote {
    let quote = quote("USD", "EUR", rate);
    store.quotes.keep(quote.clone(), None).await.unwrap();
    quote
}

async fn wallets(store: &StoreUnderTest) -> [Account; 2] {
    open_liquidity(store, ["USD", "EUR"]).await;
    [open_wallet(store, "USD", "100.00").await, open_empty_wallet(store, "EUR").await]
}

fn quoted([from, to]: &[Account; 2], quote: &Quote) -> NewPayment {
    conversion(from, to, "10.00", "0.92").with_quote(quote)
}

pub async fn a_quote_is_kept_exactly(store: StoreUnderTest) {
    let (usd, jpy) = (crate::build::currency("USD"), crate::build::currency("JPY"));
    let longest = Rate::new(usd, jpy, 999_999_999_999_999, 1_000_000_000_000_000).unwrap();
    for mut quote in [quote("USD", "EUR", "0.92"), quote("USD", "IDR", "15500")] {
        assert_eq!(store.quotes.quote(quote.id).await.unwrap(), None);
        store.quotes.keep(quote.clone(), None).await.unwrap();
        assert_eq!(store.quotes.quote(quote.id).await.unwrap(), Some(quote.clone()));
        store.quotes.keep(quote.clone(), None).await.unwrap();
        quote.id = QuoteId(payment_id().0);
        quote.applied.rate = longest;
        quote.applied.source = "of 'another' 🦀".to_owned();
        store.quotes.keep(quote.clone(), None).await.unwrap();
        assert_eq!(store.quotes.quote(quote.id).await.unwrap(), Some(quote));
    }
}

pub async fn a_quote_serves_one_payment(store: StoreUnderTest) {
    let wallets = wallets(&store).await;
    let (quote, other) = (kept(&store, "0.92").await, kept(&store, "0.92").await);
    let first = quoted(&wallets, &quote).with_key("k", 1);
    let existing = store.created_one(first.clone()).await;
    let record = store.reader.payment(existing).await.unwrap().unwrap();
    assert_eq!((record.quote, record.fx), (Some(quote.id), first.terms.fx.clone()));

    let neighbour = transfer(&wallets[0], &open_empty_wallet(&store, "USD").await, "1.00");
    let batch = [quoted(&wallets, &quote), neighbour, quoted(&wallets, &other)];
    let answers = store.accept(&batch).await;
    assert_eq!(answers[0], Accepted::QuoteUsed { existing });
    assert_eq!(store.reader.payment(batch[0].id).await.unwrap(), None);
    assert!(matches!(answers[1..], [Accepted::Created(_), Accepted::Created(_)]), "{answers:?}");

    // Also if it failed, it was served: the row is there.
    store.work(&[existing]).await;
    assert_eq!(store.payment(existing).await.status, Status::Success);
    let again = store.accept_one(&quoted(&wallets, &quote)).await;
    assert_eq!(again, Accepted::QuoteUsed { existing });
    assert_ledger_holds(&store).await;
}

pub async fn of_twins_by_quote_one_is_created(store: StoreUnderTest) {
    let wallets = wallets(&store).await;
    let quote = kept(&store, "0.92").await;
    let batch = [quoted(&wallets, &quote), quoted(&wallets, &quote)];
    let answers = store.accept(&batch).await;
    let (created, other) = match &answers[..] {
        [Accepted::Created(_), other] => (&batch[0], other),
        [other, Accepted::Created(_)] => (&batch[1], other),
        _ => panic!("none was created: {answers:?}"),
    };
    assert_eq!(*other, Accepted::QuoteUsed { existing: created.id });
}

pub async fn concurrent_twins_by_quote_are_created_once(store: StoreUnderTest) {
    let wallets = wallets(&store).await;
    for _ in 0..5 {
        let quote = kept(&store, "0.92").await;
        let callers: Vec<_> = (0..12)
            .map(|_| {
                let (payments, twin) = (Arc::clone(&store.payments), quoted(&wallets, &quote));
                tokio::spawn(async move { payments.accept(vec![twin]).await.unwrap().remove(0) })
            })
            .collect();
        let mut created = 0;
        for caller in callers {
            match caller.await.unwrap() {
                Accepted::Created(_) => created += 1,
                Accepted::QuoteUsed { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(created, 1);
    }
    assert_ledger_holds(&store).await;
}

pub async fn id_key_and_reference_go_before_quote(store: StoreUnderTest) {
    let wallets = wallets(&store).await;
    let quote = kept(&store, "0.92").await;
    let by_quote = quoted(&wallets, &quote);
    let by_key = quoted(&wallets, &quote).with_key("k", 1).with_reference("r-key");
    let by_key =
        NewPayment { terms: conversion(&wallets[0], &wallets[1], "10.00", "0.92").terms, ..by_key };
    let by_reference = transfer(&wallets[0], &wallets[1], "1.00").with_reference("r");
    store.created(&[by_quote.clone(), by_key.clone(), by_reference.clone()]).await;

    let both = by_key.clone().with_quote(&quote);
    let own_id = store.accept_one(&both).await;
    assert!(matches!(own_id, Accepted::Created(_)), "{own_id:?}");
    let replayed = store.accept_one(&both.clone().with_id(payment_id())).await;
    assert!(matches!(replayed, Accepted::Replayed(_)), "{replayed:?}");
    let reused = store.accept_one(&both.with_id(payment_id()).with_key("k", 2)).await;
    assert_eq!(reused, Accepted::KeyReused);
    let taken = store.accept_one(&by_reference.with_id(payment_id()).with_quote(&quote)).await;
    assert!(matches!(taken, Accepted::ReferenceTaken { .. }), "{taken:?}");
    let used = store.accept_one(&quoted(&wallets, &quote)).await;
    assert_eq!(used, Accepted::QuoteUsed { existing: by_quote.id });
}

pub async fn an_unknown_quote_is_refused(store: StoreUnderTest) {
    let wallets = wallets(&store).await;
    let unknown = quote("USD", "EUR", "0.92");
    let payment = quoted(&wallets, &unknown);
    let answer = store.accept_one(&payment).await;
    assert!(matches!(answer, Accepted::Refused(StoreError::Refused(_))), "{answer:?}");
    store.quotes.keep(unknown, None).await.unwrap();
    store.created_one(payment).await;
}

/// An unused quote that expires so many seconds after `end`.
async fn kept_until(store: &StoreUnderTest, end: Timestamp, seconds: i64) -> Quote {
    let expires_at = end + TimeDelta::seconds(seconds);
    let quote = Quote { expires_at, ..quote("USD", "EUR", "0.92") };
    store.quotes.keep(quote.clone(), None).await.unwrap();
    quote
}

pub async fn expired_quotes_that_no_payment_used_are_forgotten(store: StoreUnderTest) {
    let wallets = wallets(&store).await;
    let end = quote("USD", "EUR", "0.92").expires_at;
    let mut quotes = Vec::new();
    for seconds in [-3, -1, -2, -9, 0] {
        quotes.push(kept_until(&store, end, seconds).await);
    }
    let used = &quotes[3];
    let existing = store.created_one(quoted(&wallets, used)).await;
    for (limit, forgotten, left) in [
        (0, 0, [true, true, true, true, true]),
        (2, 2, [false, true, false, true, true]),
        (9, 1, [false, false, false, true, true]),
        (9, 0, [false, false, false, true, true]),
    ] {
        assert_eq!(store.quotes.forget(end, limit).await.unwrap(), forgotten);
        for (quote, left) in quotes.iter().zip(left) {
            let there = store.quotes.quote(quote.id).await.unwrap().is_some();
            assert_eq!(there, left, "after at most {limit}: {quote:?}");
        }
    }
    let again = store.accept_one(&quoted(&wallets, used)).await;
    assert_eq!(again, Accepted::QuoteUsed { existing });
}

pub async fn concurrent_forgetters_forget_each_quote_once(store: StoreUnderTest) {
    let end = quote("USD", "EUR", "0.92").expires_at;
    for seconds in 1..=40 {
        kept_until(&store, end, -seconds).await;
    }
    let forgetting: Vec<_> = (0..8)
        .map(|_| {
            let quotes = Arc::clone(&store.quotes);
            tokio::spawn(async move { quotes.forget(end, 10).await.unwrap() })
        })
        .collect();
    let mut forgotten = 0;
    for one in forgetting {
        forgotten += one.await.unwrap();
    }
    // Whoever came while others were at it may have found less than there was.
    forgotten += store.quotes.forget(end, 100).await.unwrap();
    assert_eq!(forgotten, 40);
}

/// What a key of that name of a merchant stands for.
fn sent(merchant: &str, request: u8) -> Option<Idempotency> {
    let key = IdempotencyKey::parse("key-1").unwrap();
    let sent = SentKey { key, hash: RequestHash([request; 32]) };
    Some(sent.within(&acting(merchant), Operation::Quote))
}

pub async fn a_key_keeps_one_quote_of_each_owner(store: StoreUnderTest) {
    let of = |name: &str| Quote { owner: Some(owned_by(name)), ..quote("USD", "EUR", "0.92") };
    for name in ["one", "two"] {
        let key = sent(name, 1).unwrap().key;
        assert_eq!(store.quotes.by_key(key).await.unwrap(), None);
        let first = of(name);
        assert_eq!(store.quotes.keep(first.clone(), sent(name, 1)).await, Ok(Kept::Created));
        // The answer was lost.
        assert_eq!(store.quotes.keep(first.clone(), sent(name, 1)).await, Ok(Kept::Created));
        let found = (first.clone(), RequestHash([1; 32]));
        assert_eq!(store.quotes.by_key(key).await, Ok(Some(found)));
        assert_eq!(store.quotes.quote(first.id).await, Ok(Some(first.clone())));
        let again = of(name);
        let replayed = store.quotes.keep(again.clone(), sent(name, 1)).await;
        assert_eq!(replayed, Ok(Kept::Replayed(first)));
        assert_eq!(store.quotes.keep(again.clone(), sent(name, 2)).await, Ok(Kept::KeyReused));
        assert_eq!(store.quotes.quote(again.id).await, Ok(None));
    }
}

pub async fn concurrent_twins_by_key_are_promised_once(store: StoreUnderTest) {
    let asked = (0..12).map(|_| {
        let (quotes, quote) = (Arc::clone(&store.quotes), quote("USD", "EUR", "0.92"));
        tokio::spawn(async move { quotes.keep(quote, sent("one", 1)).await.unwrap() })
    });
    let (mut created, mut replayed) = (0, Vec::new());
    for answer in asked.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Kept::Created => created += 1,
            Kept::Replayed(quote) => replayed.push(quote.id),
            Kept::KeyReused => panic!("they ask for the same"),
        }
    }
    replayed.dedup();
    assert_eq!((created, replayed.len()), (1, 1));
}
