//! `PaymentReader::payments` and `JournalReader::entries`: filters, order, pages.

use super::helpers::{eventually, everything, of_house, of_merchant};
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{Having, money, open_pair, open_usd_pair, owned_by, payment_id};
use paygate_core::id::PaymentId;
use paygate_core::kind::Kind;
use paygate_core::money::Currency;
use paygate_core::payment::{NewPayment, PaymentRecord};
use paygate_core::status::Status;
use paygate_core::text::Reference;
use paygate_ports::{PaymentQuery, StoreError};
use std::collections::BTreeSet;

/// The ids of all pages of a query, each page checked for its size and its records.
async fn listed(store: &StoreUnderTest, mut query: PaymentQuery) -> Vec<PaymentId> {
    let mut ids = Vec::new();
    loop {
        let page = store.reader.payments(query.clone()).await.unwrap();
        // A page is full or the last, and the last is empty only if it is the only one.
        let full = page.items.len() == usize::from(query.limit);
        assert!(if page.next.is_some() { full } else { page.items.len() <= query.limit.into() });
        assert!(!page.items.is_empty() || ids.is_empty(), "an empty page of {query:?}");
        for record in page.items {
            let id = record.payment.id;
            assert_eq!(store.reader.payment(id).await.unwrap(), Some(record));
            ids.push(id);
        }
        assert!(ids.is_sorted_by(|newer, older| newer > older), "{ids:?}");
        assert!(page.next.is_none() || page.next < query.cursor || query.cursor.is_none());
        query.cursor = page.next;
        if query.cursor.is_none() {
            return ids;
        }
    }
}

fn newest_first(mut ids: Vec<PaymentId>) -> Vec<PaymentId> {
    ids.sort();
    ids.reverse();
    ids
}

/// Eight payments that differ in state, kind, currency and merchant, and a query for each filter.
async fn varied(store: &StoreUnderTest) -> Vec<NewPayment> {
    let usd = open_usd_pair(store).await;
    let eur = open_pair(store, "EUR").await;
    let batch = vec![
        usd.charge("1.00"),
        usd.charge("1.00").with_kind(Kind::Deposit),
        usd.charge("1.00"),
        eur.charge("1.00"),
        eur.charge("1.00").with_kind(Kind::Deposit),
        eur.charge("1.00"),
        usd.charge("1.00").with_reference("found by it"),
        usd.charge("1.00").with_reference("found by it").with_merchant("another"),
    ];
    let ids = store.created(&batch).await;
    store.approve(&[ids[2], ids[4], ids[5]]).await;
    store.decline(&[ids[1]]).await;
    batch
}

async fn finds(store: &StoreUnderTest, query: PaymentQuery, batch: &[NewPayment], of: &[usize]) {
    let expected = newest_first(of.iter().map(|place| batch[*place].id).collect());
    assert_eq!(listed(store, query.clone()).await, expected, "{query:?}");
    // The same, one at a time.
    assert_eq!(listed(store, PaymentQuery { limit: 1, ..query }).await, expected);
}

pub async fn payments_are_listed_newest_first(store: StoreUnderTest) {
    assert_eq!(listed(&store, everything()).await, []);
    let pair = open_usd_pair(&store).await;
    let mut batch = pair.charges(9);
    batch.rotate_left(4);
    let ids = store.created(&batch).await;
    assert_eq!(listed(&store, everything()).await, newest_first(ids));
    assert_ledger_holds(&store).await;
}

