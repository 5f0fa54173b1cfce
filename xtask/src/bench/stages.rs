//! The parts of the measurement, and what each puts into the table.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use paygate_test_servers::{Postgres, RabbitMq};

use super::database::{Database, SettleTimes};
use super::load::{Load, Tally};
use super::report::{self, Report};
use super::service::{Running, Service, metric};
use super::statements::Statements;
use super::usage::Usage;
use super::work::Work;
use super::{Plan, announce, machine, pgbench};

/// Given up when nothing was settled for so long.
const SETTLE_PATIENCE: Duration = Duration::from_secs(30);
/// When nothing was settled for so long, what is left may have failed.
const PAUSE_BEFORE_ASKING: Duration = Duration::from_secs(2);
/// What the embedding of a client would ask for: modest, and each waits for its outcome.
const FIXED_RATE: u32 = 100;
const FIXED_SECONDS: u64 = 10;
const WAIT_SECONDS: u64 = 5;

/// What this runs on.
pub(super) fn machine(report: &mut Report) {
    report.section("machine");
    report.row("cores", machine::cores().to_string());
    report.measured("load average before", &machine::load_average(), Clone::clone);
}

/// The load average again: who else was there is part of the figures.
pub(super) fn end_of_run(postgres: &Postgres, report: &mut Report) {
    report.section("at the end");
    report.measured("load average after", &machine::load_average(), Clone::clone);
    report.measured("payments not settled", &Database(postgres).open(), |it| report::count(*it));
}

/// Which server, and that it is as durable as a real one.
pub(super) fn servers(postgres: &Postgres, report: &mut Report) {
    report.section("database server");
    let ask = |sql| postgres.query(sql).map(|rows| rows.concat());
    report.measured("version of PostgreSQL", &ask("SHOW server_version"), Clone::clone);
    report.measured("fsync, synchronous_commit, shared_buffers", &ask(
        "SELECT concat_ws(', ', current_setting('fsync'), current_setting('synchronous_commit'), \
         current_setting('shared_buffers'))",
    ), Clone::clone);
}

/// As many payments as fit, until all are settled. Answers the settled payments a second.
pub(super) fn load(
    plan: Plan,
    (postgres, rabbitmq): (&Postgres, &RabbitMq),
    service: &mut Service,
    statements: &mut Statements<'_>,
    report: &mut Report,
) -> Result<f64, String> {
    let (database, work) = (Database(postgres), plan.work);
    let look = |service: &Service| Usage::now(service, postgres, rabbitmq);
    // What only the start needed is given back by then.
    thread::sleep(Duration::from_secs(1));
    let idle = look(service);
    service.warm_up(work)?;
    database.checkpoint();
    let what = format!("{}, {} connections", work.name(), plan.connections);
    announce(&format!("{what} for {} s", plan.seconds));
    let load = Load {
        work,
        port: service.api.port,
        connections: plan.connections,
        duration: Duration::from_secs(plan.seconds),
        rate: None,
        wait_seconds: None,
        name: "load",
    };
    let batches = Batches::look(service);
    let (mut before, mut start) = (look(service), database.now());
    let settled_before = database.settled(work)?;
    let mut in_window = Ok(0);
    let tally = load.run(
        || {
            statements.begin();
            (before, start) = (look(service), database.now());
        },
        |second, accepted| {
            in_window = database.settled(work).map(|settled| settled - settled_before);
            let settled = in_window.as_ref().map_or("?".to_owned(), |it| report::count(*it));
            let accepted = report::count(accepted);
            println!("   {second:>4} s: {accepted} accepted, {settled} settled");
        },
    )?;
    service.check()?;
    let accepted = tally.accepted();
    let all = wait_until_settled(database, work, settled_before + accepted);
    let after = look(service);

    report.section(format!(
        "load: {what}, each with one request at a time, for {} s; workers: {}",
        plan.seconds, plan.workers
    ));
    let settled = Settled::since(&start, in_window, database, work);
    let per_second = tell_load(plan, &tally, &settled, report);
    if let Err(why) = all {
        report.row("NOT ALL WAS SETTLED", why);
    }
    batches.tell(&Batches::look(service), work, report);
    statements.tell(report);
    after.tell_cpu(&before, accepted, report);
    after.tell_memory(&idle, report);
    per_second
}

/// What the database says came of the load.
struct Settled {
    /// By its end.
    in_window: Result<u64, String>,
    times: Result<SettleTimes, String>,
    not_succeeded: Result<Vec<String>, String>,
}

impl Settled {
    fn since(
        start: &Result<String, String>,
        in_window: Result<u64, String>,
        database: Database<'_>,
        work: Work,
    ) -> Self {
        let start = || start.as_deref().map_err(Clone::clone);
        Self {
            in_window,
            times: start().and_then(|start| database.settle_times(work, start)),
            not_succeeded: start().and_then(|start| database.not_succeeded(work, start)),
        }
    }
}

