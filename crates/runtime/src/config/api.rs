//! Where the API is, and who may call it.

use crate::identity::{ApiToken, Bootstrap};
use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use paygate_core::identity::MerchantId;
use paygate_http::HttpConfig;
use std::time::Duration;

pub(super) fn http(
    settings: &Settings,
    start: &Start,
    shutdown_timeout: Duration,
) -> Result<HttpConfig, SettingsError> {
    let port = match settings.is_set("PORT") {
        false if *start == Start::Acquirer => 8090,
        _ => settings.read("PORT", "a port number")?,
    };
    Ok(HttpConfig {
        host: settings.text("HOST").unwrap_or_default().to_owned(),
        port,
        insecure_no_auth: settings.read("INSECURE_NO_AUTH", "true or false")?,
        workers: settings.count("HTTP_WORKERS")?,
        shutdown_timeout: shutdown_timeout.mul_f32(0.8),
        ..HttpConfig::default()
    })
}

/// Who is known: with a token whoever presents it, otherwise everybody as one in a sandbox.
pub(super) fn authenticator(settings: &Settings) -> Result<Bootstrap, SettingsError> {
    let token = settings.text("PAYGATE_API_TOKEN").map(ApiToken::parse).transpose();
    let token = token.map_err(|error| SettingsError::invalid("PAYGATE_API_TOKEN", error))?;
    Ok(token.map_or(Bootstrap::Sandbox, Bootstrap::Token))
}

/// The merchant that the house itself is: whose things the operator and the sandbox make.
pub(super) fn house(settings: &Settings) -> Result<MerchantId, SettingsError> {
    let name = settings.text("HOUSE_MERCHANT").unwrap_or_default();
    MerchantId::parse(name).map_err(|error| SettingsError::invalid("HOUSE_MERCHANT", error))
}