pub async fn each_filter_works_alone(store: StoreUnderTest) {
    let batch = varied(&store).await;
    let euro = Some(Currency::parse("EUR").unwrap());
    let reference = |text| Some(Reference::parse(text).unwrap());
    for (query, of) in [
        (of_house(), &[0, 1, 2, 3, 4, 5, 6][..]),
        (of_merchant("another"), &[7]),
        (of_merchant("nobody"), &[]),
        (everything(), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (PaymentQuery { status: Some(Status::Success), ..of_house() }, &[2, 4, 5]),
        (PaymentQuery { status: Some(Status::Expired), ..of_house() }, &[]),
        (PaymentQuery { kind: Some(Kind::Deposit), ..of_house() }, &[1, 4]),
        (PaymentQuery { currency: euro, ..of_house() }, &[3, 4, 5]),
        (PaymentQuery { reference: reference("found by it"), ..of_house() }, &[6]),
        (PaymentQuery { reference: reference("found by"), ..of_house() }, &[]),
        (PaymentQuery { cursor: Some(batch[3].id), ..of_house() }, &[0, 1, 2]),
        (PaymentQuery { cursor: Some(batch[0].id), ..of_house() }, &[]),
    ] {
        finds(&store, query, &batch, of).await;
    }
    assert_ledger_holds(&store).await;
}

pub async fn filters_work_together(store: StoreUnderTest) {
    let batch = varied(&store).await;
    let euro = Some(Currency::parse("EUR").unwrap());
    let settled = PaymentQuery { status: Some(Status::Success), ..of_house() };
    let in_euro = PaymentQuery { currency: euro, ..settled.clone() };
    let deposits = PaymentQuery { kind: Some(Kind::Deposit), ..in_euro.clone() };
    let reference = Some(Reference::parse("found by it").unwrap());
    let of_another = PaymentQuery {
        reference: reference.clone(),
        status: Some(Status::Pending),
        ..of_merchant("another")
    };
    for (query, of) in [
        (in_euro.clone(), &[4, 5][..]),
        (deposits.clone(), &[4]),
        (PaymentQuery { cursor: Some(batch[5].id), ..in_euro }, &[4]),
        (PaymentQuery { cursor: Some(batch[4].id), ..deposits }, &[]),
        (of_another, &[7]),
        (PaymentQuery { reference, ..settled }, &[]),
    ] {
        finds(&store, query, &batch, of).await;
    }
}

pub async fn times_bound_a_listing_from_below_inclusively(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let mut batch = Vec::new();
    let mut times = Vec::new();
    for _ in 0..3 {
        let payment = pair.charge("1.00");
        let id = store.created_one(payment.clone()).await;
        let created_at = store.payment(id).await.created_at;
        eventually("the clock to go on", async || (store.now().await > created_at).then_some(()))
            .await;
        times.push(created_at);
        batch.push(payment);
    }
    let (after, before) = (Some(times[1]), Some(times[1]));
    let until_last = Some(times[2]);
    for (query, of) in [
        (PaymentQuery { created_after: after, ..of_house() }, &[1, 2][..]),
        (PaymentQuery { created_before: before, ..of_house() }, &[0]),
        (PaymentQuery { created_after: after, created_before: until_last, ..of_house() }, &[1]),
        (PaymentQuery { created_after: after, created_before: before, ..of_house() }, &[]),
    ] {
        finds(&store, query, &batch, of).await;
    }
}

pub async fn pages_cover_everything_once(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = newest_first(store.created(&pair.charges(24)).await);
    for limit in [1, 5, 23, 24, 25, u16::MAX] {
        assert_eq!(listed(&store, PaymentQuery { limit, ..of_house() }).await, ids, "{limit}");
    }
    // A page begins where the one before ended, whatever arrived since.
    let first = store.reader.payments(PaymentQuery { limit: 10, ..of_house() }).await.unwrap();
    store.created(&pair.charges(3)).await;
    assert!(first.next.is_some());
    let rest = listed(&store, PaymentQuery { cursor: first.next, ..of_house() }).await;
    assert_eq!(rest, ids[first.items.len()..]);
}

/// Payments of several kinds, currencies and merchants, some of them taken on from PENDING.
async fn scattered(store: &StoreUnderTest) {
    let pairs = [open_pair(store, "USD").await, open_pair(store, "EUR").await];
    let mut batch = Vec::new();
    for n in 0usize..120 {
        // Every number by itself decides something else.
        let payment = pairs[usize::from(n % 5 == 0)].charge("1.00");
        let kind = [Kind::Charge, Kind::Charge, Kind::Deposit][n % 3];
        let merchant = if n % 7 == 0 { "another" } else { "default" };
        let payment = payment.with_kind(kind).with_merchant(merchant);
        batch.push(if n % 4 == 1 { payment.held() } else { payment });
    }
    let ids = store.created(&batch).await;
    let of = |rest: usize| -> Vec<PaymentId> {
        (0..ids.len()).filter(|n| n % 6 == rest).map(|n| ids[n]).collect()
    };
    store.claim(&of(0)).await;
    store.approve(&of(2)).await;
    store.decline(&of(4)).await;
    store.quarantine.park(of(5)[0], "poison").await.unwrap();
    // Into and out of every state that has no money to follow, whoever writes it.
    let states = ["MANUAL_REVIEW", "REVERSED", "VOIDED", "EXPIRED", "SUCCESS", "PROCESSING"];
    for (n, id) in of(3).into_iter().enumerate() {
        for state in [states[n % 4], states[n % 6]] {
            let id = store.id(id.0);
            store.run(format!("UPDATE payments SET status = '{state}' WHERE id = {id}")).await;
        }
    }
}

pub async fn a_listing_is_what_passes_of_all(store: StoreUnderTest) {
    scattered(&store).await;
    let mut all = Vec::new();
    for merchant in ["default", "another"] {
        for id in listed(&store, of_merchant(merchant)).await {
            all.push(store.reader.payment(id).await.unwrap().unwrap());
        }
    }
    assert_eq!(all.len(), 120);
    let statuses = Status::ALL.iter().copied().map(Some).chain([None]);
    let (mut found, mut seen) = (0, BTreeSet::new());
    for status in statuses {
        for kind in [None, Some(Kind::Charge), Some(Kind::Deposit), Some(Kind::Refund)] {
            for currency in [None, Some("USD"), Some("EUR"), Some("KWD")] {
                for merchant in [Some("default"), Some("another"), Some("nobody"), None] {
                    let currency = currency.map(|code| Currency::parse(code).unwrap());
                    let owner = merchant.map(owned_by);
                    let passes = |it: &&PaymentRecord| {
                        owner.as_ref().is_none_or(|owner| it.request.owner == *owner)
                            && status.is_none_or(|status| it.payment.status == status)
                            && kind.is_none_or(|kind| it.payment.kind == kind)
                            && currency.is_none_or(|code| it.payment.amount.currency == code)
                    };
                    let expected: Vec<_> =
                        all.iter().filter(passes).map(|it| it.payment.id).collect();
                    found += expected.len();
                    if !expected.is_empty() {
                        seen.insert(status);
                    }
                    let query = PaymentQuery {
                        owner: owner.clone(),
                        status,
                        kind,
                        currency,
                        limit: 7,
                        ..everything()
                    };
                    assert_eq!(
                        listed(&store, query.clone()).await,
                        newest_first(expected),
                        "{query:?}"
                    );
                }
            }
        }
    }
    assert!(found > 500 && seen.len() >= 6, "too little was found: {found}, {seen:?}");
}

pub async fn an_unknown_payment_is_none(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    store.created(&pair.charges(1)).await;
    let id = payment_id();
    assert_eq!(store.reader.payment(id).await.unwrap(), None);
    assert_eq!(store.reader.timeline(id).await.unwrap(), []);
    assert_eq!(store.journal.entries_of(id).await.unwrap(), []);
}

pub async fn entries_are_paged_in_order(store: StoreUnderTest) {
    assert_eq!(store.journal.entries(None, 10).await, Ok::<_, StoreError>(Vec::new()));
    let pair = open_usd_pair(&store).await;
    let mut ids = store.created(&pair.charges(11)).await;
    // Settled in another order than that of the ids, and not all.
    for place in [7, 0, 10, 3, 4, 8, 1] {
        store.approve(&[ids[place]]).await;
    }
    ids = [0, 1, 3, 4, 7, 8, 10].map(|place| ids[place]).to_vec();
    for limit in [1, 3, 7, 8] {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = store.journal.entries(cursor, limit).await.unwrap();
            assert!(page.len() <= usize::from(limit));
            let last = page.len() < usize::from(limit);
            for entry in page {
                let accounts: Vec<_> = entry.postings.iter().map(|leg| leg.account).collect();
                let mut expected = vec![pair.acquirer.id, pair.merchant.id];
                expected.sort();
                assert_eq!(accounts, expected);
                assert_eq!(entry.postings.iter().map(|leg| leg.amount.minor).sum::<i64>(), 0);
                let of_payment = store.journal.entries_of(entry.payment).await.unwrap();
                assert_eq!(of_payment, std::slice::from_ref(&entry));
                cursor = Some((entry.payment, entry.transition_seq));
                let amount = money("1.00", "USD");
                assert!(entry.postings.iter().any(|leg| leg.amount == amount));
                found.push(entry.payment);
            }
            if last {
                break;
            }
        }
        assert_eq!(found, ids, "{limit}");
    }
    assert_ledger_holds(&store).await;
}
