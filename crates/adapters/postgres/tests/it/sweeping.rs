//! What the sweeper finds when others are in the middle of something.
#![allow(clippy::unwrap_used, reason = "a test's set-up fails the test")]

use crate::database::Database;
use paygate_core::account::{Role, SystemAccount};
use paygate_core::id::PaymentId;
use paygate_core::payment::NewPayment;
use paygate_ports::{Accepted, AccountStore, DueStore, PaymentStore, Quarantine, Ripened};
use paygate_postgres::PostgresStore;
use paygate_testkit::build::{self, Having};
use paygate_testkit::store::eventually;
use std::time::Duration;
use tokio_postgres::Client;

/// Charges for the merchant, whose accounts are opened.
async fn charges(store: &PostgresStore, count: usize) -> Vec<NewPayment> {
    let acquirer = build::new_account(Role::System(SystemAccount::Acquirer), "USD");
    let wanted = vec![acquirer, build::merchant_account("default", "USD")];
    let accounts = store.open(wanted).await.unwrap();
    let charge = || build::new_payment(accounts[0].id, accounts[1].id, build::money("1.00", "USD"));
    (0..count).map(|_| charge()).collect()
}

async fn waiting_for_a_lock(client: &Client) -> i64 {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    client.query_one(waiting, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_late_is_found_though_younger_ones_were_before_it() {
    let Some(database) = Database::migrated().await else { return };
    let (store, client, other) =
        (database.store(), database.client().await, database.client().await);
    let batch = charges(&store, 5).await;
    store.accept(vec![batch[0].clone().with_reference("slow")]).await.unwrap();
    // No sweeper has to do with this one.
    store.park(batch[0].id, "as the test wants it").await.unwrap();
    let rename = "BEGIN; UPDATE payments SET reference = 'quick' WHERE reference = 'slow'";
    client.batch_execute(rename).await.unwrap();
    // Its id is drawn, and its statement waits for who has the reference.
    let late = {
        let (store, late) = (store.clone(), batch[1].clone().with_reference("slow"));
        tokio::spawn(async move { store.accept(vec![late]).await })
    };
    eventually("the wait for the lock", async || {
        (waiting_for_a_lock(&other).await == 1).then_some(())
    })
    .await;
    store.accept(batch[2..].to_vec()).await.unwrap();
    let found = |watches, found| Ripened { watches, found };
    assert_eq!(store.ripen(Duration::ZERO, 10).await.unwrap(), found(2, 3));
    client.batch_execute("COMMIT").await.unwrap();
    assert!(matches!(late.await.unwrap().unwrap()[..], [Accepted::Created(_)]));
    assert_eq!(store.ripen(Duration::ZERO, 10).await.unwrap(), found(1, 1));
    assert!(store.take_due(10).await.unwrap().contains(&batch[1].id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_brought_back_while_a_sweeper_takes_it_stays_due() {
    let Some(database) = Database::migrated().await else { return };
    let (store, client) = (database.store(), database.client().await);
    let batch = charges(&store, 1).await;
    let id: PaymentId = batch[0].id;
    store.accept(batch).await.unwrap();
    store.ripen(Duration::ZERO, 10).await.unwrap();
    for _ in 0..200 {
        store.park(id, "as the test wants it").await.unwrap();
        client.batch_execute("UPDATE due SET republish_at = 'epoch'").await.unwrap();
        let (unparked, _) = tokio::join!(store.unpark(id), store.take_due(10));
        assert!(unparked.unwrap());
        let rows = client.query("SELECT FROM due", &[]).await.unwrap();
        assert_eq!(rows.len(), 1, "it was brought back, and nobody will look at it");
    }
}
