//! Tables that hold many settled transfers already: made by SQL, in a hundredth of the time that the
//! service would take.
//!
//! They are copies of one transfer that the service has made, so that only those columns are named
//! here by which one differs from another. The wallets stand in a ring and each pays the next one the
//! same amount, round after round. So every balance and every number of a posting can be told from
//! the number of the payment alone.

use std::time::Instant;

use crate::database::Database;
use crate::numbers::count;
use crate::told::{Bar, announce};

/// So many are made by one transaction.
const BATCH: u64 = 100_000;
/// On disk for each, indexes included, and for the log of changes, so that nobody's disk is filled.
const BYTES: u64 = 1_450;
const LOG_BYTES: u64 = 2 << 30;

/// Makes so many copies, rounded up to whole rounds, of a transfer between the first wallets.
pub(crate) fn fill(database: &Database, template: &str, payments: u64) -> Result<(), String> {
    announce(&format!("making {} settled payments", count(payments as f64)));
    has_room(database, payments)?;
    // The rows fit every rule; that they do is proved in the end, and not looked at one by one.
    database.query("SET session_replication_role = replica")?;
    database.query(RING)?;
    let wallets: u64 = one(database, "SELECT count(*) FROM ring")?;
    let rounds = payments.div_ceil(wallets.max(1));
    let total = rounds * wallets;
    let times = format!("SELECT set_config('fill.total', '{total}', false)");
    database.query(&times)?;
    let copies = Copies { database, template, wallets };
    let (bar, begun) = (Bar::start("payments"), Instant::now());
    for first in (0..total).step_by(BATCH as usize) {
        let last = (first + BATCH).min(total) - 1;
        copies.make(first, last)?;
        bar.at(last + 1, total, &format!("{} s", begun.elapsed().as_secs()));
    }
    copies.close(rounds)?;
    database.query("SET session_replication_role = origin")?;
    database.query("VACUUM (ANALYZE)")?;
    database.query("CHECKPOINT")?;
    let size = database.query("SELECT pg_size_pretty(pg_database_size(current_database()))")?;
    announce(&format!("they take {}", size.concat()));
    Ok(())
}

/// The wallets, each with its place, and what it had before; and from when to when the payments are.
const RING: &str = "
    CREATE TEMP TABLE ring AS
        SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, last_seq AS seq,
            posted_minor AS balance
        FROM accounts WHERE alias LIKE 'bench-idr-%';
    CREATE UNIQUE INDEX ON ring (place);
    ANALYZE ring;
    CREATE TEMP TABLE span AS
        SELECT max(last_entry_at) AS since, clock_timestamp() - max(last_entry_at) AS span
        FROM accounts";

/// Of each number the wallets that it is between and its time; `i.id` is a UUID of version 7.
const NUMBERED: &str = "
    generate_series({first}::bigint, {last}::bigint) AS k
    JOIN ring s ON s.place = k % {wallets}
    JOIN ring d ON d.place = (k + 1) % {wallets}
    CROSS JOIN LATERAL (
        SELECT since + span * ((k + 1)::float8 / (current_setting('fill.total')::float8 + 2)) AS at
        FROM span
    ) n
    CROSS JOIN LATERAL (
        SELECT (lpad(to_hex((extract(epoch FROM n.at) * 1000)::bigint), 12, '0') || '70008'
            || lpad(to_hex(k), 15, '0'))::uuid AS id
    ) i";

struct Copies<'a> {
    database: &'a Database,
    template: &'a str,
    wallets: u64,
}

