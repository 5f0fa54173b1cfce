//! The environment variables Paygate knows: their names, defaults and meanings, in one table that
//! the code, `paygate config` and `docs/configuration.md` all follow.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// A variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is when it is not set; empty for nothing.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Whether its value is not to be shown.
    pub secret: bool,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning, secret: false }
}

/// Every variable. `docs/configuration.md` tells each, by concern.
pub const VARIABLES: &[Variable] = &[
    variable(
        "DATABASE_URL",
        "sqlite://paygate.db",
        "`postgres://…` (`?sslmode=disable`, `require` or `verify-full`), or `sqlite://file` in `paygate` only",
    ),
    variable("DATABASE_POOL_SIZE", "8", "most connections to the database"),
    variable(
        "RABBITMQ_URL",
        "",
        "`amqp://…` or `amqps://…`; without it `paygate` queues in process",
    ),
    variable("RABBITMQ_PREFIX", "", "put before the name of every exchange and queue"),
    variable(
        "ACQUIRER_URL",
        "",
        "the acquirer over HTTP; without it `paygate` simulates one in process",
    ),
    variable("ACQUIRER_TIMEOUT", "5s", "longest provider call"),
    variable("ACQUIRER_CONCURRENCY", "64", "provider calls at once, per worker"),
    variable("HOST", "127.0.0.1", "address to listen on"),
    variable("PORT", "8080", "port to listen on (`paygate acquirer`: 8090)"),
    variable(
        "METRICS_PORT",
        "",
        "where a worker serves `/metrics` and `/health`; nowhere without it",
    ),
    Variable {
        name: "PAYGATE_API_TOKEN",
        default: "",
        meaning: "the operator's bearer token; others show a key",
        secret: true,
    },
    variable(
        "AUTH",
        "optional",
        "`required` lets nobody in without a credential, also where no token is set",
    ),
    variable(
        "INSECURE_NO_AUTH",
        "false",
        "`true` allows listening beyond loopback without a token",
    ),
    variable(
        "HOUSE_MERCHANT",
        "default",
        "whose payments and accounts those are that the operator makes; never change it later",
    ),
    variable(
        "RATE_LIMIT_PUBLIC",
        "10",
        "requests a second of an address that prove nothing; 0 is no limit",
    ),
    variable("RATE_LIMIT_AUTHENTICATED", "100", "requests a second of a principal; 0 is no limit"),
    variable(
        "TRUSTED_PROXIES",
        "",
        "addresses and networks whose word on a client's address is taken",
    ),
    variable("CORS_ORIGINS", "", "origins of pages that may call the API from a browser"),
    variable("HTTP_WORKERS", "2", "threads that serve HTTP"),
    variable("CURRENCIES", "IDR,USD,SGD,EUR,GBP,ETB,JPY", "enabled currencies (ISO 4217)"),
    variable("ACCEPT_BATCH", "500", "most payments stored by one call"),
    variable(
        "PUBLISH_CONFIRM_TIMEOUT_MS",
        "500",
        "longest wait of an answer for the publisher confirm",
    ),
    variable("PUBLISH_IDS_PER_MESSAGE", "20", "most payments named by one message"),
    variable("WORKER_BATCH", "500", "most payments claimed by one transaction"),
    variable(
        "WORKER_PREFETCH",
        "",
        "messages a worker holds; without it ⌈10 × batch ÷ ids per message⌉",
    ),
    variable("CLAIM_LEASE", "30s", "how long a claim keeps other workers away"),
    variable("MAX_ATTEMPTS", "5", "provider calls before MANUAL_REVIEW"),
    variable("RETRY_BACKOFF", "1s", "wait before the second attempt; doubles"),
    variable(
        "HOLD_EXPIRES_AFTER",
        "7d",
        "how long a transfer with `capture: false` holds its money",
    ),
    variable("RISK_MIN_IDR", "1000", "least worth of a transfer, in rupiah"),
    variable("RISK_MAX_IDR", "10000000", "greatest worth of a transfer, in rupiah"),
    variable(
        "MAX_AMOUNT_MINOR",
        "999999999999999",
        "most that a payment may be on either side, in minor units of any currency",
    ),
    variable(
        "FX_RATES",
        paygate_core::fx::table::DEFAULT_RATES,
        "fixed exchange rates: units of the second currency for one of the first",
    ),
    variable("FX_SPREAD_BPS", "0", "what of a conversion is kept, in basis points"),
    variable("FX_QUOTE_VALID", "30s", "how long a quoted rate is promised"),
    variable(
        "RECONCILIATION_INTERVAL",
        "1m",
        "pause between two proofs of the new journal entries, by one of all workers",
    ),
    variable("OVERDUE_AFTER", "1h", "age at which the proof calls an undecided payment overdue"),
    variable("SWEEP_AFTER", "5s", "age at which the sweeper looks at a payment"),
    variable("SWEEP_INTERVAL", "500ms", "pause between two looks of the sweeper"),
    variable("SHUTDOWN_TIMEOUT", "25s", "longest time from SIGTERM to the end"),
    variable("STARTUP_TIMEOUT", "30s", "longest wait at the start for the database"),
    variable("ACQUIRER_FAIL_RATE", "0", "simulated acquirer: share of declines, such as `0.02`"),
    variable("ACQUIRER_LATENCY_MS", "0", "simulated acquirer: time per answer"),
    variable("ACQUIRER_SEED", "0", "simulated acquirer: chooses which payments are declined"),
    variable(
        "ACQUIRER_JOURNAL",
        "paygate-acquirer.jsonl",
        "simulated acquirer: file of its append-only journal",
    ),
    variable("LOG_FORMAT", "pretty", "`pretty` or `json`"),
    variable("RUST_LOG", "info,actix_server=warn,lapin=off", "log filter of `tracing-subscriber`"),
];

