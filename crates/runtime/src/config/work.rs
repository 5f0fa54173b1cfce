//! How workers go about their work.

use super::times::delta;
use crate::settings::{Settings, SettingsError};
use paygate_app::WorkerConfig;
use paygate_core::provider::ClaimPolicy;
use paygate_core::work::WorkPolicy;

pub(super) fn worker(settings: &Settings) -> Result<WorkerConfig, SettingsError> {
    let attempts: std::num::NonZeroU8 =
        settings.read("MAX_ATTEMPTS", "a whole number from 1 to 255")?;
    let (lease, timeout) =
        (settings.duration("CLAIM_LEASE")?, settings.duration("ACQUIRER_TIMEOUT")?);
    // A call, the question what became of it, and time to settle must fit into a lease.
    if lease < timeout.saturating_mul(3) {
        return Err(SettingsError::invalid("CLAIM_LEASE", "must be at least 3 × ACQUIRER_TIMEOUT"));
    }
    Ok(WorkerConfig {
        batch: settings.count("WORKER_BATCH")?,
        acquirer_concurrency: settings.count("ACQUIRER_CONCURRENCY")?,
        provider_timeout: timeout,
        policy: WorkPolicy {
            claim: ClaimPolicy {
                lease: delta(lease),
                max_attempts: i32::from(attempts.get()),
                backoff: delta(settings.duration("RETRY_BACKOFF")?),
            },
            hold_for: delta(settings.duration("HOLD_EXPIRES_AFTER")?),
        },
        ..WorkerConfig::default()
    })
}
