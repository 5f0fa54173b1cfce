//! From text to configuration: every value is read before anything starts, and the first that
//! can't be read stops the start.

mod api;
mod money;
mod provider;
mod queue;
mod storage;
mod times;
mod work;

use crate::identity::Bootstrap;
use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use crate::telemetry::LogFormat;
use paygate_acquirer::SimulatorConfig;
use paygate_app::{ExchangeConfig, SweeperConfig, WorkerConfig};
use paygate_core::account::headroom::AmountLimit;
use paygate_core::fx::table::RateTable;
use paygate_core::identity::MerchantId;
use paygate_core::money::Currency;
use paygate_core::risk::Limits;
use paygate_http::HttpConfig;
use paygate_rabbitmq::RabbitConfig;
use std::time::Duration;

pub(crate) use provider::AcquirerChoice;
pub(crate) use storage::Database;

/// Everything a process may need.
pub(crate) struct Config {
    pub(crate) nothing_is_real: bool,
    pub(crate) database: Database,
    pub(crate) rabbitmq: Option<RabbitConfig>,
    pub(crate) ids_per_message: usize,
    pub(crate) acquirer: AcquirerChoice,
    pub(crate) simulator: SimulatorConfig,
    pub(crate) http: HttpConfig,
    pub(crate) authenticator: Bootstrap,
    pub(crate) house: MerchantId,
    pub(crate) metrics_port: Option<u16>,
    pub(crate) currencies: Vec<Currency>,
    pub(crate) limits: Limits,
    pub(crate) most: AmountLimit,
    pub(crate) rates: RateTable,
    pub(crate) exchange: ExchangeConfig,
    pub(crate) overdue_after: Duration,
    pub(crate) reconciliation_interval: Duration,
    /// The most payments stored by one call.
    pub(crate) accept_batch: usize,
    pub(crate) confirm_timeout: Duration,
    pub(crate) worker: WorkerConfig,
    pub(crate) sweeper: SweeperConfig,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) startup_timeout: Duration,
    pub(crate) log_format: LogFormat,
    pub(crate) log_filter: String,
}

impl Config {
    pub(crate) fn parse(settings: &Settings, start: &Start) -> Result<Self, SettingsError> {
        let worker = work::worker(settings)?;
        let ids_per_message = settings.count("PUBLISH_IDS_PER_MESSAGE")?;
        let shutdown_timeout = settings.duration("SHUTDOWN_TIMEOUT")?;
        let simulator = provider::simulator(settings, start)?;
        let database = storage::database(settings, start)?;
        let rabbitmq = queue::rabbitmq(settings, start, worker.batch, ids_per_message)?;
        let acquirer = provider::acquirer(settings, start, simulator.clone())?;
        let nothing_is_real = nothing_is_real(&database, rabbitmq.as_ref(), &acquirer);
        let authenticator = api::authenticator(settings)?;
        let http = HttpConfig {
            sandbox: nothing_is_real && *start == Start::Serve,
            guarded: !matches!(authenticator, Bootstrap::Sandbox),
            ..api::http(settings, start, shutdown_timeout)?
        };
        let config = Self {
            nothing_is_real,
            database,
            rabbitmq,
            ids_per_message,
            acquirer,
            simulator,
            http,
            authenticator,
            house: api::house(settings)?,
            metrics_port: settings
                .text("METRICS_PORT")
                .map(|_| settings.read("METRICS_PORT", "a port number"))
                .transpose()?,
            currencies: money::currencies(settings)?,
            limits: money::limits(settings)?,
            most: money::most(settings)?,
            rates: money::rates(settings)?,
            exchange: money::exchange(settings)?,
            overdue_after: settings.duration("OVERDUE_AFTER")?,
            reconciliation_interval: settings.duration("RECONCILIATION_INTERVAL")?,
            accept_batch: settings.count("ACCEPT_BATCH")?,
            confirm_timeout: times::milliseconds(settings, "PUBLISH_CONFIRM_TIMEOUT_MS")?,
            sweeper: SweeperConfig {
                sweep_after: settings.duration("SWEEP_AFTER")?,
                interval: settings.duration("SWEEP_INTERVAL")?,
                batch: u32::try_from(worker.batch).unwrap_or(u32::MAX),
                ..SweeperConfig::default()
            },
            worker,
            shutdown_timeout,
            startup_timeout: settings.duration("STARTUP_TIMEOUT")?,
            log_format: settings.read("LOG_FORMAT", "pretty or json")?,
            log_filter: log_filter(settings, start),
        };
        Ok(config)
    }
}

