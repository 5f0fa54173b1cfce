//! What the server's failures are taken for: worth another try, to be set aside, or never to pass.
#![allow(clippy::unwrap_used, reason = "a test's set-up fails the test")]

use crate::database::Database;
use paygate_core::account::{Role, SystemAccount};
use paygate_core::decision::Loads;
use paygate_ports::{AccountStore, PaymentReader, PaymentStore, StoreError, silent};
use paygate_postgres::{PostgresConfig, PostgresStore};
use paygate_testkit::build;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_held_for_long_is_a_failure_and_not_an_absence() {
    let Some(database) = Database::migrated().await else { return };
    let config = PostgresConfig { lock_timeout: Duration::from_millis(20), ..database.config() };
    let store = PostgresStore::new(config).unwrap();
    let acquirer = build::new_account(Role::System(SystemAccount::Acquirer), "USD");
    let wanted = vec![acquirer, build::merchant_account("default", "USD")];
    let accounts = store.open(wanted).await.unwrap();
    let charge = build::new_payment(accounts[0].id, accounts[1].id, build::money("1.00", "USD"));
    let id = charge.id;
    store.accept(vec![charge]).await.unwrap();
    let client = database.client().await;
    client.batch_execute("BEGIN; LOCK TABLE payments IN EXCLUSIVE MODE").await.unwrap();
    let answer = store.transact(vec![id], Loads::Accounts, silent(|_| ())).await;
    assert!(matches!(answer, Err(StoreError::Failing(_))), "{answer:?}");
    client.batch_execute("ROLLBACK").await.unwrap();
    store.transact(vec![id], Loads::Accounts, silent(|_| ())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_missing_is_a_failure_too() {
    let Some(database) = Database::migrated().await else { return };
    let client = database.client().await;
    client.batch_execute("ALTER TABLE payments RENAME TO gone").await.unwrap();
    let answer = database.store().payment(build::payment_id()).await;
    assert!(matches!(answer, Err(StoreError::Failing(_))), "{answer:?}");
}
