//! The short parts of the measurement, and what each puts into the table.

use crate::database::Database;
use crate::plan::Plan;
use crate::report::{self, Report};
use crate::{machine, pgbench};

/// What this runs on.
pub(crate) fn machine(report: &mut Report) {
    report.section("machine");
    report.row("cores", machine::cores().to_string());
    report.measured("load average before", &machine::load_average(), Clone::clone);
}

/// The load average again: who else was there is part of the figures.
pub(crate) async fn end_of_run(database: &Database, report: &mut Report) {
    report.section("at the end");
    report.measured("load average after", &machine::load_average(), Clone::clone);
    report.measured("payments not settled", &database.open().await, |it| report::count(*it));
}

/// Which server, and that it is as durable as a real one.
pub(crate) async fn servers(database: &Database, report: &mut Report) {
    report.section("database server");
    let ask = async |sql| database.query(sql).await.map(|rows| rows.concat());
    let version = ask("SHOW server_version").await;
    report.measured("version of PostgreSQL", &version, Clone::clone);
    let settings = ask(
        "SELECT concat_ws(', ', current_setting('fsync'), current_setting('synchronous_commit'), \
         current_setting('shared_buffers'))",
    );
    let name = "fsync, synchronous_commit, shared_buffers";
    report.measured(name, &settings.await, Clone::clone);
}

/// pgbench, and the service in its terms.
pub(crate) fn compare(
    settled_per_second: f64,
    before: Result<f64, String>,
    after: Result<f64, String>,
    plan: Plan,
    report: &mut Report,
) {
    report.section(format!("{} -T {}, on the same server", pgbench::LABEL, plan.seconds));
    let tps = |tps: &f64| format!("{} tps", report::whole(*tps));
    report.measured("before the load", &before, tps);
    report.measured("after the load", &after, tps);
    let mean = before.and_then(|before| Ok((before + after?) / 2.0));
    report.measured("mean", &mean, tps);
    let name = format!("{} settled end to end for each transaction", plan.work.name());
    report.measured(name, &mean, |mean| {
        format!("{:.2}", settled_per_second / mean.max(f64::MIN_POSITIVE))
    });
}
