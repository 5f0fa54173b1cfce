//! Connections: what is set on them, and that transactions end.

use super::*;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn number(connection: &mut SqliteConnection, sql: &str) -> i64 {
    sql_query(sql).get_result::<Number>(connection).unwrap().number
}

fn pragma(connection: &mut SqliteConnection, name: &str, column: &str) -> i64 {
    number(connection, &format!("SELECT {column} AS number FROM pragma_{name}"))
}

/// A file that goes with the value.
struct TempFile(std::path::PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        let name = format!("paygate-{name}-{}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
    }
}

#[test]
fn what_durability_rests_on_is_set_on_every_connection() {
    let file = TempFile::new("pragmas");
    for config in [SqliteConfig::file(&file.0), SqliteConfig::memory()] {
        let mut connection = open(&config).unwrap();
        assert_eq!(pragma(&mut connection, "synchronous", "synchronous"), 2, "FULL");
        assert_eq!(pragma(&mut connection, "foreign_keys", "foreign_keys"), 1);
        assert_eq!(pragma(&mut connection, "busy_timeout", "timeout"), 5_000);
        // Has no function of its own: RAISE in a trigger of a replaced row shows it elsewhere.
        let wal = "SELECT journal_mode = 'wal' AS number FROM pragma_journal_mode";
        let in_file = i64::from(config.location != Location::Memory);
        assert_eq!(number(&mut connection, wal), in_file);
    }
}

#[tokio::test]
async fn the_connection_that_writes_takes_more_memory_except_to_migrate() {
    let file = TempFile::new("memory");
    let writer = Writer::open(&SqliteConfig::file(&file.0)).unwrap();
    // Has no function of its own either.
    #[derive(QueryableByName)]
    struct Log {
        #[diesel(sql_type = BigInt)]
        wal_autocheckpoint: i64,
    }
    let seen = |connection: &mut SqliteConnection| {
        let temp_store = pragma(connection, "temp_store", "temp_store");
        let log = sql_query("PRAGMA wal_autocheckpoint").get_result::<Log>(connection).unwrap();
        assert_eq!(log.wal_autocheckpoint, 8_000);
        (temp_store, pragma(connection, "cache_size", "cache_size"))
    };
    assert_eq!(writer.run(move |it| Ok(seen(it))).await, Ok((2, -16_384)));
    assert_eq!(writer.migrate(seen).await, Ok((0, -16_384)));
    assert_eq!(writer.run(move |it| Ok(seen(it))).await, Ok((2, -16_384)));
}

#[test]
fn a_transaction_ends_however_its_work_ends() {
    let mut connection = open(&SqliteConfig::memory()).unwrap();
    connection.batch_execute("CREATE TABLE t (n INTEGER)").unwrap();
    let insert = |connection: &mut SqliteConnection| {
        connection.batch_execute("INSERT INTO t VALUES (1)").map_err(store_error)
    };
    for _ in 0..3 {
        let failed = in_transaction(&mut connection, "BEGIN IMMEDIATE", |connection| {
            insert(connection)?;
            Err::<(), _>(StoreError::Refused("as the test wants it".to_owned()))
        });
        assert_eq!(failed, Err(StoreError::Refused("as the test wants it".to_owned())));
        let panicked = in_transaction(&mut connection, "BEGIN IMMEDIATE", |connection| {
            insert(connection)?;
            panic!("as the test wants it") as Result<(), _>
        });
        assert_eq!(
            panicked,
            Err(StoreError::Refused("it panicked: as the test wants it".to_owned()))
        );
        // What SQLite or the work has ended already is no transaction to roll back.
        let ended = in_transaction(&mut connection, "BEGIN IMMEDIATE", |connection| {
            insert(connection)?;
            connection.batch_execute("ROLLBACK").map_err(store_error)
        });
        assert!(ended.is_err());
    }
    assert_eq!(number(&mut connection, "SELECT count(*) AS number FROM t"), 0);
    in_transaction(&mut connection, "BEGIN IMMEDIATE", insert).unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) AS number FROM t"), 1);
}

#[tokio::test]
async fn a_reader_that_panics_is_replaced_and_none_writes() {
    let file = TempFile::new("readers");
    let readers = Arc::new(Readers::new(SqliteConfig::file(&file.0)));
    for _ in 0..10 {
        let answer = readers.run::<()>(|_| panic!("as the test wants it")).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    }
    let write = readers.run(|connection| {
        connection.batch_execute("CREATE TABLE t (n INTEGER)").map_err(store_error)
    });
    assert!(write.await.is_err());
    let seven = readers.run(|connection| Ok(number(connection, "SELECT 7 AS number"))).await;
    assert_eq!(seven, Ok(7));
}
