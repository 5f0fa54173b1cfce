//! How SQLite runs the statements: along indexes, whatever the tables have grown to.

use crate::config::SqliteConfig;
use crate::{
    accept, account_reader, accounts, audit, connection, due, journal, list, load_accounts,
    payments, quarantine, quotes, schema, statement_lines, transact, wallets,
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
        account_reader::STATEMENTS,
        accounts::STATEMENTS,
        audit::accounts::STATEMENTS,
        audit::payments::STATEMENTS,
        audit::since::STATEMENTS,
        due::STATEMENTS,
        journal::STATEMENTS,
        list::STATEMENTS,
        load_accounts::STATEMENTS,
        payments::STATEMENTS,
        quarantine::STATEMENTS,
        quotes::STATEMENTS,
        statement_lines::STATEMENTS,
        transact::STATEMENTS,
        wallets::STATEMENTS,
    ];
    for sql in statements.concat() {
        let steps: Vec<Step> =
            sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
        let details: Vec<&str> = steps.iter().map(|step| step.detail.as_str()).collect();
        // What a statement makes for itself may be read whole, and what is parked, and lists.
        let made = |name: &str| {
            let made = ["CO-ROUTINE", "MATERIALIZE"].map(|how| format!("{how} {name}"));
            name.starts_with("(subquery") || details.iter().any(|it| made.iter().any(|m| it == m))
        };
        for detail in &details {
            let Some(scan) = detail.strip_prefix("SCAN ") else { continue };
            let list = scan.contains("VIRTUAL TABLE") || scan == "CONSTANT ROW";
            let fine = list || made(scan) || scan == "payments USING INDEX payments_parked";
            assert!(fine, "{sql}: {detail}");
        }
    }
}
