//! Who used how much CPU and memory during the load.

use std::time::{Duration, Instant};

use paygate_test_servers::{Postgres, RabbitMq};

use crate::machine::{self, Memory};
use crate::report::{Report, memory};
use crate::service::Service;

/// A figure that may not be there to be read.
type Reading<T> = Result<T, String>;

/// What everybody had used at one moment.
#[derive(Debug)]
pub(crate) struct Usage {
    at: Instant,
    cpu: Vec<(&'static str, Reading<Duration>)>,
    whole: Reading<Duration>,
    memory: Vec<(&'static str, Reading<Memory>)>,
}

impl Usage {
    /// Looks now.
    pub(crate) fn now(service: &Service, postgres: &Postgres, rabbitmq: &RabbitMq) -> Self {
        let processes = service.processes();
        let tree = |pid: Option<u32>| {
            pid.ok_or_else(|| "it is stopped".to_owned()).and_then(machine::tree_cpu)
        };
        let mut cpu: Vec<_> =
            processes.iter().map(|it| (it.name, machine::tree_cpu(it.pid))).collect();
        cpu.push(("PostgreSQL, all processes", tree(postgres.pid())));
        cpu.push(("RabbitMQ, all processes", tree(rabbitmq.pid())));
        cpu.push(("the load itself", machine::own_cpu()));
        Self {
            at: Instant::now(),
            cpu,
            whole: machine::whole_cpu(),
            memory: processes.iter().map(|it| (it.name, machine::memory(it.pid))).collect(),
        }
    }

    /// What was used since `before`, also for each of so many payments.
    pub(crate) fn tell_cpu(&self, before: &Self, payments: u64, report: &mut Report) {
        let elapsed = self.at.duration_since(before.at);
        report.section(format!(
            "CPU during the load and until all was settled ({:.1} s)",
            elapsed.as_secs_f64()
        ));
        let mut ours = Ok(Duration::ZERO);
        for ((name, after), (_, earlier)) in self.cpu.iter().zip(&before.cpu) {
            let used = difference(after, earlier);
            ours = ours.and_then(|sum: Duration| Ok(sum + used.clone()?));
            report.measured(*name, &used, |used| share(*used, payments));
        }
        report.measured("all of these", &ours, |used| share(*used, payments));
        let others = difference(&self.whole, &before.whole);
        let others = others.and_then(|whole| Ok(whole.saturating_sub(ours?)));
        report.measured("others on this machine", &others, |used| {
            let capacity = elapsed.as_secs_f64() * machine::cores() as f64;
            let percent = used.as_secs_f64() * 100.0 / capacity.max(f64::MIN_POSITIVE);
            format!("{:.1} s, {percent:.0} % of its cores", used.as_secs_f64())
        });
    }

    /// What the processes held before, idle, and at most by now.
    pub(crate) fn tell_memory(&self, idle: &Self, report: &mut Report) {
        report.section("resident memory");
        for ((name, after), (_, idle)) in self.memory.iter().zip(&idle.memory) {
            let both = idle.clone().and_then(|idle| Ok((idle, after.clone()?)));
            report.measured(*name, &both, |(idle, after)| {
                let (idle, peak) = (memory(idle.now), memory(after.peak));
                format!("{idle} idle before, {peak} peak, {} after", memory(after.now))
            });
        }
    }
}

fn difference(after: &Reading<Duration>, before: &Reading<Duration>) -> Reading<Duration> {
    Ok(after.clone()?.saturating_sub(before.clone()?))
}

fn share(used: Duration, payments: u64) -> String {
    if payments == 0 {
        return format!("{:.1} s", used.as_secs_f64());
    }
    let each = used.as_secs_f64() * 1_000_000.0 / payments as f64;
    format!("{:.1} s, {each:.0} µs a payment", used.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::share;
    use std::time::Duration;

    #[test]
    fn cpu_is_shared_among_the_payments() {
        assert_eq!(share(Duration::from_secs(2), 10_000), "2.0 s, 200 µs a payment");
        assert_eq!(share(Duration::from_secs(2), 0), "2.0 s");
    }
}