/// Who asked a question wants its answer, and to hear of nothing else that goes well.
fn log_filter(settings: &Settings, start: &Start) -> String {
    match start {
        Start::Command(_) | Start::Demo { .. } if !settings.is_set("RUST_LOG") => {
            "warn,lapin=off".to_owned()
        }
        _ => settings.text("RUST_LOG").unwrap_or_default().to_owned(),
    }
}

/// Whether all of it is in this process and on its file, so that no money can be real.
fn nothing_is_real(
    database: &Database,
    rabbitmq: Option<&RabbitConfig>,
    acquirer: &AcquirerChoice,
) -> bool {
    matches!(database, Database::Sqlite(_))
        && rabbitmq.is_none()
        && matches!(acquirer, AcquirerChoice::Simulated(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use paygate_core::account::headroom::MAX_AMOUNT_MINOR;

    fn refused(name: &str, value: &str) -> Option<String> {
        let settings = Settings::from_pairs([(name.to_owned(), value.into())]).unwrap();
        Config::parse(&settings, &Start::Serve).err().map(|error| error.to_string())
    }

    #[test]
    fn a_withdrawn_currency_stops_the_start() {
        for (list, told) in [
            ("USD,EUR", None),
            ("USD,HRK", Some("HRK is withdrawn; EUR has taken its place")),
            ("SLL", Some("SLL is withdrawn; SLE has taken its place")),
        ] {
            let refused = refused("CURRENCIES", list);
            assert_eq!(refused.is_some(), told.is_some(), "{list}: {refused:?}");
            assert!(told.is_none_or(|told| refused.unwrap().contains(told)), "{list}");
        }
    }

    #[test]
    fn a_cap_that_is_no_amount_stops_the_start() {
        assert_eq!(refused("MAX_AMOUNT_MINOR", "1"), None);
        assert_eq!(refused("MAX_AMOUNT_MINOR", &MAX_AMOUNT_MINOR.to_string()), None);
        for cap in ["0", "-1", "1.5", "1e3", "many", "9223372036854775808"] {
            let why = refused("MAX_AMOUNT_MINOR", cap).unwrap_or_default();
            assert!(why.contains("MAX_AMOUNT_MINOR"), "{cap:?}: {why}");
        }
        let beyond = (MAX_AMOUNT_MINOR + 1).to_string();
        assert!(refused("MAX_AMOUNT_MINOR", &beyond).is_some());
    }

    #[test]
    fn a_url_with_more_than_a_file_stops_the_start() {
        assert_eq!(refused("DATABASE_URL", "sqlite://x.db"), None);
        assert_eq!(refused("DATABASE_URL", "sqlite://:memory:"), None);
        for url in [
            "sqlite://x.db?mode=ro",
            "sqlite://x.db?",
            "sqlite://:memory:?cache=shared",
            "sqlite://x.db#part",
            "sqlite://",
            "sqlite:x.db",
            "file:x.db",
        ] {
            assert!(refused("DATABASE_URL", url).is_some(), "{url}");
        }
    }

    #[test]
    fn only_what_is_all_in_one_process_is_a_sandbox() {
        const POSTGRES: (&str, &str) = ("DATABASE_URL", "postgres://u:p@localhost:5432/d");
        const RABBITMQ: (&str, &str) = ("RABBITMQ_URL", "amqp://localhost");
        const ACQUIRER: (&str, &str) = ("ACQUIRER_URL", "http://localhost");
        for (start, pairs, expected) in [
            (Start::Serve, &[][..], true),
            (Start::Serve, &[("DATABASE_URL", "sqlite://:memory:")], true),
            (Start::Serve, &[POSTGRES], false),
            (Start::Serve, &[RABBITMQ], false),
            (Start::Serve, &[ACQUIRER], false),
            (Start::Api, &[POSTGRES, RABBITMQ], false),
        ] {
            let settings = pairs.iter().map(|(name, value)| (String::from(*name), (*value).into()));
            let settings = Settings::from_pairs(settings).unwrap();
            let config = Config::parse(&settings, &start).unwrap();
            assert_eq!(config.http.sandbox, expected, "{start:?} {pairs:?}");
        }
    }
}
