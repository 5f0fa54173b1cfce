//! Migrations, the check of the schema, and the database's own rules as the catalog tells them.

use crate::database::Database;
use paygate_postgres::{ConfigError, PostgresConfig, PostgresStore, SchemaError};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_is_known_missing_or_from_the_future() {
    let Some(database) = Database::empty().await else { return };
    let store = database.store();
    assert!(matches!(store.check_schema().await, Err(SchemaError::Behind)));
    assert!(!store.migrate().await.unwrap().is_empty());
    store.check_schema().await.unwrap();
    assert!(store.migrate().await.unwrap().is_empty(), "migrating again changes nothing");

    let client = database.client().await;
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    client.batch_execute(insert).await.unwrap();
    let ahead = store.check_schema().await.unwrap_err();
    assert!(matches!(&ahead, SchemaError::Ahead(version) if version == "9999"), "{ahead}");
    client.batch_execute("DELETE FROM __diesel_schema_migrations").await.unwrap();
    let behind = store.check_schema().await.unwrap_err();
    assert!(behind.to_string().contains("paygate migrate"), "{behind}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_migrate_at_once_take_turns() {
    let Some(database) = Database::empty().await else { return };
    let migrating: Vec<_> = (0..4)
        .map(|_| {
            let store = database.store();
            tokio::spawn(async move { store.migrate().await.unwrap().len() })
        })
        .collect();
    let mut applied = 0;
    for one in migrating {
        applied += one.await.unwrap();
    }
    let known = "SELECT count(*) FROM __diesel_schema_migrations";
    let known: i64 = database.client().await.query_one(known, &[]).await.unwrap().get(0);
    assert_eq!(i64::try_from(applied).unwrap(), known, "each migration is applied by exactly one");
}

/// While a migration waits for a lock, whoever asks after it waits behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_gives_way_until_it_gets_its_locks() {
    let Some(database) = Database::empty().await else { return };
    let (mut holder, client) = (database.client().await, database.client().await);
    let table = "CREATE TABLE __diesel_schema_migrations (version text PRIMARY KEY, \
                 run_on timestamp NOT NULL DEFAULT now())";
    client.batch_execute(table).await.unwrap();
    let holding = holder.transaction().await.unwrap();
    let lock = "LOCK TABLE __diesel_schema_migrations IN SHARE MODE";
    holding.batch_execute(lock).await.unwrap();

    let store = database.store();
    let migrating = tokio::spawn(async move { store.migrate().await });
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation' \
                 AND relation = '__diesel_schema_migrations'::regclass";
    for waiting in [1i64, 0, 1] {
        paygate_testkit::store::eventually("it waits and gives way in turn", async || {
            let there: i64 = client.query_one(waits, &[]).await.unwrap().get(0);
            (there == waiting).then_some(())
        })
        .await;
    }
    assert!(!migrating.is_finished());
    holding.rollback().await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), ["0001", "0002"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_can_be_taken_back() {
    let Some(database) = Database::empty().await else { return };
    database.store().migrate().await.unwrap();
    let client = database.client().await;
    for down in [
        include_str!("../../../../../migrations/postgres/0002_identity/down.sql"),
        include_str!("../../../../../migrations/postgres/0001_initial/down.sql"),
    ] {
        client.batch_execute(down).await.unwrap();
    }
    let left = "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
         WHERE nspname = 'public' AND relkind = 'r'";
    let rows = client.query(left, &[]).await.unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["__diesel_schema_migrations"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalog_holds_the_rules() {
    let Some(database) = Database::migrated().await else { return };
    let client = database.client().await;
    let texts = async |sql: &str| -> BTreeSet<String> {
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };

    let money = texts(
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
         FROM information_schema.columns WHERE table_schema = 'public' \
         AND (column_name LIKE '%minor%' OR column_name ~ '(_at|^at|_until)$')",
    )
    .await;
    for column in &money {
        let wanted = if column.contains("_minor") { "bigint" } else { "timestamp with time zone" };
        assert!(column.contains(wanted), "{column}");
    }
    assert!(money.len() >= 20, "{money:?}");
    // What may be absent: sides that are the amount, and what was never captured.
    let absent = money.iter().filter(|it| it.contains("_minor") && it.ends_with("YES"));
    let absent: Vec<_> = absent.filter_map(|it| it.split(' ').next()).collect();
    assert_eq!(
        absent,
        ["payments.captured_minor", "payments.credit_minor", "payments.debit_minor"]
    );

    let floats = texts(
        "SELECT table_name || '.' || column_name FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type IN ('real', 'double precision', 'numeric')",
    )
    .await;
    assert_eq!(floats, BTreeSet::new());

    let constraints = texts(
        "SELECT CASE contypid WHEN 0 THEN conrelid::regclass::text ELSE contypid::regtype::text END \
         || ': ' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace UNION ALL \
         SELECT table_name || '.' || column_name || ' is ' || domain_name \
         FROM information_schema.columns WHERE domain_schema = 'public'",
    )
    .await;
    for rule in [
        "accounts: UNIQUE (number)",
        "accounts: UNIQUE (system_code, currency)",
        "accounts: CHECK ((held_minor >= 0))",
        "accounts: CHECK ((overdraft OR ((posted_minor - held_minor) >= 0)))",
        "payments: PRIMARY KEY (id)",
        "payments.amount_minor is more_than_zero",
        "payments.debit_minor is zero_or_more",
        "payments.captured_minor is more_than_zero",
        "payments.refunded_minor is zero_or_more",
        "payments.currency is currency_code",
        "payments.owner is owner_name",
        "payments.kind is payment_kind",
        "payments.status is payment_status",
        "more_than_zero: CHECK ((VALUE > 0))",
        "zero_or_more: CHECK ((VALUE >= 0))",
        "payments: FOREIGN KEY (parent_id) REFERENCES payments(id)",
        "payments: FOREIGN KEY (quote_id) REFERENCES fx_quotes(id)",
        "accounts: UNIQUE (owner, alias)",
        "accounts: CHECK ((num_nonnulls(system_code, owner) = 1))",
        "payment_transitions: PRIMARY KEY (payment_id, seq)",
        "postings: PRIMARY KEY (account_id, account_seq)",
        "due: PRIMARY KEY (payment_id)",
    ] {
        assert!(constraints.contains(rule), "missing: {rule}\nthere: {constraints:#?}");
    }
    // Of domains it is not the column's collation that counts.
    let currency = constraints.iter().find(|it| it.starts_with("currency_code: ")).unwrap();
    assert_eq!(currency.matches("(VALUE COLLATE \"C\")").count(), 2, "{currency}");
    let status_check = constraints.iter().find(|it| it.contains("'MANUAL_REVIEW'")).unwrap();
    for status in paygate_core::status::Status::ALL {
        assert!(status_check.contains(&format!("'{status}'")), "{status_check}");
    }
    let kind_check = constraints.iter().find(|it| it.contains("'deposit'")).unwrap();
    for kind in paygate_core::kind::Kind::ALL {
        assert!(kind_check.contains(&format!("'{kind}'")), "{kind_check}");
    }

    let indexes = texts("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'").await;
    for (name, of) in [
        ("payments_key ", "(key_hash)"),
        ("payments_reference ", "(reference, owner) WHERE (reference IS NOT NULL)"),
        ("accounts_for_charges ", "(owner, currency) WHERE for_charges"),
    ] {
        let index = indexes.iter().find(|it| it.contains(name)).unwrap();
        assert!(index.contains("UNIQUE") && index.contains(of), "{index}");
    }
    for hot in [
        "status",
        "attempts",
        "lease_until",
        "updated_at",
        "debit_minor",
        "captured_minor",
        "refunded_minor",
        "refunding_minor",
        "expires_at",
    ] {
        let named =
            indexes.iter().find(|it| it.contains(" ON public.payments ") && it.contains(hot));
        assert_eq!(named, None, "settlement changes {hot}: an index on it ends HOT updates");
    }

    let triggers = texts(
        "SELECT event_object_table || ' ' || trigger_name || ' ' || event_manipulation \
         FROM information_schema.triggers WHERE trigger_schema = 'public'",
    )
    .await;
    for (table, trigger) in [
        ("payment_transitions", "append_only"),
        ("postings", "append_only"),
        ("payments", "stays"),
        ("accounts", "stays"),
    ] {
        for change in ["UPDATE", "DELETE"] {
            assert!(triggers.contains(&format!("{table} {trigger} {change}")), "{triggers:?}");
        }
        let truncate = client.batch_execute(&format!("TRUNCATE {table} CASCADE")).await;
        let refused = truncate.unwrap_err();
        let message = refused.as_db_error().unwrap().message();
        assert!(message.contains("what was written stays"), "{message}");
    }
    for trigger in [
        // What stands for foreign keys.
        "payments refers_to_accounts INSERT",
        "payment_transitions refers_to_payments INSERT",
        "due refers_to_payments INSERT",
        "due stays UPDATE",
        "postings whole_entries INSERT",
        "accounts keeps_currency UPDATE",
        "accounts well_formed INSERT",
        "accounts well_formed UPDATE",
        "payments uses_quote INSERT",
        "payments keeps_first_state INSERT",
        "payments keeps_state UPDATE",
    ] {
        assert!(triggers.contains(trigger), "{triggers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postings_that_do_not_balance_are_refused_by_the_database() {
    let Some(database) = Database::migrated().await else { return };
    let client = database.client().await;
    let setup = "INSERT INTO accounts (id, number, currency, system_code, overdraft) VALUES \
         ('00000000-0000-0000-0000-000000000001', '000000000000', 'USD', 'acquirer', true), \
         ('00000000-0000-0000-0000-000000000002', '000000000018', 'USD', 'bank', true); \
         INSERT INTO payments (id, kind, owner, asked_by, amount_minor, currency, source_id, \
         destination_id, reference) VALUES ('00000000-0000-0000-0000-000000000003', 'charge', \
         'merchant:m', 'operator', 5, 'USD', '00000000-0000-0000-0000-000000000001', \
         '00000000-0000-0000-0000-000000000002', 'r'); \
         INSERT INTO payment_transitions VALUES ('00000000-0000-0000-0000-000000000003', 1, \
         'PENDING', 'SUCCESS', 'worker', 'settled', now())";
    client.batch_execute(setup).await.unwrap();
    let post = |second: i64| {
        format!(
            "INSERT INTO postings VALUES ('00000000-0000-0000-0000-000000000001', 1, \
             '00000000-0000-0000-0000-000000000003', 1, -5, 'USD', -5), \
             ('00000000-0000-0000-0000-000000000002', 1, \
             '00000000-0000-0000-0000-000000000003', 1, {second}, 'USD', {second})"
        )
    };
    let refused = client.batch_execute(&post(4)).await.unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("sum to zero"), "{refused}");
    client.batch_execute(&post(5)).await.unwrap();
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let new = |url: &str| PostgresStore::new(PostgresConfig::new(url)).err();
    assert!(matches!(new("postgres://u@h/d?sslmode=prefer"), Some(ConfigError::SslMode(_))));
    assert!(matches!(new("postgres://u@h:port/d"), Some(ConfigError::Url(_))));
    let missing = "postgres://u@h/d?sslmode=verify-full&sslrootcert=/nonexistent.pem";
    assert!(matches!(new(missing), Some(ConfigError::Certificates(_))));
}
