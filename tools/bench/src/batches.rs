//! How many payments shared a transaction, by the processes' own count.

use crate::report::Report;
use crate::service::{Running, Service, metric};
use crate::work::Work;

/// The sums and the counts of batches at one moment.
pub(crate) struct Batches {
    accept: Result<(f64, f64), String>,
    settle: Result<(f64, f64), String>,
}

impl Batches {
    /// Looks now.
    pub(crate) async fn look(service: &Service) -> Self {
        Self {
            accept: both(&[service.api], "paygate_accept_batch_size").await,
            settle: both(&service.workers, "paygate_settle_batch_size").await,
        }
    }

    /// What came since this look until `after`.
    pub(crate) fn tell(&self, after: &Self, work: Work, report: &mut Report) {
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

async fn both(processes: &[Running], name: &str) -> Result<(f64, f64), String> {
    let (mut sum, mut count) = (0.0, 0.0);
    for process in processes {
        sum += metric(*process, &format!("{name}_sum")).await?;
        count += metric(*process, &format!("{name}_count")).await?;
    }
    Ok((sum, count))
}
