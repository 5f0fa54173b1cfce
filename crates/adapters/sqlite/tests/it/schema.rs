//! The schema as the database itself tells it, and what is refused besides the contract's rules.

use crate::support::{SystemClock, TempDir, connect, under_test};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use paygate_core::decision::Loads;
use paygate_core::provider::{ClaimPolicy, Verdict, settle};
use paygate_ports::HealthCheck;
use paygate_ports::silent;
use paygate_sqlite::{SchemaError, SqliteConfig, SqliteStore};
use paygate_testkit::build::{open_usd_pair, quote};
use paygate_testkit::store::assert_ledger_holds;
use std::sync::Arc;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let lines: Vec<Line> = sql_query(sql).load(connection).unwrap();
    lines.into_iter().map(|row| row.line).collect()
}

async fn migrated(folder: &TempDir) -> SqliteStore {
    let config = SqliteConfig::file(folder.file("p.db"));
    let store = SqliteStore::open(config, Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    store
}

const TABLES: &str = "SELECT m.name FROM sqlite_schema m JOIN pragma_table_list l ON l.name = m.name \
    WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'";

#[tokio::test]
async fn the_catalog_names_the_rules() {
    let folder = TempDir::new();
    let _store = migrated(&folder).await;
    let mut catalog = connect(&folder.file("p.db"));

    let tables = format!(
        "SELECT name || ' strict ' || strict AS line FROM pragma_table_list \
         WHERE name IN ({TABLES}) ORDER BY name"
    );
    assert_eq!(
        lines(&mut catalog, &tables),
        [
            "accounts strict 1",
            "api_keys strict 1",
            "audit_log strict 1",
            "due strict 1",
            "fx_quotes strict 1",
            "journal_entries strict 1",
            "ledger_proof strict 1",
            "merchants strict 1",
            "payment_states strict 1",
            "payment_transitions strict 1",
            "payments strict 1",
            "postings strict 1",
            "watches strict 1",
        ]
    );

    let unique = format!(
        "SELECT t.name || ' (' || (SELECT group_concat(c.name, ', ') FROM \
            (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) AS c) || ')' \
            || iif(i.partial, ' partial', '') AS line \
         FROM ({TABLES}) AS t, pragma_index_list(t.name) AS i WHERE i.\"unique\" ORDER BY line"
    );
    assert_eq!(
        lines(&mut catalog, &unique),
        [
            "accounts (id)",
            "accounts (id, currency)",
            "accounts (key_hash) partial",
            "accounts (number)",
            "accounts (owner, alias)",
            "accounts (owner, currency) partial",
            "accounts (system_code, currency)",
            "api_keys (id)",
            "api_keys (key_hash) partial",
            "api_keys (secret_hash)",
            "audit_log (id)",
            "due (payment_id)",
            "fx_quotes (id)",
            "fx_quotes (key_hash) partial",
            "journal_entries (payment_id, transition_seq)",
            "merchants (id)",
            "merchants (key_hash) partial",
            "payment_states (payment_id)",
            "payment_transitions (payment_id, seq)",
            "payments (id)",
            "payments (key_hash) partial",
            "payments (quote_id) partial",
            "payments (reference, owner)",
            "postings (account_id, account_seq)",
            "postings (payment_id, transition_seq, account_id)",
        ]
    );

    let foreign = format!(
        "SELECT t.name || ' (' || group_concat(f.\"from\", ', ' ORDER BY f.seq) || ') -> ' \
            || f.\"table\" AS line \
         FROM ({TABLES}) AS t, pragma_foreign_key_list(t.name) AS f \
         GROUP BY t.name, f.id ORDER BY line"
    );
    assert_eq!(
        lines(&mut catalog, &foreign),
        [
            "api_keys (made_with) -> api_keys",
            "api_keys (merchant_id) -> merchants",
            "api_keys (replaced_by) -> api_keys",
            "due (payment_id) -> payments",
            "journal_entries (payment_id, transition_seq) -> payment_transitions",
            "payment_states (payment_id) -> payments",
            "payment_transitions (payment_id) -> payments",
            "payments (destination_id) -> accounts",
            "payments (parent_id) -> payments",
            "payments (quote_id) -> fx_quotes",
            "payments (source_id) -> accounts",
            "postings (account_id, currency) -> accounts",
            "postings (payment_id, transition_seq) -> journal_entries",
        ]
    );

    let others = format!(
        "SELECT t.name || ': ' || i.name || iif(i.partial, ' partial', '') AS line \
         FROM ({TABLES}) AS t, pragma_index_list(t.name) AS i WHERE NOT i.\"unique\" ORDER BY line"
    );
    assert_eq!(
        lines(&mut catalog, &others),
        [
            "accounts: accounts_of_alias partial",
            "accounts: accounts_of_currency",
            "accounts: accounts_of_owner",
            "accounts: accounts_of_owner_and_currency",
            "api_keys: api_keys_made_with partial",
            "api_keys: api_keys_of_merchant",
            "api_keys: api_keys_replaced_by partial",
            "audit_log: audit_log_of_action",
            "audit_log: audit_log_of_all",
            "audit_log: audit_log_of_principal",
            "audit_log: audit_log_of_principal_and_action",
            "audit_log: audit_log_of_target",
            "due: due_accepted_at partial",
            "due: due_republish_at",
            "fx_quotes: fx_quotes_unused partial",
            "journal_entries: journal_entries_at",
            "payment_states: payment_states_of_all",
            "payment_states: payment_states_of_owner",
            "payments: payments_of_all",
            "payments: payments_of_owner",
            "payments: payments_parent partial",
            "payments: payments_parked partial",
            "watches: watches_made_at",
        ]
    );

    let triggers = "SELECT tbl_name || ': ' || name AS line FROM sqlite_schema \
                    WHERE type = 'trigger' ORDER BY line";
    assert_eq!(
        lines(&mut catalog, triggers),
        [
            "audit_log: audit_log_never_changes",
            "audit_log: audit_log_never_goes",
            "journal_entries: journal_entries_balance",
            "journal_entries: journal_entries_never_change",
            "journal_entries: journal_entries_never_go",
            "payment_transitions: payment_transitions_never_change",
            "payment_transitions: payment_transitions_never_go",
            "payments: payments_keep_first_states",
            "payments: payments_keep_states",
            "payments: payments_use_quotes",
            "postings: postings_never_change",
            "postings: postings_never_go",
            "postings: postings_of_an_entry_are_whole",
        ]
    );
    assert_eq!(
        lines(&mut catalog, "SELECT integrity_check AS line FROM pragma_integrity_check"),
        ["ok"]
    );
}

#[tokio::test]
async fn an_entry_is_whole_balanced_and_for_good() {
    let folder = TempDir::new();
    let store = migrated(&folder).await;
    let under_test = under_test(store.clone(), Box::new(folder));
    let pair = open_usd_pair(&under_test).await;
    let payment = pair.charge("1.00");
    under_test.payments.accept(vec![payment.clone()]).await.unwrap();

    let payment = (under_test.id_literal)(payment.id.0);
    let merchant = (under_test.id_literal)(pair.merchant.id.0);
    let acquirer = (under_test.id_literal)(pair.acquirer.id.0);
    let posting = |account: &str, seq: i64, amount: i64| {
        format!(
            "INSERT INTO postings VALUES ({account}, {seq}, {payment}, 1, {amount}, 'USD', {amount});"
        )
    };
    let transition = format!(
        "INSERT INTO payment_transitions \
         VALUES ({payment}, 1, 'PENDING', 'SUCCESS', 'worker', 'settled', 1);"
    );
    let entry = format!("INSERT INTO journal_entries VALUES ({payment}, 1, 1);");
    let (given, taken) = (posting(&merchant, 1, 100), posting(&acquirer, 1, -100));
    for unbalanced in [
        // A sum that is not zero, one side only, no side, no entry, a posting added to a whole one.
        format!("{transition} {given} {} {entry}", posting(&acquirer, 1, -99)),
        format!("{transition} {} {entry}", posting(&merchant, 1, 0)),
        format!("{transition} {entry}"),
        format!("{transition} {given} {taken}"),
        format!("{transition} {given} {taken} {entry} {}", posting(&merchant, 2, 0)),
    ] {
        assert!(store.run_raw(unbalanced.clone()).await.is_err(), "{unbalanced}");
    }
    store.run_raw(format!("{transition} {given} {taken} {entry}")).await.unwrap();

    // Each by its own trigger, not only by who refers to the row.
    for table in ["postings", "journal_entries", "payment_transitions"] {
        for change in
            [format!("DELETE FROM {table}"), format!("UPDATE {table} SET payment_id = payment_id")]
        {
            let error = store.run_raw(change).await.unwrap_err().to_string();
            assert_eq!(error, format!("the store refused: {table} is append-only"));
        }
    }

    // REPLACE deletes what is in its way.
    let other = pair.charge("1.00");
    under_test.payments.accept(vec![other.clone()]).await.unwrap();
    let replaced = given.replace(&payment, &(under_test.id_literal)(other.id.0));
    let replaced = replaced.replace("INSERT", "REPLACE");
    assert!(store.run_raw(replaced).await.unwrap_err().to_string().contains("append-only"));
}

#[tokio::test]
async fn a_text_is_not_stored_where_a_number_belongs() {
    let folder = TempDir::new();
    let store = migrated(&folder).await;
    let under_test = under_test(store.clone(), Box::new(folder));
    open_usd_pair(&under_test).await;
    assert!(store.run_raw("UPDATE accounts SET created_at = 'now'".to_owned()).await.is_err());
    assert_ledger_holds(&under_test).await;
}

#[tokio::test]
async fn a_schema_is_missing_then_known_then_unknown() {
    let folder = TempDir::new();
    let file = folder.file("p.db");
    let open = || SqliteStore::open(SqliteConfig::file(&file), Arc::new(SystemClock)).unwrap();
    let store = open();
    assert_eq!(store.check_schema().await, Err(SchemaError::Missing));
    assert!(store.check().await.is_err(), "no health without a schema");
    store.migrate().await.unwrap();
    assert_eq!(store.check_schema().await, Ok(()));
    assert_eq!((store.name(), store.check().await), ("store", Ok(())));
    store.migrate().await.unwrap();

    let mut other = connect(&file);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    other.batch_execute(newer).unwrap();
    let unknown = Err(SchemaError::Newer("9999".to_owned()));
    assert_eq!(store.check_schema().await, unknown);
    assert_eq!(open().migrate().await, unknown, "nothing is done to a schema of the future");

    let emptied = "DELETE FROM __diesel_schema_migrations; \
                   INSERT INTO __diesel_schema_migrations (version) VALUES ('0000')";
    other.batch_execute(emptied).unwrap();
    assert_eq!(store.check_schema().await, Err(SchemaError::Newer("0000".to_owned())));
}

#[tokio::test]
async fn many_may_migrate_at_once() {
    let folder = TempDir::new();
    let config = SqliteConfig::file(folder.file("p.db"));
    let stores: Vec<_> =
        (0..6).map(|_| SqliteStore::open(config.clone(), Arc::new(SystemClock)).unwrap()).collect();
    let migrations: Vec<_> = stores
        .into_iter()
        .map(|store| tokio::spawn(async move { store.migrate().await }))
        .collect();
    for migration in migrations {
        migration.await.unwrap().unwrap();
    }
}

const DOWN: [&str; 2] = [
    include_str!("../../../../../migrations/sqlite/0002_identity/down.sql"),
    include_str!("../../../../../migrations/sqlite/0001_initial/down.sql"),
];

#[tokio::test]
async fn the_migrations_can_be_taken_back_with_all_their_rows() {
    let folder = TempDir::new();
    let under_test = under_test(migrated(&folder).await, Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    let charges = pair.charges(2);
    let ids: Vec<_> = charges.iter().map(|charge| charge.id).collect();
    under_test.payments.accept(charges).await.unwrap();
    let approve = silent(move |book| {
        settle(book, book.payment_ids()[0], 1, Verdict::Approved, &ClaimPolicy::default()).unwrap();
    });
    under_test.payments.transact(ids[..1].to_vec(), Loads::Accounts, approve).await.unwrap();
    under_test.quotes.keep(quote("USD", "EUR", "0.5"), None).await.unwrap();

    let mut other = connect(&folder.file("p.db"));
    other.batch_execute(&format!("BEGIN; {} COMMIT;", DOWN.concat())).unwrap();
    let left = "SELECT name AS line FROM sqlite_schema WHERE name NOT LIKE '%diesel%'";
    assert_eq!(lines(&mut other, left), Vec::<String>::new());
}
