//! What money may be, how much of it may move, and what it is worth.

use super::times::delta;
use crate::settings::{Settings, SettingsError};
use paygate_app::ExchangeConfig;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::fx::table::RateTable;
use paygate_core::money::{Currency, Money};
use paygate_core::risk::Limits;

/// The limits are told in whole units of this currency.
const REFERENCE_CURRENCY: &str = "IDR";

pub(super) fn currencies(settings: &Settings) -> Result<Vec<Currency>, SettingsError> {
    let list = settings.text("CURRENCIES").unwrap_or_default();
    list.split(',')
        .map(|code| {
            let code = code.trim();
            let why = |error| SettingsError::invalid("CURRENCIES", format!("{code}: {error}"));
            let currency = Currency::parse(code).map_err(why)?;
            match currency.successor() {
                Some(by) => {
                    let why = format!("{code} is withdrawn; {by} has taken its place");
                    Err(SettingsError::invalid("CURRENCIES", why))
                }
                None => Ok(currency),
            }
        })
        .collect()
}

pub(super) fn limits(settings: &Settings) -> Result<Limits, SettingsError> {
    let money = |name: &'static str| {
        let currency = Currency::parse(REFERENCE_CURRENCY);
        let currency = currency.map_err(|error| SettingsError::invalid(name, error))?;
        let text = settings.text(name).unwrap_or_default();
        Money::parse_positive(text, currency).map_err(|error| SettingsError::invalid(name, error))
    };
    let limits = Limits { min: money("RISK_MIN_IDR")?, max: money("RISK_MAX_IDR")? };
    if limits.min.minor > limits.max.minor {
        return Err(SettingsError::invalid("RISK_MIN_IDR", "must not be above RISK_MAX_IDR"));
    }
    Ok(limits)
}

pub(super) fn most(settings: &Settings) -> Result<AmountLimit, SettingsError> {
    let text = settings.text("MAX_AMOUNT_MINOR").unwrap_or_default();
    let limit = AmountLimit::new(text.parse().unwrap_or(0));
    limit.map_err(|error| SettingsError::invalid("MAX_AMOUNT_MINOR", error))
}

pub(super) fn rates(settings: &Settings) -> Result<RateTable, SettingsError> {
    let text = settings.text("FX_RATES").unwrap_or_default();
    RateTable::parse(text).map_err(|error| SettingsError::invalid("FX_RATES", error))
}

pub(super) fn exchange(settings: &Settings) -> Result<ExchangeConfig, SettingsError> {
    let must_be = "a whole number from 0 to 9999";
    let spread_bps: u16 = settings.read("FX_SPREAD_BPS", must_be)?;
    if spread_bps > 9_999 {
        return Err(SettingsError::invalid("FX_SPREAD_BPS", format!("must be {must_be}")));
    }
    Ok(ExchangeConfig { spread_bps, quote_valid: delta(settings.duration("FX_QUOTE_VALID")?) })
}
