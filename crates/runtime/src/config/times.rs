//! Spans of time.

use crate::settings::{Settings, SettingsError};
use chrono::TimeDelta;
use std::time::Duration;

pub(super) fn milliseconds(
    settings: &Settings,
    name: &'static str,
) -> Result<Duration, SettingsError> {
    let ms: u32 = settings.read(name, "a whole number of milliseconds")?;
    Ok(Duration::from_millis(u64::from(ms)))
}

pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
