//! Listings of more payments than one call looks through.

use crate::support::{SystemClock, under_test};
use paygate_core::account::AccountNumber;
use paygate_core::id::MerchantId;
use paygate_core::status::Status;
use paygate_ports::{AccountQuery, AccountReader, PaymentQuery, PaymentReader};
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::build::open_usd_pair;
use std::sync::Arc;

fn of(merchant: &str) -> PaymentQuery {
    PaymentQuery {
        merchant: MerchantId(merchant.to_owned()),
        status: None,
        kind: None,
        currency: None,
        parent: None,
        reference: None,
        created_after: None,
        created_before: None,
        limit: 3,
        cursor: None,
    }
}

#[tokio::test]
async fn a_listing_goes_on_behind_the_rows_it_looked_through() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let under_test = under_test(store.clone(), Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    let literal = under_test.id_literal;
    // 25,000 payments, every 5,000th of them another merchant's.
    let insert = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 25000) \
         INSERT INTO payments (id, kind, merchant_id, caller_id, amount_minor, currency, source_id, \
            destination_id, reference, created_at, updated_at) \
         SELECT unhex(format('%032x', n)), 'charge', iif(n % 5000, 'default', 'rare'), 'c', n, 'USD', \
            {}, {}, 'r' || n, n, n FROM n",
        literal(pair.acquirer.id.0),
        literal(pair.merchant.id.0),
    );
    store.run_raw(insert).await.unwrap();

    let (mut pages, mut found) = (Vec::new(), Vec::new());
    let mut query = of("rare");
    loop {
        let page = store.payments(query.clone()).await.unwrap();
        pages.push(page.items.len());
        found.extend(page.items.iter().map(|record| record.payment.amount.minor));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [25_000, 20_000, 15_000, 10_000, 5_000]);
    assert_eq!(pages, [2, 2, 1], "each call looks through 10,000");

    let old = paygate_core::text::Reference::parse("r4").unwrap();
    let page =
        store.payments(PaymentQuery { reference: Some(old), ..of("default") }).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None), "a reference is found at once");
    let none = PaymentQuery { status: Some(Status::Success), ..of("default") };
    let page = store.payments(none).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_some());
}

#[tokio::test]
async fn accounts_of_a_rare_currency_are_found_behind_the_others() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    // 25,000 accounts, every 5,000th of them in euro; their numbers have no fitting check digit yet.
    let insert = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 25000) \
         INSERT INTO accounts (id, number, currency, overdraft, created_at) \
         SELECT unhex(format('%032x', n)), format('9%011d', n), iif(n % 5000, 'USD', 'EUR'), 0, n FROM n";
    store.run_raw(insert.to_owned()).await.unwrap();
    for thousands in [5u64, 10, 15, 20, 25] {
        let number = AccountNumber::from_random(thousands);
        let id = thousands * 1_000;
        let fits =
            "UPDATE accounts SET number = '{number}' WHERE id = unhex(format('%032x', {id}))";
        let fits = fits.replace("{number}", &number.to_string()).replace("{id}", &id.to_string());
        store.run_raw(fits).await.unwrap();
    }
    let (mut pages, mut found) = (Vec::new(), Vec::new());
    let currency = Some(paygate_testkit::build::currency("EUR"));
    let mut query = AccountQuery { currency, limit: 3, ..AccountQuery::default() };
    loop {
        let page = store.accounts(query.clone()).await.unwrap();
        pages.push(page.items.len());
        found.extend(page.items.iter().map(|record| record.account.id.0.as_u128()));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [25_000, 20_000, 15_000, 10_000, 5_000]);
    assert_eq!(pages, [2, 2, 1], "each call looks through 10,000");
}