/// A variable that stops the start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// A `PAYGATE_*` that does not exist: most likely a misspelt one.
    #[error("{0} is not a variable Paygate knows (see docs/configuration.md)")]
    Unknown(String),
    /// A value that can't be read. The value itself is not shown: it may be secret.
    #[error("{name}: {why}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it must be.
        why: String,
    },
}

impl SettingsError {
    pub(crate) fn invalid(name: &'static str, why: impl ToString) -> Self {
        Self::Invalid { name, why: why.to_string() }
    }
}

/// The values of all variables.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    set: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads the process's environment.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn from_environment() -> Result<Self, SettingsError> {
        // A variable that is not Unicode is none of ours, or unreadable as one.
        let readable = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::from_pairs(readable)
    }

    /// Takes the variables Paygate knows. An empty value counts as not set.
    pub(crate) fn from_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut set = BTreeMap::new();
        for (name, value) in pairs {
            match VARIABLES.iter().find(|variable| variable.name == name) {
                Some(variable) if !value.is_empty() => {
                    set.insert(variable.name, value);
                }
                None if name.starts_with("PAYGATE_") => return Err(SettingsError::Unknown(name)),
                _ => {}
            }
        }
        Ok(Self { set })
    }

    /// The value of a variable, or its default, if either is anything.
    pub(crate) fn text(&self, name: &'static str) -> Option<&str> {
        let default = || VARIABLES.iter().find(|it| it.name == name).map(|it| it.default);
        let value = self.set.get(name).map(String::as_str).or_else(default)?;
        (!value.is_empty()).then_some(value)
    }

    /// Whether the variable is set, rather than left to its default.
    pub(crate) fn is_set(&self, name: &'static str) -> bool {
        self.set.contains_key(name)
    }

    /// The value of a variable that has one, read as `T`.
    pub(crate) fn read<T: FromStr>(
        &self,
        name: &'static str,
        must_be: &str,
    ) -> Result<T, SettingsError> {
        let text = self.text(name).unwrap_or_default();
        text.parse().map_err(|_| SettingsError::invalid(name, format!("must be {must_be}")))
    }

    /// A whole number of 1 or more.
    pub(crate) fn count(&self, name: &'static str) -> Result<usize, SettingsError> {
        match self.read(name, "a whole number of 1 or more")? {
            0 => Err(SettingsError::invalid(name, "must be a whole number of 1 or more")),
            count => Ok(count),
        }
    }

    /// A time such as `500ms`, `5s`, `2m`, `1h` or `7d`; longer than nothing, at most a year.
    pub(crate) fn duration(&self, name: &'static str) -> Result<Duration, SettingsError> {
        let text = self.text(name).unwrap_or_default();
        let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let number: Option<u64> = digits.parse().ok();
        let unit_ms = match text.get(digits.len()..) {
            Some("ms") => Some(1),
            Some("s") => Some(1000),
            Some("m") => Some(60_000),
            Some("h") => Some(3_600_000),
            Some("d") => Some(86_400_000),
            _ => None,
        };
        number
            .zip(unit_ms)
            .and_then(|(number, unit_ms)| number.checked_mul(unit_ms))
            .filter(|ms| (1..=365 * 86_400_000).contains(ms))
            .map(Duration::from_millis)
            .ok_or_else(|| {
                SettingsError::invalid(name, "must be a time such as 500ms, 5s, 2m, 1h or 7d")
            })
    }

    /// The effective values for people: secrets masked, passwords in URLs, too.
    pub(crate) fn effective(&self) -> impl Iterator<Item = (&'static str, String)> {
        VARIABLES.iter().map(|variable| {
            let shown = match self.text(variable.name) {
                None => "-".to_owned(),
                Some(_) if variable.secret => "***".to_owned(),
                Some(value) => mask_password(value),
            };
            (variable.name, shown)
        })
    }
}

