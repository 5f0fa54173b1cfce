//! How soon the embedded binary serves: `paygate` alone, on SQLite, in an empty folder.

use std::time::{Duration, Instant};

use paygate_test_servers::{Workplace, free_port};
use serde::{Deserialize, Serialize};

use crate::binaries::Profile;
use crate::http::{Connection, Request, Target};
use crate::numbers::median;
use crate::service::LOG;
use crate::told::announce;
use crate::wait_for::on_this_thread;
use crate::workload::{self, Key};

const RUNS: usize = 5;
const DEADLINE: Duration = Duration::from_secs(60);
/// How fine the waiting is, and so the figure.
const PAUSE: Duration = Duration::from_micros(500);

/// The medians of some starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Startup {
    /// To the first answer of `GET /health`.
    pub(crate) healthy_ms: f64,
    /// To the first 201.
    pub(crate) accepted_ms: f64,
}

/// Starts it a few times.
pub(crate) fn measure(profile: Profile) -> Result<Startup, String> {
    announce(&format!("starting the embedded binary on an empty folder, {RUNS} times"));
    let mut workplace = Workplace::new("bench-startup")?;
    let starts = (0..RUNS).map(|run| start(profile, &mut workplace, run));
    let starts = starts.collect::<Result<Vec<_>, _>>()?;
    let median_of = |of: fn(&(Duration, Duration)) -> Duration| {
        median(starts.iter().map(|start| of(start).as_secs_f64() * 1_000.0))
    };
    Ok(Startup {
        healthy_ms: median_of(|(healthy, _)| *healthy),
        accepted_ms: median_of(|(_, accepted)| *accepted),
    })
}

/// The time from its start to the first answered health check and to the first accepted payment.
fn start(
    profile: Profile,
    workplace: &mut Workplace,
    run: usize,
) -> Result<(Duration, Duration), String> {
    let (name, port) = (format!("embedded-{run}"), free_port()?);
    let (program, port_text) = (profile.path("paygate")?, port.to_string());
    let begun = Instant::now();
    let pid = workplace.start(&name, &program, &[], &[LOG, ("PORT", port_text.as_str())])?;
    let target = Target::local(port);
    let times = on_this_thread(async {
        let (mut connection, mut request) = (Connection::new(&target), Request::new(&target));
        while !is_healthy(&mut connection, &mut request).await {
            if begun.elapsed() > DEADLINE || !workplace.is_running(pid) {
                return Err(format!("it did not start; {}", workplace.log_tail(&name)));
            }
            // Nothing else is to be done meanwhile, and the runtime's own timer is coarser.
            std::thread::sleep(PAUSE);
        }
        let healthy = begun.elapsed();
        let key = Key { load: "startup", number: 0 };
        let answer = connection.ask(workload::charge(&mut request, key, None)).await?;
        match answer.status {
            201 => Ok((healthy, begun.elapsed())),
            status => Err(format!("the first charge came to {status} {}", answer.text())),
        }
    })?;
    workplace.end(pid)?;
    Ok(times)
}

async fn is_healthy(connection: &mut Connection, request: &mut Request) -> bool {
    connection.ask(request.get("/health")).await.is_ok_and(|answer| answer.status == 200)
}
