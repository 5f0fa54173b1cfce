//! Rows that the database admits and the domain does not, column by column.

use crate::support::{SystemClock, under_test};
use paygate_core::account::AccountKey;
use paygate_ports::{PaymentReader, StoreError};
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::build::{Having, conversion, open_empty_wallet, open_pair, open_usd_pair};
use std::sync::Arc;

#[tokio::test]
async fn each_column_that_breaks_a_rule_is_named() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let under_test = under_test(store.clone(), Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    let euro = open_pair(&under_test, "EUR").await;
    for (column, value) in [
        ("reference", "' not trimmed '"),
        ("reference", "char(7)"),
        ("owner", "'merchant:a b'"),
        ("asked_by", "'client'"),
        ("metadata", "'\\u0000'"),
        ("currency", "'QQQ'"),
        ("attempts", "3000000000"),
        ("transitions", "3000000000"),
        ("lease_until", "9223372036854775807"),
        ("created_at", "-9223372036854775808"),
        ("updated_at", "9223372036854775807"),
        ("expires_at", "9223372036854775807"),
        ("tx_date", "9223372036854775807"),
        ("description", "' not trimmed '"),
        ("debit_currency", "'QQQ'"),
        ("credit_currency", "'QQQ'"),
        ("fx_numerator", "4611686018427387904"),
        ("fx_as_of", "9223372036854775807"),
    ] {
        let payment = conversion(&pair.merchant, &euro.merchant, "1.00", "0.92");
        let payment = payment.with_key(&format!("{column}{}", value.len()), 1);
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

#[tokio::test]
async fn each_column_of_an_account_that_breaks_a_rule_is_named() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let under_test = under_test(store.clone(), Box::new(()));
    for (column, value) in [
        ("owner", "'merchant:a b'"),
        ("name", "' not trimmed '"),
        ("alias", "'123456789012'"),
        ("metadata", "'\\u0000'"),
        ("closed_at", "9223372036854775807"),
        ("created_at", "9223372036854775807"),
        ("last_entry_at", "9223372036854775807"),
    ] {
        let id = open_empty_wallet(&under_test, "USD").await.id;
        let row = (under_test.id_literal)(id.0);
        store
            .run_raw(format!("UPDATE accounts SET {column} = {value} WHERE id = {row}"))
            .await
            .unwrap();
        let answer = under_test.account_reader.find(vec![AccountKey::Id(id)]).await;
        let Err(StoreError::Corrupt { table: "accounts", id: named, reason }) = answer else {
            panic!("{column} = {value}: {answer:?}");
        };
        assert_eq!(named, id.to_string());
        assert!(reason.starts_with(column), "{reason} is about {column}");
    }
}