/// `scheme://user:password@rest` with the password masked; query parameters that name one, too. What
/// is before the last `@` counts as user and password, whatever is in it: a password that was not
/// escaped is still none to show.
fn mask_password(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => match user.split_once(':') {
            Some((user, _)) => (format!("{user}:***@"), rest),
            None => (format!("{user}@"), rest),
        },
        None => (String::new(), rest),
    };
    let mut parts = rest.split("password=");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find('&').unwrap_or(part.len());
        masked.push_str("password=***");
        masked.push_str(part.get(end..).unwrap_or_default());
    }
    format!("{scheme}://{user}{masked}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_pairs(
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())),
        )
    }

    #[test]
    fn an_unknown_variable_of_ours_stops_the_start() {
        let error = settings(&[("PAYGATE_API_TOKE", "x")]).unwrap_err();
        assert!(error.to_string().starts_with("PAYGATE_API_TOKE is not a variable"));
        assert!(settings(&[("PATH", "/bin"), ("PAYGATE_API_TOKEN", "x")]).is_ok());
    }

    #[test]
    fn a_value_that_cannot_be_read_names_its_variable_and_not_itself() {
        let bad =
            settings(&[("PORT", "hunter2"), ("CLAIM_LEASE", "5"), ("WORKER_BATCH", "0")]).unwrap();
        for error in [
            bad.read::<u16>("PORT", "a port").unwrap_err(),
            bad.duration("CLAIM_LEASE").unwrap_err(),
            bad.count("WORKER_BATCH").unwrap_err(),
        ] {
            assert!(!error.to_string().contains("hunter2"));
            assert!(matches!(error, SettingsError::Invalid { .. }));
        }
    }

    #[test]
    fn times_have_units() {
        for (text, ms) in
            [("250ms", 250), ("5s", 5000), ("2m", 120_000), ("1h", 3_600_000), ("7d", 604_800_000)]
        {
            let settings = settings(&[("CLAIM_LEASE", text)]).unwrap();
            assert_eq!(settings.duration("CLAIM_LEASE").unwrap(), Duration::from_millis(ms));
        }
        for bad in ["0s", "-1s", "1w", "s", "1.5s", "366d", "99999999999999999999s", "1 s"] {
            let settings = settings(&[("CLAIM_LEASE", bad)]).unwrap();
            assert!(settings.duration("CLAIM_LEASE").is_err(), "{bad}");
        }
    }

    #[test]
    fn every_default_can_be_read() {
        let none = settings(&[]).unwrap();
        for variable in VARIABLES
            .iter()
            .filter(|it| it.default.ends_with(['s', 'm', 'h', 'd']) && it.default.len() < 6)
        {
            assert!(none.duration(variable.name).is_ok(), "{}", variable.name);
        }
    }

    #[test]
    fn secrets_are_masked() {
        let shown = settings(&[
            ("PAYGATE_API_TOKEN", "hunter2"),
            ("DATABASE_URL", "postgres://me:hunter2@db:5432/p?sslmode=require&password=hunter2"),
            ("RABBITMQ_URL", "amqp://me:hun@ter2/hunter2@mq/%2f"),
            ("ACQUIRER_URL", "http://a/?password=hunter2&b=1&password=hunter2"),
        ])
        .unwrap();
        let all: Vec<_> = shown.effective().map(|(_, value)| value).collect();
        assert!(
            !all.iter().any(|value| value.contains("hunter2") || value.contains("ter2")),
            "{all:?}"
        );
        assert!(
            all.contains(&"postgres://me:***@db:5432/p?sslmode=require&password=***".to_owned())
        );
    }

    #[test]
    fn the_documents_tell_every_variable_with_its_default() {
        let page = include_str!("../../../docs/configuration.md");
        for Variable { name, default, .. } in VARIABLES {
            let default = if default.is_empty() { String::new() } else { format!("`{default}` ") };
            let row = format!("| `{name}` | {default}|");
            assert!(page.contains(&row), "the page lacks the row {row}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `") && line.contains("` | "));
        let told = rows.filter_map(|row| row.split('`').nth(1));
        for name in told.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')) {
            assert!(VARIABLES.iter().any(|it| it.name == name), "the page tells of {name}");
        }
    }
}
