//! What claims wait for.
#![allow(clippy::unwrap_used, reason = "a test's set-up fails the test")]

use crate::database::Database;
use paygate_core::account::{Role, SystemAccount};
use paygate_core::decision::Loads;
use paygate_core::provider::{ClaimPolicy, claim};
use paygate_core::status::Status;
use paygate_ports::{AccountStore, PaymentStore, silent};
use paygate_testkit::build;
use std::time::Duration;

/// Whoever posts to a merchant's account holds its lock; a claim looks at the account all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_of_charges_waits_for_nobody_who_posts() {
    let Some(database) = Database::migrated().await else { return };
    let store = database.store();
    let acquirer = Role::System(SystemAccount::Acquirer);
    let wanted =
        vec![build::new_account(acquirer, "USD"), build::merchant_account("default", "USD")];
    let accounts = store.open(wanted).await.unwrap();
    let charge = build::new_payment(accounts[0].id, accounts[1].id, build::money("1.00", "USD"));
    let id = charge.id;
    store.accept(vec![charge]).await.unwrap();

    let client = database.client().await;
    client.batch_execute("BEGIN; SELECT FROM accounts FOR UPDATE").await.unwrap();
    let decide = silent(move |book| {
        claim(book, id, &ClaimPolicy::default()).unwrap();
    });
    let claimed = tokio::time::timeout(
        Duration::from_secs(3),
        store.transact(vec![id], Loads::ForClaims, decide),
    );
    let changes = claimed.await.expect("the claim waits for a lock").unwrap().changes;
    assert_eq!(changes.payments[0].status, Status::Processing);
    client.batch_execute("ROLLBACK").await.unwrap();
}