impl Copies<'_> {
    /// Makes those with these numbers.
    fn make(&self, first: u64, last: u64) -> Result<(), String> {
        let numbered = NUMBERED.replace("{first}", &first.to_string());
        let numbered = numbered.replace("{last}", &last.to_string());
        let numbered = numbered.replace("{wallets}", &self.wallets.to_string());
        let key = format!("md5('{}-' || k)", self.template);
        let payment: [(&str, &str); 7] = [
            ("id", "i.id"),
            ("source_id", "s.id"),
            ("destination_id", "d.id"),
            ("key_hash", &key),
            ("reference", "NULL"),
            ("created_at", "n.at"),
            ("updated_at", "n.at"),
        ];
        let step = [("payment_id", "i.id"), ("at", "n.at")];
        let mut sql = vec!["BEGIN".to_owned()];
        sql.push(self.copy("payments", "id", &payment, &numbered)?);
        sql.push(self.copy("payment_transitions", "payment_id", &step, &numbered)?);
        for (side, wallet) in [("s", "<"), ("d", ">")] {
            let sign = format!("t.amount_minor {wallet} 0");
            sql.push(self.copy_posting(side, &sign, &numbered)?);
        }
        sql.push("COMMIT".to_owned());
        self.database.query(&sql.join(";\n")).map(|_| ())
    }

    /// Of each round a wallet is credited first and then debited, but for the first wallet, which is
    /// debited first.
    fn copy_posting(&self, side: &str, sign: &str, numbered: &str) -> Result<String, String> {
        let round = format!("2 * (k / {})", self.wallets);
        let (seq, balance) = match side {
            "s" => (
                format!("s.seq + {round} + CASE WHEN s.place = 0 THEN 1 ELSE 2 END"),
                "s.balance + CASE WHEN s.place = 0 THEN t.amount_minor ELSE 0 END",
            ),
            _ => (
                format!("d.seq + {round} + CASE WHEN d.place = 0 THEN 2 ELSE 1 END"),
                "d.balance + CASE WHEN d.place = 0 THEN 0 ELSE t.amount_minor END",
            ),
        };
        let account = format!("{side}.id");
        let posting: [(&str, &str); 4] = [
            ("account_id", &account),
            ("account_seq", &seq),
            ("payment_id", "i.id"),
            ("balance_after_minor", balance),
        ];
        let sql = self.copy("postings", "payment_id", &posting, numbered)?;
        Ok(format!("{sql} AND {sign}"))
    }

    /// Copies the template's rows of a table, with some columns replaced.
    fn copy(
        &self,
        table: &str,
        key: &str,
        replaced: &[(&str, &str)],
        numbered: &str,
    ) -> Result<String, String> {
        let columns = self.database.rows(&format!(
            "SELECT column_name, data_type FROM information_schema.columns \
             WHERE table_name = '{table}' ORDER BY ordinal_position"
        ))?;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in &columns {
            let [name, kind] = column.as_slice() else { continue };
            let own = replaced.iter().find(|(replaced, _)| replaced == name);
            values.push(match own {
                Some((_, value)) => format!("({value})::{kind}"),
                None => format!("t.{name}"),
            });
            names.push(name.clone());
        }
        Ok(format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} t CROSS JOIN ({numbered}) \
             WHERE t.{key} = '{}'",
            names.join(", "),
            values.join(", "),
            self.template
        ))
    }

    /// Brings the wallets to what the last round has left them with, and the proof to where all is
    /// proved that there is: proving it again would go on beside what is measured.
    fn close(&self, rounds: u64) -> Result<(), String> {
        let wallets = self.wallets;
        let of_last = format!(
            "CASE WHEN place = 0 THEN {rounds} * {wallets} - 1 \
             ELSE ({rounds} - 1) * {wallets} + place END"
        );
        self.database.query(&format!(
            "UPDATE accounts SET last_seq = last_seq + 2 * {rounds}, last_entry_at = l.at \
             FROM (SELECT id, since + span * (({of_last} + 1)::float8 \
                   / (current_setting('fill.total')::float8 + 2)) AS at FROM ring, span) l \
             WHERE accounts.id = l.id"
        ))?;
        self.database.query("UPDATE ledger_proof SET proved_to = clock_timestamp()").map(|_| ())
    }
}

/// Whether the disk has room for so many.
fn has_room(database: &Database, payments: u64) -> Result<(), String> {
    let folder = database.query("SHOW data_directory")?.concat();
    let output = std::process::Command::new("df").args(["-k", "--output=avail", &folder]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let free: Option<u64> = text.ok().and_then(|text| text.lines().last()?.trim().parse().ok());
    let (needed, free) = ((payments * BYTES + LOG_BYTES) / 1_024, free.unwrap_or(u64::MAX));
    if needed <= free {
        return Ok(());
    }
    let gib = |kib: u64| kib as f64 / 1_048_576.0;
    Err(format!("it takes {:.0} GiB of disk, and {:.0} are free", gib(needed), gib(free)))
}

fn one(database: &Database, sql: &str) -> Result<u64, String> {
    let first = database.query(sql)?.concat();
    first.parse().map_err(|_| format!("{sql}: `{first}` is no number"))
}
