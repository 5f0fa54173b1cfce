//! Where the API is, and who may call it.

use crate::identity::{ApiToken, Bootstrap};
use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use paygate_core::identity::MerchantId;
use paygate_http::{HttpConfig, RateLimits, TrustedProxies};
use std::num::NonZeroU32;
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
        rate_limits: RateLimits {
            public: rate(settings, "RATE_LIMIT_PUBLIC")?,
            authenticated: rate(settings, "RATE_LIMIT_AUTHENTICATED")?,
        },
        trusted_proxies: networks(settings)?,
        cors_origins: origins(settings)?,
        workers: settings.count("HTTP_WORKERS")?,
        shutdown_timeout: shutdown_timeout.mul_f32(0.8),
        ..HttpConfig::default()
    })
}

/// Requests a second; 0 is as many as come.
fn rate(settings: &Settings, name: &'static str) -> Result<Option<NonZeroU32>, SettingsError> {
    settings.read(name, "a whole number of requests a second, or 0").map(NonZeroU32::new)
}

fn networks(settings: &Settings) -> Result<TrustedProxies, SettingsError> {
    let text = settings.text("TRUSTED_PROXIES").unwrap_or_default();
    text.parse().map_err(|error| SettingsError::invalid("TRUSTED_PROXIES", error))
}

/// What browsers send as `Origin` (RFC 6454 section 6.2): scheme, host and perhaps a port.
fn origins(settings: &Settings) -> Result<Vec<String>, SettingsError> {
    let text = settings.text("CORS_ORIGINS").unwrap_or_default();
    let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    let checked = |origin: &str| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte)
        };
        let fits = |host: &str| !host.is_empty() && host.bytes().all(plain);
        match host.is_some_and(fits) {
            true => Ok(origin.to_owned()),
            false => {
                let why = format!("{origin:?} is no origin such as https://example.com");
                Err(SettingsError::invalid("CORS_ORIGINS", why))
            }
        }
    };
    origins.map(checked).collect()
}

/// Who is known besides those with keys: with a token whoever presents it, otherwise everybody as one
/// in a sandbox, or nobody.
pub(super) fn authenticator(settings: &Settings) -> Result<Bootstrap, SettingsError> {
    let required = match settings.text("AUTH").unwrap_or_default() {
        "required" => true,
        "optional" => false,
        _ => return Err(SettingsError::invalid("AUTH", "must be required or optional")),
    };
    let token = settings.text("PAYGATE_API_TOKEN").map(ApiToken::parse).transpose();
    let token = token.map_err(|error| SettingsError::invalid("PAYGATE_API_TOKEN", error))?;
    Ok(match token {
        Some(token) => Bootstrap::Token(token),
        None if required => Bootstrap::Nobody,
        None => Bootstrap::Sandbox,
    })
}

/// The merchant that the house itself is: whose things the operator and the sandbox make.
pub(super) fn house(settings: &Settings) -> Result<MerchantId, SettingsError> {
    let name = settings.text("HOUSE_MERCHANT").unwrap_or_default();
    MerchantId::parse(name).map_err(|error| SettingsError::invalid("HOUSE_MERCHANT", error))
}
