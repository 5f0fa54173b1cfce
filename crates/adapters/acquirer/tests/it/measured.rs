//! What a call leaves in the metrics.

use crate::support::{back, key, request};
use metrics_exporter_prometheus::PrometheusBuilder;
use paygate_acquirer::{Measured, SimulatedAcquirer, SimulatorConfig};
use paygate_ports::Acquirer;
use std::time::Duration;

#[test]
fn every_call_is_counted_by_operation_and_outcome() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let timeout = Duration::from_millis(1);
            let config = SimulatorConfig { timeout, ..SimulatorConfig::default() };
            let acquirer = Measured::new(SimulatedAcquirer::open(config).unwrap());
            for (n, minor) in [(1, 100), (2, 100), (3, 101), (4, 104), (5, 105)] {
                let _ = acquirer.authorize(request(n, minor)).await;
            }
            for (n, of, minor) in [(11, 1, 100), (12, 1, 100), (13, 6, 100), (14, 2, 4), (15, 2, 3)]
            {
                let _ = acquirer.refund(back(n, of, minor)).await;
            }
            for n in [1, 3, 5, 6] {
                let _ = acquirer.status(key(n)).await;
            }
        });
    });
    let text = recorder.handle().render();
    for (operation, outcome, count) in [
        ("authorize", "approved", 2),
        ("authorize", "declined", 1),
        ("authorize", "unavailable", 1),
        ("authorize", "timed_out", 1),
        ("refund", "approved", 1),
        ("refund", "declined", 2),
        ("refund", "unavailable", 1),
        ("refund", "timed_out", 1),
        ("status", "approved", 1),
        ("status", "declined", 1),
        ("status", "timed_out", 1),
        ("status", "not_found", 1),
    ] {
        let line = format!(
            "paygate_provider_calls_total{{operation=\"{operation}\",outcome=\"{outcome}\"}} {count}"
        );
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    for (operation, count) in [("authorize", 5), ("refund", 5), ("status", 4)] {
        let line =
            format!("paygate_provider_call_seconds_count{{operation=\"{operation}\"}} {count}");
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
}
