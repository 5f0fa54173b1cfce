//! How SQLite runs the statements: along indexes, whatever the tables have grown to.

use crate::config::SqliteConfig;
use crate::{
    accept, accounts, connection, due, journal, list, payments, quarantine, schema, transact,
};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[test]
fn no_statement_scans_a_table() {
    let mut connection = connection::open(&SqliteConfig::memory()).unwrap();
    schema::migrate(&mut connection).unwrap();
    let statements = [
        accept::STATEMENTS,
        accounts::STATEMENTS,
        due::STATEMENTS,
        journal::STATEMENTS,
        list::STATEMENTS,
        payments::STATEMENTS,
        quarantine::STATEMENTS,
        transact::STATEMENTS,
    ];
    for sql in statements.concat() {
        let steps: Vec<Step> =
            sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
        for Step { detail } in steps {
            let table = ["payments", "accounts", "postings", "payment_transitions"]
                .iter()
                .any(|table| detail.starts_with(&format!("SCAN {table}")));
            // The only table read whole is the sweeper's own list, and what is parked.
            let bounded = detail.contains("payments_parked");
            assert!(!table || bounded, "{sql}: {detail}");
        }
    }
}
