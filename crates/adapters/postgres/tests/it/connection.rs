//! What happens to connections: cut, missing, and of the right kind.

use crate::database::Database;
use paygate_core::id::PaymentId;
use paygate_ports::{HealthCheck, PaymentReader, StoreError};
use paygate_postgres::{PostgresConfig, PostgresStore};
use std::time::Duration;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_cost_one_error_and_are_replaced() {
    let Some(database) = Database::migrated().await else { return };
    let store = database.store();
    let nobody = PaymentId(Uuid::nil());
    // All connections of the pool are open.
    let reads = (0..8).map(|_| store.payment(nobody));
    for read in futures_util::future::join_all(reads).await {
        assert_eq!(read, Ok(None));
    }
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.client().await.batch_execute(cut).await.unwrap();

    let mut errors = 0;
    for _ in 0..8 {
        match store.payment(nobody).await {
            Ok(found) => assert_eq!(found, None),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                errors += 1;
            }
        }
    }
    assert!(errors <= 1, "the pool kept {errors} dead connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_a_transient_error_in_bounded_time() {
    // Nothing listens on port 1 of the loopback interface.
    let store = PostgresStore::new(PostgresConfig {
        acquire_timeout: Duration::from_secs(1),
        ..PostgresConfig::new("postgres://nobody@127.0.0.1:1/nothing")
    })
    .unwrap();
    let read = tokio::time::timeout(Duration::from_secs(10), store.payment(PaymentId(Uuid::nil())));
    assert!(matches!(read.await.unwrap(), Err(StoreError::Unavailable(_))));
    assert!(store.check().await.is_err());
    assert!(store.check_schema().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_bounded_and_healthy() {
    let Some(database) = Database::migrated().await else { return };
    let store = database.store();
    assert_eq!(store.check().await, Ok(()));
    let settings = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'paygate' \
         AND datname = current_database()";
    let count: i64 = database.client().await.query_one(settings, &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused_when_tls_is_required() {
    let Some(database) = Database::migrated().await else { return };
    for mode in ["require", "verify-full"] {
        let url = database.url().replace("sslmode=disable", &format!("sslmode={mode}"));
        assert!(url.contains(mode));
        let Ok(store) = PostgresStore::new(PostgresConfig::new(url)) else {
            // This machine trusts no certificate at all, which is refused earlier.
            assert_eq!(mode, "verify-full");
            continue;
        };
        let refused = store.check().await.unwrap_err();
        assert!(refused.contains("TLS"), "{refused}");
    }
}
