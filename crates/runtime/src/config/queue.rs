//! How hints travel.

use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use paygate_rabbitmq::RabbitConfig;

pub(super) fn rabbitmq(
    settings: &Settings,
    start: &Start,
    batch: usize,
    ids_per_message: usize,
) -> Result<Option<RabbitConfig>, SettingsError> {
    let Some(url) = settings.text("RABBITMQ_URL") else {
        return match start {
            Start::Api | Start::Worker => {
                Err(SettingsError::invalid("RABBITMQ_URL", "must be set to an amqp:// URL"))
            }
            _ => Ok(None),
        };
    };
    let prefetch = match settings.text("WORKER_PREFETCH") {
        Some(_) => settings.read("WORKER_PREFETCH", "a whole number from 1 to 65535")?,
        // Ten batches at hand give full batches; the broker's limit is 65535.
        None => {
            let messages = batch.saturating_mul(10).div_ceil(ids_per_message);
            u16::try_from(messages).unwrap_or(u16::MAX)
        }
    };
    let name = match start {
        Start::Api => "paygate-api",
        Start::Worker => "paygate-worker",
        _ => "paygate",
    };
    Ok(Some(RabbitConfig {
        prefix: settings.text("RABBITMQ_PREFIX").unwrap_or_default().to_owned(),
        ids_per_message,
        prefetch,
        connection_name: name.to_owned(),
        ..RabbitConfig::new(url)
    }))
}
