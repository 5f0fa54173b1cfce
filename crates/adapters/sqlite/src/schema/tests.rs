//! A file with rows is brought up by a later migration, or is left as it was.

use super::{bring_up, migrate};
use crate::config::SqliteConfig;
use crate::connection;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel_migrations::FileBasedMigrations;

/// A payment at a quoted rate, each row with an id of one byte repeated.
const ROWS: &str = "
    INSERT INTO accounts (id, number, currency, system_code, overdraft, created_at) VALUES
        (unhex(replace(hex(zeroblob(16)), '0', '1')), '000000000000', 'USD', 'acquirer', 1, 0),
        (unhex(replace(hex(zeroblob(16)), '0', '2')), '000000000018', 'USD', 'bank', 1, 0);
    INSERT INTO fx_quotes (id, base, quote, numerator, denominator, source, as_of, expires_at) VALUES
        (unhex(replace(hex(zeroblob(16)), '0', '3')), 'USD', 'EUR', 1, 2, 'test', 0, 0);
    INSERT INTO payments (id, kind, owner, asked_by, amount_minor, currency, source_id,
        destination_id, quote_id, created_at, updated_at) VALUES
        (unhex(replace(hex(zeroblob(16)), '0', '4')), 'charge', 'merchant:m', 'operator', 5, 'USD',
        unhex(replace(hex(zeroblob(16)), '0', '1')), unhex(replace(hex(zeroblob(16)), '0', '2')),
        unhex(replace(hex(zeroblob(16)), '0', '3')), 0, 0);";

/// Only what the remade table allows.
const WITHOUT_SOURCE: &str = "UPDATE fx_quotes SET source = NULL";

fn with_rows() -> SqliteConnection {
    let mut connection = connection::open(&SqliteConfig::memory()).unwrap();
    migrate(&mut connection).unwrap();
    connection.batch_execute(ROWS).unwrap();
    assert!(connection.batch_execute(WITHOUT_SOURCE).is_err());
    connection
}

fn later() -> FileBasedMigrations {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations");
    FileBasedMigrations::from_path(folder).unwrap()
}

#[test]
fn a_table_that_others_refer_to_is_made_anew() {
    let mut connection = with_rows();
    bring_up(&mut connection, later()).unwrap();
    connection.batch_execute(WITHOUT_SOURCE).unwrap();
    // The connection that migrated asks again who refers to what.
    let orphan = connection.batch_execute("DELETE FROM fx_quotes").unwrap_err();
    assert!(orphan.to_string().contains("FOREIGN KEY"), "{orphan}");
}

#[test]
fn a_file_whose_rows_refer_to_nothing_is_left_as_it_was() {
    let mut connection = with_rows();
    let orphan = "PRAGMA foreign_keys = OFF; UPDATE payments SET source_id = zeroblob(16); \
                  PRAGMA foreign_keys = ON";
    connection.batch_execute(orphan).unwrap();
    let refused = bring_up(&mut connection, later()).unwrap_err().to_string();
    assert!(refused.contains("a row of payments refers to"), "{refused}");
    assert!(connection.batch_execute(WITHOUT_SOURCE).is_err());
}