/// Puts the figures of the load into the table; answers the settled payments a second.
fn tell_load(
    plan: Plan,
    tally: &Tally,
    settled: &Settled,
    report: &mut Report,
) -> Result<f64, String> {
    let (accepted, window) = (tally.accepted(), Duration::from_secs(plan.seconds));
    let Settled { in_window, times, not_succeeded } = settled;
    let with_sum =
        |number, time| format!("{} ({})", report::per_second(number, time), report::count(number));
    report.row("accepted", with_sum(accepted, window));
    report.measured("settled by the end of the load", in_window, |it| with_sum(*it, window));
    report.measured("settled end to end", times, |it| {
        let (rate, count) =
            (report::per_second(it.settled, it.until_last), report::count(it.settled));
        let seconds = it.until_last.as_secs_f64();
        format!("{rate} ({count}, the last {seconds:.1} s after the first request)")
    });
    report.measured("not successful", not_succeeded, |outcomes| match outcomes.as_slice() {
        [] => "none".to_owned(),
        outcomes => outcomes.join(", "),
    });
    report.measured("time to accept", &report::spread(&tally.latencies), Clone::clone);
    report.measured("time to settle, by the database", times, |it| {
        format!("p50 {}, p99 {}", report::time(it.median), report::time(it.p99))
    });
    report.row("answers", answers(&tally.answers));
    times.clone().map(|it| report::rate(it.settled, it.until_last))
}

fn answers(answers: &BTreeMap<String, u64>) -> String {
    let list = answers.iter().map(|(answer, times)| format!("{answer}: {}", report::count(*times)));
    list.collect::<Vec<_>>().join(", ")
}

fn wait_until_settled(database: Database<'_>, work: Work, wanted: u64) -> Result<(), String> {
    announce("waiting until all is settled");
    let (mut last, mut since) = (0, Instant::now());
    loop {
        let settled = database.settled(work)?;
        if settled >= wanted {
            return Ok(());
        }
        if settled > last {
            (last, since) = (settled, Instant::now());
        }
        let missing = report::count(wanted - settled);
        if since.elapsed() > SETTLE_PATIENCE {
            return Err(format!("{missing} payments are not settled, and none was for long"));
        }
        // Asking is dear, and that some fail is rare.
        if since.elapsed() > PAUSE_BEFORE_ASKING && database.open() == Ok(0) {
            return Err(format!("{missing} payments ended otherwise"));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// pgbench, and the service in its terms.
pub(super) fn compare(
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

/// A steady trickle whose clients wait for the outcome.
pub(super) fn fixed_rate(
    plan: Plan,
    service: &mut Service,
    statements: &mut Statements<'_>,
    report: &mut Report,
) {
    announce(&format!("{FIXED_RATE} a second for {FIXED_SECONDS} s, each waiting for its outcome"));
    report.section(format!(
        "fixed rate: {}, {FIXED_RATE}/s with `Prefer: wait={WAIT_SECONDS}` for {FIXED_SECONDS} s",
        plan.work.name()
    ));
    let load = Load {
        work: plan.work,
        port: service.api.port,
        connections: plan.connections,
        duration: Duration::from_secs(FIXED_SECONDS),
        rate: Some(FIXED_RATE),
        wait_seconds: Some(WAIT_SECONDS),
        name: "fixed-rate",
    };
    let tally = load
        .run(|| statements.begin(), |_, _| ())
        .and_then(|tally| service.check().map(|()| tally));
    let whole = tally.as_ref().map_err(Clone::clone).and_then(|it| report::spread(&it.latencies));
    report.measured("time to the whole answer", &whole, Clone::clone);
    report.measured("answers", &tally, |tally| answers(&tally.answers));
    statements.tell(report);
}

/// How many payments shared a transaction, by the processes' own count.
struct Batches {
    accept: Result<(f64, f64), String>,
    settle: Result<(f64, f64), String>,
}

impl Batches {
    fn look(service: &Service) -> Self {
        let both = |processes: &[Running], name: &str| {
            let sum_of = |name: &str| -> Result<f64, String> {
                processes.iter().map(|process| metric(*process, name)).sum()
            };
            Ok((sum_of(&format!("{name}_sum"))?, sum_of(&format!("{name}_count"))?))
        };
        Self {
            accept: both(&[service.api], "paygate_accept_batch_size"),
            settle: both(&service.workers, "paygate_settle_batch_size"),
        }
    }

    fn tell(&self, after: &Self, work: Work, report: &mut Report) {
        let mean = |before: &Result<(f64, f64), String>, after: &Result<(f64, f64), String>| {
            let ((sum, count), (sum_after, count_after)) = (before.clone()?, after.clone()?);
            let batches = count_after - count;
            if batches > 0.0 { Ok((sum_after - sum) / batches) } else { Err("none".to_owned()) }
        };
        let show = |mean: &f64| format!("{mean:.1} payments on average");
        report.measured("accepted by one call", &mean(&self.accept, &after.accept), show);
        // Transfers are settled where charges are only claimed, which is not counted.
        if work == Work::Charges {
            report.measured("settled by one transaction", &mean(&self.settle, &after.settle), show);
        }
    }
}
