//! How many statements the workers need to settle a batch, by the server's own count. It must not
//! depend on how large the batch is.
//!
//! The workers have a user of their own, and only for that one the server counts: so it slows
//! neither the API nor pgbench, and counts nothing of theirs.

use paygate_test_servers::Postgres;

use crate::calls::{Calls, share};
use crate::database::Database;
use crate::report::{self, Report};
use crate::work::Work;

/// The workers' user.
const USER: &str = "worker";
const EXTENSION: &str = "pg_stat_statements";

/// Has a server count; it restarts for that. The error says why it can't.
pub(crate) fn prepare(server: &mut Postgres) -> Result<(), String> {
    let available = "SELECT name FROM pg_available_extensions WHERE name =";
    if server.query(&format!("{available} '{EXTENSION}'"))?.is_empty() {
        return Err(format!("{EXTENSION} is not installed for this PostgreSQL"));
    }
    // Without an id of its own, which costs time, no statement is counted.
    server.query("ALTER SYSTEM SET compute_query_id = off")?;
    server.query(&format!("ALTER SYSTEM SET shared_preload_libraries = {EXTENSION}"))?;
    server.restart()?;
    server.query(&format!("CREATE EXTENSION {EXTENSION}"))?;
    server.query(&format!("CREATE ROLE {USER} SUPERUSER LOGIN"))?;
    server.query(&format!("ALTER ROLE {USER} SET compute_query_id = on"))?;
    // Of these BEGIN and COMMIT.
    server.query(&format!("ALTER ROLE {USER} SET {EXTENSION}.track_utility = on"))?;
    Ok(())
}

/// The workers' statements during a part of the run.
#[derive(Debug)]
pub(crate) struct Statements<'a> {
    database: &'a Database,
    work: Work,
    /// How much was settled when counting began; or why nothing is counted.
    settled_before: Result<u64, String>,
}

impl<'a> Statements<'a> {
    /// On the database of a server that was, or could not be, [prepared](prepare).
    pub(crate) fn new(database: &'a Database, prepared: Result<(), String>, work: Work) -> Self {
        Self { database, work, settled_before: prepared.map(|()| 0) }
    }

    /// The address of the database for workers.
    pub(crate) fn worker_database(&self, server: &Postgres) -> String {
        match self.settled_before {
            Ok(_) => server.url().replacen("//postgres@", &format!("//{USER}@"), 1),
            Err(_) => server.url(),
        }
    }

    /// Counts from now on.
    pub(crate) async fn begin(&mut self) {
        if self.settled_before.is_ok() {
            self.settled_before = self.reset().await;
        }
    }

    async fn reset(&self) -> Result<u64, String> {
        self.database.query(&format!("SELECT {EXTENSION}_reset()")).await?;
        self.database.settled(self.work).await
    }

    /// What was counted since. A batch of transfers is one transaction; to one of charges belong
    /// those that claimed them.
    pub(crate) async fn tell(&self, report: &mut Report) {
        let counted = self.counted().await;
        report.measured("statements for each settled batch", &counted, |(calls, settled)| {
            let batches = calls.batches();
            format!(
                "{:.2} in {:.2} transactions ({} batches of {:.1} payments on average)",
                share(calls.of_batches(), batches),
                share(calls.transactions(), batches),
                report::count(batches),
                share(*settled, batches)
            )
        });
        if let Ok((calls, _)) = counted {
            report.row("of these", calls.parts_of_a_batch());
            report.row("other statements of the workers, in all", calls.others());
        }
    }

    async fn counted(&self) -> Result<(Calls, u64), String> {
        let before = self.settled_before.clone()?;
        let sql = format!(
            "SELECT concat(calls, ' ', query) FROM {EXTENSION} WHERE userid = '{USER}'::regrole"
        );
        let rows = self.database.query(&sql).await?;
        let calls = Calls::read(&rows).ok_or("no batch was settled")?;
        Ok((calls, self.database.settled(self.work).await?.saturating_sub(before)))
    }
}
