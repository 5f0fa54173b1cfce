//! All that is measured, in its order.

use std::thread;

use paygate_test_servers::{Postgres, RabbitMq};

use crate::database::Database;
use crate::loads::Loads;
use crate::plan::Plan;
use crate::report::Report;
use crate::service::Service;
use crate::stages;
use crate::statements::{self, Statements};
use crate::told::announce;
use crate::work::Work;
use crate::{ledger, pgbench, startup, wallets};

/// Enough for both contenders; the rest stays as PostgreSQL has it, durability above all.
const SETTINGS: [(&str, &str); 1] = [("shared_buffers", "256MB")];

/// Measures, and puts the figures into the report.
pub(crate) async fn measure(plan: Plan, report: &mut Report) -> Result<(), String> {
    stages::machine(report);
    announce("starting the embedded binary on an empty folder, five times");
    startup::measure(report).await;

    announce("starting PostgreSQL, RabbitMQ, acquirer, workers and API");
    let (mut postgres, rabbitmq) = start_servers()?;
    let counting = statements::prepare(&mut postgres);
    let database = Database::connect(&postgres.url()).await?;
    stages::servers(&database, report).await;
    let statements = Statements::new(&database, counting, plan.work);
    let workers = statements.worker_database(&postgres);
    let service = Service::start(plan.workers, &workers, &postgres, &rabbitmq).await?;
    if plan.work == Work::Transfers {
        wallets::open(service.api.port).await?;
    }

    let pgbench = pgbench::prepare(&postgres);
    let before = pgbench.clone().and_then(|it| it.run(plan.seconds));
    let mut loads = Loads {
        plan,
        postgres: &postgres,
        rabbitmq: &rabbitmq,
        database: &database,
        service,
        statements,
    };
    let settled_per_second = loads.full(report).await?;
    let after = pgbench.and_then(|it| it.run(plan.seconds));
    stages::compare(settled_per_second, before, after, plan, report);
    loads.trickle(report).await;
    stages::end_of_run(&database, report).await;
    ledger::tell(&postgres, &rabbitmq, report);
    Ok(())
}

fn start_servers() -> Result<(Postgres, RabbitMq), String> {
    thread::scope(|scope| {
        let broker = scope.spawn(RabbitMq::start);
        let postgres = Postgres::start_with(&SETTINGS);
        let broker = broker.join().map_err(|_| "starting RabbitMQ panicked")?;
        Ok((postgres?, broker?))
    })
}
