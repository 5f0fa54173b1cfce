//! How SQLite runs the statements: along indexes, whatever the tables have grown to.

use crate::config::SqliteConfig;
use crate::{accounts, connection, exchange, identity, ledger, payments, schema};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// All statements that are prepared for the planner to be tested with.
fn statements() -> Vec<&'static str> {
    [
        payments::accept::STATEMENTS,
        accounts::reader::STATEMENTS,
        accounts::standing::STATEMENTS,
        ledger::audit::accounts::STATEMENTS,
        ledger::audit::payments::STATEMENTS,
        ledger::audit::since::STATEMENTS,
        payments::due::STATEMENTS,
        ledger::journal::STATEMENTS,
        payments::list::STATEMENTS,
        accounts::load::STATEMENTS,
        payments::store::STATEMENTS,
        payments::quarantine::STATEMENTS,
        exchange::quotes::STATEMENTS,
        identity::api_key_reader::STATEMENTS,
        identity::api_keys::STATEMENTS,
        identity::audit_log::STATEMENTS,
        identity::merchants::STATEMENTS,
        accounts::lines::STATEMENTS,
        payments::transact::STATEMENTS,
        ledger::proof_log::STATEMENTS,
        accounts::wallets::STATEMENTS,
    ]
    .concat()
}

fn migrated() -> SqliteConnection {
    let mut connection = connection::open(&SqliteConfig::memory()).unwrap();
    schema::migrate(&mut connection).unwrap();
    connection
}

/// How SQLite would run a statement.
fn plan(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let steps = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(connection);
    let steps: Vec<Step> = steps.unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

/// A search by another index would look through what is not listed, and a sort would read it all.
#[test]
fn a_list_goes_along_its_own_index() {
    let mut connection = migrated();
    let mut check = |sql: &str, index: &str| {
        let plan = plan(&mut connection, sql);
        assert!(plan.len() == 1 && plan[0].contains(index), "{plan:?}: {sql}");
    };
    let payments = "payments_of_owner (owner=? AND ";
    let sort = "kind=? AND currency=? AND id>? AND id<?)";
    check(payments::list::NEXT_SORT_OF_OWNER, payments);
    check(payments::list::NEWEST_OF_OWNER, &format!("{payments}{sort}"));
    check(payments::list::NEXT_SORT, "payments_of_all (");
    check(payments::list::NEWEST, &format!("payments_of_all ({sort}"));
    let states = "payment_states_of_owner (owner=? AND status=? AND ";
    let sort = "kind=? AND currency=? AND payment_id>? AND payment_id<?)";
    check(payments::list::NEXT_SORT_IN_STATE_OF_OWNER, states);
    check(payments::list::NEWEST_IN_STATE_OF_OWNER, &format!("{states}{sort}"));
    let states = "payment_states_of_all (status=? AND ";
    check(payments::list::NEXT_SORT_IN_STATE, states);
    check(payments::list::NEWEST_IN_STATE, &format!("{states}{sort}"));
    check(accounts::reader::OF_CURRENCY, "accounts_of_currency (currency=? AND id<?)");
    check(accounts::reader::OF_OWNER, "accounts_of_owner (owner=? AND id<?)");
    let both = "accounts_of_owner_and_currency (owner=? AND currency=? AND id<?)";
    check(accounts::reader::OF_OWNER_AND_CURRENCY, both);
    check(accounts::reader::OF_ALIAS, "accounts_of_alias (alias=? AND id<?)");
}

#[test]
fn no_statement_scans_a_table() {
    let mut connection = migrated();
    for sql in statements() {
        let details = plan(&mut connection, sql);
        // What a statement makes for itself may be read whole, what is in flight, one row, and lists.
        let made = |name: &str| {
            let made = ["CO-ROUTINE", "MATERIALIZE"].map(|how| format!("{how} {name}"));
            name.starts_with("(subquery") || details.iter().any(|it| made.iter().any(|m| it == m))
        };
        for detail in &details {
            let Some(scan) = detail.strip_prefix("SCAN ") else { continue };
            let list = scan.contains("VIRTUAL TABLE")
                || ["CONSTANT ROW", "ledger_proof", "watches", "due USING INDEX due_accepted_at"]
                    .contains(&scan);
            let fine = list || made(scan) || scan == "payments USING INDEX payments_parked";
            assert!(fine, "{detail}: {sql}");
        }
    }
}

/// A proof of the whole reads the whole; and who inserts accounts would look for payments that wait
/// for them, which is planned, but never done while all foreign keys hold.
const NOT_PLANNED: [&str; 3] = ["accounts.rs HELD", "audit.rs COUNT", "standing.rs INSERT"];

/// A statement that nobody looks at could read anything.
#[test]
fn every_statement_is_looked_at() {
    let (mut written, mut listed) = (BTreeSet::new(), BTreeSet::new());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    names_in(&source, &mut written, &mut listed);
    let left_out: Vec<&str> = written.difference(&listed).map(String::as_str).collect();
    assert_eq!(left_out, NOT_PLANNED);
    assert_eq!(listed.len(), statements().len(), "a module's list is not in the list of all");
}

/// The statements that the files of a folder write, and those that they list.
fn names_in(folder: &Path, written: &mut BTreeSet<String>, listed: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            names_in(&path, written, listed);
        }
        if !file.ends_with(".rs") || ["tests.rs", "plans.rs"].contains(&file) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let consts = text
            .lines()
            .filter_map(|line| line.trim_start_matches("pub(crate) ").strip_prefix("const "));
        let texts = consts.filter_map(|line| line.split_once(": &str"));
        written.extend(texts.map(|(name, _)| format!("{file} {name}")));
        let list = text.split_once("const STATEMENTS: &[&str] =").map(|(_, rest)| rest);
        let list = list
            .and_then(|rest| rest.trim().trim_start_matches("&[").split_once(']'))
            .map_or("", |(list, _)| list);
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        listed.extend(names.map(|name| format!("{file} {name}")));
    }
}
