//! How soon the embedded binary serves: `paygate` alone, on SQLite, in an empty folder.

use std::time::{Duration, Instant};

use paygate_test_servers::{Workplace, free_port};

use super::binary;
use super::client::{Client, create_payment};
use super::report::{Report, time};
use super::service::{LOG, READY_DEADLINE, wait_for};

const RUNS: usize = 5;
/// How fine the waiting is, and so the figure.
const PAUSE: Duration = Duration::from_micros(500);

/// Starts it a few times.
pub(super) fn measure(report: &mut Report) {
    report.section("start-up: the embedded release binary on SQLite, in an empty folder");
    let runs: Result<Vec<(Duration, Duration)>, String> = Workplace::new("bench-startup")
        .and_then(|mut workplace| (1..=RUNS).map(|run| start(&mut workplace, run)).collect());
    let show = |of: fn(&(Duration, Duration)) -> Duration| {
        move |runs: &Vec<(Duration, Duration)>| {
            let mut times: Vec<Duration> = runs.iter().map(of).collect();
            times.sort_unstable();
            match (times.get(times.len() / 2), times.first(), times.last()) {
                (Some(median), Some(least), Some(most)) => format!(
                    "{} (median of {RUNS}, {} to {})",
                    time(*median),
                    time(*least),
                    time(*most)
                ),
                _ => "-".to_owned(),
            }
        }
    };
    report.measured("to the first answer of GET /health", &runs, show(|run| run.0));
    report.measured("to the first 201", &runs, show(|run| run.1));
}

/// The time from its start to the first answered health check and to the first accepted payment.
fn start(workplace: &mut Workplace, run: usize) -> Result<(Duration, Duration), String> {
    let (name, port) = (format!("embedded-{run}"), free_port()?);
    let begun = Instant::now();
    let port_text = port.to_string();
    let environment = [LOG, ("PORT", port_text.as_str())];
    let pid = workplace.start(&name, &binary("paygate"), &[], &environment)?;
    let mut client = Client::new(port);
    let ready = wait_for(READY_DEADLINE, PAUSE, || {
        client.get("/health").is_ok_and(|answer| answer.status == 200) || !workplace.is_running(pid)
    });
    let healthy = begun.elapsed();
    let answer = client.send(&create_payment("startup", 0, None));
    let accepted = begun.elapsed();
    match answer {
        Ok(answer) if ready && answer.status == 201 => {}
        answer => {
            let log = workplace.log_tail(&name);
            return Err(format!("the embedded binary answered {answer:?}; {log}"));
        }
    }
    workplace.end(pid)?;
    Ok((healthy, accepted))
}
