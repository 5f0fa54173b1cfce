//! What a migration may do to a database at work: nothing that keeps a table from others for longer
//! than a moment. The first one made the tables, and is not asked.
//!
//! It reads SQL as text, so it knows only the forms that are written here; a form that it does not
//! know is for a reviewer. What locks for a good reason says so in a comment that begins with
//! `-- Locks:` right above its statement.

use std::fs;
use std::path::Path;

/// A statement without its comments, in capitals and with single spaces.
struct Statement {
    sql: String,
    /// Its comment says why it locks.
    excused: bool,
}

/// The statements of a migration. None of ours has a semicolon within quotes, but for functions,
/// which lock nothing.
fn statements(sql: &str) -> Vec<Statement> {
    let mut all = Vec::new();
    for part in sql.split(';') {
        let excused = part.lines().any(|line| line.trim_start().starts_with("-- Locks:"));
        let code = part.lines().map(|line| line.split("--").next().unwrap_or(""));
        let words: Vec<String> =
            code.flat_map(str::split_whitespace).map(str::to_ascii_uppercase).collect();
        if !words.is_empty() {
            all.push(Statement { sql: words.join(" "), excused });
        }
    }
    all
}

/// Why a statement must not be in a migration whose other statements are these.
fn forbidden(statement: &str, all: &[Statement]) -> Option<&'static str> {
    let has = |words: &str| statement.contains(words);
    let made_here = |table: &str| {
        let made = [format!("CREATE TABLE {table} "), format!("CREATE TABLE {table}(")];
        all.iter().any(|it| made.iter().any(|made| it.sql.starts_with(made)))
    };
    let after = |words: &str| {
        let rest = statement.split_once(words)?.1;
        rest.split([' ', '(', ',']).next()
    };
    let concurrently = has(" CONCURRENTLY ");
    if concurrently && all.len() > 1 {
        return Some("CONCURRENTLY stands alone in its migration");
    }
    let creates_index =
        statement.starts_with("CREATE INDEX") || statement.starts_with("CREATE UNIQUE INDEX");
    if creates_index && !concurrently && !after(" ON ").is_some_and(made_here) {
        return Some("an index on a table that is there is made CONCURRENTLY");
    }
    if (statement.starts_with("DROP INDEX") || statement.starts_with("REINDEX")) && !concurrently {
        return Some("an index is dropped and made anew CONCURRENTLY");
    }
    if statement.starts_with("CREATE TRIGGER") && !after(" ON ").is_some_and(made_here) {
        return Some("a trigger takes the table: say in a comment that this is short");
    }
    for (start, why) in [
        ("UPDATE ", "rows are filled by the service, or in batches by hand"),
        ("DELETE ", "rows are deleted by the service, or in batches by hand"),
        ("TRUNCATE ", "it takes the table"),
        ("LOCK ", "it takes the table"),
        ("CLUSTER", "it writes the table anew"),
        ("VACUUM", "it runs in no transaction, and FULL writes the table anew"),
    ] {
        if statement.starts_with(start) {
            return Some(why);
        }
    }
    if !statement.starts_with("ALTER TABLE ") {
        return None;
    }
    let table = statement.trim_start_matches("ALTER TABLE ").trim_start_matches("ONLY ");
    if table.split(' ').next().is_some_and(made_here) {
        return None;
    }
    let adds = ["ADD CONSTRAINT ", "ADD CHECK", "ADD FOREIGN KEY", "ADD UNIQUE", "ADD PRIMARY KEY"];
    if adds.iter().any(|add| has(add)) && !has(" NOT VALID") && !has(" USING INDEX ") {
        return Some("a constraint is added NOT VALID or USING INDEX");
    }
    if has("VALIDATE CONSTRAINT ") && all.iter().any(|it| it.sql.contains(" NOT VALID")) {
        return Some(
            "it is validated in a migration of its own, when the lock of adding it is gone",
        );
    }
    if has("ADD COLUMN ") {
        for word in [" REFERENCES ", " CHECK ", " UNIQUE", " PRIMARY KEY", " STORED", "SERIAL"] {
            if has(word) {
                return Some("a column is added bare, its rule after it");
            }
        }
        for volatile in ["CLOCK_TIMESTAMP(", "RANDOM", "NEXTVAL("] {
            if has(volatile) {
                return Some("a default that differs by row writes the table anew");
            }
        }
        if has(" NOT NULL") && !has(" DEFAULT ") {
            return Some("rows that are there would have nothing");
        }
    }
    if has("ALTER COLUMN ") && (has(" TYPE ") || has(" SET NOT NULL")) {
        return Some("it reads or writes the whole table");
    }
    if has(" RENAME ") {
        return Some("the version that still runs knows the old name");
    }
    None
}

