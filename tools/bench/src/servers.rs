//! The private servers that everything is measured on, and the databases in them.

use std::thread;

use paygate_test_servers::{Postgres, RabbitMq};

use crate::database::Database;

/// Enough for both contenders; the rest stays as PostgreSQL has it, durability above all.
const SHARED_BUFFERS: (&str, &str) = ("shared_buffers", "256MB");
const EXTENSION: &str = "pg_stat_statements";
/// The roles that PostgreSQL counts statements for; what runs as another costs no counting.
pub(crate) const COUNTED: [&str; 2] = ["counted_api", "counted_worker"];

/// PostgreSQL and RabbitMQ.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) rabbitmq: RabbitMq,
    /// Whether statements can be counted, or why not.
    pub(crate) counting: Result<(), String>,
}

impl Servers {
    /// Starts both.
    pub(crate) fn start() -> Result<Self, String> {
        thread::scope(|scope| {
            let broker = scope.spawn(RabbitMq::start);
            let preload = ("shared_preload_libraries", EXTENSION);
            let with_counting = Postgres::start_with(&[SHARED_BUFFERS, preload]);
            let postgres = with_counting.or_else(|_| Postgres::start_with(&[SHARED_BUFFERS]));
            let broker = broker.join().map_err(|_| "starting RabbitMQ panicked")?;
            let (postgres, rabbitmq) = (postgres?, broker?);
            let counting = prepare_counting(&postgres);
            Ok(Self { postgres, rabbitmq, counting })
        })
    }

    /// The first column of all rows that `sql` returns, joined.
    pub(crate) fn ask(&self, sql: &str) -> Result<String, String> {
        Ok(self.postgres.query(sql)?.join(", "))
    }

    /// How much has ever been written to the log of changes, in bytes.
    pub(crate) fn written(&self) -> Result<f64, String> {
        let bytes = self.ask("SELECT pg_current_wal_lsn() - '0/0'")?;
        bytes.parse().map_err(|_| format!("`{bytes}` is no place in the log"))
    }

    /// Lets what earlier work has left to be done be done, so that it burdens nobody else: dirty pages
    /// are written, and vacuums end.
    pub(crate) fn settle_down(&self) {
        // Without it the figures are a little worse, and still figures.
        let _ = self.postgres.query("CHECKPOINT");
        let vacuums = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'";
        for _ in 0..100 {
            if self.postgres.query(vacuums).is_ok_and(|pids| pids.is_empty()) {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

/// Counts from the start, but only for those roles.
fn prepare_counting(postgres: &Postgres) -> Result<(), String> {
    postgres.query("ALTER SYSTEM SET compute_query_id = off")?;
    postgres.query("SELECT pg_reload_conf()")?;
    postgres.query(&format!("CREATE EXTENSION {EXTENSION}"))?;
    for role in COUNTED {
        postgres.query(&format!("CREATE ROLE {role} SUPERUSER LOGIN"))?;
        postgres.query(&format!("ALTER ROLE {role} SET compute_query_id = on"))?;
        postgres.query(&format!("ALTER ROLE {role} SET {EXTENSION}.track_planning = on"))?;
    }
    Ok(())
}

/// A database of Paygate's, and the part of the broker that goes with it.
#[derive(Debug)]
pub(crate) struct Site {
    /// The name of the database, and what the broker's queues begin with.
    pub(crate) name: String,
    pub(crate) database: Database,
}

impl Site {
    /// An empty database; the schema is not there yet.
    pub(crate) fn create(servers: &Servers, name: &str) -> Result<Self, String> {
        // One that a failure has left.
        servers.postgres.query(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        servers.postgres.create_database(name)?;
        let database = Database::connect(&servers.postgres.url_of(name))?;
        Ok(Self { name: name.to_owned(), database })
    }

    /// Takes it away, so that the next has the disk and the memory.
    pub(crate) fn drop(self, servers: &Servers) -> Result<(), String> {
        drop(self.database);
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        servers.postgres.query(&sql).map(|_| ())
    }
}
