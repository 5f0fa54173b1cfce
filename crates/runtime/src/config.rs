//! From text to configuration: every value is read before anything starts, and the first that
//! can't be read stops the start.

use crate::identity::{ApiToken, Bootstrap};
use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use crate::telemetry::LogFormat;
use chrono::TimeDelta;
use paygate_acquirer::{FailRate, HttpAcquirerConfig, SimulatorConfig};
use paygate_app::{ExchangeConfig, SweeperConfig, WorkerConfig};
use paygate_core::account::headroom::AmountLimit;
use paygate_core::fx::table::RateTable;
use paygate_core::identity::MerchantId;
use paygate_core::money::{Currency, Money};
use paygate_core::provider::ClaimPolicy;
use paygate_core::risk::Limits;
use paygate_core::work::WorkPolicy;
use paygate_http::HttpConfig;
use paygate_postgres::PostgresConfig;
use paygate_rabbitmq::RabbitConfig;
use paygate_sqlite::SqliteConfig;
use std::time::Duration;

/// Where payments are kept.
pub(crate) enum Database {
    Postgres(PostgresConfig),
    Sqlite(SqliteConfig),
}

/// Who takes the money.
pub(crate) enum AcquirerChoice {
    Http(HttpAcquirerConfig),
    Simulated(SimulatorConfig),
}

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
        let worker = worker(settings)?;
        let ids_per_message = settings.count("PUBLISH_IDS_PER_MESSAGE")?;
        let shutdown_timeout = settings.duration("SHUTDOWN_TIMEOUT")?;
        let simulator = simulator(settings, start)?;
        let database = database(settings, start)?;
        let rabbitmq = rabbitmq(settings, start, worker.batch, ids_per_message)?;
        let acquirer = acquirer(settings, start, simulator.clone())?;
        let nothing_is_real = nothing_is_real(&database, rabbitmq.as_ref(), &acquirer);
        let authenticator = authenticator(settings)?;
        let http = HttpConfig {
            sandbox: nothing_is_real && *start == Start::Serve,
            guarded: matches!(authenticator, Bootstrap::Token(_)),
            ..http(settings, start, shutdown_timeout)?
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
            house: house(settings)?,
            metrics_port: settings
                .text("METRICS_PORT")
                .map(|_| settings.read("METRICS_PORT", "a port number"))
                .transpose()?,
            currencies: currencies(settings)?,
            limits: limits(settings)?,
            most: most(settings)?,
            rates: rates(settings)?,
            exchange: exchange(settings)?,
            overdue_after: settings.duration("OVERDUE_AFTER")?,
            reconciliation_interval: settings.duration("RECONCILIATION_INTERVAL")?,
            confirm_timeout: milliseconds(settings, "PUBLISH_CONFIRM_TIMEOUT_MS")?,
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

fn milliseconds(settings: &Settings, name: &'static str) -> Result<Duration, SettingsError> {
    let ms: u32 = settings.read(name, "a whole number of milliseconds")?;
    Ok(Duration::from_millis(u64::from(ms)))
}

fn database(settings: &Settings, start: &Start) -> Result<Database, SettingsError> {
    let url = settings.text("DATABASE_URL").unwrap_or_default();
    let alone = matches!(start, Start::Api | Start::Worker);
    if alone && !settings.is_set("DATABASE_URL") {
        return Err(SettingsError::invalid("DATABASE_URL", "must be set to a postgres:// URL"));
    }
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(Database::Postgres(PostgresConfig {
            pool_size: settings.count("DATABASE_POOL_SIZE")?,
            ..PostgresConfig::new(url)
        })),
        Some(("sqlite", _)) if alone => Err(SettingsError::invalid(
            "DATABASE_URL",
            "must be a postgres:// URL; SQLite is for `paygate`, which is API and worker in one",
        )),
        Some(("sqlite", ":memory:")) => Ok(Database::Sqlite(SqliteConfig::memory())),
        Some(("sqlite", path)) if path.contains(['?', '#']) => Err(SettingsError::invalid(
            "DATABASE_URL",
            "sqlite:// takes the path of a file and nothing behind it, no ? and no #",
        )),
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(Database::Sqlite(SqliteConfig::file(path)))
        }
        _ => Err(SettingsError::invalid(
            "DATABASE_URL",
            "must be postgres://user:password@host:port/database or sqlite://file",
        )),
    }
}

fn rabbitmq(
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

fn simulator(settings: &Settings, start: &Start) -> Result<SimulatorConfig, SettingsError> {
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

fn acquirer(
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

fn http(
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
fn authenticator(settings: &Settings) -> Result<Bootstrap, SettingsError> {
    let token = settings.text("PAYGATE_API_TOKEN").map(ApiToken::parse).transpose();
    let token = token.map_err(|error| SettingsError::invalid("PAYGATE_API_TOKEN", error))?;
    Ok(token.map_or(Bootstrap::Sandbox, Bootstrap::Token))
}

/// The merchant that the house itself is: whose things the operator and the sandbox make.
fn house(settings: &Settings) -> Result<MerchantId, SettingsError> {
    let name = settings.text("HOUSE_MERCHANT").unwrap_or_default();
    MerchantId::parse(name).map_err(|error| SettingsError::invalid("HOUSE_MERCHANT", error))
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

fn currencies(settings: &Settings) -> Result<Vec<Currency>, SettingsError> {
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

/// The limits are told in whole units of this currency.
const REFERENCE_CURRENCY: &str = "IDR";

fn limits(settings: &Settings) -> Result<Limits, SettingsError> {
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

fn most(settings: &Settings) -> Result<AmountLimit, SettingsError> {
    let text = settings.text("MAX_AMOUNT_MINOR").unwrap_or_default();
    let limit = AmountLimit::new(text.parse().unwrap_or(0));
    limit.map_err(|error| SettingsError::invalid("MAX_AMOUNT_MINOR", error))
}

fn rates(settings: &Settings) -> Result<RateTable, SettingsError> {
    let text = settings.text("FX_RATES").unwrap_or_default();
    RateTable::parse(text).map_err(|error| SettingsError::invalid("FX_RATES", error))
}

fn exchange(settings: &Settings) -> Result<ExchangeConfig, SettingsError> {
    let must_be = "a whole number from 0 to 9999";
    let spread_bps: u16 = settings.read("FX_SPREAD_BPS", must_be)?;
    if spread_bps > 9_999 {
        return Err(SettingsError::invalid("FX_SPREAD_BPS", format!("must be {must_be}")));
    }
    Ok(ExchangeConfig { spread_bps, quote_valid: delta(settings.duration("FX_QUOTE_VALID")?) })
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn worker(settings: &Settings) -> Result<WorkerConfig, SettingsError> {
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
