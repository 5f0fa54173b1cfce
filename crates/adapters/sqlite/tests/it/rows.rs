//! Rows that the database admits and the domain does not, column by column.

use crate::support::{SystemClock, under_test};
use paygate_ports::{PaymentReader, StoreError};
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::build::{Having, open_usd_pair};
use std::sync::Arc;

#[tokio::test]
async fn each_column_that_breaks_a_rule_is_named() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let under_test = under_test(store.clone(), Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    for (column, value) in [
        ("reference", "' not trimmed '"),
        ("reference", "char(7)"),
        ("idempotency_key", "'a space'"),
        ("metadata", "'\\u0000'"),
        ("currency", "'QQQ'"),
        ("attempts", "3000000000"),
        ("transitions", "3000000000"),
        ("lease_until", "9223372036854775807"),
        ("created_at", "-9223372036854775808"),
        ("updated_at", "9223372036854775807"),
    ] {
        let payment = pair.charge("1.00").with_key(&format!("{column}{}", value.len()), 1);
        under_test.payments.accept(vec![payment.clone()]).await.unwrap();
        let id = (under_test.id_literal)(payment.id.0);
        let sql = format!("UPDATE payments SET {column} = {value} WHERE id = {id}");
        store.run_raw(sql).await.unwrap();
        let answer = store.payment(payment.id).await;
        let Err(StoreError::Corrupt { table: "payments", id, reason }) = answer else {
            panic!("{column} = {value}: {answer:?}");
        };
        assert_eq!(id, payment.id.to_string());
        assert!(reason.starts_with(column), "{reason} is about {column}");
    }
}

#[tokio::test]
async fn an_account_number_whose_check_digit_does_not_fit_is_named() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let under_test = under_test(store.clone(), Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    let id = (under_test.id_literal)(pair.merchant.id.0);
    // 079927398713 is Luhn's own example of a number that fits.
    let sql = format!("UPDATE accounts SET number = '079927398714' WHERE id = {id}");
    store.run_raw(sql).await.unwrap();
    let answer = under_test.accounts.account(pair.merchant.id).await;
    let expected = StoreError::Corrupt {
        table: "accounts",
        id: pair.merchant.id.to_string(),
        reason: "number is 079927398714".to_owned(),
    };
    assert_eq!(answer, Err(expected));
}