/// What is wrong with a migration.
fn faults(sql: &str, in_transaction: bool) -> Vec<String> {
    let all = statements(sql);
    let mut faults: Vec<String> = all
        .iter()
        .filter(|it| !it.excused)
        .filter_map(|it| Some(format!("{}: {}", it.sql, forbidden(&it.sql, &all)?)))
        .collect();
    let concurrently = all.iter().any(|it| it.sql.contains(" CONCURRENTLY "));
    if concurrently == in_transaction {
        faults.push("metadata.toml: run_in_transaction = false belongs to CONCURRENTLY".to_owned());
    }
    if !sql.starts_with("-- ") {
        faults.push("it opens with no comment that says why".to_owned());
    }
    faults
}

#[test]
fn no_migration_after_the_first_locks_a_table_for_long() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../migrations/postgres");
    let mut seen = 0;
    for entry in fs::read_dir(migrations).unwrap() {
        let folder = entry.unwrap().path();
        seen += 1;
        if folder.ends_with("0001_initial") {
            continue;
        }
        let metadata = fs::read_to_string(folder.join("metadata.toml")).unwrap_or_default();
        let in_transaction = !metadata.contains("run_in_transaction = false");
        let up = fs::read_to_string(folder.join("up.sql")).unwrap();
        assert_eq!(faults(&up, in_transaction), [""; 0], "{}", folder.display());
    }
    assert!(seen > 0, "the migrations are elsewhere");
}

#[test]
fn what_locks_is_seen() {
    for sql in [
        "ALTER TABLE payments ADD CONSTRAINT c CHECK (amount_minor > 0);",
        "ALTER TABLE payments ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES y (id);",
        "ALTER TABLE payments ADD UNIQUE (reference);",
        "ALTER TABLE payments ADD CONSTRAINT c CHECK (true) NOT VALID; \
         ALTER TABLE payments VALIDATE CONSTRAINT c;",
        "CREATE INDEX i ON payments (id);",
        "create unique index i\n    on payments (id);",
        "CREATE INDEX i ON payments (id); CREATE TABLE other (id uuid);",
        "CREATE INDEX CONCURRENTLY i ON payments (id);",
        "DROP INDEX payments_parked;",
        "REINDEX TABLE payments;",
        "ALTER TABLE payments ALTER COLUMN attempts TYPE bigint;",
        "ALTER TABLE payments ALTER COLUMN description SET NOT NULL;",
        "ALTER TABLE payments ADD COLUMN x uuid REFERENCES payments (id);",
        "ALTER TABLE payments ADD COLUMN x bigint CHECK (x > 0);",
        "ALTER TABLE payments ADD COLUMN x uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE payments ADD COLUMN x timestamptz NOT NULL DEFAULT clock_timestamp();",
        "ALTER TABLE payments ADD COLUMN x bigint NOT NULL;",
        "ALTER TABLE payments ADD COLUMN x bigserial;",
        "ALTER TABLE payments RENAME COLUMN reference TO name;",
        "CREATE TRIGGER t AFTER INSERT ON payments EXECUTE FUNCTION f();",
        "UPDATE payments SET attempts = 0;",
        "DELETE FROM payments;",
        "LOCK TABLE payments;",
        "TRUNCATE due;",
        "CLUSTER payments;",
        "VACUUM FULL payments;",
    ] {
        assert_ne!(faults(&format!("-- Why.\n{sql}"), true), [""; 0], "{sql}");
    }
    assert_ne!(faults("CREATE TABLE t (id uuid);", true), [""; 0], "no comment");
    let two =
        "-- Why.\nCREATE INDEX CONCURRENTLY i ON t (id); CREATE INDEX CONCURRENTLY j ON t (x);";
    assert_ne!(faults(two, false), [""; 0], "two at once run in a transaction after all");
}

#[test]
fn what_locks_for_a_moment_only_is_let_pass() {
    for (sql, in_transaction) in [
        ("ALTER TABLE payments ADD CONSTRAINT c CHECK (amount_minor > 0) NOT VALID;", true),
        ("ALTER TABLE payments VALIDATE CONSTRAINT c;", true),
        ("ALTER TABLE payments ADD CONSTRAINT c UNIQUE USING INDEX i;", true),
        ("ALTER TABLE payments ADD COLUMN x bigint, ADD COLUMN y text;", true),
        ("ALTER TABLE payments ADD COLUMN x boolean NOT NULL DEFAULT false;", true),
        ("ALTER TABLE payments DROP COLUMN x;", true),
        ("CREATE INDEX CONCURRENTLY i ON payments (id);", false),
        ("DROP INDEX CONCURRENTLY i;", false),
        ("CREATE TABLE t (id uuid PRIMARY KEY CHECK (true)); CREATE INDEX i ON t (id);", true),
        ("CREATE TABLE t (id uuid); ALTER TABLE t ADD CONSTRAINT c CHECK (true);", true),
        ("-- Locks: a few rows, and nobody waits for them.\nDELETE FROM ledger_proof;", true),
    ] {
        assert_eq!(faults(&format!("-- Why.\n{sql}"), in_transaction), [""; 0], "{sql}");
    }
}
