//! Logs and metrics of the process.

use crate::fatal::{Fatal, fatal};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// Logs to standard error: standard output is for what a command was asked to print.
pub(crate) fn start_logging(format: LogFormat, filter: &str) -> Result<(), Fatal> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("RUST_LOG: {error}"))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for a terminal; in a file they are noise.
        .with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        LogFormat::Pretty => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(fatal)
}

/// Renders the metrics as Prometheus text.
pub(crate) type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BATCHES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

/// Collects metrics from now on.
pub(crate) fn start_metrics() -> Result<RenderMetrics, Fatal> {
    let handle: PrometheusHandle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|it| {
            it.set_buckets_for_metric(Matcher::Suffix("_batch_size".to_owned()), BATCHES)
        })
        .map_err(fatal)?
        .install_recorder()
        .map_err(fatal)?;
    describe();
    let upkeep = handle.clone();
    // Histograms are gathered when they are rendered; without this they would grow in between.
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(Arc::new(move || handle.render()))
}

/// What each metric counts. Adapters and use cases name them where they happen.
const METRICS: &[(&str, &str)] = &[
    ("paygate_http_requests_total", "HTTP requests by method, route and status"),
    ("paygate_http_request_seconds", "time to answer by method and route"),
    ("paygate_security_events_total", "what may be an attack, by OWASP's name of it"),
    ("paygate_accepts_total", "payments handed in, by result"),
    ("paygate_accept_batch_size", "payments stored by one call"),
    ("paygate_publishes_total", "messages published"),
    ("paygate_publish_confirms_total", "publisher confirms by outcome"),
    ("paygate_publishes_left_to_sweeper_total", "hints not published at once"),
    ("paygate_deliveries_total", "messages delivered"),
    ("paygate_dead_letters_total", "messages put on the dead-letter queue"),
    ("paygate_broker_up", "1 while the connection to the broker stands"),
    ("paygate_claims_total", "charges and refunds claimed for a provider call"),
    ("paygate_claims_given_back_total", "claims given back for lack of time"),
    ("paygate_provider_calls_total", "calls of the acquirer by operation and outcome"),
    ("paygate_provider_call_seconds", "time per call of the acquirer"),
    ("paygate_settlements_total", "payments settled, by outcome"),
    ("paygate_settle_batch_size", "payments settled by one transaction"),
    ("paygate_retries_total", "provider calls to be repeated"),
    ("paygate_parked_total", "payments parked as poison"),
    ("paygate_set_aside_total", "payments left to the sweeper because the store failed at them"),
    ("paygate_ledger_proved_entries_total", "new journal entries that were proved"),
    (
        "paygate_ledger_imbalance_total",
        "rows of the ledger that do not hold, by currency and check",
    ),
    ("paygate_transaction_retries_total", "transactions repeated after losing against others"),
    ("paygate_sweeper_found_total", "payments the sweeper found open"),
    ("paygate_sweeper_published_total", "hints the sweeper published"),
    ("paygate_pool_connections", "database connections by state"),
    ("paygate_pool_waiting", "requests that wait for a database connection"),
    ("paygate_oldest_open_payment_age_seconds", "age of the oldest payment not at its end"),
];

fn describe() {
    for (name, meaning) in METRICS {
        if name.ends_with("_total") {
            metrics::describe_counter!(*name, *meaning);
        } else if name.ends_with("_age_seconds")
            || !name.ends_with("_seconds") && !name.ends_with("_size")
        {
            metrics::describe_gauge!(*name, *meaning);
        } else {
            metrics::describe_histogram!(*name, *meaning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::METRICS;
    use std::collections::BTreeSet;

    #[test]
    fn the_documents_tell_every_metric() {
        let page = include_str!("../../../docs/operations.md");
        let rows =
            page.lines().filter_map(|line| line.strip_prefix("| `paygate_")?.split('`').next());
        let told: BTreeSet<String> = rows.map(|name| format!("paygate_{name}")).collect();
        assert_eq!(told, METRICS.iter().map(|(name, _)| (*name).to_owned()).collect());
    }
}
