//! How soon the embedded binary serves: `paygate` alone, on SQLite, in an empty folder.

use std::time::{Duration, Instant};

use paygate_test_servers::{Workplace, free_port};

use crate::binaries;
use crate::client::Client;
use crate::report::{Report, time};
use crate::requests::{create_payment, get};
use crate::service::{LOG, READY_DEADLINE};

const RUNS: usize = 5;
/// How fine the waiting is, and so the figure. Nothing else is to be done meanwhile, so that the thread
/// may sleep: the runtime's own timer is coarser.
const PAUSE: Duration = Duration::from_micros(500);

/// Starts it a few times.
pub(crate) async fn measure(report: &mut Report) {
    report.section("start-up: the embedded release binary on SQLite, in an empty folder");
    let runs = start_often().await;
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

async fn start_often() -> Result<Vec<(Duration, Duration)>, String> {
    let mut workplace = Workplace::new("bench-startup")?;
    let mut runs = Vec::with_capacity(RUNS);
    for run in 1..=RUNS {
        runs.push(start(&mut workplace, run).await?);
    }
    Ok(runs)
}

/// The time from its start to the first answered health check and to the first accepted payment.
async fn start(workplace: &mut Workplace, run: usize) -> Result<(Duration, Duration), String> {
    let (name, port) = (format!("embedded-{run}"), free_port()?);
    let (program, port_text) = (binaries::path("paygate")?, port.to_string());
    let begun = Instant::now();
    let environment = [LOG, ("PORT", port_text.as_str())];
    let pid = workplace.start(&name, &program, &[], &environment)?;
    let mut client = Client::new(port);
    while !client.send(get("/health")).await.is_ok_and(|answer| answer.status == 200) {
        if begun.elapsed() > READY_DEADLINE || !workplace.is_running(pid) {
            return Err(format!(
                "the embedded binary did not start; {}",
                workplace.log_tail(&name)
            ));
        }
        std::thread::sleep(PAUSE);
    }
    let healthy = begun.elapsed();
    let answer = client.send(create_payment("startup", 0, None)).await;
    let accepted = begun.elapsed();
    if !answer.as_ref().is_ok_and(|answer| answer.status == 201) {
        let log = workplace.log_tail(&name);
        return Err(format!("the embedded binary answered {answer:?}; {log}"));
    }
    workplace.end(pid)?;
    Ok((healthy, accepted))
}
