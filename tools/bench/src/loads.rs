//! The two loads: as many payments as fit, and a steady trickle.

use std::collections::BTreeMap;
use std::time::Duration;

use paygate_test_servers::{Postgres, RabbitMq};
use tokio::time::sleep;

use crate::batches::Batches;
use crate::database::{Database, checkpoint};
use crate::load::{Load, Tally};
use crate::plan::Plan;
use crate::report::{self, Report};
use crate::service::Service;
use crate::settled::{Settled, wait_until_settled};
use crate::statements::Statements;
use crate::told::{announce, progress};
use crate::usage::Usage;

/// What the embedding of a client would ask for: modest, and each waits for its outcome.
const FIXED_RATE: u32 = 100;
const FIXED_SECONDS: u64 = 10;
const WAIT_SECONDS: u64 = 5;

/// All that a load runs against, and who looks on.
pub(crate) struct Loads<'a> {
    pub(crate) plan: Plan,
    pub(crate) postgres: &'a Postgres,
    pub(crate) rabbitmq: &'a RabbitMq,
    pub(crate) database: &'a Database,
    pub(crate) service: Service,
    pub(crate) statements: Statements<'a>,
}

impl Loads<'_> {
    /// As many payments as fit, until all are settled. Answers the settled payments a second.
    pub(crate) async fn full(&mut self, report: &mut Report) -> Result<f64, String> {
        let (plan, work) = (self.plan, self.plan.work);
        // What only the start needed is given back by then.
        sleep(Duration::from_secs(1)).await;
        let idle = self.usage();
        self.service.warm_up(work).await?;
        checkpoint(self.postgres);
        let what = format!("{}, {} connections", work.name(), plan.connections);
        announce(&format!("{what} for {} s", plan.seconds));
        let batches = Batches::look(&self.service).await;
        let settled_before = self.database.settled(work).await?;
        let seen = self.run_full(settled_before).await?;
        self.service.check()?;
        let accepted = seen.tally.accepted();
        let all = wait_until_settled(self.database, work, settled_before + accepted).await;
        let after = self.usage();

        report.section(format!(
            "load: {what}, each with one request at a time, for {} s; workers: {}",
            plan.seconds, plan.workers
        ));
        let settled = Settled::since(&seen.start, seen.in_window, self.database, work).await;
        let per_second = tell_full(plan, &seen.tally, &settled, report);
        if let Err(why) = all {
            report.row("NOT ALL WAS SETTLED", why);
        }
        batches.tell(&Batches::look(&self.service).await, work, report);
        self.statements.tell(report).await;
        after.tell_cpu(&seen.before, accepted, report);
        after.tell_memory(&idle, report);
        per_second
    }

    async fn run_full(&mut self, settled_before: u64) -> Result<Seen, String> {
        let (plan, work, database) = (self.plan, self.plan.work, self.database);
        let load = Load {
            work,
            port: self.service.api.port,
            connections: plan.connections,
            duration: Duration::from_secs(plan.seconds),
            rate: None,
            wait_seconds: None,
            name: "load",
        };
        let (mut before, mut start) = (self.usage(), database.now().await);
        let mut in_window = Ok(0);
        let begin = async || {
            self.statements.begin().await;
            (before, start) = (self.usage(), database.now().await);
        };
        let tick = async |second: u64, accepted: u64| {
            in_window = database.settled(work).await.map(|settled| settled - settled_before);
            let settled = in_window.as_ref().map_or("?".to_owned(), |it| report::count(*it));
            let accepted = report::count(accepted);
            progress(&format!("{second:>4} s: {accepted} accepted, {settled} settled"));
        };
        let tally = load.run(begin, tick).await?;
        Ok(Seen { tally, before, start, in_window })
    }

    /// A steady trickle whose clients wait for the outcome.
    pub(crate) async fn trickle(&mut self, report: &mut Report) {
        announce(&format!(
            "{FIXED_RATE} a second for {FIXED_SECONDS} s, each waiting for its outcome"
        ));
        report.section(format!(
            "fixed rate: {}, {FIXED_RATE}/s with `Prefer: wait={WAIT_SECONDS}` for {FIXED_SECONDS} s",
            self.plan.work.name()
        ));
        let load = Load {
            work: self.plan.work,
            port: self.service.api.port,
            connections: self.plan.connections,
            duration: Duration::from_secs(FIXED_SECONDS),
            rate: Some(FIXED_RATE),
            wait_seconds: Some(WAIT_SECONDS),
            name: "fixed-rate",
        };
        let tally = load.run(async || self.statements.begin().await, async |_, _| ()).await;
        let tally = tally.and_then(|tally| self.service.check().map(|()| tally));
        let whole = tally.as_ref().map_err(Clone::clone);
        let whole = whole.and_then(|tally| report::spread(&tally.latencies));
        report.measured("time to the whole answer", &whole, Clone::clone);
        report.measured("answers", &tally, |tally| answers(&tally.answers));
        self.statements.tell(report).await;
    }

    fn usage(&self) -> Usage {
        Usage::now(&self.service, self.postgres, self.rabbitmq)
    }
}

/// What was seen of a load while it ran.
struct Seen {
    tally: Tally,
    /// What everybody had used before.
    before: Usage,
    /// When it began, by the database's clock.
    start: Result<String, String>,
    /// How many were settled by its end.
    in_window: Result<u64, String>,
}

/// Puts the figures of the load into the table; answers the settled payments a second.
fn tell_full(
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
