//! What is true of a database in a file: it outlives the store, it is its owner's, and others may
//! have it open, too.

use crate::support::{SystemClock, TempDir, connect, under_test};
use diesel::connection::SimpleConnection;
use paygate_core::decision::Loads;
use paygate_core::status::Status;
use paygate_ports::silent;
use paygate_ports::{Accepted, PaymentReader, PaymentStore, StoreError};
use paygate_sqlite::{OpenError, SqliteConfig, SqliteStore};
use paygate_testkit::build::open_usd_pair;
use paygate_testkit::store::StoreUnderTest;
use paygate_testkit::store::assert_ledger_holds;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

async fn opened(file: &Path) -> SqliteStore {
    let config =
        SqliteConfig { busy_timeout: Duration::from_millis(50), ..SqliteConfig::file(file) };
    let store = SqliteStore::open(config, Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    store
}

async fn opened_for_test(file: &Path) -> StoreUnderTest {
    under_test(opened(file).await, Box::new(()))
}

async fn settle_all(store: &StoreUnderTest, ids: Vec<paygate_core::id::PaymentId>) {
    use paygate_core::provider::{ClaimPolicy, Verdict, settle};
    let decide = |book: &mut paygate_core::book::Book| {
        for id in book.payment_ids() {
            settle(book, id, 1, Verdict::Approved, &ClaimPolicy::default()).unwrap();
        }
    };
    store.payments.transact(ids, Loads::Accounts, silent(decide)).await.unwrap();
}

#[tokio::test]
async fn a_reopened_file_keeps_everything() {
    let folder = TempDir::new();
    let file = folder.file("p.db");
    let store = opened_for_test(&file).await;
    let pair = open_usd_pair(&store).await;
    let batch = pair.charges(5);
    let ids: Vec<_> = batch.iter().map(|payment| payment.id).collect();
    let first = store.payments.accept(batch.clone()).await.unwrap();
    settle_all(&store, ids[..3].to_vec()).await;
    let records = store.reader.payment(ids[0]).await.unwrap();
    let entries = store.journal.entries(None, 10).await.unwrap();
    drop(store);

    let store = opened_for_test(&file).await;
    assert_eq!(store.reader.payment(ids[0]).await.unwrap(), records);
    assert_eq!(store.journal.entries(None, 10).await.unwrap(), entries);
    assert_eq!(entries.len(), 3);
    assert_eq!(store.payments.accept(batch).await.unwrap(), first);
    assert_eq!(open_usd_pair(&store).await.merchant.posted_minor, 300);
    settle_all(&store, ids).await;
    assert_ledger_holds(&store).await;
}

#[tokio::test]
async fn two_stores_may_share_a_file() {
    let folder = TempDir::new();
    let file = folder.file("p.db");
    let (one, two) = (opened_for_test(&file).await, opened_for_test(&file).await);
    let pair = open_usd_pair(&one).await;
    assert_eq!(open_usd_pair(&two).await.merchant, pair.merchant);
    let payment = pair.charge("1.00");
    let created = one.payments.accept(vec![payment.clone()]).await.unwrap();
    assert_eq!(two.payments.accept(vec![payment.clone()]).await.unwrap(), created);
    settle_all(&two, vec![payment.id]).await;
    let seen = one.reader.payment(payment.id).await.unwrap().unwrap();
    assert_eq!(seen.payment.status, Status::Success);
    assert_ledger_holds(&one).await;
}

#[tokio::test]
async fn while_another_process_writes_the_store_is_unavailable_and_readable() {
    let folder = TempDir::new();
    let file = folder.file("p.db");
    let store = opened_for_test(&file).await;
    let pair = open_usd_pair(&store).await;
    let first = pair.charge("1.00");
    store.payments.accept(vec![first.clone()]).await.unwrap();

    let mut other = connect(&file);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let payment = pair.charge("1.00");
    for _ in 0..3 {
        let answer = store.payments.accept(vec![payment.clone()]).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        let answer = store.payments.transact(vec![first.id], Loads::Accounts, silent(|_| ())).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert!(store.reader.payment(first.id).await.unwrap().is_some(), "readers wait for no lock");

    other.batch_execute("ROLLBACK").unwrap();
    let answer = store.payments.accept(vec![payment]).await.unwrap();
    assert!(matches!(answer[..], [Accepted::Created(_)]), "{answer:?}");
    assert_ledger_holds(&store).await;
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_room() {
    let folder = TempDir::new();
    let file = folder.file("p.db");
    let store = opened(&file).await;
    let under_test = under_test(store.clone(), Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    // As if the disk had no room for more pages than are there.
    store.run_raw("PRAGMA max_page_count = 1".to_owned()).await.unwrap();
    let batch = pair.charges(500);
    let answer = store.accept(batch.clone()).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    store.run_raw("PRAGMA max_page_count = 1000000".to_owned()).await.unwrap();
    assert_eq!(store.payment(batch[0].id).await.unwrap(), None, "nothing of it was stored");
    let answers = store.accept(batch).await.unwrap();
    assert!(answers.iter().all(|answer| matches!(answer, Accepted::Created(_))));
    assert_ledger_holds(&under_test).await;
}

#[tokio::test]
async fn readers_who_go_away_cost_no_connection() {
    let folder = TempDir::new();
    let store = opened_for_test(&folder.file("p.db")).await;
    let pair = open_usd_pair(&store).await;
    let payments = pair.charges(64);
    store.payments.accept(payments.clone()).await.unwrap();
    // Many more readers than connections, half of whom go away.
    let readers: Vec<_> = payments
        .iter()
        .map(|payment| {
            let (reader, id) = (Arc::clone(&store.reader), payment.id);
            tokio::spawn(async move { reader.payment(id).await.unwrap().unwrap() })
        })
        .collect();
    for (place, reader) in readers.into_iter().enumerate() {
        if place % 2 == 0 {
            reader.abort();
        } else {
            assert_eq!(reader.await.unwrap().payment.id, payments[place].id);
        }
    }
    assert_ledger_holds(&store).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new();
    let store = opened_for_test(&folder.file("p.db")).await;
    open_usd_pair(&store).await;
    for name in ["p.db", "p.db-wal", "p.db-shm"] {
        let mode = std::fs::metadata(folder.file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn the_names_that_sqlite_reads_otherwise_are_names() {
    let folder = TempDir::new();
    let missing = folder.file("no such folder").join("p.db");
    let answer = SqliteStore::open(SqliteConfig::file(missing), Arc::new(SystemClock));
    assert!(matches!(answer, Err(OpenError::File(_))), "{answer:?}");

    std::fs::write(folder.file("letter.txt"), "Dear reader, this is no database. ".repeat(99))
        .unwrap();
    let letter = SqliteConfig::file(folder.file("letter.txt"));
    let answer = SqliteStore::open(letter, Arc::new(SystemClock));
    assert!(matches!(answer, Err(OpenError::Sqlite(_))), "{answer:?}");

    let odd = folder.file("pay?mode=memory #1 %20.db");
    let store = opened_for_test(&odd).await;
    open_usd_pair(&store).await;
    assert!(std::fs::metadata(&odd).unwrap().len() > 0);
}
