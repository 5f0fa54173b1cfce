//! That no statement reads more than it uses, whatever the tables have grown to: each is run as the
//! service runs it, on a million payments, and the server tells how many rows and pages it read.
//!
//! A service plans a statement once per connection: on empty tables, on tables that nobody has
//! analyzed, for all parameters or for these. The plan must be good each time.

mod cases;
mod explain;
mod scratch;

use cases::{Case, cases};
use diesel::sql_types::{Array, BigInt};
use diesel_async::RunQueryDsl;
use explain::{Cost, Session};
use paygate_core::account::AccountKey;
use paygate_core::id::AccountId;
use scratch::Scratch;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use uuid::Uuid;

/// The statements, by module and name.
const STATEMENTS: &[&[(&str, &str)]] = &[
    crate::payments::accept::STATEMENTS,
    crate::accounts::find::STATEMENTS,
    crate::accounts::reader::STATEMENTS,
    crate::accounts::standing::STATEMENTS,
    crate::identity::api_key_reader::STATEMENTS,
    crate::identity::api_keys::STATEMENTS,
    crate::identity::audit_log::STATEMENTS,
    crate::identity::merchants::STATEMENTS,
    crate::ledger::audit::STATEMENTS,
    crate::ledger::audit::accounts::STATEMENTS,
    crate::ledger::audit::payments::STATEMENTS,
    crate::payments::changes::STATEMENTS,
    crate::payments::due::STATEMENTS,
    crate::ledger::journal::STATEMENTS,
    crate::payments::list::STATEMENTS,
    crate::ledger::proof_log::STATEMENTS,
    crate::payments::quarantine::STATEMENTS,
    crate::exchange::quotes::STATEMENTS,
    crate::payments::reader::STATEMENTS,
    crate::payments::transact::STATEMENTS,
    crate::accounts::wallets::STATEMENTS,
];

/// How many rows may be read for each that is used, and pages: the levels of the indexes that lead to
/// a row, and of those that a written row is added to.
const ROWS: u64 = 6;
const PAGES: u64 = 60;
/// What looking once costs, even if nothing is found.
const TO_BEGIN_WITH: u64 = 60;

fn statements() -> impl Iterator<Item = (String, &'static str)> {
    let short = |(name, sql): &(&str, &'static str)| {
        (name.trim_start_matches("paygate_postgres::").to_owned(), *sql)
    };
    STATEMENTS.iter().flat_map(move |module| module.iter().map(short))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_reads_more_than_it_uses() {
    let Some(scratch) = Scratch::migrated().await else { return };
    let all: Vec<(String, &str, Vec<Case>)> =
        statements().map(|(name, sql)| (name.clone(), sql, cases(&name))).collect();
    // One connection has planned everything while there was nothing.
    let early = Session::of(&scratch, "force_generic_plan").await;
    for (name, sql, cases) in &all {
        for (at, case) in cases.iter().enumerate() {
            early.prepare(&format!("{name} {at}"), sql, case).await;
            early.plan(&format!("{name} {at}"), case).await;
        }
    }
    scratch.fill().await;
    let mut faults = String::new();
    check("planned on empty tables", &early, &all, &mut faults).await;
    scratch.analyze().await;
    for (when, mode) in [
        ("planned for all parameters", "force_generic_plan"),
        ("planned for these parameters", "force_custom_plan"),
    ] {
        let session = Session::of(&scratch, mode).await;
        for (name, sql, cases) in &all {
            for (at, case) in cases.iter().enumerate() {
                session.prepare(&format!("{name} {at}"), sql, case).await;
            }
        }
        check(when, &session, &all, &mut faults).await;
    }
    assert_eq!(faults, "");
}

/// Runs every case, and writes down what reads too much.
async fn check(
    when: &str,
    session: &Session,
    all: &[(String, &str, Vec<Case>)],
    faults: &mut String,
) {
    for (name, _, cases) in all {
        for (at, case) in cases.iter().enumerate() {
            let Cost { rows, pages, plan } = session.run(&format!("{name} {at}"), case).await;
            let (most_rows, most_pages) =
                (ROWS * case.used + TO_BEGIN_WITH, PAGES * case.used + TO_BEGIN_WITH);
            if rows > most_rows || pages > most_pages {
                let used = case.used;
                writeln!(
                    faults,
                    "{name} {at}, {when}, uses {used} rows, reads {rows} and {pages} pages: {plan}"
                )
                .unwrap();
            }
        }
    }
}

/// The plans that were looked at are those that are kept: none is made anew for its parameters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_planned_once_a_connection() {
    let Some(scratch) = Scratch::migrated().await else { return };
    let store = crate::PostgresStore::new(scratch.config()).unwrap();
    let mut connection = store.pool.get().await.unwrap();
    for _ in 0..7 {
        let names = [AccountKey::Id(AccountId(Uuid::nil()))];
        crate::accounts::find::find(&connection, &names).await.unwrap();
    }
    let plans = "SELECT ARRAY[sum(generic_plans), sum(custom_plans)]::bigint[] \
                 FROM pg_prepared_statements WHERE statement LIKE 'SELECT w.place%'";
    let plans = diesel::dsl::sql::<Array<BigInt>>(plans);
    let plans: Vec<i64> = plans.get_result(&mut connection).await.unwrap();
    assert_eq!(plans, [7, 0]);
}

/// A statement that nobody looks at could read anything.
#[test]
fn every_statement_is_looked_at() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut written = BTreeSet::new();
    names_in(&source, "", &mut written);
    let listed: BTreeSet<String> = statements().map(|(name, _)| name).collect();
    assert_eq!(written, listed, "each module lists its statements, and this one the modules");
    for name in &listed {
        assert_eq!(cases(name).is_empty(), cases::NOT_LOOKED_AT.contains(&name.as_str()), "{name}");
    }
}

/// The names of the statements that are written in a folder.
fn names_in(folder: &Path, module: &str, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let inner = format!("{module}{stem}::");
        if path.is_dir() {
            names_in(&path, &inner, names);
            continue;
        }
        let Some("rs") = path.extension().and_then(|it| it.to_str()) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        let written = text.lines().filter_map(|line| line.strip_prefix("impl Sql for "));
        names.extend(written.map(|rest| format!("{inner}{}", rest.trim_end_matches(" {"))));
    }
}
