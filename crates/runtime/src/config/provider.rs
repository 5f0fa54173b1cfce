//! Who takes the money.

use super::times::milliseconds;
use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use paygate_acquirer::{FailRate, HttpAcquirerConfig, SimulatorConfig};

/// Who takes the money.
pub(crate) enum AcquirerChoice {
    Http(HttpAcquirerConfig),
    Simulated(SimulatorConfig),
}

pub(super) fn simulator(
    settings: &Settings,
    start: &Start,
) -> Result<SimulatorConfig, SettingsError> {
    let fail_rate: FailRate = settings.read("ACQUIRER_FAIL_RATE", "a share such as 0.02")?;
    let timeout = settings.duration("ACQUIRER_TIMEOUT")?;
    Ok(SimulatorConfig {
        fail_rate,
        latency: milliseconds(settings, "ACQUIRER_LATENCY_MS")?,
        seed: settings.read("ACQUIRER_SEED", "a whole number")?,
        journal: settings.text("ACQUIRER_JOURNAL").map(Into::into),
        // As a server it must outwait its clients, to be what never answers.
        timeout: if *start == Start::Acquirer { timeout.saturating_mul(4) } else { timeout },
    })
}

pub(super) fn acquirer(
    settings: &Settings,
    start: &Start,
    simulator: SimulatorConfig,
) -> Result<AcquirerChoice, SettingsError> {
    let Some(url) = settings.text("ACQUIRER_URL") else {
        // Each worker would remember alone what was charged, and a retry elsewhere charge twice.
        if *start == Start::Worker {
            return Err(SettingsError::invalid("ACQUIRER_URL", "must be set to an http:// URL"));
        }
        return Ok(AcquirerChoice::Simulated(simulator));
    };
    Ok(AcquirerChoice::Http(HttpAcquirerConfig {
        timeout: settings.duration("ACQUIRER_TIMEOUT")?,
        max_idle_connections: settings.count("ACQUIRER_CONCURRENCY")?,
        ..HttpAcquirerConfig::new(url)
    }))
}
